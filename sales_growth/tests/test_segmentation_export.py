import io
import json
import os
import tempfile
import zipfile
from datetime import date, datetime
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import growth_customer_export
from ..reports.xlsx import segmentation_xlsx
from ..reports.xlsx.book import money_format
from .common import SalesGrowthCommon

URL = '/sales_growth/segmentation.xlsx'


class SegmentationExportCommon(SalesGrowthCommon):
    """Six customers: of growth_own, of nobody, of growth_all, and one of another company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.user_own, cls.user_all):
            user.group_ids |= cls.env.ref('base.group_allow_export')
        cls.belgium = cls.env.ref('base.be')
        cls.golden = cls._create_customer(
            "Golden", user_id=cls.user_own.id, country_id=cls.belgium.id
        )
        cls.second = cls._create_customer("Second", user_id=cls.user_all.id)
        cls.formula = cls._create_customer("=1+1")
        cls.loser = cls._create_customer("Loser", user_id=cls.user_all.id)
        cls.former = cls._create_customer("Former", user_id=cls.user_own.id)
        cls._create_orders(cls.golden, [200, 200, 200, 200.5])
        cls._create_orders(cls.second, [75, 75], cost=10)
        cls._create_orders(cls.formula, [49.5])
        cls._create_orders(cls.loser, [20, -60])
        cls._create_order(cls.former, 500, '2024-02-01 12:00:00')

        cls.other_company = cls._create_company("Other Company", cls.eur)
        cls.foreign = cls._create_customer("Foreign")
        cls._create_order(cls.foreign, 1000, company=cls.other_company)
        cls._refresh(cls.company | cls.other_company)

    def _customers(self, user, company=None):
        return (
            self.env['growth.customer']
            .with_user(user)
            .with_context(allowed_company_ids=(company or self.company).ids)
        )

    def _write(self, user, domain=None, company=None):
        file = io.BytesIO()
        self._customers(user, company)._export_xlsx(file, domain)
        return file

    def _export(self, user, domain=None, company=None):
        return load_workbook(self._write(user, domain, company))

    def _rows(self, workbook):
        """The rows of the customers' sheet: header to cell."""
        header, *rows = workbook['Customers'].iter_rows()
        names = [cell.value for cell in header]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _names(self, workbook):
        return [row['Customer'].value for row in self._rows(workbook)]


@tagged('post_install', '-at_install')
class TestSegmentationExport(SegmentationExportCommon):
    # ------------------------------------------------------------
    # SHEET OF CUSTOMERS
    # ------------------------------------------------------------

    def test_values_and_types(self):
        rows = self._rows(self._export(self.user_admin))
        customer = self._customer(self.golden)
        golden = {header: cell.value for header, cell in rows[0].items()}
        # In the order of the columns.
        self.assertEqual(
            list(golden.items()),
            [
                ("Rank", 1),
                ("Customer", "Golden"),
                ("Segment", "AX"),
                ("ABC Class", "A"),
                ("XYZ Class", "X"),
                ("Tier", "Golden"),
                ("Value", 800.5),
                ("Share of Value", 0.8005),
                ("Cumulative Share", 0.8005),
                ("Revenue", 800.5),
                ("Profit", 800.5),
                ("Orders", 4),
                ("Average Order", 200.13),
                ("Variation of Demand", customer.demand_cv),
                ("First Order", datetime(2026, 3, 10)),
                ("Last Order", datetime(2026, 6, 10)),
                ("Salesperson", self.user_own.name),
                ("Country", "Belgium"),
                ("Loss-making", False),
                ("Newcomer", False),
                ("Manual Reason", None),
                ("Explanation", customer.explanation),
            ],
        )
        self.assertTrue(customer.demand_cv and customer.explanation)
        types = {header: cell.data_type for header, cell in rows[0].items()}
        self.assertEqual(
            {header for header, data_type in types.items() if data_type == 'n'},
            {
                "Rank",
                "Value",
                "Share of Value",
                "Cumulative Share",
                "Revenue",
                "Profit",
                "Orders",
                "Average Order",
                "Variation of Demand",
                "Manual Reason",
            },
        )
        self.assertTrue(rows[0]["Last Order"].is_date)
        self.assertEqual(types["Loss-making"], 'b')
        self.assertEqual(rows[0]["Share of Value"].number_format, '0.0%')
        self.assertEqual(
            [row["Profit"].value for row in rows if row["Customer"].value == "Second"], [130]
        )

    def test_customers_come_by_rank_and_those_without_a_class_last(self):
        rows = self._rows(self._export(self.user_admin))
        self.assertEqual(
            [(row["Rank"].value, row["Customer"].value, row["Segment"].value) for row in rows],
            [
                (1, "Golden", "AX"),
                (2, "Second", "BY"),
                (3, "=1+1", "CZ"),
                (4, "Loser", "CZ"),
                (None, "Former", None),
            ],
        )

    def test_undefined_figures_are_empty(self):
        rows = {row["Customer"].value: row for row in self._rows(self._export(self.user_admin))}
        loser, former = rows["Loser"], rows["Former"]
        self.assertEqual(loser["Value"].value, -40)
        self.assertEqual(loser["Loss-making"].value, True)
        self.assertIsNone(loser["Variation of Demand"].value, "Not 0: the most regular of all")
        self.assertEqual(former["Value"].value, 0)
        self.assertIsNone(former["Cumulative Share"].value)
        self.assertIsNone(former["Average Order"].value)
        self.assertIn("No class", former["Explanation"].value)

    def test_text_is_never_a_formula_a_link_or_a_number(self):
        names = ["=1+1", "@SUM(A1)", "+1", "-1", "https://example.com", "0042", "{=1}", "a\x01b"]
        for number, name in enumerate(names[1:], start=1):
            self._create_order(self._create_customer(name), number)
        self._refresh()
        workbook = self._export(self.user_admin)
        cells = {row["Customer"].value: row["Customer"] for row in self._rows(workbook)}
        for name in names:
            # As a workbook writes a control character.
            cell = cells[name.replace("\x01", "_x0001_")]
            self.assertIn(cell.data_type, ('s', 'inlineStr'), name)
            self.assertIsNone(cell.hyperlink, name)

    def test_header_is_bold_and_frozen_with_filters(self):
        sheet = self._export(self.user_admin)['Customers']
        self.assertEqual(sheet.freeze_panes, 'C2')
        self.assertEqual(sheet.auto_filter.ref, 'A1:V6')
        self.assertTrue(all(cell.font.bold for cell in sheet[1]))
        self.assertFalse(sheet['B2'].font.bold)
        self.assertGreater(sheet.column_dimensions['B'].width, 30)

    def test_amounts_have_the_format_of_the_company_currency(self):
        yen = self.env.ref('base.JPY')
        yen.active = True
        japan = self._create_company("Japan", yen)
        self._create_order(self._create_customer("Tokyo"), 1000, company=japan)
        self._refresh(japan)
        self.user_admin.company_ids = self.company | self.other_company | japan
        for company, expected in (
            (self.company, '"$"\xa0#,##0.00'),
            (self.other_company, '#,##0.00\xa0"€"'),
            (japan, '"¥"\xa0#,##0' if yen.position == 'before' else '#,##0\xa0"¥"'),
        ):
            row = self._rows(self._export(self.user_admin, company=company))[0]
            for header in ("Value", "Revenue", "Profit", "Average Order"):
                self.assertEqual(row[header].number_format, expected)

    def test_money_format_of_odd_symbols(self):
        self.assertEqual(money_format("", 'after', 3), '#,##0.000')
        self.assertEqual(money_format('k"r', 'after', 0), '#,##0\xa0"kr"')

    def test_manual_segment(self):
        self._customer(self.second).with_user(self.user_admin).write(
            {'manual_segment_id': self._segment('AX').id, 'manual_reason': "=Strategic"}
        )
        row = self._rows(self._export(self.user_admin))[1]
        self.assertEqual(
            [row[header].value for header in ("Customer", "Segment", "Manual Reason")],
            ["Second", "AX", "=Strategic"],
        )
        self.assertIn("Set to AX by hand", row["Explanation"].value)

    def test_all_batches_make_one_sheet(self):
        whole = self._rows(self._export(self.user_admin))
        with patch.object(growth_customer_export, 'PREFETCH_MAX', 2):
            parts = self._rows(self._export(self.user_admin))
        self.assertEqual(
            [{header: cell.value for header, cell in row.items()} for row in parts],
            [{header: cell.value for header, cell in row.items()} for row in whole],
        )

    def test_queries_do_not_grow_with_the_customers(self):
        self._write(self.user_admin)
        before = self._count_queries()
        for number in range(10):
            partner = self._create_customer(
                f"Customer {number}", user_id=self.user_all.id, country_id=self.belgium.id
            )
            self._create_orders(partner, [10, 20])
        self._refresh()
        self.assertEqual(self._count_queries(), before)

    def _count_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        count = self.env.cr.sql_log_count
        self._write(self.user_admin)
        return self.env.cr.sql_log_count - count

    # ------------------------------------------------------------
    # SHEETS OF MATRIX AND CURVE
    # ------------------------------------------------------------

    def test_matrix(self):
        sheet = self._export(self.user_admin)['Matrix']
        facts = {row[0].value: [cell.value for cell in row[1:3]] for row in sheet['A3:C16']}
        self.assertEqual(facts["Company"][0], "Growth Test Company")
        self.assertEqual(facts["Window"], [datetime(2025, 7, 1), datetime(2026, 6, 30)])
        self.assertEqual(facts["Segmentation Metric"][0], "Revenue")
        self.assertEqual(facts["ABC Method"][0], "Cumulative share of value")
        self.assertEqual(facts["A up to (% of value)"][0], 80)
        self.assertEqual(facts["X from (orders)"][0], 3)
        self.assertEqual(facts["Customers with a class"][0], 4)
        self.assertEqual(facts["Customers without a class"][0], 1)

        top = next(row[0].row for row in sheet.iter_rows() if row[2].value == "X")
        self.assertEqual([cell.value for cell in sheet[top][2:6]], ["X", "Y", "Z", "Total"])
        figures = [
            [cell.value for cell in row[:6]]
            for row in sheet.iter_rows(min_row=top + 1, max_row=top + 12)
        ]
        self.assertEqual(figures[0], ["A", "Customers", 1, 0, 0, 1])
        self.assertEqual(figures[1], [None, "Revenue", 800.5, 0, 0, 800.5])
        self.assertEqual(figures[3], ["B", "Customers", 0, 1, 0, 1])
        self.assertEqual(figures[6], ["C", "Customers", 0, 0, 2, 2])
        self.assertEqual(figures[7], [None, "Revenue", 0, 0, 9.5, 9.5])
        self.assertEqual(figures[9], ["Total", "Customers", 1, 1, 2, 4])
        self.assertEqual(figures[10], [None, "Revenue", 800.5, 150, 9.5, 960])
        self.assertAlmostEqual(figures[2][2], 800.5 / 960)
        self.assertAlmostEqual(figures[11][5], 1)

        fills = [
            [cell.fill.start_color.rgb[2:] for cell in row[2:5]]
            for row in sheet.iter_rows(min_row=top + 1, max_row=top + 9)
        ]
        colors = {tier: color[1:] for tier, color in segmentation_xlsx.TIER_FILLS.items()}
        self.assertEqual(len(set(colors.values())), 3)
        for number, line in enumerate(fills):
            self.assertEqual(
                line,
                [colors[self._segment(f'{"ABC"[number // 3]}{letter}').tier] for letter in "XYZ"],
            )
        self.assertEqual(sheet.cell(top + 2, 3).number_format, '"$"\xa0#,##0.00')
        self.assertEqual(sheet.cell(top + 3, 3).number_format, '0.0%')

    def test_curve_is_a_chart_of_the_pareto_sheet(self):
        file = self._write(self.user_admin)
        sheet = load_workbook(file)['Pareto']
        self.assertEqual(
            [[cell.value for cell in row] for row in sheet.iter_rows()],
            [
                [
                    "Rank",
                    "Share of Customers",
                    "Cumulative Share",
                    "Value",
                    "ABC Class",
                    "A",
                    "B",
                    "C",
                ],
                [1, 1 / 3, 0.8005, 800.5, "A", 0.8005, None, None],
                [2, 2 / 3, 0.9505, 150, "B", None, 0.9505, None],
                [3, 1, 1, 49.5, "C", None, None, 1],
            ],
        )
        with zipfile.ZipFile(file) as archive:
            chart = archive.read('xl/charts/chart1.xml').decode()
            drawings = archive.read('xl/worksheets/_rels/sheet1.xml.rels').decode()
        self.assertIn('<c:scatterChart>', chart)
        for reference in ('Pareto!$B$2:$B$4', 'Pareto!$C$2:$C$4', 'Pareto!$F$2:$F$4'):
            self.assertIn(f'<c:f>{reference}</c:f>', chart)
        self.assertIn('drawing1.xml', drawings, "The chart is on the sheet of the matrix")

    def test_nothing_sold_gives_a_workbook_without_a_chart(self):
        company = self._create_company("Empty Company")
        self.user_admin.company_ids += company
        file = self._write(self.user_admin, company=company)
        workbook = load_workbook(file)
        self.assertEqual(workbook.sheetnames, ['Matrix', 'Customers', 'Pareto'])
        self.assertEqual(workbook['Customers'].max_row, 1)
        self.assertEqual(workbook['Matrix']['A4'].value, "Window")
        self.assertIsNone(workbook['Matrix']['B4'].value)
        with zipfile.ZipFile(file) as archive:
            self.assertNotIn('xl/charts/chart1.xml', archive.namelist())

    # ------------------------------------------------------------
    # RIGHTS AND SELECTION
    # ------------------------------------------------------------

    def test_a_salesperson_gets_own_and_unassigned_customers(self):
        workbook = self._export(self.user_own)
        self.assertEqual(self._names(workbook), ["Golden", "=1+1", "Former"])
        self.assertEqual(workbook['Pareto'].max_row, 3)
        facts = {row[0].value: row[1].value for row in workbook['Matrix']['A3:B16']}
        self.assertEqual(facts["Customers with a class"], 2)
        self.assertEqual(
            self._rows(workbook)[1]["Rank"].value, 3, "The rank is one among all customers"
        )
        self.assertNotIn("Share of Value", self._rows(workbook)[0])
        self.assertIn("Share of Value", self._rows(self._export(self.user_all))[0])

    def test_who_sees_all_gets_all_of_the_company(self):
        for user in (self.user_all, self.user_admin):
            self.assertEqual(
                self._names(self._export(user)), ["Golden", "Second", "=1+1", "Loser", "Former"]
            )

    def test_another_company_is_never_in_the_file(self):
        self.user_admin.company_ids += self.other_company
        domain = [('company_id', '=', self.other_company.id)]
        self.assertNotIn("Foreign", self._names(self._export(self.user_admin)))
        self.assertEqual(self._names(self._export(self.user_admin, domain)), [])
        both = self.company | self.other_company
        self.assertNotIn("Foreign", self._names(self._export(self.user_admin, company=both)))
        self.assertEqual(
            self._names(self._export(self.user_admin, company=self.other_company)), ["Foreign"]
        )

    def test_a_hidden_contact_keeps_its_name(self):
        hidden = self._create_company("Hidden Company")
        self.golden.company_id = hidden
        self.assertFalse(
            self.golden.with_user(self.user_own)
            .with_context(allowed_company_ids=self.company.ids)
            .has_access('read')
        )
        self.assertIn("Golden", self._names(self._export(self.user_own)))

    def test_fields_that_the_user_may_not_read_are_left_out(self):
        self.patch(self.env['growth.customer']._fields['profit'], 'groups', 'base.group_system')
        headers = self._rows(self._export(self.user_admin))[0]
        self.assertNotIn("Profit", headers)
        self.assertIn("Revenue", headers)

    def test_users_without_access_get_nothing(self):
        outsider = new_test_user(
            self.env,
            'growth_outsider',
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self._write(outsider)

    def test_domain(self):
        self.assertEqual(
            self._names(self._export(self.user_admin, [('value_rank', 'in', [2, 3])])),
            ["Second", "=1+1"],
        )

    @mute_logger('odoo.sql_db')
    def test_invalid_domains(self):
        for domain in (
            'x',
            {'a': 1},
            ['&'],
            [[1, 2]],
            [['nope', '=', 1]],
            [['value', '>', 'abc']],
            [['id', 'in', ['a']]],
            [['partner_id', '=', {'a': 1}]],
            [['last_order_date', '>', 'soon']],
            [['partner_id.name', '=ilike', 'a\\']],
        ):
            with (
                self.subTest(domain=domain),
                self.assertRaisesRegex(UserError, "does not select customers"),
                self.env.cr.savepoint(),
            ):
                self._write(self.user_admin, domain)

    def test_more_customers_than_rows(self):
        with (
            patch.object(segmentation_xlsx, 'MOST_ROWS', 5),
            self.assertRaisesRegex(UserError, "5 customers are more than"),
        ):
            self._write(self.user_admin)

    def test_nothing_is_left_behind_when_writing_fails(self):
        with (
            tempfile.TemporaryDirectory() as folder,
            patch.object(tempfile, 'tempdir', folder),
            patch.object(
                type(self.env['growth.customer']), '_explain_abc', side_effect=ZeroDivisionError
            ),
        ):
            with self.assertRaises(ZeroDivisionError):
                self._write(self.user_admin)
            self.assertEqual(os.listdir(folder), [])

    # ------------------------------------------------------------
    # BUTTON
    # ------------------------------------------------------------

    def _click(self, customers, active_model='growth.customer', **context):
        action = customers.with_context(active_model=active_model, **context).action_export_xlsx()
        self.assertEqual((action['type'], action['target']), ('ir.actions.act_url', 'download'))
        url = urlsplit(action['url'])
        self.assertEqual(url.path, URL)
        query = {name: json.loads(value) for name, (value,) in parse_qs(url.query).items()}
        return query.pop('company_id'), query.get('domain')

    def test_button_exports_all_customers(self):
        Customer = self._customers(self.user_own)
        self.assertEqual(self._click(Customer), (self.company.id, None))
        self.assertEqual(
            self._click(Customer, active_model='res.partner', active_domain=[['id', '=', 1]]),
            (self.company.id, None),
            "That is the search of another list",
        )

    def test_button_exports_what_was_searched(self):
        domain = [['partner_id.name', 'ilike', "A & B = 100 % + ü"], ['tier', '=', 'golden']]
        self.assertEqual(
            self._click(self._customers(self.user_own), active_domain=domain),
            (self.company.id, domain),
        )

    def test_button_exports_the_selection(self):
        customers = self._customer(self.second) | self._customer(self.golden)
        ids = customers.ids
        self.assertEqual(
            self._click(customers.with_user(self.user_all), active_domain=[]),
            (self.company.id, [['id', 'in', ids]]),
        )
        domain = [['value', '>', 40]]
        self.assertEqual(
            self._click(customers.with_user(self.user_all), active_domain=domain),
            (self.company.id, [['id', 'in', ids]]),
        )

    def test_button_takes_all_that_was_found_as_the_search(self):
        domain = [['value', '>', 40]]
        found = self._customers(self.user_all).search(domain)
        self.assertEqual(len(found), 3)
        self.assertEqual(self._click(found, active_domain=domain), (self.company.id, domain))

    def test_button_with_several_companies(self):
        both = self.company | self.other_company
        self.user_admin.company_ids = both
        foreign = self._customer(self.foreign, self.other_company)
        customers = (
            (self._customer(self.golden) | foreign)
            .with_user(self.user_admin)
            .with_context(allowed_company_ids=both.ids)
        )
        with self.assertRaisesRegex(UserError, "one company"):
            customers.action_export_xlsx()
        self.assertEqual(
            self._click(foreign.with_env(customers.env)),
            (self.other_company.id, [['id', 'in', foreign.ids]]),
        )

    def test_button_with_more_customers_than_an_address_holds(self):
        with (
            patch.object(growth_customer_export, 'LONGEST_URL', 60),
            self.assertRaisesRegex(UserError, "too many customers"),
        ):
            self._click(self._customer(self.second).with_user(self.user_all))


@tagged('post_install', '-at_install')
class TestSegmentationExportRoute(HttpCase, SegmentationExportCommon):
    def _get(self, login='growth_own', **params):
        self.authenticate(login, login)
        return self.url_open(URL, params=params, allow_redirects=False, timeout=60)

    def test_download(self):
        response = self._get()
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.headers['Content-Type'],
            'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
        )
        self.assertIn(
            "Segmentation%20Growth%20Test%20Company%202026-06-30.xlsx",
            response.headers['Content-Disposition'],
        )
        self.assertTrue(response.headers['Content-Disposition'].startswith('attachment;'))
        self.assertEqual(int(response.headers['Content-Length']), len(response.content))
        self.assertEqual(
            self._names(load_workbook(io.BytesIO(response.content))), ["Golden", "=1+1", "Former"]
        )

    def test_the_address_of_the_button_is_the_route(self):
        action = self._customer(self.second).with_user(self.user_all).action_export_xlsx()
        self.authenticate('growth_all', 'growth_all')
        response = self.url_open(action['url'], timeout=60)
        self.assertEqual(self._names(load_workbook(io.BytesIO(response.content))), ["Second"])

    def test_company(self):
        self.user_admin.company_ids += self.other_company
        response = self._get('growth_admin', company_id=self.other_company.id)
        self.assertIn("Other%20Company", response.headers['Content-Disposition'])
        self.assertEqual(self._names(load_workbook(io.BytesIO(response.content))), ["Foreign"])

    def test_name_of_the_file_has_no_slashes(self):
        self.company.name = 'A/B: "C" Ä'
        disposition = self._get().headers['Content-Disposition']
        name = disposition.rpartition("''")[2]
        self.assertIn("%C3%84%202026-06-30.xlsx", name)
        self.assertNotIn("/", name)
        self.assertNotIn("%2F", name)

    def test_before_the_first_run_the_file_is_of_today(self):
        company = self._create_company("Fresh Company")
        self.user_admin.company_ids += company
        response = self._get('growth_admin', company_id=company.id)
        self.assertIn(
            f"Fresh%20Company%20{date.today()}.xlsx", response.headers['Content-Disposition']
        )

    @mute_logger('odoo.http')
    def test_no_access(self):
        outsider = new_test_user(
            self.env,
            'growth_outsider',
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        portal = new_test_user(
            self.env,
            'growth_portal',
            groups='base.group_portal',
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for login, params in (
            (outsider.login, {}),
            (portal.login, {}),
            ('growth_own', {'company_id': self.other_company.id}),
        ):
            with self.subTest(login=login):
                response = self._get(login, **params)
                self.assertEqual(response.status_code, 403)
                self.assertNotIn('Content-Disposition', response.headers)

    def test_visitors_are_asked_to_log_in(self):
        response = self.url_open(URL, allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertIn('/web/login', response.headers['Location'])

    @mute_logger('odoo.http', 'odoo.sql_db')
    def test_invalid_input(self):
        for params in (
            {'domain': '[('},
            {'domain': '[["nope", "=", 1]]'},
            {'domain': '[["id", "in", ["a"]]]'},
            {'company_id': 'x'},
        ):
            with self.subTest(params=params):
                response = self._get(**params)
                self.assertEqual(response.status_code, 422)
                self.assertRegex(response.text, "does not select customers|not a company")
