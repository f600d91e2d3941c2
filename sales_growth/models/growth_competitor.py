from odoo import fields, models


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
