from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common_contact import ContactCommon


@tagged('post_install', '-at_install')
class TestContactTours(ContactCommon, HttpCase):
    """The screens as people use them, each with the least rights that do."""

    def test_salesperson_reads_plan_and_fact(self):
        self._join(self._create_team("Other Team"), self.user_all)
        today = fields.Date.context_today(self.company)
        self.env['growth.contact.plan'].create(
            {
                'kind': 'call',
                'number': 4,
                'period': 'week',
                'date_from': today - timedelta(days=today.weekday()),
            }
        )
        self._do(self.lead, fields.Datetime.now())
        self._do(self.customer, fields.Datetime.now(), user=self.user_all)
        self.start_tour('/odoo/crm', 'growth_contact_report', login='growth_own')

    def test_manager_plans(self):
        self.start_tour('/odoo/crm', 'growth_contact_plan', login='growth_admin')
        plan = self.env['growth.contact.plan'].search([])
        self.assertRecordValues(
            plan,
            [
                {
                    'kind': 'meeting',
                    'number': 3,
                    'period': 'week',
                    'user_id': self.user_own.id,
                    'team_id': False,
                    'company_id': self.company.id,
                },
            ],
        )
        self.assertEqual(plan.date_from.weekday(), 0)
