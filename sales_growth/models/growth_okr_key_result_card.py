from odoo import api, fields, models
from odoo.tools.misc import format_date, formatLang

MOST_INITIATIVES = 2


class GrowthOkrKeyResult(models.Model):
    """What the card of a key result says beside its fields."""

    _inherit = 'growth.okr.key.result'

    next_initiatives = fields.Json(
        compute='_compute_next_initiatives', export_string_translation=False
    )
    way = fields.Json(compute='_compute_way', export_string_translation=False)
    has_begun = fields.Boolean(compute='_compute_has_begun', export_string_translation=False)

    @api.depends('initiative_ids.state', 'initiative_ids.date_deadline', 'initiative_ids.name')
    @api.depends_context('lang')
    def _compute_next_initiatives(self):
        """The open ones that are due first: `name`, `due` in words, `is_late`."""
        initiatives = self.env['growth.okr.initiative'].search(
            [('key_result_id', 'in', self._origin.ids), ('state', '=', 'open')],
            order='date_deadline, sequence, id',
        )
        by_key_result = initiatives.grouped('key_result_id')
        now = fields.Datetime.now()
        for key_result in self:
            today = (key_result.company_id or self.env.company)._growth_day(now)
            own = by_key_result.get(key_result._origin, initiatives.browse())
            key_result.next_initiatives = [
                {
                    'name': each.name,
                    'due': format_date(self.env, each.date_deadline, date_format="d MMM"),
                    'is_late': each.date_deadline < today,
                }
                for each in own[:MOST_INITIATIVES]
            ]

    @api.depends('date_from')
    def _compute_has_begun(self):
        """Whether the first day of the cycle is there: before it nothing is measured or told."""
        now = fields.Datetime.now()
        for key_result in self:
            today = (key_result.company_id or self.env.company)._growth_day(now)
            key_result.has_begun = key_result.date_from and key_result.date_from <= today

    @api.depends(
        'kind',
        'unit',
        'direction',
        'baseline',
        'current',
        'target',
        'range_min',
        'range_max',
        'currency_id',
    )
    @api.depends_context('lang')
    def _compute_way(self):
        """`baseline`, `current` and `target` in words of their kind, `unit`: what they are measured
        in, once for all of them. Before them stands a currency that is written so, with the first.
        """
        for key_result in self:
            number = key_result._format_number
            way = {
                'baseline': number(key_result.baseline),
                'current': number(key_result.current),
                'target': number(key_result.target),
                'unit': key_result._get_unit(),
            }
            if key_result.direction == 'range':
                way['target'] = self.env._(
                    "%(low)s to %(high)s",
                    low=number(key_result.range_min),
                    high=number(key_result.range_max),
                )
            currency = key_result._get_currency()
            if key_result.kind == 'money' and currency.position == 'before':
                way['baseline'] = f"{way['unit']}\N{NO-BREAK SPACE}{way['baseline']}"
                way['unit'] = ""
            key_result.way = way

    def _format_number(self, value):
        """As `_format_value`, without what it is measured in."""
        if self.kind == 'money':
            return formatLang(self.env, value, digits=self._get_currency().decimal_places)
        if self.kind == 'percentage':
            return formatLang(self.env, value * 100, digits=1)
        if self.kind == 'yes_no':
            return self._format_value(value)
        return formatLang(self.env, value, digits=0 if float(value).is_integer() else 2)

    def _get_unit(self):
        if self.kind == 'money':
            return self._get_currency().symbol
        if self.kind == 'percentage':
            return "%"
        return self.kind == 'number' and self.unit or ""

    def _get_currency(self):
        return self.currency_id or self.env.company.currency_id
