"""The repository's ``tools/load_sales`` at work in Odoo; skipped where only the addon is there."""

import contextlib
import importlib
import io
import sys
from argparse import Namespace
from datetime import datetime
from pathlib import Path
from unittest import SkipTest
from unittest.mock import patch

from odoo import Command
from odoo.tests import TransactionCase, tagged

REPOSITORY = Path(__file__).resolve().parents[2]
COLUMNS = ("document", "date", "customer", "amount", "country", "currency", "cost")


@tagged("post_install", "-at_install")
class TestLoadSales(TransactionCase):
    @classmethod
    def setUpClass(cls):
        if not (REPOSITORY / "tools" / "sales_history").is_dir():
            raise SkipTest(f"{REPOSITORY} has no tools/sales_history: nothing here to test")
        super().setUpClass()
        sys.path.insert(0, str(REPOSITORY))
        cls.addClassCleanup(sys.path.remove, str(REPOSITORY))
        cls.command = importlib.import_module("tools.sales_history.command")
        cls.database = importlib.import_module("tools.sales_history.database")
        cls.table = importlib.import_module("tools.sales_history.table")
        cls.currency = cls.env["res.currency"].create(
            {
                "name": "QQA",
                "symbol": "q",
                "rounding": 0.01,
                "rate_ids": [
                    Command.create({"name": "2024-01-01", "rate": 2.0, "company_id": False}),
                    Command.create({"name": "2024-06-01", "rate": 4.0, "company_id": False}),
                ],
            }
        )
        cls.company = cls.env["res.company"].create({"name": "Loaded Company"})
        cls.company_code = cls.company.currency_id.name

    def load(self, *rows, fails_at=None, **options):
        """Load rows of (document, date, customer, amount, country, currency, cost).

        :param int fails_at: number of the transaction that a killed run does not get to
        :return: what the command prints
        """
        options = Namespace(
            **{
                "file": "history.csv",
                "company": self.company.name,
                "match": "ref",
                "dry_run": False,
                "batch": 1,
                "timezone": None,
                "date_format": "",
                "decimal": ".",
                **options,
            }
        )
        lines = [",".join(COLUMNS), *(",".join(map(str, row)) for row in rows)]
        table = self.table.Table("history.csv", io.StringIO("\n".join(lines)), ",")
        positions = {name: position for position, name in enumerate(COLUMNS)}
        env = self.env(context=self.database.QUIET)
        transactions = 0

        def commit(env, step):
            nonlocal transactions
            transactions += 1
            if transactions == fails_at:
                raise KeyboardInterrupt
            result = step()
            env.flush_all()
            return result

        printed = io.StringIO()
        with (
            patch.object(self.command, "retried", commit),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            self.command._load(env, table, positions, options)
        return printed.getvalue()

    def orders(self, company=None):
        company = company or self.company
        return self.env["sale.order"].search([("company_id", "=", company.id)], order="origin")

    # ------------------------------------------------------------ orders

    def test_documents_become_confirmed_orders(self):
        self.load(
            ("S1", "2024-03-01 10:00:00", "C1", "100.10", "", self.company_code, 60),
            ("S1", "2024-03-01 09:00:00", "C1", "50", "", self.company_code, 20),
            ("S2", "2024-03-02", "C1", "-30", "", self.company_code, -18),
        )
        sale, credit = self.orders()
        self.assertRecordValues(
            sale + credit,
            [
                {
                    "origin": "S1",
                    "state": "sale",
                    "date_order": datetime(2024, 3, 1, 9),
                    "amount_untaxed": 150.10,
                    "amount_total": 150.10,
                    "margin": 70.10,
                },
                {
                    "origin": "S2",
                    "state": "sale",
                    "date_order": datetime(2024, 3, 2),
                    "amount_untaxed": -30.0,
                    "amount_total": -30.0,
                    "margin": -12.0,
                },
            ],
        )
        self.assertRecordValues(
            credit.order_line,
            [{"product_uom_qty": -1.0, "price_unit": 30.0, "purchase_price": 18.0, "discount": 0}],
        )
        self.assertEqual(sale.order_line.mapped("price_unit"), [100.10, 50.0])
        self.assertFalse((sale + credit).order_line.tax_ids)
        self.assertFalse((sale + credit).user_id)
        self.assertFalse((sale + credit).team_id)

    def test_amounts_stay_untaxed_whatever_the_product_says(self):
        place = {"company_id": self.company.id, "country_id": self.env.ref("base.be").id}
        group = self.env["account.tax.group"].create({"name": "VAT", **place})
        tax = self.env["account.tax"].create(
            {"name": "VAT", "amount": 20.0, "tax_group_id": group.id, **place}
        )
        self.load(("S1", "2024-03-01", "C1", 100, "", self.company_code, 0))
        self.orders().order_line.product_id.taxes_id = tax
        self.load(("S2", "2024-03-01", "C1", 100, "", self.company_code, 0))
        self.assertEqual(self.orders().mapped("amount_total"), [100.0, 100.0])

    def test_the_past_asks_nothing_of_anybody(self):
        self.company.write({"portal_confirmation_pay": True, "portal_confirmation_sign": True})
        self.load(
            ("S1", "2024-03-01", "C1", 100, "", self.company_code, 60),
            ("S2", "2024-03-02", "C1", -30, "", self.company_code, 0),
        )
        orders = self.orders()
        self.assertNotIn("to invoice", orders.mapped("invoice_status"))
        self.assertFalse(orders.message_ids)
        self.assertFalse(orders.message_follower_ids)
        self.assertFalse(orders.partner_id.message_ids)
        self.assertEqual(set(orders.mapped("require_payment")), {False})
        self.assertEqual(set(orders.mapped("require_signature")), {False})

    def test_amounts_finer_than_the_currency_are_reported(self):
        printed = self.load(
            ("S1", "2024-03-01", "C1", "10.004", "", self.company_code, 0),
            ("S2", "2024-03-01", "C1", "10.01", "", self.company_code, 0),
        )
        self.assertIn("rounded to the decimals of their currency: 1, document 'S1'", printed)
        self.assertEqual(self.orders().mapped("amount_untaxed"), [10.0, 10.01])

    def test_time_zone_of_the_company_holds_unless_named(self):
        self.company.partner_id.tz = "America/New_York"
        self.load(("S1", "2024-07-01", "C1", 1, "", self.company_code, 0))
        self.assertEqual(self.orders().date_order, datetime(2024, 7, 1, 4))

    # ------------------------------------------------------------ running again

    def test_running_again_adds_nothing(self):
        rows = [(f"S{n}", "2024-03-01", "C1", n, "", self.company_code, 0) for n in range(3)]
        self.load(*rows)
        before = self.orders()
        printed = self.load(*rows)
        self.assertIn("Documents already there: 3, to load: 0", printed)
        self.assertEqual(self.orders(), before)

    def test_an_interrupted_load_is_continued(self):
        rows = [(f"S{n}", "2024-03-01", f"C{n}", 5, "", self.company_code, 0) for n in range(4)]
        # One transaction for the product, four for customers, then the orders one by one.
        # assertRaises would roll back what was done until then.
        with contextlib.suppress(KeyboardInterrupt):
            self.load(*rows, fails_at=8)
        self.assertEqual(self.orders().mapped("origin"), ["S0", "S1"])
        self.assertIn("to load: 2, customers to create: 0", self.load(*rows))
        self.assertEqual(self.orders().mapped("origin"), ["S0", "S1", "S2", "S3"])
        self.assertEqual(self.env["res.partner"].search_count([("ref", "=like", "C_")]), 4)

    def test_documents_of_another_company_are_its_own(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        row = ("S1", "2024-03-01", "C1", 5, "", self.company_code, 0)
        self.load(row)
        self.load(row, company=other.name)
        self.assertEqual(len(self.orders()), 1)
        self.assertEqual(len(self.orders(other)), 1)
        self.assertEqual(self.orders().partner_id, self.orders(other).partner_id)

    def test_dry_run_and_bad_lines_write_nothing(self):
        good = ("S1", "2024-03-01", "C1", 5, "", self.company_code, 0)
        bad = ("S2", "2024-03-01", "C2", "text", "", "ZZZ", 0)
        partners = self.env["res.partner"].search_count([])
        self.assertIn("nothing was written", self.load(good, dry_run=True))
        with self.assertRaisesRegex(self.command.BadLines, "line 3: amount 'text'.*'ZZZ'"):
            self.load(good, bad)
        self.assertFalse(self.orders())
        self.assertEqual(self.env["res.partner"].search_count([]), partners)

    # ------------------------------------------------------------ customers

    def test_customers_are_created_once_with_their_country(self):
        belgium = self.env.ref("base.be")
        printed = self.load(
            ("S1", "2024-03-01", "C1", 5, "belgium", self.company_code, 0),
            ("S2", "2024-03-01", "C1", 5, "BE", self.company_code, 0),
            ("S3", "2024-03-01", "C2", 5, "be", self.company_code, 0),
            ("S4", "2024-03-01", "C3", 5, "Atlantis", self.company_code, 0),
        )
        self.assertIn("left empty for these customers: 'Atlantis' (1)", printed)
        partners = self.env["res.partner"].search([("ref", "in", ("C1", "C2", "C3"))], order="ref")
        self.assertRecordValues(
            partners,
            [
                {"name": "C1", "is_company": True, "country_id": belgium.id},
                {"name": "C2", "is_company": True, "country_id": belgium.id},
                {"name": "C3", "is_company": True, "country_id": False},
            ],
        )

    def test_customers_are_found_by_reference_or_by_name(self):
        partner = self.env["res.partner"].create({"name": "Acme", "ref": "C1", "country_id": False})
        self.load(("S1", "2024-03-01", "C1", 5, "BE", self.company_code, 0))
        self.load(("S2", "2024-03-01", "Acme", 5, "BE", self.company_code, 0), match="name")
        self.assertEqual(self.orders().partner_id, partner)
        self.assertFalse(partner.country_id)

    def test_contacts_of_companies_and_of_other_companies_are_not_customers(self):
        parent = self.env["res.partner"].create({"name": "Parent", "is_company": True})
        self.env["res.partner"].create(
            [
                {"name": "Person", "ref": "C1", "parent_id": parent.id},
                {"name": "Foreign", "ref": "C1", "company_id": self.env.company.id},
            ]
        )
        self.load(("S1", "2024-03-01", "C1", 5, "", self.company_code, 0))
        self.assertEqual(self.orders().partner_id.name, "C1")

    def test_archived_contact_counts_when_no_active_one_fits(self):
        archived = self.env["res.partner"].create(
            [
                {"name": "Gone", "ref": "C1", "active": False},
                {"name": "Old", "ref": "C2", "active": False},
            ]
        )
        current = self.env["res.partner"].create({"name": "New", "ref": "C2"})
        self.load(
            ("S1", "2024-03-01", "C1", 5, "", self.company_code, 0),
            ("S2", "2024-03-01", "C2", 5, "", self.company_code, 0),
        )
        self.assertEqual([order.partner_id for order in self.orders()], [archived[0], current])

    def test_customer_that_fits_several_contacts_is_a_bad_line(self):
        self.env["res.partner"].create([{"name": "A", "ref": "C1"}, {"name": "B", "ref": "C1"}])
        with self.assertRaisesRegex(
            self.command.BadLines, "line 3: customer 'C1' is the ref of 2 contacts"
        ):
            self.load(
                ("S1", "2024-03-01", "C0", 5, "", self.company_code, 0),
                ("S2", "2024-03-01", "C1", 5, "", self.company_code, 0),
            )
        self.assertFalse(self.orders())

    # ------------------------------------------------------------ currencies and companies

    def test_foreign_currency_has_the_rate_of_the_day(self):
        self.load(
            ("S1", "2024-03-01", "C1", 10, "", "QQA", 6),
            ("S2", "2024-07-01", "C1", 10, "", "qqa", 6),
        )
        orders = self.orders()
        self.assertEqual(orders.currency_id, self.currency)
        self.assertEqual(orders.mapped("currency_rate"), [2.0, 4.0])
        self.assertEqual(orders.mapped("amount_untaxed"), [10.0, 10.0])
        self.assertEqual(orders.mapped("margin"), [4.0, 4.0])

    def test_pricelists_are_made_once_and_offered_to_nobody(self):
        pricelists = self.env["product.pricelist"].with_context(active_test=False)
        self.load(("S1", "2024-03-01", "C1", 10, "", "QQA", 6))
        self.load(("S2", "2024-03-01", "C1", 10, "", "QQA", 6))
        made = pricelists.search([("currency_id", "=", self.currency.id)])
        self.assertEqual(len(made), 1)
        self.assertFalse(made.active)
        self.load(("S3", "2024-03-01", "C1", 10, "", self.company_code, 6))
        self.assertEqual(self.orders()[2].currency_id, self.company.currency_id)

    def test_currency_without_rate_or_switched_off_is_a_bad_line(self):
        self.env["res.currency"].create([{"name": "QQB", "symbol": "b"}])
        self.env["res.currency"].create([{"name": "QQC", "symbol": "c", "active": False}])
        with self.assertRaisesRegex(
            self.command.BadLines,
            "(?s)line 2: currency QQB has no rate.*line 3: currency QQC is not active",
        ):
            self.load(
                ("S1", "2024-03-01", "C1", 10, "", "QQB", 6),
                ("S2", "2024-03-01", "C1", 10, "", "QQC", 6),
            )
        self.assertFalse(self.orders())

    def test_company_is_asked_for_when_there_are_several(self):
        for name, message in ((None, "Choose with --company"), ("Nobody", "No company has")):
            with self.assertRaisesRegex(self.database.UnusableDatabase, message):
                self.load(("S1", "2024-03-01", "C1", 5, "", "QQA", 0), company=name)
