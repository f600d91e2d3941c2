from odoo import models
from odoo.tools import SQL


class GrowthRateMixin(models.AbstractModel):
    """Rates of a report that are sums over sums, for whichever rows they are asked: an average of
    percentages would be wrong."""

    _name = 'growth.rate.mixin'
    _description = "Rates of a Report"

    # The fields that are added up above and below the line, by the name of the rate
    _growth_rates = {}

    def _compute_rates(self):
        for row in self:
            for rate, (parts, wholes) in self._growth_rates.items():
                whole = sum(row[fname] for fname in wholes)
                row[rate] = sum(row[fname] for fname in parts) / whole if whole > 0 else 0.0

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _read_group_select(self, aggregate_spec, query):
        rate = self._growth_rates.get(aggregate_spec.partition(':')[0])
        if not rate:
            return super()._read_group_select(aggregate_spec, query)
        part, whole = (
            SQL(" + ").join(self._select_total(fname, query) for fname in fnames) for fnames in rate
        )
        # Where more was credited than sold there is nothing to have a share of.
        return SQL("(%s)::float8 / NULLIF(GREATEST(%s, 0), 0)::float8", part, whole)

    def _select_total(self, fname, query):
        """The sum of a field, of amounts in one currency.

        :rtype: SQL
        """
        is_mixed = (
            self._fields[fname].type == 'monetary' and len(self.env.companies.currency_id) > 1
        )
        return self._read_group_select(f'{fname}:{"sum_currency" if is_mixed else "sum"}', query)
