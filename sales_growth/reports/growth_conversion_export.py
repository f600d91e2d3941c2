import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError

# Figures of a salesperson at a step, in the order of the columns. Those of the report have its
# headers.
FIGURES = {
    'entered': 'integer',
    'passed': 'integer',
    'lost': 'integer',
    'still_open': 'integer',
    'unripe': 'integer',
    'judged': 'integer',
    'conversion': 'percent',
    'low': 'percent',
    'high': 'percent',
    'plan': 'percent',
    'gap': 'points',
    'verdict': 'name',
    'days': 'days',
    'open_count': 'integer',
    'open_value': 'money',
}
# What a row begins with: the name and the step.
LABELS = 2


class GrowthConversionReport(models.Model):
    """The screen “Conversion by Salesperson” as an Excel workbook."""

    _inherit = 'growth.conversion.report'

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _export_xlsx(
        self, file, domain=None, funnel_id=None, team_id=None, days=90, reading='entry'
    ):
        """Write what `get_salespeople` tells the user as an Excel workbook.

        :param file: binary file object, open for writing
        :return: number of salespeople written
        :rtype: int
        :raise AccessError: when the user may not read or not export the figures
        :raise UserError: when there is no such choice
        """
        from .xlsx.book import money_format
        from .xlsx.conversion_xlsx import write_conversion

        self.check_access('read')
        self.env.user._growth_check_export_right()
        data = self._read_export_data(domain, funnel_id, team_id, days, reading)
        currency = self.env['res.currency'].browse(data['currency_id'])
        columns = self._get_export_columns()
        verdicts = self._get_export_verdicts()
        average = self._get_export_average(data)
        write_conversion(
            file,
            money=money_format(currency.symbol, currency.position, currency.decimal_places),
            conversion={
                'sheet': self.env._("Conversion"),
                'title': self.env._("Conversion by Salesperson"),
                'facts': self._get_export_facts(data, domain, team_id),
                'chart': self._get_export_chart(data),
                'columns': columns,
                'rows': [
                    row
                    for person in data['salespeople']
                    for row in self._get_export_rows(person, data['steps'], verdicts)
                ],
                'average_rows': self._get_export_rows(average, data['steps'], verdicts),
                'verdicts': verdicts,
                'verdict_column': LABELS + list(FIGURES).index('verdict'),
            },
            pairs=self._get_export_pairs(data['pairs']),
        )
        return len(data['salespeople'])

    @api.model
    def _get_export_file_name(self):
        """Name of the company, and today in its time zone.

        :rtype: str
        """
        company = self.env.company
        return self.env._(
            "Conversion %(company)s %(date)s.xlsx",
            company=company.name,
            date=fields.Date.to_string(company._growth_day(fields.Datetime.now())),
        )

    @api.model
    def _read_export_data(self, domain, funnel_id, team_id, days, reading):
        """
        :return: of `get_salespeople`
        :rtype: dict
        """
        refusal = self.env._("This does not select leads: %s", domain)
        try:
            self._search(domain or [])
        except (TypeError, ValueError) as error:
            raise UserError(refusal) from error
        try:
            return self.get_salespeople(domain, funnel_id, team_id, days, reading)
        except psycopg2.DataError as error:
            raise UserError(refusal) from error
        except OverflowError as error:
            raise UserError(self.env._("This is not a number of days: %s", days)) from error

    # ------------------------------------------------------------
    # TABLE
    # ------------------------------------------------------------

    @api.model
    def _get_export_columns(self):
        """Headers in the user's language, with the kind of each column.

        :rtype: list[tuple[str, str]]
        """
        infos = self.fields_get(['user_id', 'step_id', *FIGURES], ['string'])
        headers = {fname: info['string'] for fname, info in infos.items()}
        headers['judged'] = self.env._("Cases Judged")
        headers['low'] = self.env._("95 % Interval From")
        headers['high'] = self.env._("95 % Interval To")
        headers['verdict'] = self.env._("Verdict")
        headers['open_count'] = self.env._("Open Leads Today")
        headers['open_value'] = self.env._("Value of Open Leads")
        return [
            (headers['user_id'], 'name'),
            (headers['step_id'], 'name'),
            *((headers[name], kind) for name, kind in FIGURES.items()),
        ]

    @api.model
    def _get_export_verdicts(self):
        """
        :return: each verdict in words
        :rtype: dict[str, str]
        """
        return {
            'on_plan': self.env._("On plan"),
            'unclear': self.env._("Below plan, but it may be chance"),
            'below_plan': self.env._("Below plan"),
            'no_plan': self.env._("No plan"),
            'not_enough': self.env._("Not enough cases"),
        }

    @api.model
    def _get_export_rows(self, person, steps, verdicts):
        """The rows of a salesperson, or of all together: one for each step with figures.

        :rtype: list[list]
        """
        rows = []
        for step in steps:
            if cell := person['cells'].get(step['id']):
                figures = [self._get_export_figure(cell.get(name)) for name in FIGURES]
                row = [person['name'], step['name'], *figures]
                column = LABELS + list(FIGURES).index('verdict')
                row[column] = verdicts.get(row[column])
                rows.append(row)
        return rows

    @api.model
    def _get_export_average(self, data):
        """The average, with the load of all for those who see all.

        :rtype: dict
        """
        average = data['average']
        if not self._is_export_complete():
            return average
        no_load = {'open_count': 0, 'open_value': 0.0}
        cells = {step_id: {**cell, **no_load} for step_id, cell in average['cells'].items()}
        for person in data['salespeople']:
            for step_id, cell in person['cells'].items():
                # Where nobody came in the period, the figures are nothing for all as for one.
                total = cells.setdefault(step_id, {**cell, **no_load})
                for name in no_load:
                    total[name] += cell[name]
        return {**average, 'cells': cells}

    @api.model
    def _is_export_complete(self):
        """Whether the user sees everybody's figures, so that the average is of those."""
        return self.env.user.has_group('sales_team.group_sale_salesman_all_leads')

    @api.model
    def _get_export_figure(self, value):
        """None, which makes an empty cell, for undefined figures."""
        return None if value is False else value

    # ------------------------------------------------------------
    # FACTS
    # ------------------------------------------------------------

    @api.model
    def _get_export_facts(self, data, domain, team_id):
        """Labels and values of what the figures were made of.

        :rtype: list[tuple[str, list[tuple]]]
        """
        last_day = fields.Date.to_date(data['date_to'])
        facts = [
            (self.env._("Company"), data['company_name'], 'name'),
            (
                self.env._("Funnel"),
                self._get_export_name('growth.funnel', data['funnel_id']),
                'name',
            ),
        ]
        if team_id:
            team_name = self._get_export_name('crm.team', team_id)
            facts.append((self.env._("Sales Team"), team_name, 'name'))
        if data['date_from']:
            first_day = fields.Date.to_date(data['date_from'])
            facts.append((self.env._("First Day"), first_day, 'date'))
        reading = self._get_export_readings()[data['reading']]
        facts += [
            (self.env._("Last Day"), last_day, 'date'),
            (self.env._("Reading"), reading, 'name'),
            (self.env._("Verdict From (leads)"), data['minimum'], 'integer'),
        ]
        if domain:
            facts.append((self.env._("Filter"), str(domain), 'name'))
        facts.append((self.env._("Exported On"), last_day, 'date'))
        return [(label, [(value, kind)]) for label, value, kind in facts]

    @api.model
    def _get_export_name(self, model, record_id):
        return self.env[model].browse(record_id).display_name

    @api.model
    def _get_export_readings(self):
        return {
            'entry': self.env._("By entry: of those who came to the step, passed by now"),
            'event': self.env._("Events in the period"),
        }

    # ------------------------------------------------------------
    # WHO TEACHES WHOM
    # ------------------------------------------------------------

    @api.model
    def _get_export_pairs(self, pairs):
        """
        :return: the sheet, with a row for each pair and step
        :rtype: dict
        """
        # Named here: between tuples of terms, the export of terms would take a key for one.
        fnames = ('teacher_id', 'pupil_id', 'step_id')
        lines = self.env['growth.funnel.coaching.line']
        labels = lines.fields_get(fnames, ['string'])
        teacher, pupil, step_name = (labels[fname]['string'] for fname in fnames)
        return {
            'sheet': self.env._("Who teaches whom"),
            'columns': [
                (teacher, 'name'),
                (pupil, 'name'),
                (step_name, 'name'),
                (self.env._("Conversion of the Teacher"), 'percent'),
                (self.env._("Conversion of the Pupil"), 'percent'),
                (self.env._("Same Team"), 'boolean'),
                (self.env._("Being Taught"), 'boolean'),
                (self.env._("In Words"), 'sentence'),
            ],
            'rows': [
                [
                    pair['teacher_name'],
                    pair['pupil_name'],
                    step['name'],
                    step['teacher_conversion'],
                    step['pupil_conversion'],
                    pair['same_team'],
                    step['is_coached'],
                    pair['sentence'],
                ]
                for pair in pairs
                for step in pair['steps']
            ],
        }
