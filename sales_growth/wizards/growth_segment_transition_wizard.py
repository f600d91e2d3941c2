from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class GrowthSegmentTransitionWizard(models.TransientModel):
    """Asks for the two days between which segments are compared."""

    _name = 'growth.segment.transition.wizard'
    _description = "Compare Segments"

    date_from = fields.Date(
        string="First Day", required=True, default=lambda self: self._default_date_from()
    )
    date_to = fields.Date(
        string="Last Day", required=True, default=lambda self: fields.Date.context_today(self)
    )

    def _default_date_from(self):
        return fields.Date.subtract(fields.Date.context_today(self), months=3)

    def action_compare(self):
        self.ensure_one()
        if self.date_from > self.date_to:
            raise UserError(self.env._("The first day must not be after the last one."))
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_segment_transition_action'
        )
        name = self.env._(
            "Segments from %(date_from)s to %(date_to)s",
            date_from=format_date(self.env, self.date_from),
            date_to=format_date(self.env, self.date_to),
        )
        return {
            **action,
            'name': name,
            'display_name': name,
            'context': {
                'growth_date_from': fields.Date.to_string(self.date_from),
                'growth_date_to': fields.Date.to_string(self.date_to),
            },
        }
