from datetime import timedelta

from odoo import api, fields, models

from .growth_okr_key_result import COUNTED_KINDS

# A line of more points looks the same.
MOST_POINTS = 100
# Parts in which the curve of last year is drawn
CURVE_PARTS = 40


class GrowthOkrKeyResult(models.Model):
    """How far key results came day by day, beside how far they should have come."""

    _inherit = 'growth.okr.key.result'

    chart = fields.Json(compute='_compute_chart', export_string_translation=False)

    @api.depends(
        'progress',
        'expected',
        'date_from',
        'date_deadline',
        'check_in_ids.progress',
        'milestone_ids.done_date',
    )
    @api.depends_context('lang')
    def _compute_chart(self):
        """`today` and two lines, in order of their days, which are ISO dates: `points` (`day`,
        `value` in words, `progress` and `expected` as fractions, `is_told` by people), and
        `expected` up to the deadline (`day`, `share` as a fraction). `is_stepped`: between two days
        the progress of the first one holds; `is_expected_stepped`: so does what is expected.
        """
        check_ins = self._get_check_ins_by_day()
        now = fields.Datetime.now()
        for key_result in self:
            if not (key_result.date_from and key_result.date_deadline):
                key_result.chart = False
                continue
            company = key_result.company_id or self.env.company
            today = company._growth_day(now)
            own = check_ins.get(key_result._origin.id, [])
            points = (
                key_result._get_milestone_points(own, today)
                if key_result.kind == 'milestones'
                else key_result._get_chart_points(own)
            )
            key_result.chart = {
                'today': today.isoformat(),
                'is_stepped': key_result.kind in COUNTED_KINDS,
                'is_expected_stepped': key_result._is_expected_by_steps(),
                'points': points,
                'expected': [
                    {'day': day.isoformat(), 'share': key_result._get_expected(day)}
                    for day in key_result._get_expected_days()
                ],
            }

    def _get_check_ins_by_day(self):
        """The last check-in of each day, by key result.

        :rtype: dict[int, list[growth.okr.check.in]]
        """
        check_ins = self.env['growth.okr.check.in'].search_fetch(
            [('key_result_id', 'in', self._origin.ids)],
            ['key_result_id', 'date', 'value', 'progress', 'expected', 'is_automatic'],
            order='date, id',
        )
        return {
            key_result.id: list({each.date: each for each in group}.values())
            for key_result, group in check_ins.grouped('key_result_id').items()
        }

    def _get_chart_points(self, check_ins):
        """Where it stood: before it began, and at its check-ins.

        :param list[growth.okr.check.in] check_ins: in order, at most one a day
        :rtype: list[dict]
        """
        points = [
            self._prepare_point(each.date, each.value, each.progress, is_told=not each.is_automatic)
            for each in _thin(check_ins)
        ]
        before = self.date_from - timedelta(days=1)
        if not check_ins or check_ins[0].date > before:
            points.insert(
                0, self._prepare_point(before, 0.0 if self.adds_up else self.baseline, 0.0)
            )
        return points

    def _get_milestone_points(self, check_ins, today):
        """As `_get_chart_points`, of what is ticked between check-ins: the days are known.

        :param date today: in the company's time zone
        """
        milestones = self.milestone_ids
        total = sum(milestones.mapped('weight'))
        told = {each.date for each in check_ins if not each.is_automatic}
        days = told | {self.date_from - timedelta(days=1)} | set(milestones.mapped('done_date'))
        if self.state == 'running':
            days.add(today)
        points = []
        for day in sorted(filter(None, days)):
            weights = self._get_done_milestones(day).mapped('weight')
            share = sum(weights) / total if total else 0.0
            points.append(self._prepare_point(day, len(weights), share, is_told=day in told))
        return points

    def _prepare_point(self, day, value, progress, is_told=False):
        return {
            'day': day.isoformat(),
            'value': self._format_value(value),
            'progress': progress,
            'expected': self._get_expected(day),
            'is_told': is_told,
        }

    def _is_expected_by_steps(self):
        """Whether it is expected at a stroke, on the days by which steps are to be done. Milestones
        without days of their own are expected evenly.

        :rtype: bool
        """
        return self.kind == 'yes_no' or (
            self.kind == 'milestones' and any(self.milestone_ids.mapped('date_deadline'))
        )

    def _get_expected_days(self):
        """The days between which what is expected grows evenly, or on which it does so at a stroke.

        :rtype: list[date]
        """
        first, deadline = self.date_from - timedelta(days=1), self.date_deadline
        days = {first, deadline}
        if self.kind in COUNTED_KINDS:
            days |= {each.date_deadline for each in self.milestone_ids if each.date_deadline}
        elif self.expectation == 'season':
            length = (deadline - first).days
            days |= {
                first + timedelta(days=length * part // CURVE_PARTS) for part in range(CURVE_PARTS)
            }
        return sorted(day for day in days if first <= day <= deadline)


def _thin(items):
    """As many of the items as a line needs, evenly chosen, the first and the last among them."""
    if len(items) <= MOST_POINTS:
        return items
    last = len(items) - 1
    return [items[last * number // (MOST_POINTS - 1)] for number in range(MOST_POINTS)]
