from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import AS_OF, SalesGrowthCommon

MODELS = ('growth.customer', 'growth.segment.move', 'growth.segment.transition')
LOG_MODELS = ('growth.refusal', 'growth.refusal.statement', 'growth.refusal.signal')


@tagged('post_install', '-at_install')
class TestAccessRights(SalesGrowthCommon):
    """Who sees and changes what, for each model and report, with each role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._create_customer("Own", user_id=cls.user_own.id)
        cls.others = cls._create_customer("Of another", user_id=cls.user_all.id)
        cls.unassigned = cls._create_customer("Unassigned")
        cls.foreign_company = cls._create_company("Foreign Company")
        cls.foreign = cls._create_customer("Foreign")
        for partner in (cls.own, cls.others, cls.unassigned):
            cls._create_order(partner, 10)
        cls._create_order(cls.foreign, 10, company=cls.foreign_company)
        companies = cls.company | cls.foreign_company
        cls._refresh(companies, as_of=AS_OF.replace(year=2025))
        cls._refresh(companies)
        cls.user_none = cls._create_user('growth_none', 'base.group_user')
        cls.user_portal = cls._create_user('growth_portal', 'base.group_portal')

    def _visible(self, model, user):
        records = (
            self.env[model]
            .with_user(user)
            .search(
                [
                    (
                        'partner_id',
                        'in',
                        (self.own | self.others | self.unassigned | self.foreign).ids,
                    )
                ]
            )
        )
        return records.partner_id

    def test_own_all_and_company(self):
        everything = self.own | self.others | self.unassigned
        for model in MODELS:
            with self.subTest(model=model):
                self.assertEqual(self._visible(model, self.user_own), self.own | self.unassigned)
                self.assertEqual(self._visible(model, self.user_all), everything)
                self.assertEqual(self._visible(model, self.user_admin), everything)

    def test_a_second_company_is_seen_when_allowed(self):
        self.user_admin.company_ids = [Command.link(self.foreign_company.id)]
        for model in MODELS:
            records = (
                self.env[model]
                .with_user(self.user_admin)
                .with_context(allowed_company_ids=self.foreign_company.ids)
                .search([])
            )
            self.assertEqual(records.partner_id, self.foreign)

    def test_people_outside_sales_see_nothing(self):
        for model in (
            *MODELS,
            *LOG_MODELS,
            'growth.competitor',
            'growth.refusal.reason.wizard',
            'growth.segment',
            'growth.segment.transition.wizard',
        ):
            for user in (self.user_none, self.user_portal):
                with self.subTest(model=model, user=user.login), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])

    def test_nobody_makes_or_deletes_results(self):
        for model in MODELS:
            record = self.env[model].search([], limit=1)
            for user in (self.user_own, self.user_all, self.user_admin):
                with self.subTest(model=model, user=user.login):
                    with self.assertRaises(AccessError):
                        self.env[model].with_user(user).create({})
                    with self.assertRaises(AccessError):
                        record.with_user(user).unlink()

    def test_the_log_cannot_be_rewritten(self):
        move = self.env['growth.segment.move'].search([], limit=1)
        for user in (self.user_own, self.user_all, self.user_admin):
            with self.assertRaises(AccessError):
                move.with_user(user).write({'note': "never happened"})

    def test_only_managers_set_segments_by_hand(self):
        vals = {'manual_segment_id': self._segment('AX').id, 'manual_reason': "Mine"}
        for user in (self.user_own, self.user_all):
            with self.assertRaises(AccessError):
                self._customer(self.own).with_user(user).write(vals)
        self._customer(self.own).with_user(self.user_admin).write(vals)

    def test_only_managers_change_policies(self):
        segment = self._segment('AX')
        for user in (self.user_own, self.user_all):
            self.assertTrue(segment.with_user(user).playbook)
            with self.assertRaises(AccessError):
                segment.with_user(user).tier = 'low'
        segment.with_user(self.user_admin).tier = 'low'

    def test_only_managers_recompute(self):
        for user in (self.user_own, self.user_all):
            with self.assertRaises(AccessError) as error:
                self.env['growth.customer'].with_user(user).action_refresh()
            self.assertIn("Only sales administrators", str(error.exception))

    def test_matrix_and_curve_show_what_the_list_shows(self):
        for user, count in ((self.user_own, 2), (self.user_all, 3), (self.user_admin, 3)):
            Customer = self.env['growth.customer'].with_user(user)
            self.assertEqual(Customer.get_matrix()['customer_count'], count)
            self.assertEqual(len(Customer.get_pareto()), count)
        for user in (self.user_none, self.user_portal):
            Customer = self.env['growth.customer'].with_user(user)
            for method in (
                Customer.get_matrix,
                Customer.get_pareto,
                Customer.get_lines_without_cost,
                Customer.action_view_lines_without_cost,
            ):
                with self.assertRaises(AccessError):
                    method()

    def test_shares_are_not_for_those_who_see_own_customers_only(self):
        Customer = self.env['growth.customer'].with_user(self.user_own)
        self.assertNotIn('value_share', Customer.fields_get())
        for domain in ([('value_share', '>', 0)], [('cumulative_share', '>', 0)]):
            with self.assertRaises(AccessError):
                Customer.search(domain)
        self.assertIn('value_share', Customer.with_user(self.user_all).fields_get())

    def test_exporting_needs_its_right(self):
        for user in (self.user_own, self.user_all):
            with self.assertRaises(AccessError):
                self.env['growth.customer'].with_user(user).action_export_xlsx()
        self.env['growth.customer'].with_user(self.user_admin).action_export_xlsx()
        self.user_own.group_ids |= self.env.ref('base.group_allow_export')
        self.env['growth.customer'].with_user(self.user_own).action_export_xlsx()

    def test_public_methods(self):
        """What anyone can call by RPC is meant to be called; all else begins with _."""
        expected = {
            'growth.customer': {
                'action_export_xlsx',
                'action_hand_over',
                'action_refresh',
                'action_remove_manual_segment',
                'action_report_conflict',
                'action_view_cases',
                'action_view_conflicts',
                'action_view_handovers',
                'action_view_lines_without_cost',
                'action_view_nps_answers',
                'action_view_orders',
                'get_lines_without_cost',
                'get_matrix',
                'get_pareto',
                'write',
            },
            'growth.churn.backtest': {'action_run', 'action_switch_on'},
            'growth.churn.backtest.line': set(),
            'growth.churn.model': set(),
            'growth.churn.rule': {'copy_data'},
            'growth.churn.cohort': {'action_open_customer'},
            'growth.churn.episode.mixin': set(),
            'growth.churn.report': {'action_open', 'search_fetch'},
            'growth.churn.case': {
                'action_close',
                'action_fail_attempt',
                'action_open',
                'action_reopen',
                'action_start_win_back',
                'action_view_attempts',
                'action_view_orders',
                'create',
                'write',
            },
            'growth.churn.digest': {'action_view_cases'},
            'growth.churn.reason': {'action_view_cases'},
            'growth.competitor': {'name_create'},
            'growth.conflict': {'action_reopen', 'action_resolve', 'create', 'write'},
            'growth.conversion.report': {'action_coach', 'action_open_lead', 'get_salespeople'},
            'growth.funnel': {'action_fill_history', 'copy_data', 'create', 'unlink', 'write'},
            'growth.funnel.event': {'write'},
            'growth.funnel.plan': set(),
            'growth.funnel.step': {'copy_data', 'create', 'unlink', 'write'},
            'growth.handover': {
                'action_accept',
                'action_cancel',
                'action_offer',
                'action_refuse',
                'action_undo',
                'create',
                'write',
            },
            'growth.handover.item': {'create', 'write'},
            'growth.handover.move': set(),
            'growth.handover.refuse': {'action_refuse'},
            'growth.handover.report': {'action_open_handover'},
            'growth.handover.step': set(),
            'growth.lifecycle.mixin': set(),
            'growth.nps.answer': {'action_open_customer', 'create', 'unlink', 'write'},
            'growth.okr.below.mixin': {'onchange'},
            'growth.okr.check.in': {'create', 'onchange', 'write'},
            'growth.okr.cycle': {
                'action_close',
                'action_export_xlsx',
                'action_next',
                'action_reopen',
                'action_review',
                'action_start',
                'action_view_history',
                'action_view_objectives',
                'copy_data',
                'create',
                'write',
            },
            'growth.okr.decide': {'action_decide'},
            'growth.okr.history': {'action_open_key_result'},
            'growth.okr.initiative': {
                'action_done',
                'action_drop',
                'action_reopen',
                'action_view_leads',
                'create',
                'onchange',
                'write',
            },
            'growth.okr.judge': {'action_judge', 'create', 'write'},
            'growth.okr.key.result': {
                'action_check_in',
                'action_refresh',
                'action_take_baseline',
                'action_view_check_ins',
                'action_view_records',
                'create',
                'onchange',
                'unlink',
                'write',
            },
            'growth.okr.measure': set(),
            'growth.okr.milestone': {'create', 'onchange', 'write'},
            'growth.okr.next.cycle': {'action_create_cycle'},
            'growth.okr.objective': {
                'action_accept',
                'action_ask_changes',
                'action_cancel',
                'action_decline',
                'action_judge',
                'action_propose',
                'action_reopen',
                'action_unjudge',
                'action_view_children',
                'action_view_key_results',
                'action_withdraw',
                'copy_data',
                'create',
                'get_empty_list_help',
                'hierarchy_read',
                'onchange',
                'unlink',
                'write',
            },
            'growth.okr.verdict.report': {'action_open_objective'},
            'growth.rate.mixin': set(),
            'growth.refusal': {
                'action_restore_lead',
                'action_state_reason',
                'get_matching_products',
            },
            'growth.refusal.reason.wizard': {'action_apply'},
            'growth.refusal.signal': {'action_view_refusals'},
            'growth.refusal.stated': set(),
            'growth.refusal.statement': set(),
            'growth.retention.report': {'action_open_documents', 'search_fetch'},
            'growth.role.period': set(),
            'growth.sales.facts': set(),
            'growth.segment': {'action_view_customers', 'create', 'write'},
            'growth.segment.move': set(),
            'growth.segment.transition': set(),
            'growth.segment.transition.wizard': {'action_compare'},
            'growth.split.customer': {'action_open_partner'},
            'growth.split.forecast': {'action_view_active', 'action_view_lost'},
            'growth.team.report': {'action_open_document', 'search_fetch'},
            'growth.winback.report': {'action_open_case'},
            'growth.winback.attempt': {'action_fail', 'action_open_case', 'write'},
            'growth.winback.fail': {'action_fail'},
            'growth.winback.method': {'action_view_attempts', 'create', 'write'},
            'growth.winback.start': {'action_start'},
            'account.move': set(),
            'crm.lead': {
                'action_set_lost',
                'action_set_won',
                'action_state_reason',
                'action_view_funnel_events',
                'action_view_growth_initiatives',
                'action_view_refusals',
                'copy_data',
                'create',
                'unlink',
                'write',
            },
            'crm.lead.lost': {'action_lost_reason_apply'},
            'crm.lost.reason': {'action_view_refusals', 'write'},
            'crm.stage': {'create', 'unlink', 'write'},
            'crm.team': {'action_assign_leads', 'create', 'write'},
            'crm.team.member': {'action_view_growth_refusals', 'create', 'unlink', 'write'},
            'mail.activity': {'unlink', 'write'},
            'res.company': {'create', 'write'},
            'res.partner': {
                'action_report_growth_conflict',
                'action_view_growth_churn_cases',
                'action_view_growth_conflicts',
                'action_view_growth_customer',
                'action_view_growth_refusals',
                'unlink',
                'write',
            },
            'res.users': {'action_view_growth_refusals'},
            'sale.order': {'action_view_growth_conflicts', 'create', 'write'},
        }
        for model, names in expected.items():
            public = {
                name
                for cls in type(self.env[model]).__mro__
                if cls.__module__.startswith('odoo.addons.sales_growth.')
                for name, member in vars(cls).items()
                if callable(member) and not name.startswith('_')
            }
            with self.subTest(model):
                self.assertEqual(public, names)
