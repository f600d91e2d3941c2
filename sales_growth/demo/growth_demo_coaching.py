from datetime import datetime, time, timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Command

ADVICE = "Went along to three talks and went through the offers with him."
# Of the figures that a coaching starts from.
PERIOD = timedelta(days=90)
TEACHER_STARTED_AFTER = timedelta(days=3)


class Lesson(NamedTuple):
    """Who taught whom what, since so many days."""

    teacher: str
    pupil: str
    step: str
    days_ago: int


LESSONS = (
    Lesson('elena', 'daniel', 'presentation', 35),
    Lesson('elena', 'sam', 'contract', 7),
)


class GrowthDemo(models.AbstractModel):
    """Makes the coaching: one whose four weeks are over, and one that is under way."""

    _inherit = 'growth.demo'

    @api.model
    def _generate_coaching(self):
        if self.env['growth.funnel.coaching'].search_count([], limit=1):
            return
        self = self.with_context(
            tracking_disable=True, mail_create_nosubscribe=True, mail_activity_quick_update=True
        )
        for lesson in LESSONS:
            coaching = self._start_coaching(lesson)
            if coaching.state == 'done':
                self._finish_coaching(coaching)

    @api.model
    def _start_coaching(self, lesson):
        """Start a coaching as the screen would have done on that day.

        :rtype: growth.funnel.coaching
        """
        teacher, pupil = (
            self.env.ref(f'sales_growth.growth_demo_user_{name}')
            for name in (lesson.teacher, lesson.pupil)
        )
        step = self.env.ref(f'sales_growth.growth_funnel_step_{lesson.step}')
        day = fields.Date.today() - timedelta(days=lesson.days_ago)
        coaching = self.env['growth.funnel.coaching'].create(
            {
                'company_id': step.company_id.id,
                'pupil_id': pupil.id,
                'teacher_id': teacher.id,
                'team_id': pupil.sale_team_id.id,
                'date': day,
                'line_ids': [
                    Command.create({'step_id': step.id, **self._count_before(pupil, step, day)})
                ],
            }
        )
        coaching._schedule(day)
        return coaching

    @api.model
    def _count_before(self, pupil, step, day):
        """The figures of the pupil that the coaching starts from.

        :rtype: dict[str, int]
        """
        [(entered, unripe, passed)] = self.env['growth.conversion.report']._read_group(
            [
                ('user_id', '=', pupil.id),
                ('step_id', '=', step.id),
                ('date', '>', day - PERIOD),
                ('date', '<=', day),
            ],
            aggregates=['entered:sum', 'unripe:sum', 'passed:sum'],
        )
        return {'before_judged': entered - unripe, 'before_passed': passed}

    @api.model
    def _finish_coaching(self, coaching):
        """Let the teacher have done it soon."""
        activity = coaching.activity_ids
        day = coaching.date + TEACHER_STARTED_AFTER
        messages, _next_activities = activity.with_user(coaching.teacher_id)._action_done(
            feedback=ADVICE
        )
        messages.sudo().date = datetime.combine(day, time(9))
        activity.sudo().date_done = day
