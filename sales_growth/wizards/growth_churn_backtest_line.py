from odoo import fields, models

SUBJECTS = [
    ('rules', "Your rules together"),
    ('probability', "Probability, finding as many as 90 days do"),
    ('fixed_90', "No purchase for 90 days"),
    ('alone', "One rule alone"),
]


class GrowthChurnBacktestLine(models.TransientModel):
    """What one way of looking for those who leave would have found. Empty until it was run."""

    _name = 'growth.churn.backtest.line'
    _description = "Line of a Backtest"
    _order = 'id'

    backtest_id = fields.Many2one(
        comodel_name='growth.churn.backtest', required=True, index=True, ondelete='cascade'
    )
    subject = fields.Selection(selection=SUBJECTS, required=True)
    rule_id = fields.Many2one(comodel_name='growth.churn.rule', ondelete='cascade')
    name = fields.Char(string="What Finds Them", compute='_compute_name')
    summary = fields.Char(related='rule_id.summary')
    is_chosen = fields.Boolean(string="Use")
    is_on = fields.Boolean(related='rule_id.active', string="On Now")

    # What it found
    is_known = fields.Boolean(export_string_translation=False)
    has_auc = fields.Boolean(export_string_translation=False)
    flagged = fields.Integer(help="Customers who would have been at risk or lost.")
    found = fields.Integer(help="Flagged, and did leave.")
    missed = fields.Integer(help="Left, and were not flagged.")
    false_alarms = fields.Integer(help="Flagged, and stayed.")
    precision = fields.Float(string="Right", help="Precision: found, of those flagged.")
    recall = fields.Float(string="Of All", help="Recall: found, of all who left.")
    auc = fields.Float(
        string="Area",
        digits=(16, 3),
        help="Area under the ROC curve: chance that one who left is placed before one who stayed. "
        "0.5 is chance, 1 is perfect.",
    )
    currency_id = fields.Many2one(related='backtest_id.currency_id')
    value_found = fields.Monetary(
        string="Money Found",
        help="What those who were found brought in the year up to their last order: profit or "
        "revenue, as the settings say.",
    )

    def _compute_name(self):
        labels = dict(self._fields['subject']._description_selection(self.env))
        for line in self:
            line.name = line.rule_id.name or labels.get(line.subject)

    def _show(self, figures):
        """Write down what was found.

        :param dict | None figures: of `analysis.backtest`
        """
        self.ensure_one()
        if not figures:
            self.is_known = False
            return
        names = ('flagged', 'found', 'missed', 'false_alarms', 'value_found')
        rates = ('precision', 'recall', 'auc')
        self.write(
            {
                **{name: figures[name] for name in names},
                **{name: figures[name] or 0.0 for name in rates},
                'is_known': True,
                # Of a rule that only says yes or no the area tells nothing new.
                'has_auc': figures['auc'] is not None and self.subject != 'alone',
            }
        )
