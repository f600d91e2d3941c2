from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common_contact import NOON, ContactCommon


@tagged('post_install', '-at_install')
class TestContactActivities(ContactCommon):
    """Which activities are contacts, of whom and on which day."""

    def test_each_kind_on_leads_customers_and_quotations(self):
        quotation = self._create_order(
            self.customer, 100, state='draft', user_id=self.user_own.id, team_id=self.team.id
        )
        talk = self._create_type("Sit together", category='meeting')
        task = self._create_type("Whatever")
        self._do(self.lead)
        self._do(self.customer, activity_type=talk)
        self._do(quotation, activity_type=self.env.ref('mail.mail_activity_data_email'))
        self._do(quotation, activity_type=task)
        self.assertCountEqual(
            self._contacts(),
            [('2026-06-10', kind, self.user_own) for kind in ('call', 'meeting', 'mail', 'other')],
        )
        contacts = self.Report.search([('user_id', '=', self.user_own.id)])
        self.assertEqual(contacts.partner_id, self.customer)
        self.assertEqual(contacts.team_id, self.team, "Of the document, else of the salesperson.")
        self.assertEqual(contacts.company_id, self.company)
        self.assertEqual(
            {(contact.res_model, contact.res_id) for contact in contacts},
            {(record._name, record.id) for record in (self.lead, self.customer, quotation)},
        )

    def test_the_team_is_the_one_of_the_lead(self):
        other = self._create_team("Other Team")
        self._do(self._create_lead(team_id=other.id))
        self._meet(opportunity_id=self._create_lead(team_id=other.id).id)
        self.assertEqual(len(self._contacts([('team_id', '=', other.id)])), 2)

    def test_what_is_still_to_be_done_or_was_cancelled_is_no_contact(self):
        self._schedule(self.lead)
        self._schedule(self.lead).unlink()
        self.assertFalse(self._contacts())

    def test_only_with_a_result(self):
        for result in (False, "", " \n\t"):
            self._do(self.lead, result=result)
        self.assertFalse(self._contacts())
        self.company.growth_contact_needs_result = False
        self.assertEqual(len(self._contacts()), 3)

    def test_counts_for_whom_it_was_assigned_to(self):
        activity = self._schedule(self.lead)
        activity.with_user(self.user_admin).action_feedback(feedback="Did it for him")
        self.assertEqual(self._contacts(moment='2030-01-01')[0][2], self.user_own)
        unassigned = self._schedule(self.lead)
        unassigned.user_id = False
        unassigned.action_feedback(feedback="Whose?")
        self.assertEqual(len(self._contacts(moment='2030-01-01')), 1)

    def test_a_type_may_be_no_contact(self):
        upload = self._create_type("File", category='upload_file')
        alert = self._create_type("Alert", decoration_type='warning')
        self.assertEqual((upload | alert).mapped('growth_contact_kind'), ['none', 'none'])
        self._do(self.lead, activity_type=upload)
        self._do(self.lead)
        self.assertEqual(len(self._contacts()), 1)
        self.call.growth_contact_kind = 'none'
        self.assertFalse(self._contacts())
        self.call.growth_contact_kind = 'mail'
        self.assertEqual(self._days('mail'), ['2026-06-10'])

    def test_archived_types_leads_and_people_keep_their_contacts(self):
        self._do(self.lead)
        self.call.action_archive()
        self.lead.action_set_lost(lost_reason_id=self._create_reason().id)
        self.user_own.active = False
        self.assertEqual(self._contacts(), [('2026-06-10', 'call', self.user_own)])

    def test_suppliers_and_colleagues_are_no_customers(self):
        supplier = self._create_customer("Supplier", supplier_rank=1)
        self._do(supplier)
        self._do(self.user_all.partner_id)
        self._do(self.company.partner_id)
        self.assertFalse(self._contacts())
        supplier.customer_rank = 1
        self.assertEqual(self._days(), ['2026-06-10'])

    def test_merged_leads_keep_what_was_done(self):
        other = self._create_lead("Twin", partner_id=self.customer.id)
        self._do(self.lead)
        self._do(other)
        merged = (self.lead | other).merge_opportunity()
        self.assertEqual(len(merged.exists()), 1)
        self.assertEqual(self._days(), ['2026-06-10'] * 2)
        self.assertEqual(
            self.Report.search([('user_id', '=', self.user_own.id)]).mapped('res_id'),
            merged.ids * 2,
        )

    def test_archived_again_it_stays_done_when_it_was(self):
        activity = self._do(self.lead)
        activity.active = False
        self.assertEqual(self._days(), ['2026-06-10'])
        activity.active = True
        self.assertFalse(activity.growth_date_done)
        self.assertFalse(self._contacts())

    # ------------------------------------------------------------
    # DAYS
    # ------------------------------------------------------------

    def test_days_are_those_of_the_company(self):
        self._do(self.lead, '2026-06-10 23:30:00')
        self.assertEqual(self._days(), ['2026-06-10'])
        self.company.partner_id.tz = 'Pacific/Auckland'
        self.assertEqual(self._days(), ['2026-06-11'])
        self.company.partner_id.tz = 'America/Los_Angeles'
        self.assertEqual(self._days(), ['2026-06-10'])
        self._do(self.lead, '2026-06-10 02:30:00')
        self.assertEqual(self._days(), ['2026-06-09', '2026-06-10'])

    def test_a_day_asked_for_is_found_whatever_the_time_zone(self):
        """The sources are cut before the time zone is known: never too much."""
        for zone in ('Pacific/Kiritimati', 'Etc/GMT+12', 'Asia/Kolkata', 'UTC'):
            self.company.partner_id.tz = zone
            for hour in range(24):
                self._do(self.lead, f'2026-06-10 {hour:02}:30:00')
            counts = {
                day: len(self._contacts([('date', '=', day)]))
                for day in ('2026-06-09', '2026-06-10', '2026-06-11')
            }
            everything = self._days()
            self.assertEqual(counts, {day: everything.count(day) for day in counts}, zone)
            self.assertEqual(sum(counts.values()), len(everything), zone)
            self.env['mail.activity'].with_context(active_test=False).search(
                [('user_id', '=', self.user_own.id)]
            ).unlink()

    def test_domains_of_days(self):
        for day in ('2026-05-31', '2026-06-01', '2026-06-30'):
            self._do(self.lead, f'{day} 12:00:00')
        cases = [
            ([('date', '>=', '2026-06-01')], 2),
            ([('date', '>', '2026-06-01')], 1),
            ([('date', '<', '2026-06-01')], 1),
            ([('date', 'in', ['2026-05-31', '2026-06-30'])], 2),
            (['|', ('date', '=', '2026-05-31'), ('date', '>=', '2026-06-30')], 2),
            (['|', ('date', '>=', '2026-06-30'), ('kind', '=', 'call')], 3),
            (['!', ('date', '>=', '2026-06-01')], 1),
            ([('date', '>=', '2026-06-01'), ('date', '<=', '2026-06-01')], 1),
            ([('date', '>=', '=week_start -21d')], 1),
            ([('date', '>=', '0001-01-01')], 3),
            ([('date', '!=', False)], 3),
            ([('date', '=', False)], 0),
        ]
        for domain, count in cases:
            self.assertEqual(len(self._contacts(domain)), count, domain)

    def test_weeks_begin_as_people_are_used_to(self):
        self._do(self.lead, '2026-06-07 12:00:00')
        self._do(self.lead, '2026-06-08 12:00:00')
        lang = self.env['res.lang']._lang_get('en_US')
        for week_start, weeks in (
            ('1', [(date(2026, 6, 1), 1), (date(2026, 6, 8), 1)]),
            ('7', [(date(2026, 6, 7), 2)]),
        ):
            lang.week_start = week_start
            self.assertEqual(
                self.Report._read_group(
                    [('kind', '=', 'call')], ['date:week'], ['done:sum'], order='date:week'
                ),
                weeks,
            )

    # ------------------------------------------------------------
    # COMPANIES
    # ------------------------------------------------------------

    def test_contacts_belong_to_the_company_of_the_document(self):
        foreign = self._create_company("Foreign Company")
        self.user_own.company_ids = [Command.link(foreign.id)]
        self._do(self._create_lead(company_id=foreign.id))
        self._do(self._create_lead(company_id=False))
        self.assertEqual(len(self._contacts()), 1, "A lead of no company is the salesperson's.")
        self.user_admin.company_ids = [Command.link(foreign.id)]
        Report = self.Report.with_user(self.user_admin)
        for companies, expected in (
            (foreign, foreign),
            (self.company | foreign, self.company | foreign),
        ):
            report = Report.with_context(allowed_company_ids=companies.ids)
            self.assertEqual(report.search([('kind', '=', 'call')]).company_id, expected)

    def test_reading_takes_one_query(self):
        for _count in range(3):
            self._do(self.lead)
            self._meet(opportunity_id=self.lead.id)
        self.env['growth.contact.plan'].create({'kind': 'call', 'number': 3})
        Report = self.Report.with_user(self.user_admin)
        groupby = ['user_id', 'kind', 'date:week']
        measures = ['planned:sum', 'done:sum', 'gap:sum']
        domain = [('date', '>=', '2026-01-01')]
        Report._read_group(domain, groupby, measures)  # what is cached: rights, calendar, zone
        with self.assertQueryCount(1):
            Report._read_group(domain, groupby, measures)
        with self.assertQueryCount(1):
            Report.search_fetch(domain, ['date', 'kind', 'done', 'res_id'])


@tagged('post_install', '-at_install')
class TestContactMeetings(ContactCommon):
    """Which meetings are contacts."""

    def _meet_on_lead(self, **vals):
        """A meeting made from the lead, for which Odoo makes an activity, too."""
        self_ = self.env['calendar.event'].with_context(default_opportunity_id=self.lead.id)
        event = self_.create(
            {
                'name': "Talk about the lead",
                'start': '2026-06-11 09:00:00',
                'stop': '2026-06-11 10:00:00',
                'user_id': self.user_own.id,
                'partner_ids': [Command.set(self.user_own.partner_id.ids)],
                **vals,
            }
        )
        self.assertEqual(event.activity_ids.res_model, 'crm.lead')
        return event

    def _finish(self, event, result="Agreed"):
        event.activity_ids.action_feedback(feedback=result)

    def test_with_a_customer_or_a_lead(self):
        self._meet()
        self._meet('2026-06-12 09:00:00', '2026-06-12 10:00:00', opportunity_id=self.lead.id)
        self._finish(self._meet_on_lead())
        self.assertEqual(
            self._contacts(),
            [(f'2026-06-{day}', 'meeting', self.user_own) for day in (10, 11, 12)],
        )
        contacts = self.Report.search([('kind', '=', 'meeting')])
        self.assertEqual(contacts.partner_id, self.customer)
        self.assertEqual(contacts.mapped('res_model'), ['calendar.event'] * 3)
        self.assertEqual(contacts.team_id, self.team)

    def test_among_ourselves_or_with_a_supplier_is_no_contact(self):
        supplier = self._create_customer("Supplier", supplier_rank=1)
        for guests in (supplier, self.user_all.partner_id, self.company.partner_id):
            self._meet(guests=guests)
        self.assertFalse(self._contacts())

    def test_only_when_it_is_over_and_not_cancelled(self):
        event = self._meet('2026-06-30 11:00:00', '2026-06-30 12:30:00')
        self.assertFalse(self._contacts(moment='2026-06-30 12:00:00'))
        self.assertEqual(self._days('meeting', moment='2026-06-30 12:31:00'), ['2026-06-30'])
        event.active = False
        self.assertFalse(self._contacts(moment='2026-06-30 12:31:00'))

    def test_counts_for_each_of_us_who_did_not_decline(self):
        event = self._meet(guests=self.customer | self.user_all.partner_id)
        self.assertEqual({user for *_, user in self._contacts()}, {self.user_own, self.user_all})
        event.attendee_ids.filtered(
            lambda attendee: attendee.partner_id == self.user_own.partner_id
        ).state = 'declined'
        self.assertEqual([user for *_, user in self._contacts()], [self.user_all])

    def test_a_customer_with_access_to_the_portal_is_none_of_us(self):
        portal = self._create_user('growth_portal', 'base.group_portal')
        self._meet(guests=portal.partner_id)
        self.assertEqual(self._contacts(), [('2026-06-10', 'meeting', self.user_own)])

    def test_counts_for_the_organiser_when_none_of_us_is_invited(self):
        event = self._meet()
        event.partner_ids = self.customer
        self.assertEqual(event.attendee_ids.partner_id, self.customer)
        self.assertEqual(self._contacts(), [('2026-06-10', 'meeting', self.user_own)])

    def test_planned_as_an_activity_it_counts_once_and_with_its_result(self):
        event = self._meet_on_lead()
        self.assertFalse(self._contacts(), "Nobody wrote down what came of it.")
        self._finish(event, result=False)
        self.assertFalse(self._contacts())
        event.with_context(active_test=False).activity_ids.feedback = "Agreed"
        self.assertEqual(self._contacts(), [('2026-06-11', 'meeting', self.user_own)])
        self.company.growth_contact_needs_result = False
        self._meet_on_lead()
        self.assertEqual(self._days('meeting'), ['2026-06-11'] * 2)

    def test_a_cancelled_meeting_leaves_the_activity_that_was_done(self):
        event = self._meet_on_lead()
        self._finish(event)
        self.env['mail.activity'].with_context(active_test=False).search(
            [('calendar_event_id', '=', event.id)]
        ).growth_date_done = NOON
        event.active = False
        self.assertEqual(self._contacts(), [('2026-06-10', 'meeting', self.user_own)])

    def test_planned_as_an_activity_on_a_customer(self):
        activity = self._schedule(
            self.customer, self.env.ref('mail.mail_activity_data_meeting'), self.user_own
        )
        event = self._meet(guests=self.env['res.partner'])
        activity.calendar_event_id = event
        activity.action_feedback(feedback="Agreed")
        self.assertEqual(self._contacts(), [('2026-06-10', 'meeting', self.user_own)])

    def test_day_of_the_company_and_whole_days(self):
        self._meet('2026-06-10 22:30:00', '2026-06-10 23:30:00')
        self._meet(
            '2026-06-15 08:00:00',
            '2026-06-16 18:00:00',
            allday=True,
            start_date='2026-06-15',
            stop_date='2026-06-16',
        )
        for zone, days in (
            ('UTC', ['2026-06-10', '2026-06-15']),
            ('Pacific/Auckland', ['2026-06-11', '2026-06-15']),
            ('Pacific/Honolulu', ['2026-06-10', '2026-06-15']),
        ):
            self.company.partner_id.tz = zone
            self.assertEqual(self._days('meeting'), days, zone)
        self.assertEqual(
            len(self._contacts([('date', '=', '2026-06-15')])), 1, "Found by its day, too."
        )


@tagged('post_install', '-at_install')
class TestContactOrders(ContactCommon):
    """Quotations that were sent and orders that were confirmed."""

    def _quote(self, **vals):
        vals = {'state': 'draft', 'user_id': self.user_own.id, **vals}
        return self._create_order(self.customer, 100, '2026-06-01 12:00:00', **vals)

    def _at(self, moment, method):
        with freeze_time(moment):
            method()
            self.env.flush_all()

    def test_on_the_day_it_was_first_sent(self):
        order = self._quote()
        self.assertFalse(self._contacts())
        self._at('2026-06-10 23:30:00', order.action_quotation_sent)
        self.assertEqual(self._contacts(), [('2026-06-10', 'quotation', self.user_own)])
        self._at('2026-06-11 12:00:00', order.action_draft)
        self._at('2026-06-12 12:00:00', order.action_quotation_sent)
        self.assertEqual(self._days('quotation'), ['2026-06-10'])
        self.company.partner_id.tz = 'Pacific/Auckland'
        self.assertEqual(self._days('quotation'), ['2026-06-11'])

    def test_by_mail(self):
        order = self._quote()
        self._at(
            NOON,
            lambda: order.with_context(mark_so_as_sent=True).message_post(body="Our offer"),
        )
        self.assertEqual(self._days('quotation'), ['2026-06-10'])

    def test_confirmed(self):
        sent, order = self._quote(), self._quote()
        self._at('2026-06-10 12:00:00', sent.action_quotation_sent)
        self._at('2026-06-11 23:30:00', (sent | order).action_confirm)
        self.assertEqual(self._days('quotation'), ['2026-06-10', '2026-06-11'])
        self.assertEqual(self._days('order'), ['2026-06-11'] * 2)
        self.company.partner_id.tz = 'America/Los_Angeles'
        self.assertEqual(self._days('order'), ['2026-06-11'] * 2)
        self.company.partner_id.tz = 'Pacific/Auckland'
        self.assertEqual(self._days('order'), ['2026-06-12'] * 2)

    def test_cancelled_it_is_no_order_but_was_sent(self):
        order = self._quote()
        self._at(NOON, order.action_confirm)
        order._action_cancel()
        self.assertEqual(self._contacts(), [('2026-06-10', 'quotation', self.user_own)])

    def test_a_copy_was_not_sent(self):
        order = self._quote()
        self._at(NOON, order.action_confirm)
        self.assertFalse(order.copy().growth_sent_date)

    def test_imported_orders_were_sent_when_they_were_confirmed(self):
        order = self._create_order(
            self.customer, 100, '2026-06-03 12:00:00', user_id=self.user_own.id
        )
        self.assertEqual(order.growth_sent_date, order.date_order)
        self.assertEqual(self._days('quotation'), ['2026-06-03'])

    def test_of_nobody(self):
        self._at(NOON, self._quote(user_id=False).action_confirm)
        self.assertFalse(self._contacts())

    def test_team_and_company_of_the_order(self):
        foreign = self._create_company("Foreign Company")
        other = self._create_team("Other Team")
        self._at(NOON, self._quote(team_id=other.id).action_confirm)
        foreign_order = self._create_order(
            self.customer, 100, NOON, company=foreign, user_id=self.user_own.id, team_id=False
        )
        self.assertEqual(foreign_order.company_id, foreign)
        self.assertEqual(len(self._contacts()), 2)
        self.assertEqual(self.Report.search([('done', '=', 1)]).team_id, other)


@tagged('post_install', '-at_install')
class TestContactInvoices(AccountTestInvoicingCommon):
    """Invoices and the day on which they were paid."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_manager')
        cls.company = cls.company_data['company']
        cls.partner = cls.env['res.partner'].create({'name': "Payer", 'is_company': True})

    def _bill(self, amount=100, day='2026-06-01', **vals):
        invoice = self.env['account.move'].create(
            {
                'move_type': 'out_invoice',
                'partner_id': self.partner.id,
                'invoice_user_id': self.env.user.id,
                'invoice_date': day,
                'invoice_line_ids': [
                    Command.create(
                        {'product_id': self.product_a.id, 'price_unit': amount, 'tax_ids': False}
                    )
                ],
                **vals,
            }
        )
        invoice.action_post()
        return invoice

    def _pay(self, invoice, amount, day, **vals):
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids
        ).create({'amount': amount, 'payment_date': day, **vals})._create_payments()

    def _contacts(self, domain=()):
        return [
            (contact.date.isoformat(), contact.kind, contact.res_id)
            for contact in self.env['growth.contact.report'].search(
                [('partner_id', '=', self.partner.id), *domain], order='date, id'
            )
        ]

    def test_posted_invoices(self):
        invoice = self._bill()
        self._bill(invoice_user_id=False)
        self._bill().button_draft()
        self._bill(move_type='in_invoice')
        self.assertEqual(self._contacts(), [('2026-06-01', 'invoice', invoice.id)])
        # The days of invoices are days, whatever the time zone of the company.
        self.company.partner_id.tz = 'Pacific/Auckland'
        self.assertEqual(self._contacts(), [('2026-06-01', 'invoice', invoice.id)])

    def test_paid_on_the_day_of_the_last_payment(self):
        invoice = self._bill()
        self._pay(invoice, 40, '2026-06-05')
        self.assertEqual(invoice.payment_state, 'partial')
        self.assertEqual([kind for _day, kind, _id in self._contacts()], ['invoice'])
        self._pay(invoice, 60, '2026-06-20')
        self.assertIn(invoice.payment_state, ('paid', 'in_payment'))
        self.assertEqual(
            self._contacts(),
            [('2026-06-01', 'invoice', invoice.id), ('2026-06-20', 'payment', invoice.id)],
        )
        for day, count in (('2026-06-05', 1), ('2026-06-20', 1), ('2026-06-21', 0)):
            self.assertEqual(len(self._contacts([('date', '>=', day)])), count, day)

    def test_payments_without_an_entry(self):
        """With Odoo's accounting, a payment may have none until the bank statement comes."""
        journal = self.company_data['default_journal_bank']
        journal.inbound_payment_method_line_ids.payment_account_id = False
        invoice = self._bill()
        with patch.object(
            self.env.registry['account.move'],
            '_get_invoice_in_payment_state',
            return_value='in_payment',
        ):
            self._pay(invoice, 100, '2026-06-20', journal_id=journal.id)
            self.env.flush_all()
        self.assertTrue(invoice.matched_payment_ids)
        self.assertFalse(invoice.matched_payment_ids.move_id)
        self.assertEqual(invoice.payment_state, 'in_payment')
        self.assertIn(('2026-06-20', 'payment', invoice.id), self._contacts())

    def test_credit_notes_are_no_contacts(self):
        invoice = self._bill()
        refund = invoice._reverse_moves([{'invoice_date': date(2026, 6, 10)}], cancel=True)
        self.assertEqual((invoice.payment_state, refund.state), ('reversed', 'posted'))
        self.assertEqual(self._contacts(), [('2026-06-01', 'invoice', invoice.id)])

    def test_an_invoice_of_nothing_is_not_paid(self):
        invoice = self._bill(0)
        self.assertEqual(invoice.payment_state, 'paid')
        self.assertEqual([kind for _day, kind, _id in self._contacts()], ['invoice'])

    def test_other_lines_of_the_invoice_are_not_paid(self):
        account = self.company_data['default_account_revenue'].copy({'reconcile': True})
        line = {'product_id': self.product_a.id, 'tax_ids': False}
        invoice = self._bill(
            invoice_line_ids=[
                Command.create({**line, 'price_unit': 110}),
                Command.create({**line, 'price_unit': -10, 'account_id': account.id}),
            ]
        )
        self._pay(invoice, 100, '2026-06-20')
        entry = self.env['account.move'].create(
            {
                'date': '2026-06-25',
                'line_ids': [
                    Command.create({'account_id': account.id, 'credit': 10}),
                    Command.create(
                        {
                            'account_id': self.company_data['default_account_expense'].id,
                            'debit': 10,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        lines = (invoice | entry).line_ids.filtered(lambda line: line.account_id == account)
        lines.reconcile()
        self.assertTrue(all(lines.mapped('reconciled')))
        self.assertIn(('2026-06-20', 'payment', invoice.id), self._contacts())

    def test_a_payment_taken_back(self):
        invoice = self._bill()
        self._pay(invoice, 100, '2026-06-20')
        invoice.line_ids.remove_move_reconcile()
        self.assertEqual([kind for _day, kind, _id in self._contacts()], ['invoice'])
