from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

LIFECYCLES = [
    ('prospect', "Prospect"),
    ('new', "New"),
    ('repeat', "Repeat"),
    ('returning', "Returning"),
    ('lost', "Lost"),
]
# Who shows the lifecycle of their customer, see `growth.lifecycle.mixin`.
SHOWN_BY = ('res.partner', 'crm.lead', 'sale.order')


class GrowthCustomer(models.Model):
    """Where a customer stands between winning, keeping and losing it.

    The run writes both fields with the facts they are made of: see `_stage_changes`.
    """

    _inherit = 'growth.customer'

    lifecycle = fields.Selection(
        selection=LIFECYCLES,
        required=True,
        default='prospect',
        index=True,
        readonly=True,
        help="Prospect: bought nothing so far. New: bought for the first time, returning: bought "
        "again after being lost, both until the period of the settings is over. Repeat: buys on. "
        "Lost: bought nothing for longer than the months of the settings.",
    )
    lifecycle_date = fields.Date(
        string="Lifecycle Since", readonly=True, help="Day on which this state began."
    )

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _staged_facts(self, company, as_of):
        """The staged facts with the lifecycle that they make: see `_stage_facts`.

        :rtype: SQL
        """
        facts = {
            'first': SQL("first_order_date"),
            'last': SQL("last_order_date"),
            'returned': SQL("return_date"),
        }
        return SQL(
            """
            SELECT *, %(since)s AS lifecycle_date
              FROM (SELECT *, %(lifecycle)s AS lifecycle FROM growth_facts) AS judged
            """,
            lifecycle=self._lifecycle_sql(company, SQL("%s::date", as_of), **facts),
            since=self._lifecycle_date_sql(company, SQL("lifecycle"), **facts),
        )

    @api.model
    def _lifecycle_sql(self, company, day, first, last, returned):
        """The state of a customer on a day.

        :param res.company company: whose settings say how long a customer is new, and when lost
        :param SQL day: that day
        :param SQL first: day of the first purchase until then, null when there is none
        :param SQL last: day of the last purchase until then
        :param SQL returned: day of the last purchase after a gap, see `_is_after_gap`; null when
            there is none
        :return: one of LIFECYCLES
        :rtype: SQL
        """
        return SQL(
            """
            CASE WHEN %(last)s IS NULL THEN 'prospect'
                 WHEN %(is_lost)s THEN 'lost'
                 WHEN %(day)s < %(returning_until)s THEN 'returning'
                 WHEN %(day)s < %(new_until)s THEN 'new'
                 ELSE 'repeat' END
            """,
            day=day,
            last=last,
            is_lost=self._is_after_gap(company, last, day),
            returning_until=self._new_until(company, returned),
            new_until=self._new_until(company, first),
        )

    @api.model
    def _lifecycle_date_sql(self, company, lifecycle, first, last, returned):
        """The day on which a state began, null for prospects; parameters as of `_lifecycle_sql`.

        :param SQL lifecycle: the state
        :rtype: SQL
        """
        return SQL(
            """
            CASE %(lifecycle)s
                 WHEN 'lost' THEN %(lost_after)s + 1
                 WHEN 'returning' THEN %(returned)s
                 WHEN 'new' THEN %(first)s
                 WHEN 'repeat' THEN %(repeat_from)s END
            """,
            lifecycle=lifecycle,
            lost_after=self._lost_after(company, last),
            returned=returned,
            first=first,
            # Who is not lost bought without a gap since: it is the end of the last such period.
            repeat_from=self._new_until(company, SQL("COALESCE(%s, %s)", returned, first)),
        )

    @api.model
    def _is_after_gap(self, company, last, day):
        """Whether a customer that bought last on one day is lost on another: who buys then returns.

        :rtype: SQL
        """
        return SQL("%s > %s", day, self._lost_after(company, last))

    @api.model
    def _lost_after(self, company, last):
        """The last day on which a customer is not lost yet that bought last on another."""
        return SQL("(%s + MAKE_INTERVAL(months => %s))::date", last, company.growth_lost_months)

    @api.model
    def _new_until(self, company, since):
        """The first day after the period in which a customer counts as new, or as returning, that
        began to buy on a day."""
        if not company.growth_new_months:
            return SQL("MAKE_DATE(EXTRACT(YEAR FROM %s)::int + 1, 1, 1)", since)
        return SQL("(%s + MAKE_INTERVAL(months => %s))::date", since, company.growth_new_months)

    @api.model
    def _get_lifecycles(self, companies, partners):
        """The lifecycles of customers, whoever asks: see `growth.lifecycle.mixin`.

        :param res.company companies:
        :param res.partner partners: commercial partners
        :return: by ids of company and partner; who is missing is a prospect
        :rtype: dict[tuple[int, int], str]
        """
        rows = self._get_rows(partners, companies, ['lifecycle'])
        return {key: customer.lifecycle for key, customer in rows.items()}

    @api.model
    def _find_lifecycles(self):
        """Give the customers that were segmented before lifecycles were known theirs.

        What a user can mend is kept on the company, for the matrix to show, as the scheduled job
        does: it must not keep the others from theirs.
        """
        for company in self.env['res.company'].search([('growth_as_of', '!=', False)], order='id'):
            try:
                with self.env.cr.savepoint():
                    self._refresh(company)
            except UserError as exception:
                company.growth_error = str(exception)

    def _invalidate_contacts(self):
        result = super()._invalidate_contacts()
        for model_name in SHOWN_BY:
            self.env[model_name].invalidate_model(['growth_lifecycle'], flush=False)
        return result
