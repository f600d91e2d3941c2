from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common_funnel import FunnelCommon

# Leads that passed each step, of the sales playbook: 80, 70, 85 and 95 % of 100, and so on
IVANOV = (80, 56, 48, 45)
SIDOROV = (95, 86, 60, 48)


@tagged('post_install', '-at_install')
class TestConversionTour(FunnelCommon, HttpCase):
    """The screen with the worked example: two salespeople of one team, all leads of one day, and a
    third one who began last week."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason = cls._create_reason()
        cls.ivanov = cls._create_salesperson("Ivanov")
        cls.sidorov = cls._create_salesperson("Sidorov")
        cls.newcomer = cls._create_salesperson("Newcomer")
        cls.team = cls._create_team("Growth Team", cls.ivanov | cls.sidorov | cls.newcomer)
        cls.other_team = cls._create_team("Growth Team Without Leads")
        with cls._at('2026-01-20'):
            cls._work(cls.ivanov, 100, IVANOV)
            cls._work(cls.sidorov, 100, SIDOROV)
        with cls._at('2026-03-01'):
            cls._work(cls.newcomer, 5, (2, 0, 0, 0), lost=2)
        # Once the clock stands still pandas cannot be imported, which the figures need.
        cls.env['growth.conversion.report'].get_salespeople()

    @classmethod
    def _create_salesperson(cls, name):
        user = cls._create_user(f'growth_{name.lower()}', 'sales_team.group_sale_salesman')
        user.name = name
        return user

    @classmethod
    def _work(cls, user, prospects, passed, lost=None):
        """Leads of a salesperson that go through the funnel in a day.

        :param tuple[int] passed: how many pass each step
        :param int lost: how many of those that do not pass the first step are lost, all when
            omitted. Others stay open.
        """
        leads = cls.env['crm.lead'].create(
            [
                {
                    'name': f"{user.name} {number}",
                    'type': 'opportunity',
                    'company_id': cls.company.id,
                    'user_id': user.id,
                    'team_id': cls.team.id,
                    'stage_id': cls.new.id,
                    'probability': 30.0,
                    'expected_revenue': 1000.0,
                }
                for number in range(prospects)
            ]
        )
        for count, stage in zip(passed, (cls.qualified, cls.proposition, cls.won), strict=False):
            leads[:count].stage_id = stage
        leads[: passed[-1]]._growth_reach(lambda path, lead: path.invoice_index)
        leads[passed[0] :][:lost].action_set_lost(lost_reason_id=cls.reason.id)
        return leads

    def _start(self, tour, user):
        with freeze_time('2026-03-05 12:00:00', tick=True):
            self.start_tour('/odoo/growth-conversion', tour, login=user.login)

    def test_manager_reads_the_figures(self):
        self._start('growth_conversion_read', self.user_admin)

    def test_manager_starts_a_coaching(self):
        self._start('growth_conversion_coach', self.user_admin)
        self.assertRecordValues(
            self.env['growth.funnel.coaching'].search([('company_id', '=', self.company.id)]),
            [
                {
                    'pupil_id': self.ivanov.id,
                    'teacher_id': self.sidorov.id,
                    'date': date(2026, 3, 5),
                }
            ],
        )
        self.assertRecordValues(
            self.env['growth.funnel.coaching.line'].search([('pupil_id', '=', self.ivanov.id)]),
            [
                {'step_id': self.acquaintance.id, 'before_judged': 100, 'before_passed': 80},
                {'step_id': self.presentation.id, 'before_judged': 80, 'before_passed': 56},
            ],
        )

    def test_salesperson_sees_own_figures_and_the_average(self):
        self._start('growth_conversion_own', self.ivanov)

    def test_many_salespeople(self):
        """The bars are of those with the most leads, the table of all."""
        users = self.env['res.users'].create(
            [
                {
                    'name': f"Seller {number:02}",
                    'login': f'growth_seller_{number}',
                    'company_id': self.company.id,
                    'company_ids': [Command.set(self.company.ids)],
                }
                for number in range(11)
            ]
        )
        for number, user in enumerate(users, 1):
            self._work(user, number, (number, 0, 0, 0))
        self._start('growth_conversion_many', self.user_admin)

    def test_company_without_leads(self):
        leads = self.env['crm.lead'].with_context(active_test=False)
        leads.search([('company_id', '=', self.company.id)]).unlink()
        self._start('growth_conversion_empty', self.user_admin)
