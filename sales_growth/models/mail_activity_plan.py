from odoo import api, models
from odoo.exceptions import UserError


class MailActivityPlan(models.Model):
    _inherit = 'mail.activity.plan'

    @api.ondelete(at_uninstall=False)
    def _unlink_except_of_methods(self):
        # Archived methods and those of other companies count, too.
        methods = (
            self.env['growth.winback.method']
            .sudo()
            .with_context(active_test=False)
            .search([('plan_id', 'in', self.ids)])
        )
        if methods:
            raise UserError(
                self.env._(
                    "These plans are the steps of win-back methods, so they cannot be deleted: %s. "
                    "Archive them, or give the methods other steps.",
                    ", ".join(methods.mapped('name')),
                )
            )
