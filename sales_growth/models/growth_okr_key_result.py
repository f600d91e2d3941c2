from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, float_compare, format_amount
from odoo.tools.misc import formatLang

from ..analysis import okr
from .growth_okr_defaults import keep_defaults
from .growth_okr_measure_reader import ADDITIVE, COUNTED
from .growth_okr_objective import PACES

KINDS = [
    ('number', "Number"),
    ('percentage', "Percentage"),
    ('money', "Money"),
    ('yes_no', "Yes or No"),
    ('milestones', "Milestones"),
]
DIRECTIONS = [
    ('increase', "Increase"),
    ('decrease', "Decrease"),
    ('range', "Keep Within a Range"),
]
SCOPES = [
    ('user', "Of the Responsible Person"),
    ('team', "Of the Sales Team"),
    ('company', "Of the Company"),
]
# Counted by steps that are done, not by a number that somebody tells.
COUNTED_KINDS = ('yes_no', 'milestones')
# Money and numbers are compared to this many digits.
DIGITS = 6
# Nobody sells more, and further digits could not be told apart.
MOST = 1e15
# What a key result says: locked with the text of its objective.
TEXT_FIELDS = {
    'name',
    'objective_id',
    'kind',
    'direction',
    'unit',
    'baseline',
    'target',
    'range_min',
    'range_max',
    'weight',
    'source',
    'measure_id',
    'scope',
    'team_id',
    'expectation',
}
# Whose rights the value is read with, and what
LENDING_FIELDS = {'owner_id', 'source', 'measure_id', 'scope', 'team_id', 'objective_id'}
# How much people see: see `_get_rights_level`.
OWN_DOCUMENTS, ALL_DOCUMENTS, MANAGER = range(3)
# What people may write at any time; everything else comes from check-ins and the job.
LOOSE_FIELDS = {'owner_id', 'sequence', 'milestone_ids', 'initiative_ids'}


def _get_rights_level(user):
    """How much of the company's sales somebody sees.

    :param res.users user:
    :return: own documents, all of them, or as a manager
    :rtype: int
    """
    user = user.sudo()
    if user.has_group('sales_team.group_sale_manager'):
        return MANAGER
    if user.has_group('sales_team.group_sale_salesman_all_leads'):
        return ALL_DOCUMENTS
    return OWN_DOCUMENTS


class GrowthOkrKeyResult(models.Model):
    """By what an objective is seen to be reached: from a baseline to a target.

    Where it stands comes from its check-ins (`growth.okr.check.in`): those of people, and those
    that the job writes for key results fed by a measure (`growth_okr_key_result_job.py`).
    """

    _name = 'growth.okr.key.result'
    _description = "Key Result"
    _inherit = [
        'growth.okr.below.mixin',
        'growth.button.mixin',
        'mail.thread',
        'mail.activity.mixin',
    ]
    _order = 'objective_id, sequence, id'
    _check_company_auto = True
    _mail_post_access = 'read'

    name = fields.Char(string="Key Result", required=True, tracking=True)
    sequence = fields.Integer(default=10, export_string_translation=False)
    objective_id = fields.Many2one(
        comodel_name='growth.okr.objective', required=True, index=True, ondelete='cascade'
    )
    company_id = fields.Many2one(
        related='objective_id.company_id', store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related='company_id.currency_id')
    cycle_id = fields.Many2one(related='objective_id.cycle_id', store=True, index=True)
    state = fields.Selection(related='objective_id.state', store=True, index=True)
    is_text_open = fields.Boolean(
        related='objective_id.is_text_open', export_string_translation=False
    )
    objective_kind = fields.Selection(
        related='objective_id.kind', string="Kind of Objective", export_string_translation=False
    )
    date_from = fields.Date(related='objective_id.date_from', store=True)
    date_deadline = fields.Date(related='objective_id.date_deadline', store=True)
    running_date = fields.Date(related='objective_id.running_date', store=True)
    owner_id = fields.Many2one(
        comodel_name='res.users',
        string="Responsible",
        required=True,
        compute='_compute_owner_id',
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        ondelete='restrict',
        tracking=True,
        check_company=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    can_write = fields.Boolean(compute='_compute_can_write', export_string_translation=False)

    # From where to where
    kind = fields.Selection(
        selection=KINDS,
        string="Measured In",
        required=True,
        compute='_compute_kind',
        store=True,
        readonly=False,
        precompute=True,
    )
    direction = fields.Selection(
        selection=DIRECTIONS,
        required=True,
        compute='_compute_direction',
        store=True,
        readonly=False,
        precompute=True,
    )
    unit = fields.Char(translate=True, help="Of a number: lines, days, points ...")
    baseline = fields.Float(
        compute='_compute_ends',
        store=True,
        readonly=False,
        precompute=True,
        digits=(16, 6),
        aggregator=None,
        tracking=True,
        help="Where it stands before the work begins: the progress counts from here.",
    )
    target = fields.Float(
        compute='_compute_ends',
        store=True,
        readonly=False,
        precompute=True,
        digits=(16, 6),
        aggregator=None,
        tracking=True,
    )
    range_min = fields.Float(string="At Least", digits=(16, 6), aggregator=None)
    range_max = fields.Float(string="At Most", digits=(16, 6), aggregator=None)
    weight = fields.Float(
        default=1.0, required=True, help="Beside the other key results of the objective."
    )

    # Where it stands
    check_in_ids = fields.One2many(
        comodel_name='growth.okr.check.in', inverse_name='key_result_id', string="Check-Ins"
    )
    milestone_ids = fields.One2many(
        comodel_name='growth.okr.milestone',
        inverse_name='key_result_id',
        string="Milestones",
        copy=True,
    )
    initiative_ids = fields.One2many(
        comodel_name='growth.okr.initiative', inverse_name='key_result_id', string="Initiatives"
    )
    open_initiative_count = fields.Integer(
        string="Open Initiatives", compute='_compute_open_initiative_count'
    )
    adds_up = fields.Boolean(
        compute='_compute_adds_up',
        store=True,
        export_string_translation=False,
        help="The value begins at zero with the cycle: a sum over its days.",
    )
    current = fields.Float(
        compute='_compute_current',
        store=True,
        digits=(16, 6),
        aggregator=None,
        help="Last known value; the baseline until there is one.",
    )
    current_date = fields.Date(
        string="Known On", compute='_compute_current', store=True, help="Day of the last value."
    )
    baseline_text = fields.Char(string="At the Start", compute='_compute_texts')
    target_text = fields.Char(string="To Reach", compute='_compute_texts')
    current_text = fields.Char(string="Now", compute='_compute_texts')
    progress = fields.Float(
        compute='_compute_progress',
        store=True,
        # A plain average would know no weights, and count what never ran.
        aggregator=None,
        help="Share of the way from the baseline to the target; above 100 % when it was passed, "
        "below zero when it went the other way.",
    )
    expected = fields.Float(
        compute='_compute_expected',
        store=True,
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
    expectation = fields.Selection(
        selection=[
            ('linear', "Evenly"),
            ('season', "Like Last Year"),
        ],
        string="Expected to Grow",
        required=True,
        default='linear',
        help="Like last year: as the same measure grew in the same days of last year.",
    )

    # Check-ins
    confidence = fields.Integer(
        compute='_compute_last_check_in',
        store=True,
        # Zero is an answer, and silence is zero as well: no average of both means anything.
        aggregator=None,
        help="From 0 to 10.",
    )
    blocker = fields.Char(compute='_compute_last_check_in', store=True)
    last_check_in_date = fields.Date(
        string="Last Check-In", compute='_compute_last_check_in', store=True
    )
    is_stale = fields.Boolean(
        string="Stale",
        compute='_compute_is_stale',
        search='_search_is_stale',
        help="It runs, and nobody has checked in for as long as the settings say.",
    )

    # Fed by Odoo
    source = fields.Selection(
        selection=[
            ('manual', "Check-Ins"),
            ('measure', "Odoo"),
        ],
        string="Value From",
        required=True,
        default='manual',
    )
    measure_id = fields.Many2one(
        comodel_name='growth.okr.measure',
        string="Measure",
        index='btree_not_null',
        ondelete='restrict',
        check_company=True,
    )
    scope = fields.Selection(
        selection=SCOPES,
        string="Whose Figures",
        default='user',
        help="Seen with the rights of who is responsible for the key result.",
    )
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
    measured_at = fields.Datetime(string="Measured", readonly=True, copy=False)

    aligned_objective_ids = fields.Many2many(
        comodel_name='growth.okr.objective',
        relation='growth_okr_alignment',
        column1='key_result_id',
        column2='objective_id',
        string="Helped By",
        readonly=True,
        copy=False,
    )

    _check_weight = models.Constraint(
        'CHECK (weight > 0)', "A weight must be above zero, or nothing would be left to weigh."
    )

    # ------------------------------------------------------------
    # COMPUTE: WHAT IT IS
    # ------------------------------------------------------------

    @api.depends('name', 'objective_id.is_private')
    @api.depends_context('uid')
    def _compute_display_name(self):
        """As of private objectives: what points at a key result does not give its name away."""
        # This alone: the rest would stand in the cache for everybody.
        known = self.with_context(prefetch_fields=False).sudo()
        hidden = known.objective_id.with_env(self.env)._filtered_closed()
        closed = known.filtered(lambda each: each.objective_id.id in hidden._ids).with_env(self.env)
        closed.display_name = self.env._("Private Key Result")
        # Without the others, which would be read along with them.
        return super(GrowthOkrKeyResult, self - closed)._compute_display_name()

    @api.depends('objective_id.owner_id')
    def _compute_owner_id(self):
        for key_result in self:
            key_result.owner_id = key_result.owner_id or key_result.objective_id.owner_id

    @api.depends('objective_id.team_id')
    def _compute_team_id(self):
        for key_result in self:
            key_result.team_id = key_result.team_id or key_result.objective_id.team_id

    @api.depends_context('uid')
    @api.depends('owner_id', 'objective_id.responsible_ids')
    def _compute_can_write(self):
        user = self.env.user
        is_manager = user.has_group('sales_team.group_sale_manager')
        for key_result in self:
            people = key_result.owner_id | key_result.objective_id.responsible_ids
            key_result.can_write = is_manager or user in people

    @api.depends('source', 'measure_id')
    def _compute_kind(self):
        for key_result in self:
            measured = key_result.source == 'measure' and key_result.measure_id.unit
            key_result.kind = measured or key_result.kind or 'number'

    @api.depends('kind', 'source', 'measure_id')
    def _compute_direction(self):
        for key_result in self:
            if key_result.kind in COUNTED_KINDS:
                key_result.direction = 'increase'
            elif key_result.source == 'measure' and key_result.measure_id.lower_is_better:
                key_result.direction = key_result.direction or 'decrease'
            else:
                key_result.direction = key_result.direction or 'increase'

    @api.depends('kind', 'milestone_ids')
    def _compute_ends(self):
        for key_result in self:
            if key_result.kind == 'yes_no':
                key_result.baseline, key_result.target = 0.0, 1.0
            elif key_result.kind == 'milestones':
                key_result.baseline, key_result.target = 0.0, len(key_result.milestone_ids)

    @api.depends('initiative_ids.state')
    def _compute_open_initiative_count(self):
        counts = dict(
            self.env['growth.okr.initiative']._read_group(
                [('key_result_id', 'in', self.ids), ('state', '=', 'open')],
                ['key_result_id'],
                ['__count'],
            )
        )
        for key_result in self:
            key_result.open_initiative_count = counts.get(key_result._origin, 0)

    # ------------------------------------------------------------
    # COMPUTE: WHERE IT STANDS
    # ------------------------------------------------------------

    @api.depends(
        'check_in_ids.value',
        'check_in_ids.date',
        'adds_up',
        'baseline',
        'kind',
        'source',
        'milestone_ids.is_done',
    )
    def _compute_current(self):
        points = self._get_last_points()
        for key_result in self:
            if key_result.kind == 'milestones':
                done = key_result._get_done_milestones()
                key_result.current = len(done)
                key_result.current_date = max(done.mapped('done_date'), default=False)
                continue
            value, day = points.get(key_result._origin.id, (None, False))
            start = 0.0 if key_result.adds_up else key_result.baseline
            key_result.current = start if value is None else value
            key_result.current_date = day

    @api.depends('check_in_ids.confidence', 'check_in_ids.blocker', 'check_in_ids.date')
    def _compute_last_check_in(self):
        points = self._get_last_check_ins()
        for key_result in self:
            confidence, blocker, day = points.get(key_result._origin.id, (0, False, False))
            key_result.confidence = confidence
            key_result.blocker = blocker
            key_result.last_check_in_date = day

    @api.depends(
        'kind', 'unit', 'direction', 'baseline', 'target', 'current', 'range_min', 'range_max'
    )
    @api.depends_context('lang')
    def _compute_texts(self):
        for key_result in self:
            key_result.baseline_text = key_result._format_value(key_result.baseline)
            key_result.current_text = key_result._format_value(key_result.current)
            if key_result.direction == 'range':
                key_result.target_text = self.env._(
                    "%(low)s to %(high)s",
                    low=key_result._format_value(key_result.range_min),
                    high=key_result._format_value(key_result.range_max),
                )
            else:
                key_result.target_text = key_result._format_value(key_result.target)

    @api.depends('source', 'direction', 'measure_id.date_field', 'measure_id.aggregation')
    def _compute_adds_up(self):
        for key_result in self:
            key_result.adds_up = bool(
                key_result.source == 'measure'
                and key_result.direction != 'range'
                and key_result.measure_id.date_field
                and key_result.measure_id.aggregation in COUNTED
            )

    @api.depends(
        'current',
        'current_date',
        'adds_up',
        'expected',
        'baseline',
        'target',
        'direction',
        'range_min',
        'range_max',
        'kind',
        'milestone_ids.is_done',
        'milestone_ids.weight',
    )
    def _compute_progress(self):
        for key_result in self:
            if key_result.source == 'measure' and not key_result.current_date:
                # Not measured yet: nothing is told by nothing.
                key_result.progress = 0.0
                continue
            day = key_result.adds_up and key_result._get_last_day()
            expected = key_result._get_expected(day) if day else key_result.expected
            key_result.progress = key_result._get_progress(key_result.current, expected)

    @api.depends(
        'objective_id.date_from',
        'objective_id.date_deadline',
        'direction',
        'kind',
        'expectation',
        'season_curve',
        'milestone_ids.date_deadline',
        'milestone_ids.weight',
    )
    def _compute_expected(self):
        now = fields.Datetime.now()
        for company, key_results in self.grouped('company_id').items():
            today = (company or self.env.company)._growth_day(now)
            for key_result in key_results:
                key_result.expected = key_result._get_expected(today)

    @api.depends(
        'source',
        'current_date',
        'progress',
        'expected',
        'direction',
        'objective_id.kind',
        'objective_id.state',
        'company_id.growth_okr_good',
        'company_id.growth_okr_error',
        'company_id.growth_okr_too_low',
    )
    def _compute_pace(self):
        for key_result in self:
            objective = key_result.objective_id
            # What was never measured has no speed.
            is_known = key_result.source != 'measure' or key_result.current_date
            key_result.pace = (objective.state == 'running' and is_known) and okr.pace(
                key_result.progress,
                key_result.expected,
                objective.kind,
                is_level=key_result.direction == 'range',
                **key_result.company_id._growth_okr_thresholds(),
            )

    @api.depends('state', 'last_check_in_date', 'running_date', 'date_from')
    def _compute_is_stale(self):
        for company, key_results in self.grouped('company_id').items():
            first_day = company and company._growth_okr_fresh_since()
            for key_result in key_results:
                # Nobody can check in before the cycle begins, though it may run already.
                since = max(
                    filter(
                        None,
                        (
                            key_result.last_check_in_date,
                            key_result.running_date,
                            key_result.date_from,
                        ),
                    ),
                    default=False,
                )
                key_result.is_stale = bool(
                    key_result.state == 'running' and since and since < first_day
                )

    def _search_is_stale(self, operator, value):
        if operator != 'in':
            return NotImplemented
        stale = Domain.OR(
            Domain('company_id', '=', company.id)
            & Domain('running_date', '<', first_day)
            & Domain('date_from', '<', first_day)
            & (
                Domain('last_check_in_date', '=', False)
                | Domain('last_check_in_date', '<', first_day)
            )
            for company in self.env.companies
            for first_day in [company._growth_okr_fresh_since()]
        ) & Domain('state', '=', 'running')
        return stale if True in value else ~stale

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('kind', 'direction', 'baseline', 'target', 'range_min', 'range_max')
    def _check_ends(self):
        for key_result in self:
            low_high = float_compare(
                key_result.range_max, key_result.range_min, precision_digits=DIGITS
            )
            way = float_compare(key_result.target, key_result.baseline, precision_digits=DIGITS)
            if key_result.kind in COUNTED_KINDS:
                key_result._check_counted()
                continue
            if key_result.direction == 'range':
                if low_high <= 0:
                    raise ValidationError(
                        self.env._("%s: the range must end above where it begins.", key_result.name)
                    )
            elif not way:
                raise ValidationError(
                    self.env._(
                        "%(key_result)s: the target is the baseline (%(value)s), there would be "
                        "nothing to reach.",
                        key_result=key_result.name,
                        value=key_result._format_value(key_result.target),
                    )
                )
            elif (way > 0) != (key_result.direction == 'increase'):
                raise ValidationError(
                    self.env._(
                        "%(key_result)s goes from %(baseline)s to %(target)s, which is not the "
                        "direction that it names.",
                        key_result=key_result.name,
                        baseline=key_result._format_value(key_result.baseline),
                        target=key_result._format_value(key_result.target),
                    )
                )

    @api.constrains('baseline', 'target', 'range_min', 'range_max')
    def _check_size(self):
        for key_result in self:
            for fname in ('baseline', 'target', 'range_min', 'range_max'):
                if not abs(key_result[fname]) <= MOST:
                    raise ValidationError(
                        self.env._(
                            "%(key_result)s: “%(field)s” is too large a number, at most %(most)s "
                            "can be told.",
                            key_result=key_result.name,
                            field=key_result._fields[fname]._description_string(self.env),
                            most=formatLang(self.env, MOST, digits=0),
                        )
                    )

    def _check_counted(self):
        is_odd = self.kind == 'yes_no' and (self.baseline, self.target) != (0, 1)
        if is_odd or self.direction != 'increase':
            raise ValidationError(
                self.env._(
                    "%s is counted by steps, which has no ends and no direction of its own.",
                    self.name,
                )
            )

    @api.constrains('source', 'measure_id', 'scope', 'team_id', 'kind', 'expectation')
    def _check_binding(self):
        for key_result in self:
            if key_result.source == 'measure':
                key_result._check_measure()
            if key_result.expectation == 'season' and not key_result._can_follow_season():
                raise ValidationError(
                    self.env._(
                        "%s cannot be expected to grow like last year: that takes a measure that "
                        "adds up over dates.",
                        key_result.name,
                    )
                )

    def _check_measure(self):
        if not self.measure_id:
            raise ValidationError(
                self.env._("%s: choose the measure that it is fed by.", self.name)
            )
        if self.kind in COUNTED_KINDS:
            raise ValidationError(
                self.env._("%s: what is counted by steps cannot be fed by a measure.", self.name)
            )
        if not self.scope:
            raise ValidationError(self.env._("%s: choose whose figures count.", self.name))
        if self.scope == 'user' and not self.measure_id.user_field:
            raise ValidationError(
                self.env._(
                    "%(key_result)s: “%(measure)s” does not tell whose rows they are, it cannot "
                    "be read for a person.",
                    key_result=self.name,
                    measure=self.measure_id.name,
                )
            )
        if self.scope == 'team':
            if not self.measure_id.team_field:
                raise ValidationError(
                    self.env._(
                        "%(key_result)s: “%(measure)s” does not tell which team its rows belong "
                        "to.",
                        key_result=self.name,
                        measure=self.measure_id.name,
                    )
                )
            if not self.team_id:
                raise ValidationError(self.env._("%s: choose the sales team.", self.name))

    @api.constrains('owner_id', 'company_id')
    def _check_owner(self):
        for company, key_results in self.grouped('company_id').items():
            owners = key_results.owner_id
            if others := owners - owners._growth_filtered_sellers(company):
                raise ValidationError(
                    self.env._(
                        "%(users)s could not open the key result: who is responsible must be "
                        "somebody who sells for %(company)s.",
                        users=", ".join(others.sudo().mapped('name')),
                        company=company.name,
                    )
                )

    @api.onchange('baseline', 'target')
    def _onchange_ends(self):
        """Whoever types from where to where has told the direction."""
        way = float_compare(self.target, self.baseline, precision_digits=DIGITS)
        if way and self.direction != 'range':
            self.direction = 'increase' if way > 0 else 'decrease'

    @api.onchange('measure_id')
    def _onchange_measure_id(self):
        if self.measure_id and self.direction != 'range':
            self.direction = 'decrease' if self.measure_id.lower_is_better else 'increase'

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked(self):
        if self.env.su:
            return
        self.objective_id._check_text_open()
        if told := self.filtered('check_in_ids'):
            raise UserError(
                self.env._(
                    "These have check-ins, and their history is kept: %s.",
                    ", ".join(told.mapped('name')),
                )
            )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._without_counted_ends(vals) for vals in vals_list]
        if self.env.su:
            return super().create(vals_list)
        for vals in vals_list:
            self._check_writable(vals.keys())
        key_results = keep_defaults(self, TEXT_FIELDS | LOOSE_FIELDS)
        key_results = super(GrowthOkrKeyResult, key_results).create(vals_list).with_env(self.env)
        key_results.objective_id._check_text_open()
        key_results._check_rights_lent()
        return key_results

    def write(self, vals):
        vals = self._without_counted_ends(vals)
        if not self.env.su:
            self._check_writable(vals.keys())
            if TEXT_FIELDS & vals.keys():
                self.objective_id._check_text_open()
        former = self.env['growth.okr.objective']
        if 'objective_id' in vals:
            former = self.objective_id
        result = super().write(vals)
        if not self.env.su and 'objective_id' in vals:
            self.objective_id.check_access('write')
            self.objective_id._check_text_open()
        if not self.env.su and vals.keys() & LENDING_FIELDS:
            self._check_rights_lent()
        if vals.keys() & {'owner_id', 'objective_id'}:
            (former | self.objective_id)._forget_strangers()
        return result

    def unlink(self):
        # The database would leave what hangs on the initiatives: messages, activities, files.
        self.check_access('unlink')
        self.sudo().initiative_ids.unlink()
        former = self.objective_id
        result = super().unlink()
        former._forget_strangers()
        return result

    def _check_rights_lent(self):
        """A measure is read with the rights of who is responsible: nobody reads by it what is not
        for them to see. Who sees all documents may name those who see no more.

        :raise AccessError: when somebody would read with the rights of somebody else
        """
        level = _get_rights_level(self.env.user)
        for key_result in self.filtered(lambda each: each.source == 'measure'):
            owner = key_result.owner_id
            model = key_result.measure_id.sudo().model
            if owner == self.env.user or level == MANAGER:
                continue
            if (
                level < _get_rights_level(owner)
                or level == OWN_DOCUMENTS
                or not (model in self.env and self.env[model].has_access('read'))
            ):
                raise AccessError(
                    self.env._(
                        "%(key_result)s is measured by Odoo with the rights of %(owner)s, which "
                        "are not yours: ask a sales manager to name who is responsible.",
                        key_result=key_result.name,
                        owner=owner.name,
                    )
                )

    @api.model
    def _without_counted_ends(self, vals):
        """Values, without the ends of what is counted by steps: those are found.

        :rtype: dict
        """
        if vals.get('kind') not in COUNTED_KINDS:
            return vals
        return {fname: vals[fname] for fname in vals if fname not in ('baseline', 'target')}

    def _check_writable(self, fnames):
        """
        :raise AccessError: for fields that come from check-ins and the job
        """
        if closed := set(fnames) - TEXT_FIELDS - LOOSE_FIELDS - self._get_thread_fields():
            raise AccessError(
                self.env._(
                    "Where a key result stands comes from its check-ins, these cannot be written: "
                    "%s.",
                    ", ".join(sorted(closed)),
                )
            )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_check_in(self):
        """Ask where it stands."""
        self.ensure_one()
        self._check_running()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_okr_check_in_action_new'
        )
        return {**action, 'context': {'default_key_result_id': self.id}}

    def action_view_records(self):
        """Open what the value was measured from, as far as the user may see it."""
        self.ensure_one()
        if self.source != 'measure' or not self.measure_id:
            raise UserError(
                self.env._(
                    "%s takes its value from check-ins: there are no records behind it.", self.name
                )
            )
        request = self._get_measure_request()
        return self.measure_id._get_request_action(request)

    def action_view_check_ins(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_okr_check_in_action'
        )
        # A day on which nobody checked in is no day on which nothing was reached.
        return {
            **action,
            'domain': [('key_result_id', '=', self.id)],
            'context': {'fill_temporal': False},
        }

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _check_running(self):
        """
        :raise UserError: when the objective does not run
        """
        if others := self.filtered(lambda each: each.state != 'running'):
            raise UserError(
                self.env._(
                    "There are check-ins for what runs alone, and these do not: %s.",
                    ", ".join(others.mapped('name')),
                )
            )

    def _get_progress(self, value, expected, day=None):
        """Share of the way that a value stands for.

        :param float value: of the key result
        :param float expected: share of the way that should be done by then, for what adds up over
            the cycle: as much of the baseline comes without any progress
        :param date day: of the value, when it is not the present one: of milestones, which were
            done by then
        :rtype: float
        """
        self.ensure_one()
        if self.kind == 'milestones':
            done = self._get_done_milestones(day)
            total = sum(self.milestone_ids.mapped('weight'))
            return sum(done.mapped('weight')) / total if total else 0.0
        if self.direction == 'range':
            if self.range_max <= self.range_min:
                return 0.0
            return okr.range_progress(value, self.baseline, self.range_min, self.range_max)
        if not float_compare(self.target, self.baseline, precision_digits=DIGITS):
            # Being typed: the constraint says so when it is saved.
            return 0.0
        passed = expected if self.adds_up else 1.0
        return okr.progress(value, self.baseline, self.target, passed)

    def _get_done_milestones(self, day=None):
        """
        :param date day: at the end of which they were done; by now when omitted
        :rtype: growth.okr.milestone
        """
        return self.milestone_ids.filtered(
            lambda each: each.is_done and not (day and each.done_date > day)
        )

    def _get_last_day(self):
        """The day for which the value stands of what adds up, when that is not today: of the
        verdict, or before the measure broke.

        :rtype: date | bool
        """
        self.ensure_one()
        last_measured = self.error and self.measured_at and self.measured_at.date()
        days = filter(None, (self.objective_id.closed_date, last_measured))
        return min(days, default=False)

    def _is_reached(self):
        """Whether no day to come can take it back. What adds up may be ahead of the baseline so
        far, and still have to come to its target.

        :rtype: bool
        """
        self.ensure_one()
        today = self.company_id._growth_day(fields.Datetime.now())
        if self.adds_up and today <= self.date_deadline:
            return self.direction == 'increase' and (
                float_compare(self.current, self.target, precision_digits=DIGITS) >= 0
            )
        return float_compare(self.progress, 1.0, precision_digits=DIGITS) >= 0

    def _is_found(self):
        """Whether Odoo counts or measures where it stands, so that nobody says it.

        :rtype: bool
        """
        return self.source == 'measure' or self.kind == 'milestones'

    def _get_found_value(self, day):
        """What Odoo knew at the end of a day.

        :param date day: in the company's time zone
        :return: as long as nothing was known, that of the beginning
        :rtype: float
        """
        self.ensure_one()
        key_result = self._origin
        if key_result.kind == 'milestones':
            return float(len(key_result._get_done_milestones(day)))
        start = 0.0 if key_result.adds_up else key_result.baseline
        value, _progress = key_result._get_points(day).get(key_result.id, (start, None))
        return value

    def _get_expected(self, day):
        """Share of the way that should be done at the end of a day.

        :param date day: in the company's time zone
        :rtype: float
        """
        self.ensure_one()
        objective = self.objective_id
        start, deadline = objective.date_from, objective.date_deadline
        if not (start and deadline and start <= deadline):
            # Being typed, or a cycle that is being moved: the constraints say so.
            return 0.0
        if self.direction == 'range':
            # What is to be kept is to be kept all the time.
            return 1.0
        if self.kind == 'yes_no':
            return float(day >= deadline)
        # Milestones of which none has a day of its own are expected evenly, like a number.
        if self.kind == 'milestones' and any(self.milestone_ids.mapped('date_deadline')):
            return (
                okr.milestones_elapsed(
                    day,
                    [
                        # The objective may have been moved nearer than the milestone.
                        (each.date_deadline and min(each.date_deadline, deadline), each.weight)
                        for each in self.milestone_ids
                        if each.weight > 0
                    ],
                    deadline,
                )
                or 0.0
            )
        curve = self.season_curve if self.expectation == 'season' else None
        return okr.elapsed(day, start, deadline, curve=curve or None)

    def _can_follow_season(self):
        self.ensure_one()
        return bool(
            self.source == 'measure'
            and self.direction != 'range'
            and self.measure_id.date_field
            and self.measure_id.aggregation in ADDITIVE
        )

    def _format_value(self, value):
        """A value in words of its kind, in the user's language.

        :param float value:
        :rtype: str
        """
        self.ensure_one()
        if self.kind == 'money':
            return format_amount(self.env, value, self.currency_id or self.env.company.currency_id)
        if self.kind == 'percentage':
            return self.env._("%s %%", formatLang(self.env, value * 100, digits=1))
        if self.kind == 'yes_no':
            return self.env._("Yes") if value else self.env._("No")
        digits = 0 if float(value).is_integer() else 2
        number = formatLang(self.env, value, digits=digits)
        if self.kind == 'milestones':
            return number
        return f"{number} {self.unit}" if self.unit else number

    def _get_last_points(self):
        """The last known value of each key result. Of what is measured nobody says a value: the one
        in a check-in is that of the moment, and is measured anew the same day.

        :return: value and day by id
        :rtype: dict[int, tuple[float, date]]
        """
        measured = self._origin.filtered(lambda each: each.source == 'measure')
        rows = self._read_last(
            SQL("value, date"),
            SQL("(is_automatic OR NOT key_result_id = ANY(%s))", measured.ids),
        )
        return {key_result_id: (value, day) for key_result_id, value, day in rows}

    def _get_last_check_ins(self):
        """What people said last about each key result.

        :return: confidence, blocker and day by id
        :rtype: dict[int, tuple[int, str | None, date]]
        """
        rows = self._read_last(SQL("confidence, blocker, date"), SQL("is_automatic IS NOT TRUE"))
        return {key_result_id: tuple(row) for key_result_id, *row in rows}

    def _read_last(self, columns, condition):
        ids = [each for each in self._origin.ids if each]
        if not ids:
            return []
        self.env['growth.okr.check.in'].flush_model(
            ['key_result_id', 'date', 'value', 'confidence', 'blocker', 'is_automatic']
        )
        return self.env.execute_query(
            SQL(
                """
                  SELECT DISTINCT ON (key_result_id) key_result_id, %s
                    FROM growth_okr_check_in
                   WHERE key_result_id = ANY(%s)
                     AND %s
                ORDER BY key_result_id, date DESC, id DESC
                """,
                columns,
                ids,
                condition,
            )
        )
