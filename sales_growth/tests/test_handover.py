from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common_handover import HandoverCommon


@tagged('post_install', '-at_install')
class TestHandover(HandoverCommon):
    """A customer is prepared, offered, and accepted or refused; nobody is forgotten on the way."""

    # ------------------------------------------------------------
    # PREPARING
    # ------------------------------------------------------------

    def test_prepared_by_the_hunter(self):
        handover = self._prepare()
        self.assertRecordValues(
            handover,
            [
                {
                    'state': 'draft',
                    'trigger': 'manual',
                    'date': date(2026, 3, 2),
                    'hunter_id': self.hunter.id,
                    'hunter_team_id': self.hunting.id,
                    'farmer_id': self.farmer.id,
                    'team_id': self.farming.id,
                }
            ],
        )
        self.assertEqual(
            self._asked(handover), [('ho_hunter', "Prepare the handover: Won Customer")]
        )
        self.assertEqual(handover.activity_ids.date_deadline, date(2026, 3, 4))
        self.assertFalse(self._farmer_of())

    def test_a_contact_stands_for_the_customer(self):
        contact = self.env['res.partner'].create(
            {'name': "Buyer", 'parent_id': self.customer.id, 'user_id': self.hunter.id}
        )
        self.assertEqual(self._prepare(contact).partner_id, self.customer)

    def test_farmers_take_turns(self):
        farmers = [
            self._prepare(self._create_won(f"Customer {number}")).farmer_id for number in range(3)
        ]
        self.assertEqual(farmers, [self.farmer, self.farmer2, self.farmer])

    def test_named_farmer_comes_first(self):
        self.env['growth.customer']._ensure(self.company, self.customer).with_user(
            self.user_admin
        ).named_farmer_id = self.farmer2
        self.assertEqual(self._prepare().farmer_id, self.farmer2)

    def test_who_refused_is_not_asked_again(self):
        handover = self._refuse(self._offer())
        self._as(handover, self.hunter).farmer_id = False
        self._offer(handover)
        self.assertEqual(handover.farmer_id, self.farmer2)

    def test_not_offered_to_who_left(self):
        handover = self._prepare(farmer_id=self.farmer.id)
        self._as(handover.item_ids, self.hunter).is_done = True
        other = self._create_company("Other")
        self.farmer.write({'company_ids': [Command.set(other.ids)], 'company_id': other.id})
        with self.assertRaisesRegex(ValidationError, "has no access to"):
            self._as(handover, self.hunter).action_offer()
        self.farmer.active = False
        with self.assertRaisesRegex(ValidationError, "is archived"):
            self._as(handover, self.hunter).action_offer()

    def test_deleted_customers_leave_nothing_to_do(self):
        customer = self._create_customer("Mistake", user_id=self.hunter.id)
        handover = self._prepare(customer)
        activities = handover.activity_ids
        self.assertTrue(activities)
        customer.unlink()
        self.assertFalse(activities.exists())

    def test_checklist_speaks_the_hunter_s_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        step = self.env.ref('sales_growth.growth_handover_step_people')
        step.with_context(lang='fr_FR').name = "Noter qui décide"
        self.hunter.lang = 'fr_FR'
        handover = self.env['growth.handover'].create(
            {'partner_id': self.customer.id, 'hunter_id': self.hunter.id}
        )
        self.assertIn("Noter qui décide", handover.item_ids.mapped('name'))

    def test_day_is_the_company_s(self):
        self.company.partner_id.tz = 'Asia/Tokyo'
        self._go_to('2026-03-02 16:00:00')
        self.assertEqual(self._prepare().date, date(2026, 3, 3))

    def test_checklist_comes_from_the_settings(self):
        steps = self.env['growth.handover.step'].search(Domain.TRUE)
        steps[0].active = False
        handover = self._prepare()
        self.assertEqual(handover.item_ids.mapped('name'), steps[1:].mapped('name'))

    def test_form_keeps_the_checklist(self):
        """The form sends its empty list along."""
        number = len(self.env['growth.handover.step'].search(Domain.TRUE))
        handover = self._prepare(item_ids=[])
        self.assertEqual(len(handover.item_ids), number)
        other = self._prepare(
            self._create_won("Another"), item_ids=[Command.create({'name': "Bring cake"})]
        )
        self.assertEqual(len(other.item_ids), number + 1)

    def test_required_has_to_be_done(self):
        handover = self._prepare()
        required = handover.item_ids.filtered('is_required')
        self.assertTrue(required)
        theirs = self._as(handover, self.hunter)
        with self.assertRaisesRegex(UserError, required[0].name):
            theirs.action_offer()
        required.with_user(self.hunter).is_done = True
        theirs.action_offer()
        self.assertEqual(handover.state, 'offered')
        self.assertEqual(required.done_by_id, self.hunter)

    def test_checklist_cannot_be_cheated(self):
        handover = self._prepare()
        required = self._as(handover.item_ids.filtered('is_required'), self.hunter)
        with self.assertRaises(UserError):
            required.unlink()
        with self.assertRaises(AccessError):
            required.write({'is_required': False})
        with self.assertRaises(AccessError):
            required.write({'done_by_id': self.leader.id})
        with self.assertRaises(AccessError):
            required.write({'handover_id': self._prepare(self._create_won("Another")).id})
        required.is_done = True
        required.is_done = False
        self.assertFalse(required.done_by_id)

    # ------------------------------------------------------------
    # OFFERING
    # ------------------------------------------------------------

    def test_offered_with_a_deadline(self):
        handover = self._offer()
        self.assertRecordValues(
            handover,
            [
                {
                    'state': 'offered',
                    'offered_date': date(2026, 3, 2),
                    'deadline': date(2026, 3, 7),
                }
            ],
        )
        self.assertEqual(
            self._asked(handover),
            [
                ('ho_farmer', "Accept the customer: Won Customer"),
                ('ho_hunter', f"Joint meeting with Won Customer and {self.farmer.name}"),
            ],
        )
        self.assertEqual(
            self._asked(handover, done=True), [('ho_hunter', "Prepare the handover: Won Customer")]
        )
        self.assertFalse(self._farmer_of(), "nothing moves before it is accepted")
        self.assertEqual(self.customer.user_id, self.hunter)

    def test_activities_are_in_the_language_of_who_does_them(self):
        self.env['res.lang']._activate_lang('ru_RU')
        self.env['ir.module.module']._load_module_terms(['sales_growth'], ['ru_RU'])
        asked = []

        def get_text(env, text, *args, **kwargs):
            asked.append((env.lang, text))
            return original(env, text, *args, **kwargs)

        original = type(self.env)._
        self.farmer.lang = 'ru_RU'
        self.patch(type(self.env), '_', get_text)
        self._offer()
        languages = dict((text, lang) for lang, text in asked)
        self.assertEqual(languages["Accept the customer: %s"], 'ru_RU')
        self.assertEqual(languages["Joint meeting with %(customer)s and %(farmer)s"], 'en_US')

    def test_reminded_once(self):
        handover = self._offer()
        self._go_to('2026-03-07')
        self._run()
        self.assertFalse(handover.is_late)
        self.assertFalse(handover.is_reminded)
        self._go_to('2026-03-08')
        self.env.invalidate_all()
        self.assertTrue(handover.is_late)
        self.assertEqual(self.env['growth.handover'].search([('is_late', '=', True)]), handover)
        self._run()
        self._run()
        self._go_to('2026-03-09')
        self._run()
        self.assertEqual(
            [login for login, summary in self._asked(handover) if "not answered" in summary],
            ['ho_leader'],
        )
        self._accept(handover)
        self.assertFalse(handover.is_late)
        self.assertFalse([text for _login, text in self._asked(handover) if "answered" in text])

    # ------------------------------------------------------------
    # ACCEPTING AND REFUSING
    # ------------------------------------------------------------

    def test_accepted(self):
        handover = self._offer()
        self._go_to('2026-03-04')
        self._accept(handover)
        self.assertRecordValues(
            handover,
            [
                {
                    'state': 'accepted',
                    'accepted_date': date(2026, 3, 4),
                    'accepted_by_id': self.farmer.id,
                    'undo_until': date(2026, 3, 11),
                }
            ],
        )
        hub = self._customer(self.customer)
        self.assertRecordValues(
            hub,
            [
                {
                    'farmer_id': self.farmer.id,
                    'farmer_team_id': self.farming.id,
                    'farmer_since': date(2026, 3, 4),
                }
            ],
        )
        self.assertEqual(self.customer.user_id, self.farmer)
        self.assertEqual(
            self._asked(handover),
            [('ho_hunter', f"Joint meeting with Won Customer and {self.farmer.name}")],
            "the joint meeting still helps",
        )
        self.assertIn("Accepted by", self._bodies(handover))
        self.assertIn("Handed over from", self._bodies(self.customer))

    def test_the_hunter_is_told_once(self):
        handover = self._offer()
        last = self._last_message()
        self._accept(handover)
        self.assertEqual(self._told_since(last), [self.hunter.partner_id])

    def test_refused_goes_to_the_leader_and_then_to_another_farmer(self):
        handover = self._refuse(self._offer())
        self.assertRecordValues(handover, [{'state': 'refused', 'refusal_reason': "Too far away"}])
        asked = self._asked(handover)
        self.assertEqual(
            asked,
            [
                (
                    'ho_leader',
                    f"{self.farmer.name} refused Won Customer: choose another farmer or cancel",
                )
            ],
            "the meeting with who refused is off",
        )
        self.assertIn("Too far away", handover.activity_ids.note)
        self._as(handover, self.leader).write({'farmer_id': self.farmer2.id})
        self._as(handover, self.leader).action_offer()
        self.assertRecordValues(handover, [{'state': 'offered', 'refusal_reason': False}])
        self._accept(handover)
        self.assertEqual(self._farmer_of(), self.farmer2)

    def test_without_a_leader_who_hands_over_decides(self):
        self.hunting.user_id = self.farming.user_id = False
        handover = self._refuse(self._offer())
        self.assertEqual([login for login, _text in self._asked(handover)], ['ho_hunter'])

    def test_the_leader_of_the_farmers_where_the_hunters_have_none(self):
        self.hunting.user_id = False
        handover = self._refuse(self._offer())
        self.assertEqual([login for login, _text in self._asked(handover)], ['ho_leader2'])

    def test_reason_has_to_be_said(self):
        handover = self._offer()
        with self.assertRaisesRegex(UserError, "Say why you refuse"):
            self._refuse(handover, reason="  ")
        self.assertEqual(handover.state, 'offered')

    def test_cancelled(self):
        handover = self._offer()
        self._as(handover, self.hunter).action_cancel()
        self.assertEqual(handover.state, 'cancelled')
        self.assertFalse(self._asked(handover))
        self.assertFalse(self._farmer_of())
        self.assertTrue(self._prepare(), "the customer is free for another one")

    def test_only_in_order(self):
        handover = self._prepare()
        for action, user in [
            ('action_accept', self.farmer),
            ('action_undo', self.farmer),
        ]:
            with self.assertRaisesRegex(UserError, "not possible any more"):
                getattr(self._as(handover, user), action)()
        self._accept(self._offer(handover))
        for action, user in [
            ('action_accept', self.farmer),
            ('action_offer', self.hunter),
            ('action_cancel', self.hunter),
        ]:
            with self.assertRaisesRegex(UserError, "not possible any more"):
                getattr(self._as(handover, user), action)()

    def test_several_at_once(self):
        handovers = self._offer() | self._offer(customer=self._create_won("Another"))
        self._as(handovers, self.leader2).action_accept()
        self.assertEqual(set(handovers.mapped('state')), {'accepted'})
        self.assertEqual(handovers.accepted_by_id, self.leader2)

    # ------------------------------------------------------------
    # BAD INPUT
    # ------------------------------------------------------------

    def test_not_to_the_same_person(self):
        with self.assertRaisesRegex(ValidationError, "has this customer already"):
            self._prepare(farmer_id=self.hunter.id)

    def test_not_to_somebody_archived(self):
        self.farmer.active = False
        with self.assertRaisesRegex(ValidationError, "is archived"):
            self._prepare(farmer_id=self.farmer.id)

    def test_not_accepted_for_somebody_archived_since(self):
        handover = self._offer()
        self.farmer.active = False
        with self.assertRaisesRegex(ValidationError, "is archived"):
            self._accept(handover, user=self.leader2)
        self.assertEqual(self.customer.user_id, self.hunter)

    def test_not_to_somebody_without_sales(self):
        clerk = self._create_user('ho_clerk', 'base.group_user')
        with self.assertRaisesRegex(ValidationError, "no access to sales"):
            self._prepare(farmer_id=clerk.id)

    def test_not_to_somebody_of_another_company(self):
        other = self._create_company("Another Company")
        foreigner = new_test_user(
            self.env,
            'ho_foreigner',
            groups='sales_team.group_sale_salesman',
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaises(UserError):
            self._prepare(farmer_id=foreigner.id)

    def test_not_a_customer_of_another_company(self):
        other = self._create_company("Another Company")
        self.customer.company_id = False
        foreign = self.env['res.partner'].create(
            {'name': "Foreign", 'is_company': True, 'company_id': other.id}
        )
        with self.assertRaises(UserError):
            self._prepare(foreign)
        with self.assertRaisesRegex(UserError, "Foreign"):
            self.env['growth.handover'].sudo().create(
                {'partner_id': foreign.id, 'hunter_id': self.hunter.id}
            )

    def test_team_without_members(self):
        self.farming.crm_team_member_ids.action_archive()
        handover = self._prepare()
        self.assertFalse(handover.farmer_id)
        with self.assertRaisesRegex(UserError, "The farmer team Farming has no members"):
            self._offer(handover)
        self.assertEqual(handover.state, 'draft')

    def test_no_farmers_at_all(self):
        self.farming.growth_role = 'both'
        handover = self._prepare()
        with self.assertRaisesRegex(UserError, "Nobody is a farmer in Growth Test Company"):
            self._offer(handover)

    def test_nobody_has_room(self):
        self.farming.crm_team_member_ids.assignment_optout = True
        handover = self._prepare()
        with self.assertRaisesRegex(UserError, "has room"):
            self._offer(handover)
        self.farming.crm_team_member_ids.assignment_optout = False
        self._offer(handover)
        self.assertEqual(handover.farmer_id, self.farmer)

    def test_one_at_a_time(self):
        first = self._prepare()
        with (
            mute_logger('odoo.sql_db'),
            self.assertRaisesRegex(Exception, "being handed over already|growth_handover_unique"),
            self.cr.savepoint(),
        ):
            self._prepare(user=self.leader)
        self._refuse(self._offer(first))
        with (
            mute_logger('odoo.sql_db'),
            self.assertRaisesRegex(Exception, "being handed over already|growth_handover_unique"),
            self.cr.savepoint(),
        ):
            self._prepare()

    # ------------------------------------------------------------
    # CLOSED TO USERS
    # ------------------------------------------------------------

    def test_everything_else_changes_by_the_buttons(self):
        handover = self._prepare()
        closed = {
            'company_id': self.company.id,
            'partner_id': self._create_won("Another").id,
            'hunter_id': self.farmer.id,
            'hunter_team_id': self.farming.id,
            'state': 'accepted',
            'trigger': 'order',
            'date': '2020-01-01',
            'offered_date': '2026-03-01',
            'deadline': '2026-04-01',
            'accepted_date': '2026-03-01',
            'undo_until': '2027-01-01',
            'accepted_by_id': self.farmer.id,
            'refusal_reason': "None",
            'refused_by_id': self.farmer.id,
            'is_reminded': True,
            'move_ids': [Command.clear()],
            'create_uid': self.farmer.id,
        }
        for user in (self.hunter, self.user_admin):
            for fname, value in closed.items():
                with self.subTest(fname, login=user.login), self.assertRaises(AccessError):
                    handover.with_user(user).write({fname: value})
        stored = {
            fname
            for fname, field in handover._fields.items()
            if field.store
            and not fname.startswith(('message_', 'activity_', 'write_', 'website_message_'))
        }
        self.assertEqual(
            stored - closed.keys() - {'id', 'create_date'},
            {'farmer_id', 'team_id', 'note', 'item_ids'},
            "a new field is closed until somebody opens it",
        )

    def test_nothing_else_can_be_stated(self):
        handover = self._prepare(
            state='accepted',
            trigger='order',
            date='2020-01-01',
            undo_until='2030-01-01',
            accepted_by_id=self.farmer.id,
            hunter_team_id=self.farming.id,
        )
        self.assertRecordValues(
            handover,
            [
                {
                    'state': 'draft',
                    'trigger': 'manual',
                    'date': date(2026, 3, 2),
                    'undo_until': False,
                    'accepted_by_id': False,
                    'hunter_team_id': self.hunting.id,
                }
            ],
        )

    def test_farmer_is_fixed_once_offered(self):
        handover = self._offer()
        for fname, value in [('farmer_id', self.farmer2.id), ('team_id', self.hunting.id)]:
            with self.assertRaisesRegex(UserError, "The farmer can be changed before"):
                handover.with_user(self.hunter).write({fname: value})
        self._as(handover, self.farmer).note = "<p>Likes tea</p>"
        self.assertIn("tea", handover.note)

    def test_moves_are_nobody_s_to_write(self):
        handover = self._accept()
        moves = handover.move_ids.with_user(self.user_admin)
        self.assertTrue(moves)
        with self.assertRaises(AccessError):
            moves.write({'state': 'kept'})
        with self.assertRaises(AccessError):
            moves.unlink()
        with self.assertRaises(AccessError):
            moves.create({'handover_id': handover.id, 'res_model': 'res.partner', 'res_id': 1})

    def test_history_stays(self):
        with self.assertRaises(AccessError):
            self._prepare().with_user(self.hunter).unlink()
        self._handovers().with_user(self.user_admin).unlink()
        handover = self._accept()
        with self.assertRaisesRegex(UserError, "is history and stays"):
            handover.with_user(self.user_admin).unlink()

    def test_copy_is_a_new_one(self):
        handover = self._accept()
        copy = handover.with_user(self.user_admin).copy({'farmer_id': self.farmer2.id})
        self.assertRecordValues(
            copy, [{'state': 'draft', 'accepted_date': False, 'undo_until': False}]
        )
        self.assertFalse(copy.move_ids)

    def test_form(self):
        with Form(self._as(self.env['growth.handover'], self.hunter)) as form:
            form.partner_id = self.customer
        self.assertEqual(form.record.farmer_id, self.farmer)
        self.assertTrue(form.record.item_ids)
        with Form(self._as(form.record, self.hunter)) as form:
            form.note = "<p>Knows what they want</p>"
            with form.item_ids.edit(0) as item:
                item.is_done = True
        self.assertIn("Knows", form.record.note)
