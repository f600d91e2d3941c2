from odoo import api, fields, models
from odoo.tools.misc import format_date


class GrowthOkrCheckIn(models.Model):
    """What helps people to say where a key result stands."""

    _inherit = 'growth.okr.check.in'

    direction = fields.Selection(related='key_result_id.direction', export_string_translation=False)
    currency_id = fields.Many2one(related='key_result_id.currency_id')
    unit = fields.Char(related='key_result_id.unit')
    baseline_text = fields.Char(related='key_result_id.baseline_text')
    target_text = fields.Char(related='key_result_id.target_text')
    current_text = fields.Char(related='key_result_id.current_text')
    previous_text = fields.Text(string="Last Time", compute='_compute_previous_text')

    @api.depends('key_result_id', 'date')
    @api.depends_context('lang')
    def _compute_previous_text(self):
        for check_in in self:
            previous = check_in._get_previous()
            check_in.previous_text = previous._get_words() if previous else False

    def _get_previous(self):
        """What somebody said last before this one.

        :rtype: growth.okr.check.in
        """
        self.ensure_one()
        return self.search(
            [
                ('key_result_id', '=', self.key_result_id.id),
                ('is_automatic', '=', False),
                ('date', '<=', self.date),
                ('id', '!=', self._origin.id),
            ],
            limit=1,
        )

    def _get_words(self):
        """Everything that was said, a line each.

        :rtype: str
        """
        self.ensure_one()
        lines = [
            self.env._(
                "%(value)s on %(day)s, confidence %(confidence)s of 10",
                value=self.value_text,
                day=format_date(self.env, self.date),
                confidence=self.confidence,
            ),
            self.comment,
            self.blocker and self.env._("In the way: %s", self.blocker),
        ]
        return "\n".join(filter(None, lines))
