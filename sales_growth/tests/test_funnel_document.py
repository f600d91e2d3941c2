from datetime import date

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common_funnel import BackfillMixin, FunnelCommon, FunnelMixin


@tagged('post_install', '-at_install')
class TestFunnelOrder(FunnelCommon):
    """Quotations and orders tell their lead what they passed, whenever they find it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer("Prospect")
        cls.presentation.quotation_sent = True

    def _create_quotation(self, lead, amount=400.0, **vals):
        return self._create_order(
            self.customer,
            amount,
            '2026-03-02 12:00:00',
            **{'state': 'draft', 'opportunity_id': lead.id, **vals},
        )

    def test_a_quotation_counts_when_it_is_sent(self):
        lead = self._create_lead(expected_revenue=900.0)
        order = self._create_quotation(lead)
        self.assertPassed(lead)
        self._go_to('2026-03-04')
        order.with_user(self.user_admin).action_quotation_sent()
        self.assertPassed(lead, self.acquaintance, self.presentation)
        self.assertRecordValues(
            self._events(lead),
            [
                {
                    'user_id': self.user_own.id,
                    'author_id': self.user_admin.id,
                    'value': 400.0,
                    'day': date(2026, 3, 4),
                    'stage_id': self.new.id,
                }
            ]
            * 2,
        )

    def test_an_order_counts_when_it_is_confirmed(self):
        lead = self._create_lead(stage_id=self.qualified.id, expected_revenue=900.0)
        order = self._create_quotation(lead)
        self._go_to('2026-03-09')
        order.with_user(self.user_admin).action_confirm()
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)
        self.assertEqual(self._events(lead).mapped('value'), [900.0, 400.0, 400.0])
        self.assertEqual(self._events(lead)[-1].days, 0)
        self.assertEqual(lead.stage_id, self.qualified, "The stage is people's own.")

    def test_an_order_created_as_confirmed(self):
        lead = self._create_lead()
        self._create_quotation(lead, state='sale')
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)

    def test_an_order_linked_after_it_was_confirmed(self):
        lead = self._create_lead()
        order = self._create_quotation(lead, state='sale', opportunity_id=False)
        self.assertPassed(lead)
        self._go_to('2026-03-11')
        order.opportunity_id = lead
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)
        self.assertEqual(self._events(lead)[0].days, 9)

    def test_cancelling_takes_nothing_back(self):
        lead = self._create_lead()
        order = self._create_quotation(lead, state='sale')
        order._action_cancel()
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)
        other = self._create_lead()
        order.opportunity_id = other
        self.assertPassed(other)

    def test_a_second_order_adds_nothing(self):
        lead = self._create_lead()
        self._create_quotation(lead, 400.0).action_confirm()
        self._go_to('2026-03-20')
        self._create_quotation(lead, 800.0).action_confirm()
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)
        self.assertEqual(set(self._events(lead).mapped('value')), {400.0})

    def test_orders_of_several_leads_at_once(self):
        leads = self._create_lead() | self._create_lead()
        orders = self._create_quotation(leads[0], 100.0) | self._create_quotation(leads[1], 200.0)
        orders.action_confirm()
        for lead, amount in zip(leads, (100.0, 200.0), strict=True):
            self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)
            self.assertEqual(set(self._events(lead).mapped('value')), {amount})

    def test_the_confirmed_order_tells_the_value_not_the_one_sent_beside_it(self):
        lead = self._create_lead()
        self.presentation.quotation_sent = False
        self.env['sale.order'].create(
            [
                {
                    'company_id': self.company.id,
                    'partner_id': self.customer.id,
                    'opportunity_id': lead.id,
                    'state': state,
                    'order_line': [
                        Command.create(
                            {
                                'product_id': self.product.id,
                                'price_unit': amount,
                                'tax_ids': False,
                            }
                        )
                    ],
                }
                for state, amount in (('sale', 100.0), ('sent', 999.0))
            ]
        )
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)
        self.assertEqual(set(self._events(lead).mapped('value')), {100.0})

    def test_the_salesperson_of_the_order_need_not_see_the_lead(self):
        lead = self._create_lead(user_id=self.user_all.id)
        order = self._create_quotation(lead, user_id=self.user_own.id)
        order.with_user(self.user_own).action_quotation_sent()
        self.assertPassed(lead, self.acquaintance, self.presentation)

    def test_amounts_are_converted_to_the_company_s_currency(self):
        """At the rate of the order."""
        self.env['res.currency.rate'].create(
            [
                {
                    'name': day,
                    'currency_id': self.eur.id,
                    'company_id': self.company.id,
                    'rate': rate,
                }
                for day, rate in (('2026-01-01', 0.5), ('2026-03-10', 0.25))
            ]
        )
        pricelist = self.env['product.pricelist'].create(
            {'name': "Euro", 'currency_id': self.eur.id, 'company_id': self.company.id}
        )
        lead = self._create_lead()
        order = self._create_quotation(lead, 400.0, pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, self.eur)
        order.action_quotation_sent()
        self._go_to('2026-03-12')
        order.action_confirm()
        self.assertEqual(self._events(lead).mapped('value'), [800.0, 800.0, 1600.0])
        self.assertEqual(self._events(lead).currency_id, self.usd)

    def test_a_lost_lead_that_buys_after_all(self):
        lead = self._create_lead()
        lead.with_user(self.user_own).action_set_lost(lost_reason_id=self._create_reason().id)
        self._create_quotation(lead, state='sale')
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)


@tagged('post_install', '-at_install')
class TestFunnelInvoice(BackfillMixin, FunnelMixin, AccountTestInvoicingCommon):
    """A customer invoice that is fully paid passes the payment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_manager')
        cls.company = cls.company_data['company']
        cls.customer = cls.env['res.partner'].create({'name': "Prospect", 'is_company': True})
        cls.service = cls.env['product.product'].create(
            {
                'name': "Growth Service",
                'type': 'service',
                'invoice_policy': 'order',
                'taxes_id': False,
            }
        )
        cls._set_up_funnel()
        cls.all_steps = cls.funnel.step_ids
        cls.bought = cls.all_steps[:3]

    def _create_lead(self):
        return self.env['crm.lead'].create(
            {
                'name': "Lead",
                'type': 'opportunity',
                'company_id': self.company.id,
                'stage_id': self.new.id,
                'expected_revenue': 50.0,
            }
        )

    def _create_order(self, lead, amount=1000.0, **vals):
        order = self.env['sale.order'].create(
            {
                'partner_id': self.customer.id,
                'opportunity_id': lead.id,
                'order_line': [
                    Command.create(
                        {'product_id': self.service.id, 'price_unit': amount, 'tax_ids': False}
                    )
                ],
                **vals,
            }
        )
        order.action_confirm()
        return order

    def _invoice(self, order):
        invoice = order._create_invoices()
        invoice.invoice_date = date.today()
        invoice.action_post()
        return invoice

    def _pay(self, invoices, amount=None, user=None):
        self.env['account.payment.register'].with_user(user or self.env.user).with_context(
            active_model='account.move', active_ids=invoices.ids
        ).create(
            {'amount': amount, 'group_payment': True} if amount else {'group_payment': True}
        )._create_payments()

    def test_payment_in_parts_counts_with_the_last(self):
        lead = self._create_lead()
        invoice = self._invoice(self._create_order(lead))
        self.assertPassed(lead, *self.bought)
        self._go_to('2026-03-09')
        self._pay(invoice, 400.0)
        self.assertEqual(invoice.payment_state, 'partial')
        self.assertPassed(lead, *self.bought)
        self._go_to('2026-03-16')
        self._pay(invoice, 600.0)
        self.assertPassed(lead, *self.all_steps)
        self.assertRecordValues(
            self._events(lead)[-1],
            [
                {
                    'step_id': self.payment.id,
                    'entry_day': date(2026, 3, 2),
                    'day': date(2026, 3, 16),
                    'days': 14,
                    'value': 1000.0,
                    'author_id': self.env.uid,
                }
            ],
        )
        self.assertFalse(lead.growth_step_id or lead.growth_step_date)

    def test_who_books_the_payment_need_not_see_leads(self):
        accountant = new_test_user(
            self.env,
            'growth_accountant',
            groups='account.group_account_invoice',
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertFalse(self.env['crm.lead'].with_user(accountant).has_access('read'))
        lead = self._create_lead()
        self._pay(self._invoice(self._create_order(lead)), user=accountant)
        self.assertPassed(lead, *self.all_steps)
        self.assertEqual(self._events(lead)[-1].author_id, accountant)

    def test_the_first_paid_invoice_counts_a_down_payment_too(self):
        lead = self._create_lead()
        order = self._create_order(lead)
        self.env['sale.advance.payment.inv'].with_context(
            active_model='sale.order', active_ids=order.ids
        ).create({'advance_payment_method': 'percentage', 'amount': 30}).create_invoices()
        down_payment = order.invoice_ids
        down_payment.invoice_date = date.today()
        down_payment.action_post()
        self.assertPassed(lead, *self.bought)
        self._go_to('2026-03-05')
        self._pay(down_payment)
        self.assertPassed(lead, *self.all_steps)
        self.assertEqual(self._events(lead)[-1].value, 300.0)
        self._go_to('2026-03-25')
        self._pay(self._invoice(order))
        self.assertPassed(lead, *self.all_steps)
        self.assertEqual(self._events(lead)[-1].day, date(2026, 3, 5))

    def test_credit_notes_are_no_payment(self):
        """Neither their own, nor that of the invoice they settle."""
        lead = self._create_lead()
        invoice = self._invoice(self._create_order(lead))
        refund = invoice._reverse_moves([{'invoice_date': date.today()}], cancel=True)
        self.assertEqual(invoice.payment_state, 'reversed')
        self.assertPassed(lead, *self.bought)
        refund = invoice.copy({'move_type': 'out_refund', 'invoice_date': date.today()})
        refund.invoice_line_ids.sale_line_ids = invoice.invoice_line_ids.sale_line_ids
        refund.action_post()
        self._pay(refund)
        self.assertEqual(refund.payment_state, 'paid')
        self.assertPassed(lead, *self.bought)

    def test_taking_a_payment_back_takes_no_history_back(self):
        lead = self._create_lead()
        invoice = self._invoice(self._create_order(lead))
        self._pay(invoice)
        invoice.line_ids.remove_move_reconcile()
        self.assertEqual(invoice.payment_state, 'not_paid')
        self.assertPassed(lead, *self.all_steps)

    def test_an_order_linked_after_its_invoice_was_paid(self):
        lead = self._create_lead()
        order = self._create_order(self.env['crm.lead'])
        self._pay(self._invoice(order))
        self.assertPassed(lead)
        order.opportunity_id = lead
        self.assertPassed(lead, *self.all_steps)
        self.assertEqual(set(self._events(lead).mapped('value')), {1000.0})

    def test_an_invoice_of_several_orders(self):
        leads = self._create_lead() | self._create_lead()
        orders = self._create_order(leads[0]) | self._create_order(leads[1], 500.0)
        invoice = self._invoice(orders)
        self.assertEqual(len(invoice), 1)
        self._pay(invoice)
        for lead in leads:
            self.assertPassed(lead, *self.all_steps)

    def test_several_invoices_paid_at_once(self):
        leads = self._create_lead() | self._create_lead()
        invoices = self.env['account.move'].union(
            *(self._invoice(self._create_order(lead)) for lead in leads)
        )
        self._pay(invoices)
        for lead in leads:
            self.assertPassed(lead, *self.all_steps)

    def test_an_invoice_of_nothing_is_paid_when_it_is_posted(self):
        lead = self._create_lead()
        self._invoice(self._create_order(lead, 0.0))
        self.assertPassed(lead, *self.all_steps)

    def test_other_invoices_pass_nothing(self):
        lead = self._create_lead()
        order = self._create_order(lead)
        invoice = self.env['account.move'].create(
            {
                'move_type': 'out_invoice',
                'partner_id': self.customer.id,
                'invoice_date': date.today(),
                'invoice_line_ids': [
                    Command.create(
                        {'product_id': self.service.id, 'price_unit': 10.0, 'tax_ids': False}
                    )
                ],
            }
        )
        invoice.action_post()
        self._pay(invoice)
        self.assertPassed(order.opportunity_id, *self.bought)

    def test_foreign_invoices_are_converted(self):
        currency = self.setup_other_currency('EUR', rates=[('2025-01-01', 0.5)])
        pricelist = self.env['product.pricelist'].create(
            {'name': "Euro", 'currency_id': currency.id}
        )
        lead = self._create_lead()
        order = self._create_order(lead, 300.0, pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, currency)
        self._pay(self._invoice(order))
        self.assertEqual(self._events(lead)[-1].value, 600.0)
        self.assertEqual(self._events(lead)[-1].currency_id, self.company.currency_id)

    # ------------------------------------------------------------
    # FOUND IN THE HISTORY
    # ------------------------------------------------------------

    def test_payments_of_the_past(self):
        leads = self._create_lead() | self._create_lead() | self._create_lead()
        invoices = [self._invoice(self._create_order(lead)) for lead in leads]
        self._go_to('2026-03-09')
        for invoice in invoices[:2]:
            self._pay(invoice, 400.0)
        invoices[2]._reverse_moves([{'invoice_date': date.today()}], cancel=True)
        self._go_to('2026-03-16')
        self._pay(invoices[0])
        self._go_to('2026-04-01')
        self.assertFoundAgain(leads)
        self.assertPassed(leads[0], *self.all_steps)
        self.assertEqual(self._events(leads[0])[-1].day, date(2026, 3, 16))
        for lead in leads[1:]:
            self.assertPassed(lead, *self.bought)

    def test_the_day_of_a_payment_is_not_that_before_it(self):
        """Mistake 16: it is a day of the company, whose midnight in UTC may be another day."""
        for zone in ('America/New_York', 'Pacific/Auckland'):
            with self.subTest(zone=zone):
                self.company.partner_id.tz = zone
                lead = self._create_lead()
                invoice = self._invoice(self._create_order(lead))
                self._pay(invoice)
                self._forget(lead)
                self.env['growth.funnel.event']._backfill()
                self.assertEqual(self._events(lead)[-1].day, invoice.invoice_date)

    def test_down_payments_of_the_past(self):
        lead = self._create_lead()
        order = self._create_order(lead)
        self.env['sale.advance.payment.inv'].with_context(
            active_model='sale.order', active_ids=order.ids
        ).create({'advance_payment_method': 'fixed', 'fixed_amount': 250}).create_invoices()
        order.invoice_ids.invoice_date = date.today()
        order.invoice_ids.action_post()
        self._go_to('2026-03-05')
        self._pay(order.invoice_ids)
        self._go_to('2026-04-01')
        self.assertFoundAgain(lead)
