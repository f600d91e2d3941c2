from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import date_utils
from odoo.tools.misc import format_date

from .growth_okr_defaults import keep_defaults
from .growth_okr_objective import COUNTED_STATES

PERIODS = [
    ('year', "Year"),
    ('quarter', "Quarter"),
    ('month', "Month"),
]
MONTHS = {'year': 12, 'quarter': 3, 'month': 1}
STATES = [
    ('draft', "Planning"),
    ('running', "Running"),
    ('review', "In Review"),
    ('closed', "Closed"),
]
# What people write; the state changes by the buttons.
EDITABLE = {'name', 'period', 'date_from', 'date_to', 'description'}
DATE_FIELDS = {'period', 'date_from', 'date_to'}


class GrowthOkrCycle(models.Model):
    """A period for which objectives are set: planned, run, reviewed and closed."""

    _name = 'growth.okr.cycle'
    _description = "OKR Cycle"
    _inherit = ['growth.button.mixin', 'mail.thread']
    _order = 'date_from desc, date_to, id desc'

    company_id = fields.Many2one(
        comodel_name='res.company',
        required=True,
        index=True,
        ondelete='cascade',
        default=lambda self: self.env.company,
    )
    name = fields.Char(
        required=True, compute='_compute_name', store=True, readonly=False, precompute=True
    )
    period = fields.Selection(selection=PERIODS, required=True, default='quarter')
    date_from = fields.Date(
        string="Begins On", required=True, default=lambda self: self._default_date_from()
    )
    date_to = fields.Date(
        string="Ends On",
        required=True,
        compute='_compute_date_to',
        store=True,
        readonly=False,
        precompute=True,
    )
    state = fields.Selection(
        selection=STATES,
        string="Status",
        required=True,
        readonly=True,
        default='draft',
        copy=False,
        tracking=True,
        group_expand=True,
    )
    description = fields.Html(string="What This Cycle Is About")
    previous_id = fields.Many2one(
        comodel_name='growth.okr.cycle',
        string="Cycle Before",
        readonly=True,
        index='btree_not_null',
        ondelete='set null',
        copy=False,
    )
    objective_ids = fields.One2many(
        comodel_name='growth.okr.objective', inverse_name='cycle_id', string="Objectives"
    )
    objective_count = fields.Integer(string="Number of Objectives", compute='_compute_objectives')
    open_count = fields.Integer(
        string="Without Verdict",
        compute='_compute_objectives',
        help="Objectives that run and wait for their verdict.",
    )
    progress = fields.Float(
        compute='_compute_objectives',
        help="Weighted average of the cycle's objectives that stand below no other of it "
        "that counts.",
    )

    _check_dates = models.Constraint(
        'CHECK (date_to >= date_from)', "A cycle cannot end before it begins."
    )
    _check_unique = models.Constraint(
        'UNIQUE (company_id, date_from, date_to)',
        "The company has a cycle with the same first and last day already: plan in that one.",
    )

    # ------------------------------------------------------------
    # DEFAULTS
    # ------------------------------------------------------------

    @api.model
    def _default_date_from(self):
        company = self.env.company
        this_quarter = date_utils.start_of(company._growth_day(fields.Datetime.now()), 'quarter')
        last_day = self._get_last_day(company, 'quarter')
        if last_day and last_day >= this_quarter:
            return last_day + timedelta(days=1)
        return this_quarter

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('period', 'date_from')
    def _compute_name(self):
        for cycle in self:
            if cycle.date_from and cycle.period:
                cycle.name = cycle._get_days_name()

    @api.depends('period', 'date_from')
    def _compute_date_to(self):
        for cycle in self:
            if cycle.date_from and cycle.period:
                cycle.date_to = cycle.date_from + relativedelta(
                    months=MONTHS[cycle.period], days=-1
                )

    @api.depends(
        'objective_ids.state',
        'objective_ids.progress',
        'objective_ids.weight',
        'objective_ids.parent_id',
    )
    def _compute_objectives(self):
        counts = dict.fromkeys(self.ids, (0, 0))
        for cycle, state, count in self.env['growth.okr.objective']._read_group(
            [('cycle_id', 'in', self.ids)], ['cycle_id', 'state'], ['__count']
        ):
            total, running = counts[cycle.id]
            counts[cycle.id] = (total + count, running + count * (state == 'running'))
        for cycle in self:
            cycle.objective_count, cycle.open_count = counts.get(cycle._origin.id, (0, 0))
            cycle.progress = cycle._get_top_objectives()._get_total() or 0.0

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('date_from', 'date_to')
    def _check_days(self):
        for cycle in self:
            if not all(
                day and 1990 <= day.year <= 2110 for day in (cycle.date_from, cycle.date_to)
            ):
                raise ValidationError(
                    self.env._("%s: these dates cannot be right.", cycle.display_name)
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if used := self.filtered('objective_ids'):
            raise UserError(
                self.env._(
                    "These cycles have objectives, which would be lost: %s.",
                    ", ".join(used.mapped('name')),
                )
            )

    @api.onchange('period')
    def _onchange_period(self):
        if self.period and self.date_from:
            self.date_from = date_utils.start_of(self.date_from, self.period)

    @api.onchange('date_to')
    def _onchange_date_to(self):
        """A name that tells the days follows them; one that somebody gave stays."""
        if not (self.name and self.date_from and self.date_to and self.period):
            return
        day = format_date(self.env, self.date_from, date_format='medium')
        if self.name == self._get_period_name() or self.name.startswith(f"{day} –"):
            self.name = self._get_days_name()

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get('state', 'draft') != 'draft' for vals in vals_list):
            raise AccessError(self.env._("A new cycle is planned first."))
        cycles = keep_defaults(self, EDITABLE | {'company_id'})
        return super(GrowthOkrCycle, cycles).create(vals_list).with_env(self.env)

    def write(self, vals):
        if not self.env.su:
            closed = vals.keys() - EDITABLE - self._get_thread_fields()
            if closed:
                raise AccessError(
                    self.env._(
                        "A cycle changes by its buttons, these cannot be written: %s.",
                        ", ".join(sorted(closed)),
                    )
                )
            if vals.keys() & DATE_FIELDS:
                self._check_state('draft', 'running')
        result = super().write(vals)
        if vals.keys() & DATE_FIELDS:
            self._fit_objectives()
        return result

    def copy_data(self, default=None):
        default = dict(default or {})
        vals_list = super().copy_data(default)
        last_days = {}
        for cycle, vals in zip(self, vals_list, strict=True):
            # A copy is the period after the last one.
            for fname in {'name', 'date_from', 'date_to'} - default.keys():
                vals.pop(fname, None)
            if 'date_from' not in default:
                key = (cycle.company_id, vals['period'])
                last_day = last_days.get(key) or self._get_last_day(*key) or cycle.date_to
                vals['date_from'] = last_day + timedelta(days=1)
                last_days[key] = self.new(
                    {'period': vals['period'], 'date_from': vals['date_from']}
                ).date_to
        return vals_list

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_start(self):
        """Let the cycle run, and with it the objectives that were accepted for it."""
        self._take('draft')
        cycles = self._as_system()
        cycles.state = 'running'
        cycles.objective_ids.filtered(lambda each: each.state == 'accepted')._run()
        return True

    def action_review(self):
        """The period is over: every objective that runs waits for its verdict."""
        self._take('running')
        self._as_system().state = 'review'
        return True

    def action_close(self):
        """Close a cycle of which every objective was judged or settled."""
        self._take('review')
        cycles = self._as_system()
        waiting = cycles.objective_ids.filtered(
            lambda each: each.state not in ('closed', 'declined', 'cancelled')
        )
        if waiting:
            raise UserError(
                self.env._(
                    "These objectives have no verdict yet: %(objectives)s. Judge them, or decline "
                    "or give up what never ran, then close the cycle.",
                    # Private ones are somebody else's: that they are open is no secret, their
                    # names are.
                    objectives=waiting._get_names_for(self.env.user),
                )
            )
        cycles.state = 'closed'
        return True

    def action_reopen(self):
        """Take a step back: from the closed cycle to its review, from the review to the run."""
        self._take('review', 'closed')
        for cycle in self._as_system():
            cycle.state = 'review' if cycle.state == 'closed' else 'running'
        return True

    def action_view_objectives(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_okr_objective_action'
        )
        return {
            **action,
            'domain': [('cycle_id', '=', self.id)],
            'context': {'default_cycle_id': self.id},
        }

    def action_next(self):
        """Ask what the next cycle is to take over."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_okr_next_cycle_action'
        )
        return {**action, 'context': {'default_cycle_id': self.id}}

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _fit_objectives(self):
        """Let objectives fit into cycles that were moved: who had time until after the new end has
        it until the end. Texts may be locked, so nobody else could say so.

        :raise ValidationError: when one would be over before its cycle begins, or when cycles do
            not lie within those of the objectives above any more
        """
        for cycle in self._as_system():
            end = cycle.date_to
            cycle.objective_ids.filtered(
                lambda each, end=end: each.date_deadline > end
            ).date_deadline = end
        self.objective_ids._check_place()

    @api.model
    def _get_last_day(self, company, period):
        """Until when cycles of a length are planned.

        :param res.company company:
        :param str period:
        :rtype: date | None
        """
        domain = Domain('company_id', '=', company.id) & Domain('period', '=', period)
        return self.search(domain, order='date_to desc', limit=1).date_to or None

    def _get_period_name(self):
        """What the month, quarter or year is called in which the cycle begins.

        :rtype: str
        """
        self.ensure_one()
        formats = {
            'year': "yyyy",
            'quarter': self.env._("'Q'Q yyyy"),
            'month': "LLLL yyyy",
        }
        name = format_date(self.env, self.date_from, date_format=formats[self.period])
        return name[:1].upper() + name[1:]

    def _get_days_name(self):
        """The name of the period, or the days of what is none of the calendar.

        :rtype: str
        """
        self.ensure_one()
        day, last_day = self.date_from, self.date_to
        whole = (
            date_utils.start_of(day, self.period),
            date_utils.end_of(day, self.period),
        )
        if (day, last_day or whole[1]) == whole:
            return self._get_period_name()
        first, last = (
            format_date(self.env, each, date_format='medium') for each in (day, last_day)
        )
        return f"{first} – {last}"

    def _get_top_objectives(self, objectives=None):
        """The objectives that make the figures of the cycles: those below no other one of the same
        cycle that counts. What is only proposed or given up hides nothing that stands below it.

        :param growth.okr.objective objectives: of which to choose, all of the cycles when omitted
        :rtype: growth.okr.objective
        """

        def is_top(objective):
            # What stands above may be closed to who sees what is below.
            objective = objective.sudo()
            above = objective.parent_id
            return above.cycle_id != objective.cycle_id or above.state not in COUNTED_STATES

        return (self.objective_ids if objectives is None else objectives).filtered(is_top)

    def _contains(self, other):
        """Whether another cycle lies within this one.

        :param growth.okr.cycle other:
        :rtype: bool
        """
        self.ensure_one()
        return (
            self.company_id == other.company_id
            and self.date_from <= other.date_from
            and other.date_to <= self.date_to
        )

    @api.model
    def _get_current(self, company, day):
        """The shortest cycle of a company in which a day lies, else the next one to come; of those
        that take objectives.

        :param res.company company:
        :param date day:
        :rtype: growth.okr.cycle
        """
        cycles = self.search(
            Domain('company_id', '=', company.id)
            & Domain('date_to', '>=', day)
            & Domain('state', 'in', ('draft', 'running'))
        )
        return cycles.sorted(
            lambda cycle: (
                cycle.date_from > day,
                cycle.date_from if cycle.date_from > day else day,
                cycle.date_to - cycle.date_from,
            )
        )[:1]
