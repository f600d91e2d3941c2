from contextlib import closing

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, new_test_user, tagged

from .common_handover import HandoverCommon


@tagged('post_install', '-at_install')
class TestHandoverAccess(HandoverCommon):
    """Handovers are for the two people and who leads them; each does what is theirs to do."""

    def _everybody(self):
        return (
            self.hunter,
            self.farmer,
            self.leader,
            self.leader2,
            self.stranger,
            self.user_all,
            self.user_admin,
        )

    def _logins(self, allows):
        return [user.login for user in self._everybody() if allows(user)]

    def _can(self, user, handover, action):
        """Whether a button works for somebody; what it did is undone."""
        self.env.flush_all()
        savepoint = self.cr.savepoint()
        try:
            getattr(self._as(handover, user), action)()
            self.env.flush_all()
            return True
        except AccessError:
            return False
        finally:
            savepoint.rollback()
            savepoint.close()
            self.env.invalidate_all()

    # ------------------------------------------------------------
    # READING
    # ------------------------------------------------------------

    def test_who_sees_it(self):
        handover = self._accept()
        seeing = [
            'ho_hunter',
            'ho_farmer',
            'ho_leader',
            'ho_leader2',
            'growth_all',
            'growth_admin',
        ]
        for records in (handover, handover.item_ids, handover.move_ids):
            with self.subTest(records._name):
                self.assertTrue(records)
                self.assertEqual(
                    self._logins(
                        lambda user, records=records: records.with_user(user).search(
                            [('id', 'in', records.ids)]
                        )
                    ),
                    seeing,
                )

    def test_not_in_another_company(self):
        handover = self._accept()
        other = self._create_company("Another Company")
        foreigner = new_test_user(
            self.env,
            'ho_foreigner',
            groups='sales_team.group_sale_manager',
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for records in (handover, handover.item_ids, handover.move_ids):
            self.assertFalse(
                records.with_user(foreigner)
                .with_context(allowed_company_ids=other.ids)
                .search([('id', 'in', records.ids)])
            )
            with self.assertRaises(AccessError):
                records.with_user(foreigner).with_context(
                    allowed_company_ids=other.ids
                ).check_access('read')

    def test_not_without_sales(self):
        handover = self._prepare()
        clerk = self._create_user('ho_clerk', 'base.group_user')
        for records in (handover, handover.item_ids):
            self.assertFalse(records.with_user(clerk).has_access('read'))

    def test_farmer_sees_the_hub_s_row(self):
        self._accept()
        hub = self._customer(self.customer)
        self.customer.user_id = self.hunter
        self.assertTrue(hub.with_user(self.farmer).has_access('read'))
        self.customer.user_id = False
        self.assertFalse(hub.with_user(self.hunter).has_access('read'))

    # ------------------------------------------------------------
    # OPENING
    # ------------------------------------------------------------

    def test_not_in_the_name_of_somebody_else(self):
        for user in (self.stranger, self.hunter2, self.leader2):
            with self.assertRaises(AccessError):
                self._prepare(user=user, hunter_id=self.hunter.id)
        for user in (self.hunter, self.leader, self.user_all, self.user_admin):
            handover = self._prepare(user=user, hunter_id=self.hunter.id)
            self.assertRecordValues(
                handover,
                [{'hunter_id': self.hunter.id, 'hunter_team_id': self.hunting.id}],
            )
            handover.sudo().unlink()

    def test_not_by_a_leader_who_names_the_own_team(self):
        with self.assertRaises(AccessError):
            self._prepare(user=self.leader2, hunter_id=self.hunter.id, team_id=self.farming.id)

    def test_not_somebody_else_s_customer(self):
        for user in (self.stranger, self.hunter2, self.farmer):
            with (
                self.assertRaisesRegex(AccessError, "your own customers only"),
                self.cr.savepoint(),
            ):
                self._prepare(user=user, farmer_id=self.farmer2.id)

    def test_not_what_another_farmer_keeps(self):
        self._accept()
        with (
            self.assertRaisesRegex(AccessError, "your own customers only"),
            self.cr.savepoint(),
        ):
            self._prepare(farmer_id=self.farmer2.id)
        self._prepare(user=self.farmer, farmer_id=self.farmer2.id)

    def test_nobody_s_customer_and_one_of_the_own_deals(self):
        nobody_s = self._create_customer("Nobody's")
        self.assertTrue(self._prepare(nobody_s, user=self.hunter2))
        # Odoo's one salesperson works for another company.
        other = self._create_company("Another Company")
        self.customer.user_id = new_test_user(
            self.env,
            'ho_foreigner',
            groups='sales_team.group_sale_salesman',
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self._prepare()

    # ------------------------------------------------------------
    # DECIDING
    # ------------------------------------------------------------

    def test_who_offers_and_cancels(self):
        handover = self._prepare(farmer_id=self.farmer.id)
        handover.item_ids.is_done = True
        for action in ('action_offer', 'action_cancel'):
            with self.subTest(action):
                self.assertEqual(
                    self._logins(lambda user, action=action: self._can(user, handover, action)),
                    ['ho_hunter', 'ho_leader', 'ho_leader2', 'growth_admin'],
                )

    def test_who_answers(self):
        handover = self._offer()
        for action in ('action_accept', 'action_refuse'):
            with self.subTest(action):
                can = self._logins(lambda user, action=action: self._can(user, handover, action))
                self.assertEqual(can, ['ho_farmer', 'ho_leader2', 'growth_admin'])

    def test_the_wizard_is_no_way_around(self):
        handover = self._offer()
        for user in (self.hunter, self.leader, self.stranger, self.user_all):
            with self.assertRaises(AccessError):
                self.env['growth.handover.refuse'].with_user(user).create(
                    {'handover_ids': handover.ids, 'reason': "No"}
                ).action_refuse()
        self.assertEqual(handover.state, 'offered')

    def test_the_screen_shows_what_people_can_do(self):
        handover = self._offer()
        self.assertEqual(
            self._logins(
                lambda user: (
                    handover.with_user(user).has_access('read')
                    and handover.with_user(user).can_answer
                )
            ),
            ['ho_farmer', 'ho_leader2', 'growth_admin'],
        )
        self._accept(handover)
        self.assertFalse(handover.with_user(self.hunter).can_undo)
        self.assertFalse(handover.with_user(self.leader).can_undo)
        self.assertTrue(handover.with_user(self.farmer).can_undo)

    def test_defaults_are_no_way_around(self):
        forged = (
            self.env['growth.handover']
            .with_user(self.hunter)
            .with_context(
                default_state='accepted',
                default_accepted_date='2020-01-01',
                default_accepted_by_id=self.farmer.id,
                default_trigger='order',
            )
        )
        handover = forged.create({'partner_id': self.customer.id, 'farmer_id': self.farmer.id})
        self.assertRecordValues(
            handover,
            [
                {
                    'state': 'draft',
                    'trigger': 'manual',
                    'accepted_date': False,
                    'accepted_by_id': False,
                }
            ],
        )
        item = (
            self.env['growth.handover.item']
            .with_user(self.hunter)
            .with_context(default_done_by_id=self.farmer.id)
            .create({'handover_id': handover.id, 'name': "More"})
        )
        self.assertFalse(item.done_by_id)

    def test_who_sold_has_a_customer_whose_contact_has_nobody(self):
        self.customer.user_id = False
        with self.assertRaises(AccessError):
            self._prepare(user=self.hunter2)
        self.assertTrue(self._prepare(user=self.hunter))

    def test_who_chooses_the_farmer(self):
        handover = self._refuse(self._offer())
        with self.assertRaises(AccessError):
            handover.with_user(self.farmer).write({'farmer_id': self.farmer2.id})
        handover.with_user(self.hunter).write({'farmer_id': self.farmer2.id})
        self.assertEqual(handover.farmer_id, self.farmer2)

    def test_nobody_accepts_for_a_farmer_who_is_not_in_the_team(self):
        """Who hands over would accept for the farmer otherwise, as the leader of any team."""
        own = self._create_team("Own", 'farmer', self.hunter, self.env['res.users'])
        with self.assertRaisesRegex(UserError, "is not a member of Own"):
            self._prepare(farmer_id=self.farmer.id, team_id=own.id)

    def test_named_farmer_is_the_administrator_s(self):
        hub = self.env['growth.customer']._ensure(self.company, self.customer)
        with self.assertRaises(AccessError):
            hub.with_user(self.hunter).named_farmer_id = self.farmer2
        hub.with_user(self.user_admin).named_farmer_id = self.farmer2
        for fname in ('farmer_id', 'farmer_team_id', 'farmer_since', 'hunters_since'):
            with self.assertRaises(AccessError):
                hub.with_user(self.user_admin).write({fname: False})
        self.farmer2.active = False
        with self.assertRaises(UserError):
            hub.with_user(self.user_admin).named_farmer_id = self.farmer2

    def test_farmer_reads_what_came_with_the_customer(self):
        lead = self._create_lead(
            partner_id=self.customer.id, user_id=self.hunter.id, team_id=self.hunting.id
        )
        quotation = self._create_sale(self.customer, '2026-03-01', state='draft')
        self.assertFalse(lead.with_user(self.farmer).has_access('read'))
        self._accept()
        for record in (lead, quotation):
            self.assertTrue(record.with_user(self.farmer).has_access('write'))
            self.assertFalse(record.with_user(self.hunter).has_access('read'))


@tagged('post_install', '-at_install', 'sales_growth_concurrent')
class TestHandoverAtOnce(BaseCase):
    """Two people decide at the same moment: one is at work, the other one is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        with cls.registry.cursor() as cr:
            env = api.Environment(
                cr, SUPERUSER_ID, {'no_reset_password': True, 'tracking_disable': True}
            )
            users = [
                new_test_user(env, login, groups='sales_team.group_sale_salesman')
                for login in ('ho_now_hunter', 'ho_now_farmer')
            ]
            hunter, farmer = users
            customer = env['res.partner'].create(
                {'name': "Wanted at Once", 'is_company': True, 'user_id': hunter.id}
            )
            handover = env['growth.handover'].create(
                {'partner_id': customer.id, 'hunter_id': hunter.id, 'farmer_id': farmer.id}
            )
            handover.item_ids.is_done = True
            handover.action_offer()
            cls.user_ids = [hunter.id, farmer.id]
            cls.customer_id, cls.handover_id = customer.id, handover.id
        cls.addClassCleanup(cls._clean_up)

    @classmethod
    def _clean_up(cls):
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env['growth.handover'].browse(cls.handover_id).state = 'cancelled'
            env['growth.handover'].browse(cls.handover_id).unlink()
            env['growth.customer'].search([('partner_id', '=', cls.customer_id)]).unlink()
            users = env['res.users'].browse(cls.user_ids)
            partners = users.partner_id | env['res.partner'].browse(cls.customer_id)
            users.unlink()
            partners.unlink()
            env['res.users'].search(Domain('id', 'in', cls.user_ids)).unlink()

    def _handover(self, cr, user_id=SUPERUSER_ID):
        return api.Environment(cr, user_id, {})['growth.handover'].browse(self.handover_id)

    def test_accepted_twice_at_once(self):
        with closing(self.registry.cursor()) as first, closing(self.registry.cursor()) as second:
            self._handover(first, self.user_ids[1]).action_accept()
            self._handover(first).flush_recordset()
            with self.assertRaisesRegex(UserError, "Somebody else is at work on this right now"):
                self._handover(second).action_accept()
            with self.assertRaisesRegex(UserError, "Somebody else is at work on this right now"):
                self._handover(second).action_cancel()
            first.rollback()
            second.rollback()
            self._handover(second).action_accept()
            self.assertEqual(self._handover(second).state, 'accepted')
            second.rollback()
