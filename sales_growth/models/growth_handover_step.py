from odoo import api, fields, models


class GrowthHandoverStep(models.Model):
    """What is to be done before a customer is offered: the checklist of new handovers."""

    _name = 'growth.handover.step'
    _description = "Handover Checklist"
    _order = 'sequence, id'

    name = fields.Char(string="To Do", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_required = fields.Boolean(
        string="Required", help="The customer cannot be offered before this is done."
    )

    @api.model
    def _prepare_items(self, lang):
        """Values of the checklist of a new handover.

        :param str lang: of who works through it
        :rtype: list[dict]
        """
        return [
            {'name': step.name, 'sequence': step.sequence, 'is_required': step.is_required}
            for step in self.with_context(lang=lang).search([('active', '=', True)])
        ]
