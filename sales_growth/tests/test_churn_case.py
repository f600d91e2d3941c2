from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common_churn import TODAY, ChurnCommon

# And whether what was due yesterday is found by them
ACTIVITY_FILTERS = {
    'filter_activities_my': True,
    'activities_overdue': True,
    'activities_today': False,
    'activities_upcoming_all': False,
}


@tagged('post_install', '-at_install')
class TestChurnCase(ChurnCommon):
    """What people state and decide about a case, who may, and what is refused."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer("Leaver", user_id=cls.user_own.id)
        cls.case = cls._create_case(cls.customer)

    def test_the_reason_brings_its_side_and_both_can_be_stated(self):
        case = self._as(self.case, self.user_own)
        case.write({'reason_id': self.price.id, 'reason_note': "20 % cheaper elsewhere"})
        self.assertEqual(case.side, 'ours')
        case.side = 'theirs'
        self.assertEqual(case.reason_id, self.price)

    def test_an_archived_reason_is_refused(self):
        self.service.sudo().action_archive()
        with self.assertRaisesRegex(ValidationError, "Service.* is archived"):
            self._as(self.case, self.user_own).reason_id = self.service

    def test_a_reason_in_use_cannot_be_deleted(self):
        self.case.reason_id = self.price
        with self.assertRaisesRegex(UserError, "Archive them instead"):
            self.price.with_user(self.user_admin).unlink()
        self.service.with_user(self.user_admin).unlink()

    def test_a_decision_says_why_and_who_took_it(self):
        case = self._as(self.case, self.user_own)
        for decision in ('win_back', 'leave', 'never'):
            with self.assertRaisesRegex(ValidationError, "Leaver"), self.cr.savepoint():
                case.decision = decision
        case.write({'decision': 'leave', 'why': 'size'})
        self.assertEqual(case.decided_by_id, self.user_own)
        self.assertEqual(case.decided_date, TODAY)

    def test_a_case_is_not_closed_without_a_decision(self):
        case = self._as(self.case, self.user_own)
        with self.assertRaisesRegex(UserError, "Decide first"):
            case.action_close()
        self.assertEqual(case.state, 'new')
        case.write({'decision': 'leave', 'why': 'frequency'})
        case.action_close()
        self.assertRecordValues(case, [{'state': 'lost', 'closed_date': TODAY}])
        self.assertFalse(case.customer_id.no_win_back)

    def test_the_owner_is_somebody_who_sells(self):
        stranger = self._create_user('growth_stranger', 'base.group_user')
        case = self._as(self.case, self.user_own)
        with self.assertRaisesRegex(ValidationError, "growth_stranger.* could not open"):
            case.user_id = stranger
        case.user_id = self.user_peer
        self.case.user_id = False

    def test_a_farmer_who_does_not_sell_gets_no_case(self):
        self.env.ref('sales_growth.growth_churn_rule_recency').active = True
        stranger = self._create_user('growth_stranger', 'base.group_user')
        customer = self.case.customer_id
        customer._schedule_win_back({customer: stranger}, TODAY)
        self.assertEqual(self.case.user_id, self.user_own)
        customer._schedule_win_back({customer: self.user_peer}, TODAY)
        self.assertEqual(self.case.user_id, self.user_peer)

    def test_a_closed_case_is_not_decided_anew_but_reopened(self):
        case = self._as(self.case, self.user_own)
        case.write({'decision': 'leave', 'why': 'size'})
        case.action_close()
        with self.assertRaisesRegex(UserError, "Lost for Good"):
            case.decision = 'win_back'
        case.action_reopen()
        self.assertRecordValues(case, [{'state': 'new', 'closed_date': False}])
        case.decision = 'win_back'
        with self.assertRaisesRegex(UserError, "To Decide"):
            case.action_reopen()

    def test_never_blacklists_the_customer(self):
        case = self._as(self.case, self.user_own)
        case.write({'decision': 'never', 'why': 'reputation'})
        case.action_close()
        self.assertTrue(self.case.customer_id.no_win_back)
        self.env.flush_all()
        later = self._create_case(self.customer)
        self.assertEqual(later.proposal, 'never')
        with self.assertRaisesRegex(UserError, "Never Win Back"):
            self._as(later, self.user_own).action_start_win_back()

    def test_a_manager_lifts_the_blacklist(self):
        customer = self.case.customer_id
        for user in (self.user_own, self.user_all):
            with self.assertRaises(AccessError):
                customer.with_user(user).no_win_back = True
        customer.with_user(self.user_admin).no_win_back = True
        self.assertEqual(self.case.proposal, 'never')
        customer.with_user(self.user_admin).no_win_back = False
        self.assertEqual(self.case.proposal, 'win_back')

    def test_frozen_fields_cannot_be_written(self):
        for user in (self.user_own, self.user_admin):
            case = self._as(self.case, user)
            for vals in (
                {'state': 'won'},
                {'profit': 1},
                {'tier': 'low'},
                {'payoff': 1},
                {'proposal': 'leave'},
                {'chance': 1},
                {'suggested_method_id': self.gift.id},
                {'attempt_ids': [Command.clear()]},
                {'decided_by_id': self.user_peer.id},
                {'win_order_id': False},
            ):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    case.write(vals)

    def test_nobody_makes_or_deletes_a_case(self):
        vals = self._case_vals(self._create_customer("Other"))
        for user in (self.user_own, self.user_all, self.user_admin):
            with self.assertRaises(AccessError):
                self.env['growth.churn.case'].with_user(user).create(vals)
            with self.assertRaises(AccessError):
                self.case.with_user(user).unlink()

    def test_who_sees_what(self):
        nobodys = self._create_case(user_id=False, salesperson_id=False, team_id=False)
        former = self._create_case(user_id=self.user_peer.id, team_id=False)
        foreign = self._create_case(
            user_id=self.user_peer.id, salesperson_id=self.user_peer.id, team_id=False
        )
        cases = self.case | nobodys | former | foreign
        for user, seen in (
            (self.user_own, self.case | nobodys | former),
            (self.user_peer, nobodys | former | foreign),
            (self.user_head, self.case | nobodys),
            (self.user_all, cases),
            (self.user_admin, cases),
        ):
            found = self.env['growth.churn.case'].with_user(user).search([('id', 'in', cases.ids)])
            self.assertEqual(found, seen.with_env(found.env).sorted(), user.login)
        with self.assertRaises(AccessError):
            foreign.with_user(self.user_own).reason_id = self.price

    def test_who_tries_to_win_back_sees_the_case(self):
        case = self._create_case(team_id=False)
        self.assertFalse(case.with_user(self.user_peer).has_access('read'))
        self._start(case, method_id=self.gift.id, user_id=self.user_peer.id)
        self.assertTrue(case.with_user(self.user_peer).has_access('write'))

    def test_another_company(self):
        other = self._create_company("Other Growth Company")
        self.user_admin.company_ids |= other
        case = self._create_case(company=other, user_id=False, salesperson_id=False, team_id=False)
        self.assertFalse(case.with_user(self.user_all).has_access('read'))
        admin = case.with_user(self.user_admin)
        self.assertFalse(
            admin.with_context(allowed_company_ids=self.company.ids).has_access('read')
        )
        admin = admin.with_context(allowed_company_ids=(other | self.company).ids)
        self.assertTrue(admin.has_access('write'))
        with self.assertRaises(UserError):
            admin.user_id = self.user_own
        theirs = self.gift.copy({'company_id': self.company.id})
        with self.assertRaises(UserError):
            admin.method_id = theirs

    def test_people_outside_sales_see_nothing(self):
        stranger = self._create_user('growth_none', 'base.group_user')
        for model in (
            'growth.churn.case',
            'growth.churn.digest',
            'growth.winback.attempt',
            'growth.winback.method',
            'growth.winback.start',
        ):
            with self.assertRaises(AccessError):
                self.env[model].with_user(stranger).search([])
        self.assertNotIn(
            'growth_churn_state', self.env['res.partner'].with_user(stranger).fields_get()
        )

    def test_from_customer_and_contact_to_the_case(self):
        contact = self.env['res.partner'].create(
            {'name': "Buyer in Person", 'parent_id': self.customer.id}
        )
        self._know(self.customer, churn_state='lost')
        for action in (
            self.case.customer_id.with_user(self.user_own).action_view_cases(),
            contact.with_user(self.user_own).action_view_growth_churn_cases(),
        ):
            self.assertEqual(action['res_id'], self.case.id)
        contact = contact.with_user(self.user_own)
        self.assertEqual(contact.growth_churn_state, 'lost')
        self.assertEqual(contact.growth_churn_case_count, 1)
        self.assertIn(contact, contact.search([('growth_churn_state', '=', 'lost')]))
        self.assertNotIn(contact, contact.search([('growth_churn_state', '=', 'at_risk')]))

    def test_the_menu_of_activities_finds_its_filters(self):
        """It switches them on by name: without one of them it shows all there is."""
        conflict = self.env['growth.conflict'].create(
            {'name': "Came late", 'partner_id': self.customer.id, 'company_id': self.company.id}
        )
        for record in (self.case, self._create_digest(), conflict):
            record.activity_schedule(
                user_id=self.user_own.id, date_deadline=fields.Date.subtract(TODAY, days=1)
            )
            View = self.env[record._name].with_user(self.user_own)
            arch = etree.fromstring(View.get_view(view_type='search')['arch'])
            for name, is_found in ACTIVITY_FILTERS.items():
                with self.subTest(model=record._name, name=name):
                    (node,) = arch.xpath(f"//filter[@name='{name}']")
                    domain = safe_eval(node.get('domain'), {'uid': self.user_own.id})
                    self.assertEqual(record in View.search(domain), is_found)

    def test_from_the_case_to_the_orders(self):
        order = self._create_order(self.customer, 100, user_id=self.user_own.id)
        action = self._as(self.case, self.user_own).action_view_orders()
        found = self.env[action['res_model']].with_user(self.user_own).search(action['domain'])
        self.assertEqual(found, order.with_user(self.user_own))

    def _create_digest(self):
        return self.env['growth.churn.digest'].create(
            {'company_id': self.company.id, 'user_id': self.user_own.id, 'date': TODAY}
        )

    def test_the_digest_opens_its_cases(self):
        digest = self._create_digest()
        other = self._create_case(
            self._create_customer("Peer's", user_id=self.user_peer.id),
            user_id=self.user_peer.id,
            salesperson_id=self.user_peer.id,
        )
        (self.case | other).sudo().digest_id = digest
        for user, count in ((self.user_own, 1), (self.user_all, 2)):
            self.assertEqual(digest.with_user(user).case_count, count)
        # What one user may not see is in the cache of all.
        self.env.invalidate_all()
        action = digest.with_user(self.user_own).action_view_cases()
        self.assertEqual(self.env['growth.churn.case'].search(action['domain']), self.case)
        self.assertEqual(
            digest.with_user(self.user_own).case_ids.action_open()['res_id'], self.case.id
        )
        self.assertFalse(digest.with_user(self.user_peer).has_access('read'))
