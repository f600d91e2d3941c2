from contextlib import contextmanager
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import SalesGrowthCommon

NOW = '2026-04-15 12:00:00'


class OkrCommon(SalesGrowthCommon):
    """Who sets objectives, and two cycles that run: the year 2026 and its second quarter.

    | login        | rights                   | is                                      |
    |--------------|--------------------------|-----------------------------------------|
    | ok_seller    | User: Own Documents Only | member of "OKR Team"                    |
    | ok_peer      | User: Own Documents Only | member of "OKR Team"                    |
    | ok_leader    | User: Own Documents Only | leader of "OKR Team", member of none    |
    | ok_boss      | User: Own Documents Only | responsible for the year, in no team    |
    | ok_stranger  | User: Own Documents Only | in no team                              |
    | growth_all   | User: All Documents      | in no team                              |
    | growth_admin | Administrator            | sales manager                           |
    | ok_foreigner | Administrator            | of a second company, the only one       |

    The clock of each test stands at Wednesday, 15 April 2026, noon, and moves by `_go_to`.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller, cls.peer, cls.leader, cls.boss, cls.stranger = (
            cls._create_user(f'ok_{login}', 'sales_team.group_sale_salesman')
            for login in ('seller', 'peer', 'leader', 'boss', 'stranger')
        )
        cls.team = cls.env['crm.team'].create(
            {'name': "OKR Team", 'company_id': cls.company.id, 'user_id': cls.leader.id}
        )
        cls.team.crm_team_member_ids = [
            Command.create({'user_id': user.id}) for user in cls.seller | cls.peer
        ]
        cls.other_company = cls._create_company("Second OKR Company")
        cls.foreigner = new_test_user(
            cls.env,
            'ok_foreigner',
            groups='sales_team.group_sale_manager',
            company_id=cls.other_company.id,
            company_ids=[Command.set(cls.other_company.ids)],
            tz='UTC',
        )
        cls.Cycle = cls.env['growth.okr.cycle']
        cls.Objective = cls.env['growth.okr.objective']
        cls.KeyResult = cls.env['growth.okr.key.result']
        with cls._at(NOW):
            cls.year = cls._create_cycle('year', '2026-01-01')
            cls.quarter = cls._create_cycle('quarter', '2026-04-01')
            (cls.year | cls.quarter).action_start()

    def setUp(self):
        super().setUp()
        self.clock = self.startPatcher(freeze_time(NOW))
        # The transaction has a clock of its own, which dates what is created.
        self.startPatcher(patch.object(self.env.cr, 'now', fields.Datetime.now))

    def _go_to(self, moment):
        """
        :param str moment: in UTC; a day alone is its noon
        """
        # What is due is written down before time goes on.
        self.env.flush_all()
        self.clock.move_to(moment if ':' in moment else f"{moment} 12:00:00")
        # What depends on the day is found anew.
        self.env.invalidate_all()

    @classmethod
    @contextmanager
    def _at(cls, moment):
        """For what a class sets up: the clock stands at a moment, as it does in tests."""
        with (
            freeze_time(moment if ':' in moment else f"{moment} 12:00:00"),
            patch.object(cls.env.cr, 'now', fields.Datetime.now),
        ):
            yield
            cls.env.flush_all()

    @classmethod
    def _as(cls, records, user):
        """The records of a person at the screen, where changes are tracked."""
        return records.with_user(user).with_context(
            tracking_disable=False, lang=user.lang, allowed_company_ids=user.company_id.ids
        )

    @contextmanager
    def _refused(self, exception, words):
        """As `assertRaisesRegex`; nothing of what was tried stays."""
        with self.assertRaisesRegex(exception, words), self.cr.savepoint():
            yield
        self.env.invalidate_all()

    # ------------------------------------------------------------
    # RECORDS
    # ------------------------------------------------------------

    @classmethod
    def _create_cycle(cls, period, date_from, company=None, **vals):
        """A cycle that is planned, as a manager makes it."""
        return (
            cls._as(cls.Cycle, cls.user_admin if not company else cls.foreigner)
            .create(
                {
                    'company_id': (company or cls.company).id,
                    'period': period,
                    'date_from': date_from,
                    **vals,
                }
            )
            .with_env(cls.env)
        )

    @classmethod
    def _create_objective(cls, user=None, key_results=1, cycle=None, name="Objective", **vals):
        """A draft of a person (ok_seller), in the quarter, with key results from 0 to 100.

        :param int key_results: how many
        """
        user = user or cls.seller
        vals = {
            'name': name,
            'cycle_id': (cycle or cls.quarter).id,
            'key_result_ids': [
                Command.create({'name': f"{name}: result {number + 1}", 'target': 100})
                for number in range(key_results)
            ],
            **vals,
        }
        return cls._as(cls.Objective, user).create(vals).with_env(cls.env)

    @classmethod
    def _create_key_result(cls, objective, user=None, **vals):
        """One more key result from 0 to 100, while the text of its objective is open."""
        vals = {'name': "Result", 'objective_id': objective.id, 'target': 100, **vals}
        user = user or objective.owner_id
        return cls._as(cls.KeyResult, user).create(vals).with_env(cls.env)

    @classmethod
    def _create_running(cls, user=None, **vals):
        """As `_create_objective`, accepted by a manager, and running if its cycle is."""
        objective = cls._create_objective(user, **vals)
        cls._accept(objective)
        return objective

    # ------------------------------------------------------------
    # WHAT PEOPLE DO
    # ------------------------------------------------------------

    @classmethod
    def _propose(cls, objective, user=None):
        cls._as(objective, user or objective.owner_id).action_propose()
        return objective

    @classmethod
    def _accept(cls, objective, user=None):
        cls._as(objective, user or cls.user_admin).action_accept()
        return objective

    @classmethod
    def _decide(cls, objective, decision, user=None, note="Too many at once"):
        """Ask for changes, decline or give up, by the button and its dialogue.

        :param str decision: 'ask_changes', 'decline' or 'cancel'
        """
        user = user or cls.user_admin
        action = getattr(cls._as(objective, user), f'action_{decision}')()
        wizard = cls._as(cls.env['growth.okr.decide'], user).with_context(**action['context'])
        wizard.create({'note': note}).action_decide()
        return objective

    @classmethod
    def _judge(cls, objective, user=None, **vals):
        """Judge by the button and its dialogue.

        :param vals: cause and lesson
        """
        user = user or objective.owner_id
        action = cls._as(objective, user).action_judge()
        wizard = cls._as(cls.env['growth.okr.judge'], user).with_context(**action['context'])
        wizard.create(vals).action_judge()
        return objective

    @classmethod
    def _measure(cls, key_result, value):
        """Let the job find a value today."""
        today = key_result.company_id._growth_day(fields.Datetime.now())
        key_result._note_points({key_result: value}, today)

    @classmethod
    def _check_in(cls, key_result, value=None, user=None, **vals):
        """
        :param float value: empty for that before
        """
        user = user or key_result.owner_id
        if value is not None:
            vals['value'] = value
        return (
            cls._as(cls.env['growth.okr.check.in'], user)
            .create({'key_result_id': key_result.id, **vals})
            .with_env(cls.env)
        )

    def _asked(self, record, done=False):
        """Logins and summaries or types of the activities of a record."""
        activities = (
            self.env['mail.activity']
            .with_context(active_test=False)
            .search(
                [
                    ('res_model', '=', record._name),
                    ('res_id', 'in', record.ids),
                    ('active', '=', not done),
                ],
                order='id',
            )
        )
        return [
            (activity.user_id.login, activity.summary or activity.activity_type_id.name)
            for activity in activities
        ]

    def _bodies(self, record):
        return " ".join(record.message_ids.mapped('body'))
