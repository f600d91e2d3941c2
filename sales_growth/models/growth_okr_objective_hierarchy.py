from odoo import api, models
from odoo.fields import Domain


class GrowthOkrObjective(models.Model):
    """The tree as each person may see it: what stands below a private objective of somebody else
    stands at the top, as nothing above it may be read.
    """

    _inherit = 'growth.okr.objective'

    @api.model
    def hierarchy_read(self, domain, specification, parent_field, child_field=None, order=None):
        domain = Domain(domain).map_conditions(self._map_top)
        found = self.search(domain, order=order)
        if len(found) == 1 and not found.parent_id._filtered_access('read'):
            rows = (found | found.child_ids).web_read(specification)
        else:
            rows = super().hierarchy_read(
                domain, specification, parent_field, child_field=child_field, order=order
            )
        parents = self.browse({row['parent_id']['id'] for row in rows if row['parent_id']})
        seen = set(parents._filtered_access('read').ids)
        for row in rows:
            if row['parent_id'] and row['parent_id']['id'] not in seen:
                row['parent_id'] = False
        return rows

    @api.model
    def _map_top(self, condition):
        """Nothing above, as far as the user may read it.

        :param Domain condition:
        :rtype: Domain
        """
        if (
            condition.field_expr == 'parent_id'
            and condition.operator == '='
            and not condition.value
        ):
            return Domain('parent_id', 'not any', Domain.TRUE)
        return condition
