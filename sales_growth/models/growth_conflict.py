from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

STATES = [
    ('open', "Open"),
    ('resolved', "Resolved"),
]
DEPARTMENTS = [
    ('sales', "Sales"),
    ('delivery', "Delivery"),
    ('accounting', "Accounting"),
    ('support', "Support"),
    ('other', "Another Department"),
]
# What people write; everything else changes by the buttons.
EDITABLE = {
    'partner_id',
    'name',
    'description',
    'date',
    'user_id',
    'department',
    'resolution',
}
# A warning is read in passing.
WARNING_LINES = 3


class GrowthConflict(models.Model):
    """A customer fell out with one of us: an open conflict is a sign of churn, and a warning to
    whoever writes the next quotation."""

    _name = 'growth.conflict'
    _description = "Conflict"
    _inherit = ['growth.button.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _mail_post_access = 'read'

    company_id = fields.Many2one(
        comodel_name='res.company',
        required=True,
        index=True,
        ondelete='cascade',
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Contact",
        required=True,
        index=True,
        ondelete='cascade',
        check_company=True,
        help="Whom the conflict was with: the company or one of its people.",
    )
    # Kept as it was, like that of an order: who changes the company leaves the conflict behind.
    commercial_partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Customer",
        compute='_compute_commercial_partner_id',
        store=True,
        precompute=True,
        required=True,
        index=True,
        ondelete='cascade',
    )
    farmer_id = fields.Many2one(
        comodel_name='res.users',
        string="Farmer",
        compute='_compute_farmer_id',
        search='_search_farmer_id',
        help="Who keeps the customer in this company.",
    )
    name = fields.Char(string="What Happened", required=True)
    description = fields.Html(string="In Detail")
    date = fields.Date(
        string="Happened On",
        required=True,
        compute='_compute_date',
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="With Whom of Us",
        index='btree_not_null',
        check_company=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        default=lambda self: self.env.user,
        help="Empty: with a department as a whole.",
    )
    department = fields.Selection(selection=DEPARTMENTS, required=True, default='sales')
    state = fields.Selection(
        selection=STATES,
        required=True,
        readonly=True,
        default='open',
        copy=False,
        tracking=True,
    )
    # Tracked, as what was said first must not be lost when a conflict breaks out again.
    resolution = fields.Text(string="How It Was Resolved", copy=False, tracking=True)
    resolved_date = fields.Date(string="Resolved On", readonly=True, copy=False)
    resolved_by_id = fields.Many2one(
        comodel_name='res.users',
        string="Resolved By",
        readonly=True,
        ondelete='set null',
        copy=False,
    )

    _open_idx = models.Index("(company_id, commercial_partner_id) WHERE state = 'open'")

    _check_resolved_date = models.Constraint(
        "CHECK ((state = 'resolved') = (resolved_date IS NOT NULL))",
        "A resolved conflict needs the day on which it was resolved.",
    )

    # ------------------------------------------------------------
    # COMPUTE AND SEARCH
    # ------------------------------------------------------------

    @api.depends('partner_id')
    def _compute_commercial_partner_id(self):
        for conflict in self:
            conflict.commercial_partner_id = conflict.partner_id.commercial_partner_id

    @api.depends('company_id', 'commercial_partner_id')
    def _compute_farmer_id(self):
        Customer = self.env['growth.customer']
        hub = Customer._get_rows(self.commercial_partner_id, self.company_id, ['farmer_id'])
        for conflict in self:
            key = (conflict.company_id.id, conflict.commercial_partner_id.id)
            conflict.farmer_id = hub.get(key, Customer).farmer_id

    def _search_farmer_id(self, operator, value):
        field = self._fields['farmer_id']
        return Domain.custom(
            to_sql=lambda model, alias, query: field.condition_to_sql(
                'farmer_id', operator, value, model, alias, query
            )
        )

    @api.depends('company_id')
    def _compute_date(self):
        now = fields.Datetime.now()
        for company, conflicts in self.grouped('company_id').items():
            today = (company or self.env.company)._growth_day(now)
            for conflict in conflicts:
                conflict.date = conflict.date or today

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('date')
    def _check_date(self):
        now = fields.Datetime.now()
        for company, conflicts in self.grouped('company_id').items():
            today = company._growth_day(now)
            if future := conflicts.filtered(lambda conflict, today=today: conflict.date > today):
                raise ValidationError(
                    self.env._(
                        "A conflict cannot have happened after today: %s.",
                        ", ".join(future.mapped('name')),
                    )
                )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        stated = EDITABLE | self._get_thread_fields() | {'company_id'}
        vals_list = [
            {fname: vals[fname] for fname in vals if fname in stated} for vals in vals_list
        ]
        # No caller states by default what the buttons are for.
        undefaulted = super(GrowthConflict, self._without_defaults())
        return undefaulted.create(vals_list).with_env(self.env)

    def write(self, vals):
        if not self.env.su:
            stated = vals.keys() - self._get_thread_fields()
            if closed := stated - EDITABLE:
                raise AccessError(
                    self.env._(
                        "A conflict changes by its buttons, these cannot be written: %s.",
                        ", ".join(sorted(closed)),
                    )
                )
            if stated:
                self._check_open()
        return super().write(vals)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_resolve(self):
        """Close conflicts, once it is said how each was resolved."""
        self._take('open')
        if silent := self.filtered(lambda conflict: not (conflict.resolution or "").strip()):
            raise UserError(
                self.env._(
                    "Say how the conflict was resolved before you close it: %s.",
                    ", ".join(silent.mapped('name')),
                )
            )
        now = fields.Datetime.now()
        for company, conflicts in self._as_system().grouped('company_id').items():
            conflicts.write(
                {
                    'state': 'resolved',
                    'resolved_date': company._growth_day(now),
                    'resolved_by_id': self.env.uid,
                }
            )
        return True

    def action_reopen(self):
        """The conflict broke out again: how it ends is to be said anew."""
        self._take('resolved')
        self._as_system().write(
            {
                'state': 'open',
                'resolution': False,
                'resolved_date': False,
                'resolved_by_id': False,
            }
        )
        return True

    @api.model
    def _action_report(self, partner, company):
        """The window action that opens an empty form about a customer.

        :param res.partner partner: whom the conflict is with
        :param res.company company:
        :rtype: dict
        """
        action = self._get_action()
        return {
            **action,
            'name': self.env._("Report a Conflict"),
            'views': [(False, 'form')],
            'context': {'default_partner_id': partner.id, 'default_company_id': company.id},
        }

    @api.model
    def _action_view(self, partner, companies):
        """The window action of the conflicts with a customer.

        :param res.partner partner: a company or one of its contacts
        :param res.company companies:
        :rtype: dict
        """
        return {
            **self._get_action(),
            'domain': [
                ('commercial_partner_id', '=', partner.commercial_partner_id.id),
                ('company_id', 'in', companies.ids),
            ],
            'context': {
                'default_partner_id': partner.id,
                'default_company_id': companies[:1].id,
            },
        }

    @api.model
    def _get_action(self):
        return self.env['ir.actions.act_window']._for_xml_id('sales_growth.growth_conflict_action')

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == 'farmer_id':
            hub_fields = self.env['growth.customer']._fields
            return SQL(
                """(
                    SELECT hub.farmer_id
                      FROM growth_customer AS hub
                     WHERE hub.company_id = %s
                       AND hub.partner_id = %s
                )""",
                super()._field_to_sql(alias, 'company_id', query),
                super()._field_to_sql(alias, 'commercial_partner_id', query),
                to_flush=[hub_fields[fname] for fname in ('farmer_id', 'company_id', 'partner_id')],
            )
        return super()._field_to_sql(alias, field_expr, query)

    # ------------------------------------------------------------
    # BUSINESS: RIGHTS
    # ------------------------------------------------------------

    def _check_open(self):
        """
        :raise UserError: when a conflict is resolved
        """
        if resolved := self.filtered(lambda conflict: conflict.state == 'resolved'):
            raise UserError(
                self.env._(
                    "What is resolved does not change any more, reopen it first: %s.",
                    ", ".join(resolved.mapped('name')),
                )
            )

    # ------------------------------------------------------------
    # BUSINESS: WHAT OTHERS ARE TOLD
    # ------------------------------------------------------------

    @api.model
    def _get_warnings(self, partners, companies):
        """What whoever sees a customer is told about open conflicts, be it somebody else's: when,
        with whom and what. The rest stays for those who see the conflict.

        :param res.partner partners: commercial ones
        :param res.company companies: active ones of the user
        :return: lines of text, the latest first, by ids of company and commercial partner
        :rtype: dict[tuple[int, int], str]
        """
        # The warning has to reach who is about to write the quotation, whoever reported the
        # conflict: so it is read with the system's rights, limited to these columns.
        conflicts = self.sudo().search_fetch(
            [
                ('state', '=', 'open'),
                ('company_id', 'in', companies.ids),
                ('commercial_partner_id', 'in', partners.ids),
            ],
            ['company_id', 'commercial_partner_id', 'name', 'date', 'user_id', 'department'],
        )
        by_customer = conflicts.grouped(
            lambda conflict: (conflict.company_id.id, conflict.commercial_partner_id.id)
        )
        return {key: group._get_warning() for key, group in by_customer.items()}

    def _get_warning(self):
        departments = dict(self._fields['department']._description_selection(self.env))
        lines = [
            self.env._(
                "%(day)s, with %(whom)s: %(what)s",
                day=format_date(self.env, conflict.date),
                whom=conflict.user_id.name or departments[conflict.department],
                what=conflict.name,
            )
            for conflict in self[:WARNING_LINES]
        ]
        if len(self) > WARNING_LINES:
            lines.append(self.env._("and %s more", len(self) - WARNING_LINES))
        return "\n".join(lines)

    @api.model
    def _facts_sql(self, company, as_of):
        """The oldest conflict of each customer that was open at the end of a day: `partner_id`
        (commercial), `date`. One that was reopened since counts as if it had never been closed.

        :param res.company company:
        :param date as_of: in the company's time zone
        :rtype: SQL
        """
        fnames = ('company_id', 'commercial_partner_id', 'state', 'date', 'resolved_date')
        return SQL(
            """
              SELECT commercial_partner_id AS partner_id, MIN(date) AS date
                FROM growth_conflict
               WHERE company_id = %(company_id)s
                 AND date <= %(as_of)s
                 AND (state = 'open' OR resolved_date > %(as_of)s)
            GROUP BY commercial_partner_id
            """,
            company_id=company.id,
            as_of=as_of,
            to_flush=[self._fields[fname] for fname in fnames],
        )

    @api.model
    def _merge(self, sources, target):
        """Let the conflicts of contacts that become one person of a company be that company's.
        Contacts themselves are repointed by Odoo.

        :param res.partner sources: contacts that go
        :param res.partner target: contact that stays
        """
        conflicts = self.search([('commercial_partner_id', 'in', sources.ids)])
        conflicts.commercial_partner_id = target.commercial_partner_id
        self.flush_model()
