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
# What goes on while its text is locked: somebody else may have to take it over.
ONGOING_STATES = ('proposed', 'accepted', 'running')
# Who may read a private objective hangs on these.
READER_FIELDS = {'is_private', 'owner_id', 'parent_id', 'cycle_id'}
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
        domain="[('company_id', '=', company_id), "
        "('state', 'not in', ('closed', 'declined', 'cancelled')), "
        "('cycle_id.date_from', '<=', date_from), ('cycle_id.date_to', '>=', cycle_date_to), "
        "'!', ('id', 'child_of', id and [id] or [])]",
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
    can_name_owner = fields.Boolean(
        compute='_compute_can_name_owner', export_string_translation=False
    )

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
    cycle_date_to = fields.Date(
        related='cycle_id.date_to', string="Last Day", export_string_translation=False
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
        # A plain average would know no weights, and count what never ran.
        aggregator=None,
        help="Weighted average of the key results and of the objectives below, each of them at "
        "most 100 %.",
    )
    expected = fields.Float(
        compute='_compute_expected',
        store=True,
        recursive=True,
        aggregator=None,
        help="Where the progress should be by now.",
    )
    pace = fields.Selection(
        selection=PACES,
        compute='_compute_pace',
        store=True,
        index='btree_not_null',
        help="What the present speed leads to by the deadline. On track: it will be good, which is "
        "at least 70 % of an aspirational objective and 100 % of a committed one. Ahead: 100 % of "
        "an aspirational one, more than 110 % of a committed one. Behind: less than good. Far "
        "behind: less than 40 %, a planning error. The settings may name other shares.",
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
    final_progress = fields.Float(readonly=True, copy=False, aggregator=None)
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

    @api.depends('name', 'is_private', 'cycle_id.name')
    @api.depends_context('uid', 'growth_okr_with_cycle')
    def _compute_display_name(self):
        """What points at a private objective does not give its name away: names of related records
        are read by the system."""
        closed = self._filtered_closed()
        closed.display_name = self.env._("Private Objective")
        # Without the others, which would be read along with them.
        seen = self - closed
        result = super(GrowthOkrObjective, seen)._compute_display_name()
        if self.env.context.get('growth_okr_with_cycle'):
            for objective in seen.filtered('cycle_id'):
                objective.display_name = f"{objective.display_name} ({objective.cycle_id.name})"
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

    @api.depends_context('uid')
    @api.depends('can_write', 'state')
    def _compute_can_name_owner(self):
        is_manager = self.env.user.has_group('sales_team.group_sale_manager')
        for objective in self:
            is_new = not objective._origin
            objective.can_name_owner = (
                objective.state in OPEN_STATES and (is_new or objective.can_write)
            ) or (objective.state in ONGOING_STATES and is_manager)

    # ------------------------------------------------------------
    # COMPUTE: HOW FAR
    # ------------------------------------------------------------

    @api.depends('cycle_id')
    def _compute_date_deadline(self):
        for objective in self:
            cycle = objective.cycle_id
            day = objective.date_deadline
            is_inside = day and cycle and cycle.date_from <= day <= cycle.date_to
            if cycle and not (is_inside and objective._has_own_deadline()):
                objective.date_deadline = cycle.date_to

    @api.depends(
        'state',
        'key_result_ids.progress',
        'key_result_ids.weight',
        'child_ids.progress',
        'child_ids.weight',
        'child_ids.state',
        'child_ids.counts_for_parent',
    )
    def _compute_progress(self):
        for objective in self:
            if objective.state in COUNTED_STATES:
                objective.progress = objective._get_parts_total('progress') or 0.0
            elif objective.state != 'cancelled':
                objective.progress = 0.0
            else:
                # As far as it had come.
                objective.progress = objective.progress

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
        if self.env.su:
            return
        if ran := self.filtered('running_date'):
            raise UserError(
                self.env._(
                    "These ran, and their history is kept: %s. Leave them given up.",
                    ", ".join(ran.mapped('name')),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_above_others(self):
        objectives = self.sudo()
        if below := objectives.child_ids - objectives:
            raise UserError(
                self.env._(
                    "Others stand below: %s. Delete them first, or hang them elsewhere.",
                    below._get_names_for(self.env.user),
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
                self._check_open_for(vals.keys())
        if 'cycle_id' in vals:
            self._check_may_leave(vals['cycle_id'])
        if vals.get('parent_id'):
            self._check_not_below_itself(vals['parent_id'])
        if vals.get('owner_id'):
            self._hand_over_key_results(vals['owner_id'])
        following = self.browse()
        if 'cycle_id' in vals and 'date_deadline' not in vals:
            following = self.filtered(lambda each: each.date_deadline == each.cycle_id.date_to)
        result = super().write(vals)
        for cycle, objectives in following.grouped('cycle_id').items():
            objectives.date_deadline = cycle.date_to
        if not self.env.su and vals.keys() & {'cycle_id', 'parent_id'}:
            if 'parent_id' in vals:
                self._check_parent_readable()
            self._check_may_hang()
        if READER_FIELDS & vals.keys():
            self._forget_strangers()
        return result

    def unlink(self):
        # The database would leave what hangs on the key results: messages, activities, files.
        self.check_access('unlink')
        self.sudo().key_result_ids.unlink()
        return super().unlink()

    def copy_data(self, default=None):
        default = dict(default or {})
        vals_list = super().copy_data(default)
        for objective, vals in zip(self, vals_list, strict=True):
            if 'name' not in default:
                vals['name'] = self.env._("%s (copy)", objective.name)
            objective._place_copy(vals, default)
        return vals_list

    def _place_copy(self, vals, default):
        """Let a copy find a cycle that is open, and stand below what takes it on.

        :param dict vals: of the copy, changed in place
        :param dict default: what the caller has decided
        """
        self.ensure_one()
        cycle = self.cycle_id.browse(vals.get('cycle_id'))
        if 'cycle_id' not in default and cycle.state in ('review', 'closed'):
            cycle = self.with_company(self.company_id)._default_cycle_id() or cycle
        parent = self.parent_id._filtered_access('read')
        if 'parent_id' in default:
            parent = parent.browse(default['parent_id'])
        elif not parent._can_take_on(cycle):
            parent = parent.browse()
        vals.update(cycle_id=cycle.id, parent_id=parent.id)
        if cycle == self.cycle_id:
            return
        if 'date_deadline' not in default:
            vals['date_deadline'] = min(filter(None, (cycle.date_to, parent.date_deadline)))
        for _command, _id, key_result in vals.get('key_result_ids', ()):
            for _command, _id, milestone in key_result.get('milestone_ids', ()):
                # A day of the cycle before means nothing here.
                milestone['date_deadline'] = False

    def _check_not_below_itself(self, parent_id):
        """Before the paths are written, which fail with words that nobody understands.

        :raise ValidationError: when the objective above is one of these, or below one
        """
        path = self.sudo().browse(parent_id).parent_path or ''
        above = {int(key) for key in path.split('/') if key}
        if above & set(self.ids):
            raise ValidationError(
                self.env._("An objective cannot stand below itself or below its own objectives.")
            )

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

    def _check_open_for(self, fnames):
        """As `_check_text_open`; but when who is responsible is gone, managers name somebody else
        for what goes on.

        :param fnames: that are written
        """
        locked = self
        is_manager = self.env.user.has_group('sales_team.group_sale_manager')
        if is_manager and not (TEXT_FIELDS - {'owner_id'}) & set(fnames):
            locked = self.filtered(lambda each: each.state not in ONGOING_STATES)
        locked._check_text_open()

    def _hand_over_key_results(self, owner_id):
        """Give the key results of people who are gone to who takes over the objectives.

        :param int owner_id: of a user
        """
        for company, objectives in self.grouped('company_id').items():
            key_results = objectives.key_result_ids
            owners = key_results.owner_id
            gone = owners - owners._growth_filtered_sellers(company)
            for key_result in key_results.filtered(lambda each, gone=gone: each.owner_id in gone):
                key_result.owner_id = owner_id

    def _check_may_leave(self, cycle_id):
        """
        :param int cycle_id: where they are to go
        :raise UserError: when their verdict is due where they are, or when they would take parts of
            their company to another one
        """
        cycle = self.env['growth.okr.cycle'].browse(cycle_id)
        leaving = self.filtered(lambda each: each.cycle_id != cycle)
        leaving._check_not_reviewed()
        company = cycle.sudo().company_id
        if kept := leaving.filtered(
            lambda each: company not in (each.company_id, company.browse()) and each.key_result_ids
        ):
            raise UserError(
                self.env._(
                    "The cycle is one of another company, and key results stay in the one for "
                    "which they were made: %s. Plan a new objective there.",
                    ", ".join(kept.mapped('name')),
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
        teams = self.owner_id.sudo().crm_team_member_ids.filtered('active').crm_team_id
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
        # This alone: the rest would stand in the cache for everybody.
        known = self.with_context(prefetch_fields=False).sudo()
        private = known.filtered(lambda each: each.id and each.is_private).with_env(self.env)
        seen = private.with_user(self.env.uid)._filtered_access('read')
        return private.filtered(lambda each: each.id not in seen._ids)

    def _has_own_deadline(self):
        """Whether somebody chose the deadline: a form does not tell the cycle that was named in it
        before, of which the last day may be meant.

        :rtype: bool
        """
        self.ensure_one()
        return bool(
            # What is saved is compared as it is written.
            self.id
            or not self.env['growth.okr.cycle'].search_count(
                Domain('company_id', '=', self.company_id.id)
                & Domain('date_to', '=', self.date_deadline),
                limit=1,
            )
        )

    def _forget_strangers(self):
        """Stop telling those who follow what is private, here or below, and may not read it (any
        more)."""
        objectives = self.sudo().search(
            Domain('id', 'child_of', self.ids) & Domain('is_private', '=', True)
        )
        key_results = objectives.key_result_ids
        for records in (objectives, key_results, key_results.initiative_ids):
            for record in records.filtered('message_follower_ids'):
                strangers = record.message_partner_ids.filtered(
                    lambda partner, record=record: (
                        not any(
                            # In their own companies, not those of who writes.
                            record.with_user(user)
                            .with_context(allowed_company_ids=user._get_company_ids())
                            .has_access('read')
                            for user in partner.user_ids
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
