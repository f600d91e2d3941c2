from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def unlink(self):
        # The database would take the answers along, and leave out who decides then.
        answers = self.env['growth.nps.answer'].sudo().search([('partner_id', 'in', self.ids)])
        answers.unlink()
        return super().unlink()
