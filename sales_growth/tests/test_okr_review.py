import io
import warnings
from datetime import datetime

from lxml import html
from openpyxl import load_workbook

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..reports import growth_okr_export
from .common_okr import OkrCommon

REPORT = 'sales_growth.growth_okr_review'
URL = '/sales_growth/okr.xlsx'


class OkrReviewCommon(OkrCommon):
    """A quarter in its review on 2 July.

    | objective | below   | responsible | kind         | key result               | reached | status         |
    |-----------|---------|-------------|--------------|--------------------------|---------|----------------|
    | Revenue   |         | ok_boss     | aspirational | $ 0 to $ 1,000: $ 2,500  | 0.75    | good           |
    | Customers | Revenue | ok_seller   | committed    | 10 to 60 firms: 20       | 0.2     | planning error |
    | Delivery  | Revenue | ok_peer     | aspirational | 9 to 2 days: 3           | 6 / 7   | good           |
    | Secret    |         | ok_peer     | aspirational | 20 % to 50 %: 32 %       | 0.4     | (private) runs |
    | Dropped   |         | ok_seller   | aspirational |                          |         | given up       |
    | Idea      |         | ok_stranger | aspirational |                          |         | draft          |

    Revenue weighs 3 of 4 on top of the quarter: its own key result 2, Customers and Delivery 1 each.
    """  # noqa: E501

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._at('2026-04-15'):
            cls.revenue = cls._plan(
                cls.boss,
                "Revenue",
                {'kind': 'money', 'target': 1000, 'weight': 2, 'name': "Turnover"},
                weight=3,
            )
            cls.customers = cls._plan(
                cls.seller,
                "Customers",
                {'baseline': 10, 'target': 60, 'unit': "firms", 'name': "=1+1"},
                kind='committed',
                parent_id=cls.revenue.id,
                date_deadline='2026-06-20',
            )
            cls.delivery = cls._plan(
                cls.peer,
                "Delivery",
                {'baseline': 9, 'target': 2, 'direction': 'decrease', 'unit': "days"},
                parent_id=cls.revenue.id,
            )
            cls.secret = cls._plan(
                cls.peer,
                "Secret",
                {'kind': 'percentage', 'baseline': 0.2, 'target': 0.5},
                is_private=True,
            )
            cls.dropped = cls._create_running(cls.seller, name="Dropped")
            cls._decide(cls.dropped, 'cancel')
            cls.idea = cls._create_objective(cls.stranger, name="Idea")
            for objective, value in (
                (cls.revenue, 2500),
                (cls.customers, 20),
                (cls.delivery, 3),
                (cls.secret, 0.32),
            ):
                cls._check_in(
                    objective.key_result_ids, value, confidence=7, comment="=cmd|' /C calc'!A0"
                )
        with cls._at('2026-07-02'):
            cls._as(cls.quarter, cls.user_admin).action_review()
            cls._judge(
                cls.customers, cls.user_admin, cause='resources', lesson="Count the people first"
            )
            cls._judge(cls.delivery, cls.user_admin)
            cls._judge(cls.revenue, cls.user_admin)

    @classmethod
    def _plan(cls, user, name, key_result, **vals):
        objective = cls._create_objective(user, key_results=0, name=name, **vals)
        cls._create_key_result(objective, **{'name': f"Result of {name}", **key_result})
        return cls._accept(objective)

    def setUp(self):
        super().setUp()
        self._go_to('2026-07-02')
        # As the job does every day
        self.KeyResult._refresh(self.company)

    def _read_anew(self):
        """Each reads with nothing but the own rights, as a request does."""
        self.env.flush_all()
        self.env.invalidate_all()

    def _review(self, user=None, cycle=None):
        self._read_anew()
        return self._as(cycle or self.quarter, user or self.user_admin)._get_review()

    def _names(self, review):
        return [(line['depth'], line['record'].name) for line in review['objectives']]

    def _page(self, user=None, cycle=None, **context):
        """The page that is printed, and its text."""
        self._read_anew()
        reports = self._as(self.env['ir.actions.report'], user or self.user_admin)
        content, kind = reports.with_context(**context)._render_qweb_html(
            REPORT, (cycle or self.quarter).ids
        )
        self.assertEqual(kind, 'html')
        page = html.fromstring(content)
        text = page.find_class('o_growth_okr_review')[0].text_content()
        return page, " ".join(text.split())


@tagged('post_install', '-at_install')
class TestOkrReview(OkrReviewCommon):
    def test_figures(self):
        review = self._review()
        self.assertEqual(
            self._names(review),
            [(0, "Revenue"), (1, "Customers"), (1, "Delivery"), (0, "Secret"), (0, "Idea")],
        )
        revenue = (2 * 1 + 0.2 + 6 / 7) / 4
        self.assertAlmostEqual(review['progress'], (3 * revenue + 0.4) / 4)
        self.assertAlmostEqual(review['progress'], self.quarter.progress)
        # It is over: nothing is to be expected any more.
        self.assertIsNone(review['expected'])
        self.assertEqual(review['given_up'], ["Dropped"])
        self.assertEqual(
            [(status['label'], status['tone'], count) for status, count in review['summary']],
            [
                ("Good", 'success', 2),
                ("Planning Error", 'danger', 1),
                ("Behind", 'warning', 1),
                ("Draft", 'muted', 1),
            ],
        )
        self.assertEqual(
            [(line['bar']['width'], line['bar']['text']) for line in review['objectives']],
            [(76.4, "76 %"), (20.0, "20 %"), (85.7, "86 %"), (40.0, "40 %"), (0.0, "0 %")],
        )
        [turnover] = review['objectives'][0]['key_results']
        self.assertEqual((turnover['bar']['width'], turnover['bar']['text']), (100.0, "250 %"))

    def test_ways_have_their_units_once(self):
        ways = {
            line['record'].name: key_result['way']
            for line in self._review()['objectives']
            for key_result in line['key_results']
        }
        space = "\N{NO-BREAK SPACE}"
        self.assertEqual(
            {name: [text.replace(space, " ") for text in way] for name, way in ways.items()},
            {
                "Revenue": ["0", "2,500", "$ 1,000"],
                "Customers": ["10", "20", "60 firms"],
                "Delivery": ["9", "3", "2 days"],
                "Secret": ["20.0 %", "32.0 %", "50.0 %"],
                "Idea": ["0", "0", "100"],
            },
        )

    def test_what_runs_is_compared_with_what_should_be(self):
        self._go_to('2026-05-16')
        # A day longer than the quarter that there is, until which the objective runs.
        cycle = self._create_cycle('quarter', '2026-04-01', name="Twin", date_to='2026-07-01')
        self._as(cycle, self.user_admin).action_start()
        objective = self._create_running(cycle=cycle, date_deadline='2026-06-30')
        self._check_in(objective.key_result_ids, 20, blocker="No budget")
        self.env.flush_all()
        review = self._review(cycle=cycle)
        [line] = review['objectives']
        # 46 of 91 days
        self.assertAlmostEqual(review['expected'], 46 / 91)
        self.assertEqual((line['bar']['mark'], line['bar']['mark_text']), (50.5, "51 %"))
        self.assertEqual(line['status']['label'], "Far Behind")
        page, text = self._page(cycle=cycle)
        self.assertIn("In the way: No budget", text)
        self.assertIn("20 % reached, 51 % should be", text)
        self.assertEqual(len(page.find_class('o_growth_okr_review_mark')), 3)
        self._go_to('2026-06-10')
        self.assertIn("No check-in since 05/16/2026", self._page(cycle=cycle)[1])

    # ------------------------------------------------------------
    # PAGE
    # ------------------------------------------------------------

    def test_page(self):
        page, text = self._page()
        for words in (
            "Cycle Review: Q2 2026 Growth Test Company, 04/01/2026 – 06/30/2026, In Review",
            "2 Good 1 Planning Error 1 Behind 1 Draft Objectives: 5, key results: 5",
            "Resources Not Counted Lesson: Count the people first",
            "Committed, until 06/20/2026",
            "0 → 2,500 → $ 1,000",
            "Given up: Dropped",
        ):
            self.assertIn(words, text.replace("\N{NO-BREAK SPACE}", " "))
        self.assertEqual(len(page.xpath("//tr[@class='o_growth_okr_review_objective']")), 5)
        # Every row has all of its columns, whether there is something to say or not.
        for row in page.xpath("//tr[contains(@class, 'review_objective')]"):
            self.assertEqual(len(row), 7)
        for row in page.xpath("//tr[@class='o_growth_okr_review_key_result']"):
            self.assertEqual(len(row), 7)

    def test_an_empty_cycle(self):
        cycle = self._create_cycle('month', '2026-09-01')
        text = self._page(cycle=cycle)[1]
        self.assertIn("This cycle has no objectives that you can see.", text)
        self.assertNotIn("reached", text)

    def test_names_are_no_markup(self):
        self._as(self.idea, self.stranger).name = "<script>alert(1)</script>"
        page, text = self._page()
        self.assertIn("<script>alert(1)</script>", text)
        self.assertFalse(page.xpath("//table//script"))

    def test_file_name(self):
        report = self.env.ref('sales_growth.growth_okr_review_report')
        name = safe_eval(report.print_report_name, {'object': self.quarter})
        self.assertEqual(name, "Cycle Review - Q2 2026")

    def test_several_cycles(self):
        reports = self._as(self.env['ir.actions.report'], self.user_admin)
        content = reports._render_qweb_html(REPORT, (self.quarter | self.year).ids)[0]
        pages = html.fromstring(content).find_class('o_growth_okr_review')
        self.assertEqual(len(pages), 2)

    def test_each_sees_what_is_not_private(self):
        everything = {"Revenue", "Customers", "Delivery", "Secret", "Idea"}
        for user, is_seen in (
            (self.user_admin, True),
            (self.peer, True),
            (self.leader, True),
            (self.seller, False),
            (self.user_all, False),
        ):
            with self.subTest(user=user.login):
                review = self._review(user)
                names = {name for _depth, name in self._names(review)}
                self.assertEqual(names, everything if is_seen else everything - {"Secret"})
                self.assertEqual("Secret" in self._page(user)[1], is_seen)
                if not is_seen:
                    self.assertAlmostEqual(review['progress'], (2 + 0.2 + 6 / 7) / 4)

    def test_below_what_one_may_not_see(self):
        """Who is responsible for a part of a private objective sees the part alone."""
        cycle = self._create_cycle('quarter', '2026-07-01')
        above = self._create_running(self.boss, name="Merger", cycle=cycle, is_private=True)
        part = self._create_objective(self.boss, name="Part", cycle=cycle, parent_id=above.id)
        part.sudo().owner_id = self.stranger
        self._accept(part)
        self._as(cycle, self.user_admin).action_start()
        self.assertEqual(self._names(self._review(self.stranger, cycle)), [(0, "Part")])
        text = self._page(self.stranger, cycle)[1]
        self.assertIn("Part", text)
        self.assertNotIn("Merger", text)

    def test_another_company_does_not_read_it(self):
        with self.assertRaises(AccessError):
            self._page(self.foreigner)

    def test_who_has_left_is_named(self):
        self.peer.name = "Somebody Who Left"
        self.peer.active = False
        self.assertIn("Somebody Who Left", self._page(self.seller)[1])

    def test_queries_do_not_grow_with_the_objectives(self):
        def count(cycle):
            self._read_anew()
            before = self.env.cr.sql_log_count
            self._review(self.seller, cycle)
            return self.env.cr.sql_log_count - before

        few = self._fill(20, '2026-09-30')
        many = self._fill(200, '2026-09-29')
        count(few)
        self.assertEqual(len(self._review(self.seller, many)['objectives']), 200)
        self.assertLessEqual(count(many), count(few) + 4)
        self.assertLess(count(many), 40)

    def _fill(self, number, last_day):
        """A quarter with objectives in twos, one below the other."""
        cycle = self._create_cycle('quarter', '2026-07-01', name=f"Full {number}", date_to=last_day)
        key_results = [
            Command.create({'name': f"{result}", 'target': 10, 'owner_id': self.seller.id})
            for result in range(3)
        ]
        vals = {'cycle_id': cycle.id, 'owner_id': self.seller.id, 'key_result_ids': key_results}
        above = self.Objective.create(
            [{**vals, 'name': f"Above {index}"} for index in range(number // 2)]
        )
        self.Objective.create(
            [{**vals, 'name': f"Below {each.name}", 'parent_id': each.id} for each in above]
        )
        cycle.objective_ids.action_accept()
        self._as(cycle, self.user_admin).action_start()
        return cycle


class OkrExportCommon(OkrReviewCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in cls.seller | cls.peer:
            user.group_ids |= cls.env.ref('base.group_allow_export')

    def _export(self, user=None, cycle=None):
        self._read_anew()
        file = io.BytesIO()
        cycle = self._as(cycle or self.quarter, user or self.user_admin)
        self.exported = cycle._export_xlsx(file)
        return self._load(file)

    def _load(self, file):
        with warnings.catch_warnings():
            # The looks of the bars
            warnings.filterwarnings('ignore', "(Unknown|Conditional Formatting) extension")
            return load_workbook(file)

    def _table(self, sheet, top=1):
        """The cells of each row, by header."""
        header, *rows = sheet.iter_rows(min_row=top)
        names = [cell.value for cell in header]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _column(self, rows, header):
        return [row[header].value for row in rows]


@tagged('post_install', '-at_install')
class TestOkrExport(OkrExportCommon):
    def test_objectives(self):
        workbook = self._export()
        self.assertEqual(self.exported, 5)
        self.assertEqual(
            workbook.sheetnames, ["Objectives", "Key Results", "Check-Ins", "Verdicts"]
        )
        sheet = workbook["Objectives"]
        rows = self._table(sheet)
        self.assertEqual(
            [
                (
                    row["Objective"].value,
                    row["Objective"].alignment.indent,
                    sheet.row_dimensions[row["Objective"].row].outlineLevel,
                    row["Responsible"].value,
                    row["Pace or Verdict"].value,
                )
                for row in rows
            ],
            [
                ("Revenue", 0, 0, self.boss.name, "Good"),
                ("Customers", 1, 1, self.seller.name, "Planning Error"),
                ("Delivery", 1, 1, self.peer.name, "Good"),
                ("Secret", 0, 0, self.peer.name, "Behind"),
                ("Idea", 0, 0, self.stranger.name, "Draft"),
            ],
        )
        self.assertEqual(
            self._column(rows, "Objective Above"), [None, "Revenue", "Revenue", None, None]
        )
        revenue = (2 * 1 + 0.2 + 6 / 7) / 4
        for value, expected in zip(
            self._column(rows, "Progress"), (revenue, 0.2, 6 / 7, 0.4, 0), strict=True
        ):
            self.assertAlmostEqual(value, expected)
        self.assertEqual({row["Progress"].number_format for row in rows}, {'0.0%'})
        # Only what runs is expected to be somewhere.
        self.assertEqual(self._column(rows, "Expected"), [None, None, None, 1, None])
        self.assertEqual(self._column(rows, "Confidence"), [7, 7, 7, 7, None])
        self.assertEqual(rows[1]["Deadline"].value, datetime(2026, 6, 20))
        self.assertEqual(sheet.freeze_panes, 'B2')
        [bars] = sheet.conditional_formatting
        self.assertEqual(str(bars.sqref), 'E2:E6')
        self.assertEqual([rule.type for rule in bars.rules], ['dataBar'])

    def test_key_results_in_their_units(self):
        rows = self._table(self._export()["Key Results"])
        self.assertEqual(
            [
                tuple(
                    row[header].value
                    for header in (
                        "Objective",
                        "At the Start",
                        "Now",
                        "To Reach",
                        "Unit",
                        "Measured In",
                    )
                )
                for row in rows
            ],
            [
                ("Revenue", 0, 2500, 1000, None, "Money"),
                ("Customers", 10, 20, 60, "firms", "Number"),
                ("Delivery", 9, 3, 2, "days", "Number"),
                ("Secret", 0.2, 0.32, 0.5, None, "Percentage"),
                ("Idea", 0, 0, 100, None, "Number"),
            ],
        )
        space = "\N{NO-BREAK SPACE}"
        self.assertEqual(
            [row["Now"].number_format for row in rows],
            [f'"$"{space}#,##0.00', '#,##0', '#,##0', '0.0%', '#,##0'],
        )
        self.assertAlmostEqual(rows[0]["Progress"].value, 2.5)

    def test_check_ins_of_every_kind_of_value(self):
        rows = self._table(self._export()["Check-Ins"])
        found = {row["Objective"].value: row for row in rows}
        self.assertEqual(len(rows), 4)
        self.assertEqual(found["Revenue"]["Value Now"].value, 2500)
        self.assertEqual(found["Secret"]["Value Now"].value, 0.32)
        self.assertEqual(found["Secret"]["Date"].value, datetime(2026, 4, 15))
        self.assertAlmostEqual(found["Secret"]["Progress"].value, 0.4)
        self.assertAlmostEqual(found["Secret"]["Expected Then"].value, 15 / 91)

    def test_check_ins_in_batches(self):
        self.patch(growth_okr_export, 'PREFETCH_MAX', 2)
        rows = self._table(self._export()["Check-Ins"])
        self.assertEqual(
            set(self._column(rows, "Objective")), {"Revenue", "Customers", "Delivery", "Secret"}
        )

    def test_verdicts(self):
        sheet = self._export()["Verdicts"]
        self.assertEqual(sheet['A1'].value, "Cycle Review: Q2 2026")
        facts = {}
        for label, value in sheet.iter_rows(min_row=3, max_col=2, values_only=True):
            if not label:
                break
            facts[label] = value
        self.assertAlmostEqual(facts.pop("Progress"), self.quarter.progress)
        self.assertEqual(
            facts,
            {
                "Company": "Growth Test Company",
                "Begins On": datetime(2026, 4, 1),
                "Ends On": datetime(2026, 6, 30),
                "Status": "In Review",
                "Good": 2,
                "Planning Error": 1,
                "Behind": 1,
                "Draft": 1,
            },
        )
        rows = self._table(sheet, top=len(facts) + 1 + 4)
        self.assertEqual(
            [
                tuple(row[header].value for header in ("Objective", "Verdict", "Lesson"))
                for row in rows
            ],
            [
                ("Revenue", "Good", None),
                ("Customers", "Planning Error", "Count the people first"),
                ("Delivery", "Good", None),
            ],
        )
        self.assertEqual(rows[1]["Cause of the Error"].value, "Resources Not Counted")
        self.assertEqual(rows[1]["Judged On"].value, datetime(2026, 7, 2))

    def test_what_people_write_is_text(self):
        """Neither formulas nor links."""
        workbook = self._export()
        self.assertIn("=1+1", self._column(self._table(workbook["Key Results"]), "Key Result"))
        for sheet in workbook:
            for row in sheet.iter_rows():
                for cell in row:
                    self.assertNotEqual(cell.data_type, 'f')
                    self.assertIsNone(cell.hyperlink)

    def test_name_of_the_file(self):
        self.quarter.sudo().name = "Apr 2026 – Jun 2026"
        self.assertEqual(
            self.quarter._get_export_file_name(),
            "OKR Apr 2026 - Jun 2026 Growth Test Company 2026-07-02.xlsx",
        )

    def test_an_empty_cycle(self):
        cycle = self._create_cycle('month', '2026-09-01')
        workbook = self._export(cycle=cycle)
        self.assertEqual(self.exported, 0)
        for name in ("Objectives", "Key Results", "Check-Ins"):
            self.assertEqual(workbook[name].max_row, 1)

    def test_each_gets_what_is_not_private(self):
        for user, is_seen in ((self.peer, True), (self.seller, False)):
            workbook = self._export(user)
            for name, header in (
                ("Objectives", "Objective"),
                ("Key Results", "Objective"),
                ("Check-Ins", "Objective"),
            ):
                with self.subTest(user=user.login, sheet=name):
                    names = self._column(self._table(workbook[name]), header)
                    self.assertEqual("Secret" in names, is_seen)
                    self.assertIn("Revenue", names)

    def test_who_may_take_it_out(self):
        for user in (self.stranger, self.foreigner):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._export(user)
        with self.assertRaises(AccessError):
            self._as(self.quarter, self.stranger).action_export_xlsx()
        action = self._as(self.quarter, self.seller).action_export_xlsx()
        self.assertEqual(
            action['url'], f'{URL}?company_id={self.company.id}&cycle_id={self.quarter.id}'
        )


@tagged('post_install', '-at_install')
class TestOkrDownloads(HttpCase, OkrExportCommon):
    def _get(self, login='ok_seller', **params):
        self.authenticate(login, login)
        return self.url_open(URL, params=params, allow_redirects=False, timeout=60)

    def test_workbook(self):
        response = self._get(company_id=self.company.id, cycle_id=self.quarter.id)
        self.assertEqual(response.status_code, 200)
        self.assertIn(
            "OKR%20Q2%202026%20Growth%20Test%20Company%202026-07-02.xlsx",
            response.headers['Content-Disposition'],
        )
        self.assertEqual(int(response.headers['Content-Length']), len(response.content))
        workbook = self._load(io.BytesIO(response.content))
        self.assertEqual(
            self._column(self._table(workbook["Objectives"]), "Objective"),
            ["Revenue", "Customers", "Delivery", "Idea"],
        )

    @mute_logger('odoo.http')
    def test_no_access(self):
        portal = new_test_user(
            self.env,
            'ok_portal',
            groups='base.group_portal',
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for login, company in (
            ('ok_stranger', self.company),
            ('ok_foreigner', self.company),
            ('ok_foreigner', self.other_company),
            (portal.login, self.company),
        ):
            with self.subTest(login=login, company=company.name):
                response = self._get(login, company_id=company.id, cycle_id=self.quarter.id)
                self.assertEqual(response.status_code, 403)
                self.assertNotIn('Content-Disposition', response.headers)

    @mute_logger('odoo.http')
    def test_invalid_input(self):
        for params, message in (
            ({}, "not a cycle"),
            ({'cycle_id': 'x'}, "not a cycle"),
            ({'cycle_id': '999999999'}, "not a cycle"),
            ({'company_id': 'x', 'cycle_id': self.quarter.id}, "not a company"),
        ):
            with self.subTest(params=params):
                response = self._get(**params)
                self.assertEqual(response.status_code, 422)
                self.assertIn(message, response.text)

    def test_visitors_are_asked_to_log_in(self):
        response = self.url_open(URL, allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertIn('/web/login', response.headers['Location'])

    def test_page(self):
        self.authenticate('ok_seller', 'ok_seller')
        response = self.url_open(f'/report/html/{REPORT}/{self.quarter.id}')
        self.assertEqual(response.status_code, 200)
        self.assertIn("Count the people first", response.text)
        self.assertNotIn("Secret", response.text)

    @mute_logger('odoo.http')
    def test_page_of_another_company(self):
        self.authenticate('ok_foreigner', 'ok_foreigner')
        response = self.url_open(f'/report/html/{REPORT}/{self.quarter.id}')
        self.assertEqual(response.status_code, 403)


@tagged('post_install', '-at_install')
class TestOkrReportTours(HttpCase, OkrReviewCommon):
    def test_reports(self):
        """As a salesperson sees them."""
        # Whether PDF files can be made depends on the machine.
        reports = self.env.registry['ir.actions.report']
        self.patch(reports, 'get_wkhtmltopdf_state', lambda _reports: 'install')
        self.start_tour('/odoo/crm', 'growth_okr_report', login='ok_seller')
