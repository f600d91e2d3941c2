from contextlib import contextmanager
from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_funnel import FunnelCommon


@tagged('post_install', '-at_install')
class TestFunnelConfig(FunnelCommon):
    """Funnels and their steps: clear errors for what cannot be, and leads that stand right after
    every change."""

    @contextmanager
    def assertRefused(self, part):
        """The user is told a message with this part, and nothing is changed."""
        with self.assertRaises(UserError) as error:
            yield
            self.env.flush_all()
        self.assertIn(part, str(error.exception))

    @contextmanager
    def assertRefusedByDatabase(self, model, part):
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError) as error:
            yield
            self.env.flush_all()
        self.assertIn(part, self.env[model]._sql_error_to_message(error.exception))

    # ------------------------------------------------------------
    # BAD INPUT
    # ------------------------------------------------------------

    def test_a_funnel_needs_steps(self):
        needed = "needs at least one step"
        team = self._create_team()
        with self.assertRefused(needed):
            self.env['growth.funnel'].create({'name': "Empty", 'team_id': team.id})
        with self.assertRefused(needed):
            self._create_funnel({}, team_id=team.id)
        own = self._create_funnel({'Contact': {'quotation_sent': True}}, team_id=team.id)
        with self.assertRefused(needed):
            own.step_ids.unlink()
        with self.assertRefused(needed):
            own.write({'step_ids': [Command.clear()]})
        with self.assertRefused(needed):
            own.step_ids.active = False
        with self.assertRefused(needed):
            self.funnel.step_ids.action_archive()
        with self.assertRefused(needed):
            own.step_ids.funnel_id = self.funnel
        # One in the archive may be empty, until it is used.
        own.active = False
        own.step_ids.unlink()
        with self.assertRefused(needed):
            own.active = True

    def test_a_step_needs_a_trigger(self):
        needed = "Say what passes the step “Luck”"
        with self.assertRefused(needed):
            self.env['growth.funnel.step'].create({'name': "Luck", 'funnel_id': self.funnel.id})
        with self.assertRefused(needed):
            self._create_funnel({'Luck': {}}, team_id=self._create_team().id)
        self.payment.name = "Luck"
        with self.assertRefused(needed):
            self.payment.invoice_paid = False
        self.acquaintance.name = "Luck"
        with self.assertRefused(needed):
            self.acquaintance.stage_ids = False

    def test_a_stage_passes_one_step(self):
        twice = "“Growth Qualified” cannot pass two steps: “Acquaintance” and “Pay"
        with self.assertRefused(twice):
            self.payment.stage_ids = self.qualified
        self.payment.active = False
        self.payment.stage_ids = self.qualified
        with self.assertRefused(twice):
            self.payment.active = True
        # Another funnel has its own steps.
        self._create_funnel(
            {'Contact': {'stage_ids': [Command.set(self.qualified.ids)]}},
            team_id=self._create_team().id,
        )

    def test_a_plan_lies_between_nothing_and_all(self):
        for rate in (1.01, -0.01):
            with self.assertRefusedByDatabase('growth.funnel.plan', "between 0 and 100 %"):
                self.env['growth.funnel.plan'].create(
                    {'step_id': self.contract.id, 'date_from': '2026-01-01', 'rate': rate}
                )
            with self.assertRefusedByDatabase('growth.funnel.plan', "between 0 and 100 %"):
                self.contract.plan_rate = rate
        for rate in (0.0, 1.0):
            self.contract.plan_rate = rate
            self.env.flush_all()

    def test_a_plan_has_one_scope(self):
        with self.assertRefusedByDatabase('growth.funnel.plan', "not for both"):
            self.env['growth.funnel.plan'].create(
                {
                    'step_id': self.contract.id,
                    'rate': 0.5,
                    'team_id': self._create_team().id,
                    'user_id': self.user_own.id,
                }
            )

    def test_one_plan_for_step_scope_and_day(self):
        team = self._create_team()
        for scope in ({}, {'team_id': team.id}, {'user_id': self.user_own.id}):
            for day in ('2026-01-01', False):
                vals = {'step_id': self.contract.id, 'rate': 0.5, 'date_from': day, **scope}
                if scope or day:
                    self.env['growth.funnel.plan'].create(vals)
                with (
                    self.subTest(scope=scope, day=day),
                    self.assertRefusedByDatabase('growth.funnel.plan', "There is a plan for this"),
                ):
                    self.env['growth.funnel.plan'].create({**vals, 'rate': 0.6})

    def test_one_funnel_for_a_scope(self):
        team = self._create_team()
        trigger = {'Contact': {'quotation_sent': True}}
        with self.assertRefusedByDatabase('growth.funnel', "a funnel for all teams already"):
            self._create_funnel(trigger)
        self._create_funnel(trigger, team_id=team.id)
        with self.assertRefusedByDatabase('growth.funnel', "The team has a funnel already"):
            self._create_funnel(trigger, team_id=team.id)
        waiting = self._create_funnel(trigger, active=False)
        with self.assertRefusedByDatabase('growth.funnel', "a funnel for all teams already"):
            waiting.active = True
        self.funnel.active = False
        waiting.active = True
        self.env.flush_all()

    def test_ripening_takes_no_negative_time(self):
        with self.assertRefusedByDatabase('growth.funnel.step', "between 0 and 3650 days"):
            self.contract.ripening_days = -1
        self.contract.ripening_days = 0
        self.env.flush_all()

    def test_a_step_with_history_stays_in_its_funnel(self):
        other = self._create_funnel({'Order': {'order_confirmed': True}}, active=False)
        lead = self._create_lead()
        self._move(lead, self.qualified)
        with self.assertRefused("it stays in its funnel"):
            self.acquaintance.funnel_id = other
        # Writing what is there already is no move.
        self.acquaintance.write({'funnel_id': self.funnel.id})

    def test_an_activity_type_that_passes_a_step(self):
        activity_type = self.env['mail.activity.type'].create({'name': "Visit"})
        self.acquaintance.activity_type_ids = activity_type
        with self.assertRefused("The activity “Visit” passes the step “Acquaintance”"):
            activity_type.unlink()
        self.acquaintance.activity_type_ids = False
        activity_type.unlink()

    def test_people_and_teams_of_another_company(self):
        other = self._create_company("Another Company")
        team = self._create_team(company_id=other.id)
        user = self._create_user('growth_other', 'sales_team.group_sale_salesman')
        user.write({'company_ids': [Command.set(other.ids)], 'company_id': other.id})
        trigger = {'Contact': {'quotation_sent': True}}
        with self.assertRefused("Growth Team"):
            self._create_funnel(trigger, team_id=team.id)
        for scope in ({'team_id': team.id}, {'user_id': user.id}):
            with self.assertRefused("belongs to company"):
                self.env['growth.funnel.plan'].create(
                    {'step_id': self.contract.id, 'rate': 0.5, **scope}
                )

    # ------------------------------------------------------------
    # HISTORY STAYS
    # ------------------------------------------------------------

    def test_what_leads_went_through_cannot_be_deleted(self):
        lead = self._create_lead(stage_id=self.qualified.id)
        with self.assertRefused("archive it"):
            self.funnel.unlink()
        with self.assertRefused("Leads have passed the step “Acquaintance”"):
            self.acquaintance.unlink()
        self.acquaintance.active = False
        with self.assertRefused("archive it"):
            self.funnel.unlink()
        self.assertEqual(self._events(lead).step_id, self.acquaintance)
        lead.unlink()
        self.funnel.unlink()
        self.assertFalse(self.acquaintance.exists())

    def test_a_funnel_with_history_stays_in_its_company(self):
        other = self._create_company("Another Company")
        self.env['growth.funnel'].search([('company_id', '=', other.id)]).active = False
        lead = self._create_lead(stage_id=self.qualified.id)
        with self.assertRefused("cannot go to another company"):
            self.funnel.company_id = other
        lead.unlink()
        waiting = self._create_lead()
        self.funnel.company_id = other
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.acquaintance.company_id, other)
        self.assertFalse(waiting.growth_step_id, "Its company has no funnel any more.")

    def test_an_archived_funnel_lets_its_leads_go(self):
        team = self._create_team()
        own = self._create_funnel(
            {'Contact': {'stage_ids': [Command.set(self.proposition.ids)]}}, team_id=team.id
        )
        lead = self._create_lead(team_id=team.id, stage_id=self.qualified.id)
        self.assertPassed(lead, funnel=own)
        own.active = False
        self.assertPassed(lead, self.acquaintance)
        self.assertTrue(self._events(lead).is_estimated)
        self._move(lead, self.proposition, self.user_admin)
        self.assertPassed(lead, self.acquaintance, self.presentation)
        own.active = True
        steps = (self.acquaintance, self.presentation, own.step_ids)
        self.assertPassed(lead, *steps, funnel=own)
        self.funnel.active = False
        other = self._create_lead(stage_id=self.won.id)
        self.assertFalse(self._events(other) or other.growth_step_id)

    def test_a_team_with_a_funnel_cannot_be_deleted(self):
        team = self._create_team()
        own = self._create_funnel(
            {'Contact': {'stage_ids': [Command.set(self.proposition.ids)]}}, team_id=team.id
        )
        lead = self._create_lead(team_id=team.id, stage_id=self.qualified.id)
        with self.assertRefusedByDatabase('growth.funnel', "Funnel"):
            team.unlink()
        own.unlink()
        team.unlink()
        self.assertPassed(lead)

    # ------------------------------------------------------------
    # CHANGES OF THE STEPS
    # ------------------------------------------------------------

    def _insert_step(self, sequence):
        return self.env['growth.funnel.step'].create(
            {
                'name': "Sample",
                'funnel_id': self.funnel.id,
                'sequence': sequence,
                'quotation_sent': True,
            }
        )

    def test_an_inserted_step(self):
        leads = self._create_lead() | self._create_lead(stage_id=self.qualified.id)
        leads |= self._create_lead(stage_id=self.proposition.id)
        sample = self._insert_step(self.acquaintance.sequence + 5)
        self.assertEqual(
            self.funnel.step_ids.sorted(),
            self.acquaintance | sample | self.presentation | self.contract | self.payment,
        )
        self.assertPassed(leads[0])
        self.assertPassed(leads[1], self.acquaintance)
        self.assertEqual(leads[1].growth_step_id, sample)
        self.assertPassed(leads[2], self.acquaintance, self.presentation)
        self.assertEqual(leads[2].growth_step_id, self.contract)
        self._move(leads, self.won)
        for lead in leads[:2]:
            self.assertEqual(
                self._events(lead).step_id,
                self.acquaintance | sample | self.presentation | self.contract,
            )
        self.assertPassed(leads[2], self.acquaintance, self.presentation, self.contract)

    def test_an_archived_step(self):
        leads = self._create_lead(stage_id=self.qualified.id)
        leads |= self._create_lead(stage_id=self.proposition.id)
        self.presentation.active = False
        self.assertPassed(leads[0], self.acquaintance)
        self.assertEqual(leads[0].growth_step_id, self.contract)
        self.assertPassed(leads[1], self.acquaintance, self.presentation)
        self._move(leads, self.won)
        self.assertPassed(leads[0], self.acquaintance, self.contract)
        self.assertPassed(leads[1], self.acquaintance, self.presentation, self.contract)
        self.presentation.active = True
        self.assertPassed(leads[0], self.acquaintance, self.contract)

    def test_a_change_leaves_leads_the_day_they_came_to_the_funnel(self):
        team = self._create_team()
        own = self._create_funnel(
            {
                'Contact': {'stage_ids': [Command.set(self.proposition.ids)]},
                'Deal': {'stage_ids': [Command.set(self.won.ids)]},
            },
            team_id=team.id,
        )
        lead = self._create_lead()
        self._go_to('2026-03-05')
        lead.team_id = team
        self._go_to('2026-03-09')
        own.step_ids[1].active = False
        self.assertSteps(lead, funnel=own)
        self.assertEqual(lead.growth_step_date, date(2026, 3, 5))

    def test_a_deleted_step(self):
        sample = self._insert_step(1)
        lead = self._create_lead()
        self.assertEqual(lead.growth_step_id, sample)
        sample.unlink()
        self.assertPassed(lead)
        self._move(lead, self.qualified)
        self.assertPassed(lead, self.acquaintance)

    def test_resequenced_steps(self):
        leads = self._create_lead(stage_id=self.qualified.id)
        leads |= self._create_lead(stage_id=self.proposition.id)
        self.assertEqual(self.funnel.step_ids[0], self.acquaintance)
        steps = self.presentation | self.acquaintance | self.contract | self.payment
        steps.with_user(self.user_admin).web_resequence({}, 'sequence')
        # Before anything is read anew, as it is in one request.
        path = self.env['growth.funnel']._get_paths()[self.company.id, False]
        self.assertEqual(path.step_ids, tuple(steps.ids))
        self.assertPassed(leads[0], self.acquaintance)
        self.assertEqual(leads[0].growth_step_id, self.contract)
        self.assertEqual(leads[1].growth_step_id, self.contract)
        self._move(leads, self.won)
        self.assertPassed(leads[0], self.acquaintance, self.contract)

    def test_steps_of_equal_sequence_come_in_the_order_they_were_made(self):
        self.funnel.step_ids.sequence = 10
        lead = self._create_lead(stage_id=self.proposition.id)
        self.assertPassed(lead, self.acquaintance, self.presentation)

    def test_a_trigger_that_changes_holds_for_what_follows(self):
        lead = self._create_lead(stage_id=self.qualified.id)
        self.acquaintance.stage_ids = self.new
        self.presentation.stage_ids = self.qualified
        self.assertPassed(lead, self.acquaintance)
        other = self._create_lead(stage_id=self.qualified.id)
        self.assertPassed(other, self.acquaintance, self.presentation)

    def test_steps_are_edited_in_the_form_of_the_funnel(self):
        lead = self._create_lead()
        self.funnel.with_user(self.user_admin).write(
            {
                'step_ids': [
                    Command.update(self.acquaintance.id, {'sequence': 2}),
                    Command.create(
                        {
                            'name': "Sample",
                            'sequence': 1,
                            'quotation_sent': True,
                            'plan_rate': 0.5,
                        }
                    ),
                ]
            }
        )
        sample = self.funnel.step_ids.filtered(lambda step: step.name == "Sample")
        self.assertEqual(lead.growth_step_id, sample)
        self.assertRecordValues(sample.plan_ids, [{'rate': 0.5, 'date_from': False}])

    # ------------------------------------------------------------
    # SHIPPED, COPIED, NEW
    # ------------------------------------------------------------

    def test_what_is_shipped(self):
        steps = {
            name: self.env.ref(f'sales_growth.growth_funnel_step_{name}')
            for name in ('acquaintance', 'presentation', 'contract', 'payment')
        }
        funnel = self.env.ref('sales_growth.growth_funnel_default')
        self.assertTrue(funnel.active)
        self.assertEqual(funnel.step_ids[0].name, "Acquaintance")
        self.assertEqual(
            [step.plan_ids.mapped('rate') for step in steps.values()], [[1.0], [0.8], [0.8], [0.95]]
        )
        self.assertTrue(steps['contract'].order_confirmed and steps['payment'].invoice_paid)
        self.assertTrue(all(steps['contract'].stage_ids.mapped('is_won')))
        self.assertFalse(steps['payment'].stage_ids)

    def test_shipped_steps_take_the_stages_in_their_order(self):
        """Whatever a pipeline calls them; the first stage is where leads come in."""
        stages = self.env['crm.stage'].search([('team_ids', '=', False)])
        going = stages.filtered(lambda stage: not stage.is_won)
        Step = self.env['growth.funnel.step']
        self.assertEqual(Step._get_shipped_stages('acquaintance'), going[1].ids)
        self.assertEqual(Step._get_shipped_stages('presentation'), going[2].ids)
        self.assertEqual(Step._get_shipped_stages('contract'), (stages - going).ids)

    def test_a_copy_waits_in_the_archive(self):
        self.env['growth.funnel.plan'].create(
            [
                {'step_id': self.contract.id, 'rate': 0.9, 'date_from': '2026-06-01'},
                {'step_id': self.contract.id, 'rate': 0.7, 'user_id': self.user_own.id},
            ]
        )
        copy = self.funnel.copy()
        self.assertFalse(copy.active)
        self.assertEqual(copy.name, "Sales Funnel (copy)")
        for step, twin in zip(self.funnel.step_ids, copy.step_ids, strict=True):
            for fname in ('name', 'sequence', 'stage_ids', 'order_confirmed', 'invoice_paid'):
                self.assertEqual(step[fname], twin[fname])
        self.assertRecordValues(
            copy.step_ids[2].plan_ids.sorted('rate'),
            [
                {'rate': 0.8, 'date_from': False, 'user_id': False},
                {'rate': 0.9, 'date_from': date(2026, 6, 1), 'user_id': False},
            ],
        )
        copy.write({'team_id': self._create_team().id, 'active': True})
        direct = self.funnel.copy({'team_id': self._create_team("Second").id})
        self.assertTrue(direct.active)

    def test_a_new_company_gets_the_funnel_of_the_first(self):
        template = self.env.ref('sales_growth.growth_funnel_default')
        with Form(self.env['res.company']) as form:
            form.name = "Founded Today"
        company = form.record
        funnel = self.env['growth.funnel'].search([('company_id', '=', company.id)])
        self.assertEqual(len(funnel), 1)
        self.assertFalse(funnel.team_id)
        self.assertTrue(funnel.active)
        for step, twin in zip(template.step_ids, funnel.step_ids, strict=True):
            self.assertEqual(step.stage_ids, twin.stage_ids)
            self.assertEqual(twin.company_id, company)
        before = funnel.step_ids
        self.env['growth.funnel']._create_for(company)
        self.assertEqual(
            self.env['growth.funnel'].search([('company_id', '=', company.id)]).step_ids, before
        )

    def test_a_company_without_template_has_none(self):
        self.env['ir.model.data'].search(
            [('module', '=', 'sales_growth'), ('name', '=', 'growth_funnel_default')]
        ).unlink()
        company = self._create_company("Founded Today")
        self.assertFalse(self.env['growth.funnel'].search([('company_id', '=', company.id)]))
        lead = self._create_lead(company_id=company.id, user_id=False, stage_id=self.won.id)
        self.assertFalse(lead.growth_step_id or self._events(lead))

    # ------------------------------------------------------------
    # PLANS
    # ------------------------------------------------------------

    def _rates(self, step):
        return {plan.date_from: plan.rate for plan in step.plan_ids}

    def test_a_new_number_holds_from_today(self):
        self.assertEqual(self._rates(self.contract), {False: 0.8})
        self.contract.plan_rate = 0.7
        self.assertEqual(self._rates(self.contract), {False: 0.8, date(2026, 3, 2): 0.7})
        # A slip of the same day is corrected, not kept.
        self.contract.plan_rate = 0.75
        self.assertEqual(self._rates(self.contract), {False: 0.8, date(2026, 3, 2): 0.75})
        self._go_to('2026-03-09')
        self.env.invalidate_all()
        self.contract.plan_rate = 0.75
        self.assertEqual(len(self.contract.plan_ids), 2, "Nothing new")
        self.contract.plan_rate = 0.6
        self.assertEqual(
            self._rates(self.contract),
            {False: 0.8, date(2026, 3, 2): 0.75, date(2026, 3, 9): 0.6},
        )

    def test_the_first_number_holds_for_the_history(self):
        step = self._insert_step(50)
        self.assertEqual(step.plan_rate, 0.0)
        step.plan_rate = 0.4
        self.assertEqual(self._rates(step), {False: 0.4})

    def test_the_number_is_that_of_today_for_all(self):
        self.env['growth.funnel.plan'].create(
            [
                {'step_id': self.contract.id, 'rate': 0.5, 'date_from': '2026-03-01'},
                {'step_id': self.contract.id, 'rate': 0.3, 'date_from': '2026-03-03'},
                {'step_id': self.contract.id, 'rate': 0.1, 'user_id': self.user_own.id},
                {'step_id': self.contract.id, 'rate': 0.2, 'team_id': self._create_team().id},
            ]
        )
        self.assertEqual(self.contract.plan_rate, 0.5)
        self._go_to('2026-03-03')
        self.env.invalidate_all()
        self.assertEqual(self.contract.plan_rate, 0.3)

    def test_what_becomes_of_100_prospects(self):
        steps = self.funnel.step_ids
        for step, count in zip(steps, (100.0, 80.0, 64.0, 60.8), strict=True):
            self.assertAlmostEqual(step.expected_count, count)
        self.presentation.plan_rate = 0.5
        for step, count in zip(steps, (100.0, 50.0, 40.0, 38.0), strict=True):
            self.assertAlmostEqual(step.expected_count, count)
        self.contract.active = False
        self.assertAlmostEqual(self.payment.expected_count, 47.5)
