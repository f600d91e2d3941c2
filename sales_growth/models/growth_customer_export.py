import json
from urllib.parse import urlencode

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every
from odoo.tools.constants import PREFETCH_MAX

from .growth_segment import ABC_CLASSES, XYZ_CLASSES

EXPORT_URL = '/sales_growth/segmentation.xlsx'
# Common web servers refuse an address of more than 8192 bytes.
LONGEST_URL = 8000
RANKING_COLUMNS = ('value_rank', 'value_share', 'cumulative_share')
# What the kind of a column is, when the type of the field does not tell.
COLUMN_KINDS = {
    'value_share': 'percent',
    'cumulative_share': 'percent',
    'segment_id': 'label',
}
TYPE_KINDS = {
    'boolean': 'boolean',
    'char': 'name',
    'date': 'date',
    'float': 'ratio',
    'integer': 'integer',
    'many2one': 'name',
    'monetary': 'money',
    'selection': 'label',
    'text': 'sentence',
}
# Settings that a method is used with.
METHOD_SETTINGS = {
    'share': ('growth_abc_share_a', 'growth_abc_share_b'),
    'customers': ('growth_abc_customers_a', 'growth_abc_customers_b'),
    'threshold': ('growth_abc_threshold_a', 'growth_abc_threshold_b'),
    'count': ('growth_xyz_count_x', 'growth_xyz_count_y'),
    'variation': ('growth_xyz_bucket', 'growth_xyz_cv_x', 'growth_xyz_cv_y'),
}


class GrowthCustomer(models.Model):
    _inherit = 'growth.customer'

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.readonly
    def action_export_xlsx(self):
        """Download the segmentation of a company: of the selected customers, else of those of the
        active company that the search in the list finds, else of all of them.

        :raise UserError: when customers of several companies are selected, or so many that they
            cannot be named one by one
        """
        self.env.user._growth_check_export_right()
        company = self.company_id or self.env.company
        if len(company) > 1:
            raise UserError(
                self.env._(
                    "Classes and amounts are one company's: select customers of one company."
                )
            )
        url = self._get_export_url(company, self._get_export_domain())
        if len(url) > LONGEST_URL:
            raise UserError(
                self.env._(
                    "These are too many customers to pick out one by one. Narrow the list with a "
                    "filter and select all of it or none: both export what the filter finds."
                )
            )
        return {'type': 'ir.actions.act_url', 'url': url, 'target': 'download'}

    def _get_export_domain(self):
        found = []
        if self.env.context.get('active_model') == self._name:
            found = self.env.context.get('active_domain') or []
        # Who selects all that was found means the filter, however many these are.
        if not self or (found and self.search_count(found) == len(self)):
            return found
        return [('id', 'in', self.ids)]

    def _get_export_url(self, company, domain):
        query = {'company_id': company.id}
        if domain:
            query['domain'] = json.dumps(domain, separators=(',', ':'))
        return f'{EXPORT_URL}?{urlencode(query, safe=",:[]")}'

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _export_xlsx(self, file, domain=None):
        """Write the segmentation of the active company as an Excel workbook, as far as the user
        may see it.

        :param file: binary file object, open for writing
        :param list domain: which customers; all when omitted
        :return: number of customers written
        :rtype: int
        :raise AccessError: when the user may not read or not export customers
        :raise UserError: when the domain is not valid, or when there are more customers than a
            sheet has rows
        """
        from ..reports.xlsx import segmentation_xlsx as xlsx
        from ..reports.xlsx.book import money_format

        self.check_access('read')
        self.env.user._growth_check_export_right()
        ranking = self._read_export_ranking(domain)
        if len(ranking) >= xlsx.MOST_ROWS:
            raise UserError(
                self.env._(
                    "%(count)s customers are more than the rows of an Excel sheet (%(limit)s). "
                    "Narrow the list with a filter.",
                    count=len(ranking),
                    limit=xlsx.MOST_ROWS,
                )
            )
        currency = self.env.company.currency_id
        columns = self._get_export_columns()
        xlsx.write_segmentation(
            file,
            money=money_format(currency.symbol, currency.position, currency.decimal_places),
            matrix=self._get_export_matrix(domain),
            customers={
                'sheet': self.env._("Customers"),
                'columns': list(columns.values()),
                'rows': self._get_export_rows(ranking, columns),
            },
            curve=self._get_export_curve(domain),
        )
        return len(ranking)

    @api.model
    def _get_export_file_name(self):
        """Name of the company, and the day that the classes are of.

        :rtype: str
        """
        company = self.env.company
        return self.env._(
            "Segmentation %(company)s %(date)s.xlsx",
            company=company.name,
            date=fields.Date.to_string(company.growth_as_of or self._today(company)),
        )

    # ------------------------------------------------------------
    # BUSINESS: SHEET OF CUSTOMERS
    # ------------------------------------------------------------

    @api.model
    def _get_export_fields(self):
        """Names of the fields that make the columns of the customers' sheet, in their order.

        :rtype: list[str]
        """
        return [
            'value_rank',
            'partner_id',
            'segment_id',
            'abc_class',
            'xyz_class',
            'tier',
            'value',
            'value_share',
            'cumulative_share',
            'revenue',
            'profit',
            'order_count',
            'average_order',
            'demand_cv',
            'first_order_date',
            'last_order_date',
            'user_id',
            'country_id',
            'is_loss_making',
            'is_newcomer',
            'manual_reason',
            'explanation',
        ]

    @api.model
    def _get_export_columns(self):
        """The fields of the customers' sheet that the user may read, each with its header in the
        user's language and the kind of its column.

        :rtype: dict[str, tuple[str, str]]
        """
        readable = self.fields_get(self._get_export_fields(), ['string', 'type'])
        return {
            fname: (info['string'], COLUMN_KINDS.get(fname) or TYPE_KINDS[info['type']])
            for fname in self._get_export_fields()
            if (info := readable.get(fname))
        }

    @api.model
    def _get_export_ranking_fields(self):
        return [
            fname
            for fname in RANKING_COLUMNS
            if self._has_field_access(self._fields[fname], 'read')
        ]

    @api.model
    def _read_export_ranking(self, domain):
        """Which customers to write, by rank, those without a class last.

        :return: id, and the ranking fields that the user may read
        :rtype: list[tuple]
        """
        try:
            query = self._search(self._get_company_domain(domain), order='id')
            columns = [
                self._field_to_sql(self._table, fname, query)
                for fname in self._get_export_ranking_fields()
            ]
            query.order = SQL("%s NULLS LAST, id", columns[0])
            return self.env.execute_query(
                query.select(
                    SQL.identifier(self._table, 'id'),
                    *(SQL("COALESCE(%s, 0)", column) for column in columns),
                )
            )
        except (TypeError, ValueError, psycopg2.DataError) as error:
            raise UserError(self.env._("This does not select customers: %s", domain)) from error

    @api.model
    def _get_export_rows(self, ranking, columns):
        """The rows of the customers' sheet, read in batches that leave nothing in memory.

        :param list ranking: of `_read_export_ranking`
        :param columns: names of the fields
        :rtype: Iterator[list]
        """
        readers = [self._get_export_reader(fname) for fname in columns]
        # Not more than what the fields are prefetched for, so that a batch costs the same few
        # queries however many customers it has.
        for batch in split_every(PREFETCH_MAX, ranking):
            ids, *figures = zip(*batch, strict=True)
            customers = self.browse(ids)
            # The ranking looks at all customers of the company: read once, not for every batch.
            for fname, values in zip(self._get_export_ranking_fields(), figures, strict=True):
                self._fields[fname]._insert_cache(customers, values)
            for customer in customers:
                yield [read(customer) for read in readers]
            self.env.invalidate_all()

    def _get_export_reader(self, fname):
        """The function that gives the value of a field of a customer, None for an empty cell."""
        field = self._fields[fname]
        if field.type == 'many2one':
            # As in the views: who may see a record may see the names of what it points to.
            return lambda customer: customer[fname].sudo().display_name or None
        if field.type == 'selection':
            labels = dict(field._description_selection(self.env))
            return lambda customer: labels.get(customer[fname])
        if fname in RANKING_COLUMNS:
            return lambda customer: customer[fname] if customer.computed_abc_class else None
        if fname == 'average_order':
            return lambda customer: customer[fname] if customer.order_count else None
        if fname == 'demand_cv':
            # Without revenue it is undefined, which is not the 0 of the most regular customer.
            return lambda customer: customer[fname] if customer.revenue > 0 else None
        if field.type in ('char', 'date', 'text'):
            return lambda customer: customer[fname] or None
        return lambda customer: customer[fname]

    # ------------------------------------------------------------
    # BUSINESS: SHEETS OF MATRIX AND CURVE
    # ------------------------------------------------------------

    @api.model
    def _get_export_matrix(self, domain):
        matrix = self.get_matrix(domain)
        # Named here: between tuples of terms, the export of terms would take a key for one.
        metric = matrix['metric']
        return {
            'sheet': self.env._("Matrix"),
            'title': self.env._("ABC-XYZ segmentation"),
            'facts': self._get_export_facts(matrix),
            'classes': [*(label for _letter, label in XYZ_CLASSES), self.env._("Total")],
            'measures': [
                (self.env._("Customers"), 'integer'),
                (metric, 'money'),
                (self.env._("Share"), 'percent'),
            ],
            'rows': self._get_export_cells(matrix),
            'legend': self.env['growth.segment']._fields['tier']._description_selection(self.env),
            'note': self.env._(
                "The shares of the matrix and of the curve are of the customers in this file, "
                "those in the list are of all customers of the company."
            ),
        }

    @api.model
    def _get_export_facts(self, matrix):
        """Labels and values of what the matrix was made of: company, window, settings."""
        company = self.env.company
        window = [
            (fields.Date.to_date(matrix[key]), 'date')
            for key in ('first_day', 'last_day')
            if matrix[key]
        ]
        classified, unclassified = matrix['customer_count'], matrix['unclassified_count']
        facts = [
            (self.env._("Company"), [(company.name, 'name')]),
            (self.env._("Window"), window),
            *self._get_export_settings(company),
            (self.env._("Customers with a class"), [(classified, 'integer')]),
            (self.env._("Customers without a class"), [(unclassified, 'integer')]),
        ]
        if without_cost := self.get_lines_without_cost():
            facts.append((self.env._("Lines without cost"), [(without_cost, 'integer')]))
        return facts

    @api.model
    def _get_export_settings(self, company):
        fnames = [
            'growth_source',
            'growth_metric',
            'growth_abc_method',
            *METHOD_SETTINGS[company.growth_abc_method],
            'growth_xyz_method',
            *METHOD_SETTINGS[company.growth_xyz_method],
        ]
        infos = company.fields_get(fnames, ['string', 'type', 'selection'])
        for fname in fnames:
            info, value = infos[fname], company[fname]
            if info['type'] == 'selection':
                value = dict(info['selection'])[value]
            yield info['string'], [(value, TYPE_KINDS[info['type']])]

    @api.model
    def _get_export_cells(self, matrix):
        """The rows of the matrix with their totals: label, and for each cell its tier and the
        number of customers, value and share."""
        rows = []
        for abc_class, label in ABC_CLASSES:
            cells = [cell for cell in matrix['cells'] if cell['abc_class'] == abc_class]
            rows.append((label, cells))
        rows.append(
            (
                self.env._("Total"),
                [
                    self._sum_export_cells(
                        [cell for cell in matrix['cells'] if cell['xyz_class'] == xyz_class]
                    )
                    for xyz_class, _label in XYZ_CLASSES
                ],
            )
        )
        return [
            (
                label,
                [
                    {
                        'tier': cell['tier'],
                        'figures': (cell['customer_count'], cell['value'], cell['value_share']),
                    }
                    for cell in (*cells, self._sum_export_cells(cells))
                ],
            )
            for label, cells in rows
        ]

    @api.model
    def _sum_export_cells(self, cells):
        return {
            'tier': False,
            'customer_count': sum(cell['customer_count'] for cell in cells),
            'value': self.env.company.currency_id.round(sum(cell['value'] for cell in cells)),
            'value_share': sum(cell['value_share'] for cell in cells),
        }

    @api.model
    def _get_export_curve(self, domain):
        fnames = ('value_rank', 'value', 'abc_class')
        labels = self.fields_get(fnames, ['string'])
        rank, value, abc_class = (labels[fname]['string'] for fname in fnames)
        return {
            'sheet': self.env._("Pareto"),
            'title': self.env._("Pareto curve"),
            'columns': [
                (rank, 'integer'),
                (self.env._("Share of Customers"), 'percent'),
                (self.env._("Cumulative Share"), 'percent'),
                (value, 'money'),
                (abc_class, 'label'),
            ],
            'points': [
                [
                    point['rank'],
                    point['customer_share'],
                    point['cumulative_share'],
                    point['value'],
                    point['abc_class'],
                ]
                for point in self.get_pareto(domain)
            ],
        }
