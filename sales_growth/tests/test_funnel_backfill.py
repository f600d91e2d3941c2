from datetime import date, datetime

from odoo.fields import Command
from odoo.modules.migration import load_script
from odoo.tests import tagged
from odoo.tools import file_path

from ..hooks import post_init_hook, uninstall_hook
from .common_funnel import BackfillMixin, FunnelCommon


@tagged('post_install', '-at_install')
class TestFunnelBackfill(BackfillMixin, FunnelCommon):
    """The steps that leads passed before anybody watched are found in what Odoo kept."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer("Prospect")
        cls._create_order(cls.customer, 100, '2026-02-15 12:00:00')
        cls._refresh()
        cls.reason = cls._create_reason("Too small", category='other')
        cls.first_team = cls._create_team("First", cls.user_own)
        cls.second_team = cls._create_team("Second", cls.user_all)
        # Whatever is in this database already
        cls.env['growth.funnel.event']._backfill()

    def setUp(self):
        super().setUp()
        self.env = self.env(context=dict(self.env.context, tracking_disable=False))

    def _create_tracked(self, **vals):
        lead = self._create_lead(**vals)
        self.cr.flush()
        return lead.with_context(tracking_disable=False)

    def _go_to(self, moment):
        self.cr.flush()
        return super()._go_to(moment)

    def _walk(self, lead, *days):
        for day, stage in zip(days, (self.qualified, self.proposition, self.won), strict=False):
            self._go_to(day)
            self._move(lead, stage)

    # ------------------------------------------------------------
    # WHERE IT IS FOUND
    # ------------------------------------------------------------

    def test_stages_that_were_tracked(self):
        lead = self._create_tracked(
            partner_id=self.customer.id, team_id=self.first_team.id, expected_revenue=700.0
        )
        self._walk(lead, '2026-03-05', '2026-03-10', '2026-03-12')
        self._go_to('2026-04-01')
        self.assertFoundAgain(lead)
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)

    def test_skipped_steps_and_days_in_the_company_s_zone(self):
        self.company.partner_id.tz = 'Pacific/Auckland'
        lead = self._create_tracked()
        self._go_to('2026-03-04 23:30:00')
        self._move(lead, self.proposition)
        self._go_to('2026-04-01')
        self.assertFoundAgain(lead)
        self.assertEqual(set(self._events(lead).mapped('day')), {date(2026, 3, 5)})

    def test_the_stage_a_lead_came_in(self):
        """Odoo tracks no first stage: it is the one the first change came from."""
        lead = self._create_tracked(stage_id=self.qualified.id)
        self._walk(lead, '2026-03-05', '2026-03-10')
        self._go_to('2026-03-11')
        self._move(lead, self.new)
        self._go_to('2026-04-01')
        self.assertFoundAgain(lead)
        self.assertPassed(lead, self.acquaintance, self.presentation)

    def test_a_lead_that_was_moved_back(self):
        lead = self._create_tracked()
        self._walk(lead, '2026-03-05', '2026-03-10')
        self._go_to('2026-03-12')
        self._move(lead, self.new)
        self._go_to('2026-03-15')
        self._move(lead, self.qualified)
        self._go_to('2026-04-01')
        self.assertFoundAgain(lead)

    def test_a_lead_that_nobody_tracked(self):
        """Mistake 15: imports and mass changes leave no trace but the stage of today."""
        lead = self._create_lead()
        self._go_to('2026-03-05')
        lead.with_context(tracking_disable=True).stage_id = self.proposition
        self._go_to('2026-04-01')
        self.assertFoundAgain(lead, 'author_id')
        self.assertEqual(self._events(lead).mapped('days'), [3, 0])

    def test_owners_of_that_time(self):
        """Mistake 11: from the tracked changes of salesperson and team."""
        lead = self._create_tracked(team_id=self.first_team.id)
        self._walk(lead, '2026-03-05')
        self._go_to('2026-03-07')
        lead.write({'user_id': self.user_all.id, 'team_id': self.second_team.id})
        self._go_to('2026-03-10')
        self._move(lead, self.proposition, self.user_all)
        self._go_to('2026-03-12')
        lead.write({'user_id': False, 'team_id': False})
        self._go_to('2026-03-13')
        self._move(lead, self.won, self.user_admin)
        self._go_to('2026-03-14')
        lead.write({'user_id': self.user_admin.id, 'team_id': self.first_team.id})
        self._go_to('2026-04-01')
        self.assertEqual(
            [(event.user_id, event.team_id) for event in self._events(lead)],
            [
                (self.user_own, self.first_team),
                (self.user_all, self.second_team),
                (self.env['res.users'], self.env['crm.team']),
            ],
        )
        self.assertFoundAgain(lead)

    def test_who_is_assigned_with_the_move_gets_the_step(self):
        lead = self._create_tracked(team_id=self.first_team.id)
        self._go_to('2026-03-05')
        lead.write(
            {
                'stage_id': self.qualified.id,
                'user_id': self.user_all.id,
                'team_id': self.second_team.id,
            }
        )
        self._go_to('2026-04-01')
        self.assertFoundAgain(lead)

    def test_people_and_stages_that_are_gone(self):
        leaver = self._create_user('growth_leaver', 'sales_team.group_sale_salesman')
        talks = self.env['crm.stage'].create({'name': "Talks", 'sequence': 1002})
        lead = self._create_tracked(user_id=leaver.id)
        self._go_to('2026-03-04')
        lead.stage_id = talks
        self._go_to('2026-03-05')
        self._move(lead, self.qualified, leaver)
        self._go_to('2026-03-06')
        lead.user_id = self.user_own
        self.cr.flush()
        talks.unlink()
        leaver.unlink()
        self._forget(lead)
        self.env['growth.funnel.event']._backfill()
        self.assertPassed(lead, self.acquaintance)
        self.assertFalse(self._events(lead).user_id, "The one who had it is not who has it now.")

    def test_orders(self):
        lead = self._create_lead()
        self._go_to('2026-03-05')
        order = self._create_order(
            self.customer,
            400.0,
            '2026-03-05 12:00:00',
            state='draft',
            opportunity_id=lead.id,
            user_id=self.user_all.id,
        )
        self._go_to('2026-03-09')
        order.with_user(self.user_all).action_confirm()
        self._go_to('2026-04-01')
        self.assertFoundAgain(lead)
        self.assertEqual(set(self._events(lead).mapped('value')), {400.0})

    def test_quotations(self):
        self.presentation.quotation_sent = True
        lead = self._create_lead()
        draft = self._create_lead()
        for target, state in ((lead, 'sent'), (draft, 'draft')):
            self._create_order(
                self.customer,
                400.0,
                '2026-03-05 12:00:00',
                state=state,
                opportunity_id=target.id,
                user_id=self.env.uid,
            )
        self._go_to('2026-04-01')
        self.assertFoundAgain(lead | draft)
        self.assertPassed(lead, self.acquaintance, self.presentation)
        self.assertPassed(draft)

    def test_amounts_of_orders_in_another_currency(self):
        self.env['res.currency.rate'].create(
            {
                'name': '2026-01-01',
                'currency_id': self.eur.id,
                'company_id': self.company.id,
                'rate': 0.5,
            }
        )
        pricelist = self.env['product.pricelist'].create(
            {'name': "Euro", 'currency_id': self.eur.id, 'company_id': self.company.id}
        )
        lead = self._create_lead()
        self._create_order(
            self.customer,
            400.0,
            '2026-03-02 12:00:00',
            pricelist_id=pricelist.id,
            opportunity_id=lead.id,
            user_id=self.env.uid,
        )
        self.assertEqual(set(self._events(lead).mapped('value')), {800.0})
        self.assertFoundAgain(lead)

    def test_activities(self):
        call = self.env['mail.activity.type'].create({'name': "Growth Call"})
        self.acquaintance.write(
            {'stage_ids': [Command.clear()], 'activity_type_ids': [Command.set(call.ids)]}
        )
        leads = self._create_lead() | self._create_lead()
        for lead, feedback in zip(leads, ("Interested", ""), strict=True):
            activity = lead.activity_schedule(
                activity_type_id=call.id, user_id=self.user_own.id
            ).with_user(self.user_own)
            self._go_to('2026-03-05')
            activity.action_feedback(feedback=feedback)
        self._go_to('2026-04-01')
        self.assertFoundAgain(leads, 'date')
        self.assertPassed(leads[0], self.acquaintance)
        self.assertPassed(leads[1])

    def test_the_day_of_an_activity_is_not_that_before_it(self):
        """Mistake 16: Odoo keeps a day only, whose midnight in UTC is the day before in
        America."""
        self.company.partner_id.tz = 'America/New_York'
        call = self.env['mail.activity.type'].create({'name': "Growth Call"})
        self.acquaintance.activity_type_ids = call
        lead = self._create_lead()
        activity = lead.activity_schedule(activity_type_id=call.id, user_id=self.user_own.id)
        self._go_to('2026-03-05 16:00:00')
        activity.action_feedback(feedback="Interested")
        self._go_to('2026-04-01')
        self.assertEqual(self._events(lead).day, date(2026, 3, 5))
        self.assertFoundAgain(lead, 'date', 'author_id')

    def test_losses_of_leads_that_were_lost_before(self):
        leads = self._create_tracked(team_id=self.first_team.id) | self._create_tracked()
        leads |= self._create_tracked()
        self._walk(leads, '2026-03-05')
        self._go_to('2026-03-09')
        leads[:2].with_user(self.user_own).action_set_lost(lost_reason_id=self.reason.id)
        self._go_to('2026-03-10')
        leads[1].with_user(self.user_own).action_restore()
        leads[2].with_user(self.user_own).action_archive()
        self._go_to('2026-03-12')
        leads[0].write({'user_id': self.user_all.id, 'team_id': self.second_team.id})
        self._go_to('2026-04-01')
        self.assertFoundAgain(leads)
        self.assertRecordValues(
            leads,
            [
                {
                    'growth_lost_user_id': self.user_own.id,
                    'growth_lost_team_id': self.first_team.id,
                    'growth_lost_date': date(2026, 3, 9),
                }
            ]
            + [
                {
                    'growth_lost_user_id': False,
                    'growth_lost_team_id': False,
                    'growth_lost_date': False,
                }
            ]
            * 2,
        )

    def test_merged_leads(self):
        """Mistake 14: the stages of leads that are gone stand among those of the one that stayed;
        each step was passed when the first of them did, and none before its lead came."""
        early = self._create_tracked(stage_id=self.qualified.id)
        self._go_to('2026-03-04')
        self._move(early, self.proposition)
        self._go_to('2026-03-06')
        self._move(early, self.new)
        self._go_to('2026-03-09')
        late = self._create_tracked()
        self._walk(late, '2026-03-10')
        self._go_to('2026-03-12')
        merged = (early | late).merge_opportunity()
        self.assertEqual(merged, late)
        self._go_to('2026-04-01')
        self._forget(late)
        self.env['growth.funnel.event']._backfill()
        self.assertPassed(late, self.acquaintance, self.presentation)
        self.assertRecordValues(self._events(late), [{'day': date(2026, 3, 4), 'days': 0}] * 2)

    # ------------------------------------------------------------
    # ONCE AND FOR EVER
    # ------------------------------------------------------------

    def test_running_again_changes_nothing(self):
        lead = self._create_tracked()
        self._walk(lead, '2026-03-05', '2026-03-10')
        self._forget(lead)
        Event = self.env['growth.funnel.event']
        self.assertEqual(Event._backfill(), 2)
        before = (self._events(lead).read(), lead.growth_step_id, lead.growth_step_date)
        self._go_to('2026-05-01')
        self.assertEqual(Event._backfill(), 0)
        self.env.invalidate_all()
        self.assertEqual(
            (self._events(lead).read(), lead.growth_step_id, lead.growth_step_date), before
        )

    def test_what_was_seen_stays_as_it_was(self):
        lead = self._create_tracked(team_id=self.first_team.id)
        self._walk(lead, '2026-03-05', '2026-03-10')
        lead.write({'user_id': self.user_all.id, 'expected_revenue': 9.0})
        self.cr.flush()
        before = self._events(lead).read()
        self.assertEqual(self.env['growth.funnel.event']._backfill(), 0)
        self.env.invalidate_all()
        self.assertEqual(self._events(lead).read(), before)

    def test_filling_a_step_that_was_added(self):
        """All who went further passed it too; who had come to it may have passed it already."""
        self.new.sequence = 1000
        self.qualified.sequence = 1001
        leads = self._create_tracked() | self._create_tracked() | self._create_tracked()
        self._walk(leads, '2026-03-05')
        self._go_to('2026-03-09')
        between = self.env['crm.stage'].create({'name': "Sample", 'sequence': 1002})
        self._move(leads[1:], between)
        self._go_to('2026-03-12')
        self._move(leads[2:], self.proposition)
        self._go_to('2026-03-20')
        sample = self.env['growth.funnel.step'].create(
            {
                'name': "Sample",
                'funnel_id': self.funnel.id,
                'sequence': self.acquaintance.sequence + 1,
                'stage_ids': [Command.set(between.ids)],
            }
        )
        action = self.funnel.with_user(self.user_admin).action_fill_history()
        self.assertIn("2", action['params']['message'])
        self.assertEqual(action['params']['type'], 'success')
        self.assertPassed(leads[0], self.acquaintance)
        self.assertPassed(leads[1], self.acquaintance, sample)
        self.assertPassed(leads[2], self.acquaintance, self.presentation, sample)
        found = self._events(leads[1:]).filtered(lambda event: event.step_id == sample)
        self.assertEqual(found.mapped('day'), [date(2026, 3, 9)] * 2)
        self.assertEqual(found.mapped('days'), [4, 4])
        again = self.funnel.with_user(self.user_admin).action_fill_history()
        self.assertEqual(again['params']['type'], 'info')

    def test_filling_the_funnel_of_a_team_leaves_the_others_alone(self):
        lead = self._create_tracked(team_id=self.second_team.id)
        other = self._create_tracked(team_id=self.first_team.id)
        self._walk(lead | other, '2026-03-05')
        own = self._create_funnel(
            {'Contact': {'stage_ids': [Command.set(self.qualified.ids)]}},
            team_id=self.second_team.id,
        )
        self._forget(other)
        self.cr.flush()
        own.action_fill_history()
        self.assertEqual(self._events(lead).step_id.ids, [self.acquaintance.id, own.step_ids.id])
        self.assertFalse(self._events(other))

    def test_what_comes_after_goes_on_from_what_was_found(self):
        lead = self._create_tracked()
        self._walk(lead, '2026-03-05')
        self._forget(lead)
        self.env['growth.funnel.event']._backfill()
        self._go_to('2026-03-10')
        self._move(lead, self.proposition)
        self.assertPassed(lead, self.acquaintance, self.presentation)
        self.assertRecordValues(
            self._events(lead),
            [{'is_estimated': True, 'days': 3}, {'is_estimated': False, 'days': 5}],
        )

    # ------------------------------------------------------------
    # WHO RUNS IT
    # ------------------------------------------------------------

    def test_installing_and_upgrading(self):
        lead = self._create_tracked()
        self._walk(lead, '2026-03-05')
        script = load_script(
            file_path('sales_growth/migrations/19.0.3.0.0/post-migrate.py'), 'post-migrate'
        )
        # A company of the time before has no funnel yet.
        company = self._create_company("Of Old")
        self.env['growth.funnel'].search([('company_id', '=', company.id)]).unlink()
        for run in (
            lambda: post_init_hook(self.env),
            lambda: script.migrate(self.env.cr, '19.0.2.0.0'),
        ):
            self._forget(lead)
            run()
            self.env.invalidate_all()
            self.assertPassed(lead, self.acquaintance)
            self.assertEqual(self._events(lead).date, datetime(2026, 3, 5, 12))
            funnel = self.env['growth.funnel'].search([('company_id', '=', company.id)])
            self.assertEqual(len(funnel.step_ids), 4)
            funnel.unlink()

    def test_uninstalling_lets_the_steps_go(self):
        """Odoo deletes shipped records before it drops tables: events would hold on to them."""
        lead = self._create_lead(stage_id=self.qualified.id)
        uninstall_hook(self.env)
        self.assertFalse(self._events(lead))
        self.funnel.unlink()
        self.env.invalidate_all()
        self.assertFalse(lead.growth_step_id)
