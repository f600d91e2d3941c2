from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common_funnel import FunnelCommon

MOVES = ('kanban', 'api', 'assignment', 'form')


@tagged('post_install', '-at_install')
class TestFunnelEvent(FunnelCommon):
    """A step that a lead passes is written down once and for ever, whichever way it happens."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer("Prospect")
        cls.contact = cls.env['res.partner'].create(
            {'name': "Buyer of Prospect", 'parent_id': cls.customer.id}
        )
        cls._create_order(cls.customer, 100, '2026-02-15 12:00:00')
        cls._refresh()

    # ------------------------------------------------------------
    # WHATEVER THE PATH
    # ------------------------------------------------------------

    def test_every_path_is_written_down(self):
        target = {'stage_id': self.proposition.id}
        Lead = self.env['crm.lead'].with_user(self.user_own)
        InStage = Lead.with_context(default_stage_id=self.proposition.id)
        moved = {name: self._create_lead(name).with_user(self.user_own) for name in MOVES}
        moved['kanban'].web_save(target, {})
        moved['api'].write(target)
        moved['assignment'].stage_id = self.proposition
        with Form(moved['form']) as form:
            form.stage_id = self.proposition
        for path, lead in {
            **moved,
            'created': Lead.create({'name': "There", **target}),
            'default': InStage.create({'name': "By default"}),
            'quick create': Lead.browse(InStage.name_create("Quick")[0]),
        }.items():
            with self.subTest(path=path):
                lead = self.env['crm.lead'].browse(lead.id)
                self.assertPassed(lead, self.acquaintance, self.presentation)
                self.assertEqual(self._events(lead).author_id, self.user_own)
                self.assertEqual(self._events(lead).mapped('is_estimated'), [False, False])

    def test_mass_write_takes_each_lead_from_where_it_stands(self):
        leads = self._create_lead() | self._create_lead(stage_id=self.qualified.id)
        leads |= self._create_lead(stage_id=self.won.id)
        self._go_to('2026-03-05')
        self._move(leads, self.proposition)
        for lead, written in zip(leads, (2, 1, 0), strict=True):
            today = self._events(lead).filtered(lambda event: event.day == date(2026, 3, 5))
            self.assertEqual(len(today), written)
        for lead in leads[:2]:
            self.assertPassed(lead, self.acquaintance, self.presentation)
        self.assertPassed(leads[2], self.acquaintance, self.presentation, self.contract)

    def test_several_leads_created_at_once(self):
        leads = self.env['crm.lead'].create(
            [
                {'name': stage.name, 'company_id': self.company.id, 'stage_id': stage.id}
                for stage in (self.new, self.qualified, self.won)
            ]
        )
        self.assertPassed(leads[0])
        self.assertPassed(leads[1], self.acquaintance)
        self.assertPassed(leads[2], self.acquaintance, self.presentation, self.contract)

    def test_import_is_marked_as_estimated(self):
        """Nobody watched what a file brings in; the same file moves leads that are there."""
        Lead = self.env['crm.lead'].with_user(self.user_admin).with_context(import_file=True)
        for stage, steps in (
            (self.qualified, [self.acquaintance]),
            (self.proposition, [self.acquaintance, self.presentation]),
        ):
            result = Lead.load(
                ['id', 'name', 'type', 'stage_id/.id'],
                [['__import__.growth_lead', "Imported", 'opportunity', str(stage.id)]],
            )
            self.assertEqual(result['messages'], [])
            lead = self.env['crm.lead'].browse(result['ids'])
            self.assertPassed(lead, *steps)
            self.assertEqual(self._events(lead).mapped('is_estimated'), [True] * len(steps))

    def test_salesperson_without_right_to_the_log_moves_leads(self):
        lead = self._create_lead()
        self._move(lead, self.won, self.user_own)
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)
        with self.assertRaises(AccessError):
            self.env['growth.funnel.event'].with_user(self.user_own).create(
                {'lead_id': lead.id, 'step_id': self.payment.id}
            )

    def test_copy_is_a_lead_of_its_own(self):
        lead = self._create_lead(stage_id=self.proposition.id)
        self._go_to('2026-03-12')
        copy = lead.copy({'stage_id': self.qualified.id})
        self.assertPassed(copy, self.acquaintance)
        self.assertEqual(self._events(copy).day, date(2026, 3, 12))
        self.assertPassed(lead.copy({'stage_id': self.new.id}))

    # ------------------------------------------------------------
    # WHAT IS WRITTEN DOWN
    # ------------------------------------------------------------

    def test_what_was_true_is_kept(self):
        team = self._create_team()
        source = self.env['utm.source'].create({'name': "Fair"})
        lead = self._create_lead(
            partner_id=self.contact.id,
            team_id=team.id,
            source_id=source.id,
            expected_revenue=5000.0,
        )
        self._go_to('2026-03-10 09:30:00')
        self._move(lead, self.qualified, self.user_all)
        event = self._events(lead)
        self.assertRecordValues(
            event,
            [
                {
                    'lead_id': lead.id,
                    'step_id': self.acquaintance.id,
                    'company_id': self.company.id,
                    'team_id': team.id,
                    'user_id': self.user_own.id,
                    'author_id': self.user_all.id,
                    'date': datetime(2026, 3, 10, 9, 30),
                    'day': date(2026, 3, 10),
                    'entry_day': date(2026, 3, 2),
                    'days': 8,
                    'stage_id': self.qualified.id,
                    'stage_name': "Growth Qualified",
                    'stage_sequence': 1002,
                    'source_id': source.id,
                    'segment_id': self._segment('AZ').id,
                    'customer_kind': 'repeat',
                    'currency_id': self.usd.id,
                    'value': 5000.0,
                    'is_estimated': False,
                }
            ],
        )
        before = event.read(load='')
        lead.write({'name': "Renamed", 'user_id': self.user_all.id, 'expected_revenue': 1.0})
        lead.write({'team_id': False, 'partner_id': False, 'source_id': False})
        self._customer(self.customer).write(
            {'manual_segment_id': self._segment('AX').id, 'manual_reason': "Grows"}
        )
        self.assertEqual(event.read(load=''), before)

    def test_customers_before_their_first_purchase_are_new(self):
        stranger = self._create_customer("Stranger")
        for partner, kind in (
            (self.customer, 'repeat'),
            (self.contact, 'repeat'),
            (stranger, 'new'),
            (self.env['res.partner'], 'new'),
        ):
            lead = self._create_lead(partner_id=partner.id, stage_id=self.qualified.id)
            self.assertEqual(self._events(lead).customer_kind, kind)
        # The order of this lead itself does not make its customer a repeat one.
        self._go_to('2026-02-15')
        lead = self._create_lead(partner_id=self.customer.id)
        self._go_to('2026-03-15')
        self._move(lead, self.qualified)
        self.assertEqual(self._events(lead).customer_kind, 'new')

    def test_credit_stays_with_the_owner_and_the_author_of_that_time(self):
        """Mistake 11: reports by the present owner give the work of one to another."""
        teams = self._create_team("First") | self._create_team("Second")
        lead = self._create_lead(team_id=teams[0].id)
        self._move(lead, self.qualified)
        lead.write({'user_id': self.user_all.id, 'team_id': teams[1].id})
        self._move(lead, self.proposition, self.user_admin)
        self.assertRecordValues(
            self._events(lead),
            [
                {
                    'user_id': self.user_own.id,
                    'team_id': teams[0].id,
                    'author_id': self.user_own.id,
                },
                {
                    'user_id': self.user_all.id,
                    'team_id': teams[1].id,
                    'author_id': self.user_admin.id,
                },
            ],
        )

    def test_who_is_assigned_and_moved_in_one_write_gets_the_step(self):
        lead = self._create_lead()
        lead.with_user(self.user_admin).write(
            {'user_id': self.user_all.id, 'stage_id': self.qualified.id}
        )
        self.assertEqual(self._events(lead).user_id, self.user_all)

    def test_days_are_counted_from_the_step_before(self):
        lead = self._create_lead()
        for day, stage in (
            ('2026-03-05', self.qualified),
            ('2026-03-12', self.proposition),
            ('2026-03-12', self.won),
        ):
            self._go_to(day)
            self._move(lead, stage)
        self.assertRecordValues(
            self._events(lead),
            [
                {'entry_day': date(2026, 3, 2), 'day': date(2026, 3, 5), 'days': 3},
                {'entry_day': date(2026, 3, 5), 'day': date(2026, 3, 12), 'days': 7},
                {'entry_day': date(2026, 3, 12), 'day': date(2026, 3, 12), 'days': 0},
            ],
        )
        self.assertEqual(lead.growth_step_date, date(2026, 3, 12))

    def test_skipped_steps_are_passed_with_the_later_one(self):
        lead = self._create_lead(expected_revenue=700.0)
        self._go_to('2026-03-06')
        self._move(lead, self.won)
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)
        self.assertRecordValues(
            self._events(lead),
            [
                {'entry_day': date(2026, 3, 2), 'days': 4, 'value': 700.0},
                {'entry_day': date(2026, 3, 6), 'days': 0, 'value': 700.0},
                {'entry_day': date(2026, 3, 6), 'days': 0, 'value': 700.0},
            ],
        )
        self.assertEqual(set(self._events(lead).mapped('date')), {datetime(2026, 3, 6, 12)})
        self.assertEqual(self._events(lead).stage_id, self.won)

    def test_days_are_those_of_the_company(self):
        """Mistake 16: half past eleven at night in UTC is noon of the next day in Auckland."""
        self.company.partner_id.tz = 'Pacific/Auckland'
        self._go_to('2026-03-02 23:30:00')
        lead = self._create_lead()
        self._move(lead, self.qualified)
        event = self._events(lead)
        self.assertEqual((event.entry_day, event.day), (date(2026, 3, 3), date(2026, 3, 3)))
        self.assertEqual(event.date, datetime(2026, 3, 2, 23, 30))
        # The clock is put back on April 5: 11:30 UTC is in that night before, 12:30 after it.
        self._go_to('2026-04-05 11:30:00')
        self._move(lead, self.proposition)
        self.assertEqual(self._events(lead)[-1].day, date(2026, 4, 5))
        self._go_to('2026-04-05 12:30:00')
        self._move(lead, self.won)
        self.assertEqual(self._events(lead)[-1].day, date(2026, 4, 6))
        self.assertEqual(self._events(lead)[-1].days, 1)
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)

    def test_a_day_is_not_that_of_the_user(self):
        self.user_own.tz = 'Pacific/Auckland'
        self._go_to('2026-03-02 23:30:00')
        lead = self._create_lead()
        lead.with_user(self.user_own).with_context(tz='Pacific/Auckland').stage_id = self.qualified
        self.assertEqual(self._events(lead).day, date(2026, 3, 2))

    # ------------------------------------------------------------
    # ONCE AND FOR EVER
    # ------------------------------------------------------------

    def test_moving_back_and_forth_counts_once(self):
        """Mistakes 12 and 15: a lead that enters a stage again is no second lead."""
        lead = self._create_lead()
        self._go_to('2026-03-03')
        self._move(lead, self.proposition)
        for day, stage in (
            ('2026-03-04', self.new),
            ('2026-03-05', self.qualified),
            ('2026-03-06', self.proposition),
        ):
            self._go_to(day)
            self._move(lead, stage)
            self.assertPassed(lead, self.acquaintance, self.presentation)
        self.assertEqual(set(self._events(lead).mapped('day')), {date(2026, 3, 3)})
        self.assertEqual(lead.growth_step_date, date(2026, 3, 3))

    def test_nobody_edits_or_deletes_the_log(self):
        lead = self._create_lead(stage_id=self.qualified.id)
        for user in (self.user_own, self.user_admin, self.env.ref('base.user_root')):
            event = self._events(lead).with_user(user)
            with self.subTest(user=user.login):
                with self.assertRaises(UserError):
                    event.write({'user_id': self.user_all.id})
                with self.assertRaises(UserError):
                    event.unlink()
        with self.assertRaises(UserError):
            self._events(lead).with_context(growth_correcting=True).unlink()
        with self.assertRaises(UserError):
            self._events(lead).with_context(growth_correcting='CORRECTING').days = 0
        self.assertPassed(lead, self.acquaintance)

    def test_nobody_says_where_a_lead_stands(self):
        lead = self._create_lead()
        Lead = self.env['crm.lead'].with_user(self.user_admin)
        for vals in (
            {'growth_step_id': self.payment.id},
            {'growth_step_date': '2020-01-01'},
            {'growth_lost_user_id': self.user_all.id},
            {'growth_lost_team_id': False},
            {'growth_lost_date': '2020-01-01'},
        ):
            with self.subTest(vals=vals):
                with self.assertRaises(UserError):
                    lead.with_user(self.user_admin).write(vals)
                with self.assertRaises(UserError):
                    Lead.create({'name': "Cheat", **vals})
        self.assertPassed(lead)

    def test_defaults_of_the_caller_do_not_say_it_either(self):
        lead = (
            self.env['crm.lead']
            .with_user(self.user_own)
            .with_context(
                default_growth_step_id=self.payment.id,
                default_growth_step_date='2020-01-01',
                default_growth_lost_date='2020-01-01',
                default_growth_lost_user_id=self.user_all.id,
            )
            .create({'name': "Cheat", 'stage_id': self.new.id})
        )
        lead = self.env['crm.lead'].browse(lead.id)
        self.assertPassed(lead)
        self.assertFalse(lead.growth_lost_date or lead.growth_lost_user_id)

    def test_history_goes_with_a_deleted_lead_alone(self):
        """It counts neither as success nor as failure."""
        leads = self._create_lead(stage_id=self.won.id) | self._create_lead(stage_id=self.won.id)
        events = self._events(leads)
        leads[0].with_user(self.user_admin).unlink()
        self.env.invalidate_all()
        self.assertEqual(events.exists().lead_id, leads[1])
        self.assertEqual(len(events.exists()), 3)

    def test_history_survives_people_and_teams(self):
        team = self._create_team()
        user = self._create_user('growth_leaver', 'sales_team.group_sale_salesman')
        lead = self._create_lead(team_id=team.id, user_id=user.id, stage_id=self.qualified.id)
        event = self._events(lead)
        lead.write({'user_id': self.user_own.id, 'team_id': False})
        (team | self.env['crm.team'])[:1].unlink()
        user.unlink()
        self.env.invalidate_all()
        self.assertTrue(event.exists())
        self.assertFalse(event.team_id or event.user_id)
        self.assertPassed(lead, self.acquaintance)


@tagged('post_install', '-at_install')
class TestFunnelActivity(FunnelCommon):
    """An activity with a result passes the step of its type; one without was no contact."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call, cls.demo = cls.env['mail.activity.type'].create(
            [{'name': "Growth Call"}, {'name': "Growth Demo"}]
        )
        cls.acquaintance.activity_type_ids = cls.call
        cls.presentation.write(
            {'stage_ids': [Command.clear()], 'activity_type_ids': [Command.set(cls.demo.ids)]}
        )

    def _schedule(self, lead, activity_type, user=None):
        return lead.activity_schedule(
            activity_type_id=activity_type.id, user_id=(user or self.user_own).id
        )

    def test_a_result_is_needed(self):
        for feedback, steps in (
            (False, []),
            ("", []),
            (" \n", []),
            ("They want to know more", [self.acquaintance]),
        ):
            with self.subTest(feedback=feedback):
                lead = self._create_lead()
                self._schedule(lead, self.call).with_user(self.user_own).action_feedback(
                    feedback=feedback
                )
                self.assertPassed(lead, *steps)

    def test_a_result_written_before_counts(self):
        lead = self._create_lead()
        activity = self._schedule(lead, self.call)
        activity.feedback = "Said in the form"
        activity.action_done()
        self.assertPassed(lead, self.acquaintance)

    def test_the_last_step_of_the_types_is_reached(self):
        lead = self._create_lead()
        self._schedule(lead, self.demo).action_feedback(feedback="Shown")
        self.assertPassed(lead, self.acquaintance, self.presentation)
        self._schedule(lead, self.call).action_feedback(feedback="Once more")
        self.assertPassed(lead, self.acquaintance, self.presentation)

    def test_several_activities_at_once(self):
        leads = self._create_lead() | self._create_lead()
        activities = self.env['mail.activity'].browse()
        for lead, kinds in zip(leads, ((self.call, self.demo), (self.call,)), strict=True):
            for kind in kinds:
                activities |= self._schedule(lead, kind)
        activities.action_feedback(feedback="All done")
        self.assertPassed(leads[0], self.acquaintance, self.presentation)
        self.assertPassed(leads[1], self.acquaintance)

    def test_other_types_and_documents_pass_nothing(self):
        lead = self._create_lead(partner_id=self._create_customer("Prospect").id)
        other = self.env['mail.activity.type'].create({'name': "Growth Letter"})
        self._schedule(lead, other).action_feedback(feedback="Written")
        self._schedule(lead.partner_id, self.demo).action_feedback(feedback="To the contact")
        self.assertPassed(lead)

    def test_who_did_it_may_not_see_the_lead(self):
        lead = self._create_lead(user_id=self.user_all.id)
        activity = self._schedule(lead, self.call, self.user_own)
        activity.with_user(self.user_own).action_feedback(feedback="Helped out")
        self.assertPassed(lead, self.acquaintance)
        self.assertRecordValues(
            self._events(lead), [{'user_id': self.user_all.id, 'author_id': self.user_own.id}]
        )

    def test_a_cancelled_activity_was_none(self):
        lead = self._create_lead()
        self._schedule(lead, self.call).unlink()
        self.assertPassed(lead)

    def test_a_deleted_lead_does_not_stop_its_activities(self):
        lead = self._create_lead()
        activity = self._schedule(lead, self.call)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM crm_lead WHERE id = %s", [lead.id])
        self.env.invalidate_all()
        activity.action_feedback(feedback="Too late")
        self.assertFalse(self._events(lead))
