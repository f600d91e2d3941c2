from odoo import api, fields, models
from odoo.tools import SQL

from ..models.growth_okr_objective import CAUSES, KINDS, LEVELS, VERDICTS

# Known of planning errors alone, or what the rate is of: there is nothing to have a share of.
ERROR_FIELDS = {'cause', 'verdict'}
RATE = 'error_rate'


class GrowthOkrVerdictReport(models.Model):
    """What became of objectives: a row for each one that was judged.

    Whose planning it was is who proposed the objective, whoever is responsible for it now. The rate
    of planning errors is out of the objectives that were judged, whose number stands beside: one of
    one is 100 % and says little. A cause is known of planning errors alone, so by cause there are
    numbers and no rates. The report shows the active companies.
    """

    _name = 'growth.okr.verdict.report'
    _inherit = ['growth.rate.mixin']
    _description = "Planning Errors"
    _auto = False
    _order = 'closed_date desc, id desc'
    _rec_name = 'objective_id'

    objective_id = fields.Many2one(
        comodel_name='growth.okr.objective', string="Objective", readonly=True
    )
    cycle_id = fields.Many2one(comodel_name='growth.okr.cycle', string="Cycle", readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    author_id = fields.Many2one(
        comodel_name='res.users',
        string="Proposed By",
        readonly=True,
        help="Whose planning it was.",
    )
    owner_id = fields.Many2one(comodel_name='res.users', string="Responsible", readonly=True)
    leader_id = fields.Many2one(comodel_name='res.users', string="Decided By", readonly=True)
    team_id = fields.Many2one(comodel_name='crm.team', string="Sales Team", readonly=True)
    level = fields.Selection(selection=LEVELS, readonly=True)
    kind = fields.Selection(selection=KINDS, readonly=True)
    verdict = fields.Selection(
        selection=VERDICTS,
        readonly=True,
    )
    cause = fields.Selection(
        selection=CAUSES,
        string="Cause of the Error",
        readonly=True,
    )
    lesson = fields.Text(readonly=True)
    closed_date = fields.Date(string="Judged On", readonly=True)

    # Measures
    judged = fields.Integer(string="Objectives Judged", readonly=True)
    errors = fields.Integer(string="Planning Errors", readonly=True)
    error_rate = fields.Float(
        string="Planning Errors (%)",
        compute='_compute_rates',
        aggregator='avg',
        help="Planning errors out of the objectives that were judged; by cause or verdict there is "
        "no rate.",
    )
    reached = fields.Float(readonly=True, aggregator=None, export_string_translation=False)
    final_progress = fields.Float(
        compute='_compute_rates',
        aggregator='avg',
        help="Reached in the end, on average over the objectives.",
    )

    _growth_rates = {
        RATE: (('errors',), ('judged',)),
        'final_progress': (('reached',), ('judged',)),
    }

    _depends = {
        'growth.okr.objective': [
            'author_id',
            'cause',
            'closed_date',
            'company_id',
            'cycle_id',
            'final_progress',
            'kind',
            'leader_id',
            'lesson',
            'level',
            'owner_id',
            'state',
            'team_id',
            'verdict',
        ],
    }

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('errors', 'judged', 'reached')
    def _compute_rates(self):
        return super()._compute_rates()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.readonly
    def action_open_objective(self):
        self.ensure_one()
        self.check_access('read')
        return self.objective_id.get_formview_action()

    # ------------------------------------------------------------
    # TABLE
    # ------------------------------------------------------------

    @property
    def _table_query(self) -> SQL:
        return SQL(
            """
            SELECT id, id AS objective_id, cycle_id, company_id, author_id, owner_id, leader_id,
                   team_id, level, kind, verdict, cause, lesson, closed_date,
                   1 AS judged,
                   (verdict = 'planning_error')::int4 AS errors,
                   COALESCE(final_progress, 0)::float8 AS reached
              FROM growth_okr_objective
             WHERE state = 'closed' AND verdict IS NOT NULL AND company_id = ANY(%s)
            """,
            self.env.companies.ids,
        )

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    @api.model
    def _read_group(
        self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None
    ):
        groups = super()._read_group(domain, groupby, aggregates, having, offset, limit, order)
        return self._hide_rate(groups, groupby, aggregates)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        sets = super()._read_grouping_sets(domain, grouping_sets, aggregates, order)
        return [
            self._hide_rate(groups, groupby, aggregates)
            for groups, groupby in zip(sets, grouping_sets, strict=True)
        ]

    @api.model
    def _hide_rate(self, groups, groupby, aggregates):
        """Groups without the rate that they cannot have: see `ERROR_FIELDS`."""
        specs = [f'{spec}:'.partition(':')[0] for spec in (*groupby, *aggregates)]
        hidden = [
            position
            for position, fname in enumerate(specs)
            if fname == RATE and position >= len(groupby)
        ]
        if not hidden or not ERROR_FIELDS.intersection(specs[: len(groupby)]):
            return groups
        return [
            tuple(False if position in hidden else value for position, value in enumerate(group))
            for group in groups
        ]
