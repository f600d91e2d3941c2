from odoo import fields, models
from odoo.tools import float_round, format_amount
from odoo.tools.misc import formatLang

from ..analysis import okr
from ..models.growth_okr_objective import COUNTED_STATES

# What was never agreed on, or is not wanted any more, is not reviewed.
LEFT_OUT = ('declined', 'cancelled')
# How good or bad each pace, verdict and state without either is.
TONES = {
    'ahead': 'info',
    'on_track': 'success',
    'behind': 'warning',
    'off_track': 'danger',
    'too_low': 'info',
    'good': 'success',
    'short': 'warning',
    'planning_error': 'danger',
}


class GrowthOkrCycle(models.Model):
    """The review of a cycle on one page, as far as the reader may see its objectives."""

    _inherit = 'growth.okr.cycle'

    def _get_review(self):
        """What the page tells.

        :return: `day` (today), `progress` and `expected` (fractions of the cycle, None when nothing
            counts; of a cycle that is over nothing is expected any more),
            `objectives` (of `_get_review_lines`), `summary` (pairs of a status, as theirs, and
            its number), `given_up` (names) and `bar` (as those of objectives)
        :rtype: dict
        """
        self.ensure_one()
        # Searched, not read from the cycle, which may remember what somebody else sees.
        objectives = self.env['growth.okr.objective'].search([('cycle_id', '=', self.id)])
        tops = self._get_top_objectives(objectives)
        progress = tops._get_total()
        expected = None
        if self.state == 'running':
            expected = okr.total(
                [(each.expected, each.weight) for each in tops if each.state in COUNTED_STATES]
            )
        lines = objectives.filtered(lambda each: each.state not in LEFT_OUT)._get_review_lines()
        given_up = objectives.filtered(lambda each: each.state == 'cancelled')
        return {
            'day': self.company_id._growth_day(fields.Datetime.now()),
            'progress': progress,
            'expected': expected,
            'bar': self._get_review_bar(progress or 0.0, expected),
            'objectives': lines,
            'summary': self._get_review_summary(lines),
            'given_up': given_up.mapped('name'),
        }

    def _get_review_summary(self, objectives):
        """How many objectives there are of each status, in the order of the statuses.

        :param list objectives: of `_get_review_lines`
        :rtype: list[tuple[dict, int]]
        """
        Objective = self.env['growth.okr.objective']
        order = [
            label
            for _value, label in (
                *Objective._fields['verdict']._description_selection(self.env),
                *Objective._fields['pace']._description_selection(self.env),
                *Objective._fields['state']._description_selection(self.env),
            )
        ]
        counts, statuses = {}, {}
        for line in objectives:
            label = line['status']['label']
            statuses.setdefault(label, line['status'])
            counts[label] = counts.get(label, 0) + 1
        return [(statuses[label], counts[label]) for label in sorted(counts, key=order.index)]

    def _get_review_bar(self, progress, expected):
        """
        :param float progress: fraction
        :param float | None expected: fraction
        :return: how much of the bar is filled and where its mark is, as percentages; in words
        :rtype: dict
        """
        return {
            'width': round(100 * min(1.0, max(0.0, progress)), 1),
            'mark': None if expected is None else round(100 * min(1.0, max(0.0, expected)), 1),
            'text': self._format_review_share(progress),
            'mark_text': None if expected is None else self._format_review_share(expected),
        }

    def _format_review_share(self, share):
        # In whole numbers, of which none is less than nothing by rounding.
        whole = int(float_round(share * 100, precision_digits=0))
        return self.env._("%s %%", formatLang(self.env, whole, digits=0))


class GrowthOkrObjective(models.Model):
    _inherit = 'growth.okr.objective'

    def _get_review_lines(self):
        """The objectives, each followed by those below it. One whose objective above is of another
        cycle, or hidden from the reader, stands on top.

        :return: for each objective `record`, `depth`, `owner` (name), `progress`, `expected` (None
            when it is not running), `bar`, `status` and `key_results`
        :rtype: list[dict]
        """
        below = self.grouped(
            lambda each: each.parent_id if each.parent_id in self else each.browse()
        )
        return [
            {**objective._get_review_line(), 'depth': depth}
            for objective, depth in self._walk_review(below, self.browse())
        ]

    def _walk_review(self, below, parent, depth=0):
        for objective in below.get(parent, ()):
            yield objective, depth
            yield from self._walk_review(below, objective, depth + 1)

    def _get_review_line(self):
        """
        :return: see `_get_review_lines`, without the depth
        :rtype: dict
        """
        self.ensure_one()
        is_running = self.state == 'running'
        is_judged = self.state == 'closed'
        progress = self.final_progress if is_judged else self.progress
        expected = self.expected if is_running else None
        return {
            'record': self,
            # Who may see an objective may see the names of the people in it.
            'owner': self.owner_id.sudo().name,
            'progress': progress,
            'expected': expected,
            'bar': self.cycle_id._get_review_bar(progress, expected),
            'status': self._get_review_status(),
            'key_results': [each._get_review_line() for each in self.key_result_ids],
        }

    def _get_review_status(self):
        """The verdict, else the pace, else the state.

        :return: `label` in words and `tone`
        :rtype: dict
        """
        self.ensure_one()
        fname = 'state'
        if self.state == 'closed' and self.verdict:
            fname = 'verdict'
        elif self.state == 'running' and self.pace:
            fname = 'pace'
        labels = dict(self._fields[fname]._description_selection(self.env))
        return {'label': labels[self[fname]], 'tone': TONES.get(self[fname], 'muted')}


class GrowthOkrKeyResult(models.Model):
    _inherit = 'growth.okr.key.result'

    def _get_review_line(self):
        """
        :return: `record`, `owner` (name), `way` (from, now, to), `expected` (None when it is not
            running), `bar` and `status` (None when it is not running)
        :rtype: dict
        """
        self.ensure_one()
        is_running = self.state == 'running'
        expected = self.expected if is_running else None
        labels = dict(self._fields['pace']._description_selection(self.env))
        return {
            'record': self,
            'owner': self.owner_id.sudo().name,
            'way': self._get_review_way(),
            'expected': expected,
            'bar': self.cycle_id._get_review_bar(self.progress, expected),
            'status': self.pace
            and is_running
            and {'label': labels[self.pace], 'tone': TONES.get(self.pace, 'muted')},
        }

    def _get_review_way(self):
        """
        :return: from, now and to in words, as short as a line of a page asks for: the unit once,
            and no cents of what is thousands
        :rtype: list[str]
        """
        self.ensure_one()
        ends = [self.baseline, self.current]
        if self.kind == 'money' and self.direction != 'range':
            target = format_amount(self.env, self.target, self.currency_id, trailing_zeroes=False)
            return [*(self._format_review_number(value) for value in ends), target]
        if self.kind == 'number':
            return [*(self._format_review_number(value) for value in ends), self.target_text]
        return [self.baseline_text, self.current_text, self.target_text]

    def _format_review_number(self, value):
        is_whole = abs(value) >= 1000 or float(value).is_integer()
        return formatLang(
            self.env, round(value) if is_whole else value, digits=0 if is_whole else 2
        )
