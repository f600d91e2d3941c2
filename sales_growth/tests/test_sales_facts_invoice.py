from datetime import date

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import AS_OF


@tagged('post_install', '-at_install')
class TestSalesFactsInvoice(AccountTestInvoicingCommon):
    """The facts of posted invoices net of credit notes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_manager')
        cls.company = cls.company_data['company']
        cls.company.write({'growth_source': 'invoice', 'growth_metric': 'profit'})
        cls.partner = cls.env['res.partner'].create({'name': "Buyer", 'is_company': True})

    def _facts(self, partner=None, as_of=AS_OF):
        rows = self.env.execute_query_dict(
            self.env['growth.sales.facts']._customer_facts(self.company, as_of)
        )
        return {row['partner_id']: row for row in rows}.get((partner or self.partner).id)

    def _create_invoice(self, amount, day='2026-03-15', post=True, **vals):
        invoice = self.env['account.move'].create(
            {
                'move_type': 'out_invoice',
                'partner_id': self.partner.id,
                'invoice_date': day,
                'invoice_line_ids': [
                    Command.create(
                        {'product_id': self.product_a.id, 'price_unit': amount, 'tax_ids': False}
                    )
                ],
                **vals,
            }
        )
        if post:
            invoice.action_post()
        return invoice

    def _create_invoiced_order(self, quantity, price, cost):
        order = self.env['sale.order'].create(
            {
                'partner_id': self.partner.id,
                'order_line': [
                    Command.create(
                        {
                            'product_id': self.env['product.product']
                            .create(
                                {
                                    'name': "Invoiced on order",
                                    'type': 'service',
                                    'invoice_policy': 'order',
                                }
                            )
                            .id,
                            'product_uom_qty': quantity,
                            'price_unit': price,
                            'purchase_price': cost,
                            'tax_ids': False,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.invoice_date = date(2026, 3, 15)
        invoice.action_post()
        return invoice

    def test_only_posted_customer_invoices_count(self):
        self._create_invoice(100)
        self._create_invoice(1000, post=False)
        self._create_invoice(10000).button_cancel()
        self._create_invoice(100000, move_type='in_invoice')
        facts = self._facts()
        self.assertEqual((facts['revenue'], facts['order_count']), (100, 1))

    def test_window_follows_the_date_of_the_invoice(self):
        for day, amount in (('2025-06-30', 1), ('2025-07-01', 10), ('2026-06-30', 100)):
            self._create_invoice(amount, day)
        # Days of invoices are days, whatever the time zone of the company.
        self.company.partner_id.tz = 'Pacific/Auckland'
        facts = self._facts()
        self.assertEqual(facts['revenue'], 110)
        self.assertEqual(
            (facts['first_order_date'], facts['last_order_date']),
            (date(2025, 6, 30), date(2026, 6, 30)),
        )

    def test_credit_notes_are_taken_off(self):
        invoice = self._create_invoiced_order(quantity=4, price=25, cost=10)
        facts = self._facts()
        self.assertEqual((facts['revenue'], facts['profit']), (100, 60))
        refund = invoice._reverse_moves([{'invoice_date': date(2026, 4, 1)}])
        refund.invoice_line_ids.quantity = 1
        refund.action_post()
        facts = self._facts()
        self.assertEqual((facts['revenue'], facts['profit']), (75, 45))
        self.assertEqual(facts['order_count'], 1, "A credit note is no purchase.")

    def test_profit_takes_the_cost_of_the_order_line(self):
        invoice = self._create_invoiced_order(quantity=2, price=50, cost=20)
        invoice.invoice_line_ids.product_id.standard_price = 49
        self.assertEqual(self._facts()['profit'], 60)

    def test_units_of_order_and_invoice_may_differ(self):
        invoice = self._create_invoiced_order(quantity=24, price=5, cost=2)
        invoice.button_draft()
        invoice.invoice_line_ids.write(
            {
                'product_uom_id': self.env.ref('uom.product_uom_dozen').id,
                'quantity': 2,
                'price_unit': 60,
            }
        )
        invoice.action_post()
        facts = self._facts()
        self.assertEqual((facts['revenue'], facts['profit']), (120, 72))

    def test_a_line_of_several_order_lines_counts_once(self):
        invoice = self._create_invoiced_order(quantity=2, price=50, cost=20)
        other = self._create_invoiced_order(quantity=2, price=50, cost=30)
        invoice.invoice_line_ids.sale_line_ids |= other.invoice_line_ids.sale_line_ids
        # 100 - 2 x 25 of the first, 100 - 2 x 30 of the second.
        self.assertEqual(self._facts()['revenue'], 200)
        self.assertEqual(self._facts()['profit'], 90)

    def test_foreign_currency_at_the_rate_of_the_invoice(self):
        currency = self.setup_other_currency('EUR', rates=[('2025-01-01', 0.5)])
        self._create_invoice(100, currency_id=currency.id)
        self.env['res.currency.rate'].create(
            {
                'name': '2026-06-01',
                'rate': 4,
                'currency_id': currency.id,
                'company_id': self.company.id,
            }
        )
        self.assertEqual(self._facts()['revenue'], 200)

    def test_lines_without_frozen_cost_are_reported(self):
        self._create_invoiced_order(quantity=2, price=50, cost=20)
        without = self._create_invoice(100)
        model, domain = self.env['growth.sales.facts']._get_lines_without_cost(self.company, AS_OF)
        self.assertEqual(self.env[model].search(domain), without.invoice_line_ids)

    def test_a_down_payment_is_no_purchase(self):
        order = self._create_invoiced_order(quantity=2, price=50, cost=30).invoice_line_ids
        order = order.sale_line_ids.order_id.copy()
        order.action_confirm()
        for vals in (
            {'advance_payment_method': 'percentage', 'amount': 30},
            {'advance_payment_method': 'delivered'},
        ):
            wizard = self.env['sale.advance.payment.inv'].with_context(
                active_model='sale.order', active_ids=order.ids
            )
            wizard.create({'sale_order_ids': order.ids, **vals}).create_invoices()
        order.invoice_ids.invoice_date = date(2026, 4, 1)
        order.invoice_ids.action_post()
        self.assertEqual(len(order.invoice_ids), 2)
        order.order_line.filtered(lambda line: not line.is_downpayment).purchase_price = 30
        facts = self._facts()
        self.assertEqual((facts['revenue'], facts['profit']), (200, 80))
        self.assertEqual(facts['order_count'], 2)
        model, domain = self.env['growth.sales.facts']._get_lines_without_cost(self.company, AS_OF)
        self.assertFalse(self.env[model].search(domain))
        documents = self.env['growth.sales.facts']._get_documents_domain(self.company, AS_OF)
        self.assertEqual(self.env['account.move'].search_count(documents), 2)

    def test_a_receipt_without_customer_is_nobodys(self):
        receipt = self._create_invoice(100, move_type='out_receipt', partner_id=False)
        self.assertEqual(receipt.state, 'posted')
        self._create_invoice(10)
        counts = self.env['growth.customer']._refresh(self.company, AS_OF)
        self.assertEqual(counts['customers'], 1)
