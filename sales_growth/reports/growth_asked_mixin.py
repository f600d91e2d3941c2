from collections.abc import Collection

from odoo import api, models
from odoo.fields import Domain

from ..models.growth_sales_facts import EVER


class GrowthAskedMixin(models.AbstractModel):
    """What a domain asks a report for, where the database cannot find out by itself what it need
    not read: through time zones and what is counted over the whole history it uses no index."""

    _name = 'growth.asked.mixin'
    _description = "What a Report is Asked For"

    @api.model
    def _get_asked_ids(self, domain):
        """The ids outside of which a domain finds nothing.

        :rtype: list[int] | None
        """
        for condition in domain.children if getattr(domain, 'OPERATOR', None) == '&' else [domain]:
            if getattr(condition, 'field_expr', None) == 'id' and condition.operator == 'in':
                ids = condition.value
                if not isinstance(ids, Collection):
                    return None
                return [row_id for row_id in ids if isinstance(row_id, int)]
        return None

    @api.model
    def _get_first_day(self, domain):
        """The day before which a domain finds nothing.

        :rtype: date | None
        """
        operator = getattr(domain, 'OPERATOR', None)
        if operator in ('&', '|'):
            days = [self._get_first_day(child) for child in domain.children]
            known = [day for day in days if day]
            if operator == '&':
                return max(known, default=None)
            return min(known) if len(known) == len(days) else None
        if getattr(domain, 'field_expr', None) != 'date':
            return None
        if domain.operator in ('>', '>='):
            return domain.value
        if domain.operator == 'in' and all(domain.value):
            return min(domain.value)
        return None


class GrowthHistoryMixin(models.AbstractModel):
    """A report over the whole history of customers, of which it reads what it is asked for."""

    _name = 'growth.history.mixin'
    _inherit = ['growth.asked.mixin']
    _description = "Report on the History of Customers"

    @api.model
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        # What is counted over the history is counted for the rows of the page alone.
        rows = super().search_fetch(domain, [], offset=offset, limit=limit, order=order)
        if field_names is None or field_names:
            rows.fetch(field_names)
        return rows

    @api.model
    def _search(self, domain, *args, **kwargs):
        domain = Domain(domain).optimize_full(self)
        report = self.with_context(
            growth_history_from=self._get_first_day(domain),
            growth_history_ids=self._get_asked_ids(domain),
        )
        # At the price of the look-up of missing rates, which hardly any document needs, PostgreSQL
        # compiles the statement, for longer than it then runs.
        self.env.cr.execute("SET LOCAL jit = off")
        return super(GrowthHistoryMixin, report)._search(domain, *args, **kwargs)

    @api.model
    def _get_history_from(self):
        """The day before which nothing is asked for.

        :rtype: date | None
        """
        first_day = self.env.context.get('growth_history_from')
        return first_day and max(first_day, EVER)

    @api.model
    def _get_history_ids(self):
        """The ids of the rows that are asked for, None for all of them.

        :rtype: list[int] | None
        """
        return self.env.context.get('growth_history_ids')
