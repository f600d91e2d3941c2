from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ..analysis import okr
from .growth_okr_defaults import keep_defaults

KINDS = [
    ('aspirational', "Aspirational"),
    ('committed', "Committed"),
]
LEVELS = [
    ('company', "Company"),
    ('team', "Team"),
    ('person', "Person"),
]
STATES = [
    ('draft', "Draft"),
    ('proposed', "Proposed"),
    ('changes', "Changes Asked"),
    ('accepted', "Accepted"),
    ('running', "Running"),
    ('closed', "Judged"),
    ('declined', "Declined"),
    ('cancelled', "Given Up"),
]
# As `analysis.okr` names them
PACES = [
    ('early', "Too Early to Tell"),
    ('ahead', "Ahead"),
    ('on_track', "On Track"),
    ('behind', "Behind"),
    ('off_track', "Far Behind"),
]
VERDICTS = [
    ('too_low', "Aimed Too Low"),
    ('good', "Good"),
    ('short', "Short"),
    ('planning_error', "Planning Error"),
]
# Of a planning error
CAUSES = [
    ('resources', "Resources Not Counted"),
    ('baseline', "Wrong Baseline"),
    ('outside', "Outside Event"),
    ('not_worked', "Not Worked On"),
]
# The text is open: nobody has said yes to it.
OPEN_STATES = ('draft', 'changes')
# What counts for the objective above.
COUNTED_STATES = ('accepted', 'running', 'closed')
# What an objective says: locked once it is proposed.
TEXT_FIELDS = {
    'name',
    'cycle_id',
    'parent_id',
    'level',
    'team_id',
    'owner_id',
    'kind',
    'weight',
    'counts_for_parent',
    'date_deadline',
    'why',
    'description',
    'aligned_key_result_ids',
}
# What people may write at any time, key results checking for themselves; everything else changes
# by the buttons.
LOOSE_FIELDS = {'is_private', 'color', 'sequence', 'key_result_ids'}


class GrowthOkrObjective(models.Model):
    """What a company, team or person wants to reach in a cycle, and why.

    How one is proposed, accepted and judged stands in `growth_okr_objective_flow.py`.
    """

    _name = 'growth.okr.objective'
    _description = "Objective"
    _inherit = [
        'growth.okr.below.mixin',
        'growth.button.mixin',
        'mail.thread',
        'mail.activity.mixin',
    ]
    _order = 'sequence, date_deadline, id'
    _parent_store = True
    _check_company_auto = True
    _mail_post_access = 'read'

    name = fields.Char(string="Objective", required=True, tracking=True)
    sequence = fields.Integer(default=10, export_string_translation=False)
    color = fields.Integer(export_string_translation=False)
    cycle_id = fields.Many2one(
        comodel_name='growth.okr.cycle',
        string="Cycle",
        required=True,
        index=True,
        ondelete='restrict',
        tracking=True,
        default=lambda self: self._default_cycle_id(),
    )
    company_id = fields.Many2one(
        related='cycle_id.company_id', store=True, index=True, precompute=True
    )
    cycle_state = fields.Selection(
        related='cycle_id.state', string="Status of the Cycle", export_string_translation=False
    )
    state = fields.Selection(
        selection=STATES,
        string="Status",
        required=True,
        readonly=True,
        default='draft',
        index=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    is_text_open = fields.Boolean(compute='_compute_is_text_open', export_string_translation=False)

    # The tree
    parent_id = fields.Many2one(
        comodel_name='growth.okr.objective',
        string="Objective Above",
        index=True,
        ondelete='restrict',
        check_company=True,
        tracking=True,
        domain="[('state', 'not in', ('declined', 'cancelled')), ('company_id', '=', company_id)]",
    )
    parent_path = fields.Char(index=True, export_string_translation=False)
    child_ids = fields.One2many(
        comodel_name='growth.okr.objective', inverse_name='parent_id', string="Objectives Below"
    )
    child_count = fields.Integer(string="Number Below", compute='_compute_child_count')
    level = fields.Selection(selection=LEVELS, required=True, default='person')
    team_id = fields.Many2one(
        comodel_name='crm.team',
        string="Sales Team",
        compute='_compute_team_id',
        store=True,
        readonly=False,
        precompute=True,
        index='btree_not_null',
        ondelete='set null',
        check_company=True,
    )
    aligned_key_result_ids = fields.Many2many(
        comodel_name='growth.okr.key.result',
        relation='growth_okr_alignment',
        column1='objective_id',
        column2='key_result_id',
        string="Also Helps",
        check_company=True,
        help="Key results of other objectives that this one helps to reach.",
    )

    # Who
    owner_id = fields.Many2one(
        comodel_name='res.users',
        string="Responsible",
        required=True,
        index=True,
        ondelete='restrict',
        tracking=True,
        check_company=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        default=lambda self: self.env.user,
    )
    author_id = fields.Many2one(
        comodel_name='res.users',
        string="Proposed By",
        readonly=True,
        index='btree_not_null',
        ondelete='set null',
        copy=False,
        help="Whose planning it was: who proposed the objective.",
    )
    leader_id = fields.Many2one(
        comodel_name='res.users',
        string="Decided By",
        compute='_compute_leader_id',
        store=True,
        index='btree_not_null',
        help="Leader of the responsible person's sales team, else who is responsible for the "
        "objective above. Sales managers may decide, too.",
    )
    responsible_ids = fields.Many2many(
        comodel_name='res.users',
        relation='growth_okr_objective_responsible',
        column1='objective_id',
        column2='user_id',
        string="Responsible Here or Above",
        compute='_compute_responsible_ids',
        store=True,
        recursive=True,
    )
    is_mine = fields.Boolean(
        compute='_compute_is_mine', search='_search_is_mine', export_string_translation=False
    )
    is_private = fields.Boolean(
        string="Private",
        compute='_compute_is_private',
        store=True,
        readonly=False,
        recursive=True,
        tracking=True,
        help="Seen by those who are responsible for it, above it or for one of its key results, "
        "by who decides on it, and by managers. What stands below it is private, too.",
    )
    can_write = fields.Boolean(compute='_compute_can', export_string_translation=False)
    can_decide = fields.Boolean(compute='_compute_can', export_string_translation=False)

    # What
    kind = fields.Selection(
        selection=KINDS,
        required=True,
        default='aspirational',
        tracking=True,
        help="Aspirational: about 70 % is good already. Committed: promised, judged against 100 %.",
    )
    weight = fields.Float(default=1.0, required=True, help="Beside the others below the same one.")
    counts_for_parent = fields.Boolean(
        string="Counts Above",
        default=True,
        help="The progress counts for that of the objective above.",
    )
    date_from = fields.Date(
        related='cycle_id.date_from', string="Begins On", store=True, precompute=True
    )
    date_deadline = fields.Date(
        string="Deadline",
        required=True,
        compute='_compute_date_deadline',
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    why = fields.Text(string="Why It Matters")
    description = fields.Html()
    key_result_ids = fields.One2many(
        comodel_name='growth.okr.key.result',
        inverse_name='objective_id',
        string="Key Results",
        copy=True,
    )
    key_result_count = fields.Integer(
        string="Number of Key Results", compute='_compute_key_result_count'
    )

    # How far
    progress = fields.Float(
        compute='_compute_progress',
        store=True,
        recursive=True,
        aggregator='avg',
        help="Weighted average of the key results and of the objectives below, each of them at "
        "most 100 %.",
    )
    expected = fields.Float(
        compute='_compute_expected',
        store=True,
        recursive=True,
        aggregator='avg',
        help="Where the progress should be by now.",
    )
    pace = fields.Selection(
        selection=PACES,
        compute='_compute_pace',
        store=True,
        index='btree_not_null',
        help="What the present speed leads to.",
    )
    confidence = fields.Float(
        compute='_compute_confidence',
        store=True,
        # Silence is zero, which is an answer, too.
        aggregator=None,
        digits=(16, 1),
        help="Average of what people said last about the key results, from 0 to 10.",
    )
    stale_count = fields.Integer(
        string="Stale Key Results",
        compute='_compute_stale_count',
        help="Nobody has checked in for them for long.",
    )

    # How it ended
    running_date = fields.Date(string="Runs Since", readonly=True, copy=False)
    verdict = fields.Selection(
        selection=VERDICTS, readonly=True, copy=False, tracking=True, index=True
    )
    final_progress = fields.Float(readonly=True, copy=False, aggregator='avg')
    cause = fields.Selection(
        selection=CAUSES, readonly=True, copy=False, string="Cause of the Error"
    )
    lesson = fields.Text(readonly=True, copy=False)
    closed_date = fields.Date(string="Judged On", readonly=True, copy=False)
    closed_by_id = fields.Many2one(
        comodel_name='res.users',
        string="Judged By",
        readonly=True,
        copy=False,
        ondelete='set null',
    )
    carried_from_id = fields.Many2one(
        comodel_name='growth.okr.objective',
        string="Carried Over From",
        readonly=True,
        copy=False,
        index='btree_not_null',
        ondelete='set null',
    )

    _check_weight = models.Constraint(
        'CHECK (weight > 0)', "A weight must be above zero, or nothing would be left to weigh."
    )
    _check_planning_error = models.Constraint(
        "CHECK (verdict <> 'planning_error' "
        "OR (cause IS NOT NULL AND COALESCE(TRIM(lesson), '') <> ''))",
        "A planning error needs its cause and the lesson.",
    )

    # ------------------------------------------------------------
    # DEFAULTS
    # ------------------------------------------------------------

    @api.model
    def _default_cycle_id(self):
        company = self.env.company
        today = company._growth_day(fields.Datetime.now())
        return self.env['growth.okr.cycle']._get_current(company, today)

    # ------------------------------------------------------------
    # COMPUTE AND SEARCH: WHO
    # ------------------------------------------------------------

    @api.depends('name', 'is_private')
    @api.depends_context('uid')
    def _compute_display_name(self):
        """What points at a private objective does not give its name away: names of related records
        are read by the system."""
        result = super()._compute_display_name()
        for objective in self._filtered_closed():
            objective.display_name = self.env._("Private Objective")
        return result

    @api.depends('state')
    def _compute_is_text_open(self):
        for objective in self:
            objective.is_text_open = objective.state in OPEN_STATES

    @api.depends('child_ids')
    def _compute_child_count(self):
        counts = dict(self._read_group([('parent_id', 'in', self.ids)], ['parent_id'], ['__count']))
        for objective in self:
            objective.child_count = counts.get(objective._origin, 0)

    @api.depends('key_result_ids')
    def _compute_key_result_count(self):
        for objective in self:
            objective.key_result_count = len(objective.key_result_ids)

    @api.depends('owner_id', 'company_id')
    def _compute_team_id(self):
        for objective in self:
            team = objective.team_id
            if team.company_id not in (objective.company_id, self.env['res.company']):
                team = team.browse()
            objective.team_id = objective._get_owner_team() or team

    @api.depends(
        'owner_id.crm_team_member_ids.active',
        'owner_id.crm_team_member_ids.crm_team_id.user_id',
        'company_id',
        'parent_id.owner_id',
    )
    def _compute_leader_id(self):
        for objective in self:
            leaders = objective._get_owner_team().user_id | objective.parent_id.owner_id
            # Who could not open the proposal cannot decide on it.
            leaders = leaders._growth_filtered_sellers(objective.company_id) - objective.owner_id
            objective.leader_id = leaders[:1]

    @api.depends('owner_id', 'parent_id.responsible_ids')
    def _compute_responsible_ids(self):
        for objective in self:
            objective.responsible_ids = objective.owner_id | objective.parent_id.responsible_ids

    @api.depends_context('uid')
    @api.depends('owner_id', 'key_result_ids.owner_id')
    def _compute_is_mine(self):
        for objective in self:
            people = objective.owner_id | objective.key_result_ids.owner_id
            objective.is_mine = self.env.user in people

    def _search_is_mine(self, operator, value):
        if operator != 'in':
            return NotImplemented
        mine = Domain('owner_id', '=', self.env.uid) | Domain(
            'key_result_ids.owner_id', '=', self.env.uid
        )
        return mine if True in value else ~mine

    @api.depends('parent_id.is_private')
    def _compute_is_private(self):
        for objective in self:
            objective.is_private = objective.is_private or objective.parent_id.is_private

    @api.depends_context('uid')
    @api.depends('responsible_ids', 'leader_id', 'owner_id', 'state')
    def _compute_can(self):
        user = self.env.user
        is_manager = user.has_group('sales_team.group_sale_manager')
        for objective in self:
            # As it is saved: who names somebody else while typing may still take it back.
            people = (objective._origin or objective).responsible_ids
            objective.can_write = is_manager or user in people
            objective.can_decide = is_manager or user == objective.leader_id

    # ------------------------------------------------------------
    # COMPUTE: HOW FAR
    # ------------------------------------------------------------

    @api.depends('cycle_id')
    def _compute_date_deadline(self):
        for objective in self:
            cycle = objective.cycle_id
            day = objective.date_deadline
            if cycle and not (day and cycle.date_from <= day <= cycle.date_to):
                objective.date_deadline = cycle.date_to

    @api.depends(
        'key_result_ids.progress',
        'key_result_ids.weight',
        'child_ids.progress',
        'child_ids.weight',
        'child_ids.state',
        'child_ids.counts_for_parent',
    )
    def _compute_progress(self):
        for objective in self:
            objective.progress = objective._get_parts_total('progress') or 0.0

    @api.depends(
        'key_result_ids.expected',
        'key_result_ids.weight',
        'child_ids.expected',
        'child_ids.weight',
        'child_ids.state',
        'child_ids.counts_for_parent',
    )
    def _compute_expected(self):
        for objective in self:
            objective.expected = objective._get_parts_total('expected') or 0.0

    @api.depends(
        'progress',
        'expected',
        'kind',
        'state',
        'company_id.growth_okr_good',
        'company_id.growth_okr_error',
        'company_id.growth_okr_too_low',
    )
    def _compute_pace(self):
        for objective in self:
            objective.pace = objective.state == 'running' and okr.pace(
                objective.progress,
                objective.expected,
                objective.kind,
                **objective.company_id._growth_okr_thresholds(),
            )

    @api.depends('key_result_ids.confidence', 'key_result_ids.last_check_in_date')
    def _compute_confidence(self):
        for objective in self:
            told = objective.key_result_ids.filtered('last_check_in_date')
            objective.confidence = sum(told.mapped('confidence')) / len(told) if told else 0.0

    @api.depends('key_result_ids.is_stale')
    def _compute_stale_count(self):
        for objective in self:
            objective.stale_count = len(objective.key_result_ids.filtered('is_stale'))

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('parent_id')
    def _check_tree(self):
        if self._has_cycle():
            raise ValidationError(
                self.env._("An objective cannot stand below itself or below its own objectives.")
            )

    @api.constrains('cycle_id', 'parent_id', 'date_deadline')
    def _check_place(self):
        """Each objective lies within its cycle and the one above, by the rights of the system: what
        stands above may be closed to who writes below."""
        objectives = self.sudo()
        for objective in objectives | objectives.child_ids:
            objective._check_parent_cycle()
            objective._check_deadline()

    def _check_parent_cycle(self):
        parent = self.parent_id
        if parent and not parent.cycle_id._contains(self.cycle_id):
            raise ValidationError(
                self.env._(
                    "%(objective)s: the cycle %(cycle)s does not lie within %(parent_cycle)s, "
                    "that of the objective above.",
                    objective=self.name,
                    cycle=self.cycle_id.name,
                    parent_cycle=parent.cycle_id.name,
                )
            )

    def _check_deadline(self):
        cycle, parent, day = self.cycle_id, self.parent_id, self.date_deadline
        if not day:
            # The database says so.
            return
        if not cycle.date_from <= day <= cycle.date_to:
            raise ValidationError(
                self.env._(
                    "%(objective)s: the deadline %(day)s lies outside of the cycle, which is "
                    "from %(date_from)s to %(date_to)s.",
                    objective=self.name,
                    day=format_date(self.env, day),
                    date_from=format_date(self.env, cycle.date_from),
                    date_to=format_date(self.env, cycle.date_to),
                )
            )
        if parent and day > parent.date_deadline:
            raise ValidationError(
                self.env._(
                    "%(objective)s: the deadline %(day)s is later than that of the objective "
                    "above, %(parent_day)s.",
                    objective=self.name,
                    day=format_date(self.env, day),
                    parent_day=format_date(self.env, parent.date_deadline),
                )
            )

    @api.constrains('aligned_key_result_ids', 'parent_id')
    def _check_alignment(self):
        objectives = self.sudo()
        # What it helps may have come to stand below it.
        helping = objectives.search(
            [('aligned_key_result_ids.objective_id', 'child_of', objectives.ids)]
        )
        for objective in objectives | helping:
            own = objective.aligned_key_result_ids.objective_id.filtered(
                lambda each, path=objective.parent_path: each.parent_path.startswith(path)
            )
            if own:
                raise ValidationError(
                    self.env._(
                        "%s helps other objectives than itself and those below it.",
                        objective.name,
                    )
                )

    @api.constrains('is_private', 'parent_id')
    def _check_private(self):
        objectives = self.sudo()
        for objective in objectives | objectives.child_ids:
            if objective.parent_id.is_private and not objective.is_private:
                raise ValidationError(
                    self.env._(
                        "%s stands below a private objective: it is private, too.", objective.name
                    )
                )

    @api.constrains('owner_id', 'company_id')
    def _check_owner(self):
        for company, objectives in self.grouped('company_id').items():
            owners = objectives.owner_id
            if others := owners - owners._growth_filtered_sellers(company):
                raise ValidationError(
                    self.env._(
                        "%(users)s could not open the objective: who is responsible must be "
                        "somebody who sells for %(company)s.",
                        users=", ".join(others.sudo().mapped('name')),
                        company=company.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        if kept := self.filtered(lambda each: each.state in COUNTED_STATES):
            raise UserError(
                self.env._(
                    "What was accepted is not deleted but given up: %s.",
                    ", ".join(kept.mapped('name')),
                )
            )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._check_writable(vals.keys())
        if self.env.su:
            return super().create(vals_list)
        objectives = super(
            GrowthOkrObjective, keep_defaults(self, TEXT_FIELDS | LOOSE_FIELDS)
        ).create(vals_list)
        objectives = objectives.with_env(self.env)
        objectives._check_parent_readable()
        objectives._check_may_hang()
        return objectives

    def write(self, vals):
        if not self.env.su:
            self._check_writable(vals.keys())
            if TEXT_FIELDS & vals.keys():
                self._check_text_open()
        result = super().write(vals)
        if not self.env.su and vals.keys() & {'cycle_id', 'parent_id'}:
            if 'parent_id' in vals:
                self._check_parent_readable()
            self._check_may_hang()
        if vals.get('is_private'):
            self._forget_strangers()
        return result

    def copy_data(self, default=None):
        default = dict(default or {})
        vals_list = super().copy_data(default)
        for objective, vals in zip(self, vals_list, strict=True):
            if 'name' not in default:
                vals['name'] = self.env._("%s (copy)", objective.name)
        return vals_list

    def _check_writable(self, fnames):
        """
        :raise AccessError: for fields that change by the buttons alone
        """
        if closed := set(fnames) - TEXT_FIELDS - LOOSE_FIELDS - self._get_thread_fields():
            raise AccessError(
                self.env._(
                    "An objective changes by its buttons, these cannot be written: %s.",
                    ", ".join(sorted(closed)),
                )
            )

    def _check_text_open(self):
        """
        :raise UserError: when somebody has been asked to say yes to the text already
        """
        if locked := self.filtered(lambda each: each.state not in OPEN_STATES):
            raise UserError(
                self.env._(
                    "The text is locked: %s. Take the proposal back, or ask for changes first.",
                    ", ".join(locked.mapped('name')),
                )
            )

    def _check_parent_readable(self):
        """Nobody gets to know of a private objective by standing below it.

        :raise AccessError:
        """
        self.parent_id.check_access('read')

    def _check_may_hang(self):
        """
        :raise UserError: when the cycle is over, or the objective above is
        """
        self._check_cycle_open()
        # What stands above may be closed to who decides below.
        for parent in self.sudo().parent_id:
            if parent.state in ('closed', 'declined', 'cancelled'):
                raise UserError(
                    self.env._(
                        "%s is settled: nothing new can stand below it.", parent.display_name
                    )
                )

    def _check_cycle_open(self):
        """
        :raise UserError: when the cycle takes nothing any more
        """
        for cycle in self.cycle_id:
            if cycle.state in ('review', 'closed'):
                raise UserError(
                    self.env._(
                        "%s is being reviewed or closed: plan for the next cycle.", cycle.name
                    )
                )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_key_results(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_okr_key_result_action'
        )
        return {
            **action,
            'domain': [('objective_id', '=', self.id)],
            'context': {'default_objective_id': self.id},
        }

    def action_view_children(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_okr_objective_action'
        )
        return {
            **action,
            'domain': [('parent_id', '=', self.id)],
            'context': {'default_parent_id': self.id, 'default_cycle_id': self.cycle_id.id},
        }

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _get_owner_team(self):
        """The sales team of who is responsible, in the objective's company.

        :rtype: crm.team
        """
        self.ensure_one()
        # Whoever looks: whose team it is must not depend on it.
        teams = self.owner_id.sudo().crm_team_member_ids.crm_team_id
        return teams.filtered(
            lambda team: (
                team.active and team.company_id in (self.company_id, self.env['res.company'])
            )
        )[:1].sudo(False)

    def _filtered_closed(self):
        """The private ones that the user may not read, whoever reads in the user's name.

        :rtype: growth.okr.objective
        """
        if self.env.uid == SUPERUSER_ID:
            return self.browse()
        private = self.filtered(lambda each: each.sudo().is_private and each.id)
        seen = private.with_user(self.env.uid)._filtered_access('read')
        return private.filtered(lambda each: each.id not in seen._ids)

    def _forget_strangers(self):
        """Stop telling those who followed what has become private since, and what is below it."""
        objectives = self.sudo().search([('id', 'child_of', self.ids)])
        key_results = objectives.key_result_ids
        for records in (objectives, key_results, key_results.initiative_ids):
            for record in records.filtered('message_follower_ids'):
                strangers = record.message_partner_ids.filtered(
                    lambda partner, record=record: (
                        not any(
                            record.with_user(user).has_access('read') for user in partner.user_ids
                        )
                    )
                )
                record.message_unsubscribe(strangers.ids)

    def _get_parts_total(self, fname):
        """Weighted average over key results and the objectives below that count.

        :param str fname: fraction
        :rtype: float | None
        """
        self.ensure_one()
        children = self.child_ids.filtered(
            lambda child: child.counts_for_parent and child.state in COUNTED_STATES
        )
        return okr.total(
            [(part[fname], part.weight) for part in self.key_result_ids if part.weight > 0]
            + [(child[fname], child.weight) for child in children if child.weight > 0]
        )

    def _get_total(self):
        """Weighted average over the objectives that count.

        :rtype: float | None
        """
        counted = self.filtered(lambda each: each.state in COUNTED_STATES)
        return okr.total([(each.progress, each.weight) for each in counted])

    def _get_names_for(self, user):
        """Names, as far as somebody may read them.

        :param res.users user:
        :rtype: str
        """
        seen = self.with_user(user)._filtered_access('read')
        names = seen.mapped('name')
        if hidden := len(self) - len(seen):
            names.append(self.env._("%s private ones", hidden))
        return ", ".join(names)
