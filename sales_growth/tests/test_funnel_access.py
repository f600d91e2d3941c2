from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common_funnel import START, FunnelCommon


@tagged('post_install', '-at_install')
class TestFunnelAccess(FunnelCommon):
    """Who sees whose figures and plans, and who sets up funnels.

    | login         | rights                   | sees the figures of              |
    |---------------|--------------------------|----------------------------------|
    | growth_own    | User: Own Documents Only | the own and of nobody            |
    | growth_leader | User: Own Documents Only | these and of the team that is led|
    | growth_all    | User: All Documents      | all of the company               |
    | growth_admin  | Administrator            | all of the company               |
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_leader = cls._create_user('growth_leader', 'sales_team.group_sale_salesman')
        cls.user_none = cls._create_user('growth_none', 'base.group_user')
        cls.user_portal = cls._create_user('growth_portal', 'base.group_portal')
        cls.led_team = cls._create_team("Led Team", user_id=cls.user_leader.id)
        cls.foreign_company = cls._create_company("Foreign Company")
        cls.user_foreign = cls._create_user('growth_foreign', 'sales_team.group_sale_manager')
        cls.user_foreign.write(
            {
                'company_ids': [Command.set(cls.foreign_company.ids)],
                'company_id': cls.foreign_company.id,
            }
        )
        nobody = cls.env['res.users']
        with cls._at(START):
            cls.own = cls._create_passed(cls.user_own)
            cls.others = cls._create_passed(cls.user_all)
            cls.led = cls._create_passed(cls.user_all, team_id=cls.led_team.id)
            cls.unassigned = cls._create_passed(nobody)
            cls.foreign = cls._create_passed(nobody, company_id=cls.foreign_company.id)
        cls.everything = cls.own | cls.others | cls.led | cls.unassigned

    @classmethod
    def _create_passed(cls, user, **vals):
        return cls._create_lead(**{'stage_id': cls.qualified.id, 'user_id': user.id, **vals})

    def _visible(self, model, user, companies=None, **context):
        records = self.env[model].with_user(user).with_context(**context)
        if companies:
            records = records.with_context(allowed_company_ids=companies.ids)
        domain = [('lead_id', 'in', (self.everything | self.foreign).ids)]
        return records.search(domain).sudo().lead_id.with_user(self.env.user)

    def assertVisible(self, user, leads, companies=None):
        """The log and both readings of the report show the same leads."""
        for model, context in (
            ('growth.funnel.event', {}),
            ('growth.conversion.report', {}),
            ('growth.conversion.report', {'growth_reading': 'event'}),
        ):
            with self.subTest(user=user.login, model=model, **context):
                self.assertEqual(self._visible(model, user, companies, **context), leads)

    # ------------------------------------------------------------
    # FIGURES
    # ------------------------------------------------------------

    def test_own_team_and_all(self):
        self.assertVisible(self.user_own, self.own | self.unassigned)
        self.assertVisible(self.user_leader, self.led | self.unassigned)
        self.assertVisible(self.user_all, self.everything)
        self.assertVisible(self.user_admin, self.everything)

    def test_colleagues_are_seen_where_a_manager_allows_it(self):
        self.company.growth_show_colleagues = True
        self.env.flush_all()
        self.assertVisible(self.user_own, self.everything)
        self.foreign_company.growth_show_colleagues = True
        self.assertVisible(self.user_own, self.everything)

    def test_another_company_s_are_never_seen(self):
        self.assertVisible(self.user_foreign, self.foreign, self.foreign_company)
        event = self._events(self.foreign)[:1]
        for user in (self.user_own, self.user_all, self.user_admin):
            with self.assertRaises(AccessError):
                event.with_user(user).read(['step_id'])
        both = self.company | self.foreign_company
        self.user_admin.company_ids = both
        self.assertVisible(self.user_admin, self.everything, self.company)
        self.assertVisible(self.user_admin, self.foreign, self.foreign_company)
        self.assertVisible(self.user_admin, self.everything | self.foreign, both)

    def test_figures_tell_no_more_than_the_rows(self):
        for user, count in (
            (self.user_own, 2),
            (self.user_leader, 2),
            (self.user_all, 4),
            (self.user_admin, 4),
        ):
            report = self.env['growth.conversion.report'].with_user(user)
            domain = [('step_id', '=', self.acquaintance.id)]
            total = report._read_group(domain, [], ['entered:sum', 'passed:sum'])
            self.assertEqual(total, [(count, count)], user.login)
            groups = report.formatted_read_grouping_sets(domain, [['user_id'], []], ['entered:sum'])
            for rows in groups:
                self.assertEqual(sum(row['entered:sum'] for row in rows), count, user.login)

    def test_what_was_passed_stays_visible_to_who_passed_it(self):
        """A lead that was handed on takes along what is open, not the past."""
        self.own.user_id = self.user_all
        rows = (
            self.env['growth.conversion.report']
            .with_user(self.user_own)
            .search([('lead_id', '=', self.own.id)])
        )
        self.assertEqual(rows.mapped('state'), ['passed'])
        self.assertEqual(rows.read(['lead_id'])[0]['lead_id'], (self.own.id, "Lead"))
        self.assertEqual(
            self.env['growth.funnel.event'].with_user(self.user_own).search([]).sudo().lead_id,
            self.own | self.unassigned,
        )
        with self.assertRaises(AccessError):
            self.own.with_user(self.user_own).read(['name'])

    def test_people_outside_sales_see_nothing(self):
        for user in (self.user_none, self.user_portal):
            for model in (
                'growth.funnel',
                'growth.funnel.step',
                'growth.funnel.plan',
                'growth.funnel.event',
                'growth.conversion.report',
            ):
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])

    def test_the_log_is_closed_to_everybody(self):
        event = self._events(self.own)
        for user in (self.user_own, self.user_all, self.user_admin):
            with self.subTest(user=user.login):
                Event = self.env['growth.funnel.event'].with_user(user)
                for operation in ('write', 'create', 'unlink'):
                    self.assertFalse(Event.has_access(operation))
                with self.assertRaises(AccessError):
                    event.with_user(user).copy({'step_id': self.payment.id})

    # ------------------------------------------------------------
    # CONFIGURATION
    # ------------------------------------------------------------

    def test_plans_of_people_are_their_own(self):
        general = self.contract.plan_ids
        plans = {
            name: self.env['growth.funnel.plan'].create(
                {'step_id': self.contract.id, 'rate': 0.5, **scope}
            )
            for name, scope in (
                ('team', {'team_id': self.led_team.id}),
                ('own', {'user_id': self.user_own.id}),
                ('all', {'user_id': self.user_all.id}),
            )
        }
        shared = general | plans['team']
        for user, seen in (
            (self.user_own, shared | plans['own']),
            (self.user_leader, shared),
            (self.user_all, shared | plans['own'] | plans['all']),
            (self.user_admin, shared | plans['own'] | plans['all']),
        ):
            found = (
                self.env['growth.funnel.plan']
                .with_user(user)
                .search([('step_id', '=', self.contract.id)])
            )
            self.assertEqual(found.sudo(), seen.sudo(), user.login)

    def test_funnels_are_read_in_their_company(self):
        funnels = self.env['growth.funnel'].sudo().search([])
        for user in (self.user_own, self.user_all, self.user_admin):
            Funnel = self.env['growth.funnel'].with_user(user)
            self.assertEqual(Funnel.search([]).sudo(), self.funnel)
            self.assertEqual(Funnel.search([]).step_ids.sudo(), self.funnel.step_ids)
            self.assertAlmostEqual(Funnel.search([]).step_ids[-1].expected_count, 60.8)
        foreign = funnels.filtered(lambda funnel: funnel.company_id == self.foreign_company)
        with self.assertRaises(AccessError):
            foreign.with_user(self.user_admin).name = "Taken over"
        with self.assertRaises(AccessError):
            foreign.step_ids.with_user(self.user_admin).read(['name'])

    def test_managers_alone_set_up_funnels(self):
        plan = self.contract.plan_ids
        for user in (self.user_own, self.user_all):
            for record, vals in (
                (self.funnel, {'name': "Mine"}),
                (self.contract, {'ripening_days': 1}),
                (self.contract, {'plan_rate': 0.1}),
                (plan, {'rate': 0.1}),
            ):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(AccessError):
                    record.with_user(user).write(vals)
            with self.assertRaises(AccessError):
                self.funnel.with_user(user).action_fill_history()
        self.funnel.with_user(self.user_admin).name = "Ours"
        self.contract.with_user(self.user_admin).write({'ripening_days': 1, 'plan_rate': 0.1})
        self.assertEqual(self.contract.plan_rate, 0.1)
        self.funnel.with_user(self.user_admin).action_fill_history()
        copy = self.funnel.with_user(self.user_admin).copy()
        copy.unlink()
        self.assertFalse(copy.exists())

    def test_managers_see_what_their_changes_do_to_all_leads(self):
        """Where leads stand is kept for everybody, whatever the manager sees."""
        foreign = (
            self.env['growth.funnel'].sudo().search([('company_id', '=', self.foreign_company.id)])
        )
        before = self.foreign.sudo().growth_step_id
        self.acquaintance.with_user(self.user_admin).active = False
        self.env.invalidate_all()
        for lead in self.everything:
            self.assertEqual(lead.growth_step_id, self.presentation)
        self.assertEqual(self.foreign.sudo().growth_step_id, before)
        self.assertEqual(before.funnel_id, foreign)
