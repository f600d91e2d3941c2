from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.fields import Command, Domain
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common_churn import NOW


@tagged('post_install', '-at_install')
class TestChurnJobInvoice(AccountTestInvoicingCommon):
    """A company that counts invoices: they alone are purchases, and the job alone sees them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_manager')
        cls.company = cls.company_data['company']
        cls.company.write({'growth_source': 'invoice', 'growth_churn_as_of': '2026-06-02'})
        cls.env['growth.churn.rule'].search(Domain.TRUE).action_archive()
        cls.env.ref('sales_growth.growth_churn_rule_recency').active = True
        cls.partner = cls.env['res.partner'].create({'name': "Buyer", 'is_company': True})
        cls.invoices = cls._invoice('2025-01-10') | cls._invoice('2025-11-01')

    def setUp(self):
        super().setUp()
        self.clock = self.startPatcher(freeze_time(NOW))
        self.startPatcher(patch.object(self.env.cr, 'now', fields.Datetime.now))

    @classmethod
    def _invoice(cls, day, amount=100, move_type='out_invoice'):
        invoice = cls.env['account.move'].create(
            {
                'move_type': move_type,
                'partner_id': cls.partner.id,
                'invoice_date': day,
                'date': day,
                'invoice_line_ids': [
                    Command.create(
                        {'product_id': cls.product_a.id, 'price_unit': amount, 'tax_ids': False}
                    )
                ],
            }
        )
        invoice.action_post()
        return invoice

    def _detect_on(self, day):
        self.env.flush_all()
        self.clock.move_to(f'{day} 12:00:00')
        self.env['growth.churn.rule']._detect(self.company)
        self.env.invalidate_all()

    def _case(self):
        return self.env['growth.churn.case'].search(
            [('partner_id', '=', self.partner.id), ('company_id', '=', self.company.id)]
        )

    def _customer(self):
        return self.env['growth.customer'].search(
            [('partner_id', '=', self.partner.id), ('company_id', '=', self.company.id)]
        )

    def test_lost_and_won_back_by_an_invoice(self):
        self._detect_on('2026-06-03')
        case = self._case()
        self.assertRecordValues(
            case,
            [
                {
                    'state': 'new',
                    'level': 'lost',
                    'last_order_date': date(2025, 11, 1),
                    'revenue': 200,
                }
            ],
        )
        self._invoice('2026-06-10', amount=300)
        self.assertEqual(case.state, 'new', "the job finds it")
        self._detect_on('2026-06-11')
        self.assertRecordValues(
            case,
            [
                {
                    'state': 'won',
                    'won_date': date(2026, 6, 10),
                    'win_order_id': False,
                    'revenue_6': 300,
                }
            ],
        )
        self.assertEqual(self._customer().churn_state, 'won_back')
        self._invoice('2026-07-01', amount=120, move_type='out_refund')
        self._detect_on('2026-07-02')
        self.assertEqual((case.state, case.revenue_6, case.revenue_12), ('won', 180, 180))

    def test_an_order_is_no_purchase_yet(self):
        self._detect_on('2026-06-03')
        case = self._case()
        order = self.env['sale.order'].create(
            {
                'partner_id': self.partner.id,
                'order_line': [Command.create({'product_id': self.product_a.id})],
            }
        )
        order.action_confirm()
        self.assertTrue(order.amount_untaxed)
        self.assertEqual(case.state, 'new')
        self._detect_on('2026-06-04')
        self.assertEqual(case.state, 'new')
        self.assertEqual(self._customer().churn_state, 'lost')

    def test_an_invoice_that_is_taken_back(self):
        self._detect_on('2026-06-03')
        case = self._case()
        invoice = self._invoice('2026-06-10')
        self._detect_on('2026-06-11')
        self.assertEqual(case.state, 'won')
        invoice.button_draft()
        self._detect_on('2026-06-12')
        self.assertRecordValues(
            case, [{'state': 'new', 'won_date': False, 'revenue_6': 0, 'closed_date': False}]
        )
        self.assertEqual(self._customer().churn_state, 'lost')
        invoice.action_post()
        self._detect_on('2026-06-13')
        self.assertEqual((case.state, case.won_date), ('won', date(2026, 6, 10)))
        self.assertEqual(self._case(), case)

    def test_what_an_invoice_won_stays_won_when_orders_count(self):
        self._detect_on('2026-06-03')
        self._invoice('2026-06-10')
        self._detect_on('2026-06-11')
        self.company.growth_source = 'order'
        self._detect_on('2026-06-12')
        self.assertRecordValues(self._case(), [{'state': 'won', 'won_date': date(2026, 6, 10)}])

    def test_a_credit_note_wins_nobody(self):
        self._detect_on('2026-06-03')
        self._invoice('2026-06-10', move_type='out_refund')
        self._detect_on('2026-06-11')
        self.assertEqual(self._case().state, 'new')
