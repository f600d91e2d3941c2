from datetime import date

from odoo.addons.sales_growth.models.growth_okr_measure_reader import MeasureRequest

JANUARY = date(2026, 1, 1)
MARCH = date(2026, 3, 31)


class OkrMeasureMixin:
    """Measures read in one line, for a company that the class has; without days the first quarter
    of 2026."""

    @classmethod
    def _create_measure(cls, name="Measure", **vals):
        return cls.env['growth.okr.measure'].create(
            {'name': name, 'model': 'sale.order', 'user_field': 'user_id', **vals}
        )

    def _request(self, measure, user, scope='user', key='key', company=None, **vals):
        values = {
            'key': key,
            'measure': measure,
            'company': company or self.company,
            'user': user,
            'scope': scope,
            'team': self.env['crm.team'],
            'date_from': JANUARY,
            'date_to': MARCH,
            **vals,
        }
        return MeasureRequest(**values)

    def _answer(self, measure, user=None, scope='user', **vals):
        request = self._request(measure, user or self.user_own, scope, **vals)
        return self.env['growth.okr.measure']._get_values([request])['key']

    def _value(self, measure, user=None, scope='user', **vals):
        """The value of a measure that can be read."""
        answer = self._answer(measure, user, scope, **vals)
        self.assertFalse(answer.error)
        return answer.value
