from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestRefusalAccess(SalesGrowthCommon):
    """Who sees which refusals, in lists, counters, buttons and reports."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer("Refuser")
        cls.excuse = cls._create_reason("Has somebody", is_excuse=True)
        cls.reason = cls._create_reason("Too small")
        cls.own = cls._refuse(cls.user_own)
        cls.others = cls._refuse(cls.user_all)
        cls.unassigned = cls._refuse(cls.env['res.users'])
        cls.foreign_company = cls._create_company("Foreign Company")
        cls.foreign = cls._refuse(cls.env['res.users'], company_id=cls.foreign_company.id)
        cls.everything = cls.own | cls.others | cls.unassigned

    @classmethod
    def _refuse(cls, user, **vals):
        lead = cls._create_lead(user_id=user.id, partner_id=cls.customer.id, **vals)
        lead.with_company(lead.company_id).action_set_lost(lost_reason_id=cls.excuse.id)
        refusal = cls.env['growth.refusal'].sudo().search([('lead_id', '=', lead.id)])
        refusal._restate(cls.reason)
        return refusal

    def _visible(self, user, companies=None):
        Refusal = self.env['growth.refusal'].with_user(user)
        if companies:
            Refusal = Refusal.with_context(allowed_company_ids=companies.ids)
        return Refusal.search([('partner_id', '=', self.customer.id)])

    def test_own_all_and_company(self):
        self.assertEqual(self._visible(self.user_own), self.own | self.unassigned)
        self.assertEqual(self._visible(self.user_all), self.everything)
        self.assertEqual(self._visible(self.user_admin), self.everything)

    def test_another_company_s_are_never_seen(self):
        for user in (self.user_own, self.user_all, self.user_admin):
            with self.assertRaises(AccessError):
                self.foreign.with_user(user).read(['reason_id'])
        self.user_admin.company_ids = [Command.link(self.foreign_company.id)]
        self.assertEqual(self._visible(self.user_admin, self.company), self.everything)
        self.assertEqual(self._visible(self.user_admin, self.foreign_company), self.foreign)
        both = self.company | self.foreign_company
        self.assertEqual(self._visible(self.user_admin, both), self.everything | self.foreign)

    def test_the_trail_is_seen_with_its_refusal(self):
        Statement = self.env['growth.refusal.statement']
        for user in (self.user_own, self.user_all, self.user_admin):
            self.assertEqual(
                Statement.with_user(user).search([]).refusal_id.sudo(), self._visible(user).sudo()
            )
            with self.assertRaises(AccessError):
                Statement.with_user(user).search([], limit=1).write({'note': "Never said"})
            with self.assertRaises(AccessError):
                Statement.with_user(user).search([], limit=1).unlink()

    def test_a_lead_that_was_handed_on_brings_its_history(self):
        """Its new owner has to know why the customer said no; the former one keeps the own."""
        self.others.lead_id.user_id = self.user_own
        self.assertIn(self.others, self._visible(self.user_own))
        self.own.lead_id.user_id = self.user_all
        self.assertIn(self.own, self._visible(self.user_own))

    def test_counters_and_groups_tell_no_more_than_the_list(self):
        counts = ((self.user_own, 2), (self.user_all, 3), (self.user_admin, 3))
        for user, count in counts:
            with self.subTest(user=user.login):
                self.env.invalidate_all()
                customer = self.customer.with_user(user)
                self.assertEqual(customer.growth_refusal_count, count)
                reason = self.reason.with_user(user)
                self.assertEqual(reason.refusal_count, count)
                for action in (
                    customer.action_view_growth_refusals(),
                    reason.action_view_refusals(),
                ):
                    found = self.env['growth.refusal'].with_user(user).search(action['domain'])
                    self.assertEqual(len(found), count)
                groups = (
                    self.env['growth.refusal']
                    .with_user(user)
                    ._read_group(
                        [('partner_id', '=', self.customer.id)],
                        ['reason_id'],
                        ['__count', 'refusal_share:sum'],
                    )
                )
                self.assertEqual(groups, [(self.reason, count, 1.0)])

    def test_salespeople_s_button(self):
        member = self.env['crm.team.member'].create(
            {
                'crm_team_id': self.env['crm.team'].create({'name': "Team"}).id,
                'user_id': self.user_all.id,
            }
        )
        self.assertEqual(member.with_user(self.user_admin).growth_refusal_count, 1)
        self.assertEqual(member.with_user(self.user_own).growth_refusal_count, 0)
        action = member.with_user(self.user_admin).action_view_growth_refusals()
        found = self.env['growth.refusal'].with_user(self.user_admin).search(action['domain'])
        self.assertEqual(found, self.others)

    def test_people_outside_sales_read_reasons_without_counter(self):
        user = self._create_user('growth_outside', 'base.group_user')
        self.assertEqual(self.reason.with_user(user).refusal_count, 0)

    def test_managers_alone_change_reasons(self):
        for user in (self.user_own, self.user_all):
            with self.assertRaises(AccessError):
                self.reason.with_user(user).is_excuse = True
        self.reason.with_user(self.user_admin).is_excuse = True
        self.assertTrue(self.own.is_unresolved)
