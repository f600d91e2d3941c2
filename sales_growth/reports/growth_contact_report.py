from datetime import date, timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.growth_contact_plan import CONTACT_KINDS

# The id of a contact: the one of its record, then three bits for where it comes from. Those
# of plans are above them, and below what JavaScript can hold (53 bits): 14 bits for the company, 20
# for the salesperson, 3 for the kind and 15 for the day.
FIRST_PLANNED_ID = 1 << 52
FIRST_DAY = date(2000, 1, 1)
SOURCES = ('activity', 'attendee', 'organiser', 'quotation', 'order', 'invoice', 'payment')


class GrowthContactReport(models.Model):
    """Contacts that were planned and contacts that were made, one row for each contact and one
    for what is planned for a salesperson, kind and day.

    Days are those of the company's time zone. What counts as a contact:

    - activities done on leads, customers and quotations, for whom they were assigned to. When the
      company asks for results, only those done with one;
    - meetings that are over, with a lead or with people from outside, for each of us who did not
      decline. A meeting that was planned as an activity counts once, as the meeting, and needs
      the result of the activity;
    - quotations on the day they were first sent, also when they are cancelled later, and
      confirmed orders;
    - posted customer invoices, and those fully paid on the day of the last payment. Credit notes
      and what is settled by them are no contacts.

    What has no salesperson is nobody's contact. The report shows the active companies.
    """

    _name = 'growth.contact.report'
    _inherit = ['growth.asked.mixin']
    _description = "Contacts: Plan and Fact"
    _auto = False
    _order = 'date desc, id desc'
    _rec_name = 'kind'

    kind = fields.Selection(selection=CONTACT_KINDS, string="Contact", readonly=True)
    user_id = fields.Many2one(comodel_name='res.users', string="Salesperson", readonly=True)
    team_id = fields.Many2one(comodel_name='crm.team', string="Sales Team", readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    partner_id = fields.Many2one(comodel_name='res.partner', string="Customer", readonly=True)
    date = fields.Date(readonly=True)
    planned = fields.Integer(string="Plan", readonly=True)
    done = fields.Integer(readonly=True)
    gap = fields.Integer(readonly=True, help="Done less planned: negative when below the plan.")
    res_model = fields.Char(string="Document Type", readonly=True)
    res_id = fields.Many2oneReference(string="Document", model_field='res_model', readonly=True)

    _depends = {
        'account.move': [
            'company_id',
            'invoice_date',
            'invoice_user_id',
            'move_type',
            'partner_id',
            'payment_state',
            'state',
            'team_id',
        ],
        'account.move.line': ['display_type', 'move_id'],
        'account.partial.reconcile': ['debit_move_id', 'max_date'],
        'account.payment': ['date', 'move_id', 'state'],
        'calendar.attendee': ['event_id', 'partner_id', 'state'],
        'calendar.event': [
            'active',
            'allday',
            'opportunity_id',
            'res_id',
            'res_model',
            'start',
            'start_date',
            'stop',
            'user_id',
        ],
        'crm.lead': ['company_id', 'partner_id', 'team_id'],
        'crm.team': ['active', 'company_id'],
        'crm.team.member': ['active', 'create_date', 'crm_team_id', 'user_id', 'write_date'],
        'growth.contact.plan': [
            'company_id',
            'date_from',
            'kind',
            'number',
            'period',
            'team_id',
            'user_id',
        ],
        'mail.activity': [
            'active',
            'activity_type_id',
            'calendar_event_id',
            'feedback',
            'growth_date_done',
            'res_id',
            'res_model',
            'user_id',
        ],
        'mail.activity.type': ['growth_contact_kind'],
        'res.partner': [
            'commercial_partner_id',
            'company_id',
            'customer_rank',
            'partner_share',
            'supplier_rank',
        ],
        'res.users': ['active', 'company_id', 'partner_id', 'sale_team_id', 'share'],
        'resource.calendar.leaves': ['calendar_id', 'company_id', 'date_from', 'date_to'],
        'sale.order': [
            'company_id',
            'date_order',
            'growth_sent_date',
            'partner_id',
            'state',
            'team_id',
            'user_id',
        ],
    }

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.readonly
    def action_open_document(self):
        """Open what the contact was: the lead, customer, quotation, order, invoice or meeting."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': self.res_model,
            'res_id': self.res_id,
            'views': [(False, 'form')],
        }

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    @api.model
    def _search(self, domain, *args, **kwargs):
        # The database cannot use an index through the time zone, or through the id: so each source
        # is told the first day and the records that are asked for.
        domain = Domain(domain).optimize_full(self)
        report = self.with_context(
            growth_contact_from=self._get_first_day(domain),
            growth_contact_ids=self._get_asked_ids(domain),
        )
        return super(GrowthContactReport, report)._search(domain, *args, **kwargs)

    # ------------------------------------------------------------
    # QUERY
    # ------------------------------------------------------------

    @property
    def _table_query(self) -> SQL:
        return SQL(
            """
            SELECT id, kind, user_id, team_id, company_id, partner_id, date,
                   planned, done, done - planned AS gap, res_model, res_id
              FROM (%s) AS contact
            """,
            SQL(" UNION ALL ").join(self._get_sources()),
        )

    @api.model
    def _get_sources(self):
        """What the report is made of: queries with the columns of the report but `gap`, in the
        order of `_select_planned`.

        :rtype: list[SQL]
        """
        return [
            self._select_planned(),
            self._select_activities(),
            self._select_meetings(),
            self._select_quotations(),
            self._select_orders(),
            self._select_invoices(),
            self._select_payments(),
        ]

    @api.model
    def _select_planned(self):
        return SQL(
            """(
            SELECT %(first_id)s + (planned.company_id::int8 << 38)
                       + (planned.user_id::int8 << 18)
                       + ((ARRAY_POSITION(%(kinds)s, planned.kind) - 1)::int8 << 15)
                       + (planned.date - %(first_day)s) AS id,
                   planned.kind,
                   planned.user_id,
                   planned.team_id,
                   planned.company_id,
                   NULL::int4 AS partner_id,
                   planned.date,
                   planned.number AS planned,
                   0 AS done,
                   NULL AS res_model,
                   NULL::int4 AS res_id
              FROM (%(planned)s) AS planned
            )""",
            first_id=FIRST_PLANNED_ID,
            first_day=FIRST_DAY,
            kinds=[kind for kind, _label in CONTACT_KINDS],
            planned=self.env['growth.contact.plan']._get_planned(self._get_planned_from()),
        )

    @api.model
    def _get_planned_from(self):
        ids = self.env.context.get('growth_contact_ids')
        if ids is None:
            return self.env.context.get('growth_contact_from')
        days = [contact_id % (1 << 15) for contact_id in ids if contact_id >= FIRST_PLANNED_ID]
        return FIRST_DAY + timedelta(days=min(days)) if days else date.max

    # ------------------------------------------------------------
    # TOOLING
    # ------------------------------------------------------------

    @api.model
    def _get_companies(self):
        return self.env['growth.contact.plan']._get_companies()

    @api.model
    def _get_id(self, source, record_id):
        """An id that no row of another source has."""
        return SQL("(%s::int8 << 3) + %s", record_id, SOURCES.index(source))

    @api.model
    def _get_local_day(self, moment):
        return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE company.zone)::date", moment)

    @api.model
    def _get_since(self, column):
        """The condition that leaves out what is certainly before the first day.

        :param SQL column: a date, or a moment in UTC
        """
        date_from = self.env.context.get('growth_contact_from')
        # Nowhere does a day begin more than a day before it does in UTC.
        return SQL("%s >= %s - 1", column, date_from) if date_from else SQL("TRUE")

    @api.model
    def _is_asked(self, source, record_id):
        """The condition that leaves out what has none of the ids that are asked for."""
        ids = self.env.context.get('growth_contact_ids')
        if ids is None:
            return SQL("TRUE")
        code = SOURCES.index(source)
        record_ids = [
            contact_id >> 3
            for contact_id in ids
            if contact_id < FIRST_PLANNED_ID and contact_id % 8 == code
        ]
        return SQL("%s = ANY(%s::int8[])", record_id, record_ids)
