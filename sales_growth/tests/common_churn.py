from datetime import date

from freezegun import freeze_time

from odoo import fields
from odoo.fields import Command, Domain

from .common import SalesGrowthCommon

# A Wednesday: its ISO week goes from 1 to 7 June 2026.
NOW = '2026-06-03 12:00:00'
TODAY = date(2026, 6, 3)


class ChurnCommon(SalesGrowthCommon):
    """Customers who are leaving, and who sees to them.

    | login        | rights                   | sees                                         |
    |--------------|--------------------------|----------------------------------------------|
    | growth_own   | User: Own Documents Only | own cases, those of nobody                   |
    | growth_peer  | User: Own Documents Only | the same                                     |
    | growth_head  | User: Own Documents Only | also those of the team "Sales Team of Tests" |
    | growth_all   | User: All Documents      | all cases of the company                     |
    | growth_admin | Administrator            | all, and configures                          |

    The clock of each test stands at Wednesday, 3 June 2026, noon, and moves by `_go_to`.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_peer = cls._create_user('growth_peer', 'sales_team.group_sale_salesman')
        cls.user_head = cls._create_user('growth_head', 'sales_team.group_sale_salesman')
        cls.team = cls.env['crm.team'].create(
            {
                'name': "Sales Team of Tests",
                'company_id': cls.company.id,
                'user_id': cls.user_head.id,
            }
        )
        cls.team.crm_team_member_ids = [
            Command.create({'user_id': user.id}) for user in cls.user_own | cls.user_peer
        ]
        # Nothing but the methods of the tests, and the shipped ones
        cls.env['growth.winback.method'].search([('company_id', '!=', False)]).action_archive()
        cls.price = cls.env.ref('sales_growth.growth_churn_reason_price')
        cls.service = cls.env.ref('sales_growth.growth_churn_reason_service')
        cls.guarantee, cls.gift, cls.offer, cls.products, cls.video, cls.meeting = (
            cls.env.ref(f'sales_growth.growth_winback_method_{name}')
            for name in ('guarantee', 'gift', 'offer', 'products', 'video', 'meeting')
        )

    def setUp(self):
        super().setUp()
        self.clock = self.startPatcher(freeze_time(NOW))

    def _go_to(self, moment):
        """
        :param str moment: in UTC; a day alone is its noon
        """
        # What is due is written down before time goes on.
        self.env.flush_all()
        self.clock.move_to(moment if ':' in moment else f"{moment} 12:00:00")

    @classmethod
    def _know(cls, partner, company=None, **vals):
        """The hub's row of a customer, in the state that the job would find; made once."""
        company = company or cls.company
        Customer = cls.env['growth.customer'].sudo()
        customer = Customer.search(
            [('partner_id', '=', partner.id), ('company_id', '=', company.id)]
        )
        if customer:
            customer.write(vals)
            return customer
        return Customer.create({'partner_id': partner.id, 'company_id': company.id, **vals})

    @classmethod
    def _case_vals(cls, partner, company=None, **vals):
        company = company or cls.company
        return {
            'company_id': company.id,
            'customer_id': cls._know(partner, company).id,
            'partner_id': partner.id,
            'level': 'lost',
            'date': TODAY,
            'tier': 'golden',
            'revenue': 1000,
            'profit': 400,
            'salesperson_id': cls.user_own.id,
            'user_id': cls.user_own.id,
            'team_id': cls.team.id,
            **vals,
        }

    @classmethod
    def _create_case(cls, partner=None, company=None, **vals):
        """A case of growth_own, as the job would open it: a golden customer is lost who brought a
        revenue of 1000 and a profit of 400 a year."""
        partner = partner or cls._create_customer(f"Leaver {vals.get('payoff', '')}".strip())
        return cls.env['growth.churn.case'].sudo().create(cls._case_vals(partner, company, **vals))

    @classmethod
    def _create_cases(cls, number, **vals):
        """As many cases, the first of them brought the highest profit."""
        partners = cls.env['res.partner'].create(
            [{'name': f"Leaver {count:03}", 'is_company': True} for count in range(number)]
        )
        cls.env['growth.customer'].sudo().create(
            [{'partner_id': partner.id, 'company_id': cls.company.id} for partner in partners]
        )
        hub = cls.env['growth.customer'].search([('partner_id', 'in', partners.ids)])
        customers = dict(zip(hub.mapped('partner_id'), hub, strict=True))
        return (
            cls.env['growth.churn.case']
            .sudo()
            .create(
                [
                    {
                        'company_id': cls.company.id,
                        'customer_id': customers[partner].id,
                        'partner_id': partner.id,
                        'level': 'lost',
                        'date': TODAY,
                        'tier': 'golden',
                        'revenue': 1000 * (number - place),
                        'profit': 100 * (number - place),
                        'salesperson_id': cls.user_own.id,
                        'user_id': cls.user_own.id,
                        'team_id': cls.team.id,
                        **vals,
                    }
                    for place, partner in enumerate(partners)
                ]
            )
        )

    @classmethod
    def _try(cls, method, won, closed, **vals):
        """The record of a method: closed attempts, the first of them won, at customers of some
        reason and tier."""
        cases = cls._create_cases(closed, state='lost', **vals)
        return (
            cls.env['growth.winback.attempt']
            .sudo()
            .create(
                [
                    {
                        'case_id': case.id,
                        'method_id': method.id,
                        'user_id': cls.user_own.id,
                        'date': fields.Date.subtract(TODAY, months=3),
                        'closed_date': fields.Date.subtract(TODAY, months=2),
                        'result': 'won' if place < won else 'failed',
                    }
                    for place, case in enumerate(cases)
                ]
            )
        )

    def _as(self, records, user):
        """The records of a person at the screen, where changes are tracked."""
        return records.with_user(user).with_context(tracking_disable=False, lang=user.lang)

    def _open_start(self, cases, user=None):
        """The dialogue that the button opens, with nothing filled in yet."""
        cases = self._as(cases, user or self.user_own)
        action = cases.action_start_win_back()
        return self.env[action['res_model']].with_env(cases.with_context(**action['context']).env)

    def _start(self, cases, user=None, **vals):
        """Begin to win customers back by the button and its dialogue."""
        vals = {'why': 'size', **vals}
        wizard = self._open_start(cases, user).create(vals)
        return wizard.action_start()

    def _attempts(self, cases):
        return self.env['growth.winback.attempt'].search(
            Domain('case_id', 'in', cases.ids), order='id'
        )

    def _steps(self, cases):
        """Types, people and days of what is planned on cases."""
        activities = self.env['mail.activity'].search(
            [('res_model', '=', 'growth.churn.case'), ('res_id', 'in', cases.ids)], order='id'
        )
        return [
            (activity.activity_type_id.name, activity.user_id, str(activity.date_deadline))
            for activity in activities
        ]

    def _bodies(self, record):
        return " ".join(record.message_ids.mapped('body'))
