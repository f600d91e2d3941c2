from odoo.exceptions import AccessError
from odoo.fields import Command, Domain
from odoo.tests import tagged

from ..models.growth_churn_case import EDITABLE
from .common_churn_job import ChurnJobCommon


@tagged('post_install', '-at_install')
class TestChurnAccess(ChurnJobCommon):
    """Who sees and changes what the job finds, with each role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._create_buyer("Own", '2025-01-10', '2025-11-01')
        cls.peers = cls._create_customer("A Peer's")
        cls._buy(
            cls.peers, '2025-01-10', '2025-11-01', user_id=cls.user_peer.id, team_id=cls.team.id
        )
        cls.nobodys = cls._create_customer("Nobody's")
        cls._buy(cls.nobodys, '2025-01-10', '2025-11-01').write(
            {'user_id': False, 'team_id': False}
        )
        cls.foreign = cls._create_customer("Foreign")
        cls.foreign_company = cls._create_company("Foreign Company")
        cls.foreign_company.growth_churn_as_of = '2026-06-02'
        cls._buy(
            cls.foreign,
            '2025-01-10',
            '2025-11-01',
            company=cls.foreign_company,
            user_id=False,
            team_id=False,
        )
        cls.partners = cls.own | cls.peers | cls.nobodys | cls.foreign
        cls.user_none = cls._create_user('growth_none', 'base.group_user')
        cls.user_portal = cls._create_user('growth_portal', 'base.group_portal')

    def setUp(self):
        super().setUp()
        self._refresh(as_of=None)
        self._detect(company=self.company | self.foreign_company)

    def _seen(self, user, **context):
        return (
            self.env['growth.churn.case']
            .with_user(user)
            .with_context(**context)
            .search([('partner_id', 'in', self.partners.ids)])
            .partner_id
        )

    def test_whose_cases(self):
        ours = self.own | self.peers | self.nobodys
        for user, partners in (
            (self.user_own, self.own | self.nobodys),
            (self.user_peer, self.peers | self.nobodys),
            (self.user_head, ours),
            (self.user_all, ours),
            (self.user_admin, ours),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self._seen(user), partners)

    def test_who_is_to_take_a_step_opens_the_case(self):
        self._start(
            self._cases(self.own),
            user=self.user_all,
            method_id=self.gift.id,
            user_id=self.user_all.id,
        )
        case = self._cases(self.own)
        self.assertFalse(case.with_user(self.user_peer).has_access('read'))
        case.activity_ids[:1].user_id = self.user_peer
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertIn(self.own, self._seen(self.user_peer))
        self.assertEqual(case.with_user(self.user_peer).display_name, "Own")
        self.assertTrue(case.with_user(self.user_peer).attempt_id.method_id.name)

    def test_a_second_company_is_seen_when_allowed(self):
        self.user_admin.company_ids = [Command.link(self.foreign_company.id)]
        self.assertEqual(
            self._seen(self.user_admin, allowed_company_ids=self.foreign_company.ids), self.foreign
        )

    def test_people_outside_sales_see_nothing(self):
        for model in (
            'growth.churn.rule',
            'growth.churn.reason',
            'growth.churn.case',
            'growth.churn.digest',
            'growth.churn.model',
            'growth.winback.method',
            'growth.winback.attempt',
        ):
            for user in (self.user_none, self.user_portal):
                with self.subTest(model=model, user=user.login), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search(Domain.TRUE)

    def test_nobody_makes_or_deletes_what_the_job_writes(self):
        self._start(self._cases(self.own), method_id=self.gift.id)
        for model in (
            'growth.churn.case',
            'growth.churn.digest',
            'growth.churn.model',
            'growth.winback.attempt',
        ):
            record = self.env[model].search(Domain.TRUE, limit=1)
            self.assertTrue(record, model)
            for user in (self.user_own, self.user_all, self.user_admin):
                with self.subTest(model=model, user=user.login):
                    with self.assertRaises(AccessError):
                        self.env[model].with_user(user).create({})
                    with self.assertRaises(AccessError):
                        record.with_user(user).unlink()

    def test_what_the_job_writes_is_written_by_nobody_else(self):
        case = self._cases(self.own)
        closed = {
            name
            for name, field in case._fields.items()
            if field.store and not name.startswith(('message_', 'activity_', 'id'))
        } - EDITABLE
        self.assertLessEqual(
            {'state', 'level', 'lost_date', 'won_date', 'revenue_12', 'numbers'}, closed
        )
        for name in sorted(closed):
            for user in (self.user_own, self.user_admin):
                with self.subTest(field=name, user=user.login), self.assertRaises(AccessError):
                    case.with_user(user).write({name: False})
        for user in (self.user_own, self.user_admin):
            with self.assertRaises(AccessError):
                case.digest_id.with_user(user).write({'date': '2026-01-01'})

    def test_salespeople_state_and_decide_about_their_own(self):
        case = self._cases(self.own).with_user(self.user_own)
        case.write(
            {
                'reason_id': self.price.id,
                'reason_note': "Dearer",
                'decision': 'win_back',
                'why': 'size',
                'user_id': self.user_peer.id,
            }
        )
        self.assertRecordValues(
            case.sudo(), [{'decided_by_id': self.user_own.id, 'user_id': self.user_peer.id}]
        )
        with self.assertRaises(AccessError):
            self._cases(self.peers).with_user(self.user_own).reason_note = "Mine"

    def test_digests_are_read_by_whom_they_are_for(self):
        digests = self.env['growth.churn.digest'].search([('company_id', '=', self.company.id)])
        self.assertEqual(digests.user_id, self.user_own | self.user_peer)
        for user, seen in (
            (self.user_own, self.user_own),
            (self.user_peer, self.user_peer),
            (self.user_head, self.env['res.users']),
            (self.user_all, digests.user_id),
            (self.user_admin, digests.user_id),
        ):
            found = self.env['growth.churn.digest'].with_user(user).search(Domain.TRUE)
            self.assertEqual(found.sudo().user_id, seen, user.login)

    def test_what_was_learned_is_for_who_sees_all(self):
        Model = self.env['growth.churn.model']
        self.assertTrue(Model.search([('company_id', '=', self.company.id)]))
        for user in (self.user_own, self.user_peer):
            with self.assertRaises(AccessError):
                Model.with_user(user).search(Domain.TRUE)
        for user in (self.user_all, self.user_admin):
            found = Model.with_user(user).search(Domain.TRUE)
            self.assertEqual(found.company_id, self.company)

    def test_only_managers_configure(self):
        for record, vals in (
            (self.recency, {'lost_months': 12}),
            (self.price, {'name': "Dear"}),
            (self.gift, {'cost': 1}),
        ):
            for user in (self.user_own, self.user_all):
                self.assertTrue(record.with_user(user).name)
                with self.assertRaises(AccessError):
                    record.with_user(user).write(vals)
            record.with_user(self.user_admin).write(vals)

    def test_the_hub_tells_everybody_of_their_own(self):
        customer = self._customer(self.own).with_user(self.user_own)
        self.assertEqual(customer.churn_state, 'lost')
        self.assertIn("No purchase for more than 6 months", customer.churn_explanation)
        self.assertEqual(customer.open_case_id.sudo(), self._cases(self.own))
        with self.assertRaises(AccessError):
            customer.with_user(self.user_admin).churn_state = 'active'
        with self.assertRaises(AccessError):
            customer.with_user(self.user_own).no_win_back = True
