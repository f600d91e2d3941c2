from odoo import api, fields, models
from odoo.tools import format_amount, format_date, formatLang


class GrowthCustomer(models.Model):
    _inherit = 'growth.customer'

    explanation = fields.Text(
        compute='_compute_explanation',
        help="The class in words: rank, value, cumulative share, orders or variation, window.",
    )

    @api.depends(
        'value',
        'order_count',
        'demand_cv',
        'first_order_date',
        'last_order_date',
        'computed_abc_class',
        'computed_xyz_class',
        'is_loss_making',
        'is_newcomer',
        'manual_segment_id',
        'manual_reason',
        'manual_until',
    )
    @api.depends_context('lang', 'uid')
    def _compute_explanation(self):
        for company, customers in self.grouped('company_id').items():
            # What all customers of a company have in common is put into words once.
            rules = {
                abc_class: customers._explain_abc_rule(company, abc_class)
                for abc_class in customers.mapped('computed_abc_class')
                if abc_class
            }
            window = customers._explain_window(company)
            metric = company._growth_metric_label().lower() if company else ""
            for customer in customers:
                sentences = (
                    customer._explain_manual(),
                    customer._explain_abc(metric),
                    rules.get(not customer.is_loss_making and customer.computed_abc_class),
                    customer._explain_xyz(),
                    window,
                )
                customer.explanation = " ".join(filter(None, sentences))

    def _explain_manual(self):
        self.ensure_one()
        reason = (self.manual_reason or "").strip().rstrip(".")
        if not self.manual_segment_id or not reason:
            return ""
        until = self.manual_until and format_date(self.env, self.manual_until)
        values = {'segment': self.manual_segment_id.name, 'reason': reason}
        if until:
            return self.env._(
                "Set to %(segment)s by hand until %(until)s: %(reason)s. The figures say:",
                until=until,
                **values,
            )
        return self.env._("Set to %(segment)s by hand: %(reason)s. The figures say:", **values)

    def _explain_abc(self, metric):
        self.ensure_one()
        if not self.computed_abc_class:
            return self._explain_unclassified()
        values = {
            'abc': self.computed_abc_class,
            'rank': self.value_rank,
            'metric': metric,
            'value': format_amount(self.env, self.value, self.currency_id),
        }
        if self.is_loss_making:
            return self.env._(
                "%(abc)s: %(metric)s %(value)s, nothing is earned with this customer.", **values
            )
        if not self._has_field_access(self._fields['cumulative_share'], 'read'):
            return self.env._("%(abc)s: number %(rank)s by %(metric)s with %(value)s.", **values)
        return self.env._(
            "%(abc)s: number %(rank)s by %(metric)s with %(value)s; the customers down to here "
            "make %(share)s %% of the total.",
            share=formatLang(self.env, 100 * self.cumulative_share, digits=1),
            **values,
        )

    def _explain_abc_rule(self, company, abc_class):
        """Where a class ends, by the company's method."""
        if company.growth_abc_method == 'threshold':
            if abc_class == 'C':
                return self.env._(
                    "C is everybody below %s.",
                    format_amount(self.env, company.growth_abc_threshold_b, company.currency_id),
                )
            cut = company[f'growth_abc_threshold_{abc_class.lower()}']
            return self.env._(
                "%(abc)s begins at %(cut)s.",
                abc=abc_class,
                cut=format_amount(self.env, cut, company.currency_id),
            )
        if company.growth_abc_method == 'customers':
            percent = {
                'A': company.growth_abc_customers_a,
                'B': company.growth_abc_customers_b,
                'C': 100 - company.growth_abc_customers_a - company.growth_abc_customers_b,
            }[abc_class]
            return self.env._(
                "%(abc)s are %(percent)s %% of the customers.",
                abc=abc_class,
                percent=formatLang(self.env, percent, digits=1),
            )
        if abc_class == 'C':
            return self.env._(
                "C begins when %s %% are reached.",
                formatLang(self.env, company.growth_abc_share_b, digits=1),
            )
        percent = company[f'growth_abc_share_{abc_class.lower()}']
        return self.env._(
            "%(abc)s goes on until %(percent)s %% are reached.",
            abc=abc_class,
            percent=formatLang(self.env, percent, digits=1),
        )

    def _explain_unclassified(self):
        if not self.last_order_date:
            return self.env._("No class: there is no order with a positive amount.")
        return self.env._(
            "No class: nothing was bought in the window, the last order is of %(date)s.",
            date=format_date(self.env, self.last_order_date),
        )

    def _explain_xyz(self):
        self.ensure_one()
        if not self.computed_abc_class:
            return ""
        company = self.company_id
        values = {
            'xyz': self.computed_xyz_class,
            'count': self.order_count,
            'variation': formatLang(self.env, self.demand_cv, digits=2),
        }
        if company.growth_xyz_method == 'variation':
            if self.is_newcomer:
                return self.env._(
                    "No XYZ class yet: the first order is of %(date)s, too young to judge how "
                    "regular the demand is.",
                    date=format_date(self.env, self.first_order_date),
                )
            if company.growth_xyz_bucket == 'quarter':
                return self.env._(
                    "%(xyz)s: demand varies by %(variation)s from quarter to quarter.", **values
                )
            return self.env._(
                "%(xyz)s: demand varies by %(variation)s from month to month.", **values
            )
        sentence = self.env._(
            "%(xyz)s: number of orders %(count)s, X from %(x)s on, Y from %(y)s on.",
            x=company.growth_xyz_count_x,
            y=company.growth_xyz_count_y,
            **values,
        )
        if self.is_newcomer:
            newcomer = self.env._(
                "A newcomer since %s.", format_date(self.env, self.first_order_date)
            )
            return f"{sentence} {newcomer}"
        return sentence

    def _explain_window(self, company):
        if not company.growth_as_of:
            return ""
        first_day, last_day = self.env['growth.sales.facts']._get_window(
            company, company.growth_as_of
        )
        return self.env._(
            "Window: %(first_day)s to %(last_day)s.",
            first_day=format_date(self.env, first_day),
            last_day=format_date(self.env, last_day),
        )
