from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common_contact import ContactCommon


@tagged('post_install', '-at_install')
class TestContactAccess(ContactCommon):
    """Who sees whose contacts and plans: growth_leader leads the team of growth_own and
    growth_mate, and has no more rights than they have."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_leader = cls._create_user('growth_leader', 'sales_team.group_sale_salesman')
        cls.user_mate = cls._create_user('growth_mate', 'sales_team.group_sale_salesman')
        cls.team.user_id = cls.user_leader
        cls._join(cls.team, cls.user_mate)
        cls._join(cls._create_team("Other Team"), cls.user_admin)
        for user in (cls.user_own, cls.user_mate, cls.user_admin):
            cls._do(cls.customer, user=user)
        cls.foreign = cls._create_company("Foreign Company")
        cls.user_own.company_ids = [Command.link(cls.foreign.id)]
        cls._do(cls._create_lead(company_id=cls.foreign.id))
        cls.Plan = cls.env['growth.contact.plan']
        cls.plan = cls.Plan.create({'kind': 'call', 'number': 5, 'date_from': '2026-06-01'})
        cls.own_plan = cls.plan.copy({'user_id': cls.user_own.id, 'number': 6})
        cls.mate_plan = cls.plan.copy({'user_id': cls.user_mate.id, 'number': 7})
        cls.foreign_plan = cls.plan.copy({'company_id': cls.foreign.id})

    def test_contacts(self):
        everybody = self.user_own | self.user_mate | self.user_admin
        for user, expected in (
            (self.user_own, self.user_own),
            (self.user_mate, self.user_mate),
            (self.user_leader, self.user_own | self.user_mate),
            (self.user_all, everybody),
            (self.user_admin, everybody),
        ):
            with self.subTest(user=user.login):
                self.assertEqual({who for *_, who in self._contacts(user=user)}, set(expected))
                planned = self.Report.with_user(user)._read_group(
                    [('planned', '>', 0)], ['user_id'], ['planned:sum']
                )
                self.assertEqual({who for who, _number in planned}, set(expected))

    def test_contacts_of_another_company(self):
        foreign = self.Report.with_context(allowed_company_ids=self.foreign.ids)
        contact = foreign.with_user(self.user_own).search([('done', '>', 0)])
        self.assertEqual(contact.company_id, self.foreign)
        self.assertFalse(
            self.Report.with_user(self.user_own).search([('company_id', '=', self.foreign.id)])
        )
        for user in (self.user_mate, self.user_all, self.user_admin):
            with self.assertRaises(AccessError):
                foreign.with_user(user).search([]).mapped('kind')

    def test_plans(self):
        for user, expected in (
            (self.user_own, self.plan | self.own_plan),
            (self.user_mate, self.plan | self.mate_plan),
            (self.user_all, self.plan | self.own_plan | self.mate_plan),
            (self.user_admin, self.plan | self.own_plan | self.mate_plan),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self.Plan.with_user(user).search([]), expected.sorted())
                if user != self.user_admin:
                    for method in (
                        lambda plan: plan.write({'number': 1}),
                        lambda plan: plan.unlink(),
                        lambda plan: plan.copy({'kind': 'mail'}),
                    ):
                        with self.assertRaises(AccessError):
                            method(self.plan.with_user(user))
        self.own_plan.with_user(self.user_admin).number = 1
        with self.assertRaises(AccessError):
            self.foreign_plan.with_user(self.user_admin).number = 1

    def test_people_outside_sales_see_nothing(self):
        user = self._create_user('growth_outside', 'base.group_user')
        for model in ('growth.contact.report', 'growth.contact.plan'):
            with self.assertRaises(AccessError):
                self.env[model].with_user(user).search([])

    def test_opening_a_contact_goes_by_the_rights_on_its_document(self):
        contact = self.Report.with_user(self.user_leader).search(
            [('user_id', '=', self.user_mate.id), ('done', '>', 0)]
        )
        action = contact.action_open_document()
        self.assertEqual((action['res_model'], action['res_id']), ('res.partner', self.customer.id))
