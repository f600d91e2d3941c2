from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

STATES = [
    ('draft', "In Preparation"),
    ('offered', "To Accept"),
    ('refused', "Refused by Farmer"),
    ('accepted', "Accepted"),
    ('cancelled', "Cancelled"),
    ('undone', "Undone"),
    ('ended', "Ended"),
]
# In these nothing is decided yet: a customer has one such handover at most.
OPEN_STATES = ('draft', 'offered', 'refused')
TRIGGERS = [
    ('manual', "By Hand"),
    ('payment', "First Invoice Paid"),
    ('order', "First Order Confirmed"),
    ('orders', "Number of Orders"),
    ('days', "Days After Winning"),
    ('left', "Farmer Left"),
]
# What people write; everything else changes by the buttons.
EDITABLE = {'farmer_id', 'team_id', 'note', 'item_ids'}
EDITABLE_STATES = ('draft', 'refused')
MANAGER = 'sales_team.group_sale_manager'


class GrowthHandover(models.Model):
    """A customer goes from who won them to who keeps them, and is not dropped between the two.

    The hunter prepares (checklist, note) and offers, the farmer accepts or refuses. Nothing moves
    before it is accepted, see `growth_handover_move.py`; who is chosen and when a handover opens by
    itself stand in `growth_handover_farmer.py` and `growth_handover_job.py`.
    """

    _name = 'growth.handover'
    _description = "Customer Handover"
    _inherit = ['growth.button.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _mail_post_access = 'read'

    company_id = fields.Many2one(
        comodel_name='res.company',
        required=True,
        index=True,
        readonly=True,
        ondelete='cascade',
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Customer",
        required=True,
        index=True,
        ondelete='cascade',
        check_company=True,
    )
    hunter_id = fields.Many2one(
        comodel_name='res.users',
        string="Handed Over By",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        tracking=True,
        help="Who won the customer and hands them over.",
    )
    hunter_team_id = fields.Many2one(
        comodel_name='crm.team', string="From Team", readonly=True, ondelete='set null'
    )
    farmer_id = fields.Many2one(
        comodel_name='res.users',
        string="Handed Over To",
        index='btree_not_null',
        check_company=True,
        domain="[('share', '=', False), ('id', '!=', hunter_id), "
        "('company_ids', 'in', company_id)]",
        tracking=True,
        help="Who is to keep the customer. Empty: the next farmer in turn.",
    )
    team_id = fields.Many2one(
        comodel_name='crm.team',
        string="To Team",
        compute='_compute_team_id',
        store=True,
        readonly=False,
        precompute=True,
        ondelete='set null',
        check_company=True,
    )
    state = fields.Selection(
        selection=STATES,
        required=True,
        readonly=True,
        default='draft',
        index=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    trigger = fields.Selection(
        selection=TRIGGERS, string="Opened By", required=True, readonly=True, default='manual'
    )
    note = fields.Html(
        string="About the Customer",
        help="What the farmer has to know: who decides, what was agreed, what is open.",
    )
    item_ids = fields.One2many(
        comodel_name='growth.handover.item', inverse_name='handover_id', string="Checklist"
    )
    move_ids = fields.One2many(
        comodel_name='growth.handover.move',
        inverse_name='handover_id',
        string="What Moved",
        readonly=True,
    )

    # Days, in the company's time zone
    date = fields.Date(string="Opened On", required=True, readonly=True, copy=False)
    offered_date = fields.Date(string="Offered On", readonly=True, copy=False)
    deadline = fields.Date(
        string="Accept Until", readonly=True, copy=False, help="Last day for the farmer to answer."
    )
    accepted_date = fields.Date(string="Accepted On", readonly=True, copy=False)
    undo_until = fields.Date(readonly=True, copy=False, help="Last day to undo the handover.")
    accepted_by_id = fields.Many2one(
        comodel_name='res.users', string="Accepted By", readonly=True, copy=False
    )
    refused_by_id = fields.Many2one(
        comodel_name='res.users', string="Refused By", readonly=True, copy=False
    )
    refusal_reason = fields.Text(string="Why Refused", readonly=True, copy=False)
    is_reminded = fields.Boolean(readonly=True, copy=False, export_string_translation=False)

    is_late = fields.Boolean(
        string="Late",
        compute='_compute_is_late',
        search='_search_is_late',
        help="Nobody accepted in time.",
    )
    can_answer = fields.Boolean(compute='_compute_rights', export_string_translation=False)
    can_decide = fields.Boolean(compute='_compute_rights', export_string_translation=False)
    can_undo = fields.Boolean(compute='_compute_rights', export_string_translation=False)

    _unique_open = models.UniqueIndex(
        "(company_id, partner_id) WHERE state IN ('draft', 'offered', 'refused')",
        "This customer is being handed over already.",
    )

    # ------------------------------------------------------------
    # COMPUTE AND SEARCH
    # ------------------------------------------------------------

    @api.depends('partner_id', 'farmer_id')
    def _compute_display_name(self):
        for handover in self:
            customer = handover.partner_id.display_name or ""
            handover.display_name = (
                self.env._(
                    "%(customer)s to %(farmer)s", customer=customer, farmer=handover.farmer_id.name
                )
                if handover.farmer_id
                else customer
            )

    @api.depends('farmer_id', 'company_id')
    def _compute_team_id(self):
        for company, handovers in self.grouped('company_id').items():
            teams = self._get_teams(company, handovers.farmer_id, 'farmer')
            for handover in handovers:
                handover.team_id = teams.get(handover.farmer_id)

    @api.depends('state', 'deadline')
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for handover in self:
            handover.is_late = bool(
                handover.state == 'offered'
                and handover.deadline
                and handover.deadline < handover.company_id._growth_day(now)
            )

    def _search_is_late(self, operator, value):
        if operator != 'in':
            return NotImplemented
        now = fields.Datetime.now()
        late = Domain.OR(
            Domain('company_id', '=', company.id)
            & Domain('state', '=', 'offered')
            & Domain('deadline', '<', company._growth_day(now))
            for company in self.env.companies
        )
        return late if True in value else ~late

    @api.depends('state', 'hunter_id', 'farmer_id', 'team_id', 'hunter_team_id', 'undo_until')
    @api.depends_context('uid')
    def _compute_rights(self):
        now = fields.Datetime.now()
        for handover in self:
            answers = handover._answers(self.env.user)
            handover.can_answer = answers and handover.state == 'offered'
            deciders = handover.hunter_id
            if not handover._is_here(handover.hunter_id):
                deciders |= handover._get_leader()
            handover.can_decide = handover._is_led_by(self.env.user) or self.env.user in deciders
            handover.can_undo = bool(
                answers
                and handover.state == 'accepted'
                and handover.undo_until
                and handover.undo_until >= handover.company_id._growth_day(now)
            )

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('hunter_id', 'farmer_id')
    def _check_farmer(self):
        for handover in self.filtered('farmer_id'):
            farmer = handover.farmer_id
            if farmer == handover.hunter_id:
                raise ValidationError(
                    self.env._(
                        "%s has this customer already: choose somebody else to hand them over to.",
                        farmer.name,
                    )
                )
            if not farmer.active:
                raise ValidationError(
                    self.env._("%s is archived and cannot keep customers.", farmer.name)
                )
            if not handover._is_here(farmer):
                raise ValidationError(
                    self.env._(
                        "%(farmer)s has no access to %(company)s and cannot keep its customers.",
                        farmer=farmer.name,
                        company=handover.company_id.name,
                    )
                )
            if not farmer.sudo().has_group('sales_team.group_sale_salesman'):
                raise ValidationError(
                    self.env._("%s has no access to sales and cannot keep customers.", farmer.name)
                )

    @api.constrains('farmer_id', 'team_id')
    def _check_team(self):
        # Who leads the team may answer for the farmer.
        chosen = self.sudo().grouped(lambda handover: (handover.farmer_id, handover.team_id))
        for farmer, team in chosen:
            if farmer and team and farmer not in team.member_ids | team.user_id:
                raise ValidationError(
                    self.env._(
                        "%(farmer)s is not a member of %(team)s.",
                        farmer=farmer.name,
                        team=team.name,
                    )
                )

    @api.constrains('partner_id', 'company_id')
    def _check_partner(self):
        for handover in self:
            company = handover.partner_id.company_id
            if company and company != handover.company_id:
                raise ValidationError(
                    self.env._(
                        "%(customer)s is a customer of %(company)s and cannot be handed over in "
                        "%(other)s.",
                        customer=handover.partner_id.display_name,
                        company=company.name,
                        other=handover.company_id.name,
                    )
                )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        items = {}
        now = fields.Datetime.now()
        days = {}
        prepared = []
        # No caller states by default what the buttons are for.
        decided = {} if self.env.su else {'state': 'draft', 'trigger': 'manual'}
        hunters = (
            self.env['res.users']
            .sudo()
            .browse(vals.get('hunter_id') or self.env.uid for vals in vals_list)
        )
        for vals, hunter in zip(vals_list, hunters, strict=True):
            company = self.env['res.company'].browse(vals.get('company_id') or self.env.company.id)
            if company not in days:
                days[company] = company._growth_day(now)
            partner = self.env['res.partner'].browse(vals.get('partner_id'))
            lang = hunter.lang
            if lang not in items:
                items[lang] = self.env['growth.handover.step']._prepare_items(lang)
            if not self.env.su:
                vals = {fname: vals[fname] for fname in vals if fname in self._get_stated()}
            prepared.append(
                {
                    **vals,
                    **decided,
                    # The form sends its own list along, be it an empty one.
                    'item_ids': [
                        *(fields.Command.create(item) for item in items[lang]),
                        *vals.get('item_ids', ()),
                    ],
                    'company_id': company.id,
                    'partner_id': partner.commercial_partner_id.id,
                    'date': vals.get('date') or days[company],
                }
            )
        self._fill_hunter_teams(prepared)
        # Who cancels one and opens the next has both in one transaction.
        self.flush_model(['state'])
        undefaulted = self if self.env.su else self._without_defaults()
        handovers = super(GrowthHandover, undefaulted).create(prepared).with_env(self.env)
        if not self.env.su:
            handovers._check_may_hand_over()
        handovers._as_system()._complete()
        return handovers

    def write(self, vals):
        if not self.env.su:
            if closed := vals.keys() - EDITABLE - self._get_thread_fields():
                raise AccessError(
                    self.env._(
                        "A handover changes by its buttons, these cannot be written: %s.",
                        ", ".join(sorted(closed)),
                    )
                )
            if {'farmer_id', 'team_id'} & vals.keys():
                self._check_may_choose()
            if {'note', 'item_ids'} & vals.keys():
                self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_accepted(self):
        if accepted := self.filtered(lambda handover: handover.state in ('accepted', 'ended')):
            raise UserError(
                self.env._(
                    "What was handed over is history and stays: %s.",
                    ", ".join(accepted.mapped('display_name')),
                )
            )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_offer(self):
        """Offer the customers to their farmers."""
        self._check_may_decide()
        self._take('draft', 'refused')
        for handover in self:
            handover.item_ids._check_done()
        handovers = self._as_system()
        handovers.filtered(lambda handover: not handover.farmer_id)._choose_farmers()
        handovers._check_farmer()
        handovers._check_partner()
        handovers._offer()
        return True

    def action_accept(self):
        """Accept customers: from now on they are the farmer's, with what the settings say."""
        self._check_may_answer()
        self._take('offered')
        handovers = self._as_system()
        handovers._check_farmer()
        handovers._check_partner()
        now = fields.Datetime.now()
        for company, group in handovers.grouped('company_id').items():
            today = company._growth_day(now)
            group.write(
                {
                    'state': 'accepted',
                    'accepted_date': today,
                    'accepted_by_id': self.env.uid,
                    'undo_until': today + timedelta(days=company.growth_handover_undo_days),
                }
            )
        handovers._move_records()
        handovers._finish_activities(self.env._("Accepted"))
        handovers._tell_accepted()
        return True

    def action_refuse(self):
        """Ask why the farmer refuses."""
        self._check_may_answer()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Refuse the Customer"),
            'res_model': 'growth.handover.refuse',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_handover_ids': self.ids},
        }

    def action_cancel(self):
        self._check_may_decide()
        self._take(*OPEN_STATES)
        self._as_system()._cancel()
        return True

    def action_undo(self):
        """Give everything back that nobody changed since."""
        self._take('accepted')
        if late := self.filtered(lambda handover: not handover.can_undo):
            raise UserError(
                self.env._(
                    "Only the farmer and the leader of the farmer's team can undo a handover, and "
                    "only until the last day to do so: %s.",
                    ", ".join(late.mapped('display_name')),
                )
            )
        handovers = self._as_system()
        handovers._check_kept()
        handovers._give_back()
        handovers.write({'state': 'undone'})
        handovers._call_meetings_off()
        handovers._tell_undone()
        return True

    # ------------------------------------------------------------
    # BUSINESS: RIGHTS
    # ------------------------------------------------------------

    def _is_here(self, user):
        """Whether a user still works for the company of a handover.

        :rtype: bool
        """
        self.ensure_one()
        return bool(user._growth_filtered_employed(self.company_id))

    @api.model
    def _get_stated(self):
        """Fields that people may state when they open a handover."""
        return EDITABLE | self._get_thread_fields() | {'company_id', 'partner_id', 'hunter_id'}

    def _is_led_by(self, user):
        """Whether a user decides about a handover whoever's it is.

        :rtype: bool
        """
        self.ensure_one()
        leaders = self.sudo().team_id.user_id | self.sudo().hunter_team_id.user_id
        return user in leaders or user.has_group(MANAGER)

    def _answers(self, user):
        """Whether a user accepts and refuses: whoever leads the hunters alone does not, or nobody
        would be asked.

        :rtype: bool
        """
        self.ensure_one()
        return user in self.farmer_id | self.sudo().team_id.user_id or user.has_group(MANAGER)

    def _check_may_hand_over(self):
        """
        :raise AccessError: when who has own documents only would hand over what somebody else has
        """
        user = self.env.user
        if user.has_group('sales_team.group_sale_salesman_all_leads'):
            return
        if foreign := self.filtered(
            lambda handover: user not in handover.hunter_id | handover.hunter_team_id.user_id
        ):
            self._refuse_foreign(foreign.hunter_id)
        keepers = self._get_keepers()
        if foreign := self.filtered(
            lambda handover: keepers[handover] not in (handover.hunter_id, self.env['res.users'])
        ):
            self._refuse_foreign(self.env['res.users'].union(*map(keepers.get, foreign)))

    @api.model
    def _refuse_foreign(self, users):
        raise AccessError(
            self.env._(
                "You can hand over your own customers only, not those of %s.",
                ", ".join(users.sudo().mapped('name')),
            )
        )

    def _get_keepers(self):
        """Who has each customer: the farmer, else the hunter where they sold something, else the
        salesperson of the contact, who may be another company's.

        :return: users by handover, empty where nobody has the customer
        :rtype: dict[growth.handover, res.users]
        """
        hub = self.env['growth.customer']._get_hub(self.partner_id, self.company_id)
        keepers = {}
        for handover in self.sudo():
            company, customer = handover.company_id, handover.partner_id
            keeper = hub.get((company.id, customer.id), self.env['growth.customer']).farmer_id
            if not keeper and customer.user_id != handover.hunter_id:
                sold = [
                    ('commercial_partner_id', '=', customer.id),
                    ('company_id', '=', company.id),
                    ('user_id', '=', handover.hunter_id.id),
                    ('state', '=', 'sale'),
                ]
                if not self.env['sale.order'].sudo().search_count(sold, limit=1):
                    keeper = customer.user_id.filtered(
                        lambda user, company=company: company in user.company_ids
                    ) or self._get_last_seller(customer, company)
            keepers[handover.with_env(self.env)] = keeper.with_env(self.env)
        return keepers

    @api.model
    def _get_last_seller(self, customer, company):
        """
        :rtype: res.users
        """
        sold = [
            ('commercial_partner_id', '=', customer.id),
            ('company_id', '=', company.id),
            ('user_id', '!=', False),
            ('state', '=', 'sale'),
        ]
        Order = self.env['sale.order'].sudo()
        return Order.search(sold, order='date_order desc, id desc', limit=1).user_id

    def _check_kept(self):
        """
        :raise UserError: when somebody else keeps the customer by now
        """
        hub = self.env['growth.customer']._get_hub(self.partner_id, self.company_id)
        nobody = self.env['growth.customer']
        if superseded := self.filtered(
            lambda handover: (
                not handover.farmer_id
                or hub.get((handover.company_id.id, handover.partner_id.id), nobody).farmer_id
                != handover.farmer_id
            )
        ):
            raise UserError(
                self.env._(
                    "Somebody else keeps this customer by now, so there is nothing to undo: %s.",
                    ", ".join(superseded.mapped('display_name')),
                )
            )

    def _check_may_choose(self):
        """
        :raise UserError: when the farmer cannot be changed, or not by the user
        """
        self._check_may_decide()
        if decided := self.filtered(lambda handover: handover.state not in EDITABLE_STATES):
            raise UserError(
                self.env._(
                    "The farmer can be changed before the handover is offered, and after it "
                    "was refused, not now: %s.",
                    ", ".join(decided.mapped('display_name')),
                )
            )

    def _check_open(self):
        """
        :raise UserError: when it is decided what becomes of the customer
        """
        if decided := self.filtered(lambda handover: handover.state not in OPEN_STATES):
            raise UserError(
                self.env._(
                    "This is decided, and its checklist and note are history: %s.",
                    ", ".join(decided.mapped('display_name')),
                )
            )

    def _check_may_decide(self):
        """
        :raise AccessError: when the user is neither who hands over nor leads them
        """
        self.check_access('write')
        if foreign := self.filtered(lambda handover: not handover.can_decide):
            raise AccessError(
                self.env._(
                    "Only who hands the customer over and team leaders can do this: %s.",
                    ", ".join(foreign.mapped('display_name')),
                )
            )

    def _check_may_answer(self):
        """
        :raise AccessError: when the user is neither the farmer nor leads them
        """
        self.check_access('write')
        if foreign := self.filtered(lambda handover: not handover._answers(self.env.user)):
            raise AccessError(
                self.env._(
                    "Only the farmer and the leader of the farmer's team can answer: %s.",
                    ", ".join(foreign.mapped('display_name')),
                )
            )

    # ------------------------------------------------------------
    # BUSINESS: ONE STEP AFTER THE OTHER
    # ------------------------------------------------------------

    @api.model
    def _fill_hunter_teams(self, vals_list):
        """Fill in the teams of those who hand over, where nobody stated them. Before the handovers
        are made, as they are seen by the leaders of these teams.

        :param list[dict] vals_list: of new handovers, changed in place
        """
        missing = [vals for vals in vals_list if not vals.get('hunter_team_id')]
        for vals in missing:
            vals['hunter_id'] = vals.get('hunter_id') or self.env.uid
        for company_id in {vals['company_id'] for vals in missing}:
            group = [vals for vals in missing if vals['company_id'] == company_id]
            teams = self._get_teams(
                self.env['res.company'].browse(company_id),
                self.env['res.users'].browse({vals['hunter_id'] for vals in group}),
                'hunter',
            )
            by_hunter = {user.id: team.id for user, team in teams.items()}
            for vals in group:
                vals['hunter_team_id'] = by_hunter.get(vals['hunter_id'])

    def _complete(self):
        """Fill in the farmer where nobody stated one and one has room, then tell the hunter."""
        self.filtered(lambda handover: not handover.farmer_id)._choose_farmers(is_strict=False)
        self._schedule_preparation()

    def _offer(self):
        """Ask the farmers, with a deadline, and put down the joint meeting."""
        now = fields.Datetime.now()
        for company, handovers in self.grouped('company_id').items():
            today = company._growth_day(now)
            handovers.write(
                {
                    'state': 'offered',
                    'offered_date': today,
                    'deadline': today + timedelta(days=company.growth_handover_deadline),
                    'refusal_reason': False,
                    'refused_by_id': False,
                    'is_reminded': False,
                }
            )
        self._finish_activities(self.env._("Offered"))
        self._schedule_answer()

    def _refuse(self, reason):
        """Give refused customers to the leader to decide.

        :param str reason: in the farmer's words
        """
        self._check_may_answer()
        self._take('offered')
        handovers = self._as_system()
        for farmer, group in handovers.grouped('farmer_id').items():
            group.write({'state': 'refused', 'refusal_reason': reason, 'refused_by_id': farmer.id})
        handovers._finish_activities(reason)
        handovers._call_meetings_off()
        handovers._schedule_decision(reason)

    def _cancel(self):
        self.write({'state': 'cancelled'})
        self._finish_activities(self.env._("Cancelled"))
        self._call_meetings_off()

    @api.model
    def _merge(self, sources, target):
        """Let the handovers of contacts that become one follow.

        :param res.partner sources: contacts that go
        :param res.partner target: contact that stays
        """
        self._join(sources, target)
        self.env['growth.handover.move'].search(
            [('res_model', '=', 'res.partner'), ('res_id', 'in', sources.ids)]
        ).res_id = target.id
        self.flush_model()

    @api.model
    def _join(self, sources, target):
        """Of several handovers that are open for contacts that become one customer, keep one.

        :param res.partner sources: no customers any more
        :param res.partner target: the customer
        """
        handovers = self.search(
            [('partner_id', 'in', (sources | target).ids), ('state', 'in', OPEN_STATES)]
        )
        for group in handovers.grouped('company_id').values():
            kept = group.filtered(lambda handover: handover.partner_id == target) or group[:1]
            (group - kept[:1])._cancel()
        self.flush_model()
