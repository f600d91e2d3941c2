from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ..analysis import okr
from .growth_okr_measure import BINDING_FIELDS

# The curve of who has none: the same every day.
EVENLY = [1.0]
DIGITS = 6


class GrowthOkrKeyResult(models.Model):
    """What is expected of key results that grow like last year: how the same measure grew in the
    same days then."""

    _inherit = 'growth.okr.key.result'

    # What was found of a binding is forgotten with it; the job finds it anew.
    season_curve = fields.Json(
        compute='_compute_season_curve', store=True, export_string_translation=False
    )
    error = fields.Text(
        string="Binding Error",
        compute='_compute_error',
        store=True,
        help="Why the value could not be measured the last time.",
    )
    season_note = fields.Char(string="Last Year", compute='_compute_season_note')

    @api.depends(
        'expectation',
        'source',
        'scope',
        'team_id',
        'owner_id',
        'objective_id.date_from',
        'objective_id.date_deadline',
        'measure_id',
        *(f'measure_id.{fname}' for fname in BINDING_FIELDS),
    )
    def _compute_season_curve(self):
        self.season_curve = False

    @api.depends(
        'source',
        'scope',
        'team_id',
        'owner_id',
        'measure_id',
        *(f'measure_id.{fname}' for fname in BINDING_FIELDS),
    )
    def _compute_error(self):
        self.error = False

    @api.depends('expectation', 'season_curve')
    @api.depends_context('lang')
    def _compute_season_note(self):
        for key_result in self:
            is_even = key_result.expectation == 'season' and key_result.season_curve == EVENLY
            key_result.season_note = is_even and self.env._(
                "The same days of last year tell nothing: it is expected to grow evenly."
            )

    def _learn_seasons(self):
        """Find how the measures grew last year, where that is wanted and not known yet.

        :return: by id, why last year cannot be read
        :rtype: dict[int, str]
        """
        waiting = self.filtered(lambda each: each.expectation == 'season' and not each.season_curve)
        answers = self.env['growth.okr.measure']._get_daily(
            [each._get_season_request() for each in waiting]
        )
        problems = {}
        for key_result in waiting:
            amounts, error = answers[key_result.id]
            if error:
                problems[key_result.id] = error
            else:
                curve = okr.season(amounts) or EVENLY
                key_result.season_curve = [round(share, DIGITS) for share in curve]
        return problems

    def _get_season_request(self):
        """
        :rtype: MeasureRequest
        """
        year = relativedelta(years=1)
        return self._get_measure_request(self.date_deadline)._replace(
            date_from=self.date_from - year, date_to=self.date_deadline - year
        )
