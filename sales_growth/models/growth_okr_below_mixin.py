from odoo import models

# Below what records of a model stand
ABOVE = {
    'growth.okr.objective': 'parent_id',
    'growth.okr.key.result': 'objective_id',
    'growth.okr.check.in': 'key_result_id',
    'growth.okr.initiative': 'key_result_id',
    'growth.okr.milestone': 'key_result_id',
}


class GrowthOkrBelowMixin(models.AbstractModel):
    """Records that take something over from what they stand below, which may be private."""

    _name = 'growth.okr.below.mixin'
    _description = "Stands Below Another Record of OKR"

    def onchange(self, values, field_names, fields_spec):
        """A form works out by the system what hangs on the records named in it; who may not read
        them is not told by that way either."""
        fname = ABOVE[self._name]
        above = values.get(fname)
        if fname not in values and not field_names:
            above = self.default_get([fname]).get(fname)
        if isinstance(above, dict):
            # A line of a form sends along what the form says.
            above = above.get('id')
        if isinstance(above, int) and above and above != self[fname].id:
            self[fname].browse(above).check_access('read')
        return super().onchange(values, field_names, fields_spec)
