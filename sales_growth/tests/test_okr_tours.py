from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import date_utils, mute_logger

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestOkrTours(SalesGrowthCommon, HttpCase):
    """Objectives through the screens, on the day of the test, as the browser has no other clock.

    | login        | rights                   | is                                 |
    |--------------|--------------------------|------------------------------------|
    | growth_own   | User: Own Documents Only | member of "OKR Team"               |
    | okr_leader   | User: Own Documents Only | leader of "OKR Team"               |
    | growth_admin | Administrator            | sales manager                      |
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leader = cls._create_user('okr_leader', 'sales_team.group_sale_salesman')
        team = cls.env['crm.team'].create(
            {'name': "OKR Team", 'company_id': cls.company.id, 'user_id': cls.leader.id}
        )
        team.crm_team_member_ids = [Command.create({'user_id': cls.user_own.id})]
        cls.Objective = cls.env['growth.okr.objective']
        cls.month = date_utils.start_of(fields.Date.today(), 'month')
        cls.cycle = cls._create_cycle(cls.month)
        cls.above = cls._create_objective("Grow in the North", cls.leader, cls.cycle)
        # A tree of one root would be shown unfolded.
        cls._create_objective("Grow in the South", cls.user_admin, cls.cycle)

    @classmethod
    def _create_cycle(cls, date_from, **vals):
        cycle = cls.env['growth.okr.cycle'].create(
            {'company_id': cls.company.id, 'period': 'month', 'date_from': date_from, **vals}
        )
        cycle.action_start()
        return cycle

    @classmethod
    def _create_objective(cls, name, owner, cycle, **vals):
        """One that runs, with a key result from 0 to 100."""
        objective = cls.Objective.create(
            {
                'name': name,
                'owner_id': owner.id,
                'cycle_id': cycle.id,
                'key_result_ids': [Command.create({'name': "Orders", 'target': 100})],
                **vals,
            }
        )
        objective.action_accept()
        return objective

    def _tour(self, name, user, path='/odoo/crm'):
        self.start_tour(path, name, login=user.login)

    def _proposal(self):
        return self.Objective.search([('name', '=', "Learn to Sell Services")])

    def test_propose_and_accept(self):
        self._tour('growth_okr_propose', self.user_own)
        proposal = self._proposal()
        self.assertRecordValues(
            proposal,
            [
                {
                    'state': 'proposed',
                    'parent_id': self.above.id,
                    'owner_id': self.user_own.id,
                    'author_id': self.user_own.id,
                    'leader_id': self.leader.id,
                    'cycle_id': self.cycle.id,
                    'why': "Machines alone do not feed us",
                }
            ],
        )
        self.assertRecordValues(
            proposal.key_result_ids,
            [
                {
                    'name': "Share of services",
                    'kind': 'percentage',
                    'direction': 'decrease',
                    'baseline': 0.3,
                    'target': 0.125,
                }
            ],
        )
        self._tour('growth_okr_accept', self.leader)
        self.assertEqual(proposal.state, 'running')
        self.assertFalse(proposal.activity_ids)

    def test_ask_for_changes(self):
        proposal = self.Objective.with_user(self.user_own).create(
            {
                'name': "Learn to Sell Services",
                'cycle_id': self.cycle.id,
                'key_result_ids': [Command.create({'name': "Services", 'target': 10})],
            }
        )
        proposal.action_propose()
        self._tour('growth_okr_ask_changes', self.leader, f'/odoo/growth-objectives/{proposal.id}')
        self.assertEqual(proposal.state, 'changes')
        self.assertTrue(proposal.is_text_open)

    @mute_logger('odoo.http')
    def test_review(self):
        before = self._create_cycle(self.month - relativedelta(months=2), name="Reviewed Month")
        missed = self._create_objective("Sell More", self.user_own, before)
        self._tour('growth_okr_review', self.user_admin)
        self.assertEqual(before.state, 'closed')
        self.assertRecordValues(
            missed,
            [
                {
                    'state': 'closed',
                    'verdict': 'planning_error',
                    'cause': 'resources',
                    'lesson': "Count the holidays first",
                    'closed_by_id': self.user_admin.id,
                }
            ],
        )
        following = self.env['growth.okr.cycle'].search([('previous_id', '=', before.id)])
        self.assertRecordValues(
            following.objective_ids,
            [{'name': "Sell More", 'state': 'draft', 'carried_from_id': missed.id}],
        )
