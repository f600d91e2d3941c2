from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..models.growth_sales_facts import EVER

# Beside the last day
DEFAULT_PERIOD = timedelta(days=89)


class GrowthSplitCustomer(models.Model):
    """The customers behind the forecast of the split: those of one company who were active when a
    period began, and what became of them in it.

    Company and period come with the context (`growth_company_id`, one of the active companies;
    `growth_date_from`, `growth_date_to`, both included); without them it is the first active
    company, and the last 90 days.
    """

    _name = 'growth.split.customer'
    _description = "Kept and Lost Customers"
    _auto = False
    _order = 'lost_date desc, last_date desc, id'
    _rec_name = 'partner_id'

    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    partner_id = fields.Many2one(comodel_name='res.partner', string="Customer", readonly=True)
    user_id = fields.Many2one(related='partner_id.user_id')
    country_id = fields.Many2one(related='partner_id.country_id')
    industry_id = fields.Many2one(related='partner_id.industry_id')
    state = fields.Selection(
        selection=[
            ('kept', "Kept"),
            ('lost', "Lost"),
            ('returned', "Lost and came back"),
        ],
        string="In the Period",
        readonly=True,
    )
    last_date = fields.Date(
        string="Last Purchase Before",
        readonly=True,
        help="The last purchase before the first day of the period.",
    )
    lost_date = fields.Date(
        string="Lost On",
        readonly=True,
        help="The day from which on the customer had not bought for longer than the settings "
        "allow; the last such day of the period.",
    )
    return_date = fields.Date(
        string="Came Back On", readonly=True, help="The next purchase after it, in the period."
    )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_open_partner(self):
        """Open the contact of a customer."""
        self.ensure_one()
        return self.partner_id._get_records_action(context={})

    # ------------------------------------------------------------
    # QUERY
    # ------------------------------------------------------------

    @property
    def _table_query(self) -> SQL:
        company, date_from, date_to = self._get_choice()
        return SQL(
            """
            SELECT partner_id AS id,
                   partner_id,
                   %(company_id)s AS company_id,
                   CASE WHEN lost_date IS NULL THEN 'kept'
                        WHEN return_date IS NULL THEN 'lost'
                        ELSE 'returned' END AS state,
                   last_date,
                   lost_date,
                   return_date
              FROM (%(customers)s) AS customer
            """,
            company_id=company.id,
            customers=self.env['growth.sales.facts']._loss_facts(company, date_from, date_to),
        )

    def _get_choice(self):
        """
        :return: company, first and last day
        :rtype: tuple[res.company, date, date]
        :raise UserError: when the company is not active for the user, or the days are none
        """
        context = self.env.context
        companies = self.env.companies
        if company_id := context.get('growth_company_id'):
            companies = companies.filtered(lambda company: company.id == company_id)
        if not companies:
            raise UserError(self.env._("Choose one of the companies that are active."))
        company = companies[0]
        today = self.env['growth.customer']._today(company)
        try:
            date_from = (
                fields.Date.to_date(context.get('growth_date_from')) or today - DEFAULT_PERIOD
            )
            date_to = fields.Date.to_date(context.get('growth_date_to')) or today
        except (TypeError, ValueError, AttributeError):
            date_from = date_to = None
        if not date_from or not EVER <= date_from <= date_to <= today:
            raise UserError(self.env._("Choose a first and a last day that are over."))
        return company, date_from, date_to
