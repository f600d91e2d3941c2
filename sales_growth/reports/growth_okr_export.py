from urllib.parse import urlencode

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every
from odoo.tools.constants import PREFETCH_MAX

EXPORT_URL = '/sales_growth/okr.xlsx'
# File names keep hyphens alone.
DASHES = str.maketrans('–—', '--')
# What people read best with a cell as the values of a key result are written.
VALUE_KINDS = {'money': 'money', 'percentage': 'percent'}


class GrowthOkrCycle(models.Model):
    """The review of a cycle as an Excel workbook."""

    _inherit = 'growth.okr.cycle'

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.readonly
    def action_export_xlsx(self):
        """Download the review of the cycle.

        :raise AccessError: when the user may not take data out as a file
        """
        self.ensure_one()
        self.check_access('read')
        self.env.user._growth_check_export_right()
        query = urlencode({'company_id': self.company_id.id, 'cycle_id': self.id})
        return {'type': 'ir.actions.act_url', 'url': f'{EXPORT_URL}?{query}', 'target': 'download'}

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _export_xlsx(self, file):
        """Write the cycle with its objectives, key results, check-ins and verdicts as an Excel
        workbook, as far as the user may see them.

        :param file: binary file object, open for writing
        :return: number of objectives written
        :rtype: int
        :raise AccessError: when the user may not read the cycle or export data
        :raise UserError: when there are more check-ins than a sheet has rows
        """
        from .xlsx.book import money_format
        from .xlsx.okr_xlsx import MOST_ROWS, write_okr

        self.ensure_one()
        self.check_access('read')
        self.env.user._growth_check_export_right()
        check_ins = self.env['growth.okr.check.in']._search(
            [('cycle_id', '=', self.id)], order='date, id'
        )
        ids = check_ins.get_result_ids()
        if len(ids) >= MOST_ROWS:
            raise UserError(
                self.env._(
                    "%(count)s check-ins are more than the rows of an Excel sheet (%(limit)s).",
                    count=len(ids),
                    limit=MOST_ROWS,
                )
            )
        review = self._get_review()
        currency = self.company_id.currency_id
        write_okr(
            file,
            money=money_format(currency.symbol, currency.position, currency.decimal_places),
            objectives=self._get_export_objectives(review),
            key_results=self._get_export_key_results(review),
            verdicts=self._get_export_verdicts(review),
            # Last, as each batch of rows leaves nothing in memory.
            check_ins=self._get_export_check_ins(ids),
        )
        return len(review['objectives'])

    def _get_export_file_name(self):
        """Name of the cycle and the company, and today in its time zone.

        :rtype: str
        """
        self.ensure_one()
        company = self.company_id
        return self.env._(
            "OKR %(cycle)s %(company)s %(date)s.xlsx",
            cycle=self.name.translate(DASHES),
            company=company.name,
            date=fields.Date.to_string(company._growth_day(fields.Datetime.now())),
        )

    # ------------------------------------------------------------
    # BUSINESS: SHEETS
    # ------------------------------------------------------------

    def _get_export_objectives(self, review):
        labels = self._get_export_labels('growth.okr.objective')
        columns = {
            'name': 'name',
            'parent_id': 'name',
            'owner_id': 'short',
            'status': 'short',
            'progress': 'percent',
            'expected': 'percent',
            'confidence': 'ratio',
            'level': 'label',
            'team_id': 'short',
            'kind': 'label',
            'weight': 'ratio',
            'counts_for_parent': 'boolean',
            'date_deadline': 'date',
            'why': 'sentence',
        }
        labels['status'] = self.env._("Pace or Verdict")
        return {
            'sheet': self.env._("Objectives"),
            'columns': [(labels[fname], kind) for fname, kind in columns.items()],
            'bars': [list(columns).index('progress')],
            'rows': [self._get_export_objective(line, columns) for line in review['objectives']],
            'depths': [line['depth'] for line in review['objectives']],
            'tones': [line['status']['tone'] for line in review['objectives']],
            'tone_column': list(columns).index('status'),
        }

    @api.model
    def _get_export_objective(self, line, columns):
        objective = line['record']
        # Nobody was sure of anything yet.
        has_confidence = any(each['record'].last_check_in_date for each in line['key_results'])
        found = {
            'owner_id': line['owner'],
            'status': line['status']['label'],
            'progress': line['progress'],
            'expected': line['expected'],
            'confidence': objective.confidence if has_confidence else None,
        }
        return [
            found[fname] if fname in found else self._read_export_cell(objective, fname)
            for fname in columns
        ]

    def _get_export_key_results(self, review):
        labels = self._get_export_labels('growth.okr.key.result')
        columns = {
            'name': 'name',
            'objective_id': 'name',
            'owner_id': 'short',
            'kind': 'label',
            'unit': 'label',
            'baseline': 'number',
            'current': 'number',
            'target': 'number',
            'range_min': 'number',
            'range_max': 'number',
            'current_date': 'date',
            'progress': 'percent',
            'expected': 'percent',
            'pace': 'short',
            'confidence': 'integer',
            'last_check_in_date': 'date',
            'is_stale': 'boolean',
            'weight': 'ratio',
            'source': 'label',
            'blocker': 'name',
            'error': 'sentence',
        }
        labels.update(
            objective_id=labels['objective_id'],
            baseline=self.env._("At the Start"),
            current=self.env._("Now"),
            target=self.env._("To Reach"),
        )
        lines = [(line, each) for line in review['objectives'] for each in line['key_results']]
        return {
            'sheet': self.env._("Key Results"),
            'columns': [(labels[fname], kind) for fname, kind in columns.items()],
            'bars': [list(columns).index('progress')],
            'rows': [
                self._get_export_key_result(line, key_result, columns) for line, key_result in lines
            ],
            'tones': [each['status'] and each['status']['tone'] for _line, each in lines],
            'tone_column': list(columns).index('pace'),
        }

    @api.model
    def _get_export_key_result(self, line, key_result, columns):
        record = key_result['record']
        is_range = record.direction == 'range'
        found = {
            'objective_id': line['record'].name,
            'owner_id': key_result['owner'],
            'baseline': record._get_export_value(record.baseline),
            'current': record._get_export_value(record.current),
            'target': None if is_range else record._get_export_value(record.target),
            'range_min': record._get_export_value(record.range_min) if is_range else None,
            'range_max': record._get_export_value(record.range_max) if is_range else None,
            'progress': record.progress,
            'expected': key_result['expected'],
            'pace': key_result['status'] and key_result['status']['label'] or None,
            'confidence': record.confidence if record.last_check_in_date else None,
        }
        return [
            found[fname] if fname in found else self._read_export_cell(record, fname)
            for fname in columns
        ]

    def _get_export_check_ins(self, ids):
        labels = self._get_export_labels('growth.okr.check.in')
        key_result_labels = self._get_export_labels('growth.okr.key.result')
        columns = {
            'key_result_id': 'name',
            'objective_id': 'name',
            'date': 'date',
            'user_id': 'short',
            'is_automatic': 'boolean',
            'value': 'number',
            'progress': 'percent',
            'expected': 'percent',
            'confidence': 'integer',
            'comment': 'sentence',
            'blocker': 'name',
        }
        labels['objective_id'] = key_result_labels['objective_id']
        return {
            'sheet': self.env._("Check-Ins"),
            'columns': [(labels[fname], kind) for fname, kind in columns.items()],
            'bars': [list(columns).index('progress')],
            'rows': self._iterate_export_check_ins(ids, columns),
        }

    @api.model
    def _iterate_export_check_ins(self, ids, columns):
        for batch in split_every(PREFETCH_MAX, ids):
            for check_in in self.env['growth.okr.check.in'].browse(batch):
                found = {
                    'value': check_in.key_result_id._get_export_value(check_in.value),
                    'confidence': None if check_in.is_automatic else check_in.confidence,
                }
                yield [
                    found[fname] if fname in found else self._read_export_cell(check_in, fname)
                    for fname in columns
                ]
            self.env.invalidate_all()

    def _get_export_verdicts(self, review):
        labels = self._get_export_labels('growth.okr.objective')
        columns = {
            'name': 'name',
            'author_id': 'short',
            'owner_id': 'short',
            'kind': 'label',
            'verdict': 'short',
            'final_progress': 'percent',
            'closed_date': 'date',
            'closed_by_id': 'short',
            'cause': 'short',
            'lesson': 'sentence',
        }
        lines = [line for line in review['objectives'] if line['record'].state == 'closed']
        return {
            'sheet': self.env._("Verdicts"),
            'title': self.env._("Cycle Review: %s", self.name),
            'facts': self._get_export_facts(review),
            'columns': [(labels[fname], kind) for fname, kind in columns.items()],
            'bars': [list(columns).index('final_progress')],
            'rows': [
                [self._read_export_cell(line['record'], fname) for fname in columns]
                for line in lines
            ],
            'tones': [line['status']['tone'] for line in lines],
            'tone_column': list(columns).index('verdict'),
        }

    def _get_export_facts(self, review):
        """Labels and values of the cycle, and how many objectives there are of each status."""
        labels = self._get_export_labels(self._name)
        state = dict(self._fields['state']._description_selection(self.env))[self.state]
        facts = [
            (labels['company_id'], [(self.company_id.name, 'name')]),
            (labels['date_from'], [(self.date_from, 'date')]),
            (labels['date_to'], [(self.date_to, 'date')]),
            (labels['state'], [(state, 'name')]),
        ]
        if review['progress'] is not None:
            facts.append((labels['progress'], [(review['progress'], 'percent')]))
        facts.extend((status['label'], [(count, 'integer')]) for status, count in review['summary'])
        return facts

    # ------------------------------------------------------------
    # BUSINESS: CELLS
    # ------------------------------------------------------------

    @api.model
    def _get_export_labels(self, model):
        """
        :return: the labels of a model's fields, in the user's language
        :rtype: dict[str, str]
        """
        infos = self.env[model].fields_get(attributes=['string'])
        return {fname: info['string'] for fname, info in infos.items()}

    @api.model
    def _read_export_cell(self, record, fname):
        """The value of a field, None for an empty cell."""
        field = record._fields[fname]
        if field.type == 'many2one':
            # As in the views: who may see a record may see the names of what it points to.
            return record[fname].sudo().display_name or None
        if field.type == 'selection':
            labels = dict(field._description_selection(record.env))
            return labels.get(record[fname])
        if field.type in ('boolean', 'float', 'integer'):
            return record[fname]
        return record[fname] or None


class GrowthOkrKeyResult(models.Model):
    _inherit = 'growth.okr.key.result'

    def _get_export_value(self, value):
        """
        :param float value: of the key result
        :return: value and kind of its cell
        :rtype: tuple
        """
        self.ensure_one()
        if self.kind == 'yes_no':
            return self._format_value(value), 'label'
        kind = VALUE_KINDS.get(self.kind, 'number')
        if kind == 'number' and float(value).is_integer():
            kind = 'integer'
        return value, kind
