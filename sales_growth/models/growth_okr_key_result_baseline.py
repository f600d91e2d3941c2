from datetime import timedelta
from math import isfinite

from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import float_compare

from .growth_okr_key_result import DIGITS
from .growth_okr_objective import OPEN_STATES


class GrowthOkrKeyResult(models.Model):
    """The baseline of what Odoo feeds, as Odoo knows it: nobody has to guess where it stands."""

    _inherit = 'growth.okr.key.result'

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_take_baseline(self):
        """Begin where the measure stands, while the text is open: what adds up, at what it came to
        before the cycle; everything else, at its present value."""
        self._take(*OPEN_STATES)
        if others := self.filtered(lambda each: each.source != 'measure' or not each.measure_id):
            raise UserError(
                self.env._(
                    "Only what is fed by a measure can begin where Odoo says: %s.",
                    ", ".join(others.mapped('name')),
                )
            )
        key_results = self._as_system()
        requests = [each._get_baseline_request() for each in key_results]
        answers = key_results.env['growth.okr.measure']._get_values(requests)
        for key_result in self:
            key_result.baseline = key_result._check_baseline(*answers[key_result.id])
        return True

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _get_baseline_request(self):
        """What is asked of the measure: the figures of as many days as the key result has, with the
        rights of who is responsible. What adds up is told of the days just before the cycle, or the
        last ones that are over, where it is planned before; the others of those up to today.

        :rtype: MeasureRequest
        """
        self.ensure_one()
        today = self._today(self.company_id)
        # The first day that does not count.
        end = min(self.date_from, today) if self.adds_up else today + timedelta(days=1)
        if self.measure_id.only_finished:
            end = min(end, today.replace(day=1))
        return self._get_measure_request()._replace(
            date_from=end - self._get_length(), date_to=end - timedelta(days=1)
        )

    def _get_length(self):
        """How long the period is: in months where it is made of whole ones, as before a quarter
        there is a quarter, however many days it has.

        :rtype: relativedelta
        """
        first, after = self.date_from, self.date_deadline + timedelta(days=1)
        if first.day == after.day:
            length = relativedelta(after, first)
            return relativedelta(months=12 * length.years + length.months)
        return relativedelta(days=(after - first).days)

    def _check_baseline(self, value, error):
        """
        :param float | None value: that was measured
        :param str | None error: why it could not be
        :raise UserError: when there is none, or the key result could not begin there
        :return: the value to begin at
        :rtype: float
        """
        self.ensure_one()
        if error:
            raise UserError(error)
        if value is None:
            raise UserError(
                self.env._(
                    "%(key_result)s: there is nothing to measure yet by “%(measure)s”, say "
                    "yourself where it stands.",
                    key_result=self.name,
                    measure=self.measure_id.name,
                )
            )
        if not isfinite(value):
            raise UserError(self.env._("What was measured is no number."))
        value = round(value, DIGITS)
        way = float_compare(self.target, value, precision_digits=DIGITS)
        wanted = {'increase': 1, 'decrease': -1}.get(self.direction, way)
        if way != wanted:
            raise UserError(
                self.env._(
                    "%(key_result)s stands at %(value)s, so the target of %(target)s would leave "
                    "nothing to reach. Aim further first, or change the direction.",
                    key_result=self.name,
                    value=self._format_value(value),
                    target=self._format_value(self.target),
                )
            )
        return value
