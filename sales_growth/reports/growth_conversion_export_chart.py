import math

from odoo import api, models

# A plan is a mean over leads, and a float.
PLAN_DECIMALS = 9
# Lines of the axis up to 100 %: it ends at one.
AXIS_LINES = 5


class GrowthConversionReport(models.Model):
    """The chart of the Excel workbook: the one of the screen."""

    _inherit = 'growth.conversion.report'

    @api.model
    def _get_export_chart(self, data):
        """The chart, see `write_conversion`.

        :rtype: dict
        """
        from .xlsx.conversion_xlsx import MOST_SALESPEOPLE

        steps = data['steps']
        candidates = [person for person in data['salespeople'] if self._count_export_cases(person)]
        people = self._get_export_busiest(candidates, MOST_SALESPEOPLE)
        # Beside all of their members, the average says nothing more.
        has_average = data['average']['cells'] and not self._is_export_complete()
        bars = [*people, data['average']] if has_average else people
        labels = self.fields_get(['step_id', 'conversion', 'plan'], ['string'])
        headers, plans = self._get_export_plans(bars, steps)
        rates = [self._get_export_rates(bars, step, 'conversion') for step in steps]
        series = [
            {
                'name': bar['name'],
                'is_average': bar is data['average'],
                'hatched': self._get_export_hatched(bar, steps),
            }
            for bar in bars
        ]
        return {
            'title': self.env._("Conversion and Plan"),
            'rate': labels['conversion']['string'],
            'step': labels['step_id']['string'],
            'plan': labels['plan']['string'],
            'top': self._get_export_top(rates),
            'series': series,
            'plans': headers,
            'rows': [
                [step['name'], *step_rates, *step_plans]
                for step, step_rates, step_plans in zip(steps, rates, plans, strict=True)
            ],
            'notes': self._get_export_notes(series, len(people), len(candidates), data['minimum']),
        }

    @api.model
    def _count_export_cases(self, person):
        return sum(cell['judged'] for cell in person['cells'].values())

    @api.model
    def _get_export_busiest(self, salespeople, limit):
        """Those with the most cases, in their order.

        :rtype: list[dict]
        """
        busiest = sorted(salespeople, key=self._count_export_cases, reverse=True)
        ids = {person['id'] for person in busiest[:limit]}
        return [person for person in salespeople if person['id'] in ids]

    @api.model
    def _get_export_hatched(self, person, steps):
        """Numbers of the steps at which the cases are too few for a verdict.

        :rtype: set[int]
        """
        return {
            number
            for number, step in enumerate(steps)
            if (cell := person['cells'].get(step['id']))
            and cell.get('verdict') == 'not_enough'
            and cell['judged']
        }

    @api.model
    def _get_export_notes(self, series, shown, count, minimum):
        notes = []
        if any(each['hatched'] for each in series):
            notes.append(
                self.env._(
                    "Hatched: fewer than %(minimum)s leads, too few for a verdict.",
                    minimum=minimum,
                )
            )
        if shown < count:
            notes.append(
                self.env._(
                    "The chart shows %(shown)s of %(count)s salespeople, those with the most "
                    "leads; the table has all.",
                    shown=shown,
                    count=count,
                )
            )
        return notes

    @api.model
    def _get_export_rates(self, people, step, name):
        """A rate of each salesperson at a step, None for who has none."""
        cells = (person['cells'].get(step['id'], {}) for person in people)
        return [self._get_export_figure(cell.get(name, False)) for cell in cells]

    @api.model
    def _get_export_plans(self, people, steps):
        """One column of plans when all salespeople have the same, else one for each.

        :return: headers, and the plans of each step
        :rtype: tuple[list[str], list[list]]
        """
        plans = [self._get_export_rates(people, step, 'plan') for step in steps]
        distinct = [
            {round(rate, PLAN_DECIMALS) for rate in rates if rate is not None} for rates in plans
        ]
        if all(len(rates) <= 1 for rates in distinct):
            headers = [self.fields_get(['plan'], ['string'])['plan']['string']]
            return headers, [[max(rates, default=None)] for rates in distinct]
        return [self.env._("Plan: %s", person['name']) for person in people], plans

    @api.model
    def _get_export_top(self, rates):
        """End of the axis: 100 %, or a line above what is more. Among the events of a period more
        can pass a step than came to it.

        :rtype: float
        """
        highest = max((rate for line in rates for rate in line if rate is not None), default=0)
        return max(1.0, math.ceil(round(highest * AXIS_LINES, PLAN_DECIMALS)) / AXIS_LINES)
