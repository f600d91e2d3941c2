from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import date_utils

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestOkrCheckInTours(SalesGrowthCommon, HttpCase):
    """A week of somebody with own documents only, on the day of the test, as the browser has no
    other clock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = fields.Date.today()
        cycle = cls.env['growth.okr.cycle'].create(
            {
                'company_id': cls.company.id,
                'period': 'month',
                'date_from': date_utils.start_of(today, 'month'),
            }
        )
        cycle.action_start()
        cls.objective = cls.env['growth.okr.objective'].create(
            {
                'name': "Grow in the North",
                'owner_id': cls.user_own.id,
                'cycle_id': cycle.id,
                'key_result_ids': [
                    Command.create({'name': "Orders won", 'unit': "orders", 'target': 100}),
                    Command.create(
                        {
                            'name': "Second desk",
                            'kind': 'milestones',
                            'milestone_ids': [
                                Command.create({'name': "Find the place", 'weight': 3}),
                                Command.create({'name': "Train the people", 'weight': 1}),
                            ],
                        }
                    ),
                ],
            }
        )
        cls.objective.action_accept()
        # Long enough to be reminded, whichever day of the week it is.
        cls.objective.sudo().running_date = today - timedelta(days=8)
        cls.orders, cls.desk = cls.objective.key_result_ids

    def test_check_in(self):
        self.env['growth.okr.key.result']._remind(self.company, fields.Date.today())
        self.assertEqual(self.objective.activity_ids.user_id, self.user_own)
        self.start_tour('/odoo/growth-my-okr', 'growth_okr_check_in', login=self.user_own.login)
        self.assertRecordValues(
            self.orders.check_in_ids,
            [
                {
                    'value': 40,
                    'confidence': 7,
                    'comment': "The fair helped",
                    'user_id': self.user_own.id,
                    'progress': 0.4,
                }
            ],
        )
        self.assertEqual(self.orders.progress, 0.4)
        self.assertEqual(self.desk.progress, 0.75)
        self.assertEqual(self.objective.progress, (0.4 + 0.75) / 2)
        self.assertFalse(self.objective.activity_ids)
        initiative = self.desk.initiative_ids
        self.assertRecordValues(
            initiative,
            [{'name': "Call the landlord", 'state': 'done', 'user_id': self.user_own.id}],
        )
        self.assertFalse(initiative.activity_ids)

    def test_kinds(self):
        objective = self.objective.create(
            {
                'name': "Other Kinds",
                'owner_id': self.user_own.id,
                'cycle_id': self.objective.cycle_id.id,
                'key_result_ids': [
                    Command.create(
                        {'name': "Answers", 'kind': 'percentage', 'baseline': 0.2, 'target': 0.5}
                    ),
                    Command.create(
                        {'name': "Profit", 'kind': 'money', 'baseline': 1000, 'target': 9000}
                    ),
                    Command.create({'name': "Contract", 'kind': 'yes_no'}),
                ],
            }
        )
        objective.action_accept()
        self.start_tour(
            '/odoo/growth-my-okr', 'growth_okr_check_in_kinds', login=self.user_own.login
        )
        share, profit, contract = objective.key_result_ids
        self.assertEqual(share.check_in_ids.mapped('value'), [0.35])
        self.assertEqual(profit.check_in_ids.mapped('value'), [2500.5])
        self.assertEqual(contract.check_in_ids.mapped('value'), [0, 1])

    def test_others(self):
        self.start_tour(
            f'/odoo/growth-key-results/{self.desk.id}',
            'growth_okr_check_in_others',
            login=self.user_all.login,
        )
