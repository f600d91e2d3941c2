from odoo import api, fields, models
from odoo.tools.misc import format_date

MOST_INITIATIVES = 2


class GrowthOkrKeyResult(models.Model):
    """What the card of a key result says beside its fields."""

    _inherit = 'growth.okr.key.result'

    next_initiatives = fields.Json(
        compute='_compute_next_initiatives', export_string_translation=False
    )

    @api.depends('initiative_ids.state', 'initiative_ids.date_deadline', 'initiative_ids.name')
    @api.depends_context('lang')
    def _compute_next_initiatives(self):
        """The open ones that are due first: `name`, `due` in words, `is_late`."""
        initiatives = self.env['growth.okr.initiative'].search(
            [('key_result_id', 'in', self._origin.ids), ('state', '=', 'open')],
            order='date_deadline, sequence, id',
        )
        by_key_result = initiatives.grouped('key_result_id')
        now = fields.Datetime.now()
        for key_result in self:
            today = (key_result.company_id or self.env.company)._growth_day(now)
            own = by_key_result.get(key_result._origin, initiatives.browse())
            key_result.next_initiatives = [
                {
                    'name': each.name,
                    'due': format_date(self.env, each.date_deadline, date_format="d MMM"),
                    'is_late': each.date_deadline < today,
                }
                for each in own[:MOST_INITIATIVES]
            ]
