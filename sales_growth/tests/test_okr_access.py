from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common_okr import OkrCommon

MODELS = (
    'growth.okr.objective',
    'growth.okr.key.result',
    'growth.okr.check.in',
    'growth.okr.initiative',
    'growth.okr.milestone',
)
WIZARDS = ('growth.okr.decide', 'growth.okr.judge', 'growth.okr.next.cycle')


class OkrAccessCommon(OkrCommon):
    """One objective of the boss, and below it one of ok_seller with everything that there is; its
    key result is that of ok_peer. Nothing runs but what is checked in for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_none = cls._create_user('ok_none', 'base.group_user')
        cls.user_portal = cls._create_user('ok_portal', 'base.group_portal')
        with cls._at('2026-04-15'):
            cls.above = cls._create_objective(cls.boss, name="Above")
            cls.objective, cls.records = cls._create_everything(cls.above, name="Plain words")

    @classmethod
    def _create_everything(cls, parent, name, **vals):
        """
        :return: an objective, and records of each model that belong to it, by model
        """
        objective = cls._create_objective(
            parent_id=parent.id,
            name=name,
            key_result_ids=[
                Command.create(
                    {
                        'name': f"{name}: result",
                        'kind': 'milestones',
                        'owner_id': cls.peer.id,
                        'milestone_ids': [Command.create({'name': f"{name}: milestone"})],
                        'initiative_ids': [
                            Command.create({'name': f"{name}: initiative", 'user_id': cls.peer.id})
                        ],
                    }
                )
            ],
            **vals,
        )
        cls._accept(objective)
        key_result = objective.key_result_ids
        records = {
            'growth.okr.objective': objective,
            'growth.okr.key.result': key_result,
            'growth.okr.check.in': cls._check_in(key_result, comment=f"{name}: comment"),
            'growth.okr.initiative': key_result.initiative_ids,
            'growth.okr.milestone': key_result.milestone_ids,
        }
        return objective, records

    def _everybody(self):
        return (
            self.seller,
            self.peer,
            self.leader,
            self.boss,
            self.stranger,
            self.user_all,
            self.user_admin,
            self.foreigner,
            self.user_none,
            self.user_portal,
        )

    def _logins(self, operation, records):
        self.env.invalidate_all()
        return [
            user.login
            for user in self._everybody()
            if self._as(records, user).has_access(operation)
        ]


@tagged('post_install', '-at_install')
class TestOkrAccess(OkrAccessCommon):
    """Who reads, writes, makes and deletes what."""

    def test_reading(self):
        company = [
            'ok_seller',
            'ok_peer',
            'ok_leader',
            'ok_boss',
            'ok_stranger',
            'growth_all',
            'growth_admin',
        ]
        for model, records in {**self.records, 'growth.okr.cycle': self.quarter}.items():
            with self.subTest(model):
                self.assertEqual(self._logins('read', records), company)
                found = [
                    user.login
                    for user in self._everybody()[:-2]
                    if self._as(self.env[model], user).search([('id', 'in', records.ids)])
                ]
                self.assertEqual(found, company)

    def test_people_outside_sales(self):
        for user in (self.user_none, self.user_portal):
            for model in (*MODELS, *WIZARDS, 'growth.okr.cycle', 'growth.okr.measure'):
                with self.subTest(model, user=user.login), self.assertRaises(AccessError):
                    self._as(self.env[model], user).search([])

    def test_writing(self):
        own = ['ok_seller', 'ok_boss', 'growth_admin']
        shared = ['ok_seller', 'ok_peer', 'ok_boss', 'growth_admin']
        for model, logins in {
            'growth.okr.objective': own,
            'growth.okr.key.result': shared,
            'growth.okr.check.in': shared,
            'growth.okr.initiative': shared,
            'growth.okr.milestone': shared,
        }.items():
            with self.subTest(model):
                self.assertEqual(self._logins('write', self.records[model]), logins)
        self.assertEqual(self._logins('write', self.quarter), ['growth_admin'])

    def test_deleting(self):
        own = ['ok_seller', 'ok_boss', 'growth_admin']
        shared = ['ok_seller', 'ok_peer', 'ok_boss', 'growth_admin']
        for model, logins in {
            'growth.okr.objective': own,
            'growth.okr.key.result': own,
            'growth.okr.check.in': ['growth_admin'],
            'growth.okr.initiative': shared,
            'growth.okr.milestone': shared,
        }.items():
            with self.subTest(model):
                self.assertEqual(self._logins('unlink', self.records[model]), logins)
        self.assertEqual(self._logins('unlink', self.quarter), ['growth_admin'])

    def test_everybody_makes_own_objectives(self):
        for user in self._everybody()[:7]:
            objective = self._create_objective(user)
            self.assertEqual(objective.owner_id, user)
            self._propose(objective)
        for user in (self.user_none, self.user_portal):
            with self.assertRaises(AccessError):
                self._create_objective(user)

    def test_objectives_for_others(self):
        """Who is responsible above makes them for others; everybody hangs own ones anywhere."""
        below = self._as(self.Objective, self.boss).create(
            {
                'name': "For the peer",
                'cycle_id': self.quarter.id,
                'parent_id': self.above.id,
                'owner_id': self.peer.id,
            }
        )
        self.assertIn(self.boss, below.responsible_ids)
        self._create_objective(self.stranger, parent_id=self.above.id)
        for user in (self.stranger, self.leader, self.user_all):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._create_objective(user, parent_id=self.above.id, owner_id=self.peer.id)
        self._create_objective(self.user_admin, owner_id=self.peer.id)

    def test_below_own_is_changed_by_me(self):
        draft = self._create_objective(self.stranger, parent_id=self.above.id)
        self._as(draft, self.boss).name = "Shorter"
        self._as(draft.key_result_ids, self.boss).target = 50
        # Who is responsible below changes nothing above.
        with self.assertRaises(AccessError):
            self._as(self.above, self.seller).name = "Mine"
        with self.assertRaises(AccessError):
            self._as(self.above.key_result_ids, self.seller).name = "Mine"

    def test_nobody_adds_to_the_objectives_of_others(self):
        draft = self._create_objective()
        key_result = draft.key_result_ids
        running = self._create_running().key_result_ids
        for user in (self.peer, self.leader, self.stranger, self.user_all):
            for action in (
                lambda user=user: self._create_key_result(draft, user, owner_id=user.id),
                lambda user=user: self._as(draft, user).write(
                    {'key_result_ids': [Command.create({'name': "A", 'target': 1})]}
                ),
                lambda user=user: self._check_in(running, 1, user),
                lambda user=user: self._as(self.env['growth.okr.milestone'], user).create(
                    {'name': "Step", 'key_result_id': key_result.id}
                ),
                lambda user=user: self._as(self.env['growth.okr.initiative'], user).create(
                    {'name': "Do", 'key_result_id': key_result.id, 'user_id': user.id}
                ),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    action()

    def test_who_has_a_key_result(self):
        """Checks in, plans initiatives, ticks milestones, and leaves the running text alone."""
        key_result = self.records['growth.okr.key.result']
        self._check_in(key_result, user=self.peer, confidence=7)
        self._as(key_result.milestone_ids, self.peer).is_done = True
        self._as(self.env['growth.okr.initiative'], self.peer).create(
            {'name': "Call", 'key_result_id': key_result.id}
        )
        with self._refused(UserError, "The text is locked"):
            self._as(key_result, self.peer).name = "Easier"
        with self.assertRaises(AccessError):
            self._as(self.objective, self.peer).color = 3

    def test_all_documents_are_not_all_objectives(self):
        with self.assertRaises(AccessError):
            self._as(self.above, self.user_all).name = "Mine"

    def test_managers_of_one_company(self):
        for records in self.records.values():
            for operation in ('read', 'write', 'unlink'):
                self.assertFalse(self._as(records, self.foreigner).has_access(operation))
        self.foreigner.company_ids = [Command.link(self.company.id)]
        for records in self.records.values():
            there = records.with_user(self.foreigner)
            for company, allowed in ((self.company, True), (self.other_company, False)):
                there = there.with_context(allowed_company_ids=company.ids)
                self.assertEqual(there.has_access('read'), allowed)

    def test_a_locked_thread_is_open_for_readers(self):
        for model in ('growth.okr.objective', 'growth.okr.key.result', 'growth.okr.initiative'):
            record = self.records[model]
            message = self._as(record, self.stranger).message_post(
                body="Have you thought of Anna?", message_type='comment'
            )
            self.assertEqual(message.author_id, self.stranger.partner_id)
            for user in (self.foreigner, self.user_none):
                with self.assertRaises(AccessError):
                    self._as(record, user).message_post(body="Me too", message_type='comment')
                self.assertFalse(
                    self._as(self.env['mail.message'], user).search([('id', '=', message.id)])
                )


@tagged('post_install', '-at_install')
class TestOkrPrivate(OkrAccessCommon):
    """Private objectives and all that belongs to them are not seen, by no way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._at('2026-04-15'):
            cls.secret, cls.secrets = cls._create_everything(
                cls.above, name="Secret words", is_private=True
            )
            cls.below = cls._create_objective(parent_id=cls.secret.id, name="Secret below")
        cls.strangers = (cls.stranger, cls.user_all)

    def test_who_sees_them(self):
        seeing = ['ok_seller', 'ok_peer', 'ok_leader', 'ok_boss', 'growth_admin']
        for model, records in self.secrets.items():
            with self.subTest(model):
                self.assertEqual(self._logins('read', records), seeing)
                for user in self.strangers:
                    Model = self._as(self.env[model], user)
                    self.assertFalse(Model.search([('id', 'in', records.ids)]))
                    self.assertFalse(Model.search_count([('id', 'in', records.ids)]))

    def test_what_stands_below_is_private_too(self):
        self.assertTrue(self.below.is_private)
        self.assertEqual(
            self._logins('read', self.below),
            ['ok_seller', 'ok_leader', 'ok_boss', 'growth_admin'],
        )
        with self._refused(UserError, "it is private, too"):
            self._as(self.below, self.seller).is_private = False
        # What becomes private takes along what is below.
        self._as(self.above, self.boss).is_private = True
        self.assertTrue(self.objective.is_private)
        self.assertEqual(
            self._logins('read', self.records['growth.okr.check.in']),
            ['ok_seller', 'ok_peer', 'ok_leader', 'ok_boss', 'growth_admin'],
        )

    def test_not_by_its_name(self):
        for user in self.strangers:
            for model in ('growth.okr.objective', 'growth.okr.key.result'):
                self.assertFalse(self._as(self.env[model], user).name_search("Secret"))
            for model, path in (
                ('growth.okr.objective', 'name'),
                ('growth.okr.objective', 'key_result_ids.name'),
                ('growth.okr.key.result', 'objective_id.name'),
                ('growth.okr.check.in', 'comment'),
                ('growth.okr.check.in', 'objective_id.name'),
                ('growth.okr.initiative', 'name'),
                ('growth.okr.initiative', 'key_result_id.name'),
                ('growth.okr.milestone', 'name'),
                ('growth.okr.cycle', 'objective_ids.name'),
            ):
                with self.subTest(f'{model}: {path}'):
                    found = self._as(self.env[model], user).search([(path, 'ilike', "Secret")])
                    self.assertFalse(found)

    def test_not_in_counts(self):
        for user in self.strangers:
            for model in MODELS:
                with self.subTest(model):
                    Model = self._as(self.env[model], user)
                    groups = Model.formatted_read_group(
                        [('company_id', '=', self.company.id)], ['company_id'], ['__count']
                    )
                    expected = 2 if model == 'growth.okr.objective' else 1
                    if model == 'growth.okr.key.result':
                        expected = 2
                    self.assertEqual([group['__count'] for group in groups], [expected])
            above = self._as(self.above, user)
            self.env.invalidate_all()
            self.assertEqual(above.child_count, 1)
            self.assertEqual(above.child_ids, self.objective)
            self.assertEqual(self._as(self.quarter, user).objective_count, 2)

    def test_not_by_standing_below_it(self):
        """Hanging an own objective there would show the name, and what is reached."""
        for action in (
            lambda: self._create_objective(self.stranger, parent_id=self.secret.id),
            lambda: self._as(self._create_objective(self.stranger), self.stranger).write(
                {'parent_id': self.secret.id}
            ),
        ):
            with self.assertRaises(AccessError):
                action()

    def test_not_by_a_key_result_of_mine(self):
        """Who has one of its key results may read it; nobody gets one in by himself."""
        self._decide(self.secret, 'ask_changes')
        mine = self._create_objective(self.stranger).key_result_ids
        for action in (
            lambda: self._create_key_result(self.secret, self.stranger, owner_id=self.stranger.id),
            lambda: self._as(mine, self.stranger).write({'objective_id': self.secret.id}),
            lambda: self._as(self.env['growth.okr.initiative'], self.stranger).create(
                {
                    'name': "Do",
                    'key_result_id': self.secret.key_result_ids.id,
                    'user_id': self.stranger.id,
                }
            ),
        ):
            with self.assertRaises(AccessError):
                action()

    def test_names_of_what_is_pointed_at(self):
        """Odoo reads names of related records by the system."""
        given = self._create_objective(
            self.boss, parent_id=self.above.id, owner_id=self.stranger.id
        )
        initiative = self._as(self.env['growth.okr.initiative'], self.seller).create(
            {
                'name': "Ask them",
                'key_result_id': self.secret.key_result_ids.id,
                'user_id': self.stranger.id,
            }
        )
        self._as(given, self.boss).parent_id = self.secret
        given.sudo().carried_from_id = self.secret
        self.env.flush_all()
        self.env.invalidate_all()
        names = {'fields': {'display_name': {}}}
        [values] = self._as(given, self.stranger).web_read(
            {'parent_id': names, 'carried_from_id': names}
        )
        self.assertEqual(values['parent_id']['display_name'], "Private Objective")
        self.assertEqual(values['carried_from_id']['display_name'], "Private Objective")
        self.assertEqual(
            self._as(given, self.stranger).read(['parent_id'])[0]['parent_id'][1],
            "Private Objective",
        )
        [values] = self._as(initiative, self.stranger).web_read(
            {'key_result_id': names, 'objective_id': names}
        )
        self.assertEqual(values['key_result_id']['display_name'], "Private Key Result")
        self.assertEqual(values['objective_id']['display_name'], "Private Objective")
        groups = self._as(self.Objective, self.stranger).formatted_read_group(
            [('id', '=', given.id)], ['parent_id'], ['__count']
        )
        self.assertEqual(groups[0]['parent_id'][1], "Private Objective")
        # Those who see it are told.
        self.env.invalidate_all()
        for user in (self.boss, self.user_admin):
            [values] = self._as(given, user).web_read({'parent_id': names})
            self.assertEqual(values['parent_id']['display_name'], "Secret words")
        # And the system is, in whose name nobody looks.
        self.assertEqual(self.secret.with_user(1).display_name, "Secret words")

    def test_alignments(self):
        other = self._create_objective(self.stranger, name="Helper")
        self._as(self.below, self.seller).aligned_key_result_ids = other.key_result_ids
        visible = self._create_objective(self.seller, name="Visible")
        self._as(visible, self.seller).aligned_key_result_ids = self.secret.key_result_ids
        self.env.flush_all()
        self.env.invalidate_all()
        names = {'fields': {'display_name': {}}}
        [values] = self._as(visible, self.stranger).web_read({'aligned_key_result_ids': names})
        self.assertFalse(values['aligned_key_result_ids'])
        [values] = self._as(other.key_result_ids, self.stranger).web_read(
            {'aligned_objective_ids': names}
        )
        self.assertFalse(values['aligned_objective_ids'])
        with self.assertRaises(AccessError):
            self._as(other, self.stranger).aligned_key_result_ids = self.secret.key_result_ids

    def test_messages_attachments_and_activities(self):
        for model in ('growth.okr.objective', 'growth.okr.key.result', 'growth.okr.initiative'):
            record = self.secrets[model]
            message = self._as(record, self.seller).message_post(
                body="Nobody knows", message_type='comment'
            )
            attachment = self._as(self.env['ir.attachment'], self.seller).create(
                {'name': "plan.txt", 'raw': b"plan", 'res_model': model, 'res_id': record.id}
            )
            activity = self._as(record, self.seller).activity_schedule(
                'mail.mail_activity_data_todo', user_id=self.seller.id
            )
            for user in (*self.strangers, self.foreigner):
                for each in (message, attachment, activity):
                    with self.subTest(model, what=each._name, user=user.login):
                        mine = self._as(each, user)
                        self.assertFalse(mine.search([('id', '=', each.id)]))
                        self.assertFalse(mine.has_access('read'))
                with self.assertRaises(AccessError):
                    self._as(record, user).message_post(body="Hello", message_type='comment')
            self.assertTrue(self._as(message, self.peer).has_access('read'))

    def test_followers_of_before(self):
        """Who followed it while it was open is not told any more."""
        for records in (
            self.objective,
            self.objective.key_result_ids,
            self.objective.key_result_ids.initiative_ids,
        ):
            records.message_subscribe((self.stranger | self.peer).partner_id.ids)
        self._as(self.above, self.boss).is_private = True
        for records in (
            self.objective,
            self.objective.key_result_ids,
            self.objective.key_result_ids.initiative_ids,
        ):
            self.assertNotIn(self.stranger.partner_id, records.message_partner_ids)
            self.assertIn(self.peer.partner_id, records.message_partner_ids)

    def _follow_by(self, *users):
        """Let people follow the secret and all that hangs on it.

        :return: those records, by model
        """
        key_results = self.secret.key_result_ids
        everything = (self.secret, key_results, key_results.initiative_ids, self.below)
        for records in everything:
            for user in users:
                records.message_subscribe(user.partner_id.ids)
        return everything

    def test_followers_who_were_responsible(self):
        """Whoever is not responsible any more is not told of what is private any more."""
        initiatives = self.secret.key_result_ids.initiative_ids
        initiatives.user_id = self.below.owner_id = self.user_admin
        self.below.key_result_ids.owner_id = self.user_admin
        # Here, above, and for a key result
        for record, user in (
            (self.secret, self.seller),
            (self.above, self.boss),
            (self.secret.key_result_ids, self.peer),
        ):
            with self.subTest(user=user.login):
                everything = self._follow_by(user)
                self._as(record, self.user_admin).owner_id = self.user_admin
                for records in everything:
                    self.assertNotIn(user.partner_id, records.message_partner_ids)

    def test_followers_who_stood_above(self):
        self._decide(self.secret, 'ask_changes')
        everything = self._follow_by(self.boss, self.seller)
        self._as(self.secret, self.user_admin).parent_id = False
        for records in everything:
            self.assertNotIn(self.boss.partner_id, records.message_partner_ids)
            self.assertIn(self.seller.partner_id, records.message_partner_ids)

    def test_followers_of_other_companies(self):
        """Who writes may work for more companies than those who follow."""
        self.user_admin.company_ids = [Command.link(self.other_company.id)]
        everything = self._follow_by(self.seller, self.foreigner)
        self._as(self.secret, self.user_admin).with_context(
            allowed_company_ids=(self.company | self.other_company).ids
        ).is_private = True
        for records in everything:
            self.assertIn(self.seller.partner_id, records.message_partner_ids)
            self.assertNotIn(self.foreigner.partner_id, records.message_partner_ids)

    def test_followers_who_led(self):
        """Another leader of the team, or another team."""
        everything = self._follow_by(self.leader)
        self.assertEqual(self.secret.leader_id, self.leader)
        self.team.user_id = self.stranger
        for records in everything:
            self.assertNotIn(self.leader.partner_id, records.message_partner_ids)
        members = self.team.crm_team_member_ids.filtered(lambda each: each.user_id == self.seller)
        everything = self._follow_by(self.stranger)
        members.unlink()
        self.assertEqual(self.secret.leader_id, self.boss)
        for records in everything:
            self.assertNotIn(self.stranger.partner_id, records.message_partner_ids)
        other = self.env['crm.team'].create(
            {'name': "Other OKR Team", 'company_id': self.company.id, 'user_id': self.leader.id}
        )
        member = self.env['crm.team.member'].create(
            {'crm_team_id': other.id, 'user_id': self.seller.id}
        )
        self.assertEqual(self.secret.leader_id, self.leader)
        everything = self._follow_by(self.leader)
        self.env.flush_all()
        self.env.invalidate_all()
        member.active = False
        self.env.invalidate_all()
        for records in everything:
            self.assertNotIn(self.leader.partner_id, records.message_partner_ids)

    def test_not_by_typing_into_forms(self):
        """A form works out what hangs on a record that is named in it, by the system."""
        for model, fname, name, fnames in (
            ('growth.okr.check.in', 'key_result_id', 'key_result', ('value', 'current_text')),
            ('growth.okr.initiative', 'key_result_id', 'key_result', ('user_id', 'date_deadline')),
            ('growth.okr.milestone', 'key_result_id', 'key_result', ('company_id',)),
            ('growth.okr.key.result', 'objective_id', 'objective', ('owner_id', 'state')),
            ('growth.okr.objective', 'parent_id', 'objective', ('leader_id', 'is_private')),
        ):
            record = self.secrets[f'growth.okr.{name.replace("_", ".")}']
            specification = {each: {} for each in (fname, *fnames)}
            Model = self._as(self.env[model], self.stranger)
            for named in (record.id, {'id': record.id}):
                with self.subTest(model, named=named), self.assertRaises(AccessError):
                    Model.onchange({fname: named}, [fname], specification)
            with self.subTest(model, by='default'), self.assertRaises(AccessError):
                Model.with_context(**{f'default_{fname}': record.id}).onchange(
                    {}, [], specification
                )
            visible = self.records[f'growth.okr.{name.replace("_", ".")}']
            Model.onchange({fname: visible.id}, [fname], specification)

    def test_not_by_judging_it(self):
        """Whatever the system has read of it before in the same request."""
        vals = {'objective_id': self.secret.id}
        for user in self.strangers:
            Wizard = self._as(self.env['growth.okr.judge'], user)
            self.env.invalidate_all()
            with self._refused(AccessError, ""):
                Wizard.create(vals)
            smuggled = Wizard.sudo().create(vals).sudo(False)
            smuggled.read(['objective_id'])
            for fname in ('progress', 'verdict', 'kind'):
                with self._refused(AccessError, ""):
                    smuggled.read(['display_name', fname])
            with self._refused(AccessError, ""):
                Wizard.with_context(default_objective_id=self.secret.id).create({})
            own = Wizard.create({'objective_id': self.objective.id})
            with self._refused(AccessError, ""):
                own.write(vals)
            self.env.invalidate_all()
            self.secret.sudo().mapped('progress')
            with self._refused(AccessError, ""):
                Wizard.onchange(vals, ['objective_id'], {'progress': {}, 'kind': {}})
            self.assertEqual(own.kind, 'aspirational')

    def test_a_hidden_name_reads_nothing_else(self):
        for model, word in (
            ('growth.okr.objective', "Private Objective"),
            ('growth.okr.key.result', "Private Key Result"),
        ):
            record = self.secrets[model]
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(self._as(record, self.stranger).sudo().display_name, word)
            for fname in ('name', 'progress', 'state'):
                with self.subTest(model, fname=fname), self.assertRaises(AccessError):
                    self._as(record, self.stranger).mapped(fname)

    def test_buttons_do_not_work(self):
        for user in self.strangers:
            for action in ('propose', 'withdraw', 'accept', 'decline', 'cancel', 'judge'):
                with self.subTest(action), self.assertRaises(AccessError):
                    getattr(self._as(self.secret, user), f'action_{action}')()
            with self.assertRaises(AccessError):
                self._as(self.secret.key_result_ids, user).action_check_in()
            with self.assertRaises(AccessError):
                self._as(self.secret, user).copy()
