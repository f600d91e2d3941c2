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
    season_curve = fields.Json(compute='_compute_season_curve', store=True)
    error = fields.Text(compute='_compute_error', store=True)

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

    def _learn_seasons(self):
        """Find how the measures grew last year, where that is wanted and not known yet.

        :return: by id, why key results are expected to grow evenly nevertheless
        :rtype: dict[int, str]
        """
        seasonal = self.filtered(lambda each: each.expectation == 'season')
        waiting = seasonal.filtered(lambda each: not each.season_curve)
        requests = [each._get_season_request() for each in waiting]
        problems = {}
        for key, answer in self.env['growth.okr.measure']._get_daily(requests).items():
            if answer.error:
                problems[key] = answer.error
            else:
                curve = okr.season(answer.value) or EVENLY
                self.browse(key).season_curve = [round(share, DIGITS) for share in curve]
        for key_result in seasonal:
            if key_result.season_curve == EVENLY:
                problems[key_result.id] = self.env._(
                    "The same days of last year tell nothing: it is expected to grow evenly."
                )
        return problems

    def _get_season_request(self):
        """
        :rtype: MeasureRequest
        """
        year = relativedelta(years=1)
        return self._get_measure_request(self.date_deadline)._replace(
            date_from=self.date_from - year, date_to=self.date_deadline - year
        )
