from odoo import api, fields, models
from odoo.exceptions import UserError


class GrowthCompetitor(models.Model):
    """Whom customers buy from instead. A model of its own, so that competitors do not mix with the
    contacts one sells to."""

    _name = 'growth.competitor'
    _description = "Competitor"
    _order = 'name, id'

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)

    _unique_name = models.UniqueIndex(
        "(LOWER(TRIM(name)))", "There is a competitor of this name already."
    )

    @api.model
    def name_create(self, name):
        # Quick creation offers a new one where the archived one of this name does not show.
        archived = self.with_context(active_test=False).search(
            [('name', '=ilike', name.strip()), ('active', '=', False)], limit=1
        )
        if archived.name and archived.name.lower() == name.strip().lower():
            return archived.id, archived.display_name
        return super().name_create(name)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Refusals of all companies count, also those the user cannot see.
        used = self.browse()
        for model in ('growth.refusal', 'growth.refusal.statement'):
            used |= (
                self.env[model]
                .sudo()
                ._read_group(
                    [('competitor_id', 'in', self.ids)], aggregates=['competitor_id:recordset']
                )[0][0]
            )
        if used:
            raise UserError(
                self.env._(
                    "Customers were lost to them: %s. Archive them instead, so that the history "
                    "stays.",
                    ", ".join(used.mapped('name')),
                )
            )
