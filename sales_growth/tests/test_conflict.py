from contextlib import closing
from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, Form, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SalesGrowthCommon

NOON = '2026-06-10 12:00:00'


class ConflictCommon(SalesGrowthCommon):
    """Two customers, one of growth_own with a contact and one of growth_all, and a salesperson
    (cf_stranger) who has none. The clock stands at Wednesday, June 10, 2026, noon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls._create_user('cf_stranger', 'sales_team.group_sale_salesman')
        cls.customer = cls._create_customer("Angry Mills", user_id=cls.user_own.id)
        cls.contact = cls.env['res.partner'].create(
            {'name': "Anna", 'parent_id': cls.customer.id, 'user_id': cls.user_own.id}
        )
        cls.foreign = cls._create_customer("Foreign Mills", user_id=cls.user_all.id)
        cls.Conflict = cls.env['growth.conflict']

    def setUp(self):
        super().setUp()
        self.clock = self.startPatcher(freeze_time(NOON))

    def _go_to(self, moment):
        self.clock.move_to(moment)

    @classmethod
    def _report(cls, user=None, partner=None, name="Came late", **vals):
        vals = {'partner_id': (partner or cls.contact).id, 'name': name, **vals}
        conflict = cls.Conflict.with_user(user or cls.user_own).create(vals)
        return conflict.with_env(cls.env)

    def _resolve(self, conflict, user=None, resolution="We paid the freight"):
        conflict = conflict.with_user(user or self.user_own)
        conflict.resolution = resolution
        conflict.action_resolve()

    def _warning(self, partner=None, user=None, **context):
        self.env.invalidate_all()
        partner = (partner or self.customer).with_user(user or self.stranger)
        return partner.with_context(**context).growth_conflict_warning

    def _quote(self, user=None, partner=None, **vals):
        user = user or self.user_own
        vals = {'partner_id': (partner or self.contact).id, 'user_id': user.id, **vals}
        return self.env['sale.order'].with_user(user).create(vals)


@tagged('post_install', '-at_install')
class TestConflict(ConflictCommon):
    """What is written down about a conflict, and how it ends."""

    def test_what_is_filled_in(self):
        conflict = self._report()
        self.assertRecordValues(
            conflict,
            [
                {
                    'company_id': self.company.id,
                    'partner_id': self.contact.id,
                    'commercial_partner_id': self.customer.id,
                    'user_id': self.user_own.id,
                    'department': 'sales',
                    'date': date(2026, 6, 10),
                    'state': 'open',
                    'resolved_date': False,
                    'resolved_by_id': False,
                }
            ],
        )

    def test_the_day_is_the_company_s(self):
        self.company.partner_id.tz = 'Asia/Tokyo'
        self._go_to('2026-06-10 20:00:00')
        conflict = self._report()
        self.assertEqual(conflict.date, date(2026, 6, 11))
        self._resolve(conflict)
        self.assertEqual(conflict.resolved_date, date(2026, 6, 11))

    def test_not_after_today(self):
        with self.assertRaisesRegex(ValidationError, "after today: Came late"):
            self._report(date='2026-06-11')
        self.assertEqual(self._report(date='2026-06-01').date, date(2026, 6, 1))

    def test_with_a_department_as_a_whole(self):
        conflict = self._report(user_id=False, department='delivery')
        self.assertFalse(conflict.user_id)
        self.assertIn("with Delivery: Came late", self._warning())

    def test_resolved_only_with_words(self):
        conflict = self._report()
        for silence in (False, "", " \n"):
            conflict.resolution = silence
            with self.assertRaisesRegex(UserError, "Say how the conflict was resolved"):
                conflict.with_user(self.user_own).action_resolve()
        self._go_to('2026-06-12 12:00:00')
        self._resolve(conflict)
        self.assertRecordValues(
            conflict,
            [
                {
                    'state': 'resolved',
                    'resolution': "We paid the freight",
                    'resolved_date': date(2026, 6, 12),
                    'resolved_by_id': self.user_own.id,
                }
            ],
        )

    def test_of_several_none_without_words(self):
        said, silent = self._report(), self._report(name="Called names")
        said.resolution = "Settled"
        with self.assertRaisesRegex(UserError, "close it: Called names"):
            (said | silent).with_user(self.user_own).action_resolve()
        self.assertEqual((said | silent).mapped('state'), ['open', 'open'])

    def test_not_resolved_twice(self):
        conflict = self._report()
        with self.assertRaisesRegex(UserError, r"Came late \(Open\)"):
            conflict.with_user(self.user_own).action_reopen()
        self._resolve(conflict)
        with self.assertRaisesRegex(UserError, r"Came late \(Resolved\)"):
            conflict.with_user(self.user_own).action_resolve()

    def test_resolved_is_closed(self):
        conflict = self._report()
        self._resolve(conflict)
        for vals in (
            {'name': "Nothing happened"},
            {'date': '2026-06-01'},
            {'resolution': "By itself"},
            {'partner_id': self.foreign.id},
            {'user_id': False},
            {'description': "Nothing"},
            {'department': 'other'},
        ):
            for user in (self.user_own, self.user_admin):
                with self.assertRaisesRegex(UserError, "reopen it first"):
                    conflict.with_user(user).write(vals)
        conflict.with_user(self.user_own).message_post(body="They ordered again")

    def test_reopened(self):
        conflict = self._report().with_context(tracking_disable=False)
        self._resolve(conflict)
        self.env.flush_all()
        self.env.cr.precommit.run()
        conflict.with_user(self.user_own).action_reopen()
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertRecordValues(
            conflict,
            [
                {
                    'state': 'open',
                    'resolution': False,
                    'resolved_date': False,
                    'resolved_by_id': False,
                }
            ],
        )
        values = conflict.message_ids.sudo().tracking_value_ids
        self.assertIn("We paid the freight", values.mapped('old_value_text'))
        conflict.with_user(self.user_own).name = "Came late again"

    def test_state_by_the_buttons_alone(self):
        conflict = self._report()
        for vals in (
            {'state': 'resolved'},
            {'resolved_date': '2026-06-10'},
            {'resolved_by_id': self.user_admin.id},
            {'commercial_partner_id': self.foreign.id},
            {'company_id': self.company.id},
        ):
            for user in (self.user_own, self.user_admin):
                with self.assertRaisesRegex(AccessError, "changes by its buttons"):
                    conflict.with_user(user).write(vals)

    def test_state_cannot_be_stated_at_birth(self):
        forged = {
            'state': 'resolved',
            'resolved_date': '2026-06-01',
            'resolved_by_id': self.user_admin.id,
            'commercial_partner_id': self.foreign.id,
        }
        defaults = {f'default_{fname}': value for fname, value in forged.items()}
        Conflict = self.Conflict.with_user(self.user_own).with_context(**defaults)
        conflict = Conflict.create({'partner_id': self.contact.id, 'name': "Came late", **forged})
        self.assertRecordValues(
            conflict.with_env(self.env),
            [
                {
                    'state': 'open',
                    'resolved_date': False,
                    'resolved_by_id': False,
                    'commercial_partner_id': self.customer.id,
                }
            ],
        )
        conflict.resolution = "Settled"
        conflict.action_resolve()
        self.assertEqual(conflict.resolved_by_id, self.user_own)
        self.assertEqual(conflict.resolved_date, date(2026, 6, 10))

    def test_database_knows_the_states(self):
        conflict = self._report()
        with (
            self.assertRaises(IntegrityError),
            mute_logger('odoo.sql_db'),
            self.cr.savepoint(),
        ):
            conflict.sudo().state = 'resolved'
            conflict.flush_recordset()

    def test_form_of_the_contact(self):
        action = self.contact.with_user(self.user_own).action_report_growth_conflict()
        Conflict = self.Conflict.with_user(self.user_own).with_context(**action['context'])
        with Form(Conflict, action['views'][0][0]) as form:
            self.assertEqual(form.partner_id, self.contact)
            self.assertEqual(form.user_id, self.user_own)
            self.assertEqual(form.date, date(2026, 6, 10))
            form.name = "Called names"
        self.assertEqual(form.record.commercial_partner_id, self.customer)
        action = self.customer.with_user(self.user_own).action_view_growth_conflicts()
        self.assertEqual(self.Conflict.search(action['domain']).name, "Called names")

    def test_copy_is_a_new_conflict(self):
        conflict = self._report(date='2026-06-01')
        self._resolve(conflict)
        copy = conflict.with_user(self.user_own).copy()
        self.assertRecordValues(
            copy,
            [{'state': 'open', 'resolution': False, 'date': date(2026, 6, 10)}],
        )


@tagged('post_install', '-at_install')
class TestConflictCustomer(ConflictCommon):
    """Whose conflict it is when contacts move, merge, are archived or deleted."""

    def _merge(self, source, target):
        self.env['base.partner.merge.automatic.wizard'].sudo().create({})._merge(
            (source | target).ids, target
        )
        self.env.invalidate_all()

    def test_who_changes_the_company_leaves_it_behind(self):
        conflict = self._report()
        self.contact.parent_id = self.foreign
        self.assertEqual(conflict.commercial_partner_id, self.customer)
        self.assertIn("Came late", self._warning(self.customer))
        self.assertFalse(self._warning(self.foreign))

    def test_another_contact_chosen_is_another_customer(self):
        conflict = self._report()
        conflict.with_user(self.user_own).partner_id = self.foreign
        self.assertEqual(conflict.commercial_partner_id, self.foreign)

    def test_a_person_becomes_part_of_a_company(self):
        person = self.env['res.partner'].create({'name': "Berta"})
        conflict = self._report(partner=person)
        resolved = self._report(partner=person, name="Older")
        self._resolve(resolved)
        person.with_user(self.user_admin).parent_id = self.customer
        self.assertEqual((conflict | resolved).commercial_partner_id, self.customer)
        self.assertEqual((conflict | resolved).partner_id, person)
        self.assertIn("Came late", self._warning(self.customer))

    def test_merged_contacts(self):
        twin = self._create_customer("Angry Mills Twin")
        conflict = self._report(partner=twin)
        self._merge(twin, self.customer)
        self.assertFalse(twin.exists())
        self.assertRecordValues(
            conflict,
            [{'partner_id': self.customer.id, 'commercial_partner_id': self.customer.id}],
        )
        self.assertIn("Came late", self._warning(self.customer))

    def test_merged_into_a_contact_of_a_company(self):
        person = self.env['res.partner'].create({'name': "Anna Twin"})
        conflict = self._report(partner=person)
        self._merge(person, self.contact)
        self.assertRecordValues(
            conflict,
            [{'partner_id': self.contact.id, 'commercial_partner_id': self.customer.id}],
        )

    def test_archived_contacts_are_warned_about(self):
        conflict = self._report()
        self.contact.active = False
        self.assertIn("Came late", self._warning(self.customer))
        self.assertIn("Came late", self._warning(self.contact))
        self.customer.active = False
        self.assertIn("Came late", self._warning(self.customer))
        self.assertTrue(conflict.with_user(self.user_own).has_access('write'))
        self._resolve(conflict)
        self.assertFalse(self._warning(self.customer))

    def test_deleted_contacts_leave_nothing_behind(self):
        conflict = self._report(partner=self.contact)
        activity = conflict.activity_schedule('mail.mail_activity_data_todo')
        message = conflict.message_post(body="Call them")
        self.contact.with_user(self.env.ref('base.user_admin')).sudo().unlink()
        self.assertFalse(conflict.exists() | conflict.search([('id', '=', conflict.id)]))
        self.assertFalse(activity.exists())
        self.assertFalse(message.exists())


@tagged('post_install', '-at_install')
class TestConflictWarning(ConflictCommon):
    """Whoever deals with the customer is told, and told no more than needed."""

    def test_company_and_all_contacts(self):
        other = self.env['res.partner'].create({'name': "Carl", 'parent_id': self.customer.id})
        conflict = self._report(user_id=self.user_all.id)
        for partner in (self.customer, self.contact, other):
            self.assertEqual(
                self._warning(partner),
                f"06/10/2026, with {self.user_all.name}: Came late",
            )
        self.assertFalse(self._warning(self.foreign))
        self._resolve(conflict)
        self.assertFalse(self._warning())

    def test_the_latest_first_and_not_all(self):
        for day in range(1, 6):
            self._report(name=f"Trouble {day}", date=f'2026-06-0{day}')
        lines = self._warning().split("\n")
        self.assertEqual(
            [line.split(": ")[-1] for line in lines],
            ["Trouble 5", "Trouble 4", "Trouble 3", "and 2 more"],
        )

    def test_quotation(self):
        conflict = self._report()
        quotation = self._quote()
        self.assertIn("Came late", quotation.growth_conflict_warning)
        for state, warned in (('sent', True), ('sale', False), ('cancel', False)):
            quotation.sudo().state = state
            self.assertEqual(bool(quotation.growth_conflict_warning), warned, state)
        quotation.sudo().state = 'draft'
        self._resolve(conflict)
        self.env.invalidate_all()
        self.assertFalse(quotation.growth_conflict_warning)

    def test_quotation_that_is_not_saved_yet(self):
        self._report()
        with Form(self.env['sale.order'].with_user(self.user_own)) as form:
            self.assertFalse(form.growth_conflict_warning)
            form.partner_id = self.foreign
            self.assertFalse(form.growth_conflict_warning)
            form.partner_id = self.contact
            self.assertIn("Came late", form.growth_conflict_warning)

    def test_told_but_not_shown(self):
        """A stranger reads that there is a conflict, and nothing else of it."""
        conflict = self._report(partner=self.foreign, user=self.user_all, description="<p>Sh!</p>")
        quotation = self._quote(self.stranger, self.foreign)
        self.assertIn("Came late", quotation.growth_conflict_warning)
        self.assertIn("Came late", self._warning(self.foreign, self.stranger))
        self.assertFalse(quotation.growth_conflict_count)
        self.assertFalse(self.foreign.with_user(self.stranger).growth_conflict_count)
        with self.assertRaises(AccessError):
            conflict.with_user(self.stranger).read(['description'])
        action = quotation.action_view_growth_conflicts()
        self.assertFalse(self.Conflict.with_user(self.stranger).search(action['domain']))

    def test_not_for_people_outside_sales(self):
        """Customers read their orders at the portal, and must not read this."""
        self._report()
        quotation = self._quote()
        clerk = self._create_user('cf_clerk', 'base.group_user')
        portal = self._create_user('cf_portal', 'base.group_portal')
        for user in (clerk, portal):
            for record in (quotation, self.customer):
                self.assertNotIn('growth_conflict_warning', record.with_user(user).fields_get())
                with self.assertRaises(AccessError):
                    record.with_user(user).read(['growth_conflict_warning'])

    def test_companies(self):
        second = self._create_company("Second Company")
        both = self._create_user('cf_both', 'sales_team.group_sale_salesman_all_leads')
        both.company_ids = [Command.link(second.id)]
        self.Conflict.create(
            {
                'company_id': second.id,
                'partner_id': self.customer.id,
                'user_id': both.id,
                'name': "Far away",
            }
        )
        self.assertFalse(self._warning())
        self.assertFalse(self._warning(user=both, allowed_company_ids=self.company.ids))
        self.assertIn(
            "Far away",
            self._warning(user=both, allowed_company_ids=(self.company | second).ids),
        )
        here = self._quote(both)
        self.assertFalse(here.growth_conflict_warning)
        there = here.with_context(allowed_company_ids=second.ids).create(
            {'partner_id': self.contact.id, 'user_id': both.id, 'company_id': second.id}
        )
        self.assertIn("Far away", there.growth_conflict_warning)
        with self.assertRaises(AccessError):
            self._warning(allowed_company_ids=second.ids)

    def test_hub(self):
        self._report()
        self._create_order(self.customer, 10)
        self._refresh()
        hub = self._customer(self.customer).with_user(self.user_own)
        self.assertIn("Came late", hub.conflict_warning)
        self.assertEqual(hub.conflict_count, 1)
        self.assertEqual(
            self.Conflict.search(hub.action_view_conflicts()['domain']).name, "Came late"
        )
        self.assertEqual(
            hub.action_report_conflict()['context'],
            {'default_partner_id': self.customer.id, 'default_company_id': self.company.id},
        )

    def test_many_are_read_at_once(self):
        customers = self.env['res.partner'].create(
            [{'name': f"Customer {number}", 'is_company': True} for number in range(30)]
        )
        for customer in customers:
            self._report(partner=customer)
        orders = self.env['sale.order'].create(
            [{'partner_id': customer.id} for customer in customers]
        )
        self.env.flush_all()
        customers = customers.with_user(self.stranger).with_context(lang='en_US')
        orders = orders.with_user(self.user_all).with_context(lang='en_US')
        # Rights and languages are cached after the first time.
        customers.mapped('growth_conflict_warning')
        counts = []
        for number in (5, 30):
            self.env.invalidate_all()
            few = customers[:number]
            few.fetch(['commercial_partner_id'])
            start = self.cr.sql_log_count
            few.mapped('growth_conflict_warning')
            counts.append(self.cr.sql_log_count - start)
        self.assertEqual(counts[0], counts[1])
        # The conflicts, and the names of the people: user and contact.
        self.assertLessEqual(counts[1], 3)
        self.env.invalidate_all()
        orders.fetch(['commercial_partner_id', 'company_id', 'state'])
        start = self.cr.sql_log_count
        orders.mapped('growth_conflict_warning')
        self.assertLessEqual(self.cr.sql_log_count - start, 3)


@tagged('post_install', '-at_install')
class TestConflictFacts(ConflictCommon):
    """What the churn job is told about a day, be it a past one."""

    def _facts(self, as_of, company=None):
        query = self.Conflict._facts_sql(company or self.company, date.fromisoformat(as_of))
        return dict(self.env.execute_query(query))

    def test_open_as_of_a_day(self):
        conflict = self._report(date='2026-05-05')
        self._go_to('2026-06-20 12:00:00')
        self._resolve(conflict)
        known = {self.customer.id: date(2026, 5, 5)}
        self.assertEqual(self._facts('2026-05-04'), {})
        self.assertEqual(self._facts('2026-05-05'), known)
        self.assertEqual(self._facts('2026-06-19'), known)
        # Resolved in the course of that day
        self.assertEqual(self._facts('2026-06-20'), {})

    def test_the_oldest_that_is_open(self):
        oldest = self._report(date='2026-04-04')
        self._report(partner=self.customer, date='2026-05-05')
        self._report(date='2026-06-06')
        self.assertEqual(self._facts('2026-06-10'), {self.customer.id: date(2026, 4, 4)})
        self._resolve(oldest)
        self.assertEqual(self._facts('2026-06-10'), {self.customer.id: date(2026, 5, 5)})
        oldest.with_user(self.user_own).action_reopen()
        self.assertEqual(self._facts('2026-06-10'), {self.customer.id: date(2026, 4, 4)})

    def test_of_one_company(self):
        second = self._create_company("Second Company")
        self._report()
        self.Conflict.create(
            {
                'company_id': second.id,
                'partner_id': self.foreign.id,
                'user_id': False,
                'name': "Far away",
            }
        )
        self.assertEqual(list(self._facts('2026-06-10')), [self.customer.id])
        self.assertEqual(list(self._facts('2026-06-10', second)), [self.foreign.id])


@tagged('post_install', '-at_install')
class TestConflictAccess(ConflictCommon):
    """Own conflicts, those one reported and those of own customers."""

    def _logins(self, conflict, operation='read'):
        """Who may do something, by the list and by the record alike."""
        self.env.invalidate_all()
        logins = []
        for user in (self.user_own, self.user_all, self.stranger, self.user_admin):
            found = self.Conflict.with_user(user).search([('id', '=', conflict.id)])
            self.assertEqual(bool(found), conflict.with_user(user).has_access('read'), user.login)
            if conflict.with_user(user).has_access(operation):
                logins.append(user.login)
        return logins

    def test_who_sees_and_changes(self):
        foreign = self._report(self.user_all, self.foreign)
        all_logins = ['growth_own', 'growth_all', 'cf_stranger', 'growth_admin']
        nobody_s = self._create_customer("Nobody's")
        for operation in ('read', 'write'):
            with self.subTest(operation):
                self.assertEqual(self._logins(foreign, operation), ['growth_all', 'growth_admin'])
                # Of the customer's salesperson
                own = self._report(self.user_all, user_id=False)
                self.assertEqual(
                    self._logins(own, operation), ['growth_own', 'growth_all', 'growth_admin']
                )
                # With oneself
                mine = self._report(self.user_all, self.foreign, user_id=self.stranger.id)
                self.assertEqual(
                    self._logins(mine, operation), ['growth_all', 'cf_stranger', 'growth_admin']
                )
                # Reported by oneself
                reported = self._report(self.stranger, self.foreign, user_id=False)
                self.assertEqual(
                    self._logins(reported, operation),
                    ['growth_all', 'cf_stranger', 'growth_admin'],
                )
                # Of a customer whom nobody has
                unassigned = self._report(self.user_all, nobody_s)
                self.assertEqual(self._logins(unassigned, operation), all_logins)

    def test_farmer(self):
        conflict = self._report(self.user_all, self.foreign)
        nobody_s = self._report(self.user_all, self._create_customer("Nobody's"))
        for customer in (self.foreign, nobody_s.partner_id):
            hub = self.env['growth.customer']._ensure(self.company, customer)
            hub.sudo().farmer_id = self.stranger
        logins = ['growth_all', 'cf_stranger', 'growth_admin']
        self.assertEqual(self._logins(conflict), logins)
        self.assertEqual(self._logins(nobody_s), logins)
        self.assertEqual(conflict.farmer_id, self.stranger)
        for domain in ([('farmer_id', 'ilike', "stranger")], [('farmer_id', '!=', False)]):
            self.assertEqual(self.Conflict.search(domain), conflict | nobody_s)

    def test_deleting_is_the_administrator_s(self):
        conflict = self._report()
        for user in (self.user_own, self.user_all):
            with self.assertRaises(AccessError):
                conflict.with_user(user).unlink()
        conflict.with_user(self.user_admin).unlink()
        self.assertFalse(conflict.exists())

    def test_buttons_need_the_right_to_write(self):
        conflict = self._report(self.user_all, self.foreign)
        conflict.resolution = "Settled"
        for action in ('action_resolve', 'action_reopen'):
            with self.assertRaises(AccessError):
                getattr(conflict.with_user(self.stranger), action)()
        conflict.with_user(self.user_all).action_resolve()

    def test_not_without_sales(self):
        conflict = self._report()
        clerk = self._create_user('cf_clerk', 'base.group_user')
        portal = self._create_user('cf_portal', 'base.group_portal')
        for user in (clerk, portal):
            self.assertFalse(conflict.with_user(user).has_access('read'))
            with self.assertRaises(AccessError):
                self._report(user)

    def test_not_in_another_company(self):
        conflict = self._report()
        other = self._create_company("Other Company")
        foreigner = new_test_user(
            self.env,
            'cf_foreigner',
            groups='sales_team.group_sale_manager',
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        there = conflict.with_user(foreigner).with_context(allowed_company_ids=other.ids)
        self.assertFalse(there.search([('id', '=', conflict.id)]))
        for operation in ('read', 'write', 'unlink'):
            self.assertFalse(there.has_access(operation))
        customer = self.customer.with_user(foreigner).with_context(allowed_company_ids=other.ids)
        self.assertFalse(customer.growth_conflict_warning)
        self.assertFalse(customer.growth_conflict_count)

    def test_contact_of_another_company(self):
        other = self._create_company("Other Company")
        self.foreign.company_id = other
        with self.assertRaises(UserError):
            self._report(self.user_admin, self.foreign)


@tagged('post_install', '-at_install', 'sales_growth_concurrent')
class TestConflictAtOnce(BaseCase):
    """Two people close a conflict at the same moment: one is at work, the other one is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {'tracking_disable': True})
            customer = env['res.partner'].create({'name': "Angry at Once"})
            conflict = env['growth.conflict'].create(
                {'partner_id': customer.id, 'name': "Came late", 'resolution': "Settled"}
            )
            cls.customer_id, cls.conflict_id = customer.id, conflict.id
        cls.addClassCleanup(cls._clean_up)

    @classmethod
    def _clean_up(cls):
        with cls.registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})['res.partner'].browse(cls.customer_id).unlink()

    def _conflict(self, cr):
        env = api.Environment(cr, SUPERUSER_ID, {'tracking_disable': True})
        return env['growth.conflict'].browse(self.conflict_id)

    def test_resolved_twice_at_once(self):
        with closing(self.registry.cursor()) as first, closing(self.registry.cursor()) as second:
            self._conflict(first).action_resolve()
            self._conflict(first).flush_recordset()
            with self.assertRaisesRegex(UserError, "Somebody else is at work on this"):
                self._conflict(second).action_resolve()
            first.rollback()
            second.rollback()
            self._conflict(second).action_resolve()
            self.assertEqual(self._conflict(second).state, 'resolved')
            second.rollback()
