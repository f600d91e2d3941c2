from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .growth_segment import ABC_CLASSES, XYZ_CLASSES

PARETO_POINTS = 200


class GrowthCustomer(models.Model):
    _inherit = 'growth.customer'

    @api.model
    @api.readonly
    def get_matrix(self, domain=None):
        """The nine cells of the active company, of the customers that the user may see.

        :param list domain: which customers; all when omitted
        :return: `company_name`, `error` (why the daily job could not segment it), `currency_id`,
            `metric` (its label), `first_day` and `last_day` of the window (ISO dates, false before
            the first run), `customer_count` and `value` of all cells, `unclassified_count`, and
            `cells`: for each `abc_class`, `xyz_class`, `segment_id`, `tier`, `customer_count`,
            `value`, `value_share` (fraction of the total, 0 when the total is not positive)
        :rtype: dict
        """
        company = self.env.company
        domain = self._get_company_domain(domain)
        totals = {
            (abc_class, xyz_class): (count, value)
            for abc_class, xyz_class, count, value in self._read_group(
                domain, groupby=['abc_class', 'xyz_class'], aggregates=['__count', 'value:sum']
            )
        }
        segments = self.env['growth.segment']._get_cells(company)
        classified = {key: figures for key, figures in totals.items() if all(key)}
        total = company.currency_id.round(sum(value for _count, value in classified.values()))
        cells = []
        for abc_class, _label in ABC_CLASSES:
            for xyz_class, _label in XYZ_CLASSES:
                count, value = classified.get((abc_class, xyz_class), (0, 0.0))
                segment = segments.get((abc_class, xyz_class), self.env['growth.segment'])
                cells.append(
                    {
                        'abc_class': abc_class,
                        'xyz_class': xyz_class,
                        'segment_id': segment.id,
                        'tier': segment.tier,
                        'customer_count': count,
                        'value': value,
                        'value_share': value / total if total > 0 else 0.0,
                    }
                )
        return {
            **self._get_run_info(company),
            'customer_count': sum(count for count, _value in classified.values()),
            'value': total,
            'unclassified_count': sum(
                count for key, (count, _value) in totals.items() if not all(key)
            ),
            'cells': cells,
        }

    @api.model
    @api.readonly
    def get_pareto(self, domain=None):
        """The Pareto curve of the customers of the active company that the user may see.

        :param list domain: which customers; all when omitted
        :return: points in order of rank, at most 200: `rank`, `customer_share` and
            `cumulative_share` (fractions), `value` of the customer at that rank, `abc_class` (as
            computed)
        :rtype: list[dict]
        """
        from ..analysis.segmentation import pareto  # pandas takes seconds to import

        domain = self._get_company_domain(domain) & Domain('computed_abc_class', '!=', False)
        query = self._search(domain, order='value desc, id')
        rows = self.env.execute_query(
            query.select(
                SQL("%s::float8", self._field_to_sql(self._table, 'value', query)),
                # The computed class: segments set by hand do not lie in order of value.
                self._field_to_sql(self._table, 'computed_abc_class', query),
            )
        )
        values, classes = zip(*rows, strict=True) if rows else ((), ())
        return pareto(values, classes, PARETO_POINTS).to_dict('records')

    @api.model
    def _get_company_domain(self, domain):
        # Classes and currencies are one company's: two companies do not make one matrix.
        return Domain(domain or Domain.TRUE) & Domain('company_id', '=', self.env.company.id)

    @api.model
    @api.readonly
    def get_lines_without_cost(self):
        """How many lines behind the profit of the active company have no cost, so that their
        profit equals their amount. 0 when customers are ranked by revenue.

        Asked for by itself, as it reads lines, of which there are many.

        :rtype: int
        """
        self.check_access('read')
        model, domain = self._get_domain_without_cost()
        return self.env[model].search_count(domain) if self.env[model].has_access('read') else 0

    @api.model
    def action_view_lines_without_cost(self):
        self.check_access('read')
        model, domain = self._get_domain_without_cost()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Lines without cost"),
            'res_model': model,
            'views': [(False, 'list'), (False, 'form')],
            'domain': list(domain),
            'context': {'create': False},
        }

    @api.model
    def _get_domain_without_cost(self):
        company = self.env.company
        Facts = self.env['growth.sales.facts']
        model, domain = Facts._get_lines_without_cost(
            company, company.growth_as_of or self._today(company)
        )
        if not company.growth_as_of or company.growth_metric != 'profit':
            domain = Domain.FALSE
        return model, domain

    @api.model
    def _get_run_info(self, company):
        as_of = company.growth_as_of
        first_day, last_day = False, False
        if as_of:
            first_day, last_day = self.env['growth.sales.facts']._get_window(company, as_of)
        return {
            'company_name': company.display_name,
            'error': company.growth_error or "",
            'currency_id': company.currency_id.id,
            'metric': company._growth_metric_label(),
            'first_day': first_day and fields.Date.to_string(first_day),
            'last_day': last_day and fields.Date.to_string(last_day),
        }
