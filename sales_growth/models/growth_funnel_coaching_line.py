from odoo import api, fields, models
from odoo.tools import SQL


class GrowthFunnelCoachingLine(models.Model):
    """A step that is taught, with the figures of the pupil from before and after."""

    _name = 'growth.funnel.coaching.line'
    _description = "Coached Step"
    _order = 'coaching_id desc, step_id, id'
    _rec_name = 'step_id'

    coaching_id = fields.Many2one(
        comodel_name='growth.funnel.coaching',
        required=True,
        readonly=True,
        index=True,
        ondelete='cascade',
    )
    company_id = fields.Many2one(related='coaching_id.company_id')
    pupil_id = fields.Many2one(related='coaching_id.pupil_id')
    teacher_id = fields.Many2one(related='coaching_id.teacher_id')
    date = fields.Date(related='coaching_id.date')
    state = fields.Selection(related='coaching_id.state')
    step_id = fields.Many2one(
        comodel_name='growth.funnel.step', required=True, readonly=True, ondelete='cascade'
    )

    before_judged = fields.Integer(string="Cases Before", readonly=True, aggregator=None)
    before_passed = fields.Integer(string="Passed Before", readonly=True, aggregator=None)
    before_rate = fields.Float(
        string="Rate Before",
        compute='_compute_before_rate',
        help="Conversion of the pupil in the period that the coaching started from.",
    )
    after_judged = fields.Integer(string="Cases After", compute='_compute_after')
    after_passed = fields.Integer(string="Passed After", compute='_compute_after')
    after_rate = fields.Float(
        string="Rate After",
        compute='_compute_after',
        help="Of the leads that came to the step in the four weeks since, those that may still "
        "ripen left out.",
    )
    change = fields.Float(string="Change (points)", compute='_compute_after')
    outcome = fields.Selection(
        selection=[
            ('better', "Better"),
            ('unclear', "No Clear Change"),
            ('worse', "Worse"),
        ],
        compute='_compute_outcome',
        help="Better or worse when chance alone would bring such a change in less than 5 % of the "
        "cases.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('before_judged', 'before_passed')
    def _compute_before_rate(self):
        for line in self:
            judged = line.before_judged
            line.before_rate = line.before_passed / judged if judged else 0.0

    @api.depends('coaching_id.date', 'coaching_id.pupil_id', 'step_id', 'before_rate')
    def _compute_after(self):
        counts = self._count_after()
        for line in self:
            judged, passed = counts.get(line.id, (0, 0))
            line.after_judged = judged
            line.after_passed = passed
            line.after_rate = passed / judged if judged else 0.0
            has_both = judged and line.before_judged
            line.change = 100 * (line.after_rate - line.before_rate) if has_both else 0.0

    @api.depends('after_judged', 'after_passed', 'before_judged', 'before_passed')
    def _compute_outcome(self):
        from ..analysis.funnel import newcombe  # pandas takes seconds to import

        for line in self:
            line.outcome = False
            if line.after_judged and line.before_judged:
                low, high = newcombe(
                    line.after_passed, line.after_judged, line.before_passed, line.before_judged
                )
                line.outcome = 'better' if low > 0 else 'worse' if high < 0 else 'unclear'

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _count_after(self):
        """Leads of the pupils that came to the steps in the four weeks after, as the report counts
        them by entry. Who may see a coaching may see what it brought.

        :return: judged and passed leads by line
        :rtype: dict[int, tuple[int, int]]
        """
        if not self.ids:
            return {}
        report = self.env['growth.conversion.report'].with_context(growth_reading='entry')
        for model, fnames in report._depends.items():
            self.env[model].flush_model(fnames)
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
            SELECT line.id, SUM(row.entered - row.unripe), SUM(row.passed)
              FROM growth_funnel_coaching_line AS line
              JOIN growth_funnel_coaching AS coaching ON coaching.id = line.coaching_id
              JOIN (%(report)s) AS row
                ON row.user_id = coaching.pupil_id
               AND row.step_id = line.step_id
               AND row.date > coaching.date
               AND row.date <= coaching.date_end
             WHERE line.id = ANY(%(lines)s)
          GROUP BY line.id
            """,
                report=report._table_query,
                lines=self.ids,
            )
        )
        return {line_id: (int(judged), int(passed)) for line_id, judged, passed in rows}
