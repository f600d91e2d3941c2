from datetime import date
from unittest.mock import Mock, patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SalesGrowthCommon

REFUSED = '2026-01-31 12:00:00'
DUE = '2026-03-01 12:00:00'


@tagged('post_install', '-at_install')
class TestRefusalFollowUp(SalesGrowthCommon):
    """Each reason leads to its own next step, once, and not where nobody wants it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.env['crm.team'].create(
            {'name': "Growth Team", 'company_id': cls.company.id, 'user_id': cls.user_all.id}
        )
        cls.customer = cls._create_customer(
            "Refuser", email="buyer@refuser.example", phone="+1 202 555 0123"
        )
        cls.call = cls.env['mail.activity.type'].create(
            {'name': "Growth Call", 'category': 'phonecall'}
        )
        cls.reason = cls._create_reason(
            "No money",
            category='budget',
            follow_up_delay=1,
            follow_up_unit='month',
            follow_up_activity_type_id=cls.call.id,
            follow_up_summary="Call again",
            follow_up_note="Ask {customer} about {lead}, refused on {date}: {note} <b>",
        )

    def _refuse(self, moment=REFUSED, reason=None, refusal=None, **vals):
        lead = self._create_lead(
            **{'partner_id': self.customer.id, 'team_id': self.team.id, **vals}
        )
        with freeze_time(moment):
            lead.with_user(self.user_all).action_set_lost(
                lost_reason_id=(reason or self.reason).id, refusal=refusal or {}
            )
        return self.env['growth.refusal'].search([('lead_id', '=', lead.id)])

    def _run(self, moment=DUE):
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref('sales_growth.ir_cron_growth_refusal_follow_up').method_direct_trigger()
        self.env.invalidate_all()

    def _activities(self, record):
        return self.env['mail.activity'].search(
            [('res_model', '=', record._name), ('res_id', 'in', record.ids)]
        )

    # ------------------------------------------------------------
    # WHEN, WHAT, WHO
    # ------------------------------------------------------------

    def test_planned_when_due(self):
        refusal = self._refuse(refusal={'note': "Perhaps in spring"})
        # A month after 31 January is the last day of February.
        self.assertEqual(refusal.follow_up_date, date(2026, 2, 28))
        self._run('2026-02-27 12:00:00')
        self.assertEqual(refusal.follow_up_state, 'waiting')
        self.assertFalse(self._activities(refusal.lead_id))
        self._run('2026-02-28 12:00:00')
        activity = self._activities(refusal.lead_id)
        self.assertRecordValues(
            activity,
            [
                {
                    'user_id': self.user_own.id,
                    'date_deadline': date(2026, 2, 28),
                    'activity_type_id': self.call.id,
                    'summary': "Call again",
                }
            ],
        )
        note = str(activity.note)
        self.assertIn("Ask Refuser about Lead, refused on 01/31/2026: Perhaps in spring", note)
        self.assertIn("&lt;b&gt;", note)
        self.assertRecordValues(
            refusal,
            [
                {
                    'follow_up_state': 'planned',
                    'follow_up_planned_on': date(2026, 2, 28),
                    'follow_up_user_id': self.user_own.id,
                    'follow_up_activity_id': activity.id,
                }
            ],
        )
        self.assertTrue(
            activity.with_user(self.user_own).has_access('read'), "the salesperson sees it"
        )

    def test_never_twice(self):
        refusal = self._refuse()
        self._run()
        self._run()
        self.assertEqual(len(self._activities(refusal.lead_id)), 1)
        self._activities(refusal.lead_id).with_user(self.user_own).action_feedback()
        self._run('2026-09-01 12:00:00')
        self.assertFalse(self._activities(refusal.lead_id))

    def test_the_day_is_the_company_s(self):
        self.company.partner_id.tz = 'Asia/Tokyo'
        refusal = self._refuse('2026-01-31 20:00:00', self._create_reason(follow_up_delay=1))
        self.assertEqual(refusal.day, date(2026, 2, 1))
        self.assertEqual(refusal.follow_up_date, date(2026, 3, 1))
        self._run('2026-02-28 14:00:00')
        self.assertEqual(refusal.follow_up_state, 'waiting')
        self._run('2026-02-28 16:00:00')
        self.assertEqual(refusal.follow_up_state, 'planned')

    def test_without_a_rule_nothing_happens(self):
        refusal = self._refuse(reason=self._create_reason(has_follow_up=False))
        self.assertEqual(refusal.follow_up_state, 'none')
        self.assertFalse(refusal.follow_up_date)

    def test_without_lead_it_is_on_the_customer(self):
        refusal = self._refuse()
        refusal.lead_id.unlink()
        self._run()
        self.assertEqual(self._activities(self.customer).user_id, self.user_own)
        gone = self._refuse(partner_id=False)
        gone.lead_id.unlink()
        self._run()
        self.assertEqual(gone.follow_up_stop, 'no_record')

    def test_team_leader(self):
        leader = self._create_reason(follow_up_delay=1, follow_up_assignee='leader')
        refusal = self._refuse(reason=leader)
        self._run()
        self.assertEqual(refusal.follow_up_user_id, self.user_all)
        without = self._refuse(reason=leader, team_id=False)
        self._run()
        self.assertEqual(without.follow_up_user_id, self.user_own)

    def test_role_takes_turns(self):
        role = self.env['res.role'].create(
            {
                'name': "Win-back",
                'user_ids': [Command.set((self.user_all | self.user_admin).ids)],
            }
        )
        reason = self._create_reason(
            follow_up_delay=1, follow_up_assignee='role', follow_up_role_id=role.id
        )
        refusals = self._refuse(reason=reason) | self._refuse(reason=reason)
        self._run()
        self.assertEqual(refusals.follow_up_user_id, self.user_all | self.user_admin)

    def test_somebody_else_where_the_salesperson_left(self):
        refusal = self._refuse()
        self.user_own.active = False
        self._run()
        self.assertEqual(refusal.follow_up_user_id, self.user_all)
        nobodys = self._refuse(team_id=False, user_id=False)
        orphan = self._refuse(team_id=False)
        self._run()
        self.assertEqual(nobodys.follow_up_user_id, self.user_all, "who lost it")
        self.assertEqual(orphan.follow_up_stop, 'no_user')

    def test_who_left_sales_gets_nothing(self):
        refusal = self._refuse()
        self.user_own.group_ids = [
            Command.unlink(self.env.ref('sales_team.group_sale_salesman').id)
        ]
        self._run()
        self.assertEqual(refusal.follow_up_user_id, self.user_all)

    def test_of_a_lead_that_was_handed_on_the_new_owner(self):
        refusal = self._refuse()
        refusal.lead_id.user_id = self.user_admin
        self._run()
        self.assertEqual(refusal.follow_up_user_id, self.user_admin)

    def test_people_get_texts_in_their_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.reason.with_context(lang='fr_FR').follow_up_summary = "Rappeler"
        self.user_own.lang = 'fr_FR'
        refusal = self._refuse()
        self._run()
        self.assertEqual(self._activities(refusal.lead_id).summary, "Rappeler")

    def test_nobody_gets_what_he_cannot_open(self):
        role = self.env['res.role'].create(
            {'name': "Helpers", 'user_ids': [Command.set(self.user_own.ids)]}
        )
        reason = self._create_reason(
            follow_up_delay=1, follow_up_assignee='role', follow_up_role_id=role.id
        )
        refusal = self._refuse(reason=reason, user_id=self.user_admin.id)
        handed_on = self._refuse()
        handed_on.lead_id.user_id = self.user_admin
        self.user_admin.active = False
        self._run()
        self.assertEqual((refusal | handed_on).follow_up_user_id, self.user_all)

    def test_the_follow_up_of_a_deleted_lead_goes_to_the_customer(self):
        refusal = self._refuse()
        self._run()
        self.assertEqual(refusal.follow_up_state, 'planned')
        refusal.lead_id.with_user(self.user_admin).unlink()
        self.assertEqual(refusal.follow_up_state, 'waiting')
        self._run()
        self.assertEqual(len(self._activities(self.customer)), 1)
        back = self._refuse(partner_id=self._create_customer("Back").id)
        self._run()
        back.lead_id.with_user(self.user_own).action_restore()
        back.lead_id.with_user(self.user_admin).unlink()
        self.assertEqual(back.follow_up_state, 'planned', "it came back by itself")
        done = self._refuse()
        self._run()
        self._activities(done.lead_id).with_user(self.user_own).action_feedback()
        done.lead_id.with_user(self.user_admin).unlink()
        self.assertEqual(done.follow_up_state, 'planned', "what is done is done")

    def test_tries_again_where_rows_changed_meanwhile(self):
        changed = SerializationFailure("changed")
        for outcomes, result in (
            ([changed, changed, None], (True, None)),
            ([changed, changed, changed], (True, changed)),
            ([False], (False, None)),
        ):
            work = Mock(side_effect=outcomes)
            with (
                patch.object(self.env.cr, 'rollback'),
                mute_logger('odoo.addons.sales_growth.models.ir_cron'),
            ):
                self.assertEqual(
                    self.env['ir.cron']._growth_work_safely(self.company, work), result
                )
            self.assertEqual(work.call_count, len(outcomes))

    def test_a_failing_company_stops_nobody_else(self):
        other = self._create_company("Other Company")
        self.user_own.company_ids = [Command.link(other.id)]
        refusal = self._refuse()
        lead = self._create_lead(company_id=other.id, partner_id=self.customer.id)
        with freeze_time(REFUSED):
            lead.with_company(other).action_set_lost(lost_reason_id=self.reason.id)
        foreign = self.env['growth.refusal'].search([('lead_id', '=', lead.id)])
        Refusal = type(self.env['growth.refusal'])
        work = Refusal._follow_up_company

        def fail(records, company):
            if company == self.company:
                raise ValueError("broken")
            return work(records, company)

        with (
            patch.object(Refusal, '_follow_up_company', fail),
            mute_logger('odoo.addons.sales_growth.models.ir_cron'),
            mute_logger('odoo.addons.base.models.ir_cron'),
        ):
            self._run()
        self.assertEqual(foreign.follow_up_state, 'planned')
        self.assertEqual(refusal.follow_up_state, 'waiting')

    # ------------------------------------------------------------
    # THE CAP
    # ------------------------------------------------------------

    def test_the_cap_spreads_over_days(self):
        self.company.growth_follow_up_cap = 2
        refusals = self.env['growth.refusal'].browse()
        for number in range(5):
            refusals |= self._refuse(f'2026-01-0{number + 1} 12:00:00')
        other = self._refuse(user_id=self.user_admin.id)
        planned = []
        for day in range(1, 5):
            self._run(f'2026-03-0{day} 12:00:00')
            self._run(f'2026-03-0{day} 15:00:00')
            planned.append(refusals.filtered(lambda refusal: refusal.follow_up_state == 'planned'))
        self.assertEqual([len(done) for done in planned], [2, 4, 5, 5])
        self.assertEqual(planned[0], refusals[:2], "the oldest come first")
        self.assertEqual(other.follow_up_planned_on, date(2026, 3, 1))

    def test_no_cap(self):
        self.company.growth_follow_up_cap = 0
        for _number in range(3):
            self._refuse()
        self._run()
        self.assertFalse(
            self.env['growth.refusal'].search_count([('follow_up_state', '=', 'waiting')])
        )

    def test_batches_and_a_killed_job(self):
        self.company.growth_follow_up_cap = 0
        refusals = self.env['growth.refusal'].browse()
        for _number in range(5):
            refusals |= self._refuse()
        module = 'odoo.addons.sales_growth.models.growth_refusal_follow_up'
        IrCron = type(self.env['ir.cron'])
        with (
            freeze_time(DUE),
            patch(f'{module}.BATCH', 2),
            patch.object(IrCron, '_commit_progress', side_effect=[60, 0]),
        ):
            self.env['growth.refusal']._cron_follow_up()
        self.assertEqual(
            sorted(refusals.mapped('follow_up_state')), ['planned'] * 2 + ['waiting'] * 3
        )
        with (
            freeze_time(DUE),
            patch(f'{module}.BATCH', 2),
            patch.object(IrCron, '_commit_progress', return_value=60),
        ):
            self.env['growth.refusal']._cron_follow_up()
        self.assertEqual(set(refusals.mapped('follow_up_state')), {'planned'})
        self.assertEqual(len(self._activities(refusals.lead_id)), 5)

    def test_queries_do_not_grow_with_the_refusals(self):
        self.company.growth_follow_up_cap = 0

        def count(number):
            for _number in range(number):
                self._refuse()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            with freeze_time(DUE):
                self.env['growth.refusal']._plan_follow_ups(self.company, date(2026, 3, 1))
                self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(1)
        few, many = count(5), count(25)
        self.assertLessEqual(many, few + 6)

    # ------------------------------------------------------------
    # WHERE NOBODY WANTS IT
    # ------------------------------------------------------------

    def _assert_stopped(self, refusal, why):
        self._run()
        self.assertEqual(set(refusal.mapped('follow_up_state')), {'stopped'})
        self.assertEqual(set(refusal.mapped('follow_up_stop')), {why})
        self.assertFalse(self._activities(refusal.lead_id))

    def test_stops_when_the_customer_bought(self):
        refusal = self._refuse()
        self._create_order(self.customer, 100, '2026-01-30 12:00:00')
        contact = self.env['res.partner'].create({'name': "Buyer", 'parent_id': self.customer.id})
        self._create_order(contact, 100, '2026-02-10 12:00:00')
        self._assert_stopped(refusal, 'bought')

    def test_an_order_before_or_cancelled_or_elsewhere_does_not_stop_it(self):
        refusal = self._refuse()
        self._create_order(self.customer, 100, '2026-01-30 12:00:00')
        self._create_order(self.customer, 100, '2026-02-10 12:00:00', state='cancel')
        other = self._create_company("Elsewhere")
        self._create_order(self.customer, 100, '2026-02-10 12:00:00', company=other)
        self._run()
        self.assertEqual(refusal.follow_up_state, 'planned')

    def test_stops_when_an_order_came_from_the_lead(self):
        refusal = self._refuse(partner_id=False)
        other = self._create_customer("Other name")
        self._create_order(other, 100, '2026-02-10 12:00:00', opportunity_id=refusal.lead_id.id)
        self._assert_stopped(refusal, 'bought')

    def test_stops_when_blacklisted(self):
        refusal = self._refuse()
        self.env['mail.blacklist']._add("Buyer@Refuser.example")
        self._assert_stopped(refusal, 'blacklisted')

    def test_stops_when_the_phone_is_blacklisted(self):
        refusal = self._refuse(partner_id=False, phone="+32 456 00 11 22")
        self.env['phone.blacklist']._add(["+32456001122"])
        self._assert_stopped(refusal, 'blacklisted')

    def test_stops_when_not_to_be_contacted(self):
        earlier = self._refuse('2026-01-30 12:00:00')
        refusal = self._refuse(refusal={'is_no_contact': True})
        self.assertTrue(self.customer.growth_no_contact)
        self._assert_stopped(refusal | earlier, 'no_contact')

    def test_a_customer_may_change_his_mind(self):
        refusal = self._refuse('2026-01-30 12:00:00', refusal={'is_no_contact': True})
        self.customer.growth_no_contact = False
        refusal.lead_id.with_user(self.user_own).action_restore()
        with freeze_time(REFUSED):
            refusal.lead_id.with_user(self.user_own).action_set_lost(lost_reason_id=self.reason.id)
        self._run()
        again = self.env['growth.refusal'].search([('lead_id', '=', refusal.lead_id.id)], limit=1)
        self.assertEqual(again.follow_up_state, 'planned')

    def test_stops_for_a_lead_without_customer(self):
        self._assert_stopped(
            self._refuse(partner_id=False, refusal={'is_no_contact': True}), 'no_contact'
        )

    def test_stops_when_the_rule_was_switched_off(self):
        refusal = self._refuse()
        self.reason.has_follow_up = False
        self._assert_stopped(refusal, 'rule')
        self.reason.has_follow_up = True
        self.assertEqual(refusal.follow_up_state, 'waiting')
        self._run()
        self.assertEqual(refusal.follow_up_state, 'planned')

    def test_stops_when_restored(self):
        refusal = self._refuse()
        refusal.lead_id.with_user(self.user_own).action_restore()
        self._assert_stopped(refusal, 'reopened')

    # ------------------------------------------------------------
    # RULES THAT CHANGE
    # ------------------------------------------------------------

    def test_a_new_delay_moves_what_waits(self):
        refusal = self._refuse()
        planned = self._refuse('2025-12-01 12:00:00')
        self._run('2026-01-05 12:00:00')
        self.reason.write({'follow_up_delay': 10, 'follow_up_unit': 'day'})
        self.assertEqual(refusal.follow_up_date, date(2026, 2, 10))
        self.assertEqual(planned.follow_up_state, 'planned')

    def test_the_real_reason_has_its_own_follow_up(self):
        excuse = self._create_reason(
            "Has somebody", is_excuse=True, follow_up_delay=5, follow_up_unit='day'
        )
        refusal = self._refuse(reason=excuse)
        self._run('2026-02-05 12:00:00')
        activity = self._activities(refusal.lead_id)
        self.assertEqual(len(activity), 1)
        refusal.with_user(self.user_own)._restate(self.reason)
        self.assertFalse(activity.active, "the question is answered")
        self.assertEqual(refusal.follow_up_date, date(2026, 2, 28))
        self._run()
        self.assertEqual(self._activities(refusal.lead_id).summary, "Call again")

    @mute_logger('odoo.sql_db')
    def test_bad_rules_are_refused(self):
        with self.assertRaisesRegex(Exception, "follow_up_delay"):
            self.reason.with_user(self.user_admin).follow_up_delay = -1
            self.env.flush_all()
        self.env.invalidate_all()

    def test_incomplete_rules_are_refused(self):
        with self.assertRaises(ValidationError) as error:
            self.reason.follow_up_assignee = 'role'
        self.assertIn("Choose the role", str(error.exception))
        with self.assertRaises(ValidationError) as error:
            self.reason.follow_up_note = "Dear {customer.password}"
        self.assertIn("{customer.password}", str(error.exception))

    def test_a_reason_in_use_is_archived_not_deleted(self):
        self._refuse()
        with self.assertRaises(UserError) as error:
            self.reason.with_user(self.user_admin).unlink()
        self.assertIn("Archive it instead", str(error.exception))
        self.reason.with_user(self.user_admin).action_archive()
        self.assertFalse(self.reason.active)
        self._create_reason("Never used").with_user(self.user_admin).unlink()
