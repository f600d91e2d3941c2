from odoo import api, models
from odoo.exceptions import UserError


class CrmStage(models.Model):
    _inherit = 'crm.stage'

    @api.model_create_multi
    def create(self, vals_list):
        stages = super().create(vals_list)
        self.env.registry.clear_cache()
        return stages

    def write(self, vals):
        is_path_changed = bool({'is_won', 'sequence'} & vals.keys())
        if is_path_changed:
            # The leads of a stage that becomes a won one follow it at once.
            self.env.registry.clear_cache()
        result = super().write(vals)
        if is_path_changed:
            self.env.registry.clear_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_funnel(self):
        steps = self.env['growth.funnel.step'].sudo().with_context(active_test=False)
        if used := steps.search([('stage_ids', 'in', self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "The stage “%(stage)s” passes the step “%(step)s” of the funnel “%(funnel)s”. "
                    "Choose another one there first.",
                    stage=(used.stage_ids & self)[:1].name,
                    step=used.name,
                    funnel=used.funnel_id.name,
                )
            )

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
