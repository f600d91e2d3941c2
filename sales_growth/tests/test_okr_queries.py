from contextlib import contextmanager
from unittest.mock import patch

from lxml import etree

from odoo.fields import Command
from odoo.tests import tagged

from .common_okr import OkrCommon

COUNT = 300


@tagged('post_install', '-at_install')
class TestOkrQueries(OkrCommon):
    """Many objectives take no query each, wherever a set of them will do.

    300 of ten people, the leader's 30 on top and 9 below each, with three key results each.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.seller | cls.peer
        for number in range(8):
            cls.people |= cls._create_user(f'ok_{number}', 'sales_team.group_sale_salesman')
        cls.team.crm_team_member_ids = [
            Command.create({'user_id': user.id}) for user in cls.people[2:]
        ]
        with cls._at('2026-04-15'):
            cls.cycle = cls._create_cycle('quarter', '2026-07-01')
            tops = cls._create_many(30, cls.leader)
            cls.objectives = tops | cls._create_many(COUNT - 30, *cls.people, parents=tops)

    @classmethod
    def _create_many(cls, count, *people, parents=None):
        return (
            cls._as(cls.Objective, cls.user_admin)
            .create(
                [
                    {
                        'name': f"Objective {number}",
                        'cycle_id': cls.cycle.id,
                        'owner_id': people[number % len(people)].id,
                        'parent_id': parents and parents[number % len(parents)].id,
                        'key_result_ids': [
                            Command.create({'name': f"Result {each}", 'target': 100})
                            for each in range(3)
                        ],
                    }
                    for number in range(count)
                ]
            )
            .with_env(cls.env)
        )

    @contextmanager
    def _at_most(self, count):
        """Fewer queries than some, all that is left to be written included."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        yield
        self.env.flush_all()
        used = self.cr.sql_log_count - before
        self.assertLessEqual(used, count)

    def _specification(self, model):
        arch = etree.fromstring(self.env[model].get_view(view_type='list')['arch'])
        fields = self.env[model]._fields
        return {
            fname: {'fields': {'display_name': {}}} if fields[fname].relational else {}
            for fname in (node.get('name') for node in arch.iterfind('.//field'))
        }

    def test_lists(self):
        for user, counts in ((self.seller, (30, 30)), (self.user_admin, (30, 30))):
            for model, limit in zip(
                ('growth.okr.objective', 'growth.okr.key.result'), counts, strict=True
            ):
                specification = self._specification(model)
                Model = self._as(self.env[model], user)
                with self.subTest(model, user=user.login), self._at_most(limit):
                    result = Model.web_search_read(
                        [('cycle_id', '=', self.cycle.id)], specification, limit=1000
                    )
                self.assertEqual(result['length'], COUNT * (1 + 2 * (model[-1] == 't')))

    def test_private_names(self):
        self.objectives[:30].sudo().is_private = True
        specification = {'parent_id': {'fields': {'display_name': {}}}}
        with self._at_most(20):
            result = self._as(self.Objective, self.seller).web_search_read(
                [('cycle_id', '=', self.cycle.id)], specification, limit=1000
            )
        names = [values['parent_id']['display_name'] for values in result['records']]
        self.assertEqual(set(names), {"Private Objective"})

    def _act(self, action, records=None, **context):
        """A button for all of them, by a manager."""
        records = self.objectives if records is None else records
        return getattr(self._as(records, self.user_admin).with_context(**context), action)()

    @contextmanager
    def _silent(self):
        """Without the messages, which Odoo writes and sends one by one."""
        with patch.object(type(self.objectives), 'message_post', lambda *args, **kwargs: None):
            yield

    def test_proposed(self):
        with self._at_most(150):
            self._act('action_propose', mail_activity_quick_update=True)
        self.assertEqual(set(self.objectives.mapped('state')), {'proposed'})
        self.assertEqual(len(self._asked(self.objectives)), COUNT - 30)

    def test_accepted(self):
        with self._silent(), self._at_most(150):
            self._act('action_accept')
        self.assertEqual(set(self.objectives.mapped('state')), {'accepted'})

    def test_messages(self):
        """What a message costs is Odoo's; nothing else comes with it."""
        with self._at_most(15 * COUNT):
            self._act('action_accept')

    def test_started(self):
        self._act('action_accept')
        with self._at_most(50):
            self._act('action_start', self.cycle)
        self.assertEqual(set(self.objectives.mapped('state')), {'running'})

    def test_given_up(self):
        with self._silent(), self._at_most(150):
            self._decide(self.objectives, 'cancel')
        self.assertEqual(set(self.objectives.mapped('state')), {'cancelled'})

    def test_carried_over(self):
        with self._silent():
            self._act('action_accept')
        wizard = self._as(self.env['growth.okr.next.cycle'], self.user_admin).create(
            {'cycle_id': self.cycle.id}
        )
        # Who is responsible is written one by one, as Odoo does with what follows a tree.
        with self._at_most(COUNT + 150):
            action = wizard.action_create_cycle()
        carried = self.Cycle.browse(action['res_id']).objective_ids
        self.assertEqual((len(carried), len(carried.key_result_ids)), (COUNT, 3 * COUNT))
        self.assertEqual(len(carried.filtered('parent_id')), COUNT - 30)

    def test_cycle(self):
        self._act('action_accept')
        with self._at_most(10):
            self._as(self.cycle, self.user_admin).read(
                ['objective_count', 'open_count', 'progress']
            )
