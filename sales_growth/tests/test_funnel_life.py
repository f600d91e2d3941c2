from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common_funnel import FunnelCommon


@tagged('post_install', '-at_install')
class TestFunnelLife(FunnelCommon):
    """Losing, winning, merging and handing on leads, and what becomes of their stages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason = cls._create_reason("Too small", category='other')
        cls.first_team = cls._create_team("First", cls.user_own)
        cls.second_team = cls._create_team("Second", cls.user_all)

    def _lose(self, lead, user=None):
        lead.with_user(user or self.user_own).action_set_lost(lost_reason_id=self.reason.id)

    def assertLoss(self, lead, user, team, day):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertRecordValues(
            lead,
            [
                {
                    'growth_lost_user_id': user and user.id,
                    'growth_lost_team_id': team and team.id,
                    'growth_lost_date': day,
                }
            ],
        )

    # ------------------------------------------------------------
    # LOSING AND WINNING
    # ------------------------------------------------------------

    def test_a_loss_stays_with_who_lost(self):
        lead = self._create_lead(team_id=self.first_team.id, stage_id=self.qualified.id)
        self._go_to('2026-03-09')
        self._lose(lead)
        loss = (self.user_own, self.first_team, date(2026, 3, 9))
        self.assertLoss(lead, *loss)
        self._go_to('2026-04-09')
        lead.write({'user_id': self.user_all.id, 'team_id': self.second_team.id})
        lead.write({'name': "Edited later", 'description': "Once more"})
        self._lose(lead, self.user_all)
        self.assertLoss(lead, *loss)
        self.assertPassed(lead, self.acquaintance)

    def test_restoring_forgets_the_loss_and_goes_on(self):
        lead = self._create_lead(team_id=self.first_team.id, stage_id=self.qualified.id)
        self._lose(lead)
        self._go_to('2026-03-12')
        lead.with_user(self.user_own).action_restore()
        self.assertLoss(lead, False, False, False)
        self.assertPassed(lead, self.acquaintance)
        self.assertEqual(lead.growth_step_date, date(2026, 3, 2))
        self._move(lead, self.proposition)
        self.assertEqual(self._events(lead)[-1].days, 10)
        self._go_to('2026-03-20')
        self._lose(lead)
        self.assertLoss(lead, self.user_own, self.first_team, date(2026, 3, 20))

    def test_every_way_of_losing_counts(self):
        loss = {'active': False, 'probability': 0, 'lost_reason_id': self.reason.id}
        leads = self._create_lead() | self._create_lead()
        self._lose(leads[0])
        leads[1].with_user(self.user_own).write(loss)
        leads |= self._create_lead(**loss)
        for lead in leads:
            self.assertEqual(lead.won_status, 'lost')
            self.assertLoss(lead, self.user_own, False, date(2026, 3, 2))
            self.assertPassed(lead)

    def test_an_imported_loss_has_the_day_of_the_file(self):
        lead = (
            self.env['crm.lead']
            .with_context(import_file=True)
            .create(
                {
                    'name': "Lost last year",
                    'company_id': self.company.id,
                    'user_id': self.user_own.id,
                    'active': False,
                    'probability': 0,
                    'date_closed': '2025-11-30 12:00:00',
                }
            )
        )
        self.assertEqual(lead.growth_lost_date, date(2025, 11, 30))

    def test_merely_archived_is_not_lost(self):
        lead = self._create_lead(stage_id=self.qualified.id)
        lead.with_user(self.user_own).action_archive()
        self.assertEqual(lead.won_status, 'pending')
        self.assertLoss(lead, False, False, False)
        self.assertPassed(lead, self.acquaintance)
        # It goes on while it is in the archive.
        self._move(lead, self.proposition)
        self.assertPassed(lead, self.acquaintance, self.presentation)

    def test_moving_a_lost_lead_on_counts(self):
        lead = self._create_lead()
        self._lose(lead)
        self._move(lead, self.qualified)
        self.assertPassed(lead, self.acquaintance)
        self.assertEqual(lead.won_status, 'lost')

    def test_winning_passes_the_contract(self):
        leads = self._create_lead() | self._create_lead()
        leads[0].with_user(self.user_own).action_set_won()
        self._lose(leads[1])
        leads[1].with_user(self.user_own).action_set_won()
        for lead in leads:
            self.assertEqual(lead.won_status, 'won')
            self.assertLoss(lead, False, False, False)
            self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)

    def test_converting_keeps_what_was_passed(self):
        lead = self._create_lead(type='lead', stage_id=self.qualified.id)
        self.assertPassed(lead, self.acquaintance)
        lead.with_user(self.user_own).convert_opportunity(
            self._create_customer("Prospect"), team_id=self.first_team.id
        )
        self.assertEqual(lead.type, 'opportunity')
        self.assertPassed(lead, self.acquaintance)

    # ------------------------------------------------------------
    # MERGING
    # ------------------------------------------------------------

    def _create_moved(self, *stages, **vals):
        """A lead that went through stages, one a day since the day it was made."""
        lead = self._create_lead(**vals)
        for stage in stages:
            self._go_to(str(date.today() + timedelta(days=1)))
            self._move(lead, stage, self.user_admin)
        return lead

    def test_a_merged_lead_passed_each_step_when_the_first_did(self):
        """Mistake 14: merging moves the history of other leads."""
        early = self._create_moved(self.qualified)
        self._go_to('2026-03-10')
        late = self._create_moved(self.qualified, self.proposition, user_id=self.user_all.id)
        early_event, late_events = self._events(early), self._events(late)
        merged = (early | late).merge_opportunity()
        self.assertEqual(merged, late)
        self.assertPassed(late, self.acquaintance, self.presentation)
        self.assertEqual(self._events(late), early_event | late_events[1])
        self.assertEqual(self._events(late).mapped('day'), [date(2026, 3, 3), date(2026, 3, 12)])
        self.assertEqual(self._events(late).user_id, self.user_own | self.user_all)
        self.assertEqual(late.growth_step_date, date(2026, 3, 12))

    def test_a_source_that_is_further_takes_the_target_along(self):
        """A lead that was moved back is merged into one in a later stage."""
        back = self._create_moved(self.won, self.new)
        self._go_to('2026-03-10')
        target = self._create_moved(self.qualified)
        merged = (back | target).merge_opportunity()
        self.assertEqual(merged, target)
        self.assertPassed(merged, self.acquaintance, self.presentation, self.contract)
        self.assertEqual(set(self._events(merged).mapped('day')), {date(2026, 3, 3)})

    def test_merging_leads_of_several_funnels(self):
        own = self._create_funnel(
            {
                'Contact': {'stage_ids': [Command.set(self.qualified.ids)]},
                'Deal': {'stage_ids': [Command.set(self.won.ids)]},
            },
            team_id=self.second_team.id,
        )
        general = self._create_moved(self.proposition, team_id=self.first_team.id)
        special = self._create_moved(
            self.qualified, team_id=self.second_team.id, user_id=self.user_all.id
        )
        self.assertPassed(special, own.step_ids[0], funnel=own)
        merged = (general | special).merge_opportunity()
        self.assertEqual(merged, general)
        self.assertPassed(general, self.acquaintance, self.presentation, own.step_ids[0])
        self.assertFalse(self._events(special))

    def test_merging_into_a_team_with_its_own_funnel(self):
        own = self._create_funnel(
            {
                'Contact': {'stage_ids': [Command.set(self.qualified.ids)]},
                'Deal': {'stage_ids': [Command.set(self.won.ids)]},
            },
            team_id=self.second_team.id,
        )
        leads = self._create_moved(self.proposition) | self._create_moved(self.qualified)
        merged = leads.merge_opportunity(team_id=self.second_team.id, user_id=self.user_all.id)
        self.assertEqual(merged.team_id, self.second_team)
        self.assertPassed(merged, self.acquaintance, self.presentation, own.step_ids[0], funnel=own)

    # ------------------------------------------------------------
    # STAGES
    # ------------------------------------------------------------

    def test_stages_keep_the_name_and_place_of_that_time(self):
        """Mistake 15: stages are renamed, moved and deleted."""
        between = self.env['crm.stage'].create({'name': "Talks", 'sequence': 1002})
        lead = self._create_lead()
        self.acquaintance.stage_ids |= between
        self._move(lead, between)
        between.write({'name': "Negotiation", 'sequence': 5})
        self._move(lead, self.qualified)
        self.acquaintance.stage_ids -= between
        between.unlink()
        self.env.invalidate_all()
        self.assertRecordValues(
            self._events(lead),
            [{'stage_id': False, 'stage_name': "Talks", 'stage_sequence': 1002}],
        )
        self.assertPassed(lead, self.acquaintance)

    def test_a_stage_without_trigger_counts_by_its_place(self):
        between = self.env['crm.stage'].create({'name': "Talks", 'sequence': 1003})
        between.sequence = 1002
        self.qualified.sequence = 1001
        lead = self._create_lead(stage_id=between.id)
        self.assertPassed(lead, self.acquaintance)
        between.sequence = 1009
        self.assertPassed(lead, self.acquaintance)
        self._move(lead, self.new)
        self._move(lead, between)
        self.assertPassed(lead, self.acquaintance, self.presentation)

    def test_a_stage_of_a_trigger_cannot_be_deleted(self):
        stage = self.env['crm.stage'].create({'name': "Talks", 'sequence': 1002})
        self.acquaintance.stage_ids |= stage
        with self.assertRaises(UserError) as error:
            stage.unlink()
        for part in ("Talks", self.acquaintance.name, self.funnel.name):
            self.assertIn(part, str(error.exception))
        self.assertTrue(stage.exists())
        # An archived step is used again one day.
        self.acquaintance.stage_ids -= stage
        self.payment.stage_ids = stage
        self.payment.active = False
        with self.assertRaises(UserError):
            stage.unlink()

    def test_stages_of_equal_sequence_do_not_pass_each_other(self):
        same = self.env['crm.stage'].create(
            {'name': "Beside", 'sequence': self.proposition.sequence}
        )
        lead = self._create_lead(stage_id=same.id)
        self.assertPassed(lead, self.acquaintance)

    def test_resequencing_holds_for_the_moves_that_follow(self):
        lead = self._create_lead(stage_id=self.qualified.id)
        (self.new | self.proposition | self.qualified).with_user(self.user_admin).web_resequence(
            {}, 'sequence', 1001
        )
        self.assertPassed(lead, self.acquaintance)
        other = self._create_lead(stage_id=self.qualified.id)
        self.assertPassed(other, self.acquaintance, self.presentation)

    def test_a_stage_that_becomes_a_won_one_takes_its_leads_along(self):
        leads = self._create_lead(stage_id=self.proposition.id) | self._create_lead()
        self.proposition.is_won = True
        self.assertEqual(leads.mapped('won_status'), ['won', 'pending'])
        self.assertPassed(leads[0], self.acquaintance, self.presentation, self.contract)
        self.assertPassed(leads[1])
        self.proposition.is_won = False
        self.assertPassed(leads[0], self.acquaintance, self.presentation, self.contract)
        other = self._create_lead(stage_id=self.proposition.id)
        self.assertPassed(other, self.acquaintance, self.presentation)

    def test_a_won_stage_that_is_not_last(self):
        """What stands behind it is no way on, and winning still passes everything."""
        behind = self.env['crm.stage'].create({'name': "Nurture", 'sequence': 1009})
        self.won.sequence = 1002
        self.qualified.sequence = 1003
        self.proposition.sequence = 1004
        lead = self._create_lead(stage_id=self.won.id)
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)
        lead = self._create_lead(stage_id=behind.id)
        self.assertPassed(lead, self.acquaintance, self.presentation)

    def test_several_won_stages(self):
        big = self.env['crm.stage'].create({'name': "Big Deal", 'sequence': 1, 'is_won': True})
        lead = self._create_lead(stage_id=big.id)
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)
        self._move(lead, self.won)
        self.assertPassed(lead, self.acquaintance, self.presentation, self.contract)

    # ------------------------------------------------------------
    # TEAMS AND COMPANIES
    # ------------------------------------------------------------

    def _create_team_funnel(self):
        return self._create_funnel(
            {
                'Contact': {'stage_ids': [Command.set(self.proposition.ids)]},
                'Deal': {'stage_ids': [Command.set(self.won.ids)]},
            },
            team_id=self.second_team.id,
        )

    def test_a_team_with_its_own_funnel_and_back(self):
        own = self._create_team_funnel()
        lead = self._create_lead(team_id=self.first_team.id, stage_id=self.qualified.id)
        self._go_to('2026-03-05')
        lead.team_id = self.second_team
        self.assertSteps(lead, self.acquaintance, funnel=own)
        self._go_to('2026-03-09')
        self._move(lead, self.proposition, self.user_admin)
        self.assertSteps(lead, self.acquaintance, own.step_ids[0], funnel=own)
        self._go_to('2026-03-12')
        lead.team_id = self.first_team
        self.assertSteps(lead, self.acquaintance, own.step_ids[0], self.presentation)
        # Who comes from another funnel comes that day.
        self.assertEqual(self._events(lead).mapped('days'), [0, 4, 0])

    def test_a_salesperson_who_brings_the_team_along(self):
        own = self._create_team_funnel()
        lead = self._create_lead(team_id=self.first_team.id, stage_id=self.proposition.id)
        lead.with_user(self.user_admin).write({'user_id': self.user_all.id})
        self.assertEqual(lead.team_id, self.second_team)
        self.assertPassed(lead, self.acquaintance, self.presentation, own.step_ids[0], funnel=own)
        self.assertRecordValues(
            self._events(lead)[-1:],
            [{'user_id': self.user_all.id, 'team_id': self.second_team.id}],
        )

    def test_a_team_that_does_not_have_the_stage(self):
        """Odoo sends the lead back to the first stage: what was passed stays passed."""
        self.proposition.team_ids = self.first_team
        lead = self._create_lead(team_id=self.first_team.id, stage_id=self.proposition.id)
        lead.team_id = self.second_team
        self.assertNotEqual(lead.stage_id, self.proposition)
        self.assertPassed(lead, self.acquaintance, self.presentation)

    def test_a_lead_of_nobody_counts_in_the_active_company(self):
        lead = self.env['crm.lead'].create(
            {
                'name': "Nobody's",
                'company_id': False,
                'user_id': False,
                'team_id': False,
                'stage_id': self.qualified.id,
            }
        )
        self.assertFalse(lead.company_id)
        self.assertPassed(lead, self.acquaintance)
        self.assertEqual(self._events(lead).company_id, self.company)

    def test_a_lead_without_company_counts_in_that_of_its_people(self):
        other = self._create_company("Another Company")
        user = self._create_user('growth_other', 'sales_team.group_sale_salesman')
        user.write({'company_ids': [Command.set(other.ids)], 'company_id': other.id})
        lead = self._create_lead(company_id=False, user_id=user.id)
        self.assertEqual(lead.growth_step_id.company_id, other)

    def test_each_company_has_its_own_funnel(self):
        other = self._create_company("Another Company")
        funnel = self.env['growth.funnel'].search([('company_id', '=', other.id)])
        self.assertEqual(len(funnel.step_ids), 4)
        other.partner_id.tz = 'Pacific/Auckland'
        other.currency_id = self.eur
        self._go_to('2026-03-02 23:30:00')
        lead = self._create_lead(company_id=other.id, user_id=False, stage_id=self.won.id)
        self.assertPassed(lead, *funnel.step_ids[:3], funnel=funnel)
        events = self._events(lead)
        self.assertEqual(events.company_id, other)
        self.assertEqual(events.currency_id, self.eur)
        self.assertEqual(set(events.mapped('day')), {date(2026, 3, 3)})

    def test_a_lead_that_goes_to_another_company(self):
        other = self._create_company("Another Company")
        funnel = self.env['growth.funnel'].search([('company_id', '=', other.id)])
        lead = self._create_lead(user_id=False, stage_id=self.won.id)
        lead.company_id = other
        self.assertPassed(
            lead,
            self.acquaintance,
            self.presentation,
            self.contract,
            *funnel.step_ids[:3],
            funnel=funnel,
        )
        self.assertEqual(self._events(lead)[3:].company_id, other)

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def test_queries_do_not_grow_with_the_number_of_leads(self):
        """The log costs a move of 50 leads as many queries as the move of a single one."""
        Lead = self.env.registry['crm.lead']
        costs = {}
        # Whatever is asked once and remembered
        self._count_queries_of_a_move(1)
        for number in (1, 50):
            watched = self._count_queries_of_a_move(number)
            with patch.object(Lead, '_growth_follow_stage', lambda leads, **_options: None):
                costs[number] = watched - self._count_queries_of_a_move(number)
        self.assertLessEqual(costs[1], 7)
        self.assertLessEqual(costs[50], costs[1])

    def _count_queries_of_a_move(self, number):
        leads = self.env['crm.lead'].create(
            [
                {
                    'name': "Lead",
                    'company_id': self.company.id,
                    'stage_id': self.new.id,
                    'partner_id': self._create_customer("Prospect").id,
                }
                for _number in range(number)
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.env['growth.funnel']._get_paths()
        before = self.env.cr.sql_log_count
        leads.write({'stage_id': self.qualified.id})
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    # ------------------------------------------------------------
    # TAKEN OVER
    # ------------------------------------------------------------

    def test_a_team_takes_leads_over_and_takes_no_credit(self):
        """A reorganisation of teams passes no steps: nothing happened with the customers."""
        team = self._create_team()
        own = self._create_funnel(
            {
                'Contact': {'stage_ids': [Command.set(self.qualified.ids)]},
                'Order': {'stage_ids': [Command.set(self.won.ids)]},
            },
            team_id=team.id,
        )
        lead = self._create_lead()
        self._move(lead, self.proposition)
        self._go_to('2026-03-20')
        lead.write({'team_id': team.id, 'user_id': self.user_all.id})
        taken = self._events(lead).filtered(lambda event: event.step_id in own.step_ids)
        self.assertRecordValues(
            taken, [{'step_id': own.step_ids[0].id, 'is_taken_over': True, 'is_estimated': False}]
        )
        report = self.env['growth.conversion.report']
        rows = report.search([('step_id', 'in', own.step_ids.ids)])
        self.assertEqual(rows.mapped('state'), ['open'])
        self.assertEqual(rows.step_id, own.step_ids[1])
        # From here on it is their work.
        self._go_to('2026-03-25')
        self._move(lead, self.won, self.user_admin)
        last = self._events(lead)[-1]
        self.assertRecordValues(last, [{'step_id': own.step_ids[1].id, 'is_taken_over': False}])
        self.assertEqual(last.days, 5)

    def test_who_gets_a_lead_has_not_passed_what_a_new_trigger_means(self):
        lead = self._create_lead()
        self.acquaintance.stage_ids = self.new | self.qualified
        lead.user_id = self.user_all
        self.assertTrue(self._events(lead).is_taken_over)

    def test_a_new_funnel_finds_its_leads_where_they_are(self):
        team = self._create_team()
        lead = self._create_lead(team_id=team.id, stage_id=self.won.id)
        own = self._create_funnel(
            {
                'Contact': {'stage_ids': [Command.set(self.qualified.ids)]},
                'Order': {'stage_ids': [Command.set(self.won.ids)]},
            },
            team_id=team.id,
        )
        events = self._events(lead).filtered(lambda event: event.step_id in own.step_ids)
        self.assertEqual(len(events), 2)
        self.assertEqual(events.mapped('is_estimated'), [True, True])
        self.assertFalse(lead.growth_step_id)
