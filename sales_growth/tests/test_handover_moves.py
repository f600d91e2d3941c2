from datetime import date, datetime
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tests import new_test_user, tagged

from .common_handover import HandoverCommon

SWITCHES = {
    'growth_handover_salesperson': ('res.partner',),
    'growth_handover_leads': ('crm.lead',),
    'growth_handover_quotations': ('sale.order',),
    'growth_handover_activities': ('mail.activity',),
    'growth_handover_meetings': ('calendar.event',),
}


@tagged('post_install', '-at_install')
class TestHandoverMoves(HandoverCommon):
    """What goes to the farmer with the customer, what stays, and what comes back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._at('2026-03-01'):
            cls.contact = cls.env['res.partner'].create(
                {'name': "Buyer", 'parent_id': cls.customer.id, 'user_id': cls.hunter.id}
            )
            cls.lead = cls._create_lead(
                partner_id=cls.contact.id, user_id=cls.hunter.id, team_id=cls.hunting.id
            )
            cls.quotation = cls._create_sale(cls.customer, '2026-03-01', state='draft')
            cls.meeting = cls._meet(cls.customer, '2026-03-10 09:00:00')

    @classmethod
    def _create_lead(cls, name="Lead", **vals):
        return super()._create_lead(name, **{'stage_id': cls.new.id, **vals})

    @classmethod
    def _meet(cls, guests, start, user=None, others=None, **vals):
        """A meeting of somebody, of an hour."""
        user = user or cls.hunter
        start = fields.Datetime.to_datetime(start)
        people = user.partner_id | guests | (others or cls.env['res.users']).partner_id
        return (
            cls.env['calendar.event']
            .with_context(no_mail_to_attendees=True)
            .create(
                {
                    'name': "Meeting",
                    'start': start,
                    'stop': fields.Datetime.add(start, hours=1),
                    'user_id': user.id,
                    'partner_ids': [Command.set(people.ids)],
                    **vals,
                }
            )
            .with_env(cls.env)
        )

    def _do(self, record, user=None, **vals):
        return record.activity_schedule(
            'mail.mail_activity_data_todo', user_id=(user or self.hunter).id, **vals
        )

    def _moved(self, handover, model):
        return self.env[model].browse(
            handover.move_ids.filtered(lambda move: move.res_model == model).mapped('res_id')
        )

    def assertOwner(self, user, *records):
        for record in records:
            self.assertEqual(record.user_id, user, record)

    # ------------------------------------------------------------
    # SWITCHES
    # ------------------------------------------------------------

    def test_all_of_it(self):
        activity = self._do(self.customer)
        handover = self._accept()
        self.assertOwner(
            self.farmer,
            self.customer,
            self.contact,
            self.lead,
            self.quotation,
            self.meeting,
            activity,
        )
        self.assertEqual(self.lead.team_id | self.quotation.team_id, self.farming)
        self.assertEqual(
            self.meeting.partner_ids, self.farmer.partner_id | self.customer, "they meet now"
        )
        self.assertEqual(self.meeting.attendee_ids.partner_id, self.meeting.partner_ids)
        self.assertEqual(handover.move_ids.from_user_id, self.hunter)
        self.assertEqual(set(handover.move_ids.mapped('state')), {'moved'})
        self.assertEqual(self._moved(handover, 'res.partner'), self.customer | self.contact)
        self.assertIn("Open Lead: 1, Moved", self._bodies(handover))

    def test_each_switched_off(self):
        records = {
            'res.partner': self.customer | self.contact,
            'crm.lead': self.lead,
            'sale.order': self.quotation,
            'mail.activity': self._do(self.customer) | self._do(self.lead),
            'calendar.event': self.meeting,
        }
        for switch, models in SWITCHES.items():
            with self.subTest(switch), self.cr.savepoint() as savepoint:
                self.company[switch] = False
                handover = self._accept()
                for model, moving in records.items():
                    if model in models:
                        self.assertOwner(self.hunter, *moving)
                        self.assertFalse(self._moved(handover, model))
                    elif model == 'mail.activity' and switch == 'growth_handover_leads':
                        self.assertEqual(
                            moving.mapped('user_id.login'),
                            ['ho_farmer', 'ho_hunter'],
                            "what stays keeps its activities",
                        )
                    else:
                        self.assertOwner(self.farmer, *moving)
                self.assertEqual(self._farmer_of(), self.farmer)
                self.env.flush_all()
                savepoint.rollback()
                self.env.invalidate_all()

    def test_all_switched_off(self):
        self.company.write(dict.fromkeys(SWITCHES, False))
        handover = self._accept()
        self.assertEqual(handover.move_ids.mapped('res_model'), ['growth.customer'])
        self.assertEqual(self._farmer_of(), self.farmer)
        self.assertOwner(self.hunter, self.customer, self.lead, self.quotation, self.meeting)

    # ------------------------------------------------------------
    # WHAT MOVES
    # ------------------------------------------------------------

    def test_archived_contact_moves_too(self):
        self.contact.active = False
        self._accept()
        self.assertOwner(self.farmer, self.contact, self.lead)

    def test_customer_without_salesperson_gets_one(self):
        self.customer.user_id = self.contact.user_id = False
        handover = self._accept()
        self.assertOwner(self.farmer, self.customer)
        self.assertFalse(self.contact.user_id)
        self._undo(handover)
        self.assertFalse(self.customer.user_id)

    def test_closed_deals_stay(self):
        won = self._create_lead(partner_id=self.customer.id, user_id=self.hunter.id)
        won.action_set_won()
        lost = self._create_lead(partner_id=self.customer.id, user_id=self.hunter.id)
        lost.action_set_lost()
        archived = self._create_lead(partner_id=self.customer.id, user_id=self.hunter.id)
        archived.active = False
        order = self.env['sale.order'].search([('partner_id', '=', self.customer.id)]) - (
            self.quotation
        )
        cancelled = self._create_sale(self.customer, state='cancel')
        sent = self._create_sale(self.customer, '2026-03-01', state='sent')
        self._accept()
        self.assertOwner(self.hunter, won, lost, archived, order, cancelled)
        self.assertOwner(self.farmer, sent)

    def test_other_salespeople_s_stay(self):
        other = {'partner_id': self.customer.id, 'user_id': self.hunter2.id}
        contact = self.env['res.partner'].create(
            {'name': "Boss", 'parent_id': self.customer.id, 'user_id': self.hunter2.id}
        )
        lead = self._create_lead(**other)
        quotation = self._create_sale(self.customer, state='draft', user_id=self.hunter2.id)
        meeting = self._meet(self.customer, '2026-03-10 09:00:00', self.hunter2)
        activity = self._do(self.customer, self.hunter2)
        stranger = self._create_lead(
            partner_id=self._create_won("Another").id, user_id=self.hunter.id
        )
        handover = self._accept()
        self.assertOwner(self.hunter2, contact, lead, quotation, meeting, activity)
        self.assertOwner(self.hunter, stranger)
        self._undo(handover)
        self.assertOwner(self.hunter2, contact, lead, quotation, meeting, activity)

    def test_other_companies_stay(self):
        other = self._create_company("Another Company")
        self.hunter.company_ids |= other
        salesperson = new_test_user(
            self.env,
            'ho_foreigner',
            groups='sales_team.group_sale_salesman',
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        lead = self._create_lead(
            partner_id=self.customer.id, user_id=self.hunter.id, company_id=other.id
        )
        quotation = self._create_sale(self.customer, state='draft', company=other, team_id=False)
        nobody_s = self._create_lead(
            partner_id=self.customer.id, user_id=self.hunter.id, company_id=False
        )
        self.customer.user_id = salesperson
        self._accept(user=self.farmer, handover=self._offer(user=self.user_admin))
        self.assertOwner(salesperson, self.customer)
        self.assertOwner(self.farmer, self.contact, self.lead, nobody_s)
        self.assertOwner(self.hunter, lead, quotation)
        self.assertEqual(self._farmer_of(), self.farmer, "the hub has one for each company")
        self.assertFalse(self._farmer_of(company=other))

    def test_activities_on_each(self):
        order = self.env['sale.order'].search(
            [('partner_id', '=', self.customer.id), ('state', '=', 'sale')]
        )
        activities = [
            self._do(record) for record in (self.customer, self.contact, self.lead, self.quotation)
        ]
        # With own documents only, the farmer could not open the order.
        on_order = self._do(order)
        done = self._do(self.customer)
        done.action_feedback(feedback="Done")
        won = self._create_lead(partner_id=self.customer.id, user_id=self.hunter.id)
        won.action_set_won()
        on_won = self._do(won)
        self._accept()
        self.assertOwner(self.farmer, *activities)
        self.assertOwner(self.hunter, done, on_won, on_order)

    def test_meetings(self):
        past = self._meet(self.customer, '2026-03-01 09:00:00')
        private = self._meet(self.customer, '2026-03-10 09:00:00', privacy='private')
        foreign = self._meet(self._create_customer("Else"), '2026-03-10 09:00:00')
        on_lead = self._meet(
            self.env['res.partner'], '2026-03-10 09:00:00', opportunity_id=self.lead.id
        )
        on_customer = self._meet(
            self.env['res.partner'],
            '2026-03-11 09:00:00',
            res_model_id=self.env['ir.model']._get_id('res.partner'),
            res_id=self.customer.id,
        )
        self._accept()
        self.assertOwner(self.hunter, past, private, foreign)
        self.assertOwner(self.farmer, on_lead, on_customer, self.meeting)

    def test_meetings_with_other_customers_stay(self):
        other = self._create_customer("Other Customer", user_id=self.hunter.id)
        deal = self._create_lead(partner_id=other.id, user_id=self.hunter.id)
        about = self._meet(self.customer, '2026-03-10 09:00:00', opportunity_id=deal.id)
        both = self._meet(self.customer | other, '2026-03-11 09:00:00')
        self._accept()
        self.assertOwner(self.hunter, about, both, deal)
        self.assertIn(self.hunter.partner_id, both.partner_ids)

    def test_who_sells_elsewhere_keeps_the_contact(self):
        other = self._create_company("Other Company")
        self.hunter.company_ids += other
        self.env.user.company_ids += other
        self._create_sale(self.customer, company=other, team_id=False)
        activity = self._do(self.customer)
        handover = self._accept()
        self.assertEqual(self._farmer_of(), self.farmer)
        self.assertOwner(self.hunter, self.customer, activity)
        self.assertOwner(self.farmer, self.lead)
        self._undo(handover)
        self.assertFalse(self._farmer_of())
        self.assertOwner(self.hunter, self.customer, self.lead)

    def test_undo_leaves_what_went_to_another_team(self):
        handover = self._accept()
        self.lead.with_user(self.user_admin).team_id = self._create_team(
            "Third", 'both', self.leader, self.farmer
        )
        self._undo(handover)
        self.assertOwner(self.farmer, self.lead)
        self.assertOwner(self.hunter, self.customer)

    def test_undo_of_what_was_handed_on(self):
        first = self._accept()
        second = self._accept(
            self._offer(
                self._prepare(
                    user=self.farmer, hunter_id=self.farmer.id, farmer_id=self.farmer2.id
                ),
                user=self.farmer,
            )
        )
        with self.assertRaisesRegex(UserError, "Somebody else keeps this customer"):
            self._undo(first)
        self._undo(second)
        self._undo(first)
        self.assertFalse(self._farmer_of())
        self.assertOwner(self.hunter, self.customer, self.lead)

    def test_undo_calls_the_joint_meeting_off(self):
        handover = self._accept()
        self.assertIn("Joint meeting", str(self._asked(handover)))
        self._undo(handover)
        self.assertFalse(self._asked(handover))

    def test_meetings_of_who_keeps_the_calendar_private(self):
        self.hunter.sudo().res_users_settings_id.calendar_default_privacy = 'private'
        self.meeting.invalidate_recordset()
        public = self._meet(self.customer, '2026-03-12 09:00:00', privacy='public')
        self._accept()
        self.assertOwner(self.hunter, self.meeting)
        self.assertOwner(self.farmer, public)

    def test_joint_meeting_keeps_both(self):
        joint = self._meet(self.customer, '2026-03-10 14:00:00', others=self.farmer)
        handover = self._accept()
        self.assertOwner(self.farmer, joint, self.meeting)
        people = (self.hunter | self.farmer).partner_id | self.customer
        self.assertEqual(joint.partner_ids, people)
        self.assertEqual(joint.attendee_ids.partner_id, people)
        self.assertEqual(self.meeting.attendee_ids.partner_id, self.meeting.partner_ids)
        self._undo(handover)
        self.assertOwner(self.hunter, joint, self.meeting)
        self.assertEqual(joint.partner_ids, people)
        self.assertEqual(self.meeting.partner_ids, self.hunter.partner_id | self.customer)

    def test_recurrent_meetings(self):
        first = self._meet(
            self.customer,
            '2026-02-23 09:00:00',
            recurrency=True,
            rrule_type='weekly',
            mon=True,
            interval=1,
            count=4,
            event_tz='UTC',
        )
        series = first.recurrence_id.calendar_event_ids.sorted('start')
        self.assertEqual(len(series), 4)
        self._accept()
        self.assertOwner(self.hunter, *series[:2])
        self.assertOwner(self.farmer, *series[2:])
        self.assertEqual(series.recurrence_id, first.recurrence_id)

    def test_meeting_about_something_deleted(self):
        gone = self._create_lead(partner_id=self.customer.id, user_id=self.hunter.id)
        meeting = self._meet(
            self.customer,
            '2026-03-10 09:00:00',
            res_model_id=self.env['ir.model']._get_id('crm.lead'),
            res_id=gone.id,
        )
        self.env.cr.execute("DELETE FROM crm_lead WHERE id = %s", [gone.id])
        self.env.invalidate_all()
        self._accept()
        self.assertOwner(self.farmer, meeting)

    def test_several_customers_keep_their_records_apart(self):
        another = self._create_won("Another")
        lead = self._create_lead(partner_id=another.id, user_id=self.hunter.id)
        activity = self._do(another)
        meeting = self._meet(another, '2026-03-10 09:00:00')
        first, second = self._offer(), self._offer(customer=another, farmer_id=self.farmer.id)
        self._as(first | second, self.leader2).action_accept()
        self.assertEqual(self._moved(second, 'crm.lead'), lead)
        self.assertEqual(self._moved(second, 'mail.activity'), activity)
        self.assertEqual(self._moved(second, 'calendar.event'), meeting)
        self.assertEqual(self._moved(first, 'crm.lead'), self.lead)
        self._undo(second)
        self.assertOwner(self.hunter, lead, activity, meeting, another)
        self.assertOwner(self.farmer, self.lead, self.customer)

    # ------------------------------------------------------------
    # WHAT IT LEAVES ALONE
    # ------------------------------------------------------------

    def test_day_s_quota_is_kept(self):
        late = self._create_lead(partner_id=self.customer.id, user_id=self.hunter.id)
        late.date_open = datetime(2026, 2, 1, 8)
        dates = (self.lead | late).mapped('date_open')
        handover = self._accept()
        self.assertOwner(self.farmer, self.lead, late)
        self.assertEqual((self.lead | late).mapped('date_open'), dates)
        self._undo(handover)
        self.assertEqual((self.lead | late).mapped('date_open'), dates)

    def test_deals_that_a_role_would_refuse_move_all_the_same(self):
        self.company.growth_role_check = 'block'
        self._accept()
        self.assertOwner(self.farmer, self.lead)

    def test_no_mail_storm(self):
        users = self.hunter | self.farmer
        users.write({'notification_type': 'email'})
        for number in range(5):
            lead = self._create_lead(
                f"Lead {number}", partner_id=self.customer.id, user_id=self.hunter.id
            )
            self._do(lead)
            self._create_sale(self.customer, '2026-03-01', state='draft')
            self._meet(self.customer, f'2026-03-1{number} 09:00:00')
        handover = self._offer()
        last = self._last_message()
        mails = self.env['mail.mail'].search_count(Domain.TRUE)
        with patch.object(
            self.env.registry['calendar.attendee'], '_notify_attendees'
        ) as notify_attendees:
            self._accept(handover)
            told = self._told_since(last)
        self.assertEqual(told, [self.hunter.partner_id], "one for the handover, none for each")
        self.assertLessEqual(self.env['mail.mail'].search_count(Domain.TRUE) - mails, 1)
        self.assertFalse(notify_attendees.called)

    def test_many_at_once_tell_the_hunter_once(self):
        handovers = self.env['growth.handover'].union(
            *(
                self._offer(
                    customer=self._create_won(f"Customer {number}"), farmer_id=self.farmer.id
                )
                for number in range(5)
            )
        )
        last = self._last_message()
        self._as(handovers, self.leader2).action_accept()
        self.assertEqual(self._told_since(last), [self.hunter.partner_id])
        for handover in handovers:
            self.assertIn("Accepted by", self._bodies(handover))

    def test_funnel_stays_right(self):
        self._go_to('2026-03-02 13:00:00')
        self.lead.stage_id = self.qualified
        events = self._events(self.lead)
        before = events.mapped('user_id')
        self._accept()
        self.assertPassed(self.lead, self.acquaintance)
        self.assertEqual(events.mapped('user_id'), before, "who passed it keeps it")
        self.assertEqual(self.lead.stage_id, self.qualified)
        self._go_to('2026-03-03')
        self.lead.with_user(self.farmer).stage_id = self.proposition
        self.assertPassed(self.lead, self.acquaintance, self.presentation)
        self.assertEqual(self._events(self.lead)[-1].user_id, self.farmer)

    # ------------------------------------------------------------
    # UNDO
    # ------------------------------------------------------------

    def test_undone_within_the_grace_period(self):
        activity = self._do(self.customer)
        handover = self._accept()
        self._go_to('2026-03-09')
        last = self._last_message()
        self._undo(handover)
        self.assertEqual(handover.state, 'undone')
        self.assertOwner(
            self.hunter,
            self.customer,
            self.contact,
            self.lead,
            self.quotation,
            self.meeting,
            activity,
        )
        self.assertEqual(self.lead.team_id | self.quotation.team_id, self.hunting)
        self.assertEqual(self.meeting.partner_ids, self.hunter.partner_id | self.customer)
        self.assertEqual(set(handover.move_ids.mapped('state')), {'returned'})
        hub = self._customer(self.customer)
        self.assertFalse(hub.farmer_id or hub.farmer_team_id or hub.farmer_since)
        self.assertIn("was undone", self._bodies(self.customer))
        self.assertEqual(self._told_since(last), [self.hunter.partner_id])

    def test_not_after_the_grace_period(self):
        handover = self._accept()
        self._go_to('2026-03-10')
        self.env.invalidate_all()
        for user in (self.farmer, self.leader2, self.user_admin):
            with self.assertRaisesRegex(UserError, "only until the last day"):
                self._undo(handover, user)
        self.assertOwner(self.farmer, self.customer)

    def test_not_by_everybody(self):
        handover = self._accept()
        for user in (self.hunter, self.stranger):
            with self.assertRaises(UserError):
                self._undo(handover, user)
        self._undo(handover, self.leader2)
        self.assertOwner(self.hunter, self.customer)

    def test_undo_leaves_what_somebody_changed_since(self):
        gone = self._create_lead(partner_id=self.customer.id, user_id=self.hunter.id)
        lost = self._create_lead(partner_id=self.customer.id, user_id=self.hunter.id)
        confirmed = self._create_sale(self.customer, '2026-03-01', state='draft')
        done, deleted = self._do(self.customer), self._do(self.lead)
        handover = self._accept()
        self.lead.user_id = self.farmer2
        gone.unlink()
        lost.action_set_lost()
        confirmed.action_confirm()
        done.action_feedback(feedback="Done")
        deleted.unlink()
        self.contact.user_id = self.farmer2
        self.meeting.user_id = self.farmer2
        self._undo(handover)
        self.assertOwner(self.farmer2, self.lead, self.contact, self.meeting)
        self.assertOwner(self.farmer, lost, confirmed, done)
        self.assertOwner(self.hunter, self.customer, self.quotation)
        states = {
            (move.res_model, move.res_id): move.state
            for move in handover.move_ids
            if move.state == 'kept'
        }
        self.assertEqual(
            set(states),
            {
                ('crm.lead', self.lead.id),
                ('crm.lead', gone.id),
                ('crm.lead', lost.id),
                ('sale.order', confirmed.id),
                ('mail.activity', done.id),
                ('mail.activity', deleted.id),
                ('res.partner', self.contact.id),
                ('calendar.event', self.meeting.id),
            },
        )

    def test_undo_gives_back_the_lack_of_a_team(self):
        lead = self._create_lead(partner_id=self.customer.id, user_id=self.hunter.id, team_id=False)
        quotation = self._create_sale(self.customer, '2026-03-01', state='draft', team_id=False)
        self.assertFalse(lead.team_id or quotation.team_id)
        handover = self._accept()
        self.assertEqual((lead.team_id, quotation.team_id), (self.farming, self.farming))
        self._undo(handover)
        self.assertFalse(lead.team_id)
        self.assertFalse(quotation.team_id)

    def test_farmer_to_farmer(self):
        self._accept()
        self._go_to('2026-03-20')
        second = self._accept(
            self._offer(
                self._prepare(user=self.farmer, farmer_id=self.farmer2.id), user=self.farmer
            )
        )
        self.assertEqual(second.hunter_id, self.farmer)
        self.assertOwner(self.farmer2, self.customer, self.contact, self.lead, self.quotation)
        self.assertRecordValues(
            self._customer(self.customer),
            [{'farmer_id': self.farmer2.id, 'farmer_since': date(2026, 3, 20)}],
        )
        self._undo(second)
        self.assertOwner(self.farmer, self.customer, self.contact, self.lead, self.quotation)
        self.assertRecordValues(
            self._customer(self.customer),
            [
                {
                    'farmer_id': self.farmer.id,
                    'farmer_team_id': self.farming.id,
                    'farmer_since': date(2026, 3, 2),
                }
            ],
        )

    def test_who_is_named_does_not_hand_over_to_themselves(self):
        hub = self.env['growth.customer']._ensure(self.company, self.customer)
        hub.named_farmer_id = self.farmer2
        self.assertEqual(self._accept(self._offer(self._prepare())).farmer_id, self.farmer2)
        self.assertEqual(self._prepare(user=self.farmer2).farmer_id, self.farmer)
