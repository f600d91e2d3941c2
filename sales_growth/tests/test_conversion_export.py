import io
import os
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from datetime import datetime
from unittest.mock import patch

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..reports.growth_conversion_export import FIGURES
from ..reports.xlsx import conversion_xlsx
from .common_funnel import START, FunnelCommon

URL = '/sales_growth/conversion.xlsx'
CHART = {'c': 'http://schemas.openxmlformats.org/drawingml/2006/chart'}
# All that stood still since START is ripe.
TODAY = '2026-04-15'
HEADERS = [
    "Salesperson",
    "Step",
    "Came to Step",
    "Passed",
    "Lost Here",
    "Still Open",
    "Not Judged Yet",
    "Cases Judged",
    "Conversion",
    "95 % Interval From",
    "95 % Interval To",
    "Plan",
    "Gap (points)",
    "Verdict",
    "Median Days in Step",
    "Open Leads Today",
    "Value of Open Leads",
]
VERDICTS = {
    'on_plan': "On plan",
    'unclear': "Below plan, but it may be chance",
    'below_plan': "Below plan",
    'no_plan': "No plan",
    'not_enough': "Not enough cases",
    False: None,
}


class ConversionExportCommon(FunnelCommon):
    """Leads of one day; who did not pass a step is lost there, but none at the contract.

    | salesperson  | acquaintance | presentation |
    |--------------|--------------|--------------|
    | growth_own   | 15 of 30     | 12 of 15     |
    | growth_all   | 30 of 30     | 20 of 30     |
    | growth_admin | 3 of 3       | 2 of 3       |
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.user_own, cls.user_all):
            user.group_ids |= cls.env.ref('base.group_allow_export')
        cls.user_all.name = "=1+1"
        cls.team = cls._create_team(members=cls.user_own | cls.user_all)
        cls.reason = cls._create_reason()
        cls.Report = cls.env['growth.conversion.report']
        # pandas cannot be imported once the clock stands still.
        cls.Report.get_salespeople()
        with cls._at(START):
            cls._work(cls.user_own, 30, 15, 12)
            cls._work(cls.user_all, 30, 30, 20)
            cls._work(cls.user_admin, 3, 3, 2)

    def setUp(self):
        super().setUp()
        self._go_to(TODAY)

    @classmethod
    def _work(cls, user, prospects, acquainted, presented):
        leads = cls.env['crm.lead'].create(
            [
                {
                    'name': f"{user.login} {number}",
                    'type': 'opportunity',
                    'company_id': cls.company.id,
                    'user_id': user.id,
                    'team_id': cls.team.id,
                    'stage_id': cls.new.id,
                    'probability': 30.0,
                    'expected_revenue': 10.5,
                }
                for number in range(prospects)
            ]
        )
        for stage, count in ((cls.qualified, acquainted), (cls.proposition, presented)):
            lost = leads[count:]
            if lost:
                lost.action_set_lost(lost_reason_id=cls.reason.id)
            leads = leads[:count]
            leads.write({'stage_id': stage.id})

    def _report(self, user, company=None):
        return self.Report.with_user(user).with_context(
            allowed_company_ids=(company or self.company).ids
        )

    def _write(self, user=None, company=None, **choice):
        file = io.BytesIO()
        self._report(user or self.user_admin, company)._export_xlsx(file, **choice)
        return file

    def _export(self, user=None, **choice):
        return load_workbook(self._write(user, **choice))

    def _top(self, workbook, sheet='Conversion', header="Salesperson"):
        """Row of the header of the table."""
        [top] = [
            row[0].row
            for row in workbook[sheet].iter_rows()
            if row[0].value == header and row[2].value
        ]
        return top

    def _rows(self, workbook):
        """The rows of the table: header to cell."""
        sheet = workbook['Conversion']
        header, *rows = sheet.iter_rows(min_row=self._top(workbook), max_col=len(HEADERS))
        names = [cell.value for cell in header]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _values(self, workbook):
        return [[cell.value for cell in row.values()] for row in self._rows(workbook)]

    def _facts(self, workbook):
        facts = {}
        for label, value in workbook['Conversion'].iter_rows(
            min_row=3, max_col=2, values_only=True
        ):
            if not label:
                break
            facts[label] = value
        return facts

    def _expected(self, data):
        """The rows of the table, of what the screen is told."""
        rows = []
        for person in data['salespeople']:
            for step in data['steps']:
                if cell := person['cells'].get(step['id']):
                    figures = [None if cell[name] is False else cell[name] for name in FIGURES]
                    figures[list(FIGURES).index('verdict')] = VERDICTS[cell['verdict']]
                    rows.append([person['name'], step['name'], *figures])
        return rows

    def assertRows(self, found, expected):
        self.assertEqual(len(found), len(expected))
        for row, expected_row in zip(found, expected, strict=True):
            self.assertEqual(len(row), len(expected_row))
            for value, expected_value in zip(row, expected_row, strict=True):
                if isinstance(expected_value, float):
                    self.assertAlmostEqual(value, expected_value, 12)
                else:
                    self.assertEqual(value, expected_value)

    def _chart(self, file):
        """The series of the chart: axis, references to name, categories and values, the values
        that it holds, and the legend's hidden entries."""
        with zipfile.ZipFile(file) as archive:
            root = ET.fromstring(archive.read('xl/charts/chart1.xml'))
        series = []
        for axis, bars in enumerate(root.iterfind('.//c:barChart', CHART)):
            for each in bars.iterfind('c:ser', CHART):
                series.append(
                    {
                        'axis': axis,
                        'name': each.findtext('c:tx/c:strRef/c:f', None, CHART)
                        or each.findtext('c:tx/c:v', None, CHART),
                        'categories': each.findtext('c:cat/c:strRef/c:f', None, CHART),
                        'values': each.findtext('c:val/c:numRef/c:f', None, CHART),
                        'cache': [
                            float(point.text)
                            for point in each.iterfind('c:val/c:numRef/c:numCache/c:pt/c:v', CHART)
                        ],
                        'hatched': [
                            int(point.find('c:idx', CHART).get('val'))
                            for point in each.iterfind('c:dPt', CHART)
                        ],
                    }
                )
        return root, series


@tagged('post_install', '-at_install')
class TestConversionExport(ConversionExportCommon):
    # ------------------------------------------------------------
    # TABLE
    # ------------------------------------------------------------

    def test_table_is_what_the_screen_is_told(self):
        self._go_to('2026-03-20')
        self._create_lead("Idle", user_id=False)
        for choice in (
            {},
            {'days': 0},
            {'days': 7},
            {'reading': 'event'},
            {'team_id': self.team.id},
            {'domain': [['user_id', '=', self.user_own.id]]},
        ):
            with self.subTest(**choice):
                data = self._report(self.user_admin).get_salespeople(**choice)
                expected = self._expected(data)
                self.assertTrue(expected)
                rows = self._values(self._export(**choice))
                self.assertRows(rows[: len(expected)], expected)

    def test_figures_and_types(self):
        workbook = self._export()
        rows = self._rows(workbook)
        self.assertEqual(list(rows[0]), HEADERS)
        by_label = {
            (row["Salesperson"].value, row["Step"].value): {
                header: cell.value for header, cell in row.items()
            }
            for row in rows
        }
        own = by_label[self.user_own.name, "Acquaintance"]
        self.assertAlmostEqual(own.pop("95 % Interval From"), 0.331541, 6)
        self.assertAlmostEqual(own.pop("95 % Interval To"), 0.668459, 6)
        self.assertEqual(
            list(own.values()),
            [
                self.user_own.name, "Acquaintance",
                30, 15, 15, 0, 0, 30, 0.5, 1, -50, "Below plan", 0, 0, 0,
            ],
        )  # fmt: skip
        self.assertEqual(
            by_label["=1+1", "Presentation and Terms"]["Verdict"],
            "Below plan, but it may be chance",
        )
        self.assertEqual(
            by_label[self.user_admin.name, "Presentation and Terms"]["Verdict"], "Not enough cases"
        )
        own = by_label[self.user_own.name, "First Contract"]
        self.assertEqual((own["Open Leads Today"], own["Value of Open Leads"]), (12, 126))
        formats = {header: cell.number_format for header, cell in rows[0].items()}
        self.assertEqual(formats["Conversion"], '0.0%')
        self.assertEqual(formats["Gap (points)"], '+0.0;-0.0;0.0')
        self.assertEqual(formats["Value of Open Leads"], '"$"\xa0#,##0.00')
        self.assertEqual(
            {header for header, cell in rows[0].items() if cell.data_type != 'n'},
            {"Salesperson", "Step", "Verdict"},
        )

    def test_all_rows_are_the_sums(self):
        rows = [row for row in self._rows(self._export()) if row["Salesperson"].value == "All"]
        self.assertTrue(all(cell.font.bold for row in rows for cell in row.values() if cell.value))
        figures = [[row[header].value for header in (*HEADERS[1:6], *HEADERS[-2:])] for row in rows]
        self.assertEqual(
            figures,
            [
                ["Acquaintance", 63, 48, 15, 0, 0, 0],
                ["Presentation and Terms", 48, 34, 14, 0, 0, 0],
                ["First Contract", 34, 0, 0, 34, 34, 357],
            ],
        )
        self.assertAlmostEqual(rows[0]["Conversion"].value, 48 / 63)

    def test_load_of_all_where_nobody_came_in_the_period(self):
        rows = self._rows(self._export(days=7))
        [row] = [row for row in rows if row["Salesperson"].value == "All"]
        self.assertEqual(
            (row["Step"].value, row["Came to Step"].value, row["Open Leads Today"].value),
            ("First Contract", 0, 34),
        )
        self.assertEqual(row["Value of Open Leads"].value, 357)

    def test_undefined_figures_are_empty(self):
        rows = self._rows(self._export(days=7))
        for header in ("Conversion", "95 % Interval From", "Plan", "Gap (points)"):
            self.assertIsNone(rows[0][header].value, header)
        rows = self._rows(self._export(reading='event'))
        self.assertEqual({row["Verdict"].value for row in rows}, {None})
        self.assertEqual({row["95 % Interval To"].value for row in rows}, {None})

    def test_layout(self):
        workbook = self._export()
        sheet = workbook['Conversion']
        top = self._top(workbook)
        self.assertEqual(sheet['A1'].value, "Conversion by Salesperson")
        self.assertEqual(sheet.freeze_panes, 'C1')
        self.assertEqual(sheet.auto_filter.ref, f'A{top}:Q{sheet.max_row}')
        self.assertEqual(sheet.max_row, top + 12)
        self.assertTrue(all(cell.font.bold for cell in sheet[top]))
        self.assertGreater(sheet.column_dimensions['A'].width, 20)
        self.assertGreater(sheet.column_dimensions['Q'].width, 12)
        [fills] = [
            rules
            for cells, rules in sheet.conditional_formatting._cf_rules.items()
            if str(cells.sqref) == f'N{top + 1}:N{sheet.max_row}'
        ]
        self.assertEqual(
            {rule.formula[0] for rule in fills},
            {'"On plan"', '"Below plan"', '"Below plan, but it may be chance"'},
        )

    def test_facts(self):
        self.assertEqual(
            self._facts(self._export()),
            {
                "Company": "Growth Test Company",
                "Funnel": self.funnel.display_name,
                "First Day": datetime(2026, 1, 16),
                "Last Day": datetime(2026, 4, 15),
                "Reading": "By entry: of those who came to the step, passed by now",
                "Verdict From (leads)": 20,
                "Exported On": datetime(2026, 4, 15),
            },
        )
        domain = [['source_id', '=', False]]
        facts = self._facts(
            self._export(days=0, reading='event', team_id=self.team.id, domain=domain)
        )
        self.assertNotIn("First Day", facts)
        self.assertEqual(facts["Sales Team"], "Growth Team")
        self.assertEqual(facts["Reading"], "Events in the period")
        self.assertEqual(facts["Filter"], str(domain))

    def test_funnel(self):
        funnel = self._create_funnel(
            {"Order": {'order_confirmed': True}}, name="Short", team_id=self.team.id
        )
        workbook = self._export(funnel_id=funnel.id)
        self.assertEqual(self._facts(workbook)["Funnel"], funnel.display_name)
        self.assertEqual({row["Step"].value for row in self._rows(workbook)}, {"Order"})

    def test_text_is_never_a_formula_or_a_reference(self):
        self.company.name = "=HYPERLINK(1)"
        self.acquaintance.name = "@SUM(A1)"
        self.presentation.name = "-1"
        self.user_own.name = "Conversion!$A$1"
        file = self._write()
        for sheet in load_workbook(file):
            for row in sheet.iter_rows():
                for cell in row:
                    self.assertNotEqual(cell.data_type, 'f', cell.coordinate)
                    self.assertIsNone(cell.hyperlink)
        names = {row["Salesperson"].value for row in self._rows(load_workbook(file))}
        self.assertLessEqual({"=1+1", "Conversion!$A$1"}, names)
        root, series = self._chart(file)
        for each in series:
            self.assertRegex(each['name'], r"^Conversion!\$[B-D]\$\d+$|^Plan$")
        self.assertNotIn("HYPERLINK", ET.tostring(root, 'unicode'))

    # ------------------------------------------------------------
    # CHART
    # ------------------------------------------------------------

    def test_chart_refers_to_its_cells(self):
        file = self._write()
        workbook = load_workbook(file)
        sheet = workbook['Conversion']
        top = self._top(workbook, header="Step")
        table = sheet.iter_rows(min_row=top, max_row=top + 4, max_col=6, values_only=True)
        data = self._report(self.user_admin).get_salespeople()
        people = data['salespeople']
        expected = [["Step", *(person['name'] for person in people), "Plan", None]]
        for step, plan in zip(data['steps'], (1, 0.8, 0.8, None), strict=True):
            cells = [person['cells'].get(step['id'], {'conversion': None}) for person in people]
            expected.append([step['name'], *(cell['conversion'] for cell in cells), plan, None])
        self.assertRows([list(row) for row in table], expected)
        root, series = self._chart(file)
        rows = f'${top + 1}:${{}}${top + 4}'
        self.assertEqual(
            [(each['axis'], each['name'], each['categories'], each['values']) for each in series],
            [
                (
                    number // 3,
                    f'Conversion!${letter}${top}' if number < 3 else "Plan",
                    f'Conversion!$A{rows.format("A")}',
                    f'Conversion!${letter}{rows.format(letter)}',
                )
                for number, letter in enumerate("BCDE")
            ],
        )
        for number, each in enumerate(series, start=1):
            values = [row[number] for row in expected[1:]]
            self.assertRows([each['cache']], [[value for value in values if value is not None]])
        # The frame of the plan is as wide as the bars of its step together.
        gaps = [int(gap.get('val')) for gap in root.iterfind('.//c:gapWidth', CHART)]
        self.assertEqual(gaps[0], 3 * gaps[1])
        for axis in root.iterfind('.//c:valAx', CHART):
            scaling = axis.find('c:scaling', CHART)
            self.assertEqual(scaling.find('c:min', CHART).get('val'), '0')
            self.assertEqual(float(scaling.find('c:max', CHART).get('val')), 1)
        self.assertFalse(root.findall('.//c:numLit', CHART))

    def test_chart_stands_between_the_facts_and_the_tables(self):
        file = self._write()
        workbook = load_workbook(file)
        [chart] = workbook['Conversion']._charts
        self.assertEqual((chart.anchor._from.row, chart.anchor._from.col), (2, 2))
        self.assertLess(chart.anchor.to.row, self._top(workbook, header="Step") - 1)

    def test_plans_of_salespeople_are_marked_on_each_bar(self):
        self.env['growth.funnel.plan'].create(
            {'step_id': self.presentation.id, 'user_id': self.user_own.id, 'rate': 0.6}
        )
        root, series = self._chart(self._write())
        self.assertEqual([each['axis'] for each in series], [0, 0, 0, 1, 1, 1])
        plans = sorted(each['cache'][1] for each in series[3:])
        self.assertRows([plans], [[0.6, 0.8, 0.8]])
        gaps = [int(gap.get('val')) for gap in root.iterfind('.//c:gapWidth', CHART)]
        self.assertEqual(gaps[0], gaps[1])
        hidden = [
            entry.find('c:idx', CHART).get('val')
            for entry in root.iterfind('.//c:legendEntry', CHART)
        ]
        self.assertEqual(hidden, ['4', '5'], "One plan stays in the legend")
        top = self._top(self._export(), header="Step")
        headers = [cell.value for cell in self._export()['Conversion'][top][:7]]
        self.assertEqual(headers[4:], [f"Plan: {name}" for name in headers[1:4]])

    def test_too_few_cases_are_hatched(self):
        file = self._write()
        _root, series = self._chart(file)
        data = self._report(self.user_admin).get_salespeople()
        names = [person['id'] for person in data['salespeople']]
        hatched = dict(zip(names, (each['hatched'] for each in series), strict=False))
        self.assertEqual(hatched[self.user_own.id], [1, 2])
        self.assertEqual(hatched[self.user_all.id], [])
        self.assertEqual(hatched[self.user_admin.id], [0, 1, 2])
        self.assertIn("Hatched: fewer than 20 leads, too few for a verdict.", self._notes(file))

    def _notes(self, file):
        return [row[0] for row in load_workbook(file)['Conversion'].iter_rows(values_only=True)]

    def test_more_salespeople_than_bars(self):
        users = self.env['res.users'].create(
            [
                {
                    'name': f"Person {number:02}",
                    'login': f'growth_person_{number}',
                    'company_id': self.company.id,
                    'company_ids': [Command.set(self.company.ids)],
                }
                for number in range(15)
            ]
        )
        for number, user in enumerate(users):
            self._work(user, 1 + number, 0, 0)
        self._go_to('2026-05-30')
        file = self._write()
        root, series = self._chart(file)
        workbook = load_workbook(file)
        top = self._top(workbook, header="Step")
        names = [cell.value for cell in workbook['Conversion'][top][1:13]]
        # Of the 18, who has the most cases: 80, 57, 15 down to 9, 8 twice and 7.
        busiest = [*(self.user_own | self.user_all | self.user_admin), *users[6:]]
        self.assertCountEqual(names, [user.name for user in busiest])
        self.assertEqual(len(series), 13)
        self.assertLessEqual(
            max(int(gap.get('val')) for gap in root.iterfind('.//c:gapWidth', CHART)), 500
        )
        self.assertIn(
            "The chart shows 12 of 18 salespeople, those with the most leads; the table has all.",
            self._notes(file),
        )
        table = {row["Salesperson"].value for row in self._rows(workbook)}
        self.assertLessEqual({user.name for user in users}, table)

    def test_axis_goes_above_100_percent_among_events(self):
        """15 of those who passed came before the period, as did 10 of those who were lost."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE growth_funnel_event SET entry_day = '2025-01-01' WHERE step_id = %s",
            [self.acquaintance.id],
        )
        self.env.cr.execute(
            "UPDATE crm_lead SET growth_step_date = '2025-01-01' WHERE id = ANY(%s)",
            [
                self.env['crm.lead']
                .with_context(active_test=False)
                .search([('growth_step_id', '=', self.acquaintance.id)], limit=10)
                .ids
            ],
        )
        self.env.invalidate_all()
        root, series = self._chart(self._write(reading='event'))
        self.assertIn(3.0, [each['cache'][0] for each in series])
        for axis in root.iterfind('.//c:valAx', CHART):
            self.assertEqual(float(axis.find('c:scaling/c:max', CHART).get('val')), 3)

    def test_no_leads_give_headers_and_no_chart(self):
        company = self._create_company("Empty Company", self.eur)
        self.user_admin.company_ids += company
        file = self._write(company=company)
        workbook = load_workbook(file)
        self.assertEqual(workbook.sheetnames, ['Conversion', 'Who teaches whom'])
        top = self._top(workbook)
        sheet = workbook['Conversion']
        self.assertEqual([cell.value for cell in sheet[top]], HEADERS)
        self.assertEqual(sheet.max_row, top)
        self.assertEqual(workbook['Who teaches whom'].max_row, 1)
        self.assertEqual(self._facts(workbook)["Company"], "Empty Company")
        with zipfile.ZipFile(file) as archive:
            self.assertFalse([name for name in archive.namelist() if 'chart' in name])

    # ------------------------------------------------------------
    # WHO TEACHES WHOM
    # ------------------------------------------------------------

    def test_pairs(self):
        data = self._report(self.user_admin).get_salespeople()
        [pair] = data['pairs']
        [step] = pair['steps']
        sheet = self._export()['Who teaches whom']
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        self.assertEqual(
            rows,
            [
                [
                    "Teacher",
                    "Pupil",
                    "Step",
                    "Conversion of the Teacher",
                    "Conversion of the Pupil",
                    "Same Team",
                    "Being Taught",
                    "In Words",
                ],
                [
                    "=1+1",
                    self.user_own.name,
                    "Acquaintance",
                    1,
                    0.5,
                    True,
                    False,
                    f"=1+1 teaches {self.user_own.name}: Acquaintance",
                ],
            ],
        )
        self.assertEqual((pair['teacher_name'], step['name']), ("=1+1", "Acquaintance"))
        self.assertEqual((sheet.freeze_panes, sheet.auto_filter.ref), ('C2', 'A1:H2'))
        self.assertEqual(sheet['D2'].number_format, '0.0%')

    # ------------------------------------------------------------
    # RIGHTS AND SELECTION
    # ------------------------------------------------------------

    def test_exporting_needs_its_right(self):
        right = self.env.ref('base.group_allow_export')
        for user in (self.user_own, self.user_all):
            user.group_ids -= right
            with self.assertRaisesRegex(AccessError, "rights to export"):
                self._write(user)
        self.assertNotIn(right, self.user_admin.all_group_ids)
        self._write(self.user_admin)

    def test_a_salesperson_gets_own_figures_and_the_average_of_the_team(self):
        file = self._write(self.user_own)
        rows = self._rows(load_workbook(file))
        self.assertEqual(
            {row["Salesperson"].value for row in rows}, {self.user_own.name, "Team Average"}
        )
        average = [
            {header: cell.value for header, cell in row.items() if cell.value is not None}
            for row in rows
            if row["Salesperson"].value == "Team Average"
        ]
        self.assertEqual(len(average), 3)
        self.assertEqual(
            set().union(*average),
            {
                "Salesperson",
                "Step",
                "Conversion",
                "Plan",
                "Gap (points)",
                "Median Days in Step",
            },
        )
        _root, series = self._chart(file)
        self.assertEqual(len(series), 3, "Own bars, those of the team, and the plan")
        self.assertRows([series[1]['cache']], [[48 / 63, 34 / 48, 0.0]])
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                content = archive.read(name).decode()
                self.assertNotIn("=1+1", content, name)
                self.assertNotIn(self.user_admin.name, content, name)
        self.assertEqual(load_workbook(file)['Who teaches whom'].max_row, 1)

    def test_another_company_is_never_in_the_file(self):
        other = self._create_company("Other Company")
        self.user_admin.company_ids += other
        rows = self._values(self._export(company=other))
        self.assertEqual(rows, [])
        funnel = self.env['growth.funnel'].search([('company_id', '=', other.id)])
        self.assertTrue(funnel)
        with self.assertRaises(AccessError):
            self._write(funnel_id=funnel.id)

    def test_users_without_access_get_nothing(self):
        outsider = new_test_user(
            self.env,
            'growth_outsider',
            groups='base.group_user,base.group_allow_export',
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self._write(outsider)

    @mute_logger('odoo.sql_db')
    def test_invalid_domains(self):
        for domain in (
            'x',
            5,
            {'a': 1},
            ['&'],
            [[1, 2]],
            [['nope', '=', 1]],
            [['id', 'in', ['a']]],
            [['date', '>', 'soon']],
            [['lead_id.name', '=ilike', 'g\\']],
        ):
            with (
                self.subTest(domain=domain),
                self.assertRaisesRegex(UserError, "does not select leads"),
                self.env.cr.savepoint(),
            ):
                self._write(domain=domain)

    def test_invalid_choice(self):
        for choice, message in (
            ({'funnel_id': 2**31 - 1}, "deleted meanwhile"),
            ({'team_id': 10**30}, "deleted meanwhile"),
            ({'days': -1}, "number of days"),
            ({'days': 10**12}, "number of days"),
            ({'days': 10**6}, "number of days"),
            ({'reading': 'x'}, "not a reading"),
        ):
            with self.subTest(**choice), self.assertRaisesRegex(UserError, message):
                self._write(**choice)

    def test_nothing_is_left_behind_when_writing_fails(self):
        with (
            tempfile.TemporaryDirectory() as folder,
            patch.object(tempfile, 'tempdir', folder),
            patch.object(conversion_xlsx, '_write_pairs', side_effect=ZeroDivisionError),
        ):
            with self.assertRaises(ZeroDivisionError):
                self._write()
            self.assertEqual(os.listdir(folder), [])

    # ------------------------------------------------------------
    # LANGUAGE
    # ------------------------------------------------------------

    def test_russian(self):
        self.env['res.lang']._activate_lang('ru_RU')
        self.env['ir.module.module']._load_module_terms(['sales_growth'], ['ru_RU'])
        users = self.user_own | self.user_all | self.user_admin
        for number, user in enumerate(users):
            user.name = f"Продавец {number}"
        self.company.name = "Компания"
        self.funnel.name = "Воронка"
        for number, step in enumerate(self.funnel.step_ids):
            step.with_context(lang='ru_RU').name = f"Шаг {number}"
        file = io.BytesIO()
        report = self._report(self.user_admin).with_context(lang='ru_RU')
        report._export_xlsx(file)
        workbook = load_workbook(file)
        texts = [
            cell.value
            for sheet in workbook
            for row in sheet.iter_rows()
            for cell in row
            if isinstance(cell.value, str)
        ]
        self.assertGreater(len(texts), 60)
        root, _series = self._chart(file)
        drawn = [text.text for text in root.iter() if text.tag.endswith('}t')]
        self.assertEqual(len(drawn), 2)
        name = report._get_export_file_name().removesuffix('.xlsx')
        for text in (*texts, *drawn, *workbook.sheetnames, name):
            self.assertNotRegex(text, r"[A-Za-z]{2,}")
        self.assertIn("Шаг 0", texts)


@tagged('post_install', '-at_install')
class TestConversionExportRoute(HttpCase, ConversionExportCommon):
    def _get(self, login='growth_admin', **params):
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
            "Conversion%20Growth%20Test%20Company%202026-04-15.xlsx",
            response.headers['Content-Disposition'],
        )
        self.assertTrue(response.headers['Content-Disposition'].startswith('attachment;'))
        self.assertEqual(int(response.headers['Content-Length']), len(response.content))
        data = self._report(self.user_admin).get_salespeople()
        expected = self._expected(data)
        rows = self._values(load_workbook(io.BytesIO(response.content)))
        self.assertRows(rows[: len(expected)], expected)

    def test_choice(self):
        """As the screen asks, which leaves what was not chosen empty."""
        response = self._get(
            company_id=self.company.id,
            domain=f'[["user_id", "=", {self.user_all.id}]]',
            funnel_id=self.funnel.id,
            team_id=self.team.id,
            days=0,
            reading='event',
        )
        self.assertEqual(response.status_code, 200)
        workbook = load_workbook(io.BytesIO(response.content))
        facts = self._facts(workbook)
        self.assertEqual(
            (facts["Sales Team"], facts["Reading"]), ("Growth Team", "Events in the period")
        )
        self.assertNotIn("First Day", facts)
        names = {
            row["Salesperson"].value for row in self._rows(workbook) if row["Came to Step"].value
        }
        self.assertEqual(names, {"=1+1", "All"})
        response = self._get(company_id='', domain='[]', funnel_id='', team_id='', days='')
        facts = self._facts(load_workbook(io.BytesIO(response.content)))
        self.assertEqual(facts["First Day"], datetime(2026, 1, 16))

    def test_company(self):
        other = self._create_company("Other/Company")
        self.user_admin.company_ids += other
        disposition = self._get(company_id=other.id).headers['Content-Disposition']
        name = disposition.rpartition("''")[2]
        self.assertRegex(name, "%20Other.?Company%202026-04-15.xlsx")
        self.assertNotIn("/", name)

    @mute_logger('odoo.http')
    def test_no_access(self):
        self.user_own.group_ids -= self.env.ref('base.group_allow_export')
        other = self._create_company("Other Company")
        portal = new_test_user(
            self.env,
            'growth_portal',
            groups='base.group_portal',
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for login, params in (
            ('growth_own', {}),
            (portal.login, {}),
            ('growth_admin', {'company_id': other.id}),
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
        for params, message in (
            ({'domain': '[('}, "does not select leads"),
            ({'domain': '[["nope", "=", 1]]'}, "does not select leads"),
            ({'domain': '[["lead_id.name", "=ilike", "g\\\\"]]'}, "does not select leads"),
            ({'company_id': 'x'}, "not a company"),
            ({'funnel_id': 'x'}, "not a funnel"),
            ({'funnel_id': '999999999'}, "deleted meanwhile"),
            ({'team_id': '1.5'}, "not a sales team"),
            ({'days': 'x'}, "not a number of days"),
            ({'days': '-3'}, "not a number of days"),
            ({'reading': 'x'}, "not a reading"),
        ):
            with self.subTest(params=params):
                response = self._get(**params)
                self.assertEqual(response.status_code, 422)
                self.assertIn(message, response.text)
