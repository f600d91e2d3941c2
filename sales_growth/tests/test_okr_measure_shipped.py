from datetime import date

from freezegun import freeze_time

from odoo.fields import Command, Domain
from odoo.tests import tagged

from .common_churn import NOW, ChurnCommon
from .common_funnel import FunnelMixin
from .common_okr_measure import OkrMeasureMixin

# What the screens of the reports ask for, by name of the measure: the report, the filter, and what
# the pivot adds up. The days are those of the second quarter until 3 June 2026, the clock's day.
DAYS = [('date', '>=', '2026-04-01'), ('date', '<=', '2026-06-30')]
FINISHED = [('date', '>=', '2026-04-01'), ('date', '<', '2026-06-01')]
CLOSED = [('date_closed', '>=', '2026-04-01 00:00:00'), ('date_closed', '<', '2026-07-01 00:00:00')]
PIVOTS = {
    'revenue': ('growth.team.report', DAYS, 'revenue:sum'),
    'profit': ('growth.team.report', DAYS, 'profit:sum'),
    'new_revenue': ('growth.team.report', [*DAYS, ('customer_kind', '=', 'new')], 'revenue:sum'),
    'orders': ('growth.team.report', [*DAYS, ('revenue', '>', 0)], '__count'),
    'new_customers': (
        'growth.customer',
        [('first_order_date', '>=', '2026-04-01'), ('first_order_date', '<=', '2026-06-30')],
        '__count',
    ),
    'golden': ('growth.customer', [('segment_id.tier', '=', 'golden')], '__count'),
    'revenue_retention': ('growth.retention.report', FINISHED, 'retention:avg'),
    'customer_retention': ('growth.retention.report', FINISHED, 'customer_retention:avg'),
    'churn': (
        'growth.churn.report',
        [*FINISHED, ('buyer_type', '!=', 'once')],
        'churn_rate:avg',
    ),
    'winback': (
        'growth.winback.report',
        [('closed_date', '>=', '2026-04-01'), ('closed_date', '<=', '2026-06-30')],
        'success_rate:avg',
    ),
    'nps': ('growth.nps.answer', DAYS, 'nps:avg'),
    'conversion_order': (
        'growth.conversion.report',
        [*DAYS, ('step_id.name', '=', 'First Contract')],
        'conversion:avg',
    ),
    'conversion_payment': (
        'growth.conversion.report',
        [*DAYS, ('step_id.name', '=', 'Payment')],
        'conversion:avg',
    ),
    'won_leads': ('crm.lead', [*CLOSED, ('stage_id.is_won', '=', True)], '__count'),
    'recovered': (
        'growth.refusal',
        [
            ('outcome', '=', 'recovered'),
            ('recovered_date', '>=', '2026-04-01 00:00:00'),
            ('recovered_date', '<', '2026-07-01 00:00:00'),
        ],
        '__count',
    ),
    'recovered_share': (
        'growth.refusal',
        [('date', '>=', '2026-04-01 00:00:00'), ('date', '<', '2026-07-01 00:00:00')],
        'recovered_share:avg',
    ),
    'meetings': ('growth.contact.report', [*DAYS, ('kind', '=', 'meeting')], 'done:sum'),
    'calls': ('growth.contact.report', [*DAYS, ('kind', '=', 'call')], 'done:sum'),
}
# Whose rows these are, where it is not the salesperson and their team.
FARMED = ('revenue_retention', 'customer_retention')
TEAMLESS = ('new_customers', 'golden')


@tagged('post_install', '-at_install')
class TestOkrMeasureShipped(OkrMeasureMixin, FunnelMixin, ChurnCommon):
    """Each measure that comes with the addon is the number of the report's own pivot, for everybody
    and as each of them sees it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_funnel()
        cls.users = cls.user_own | cls.user_peer | cls.user_head | cls.user_all | cls.user_admin
        cls._sell()
        with cls._at(NOW):
            cls._lose_customers()
            cls._ask_customers()
        cls._work_leads()
        cls._contact()
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self._go_to(NOW)

    @classmethod
    def _sell(cls):
        for number, user in enumerate((cls.user_own, cls.user_peer, cls.user_all), 1):
            steady = cls._create_customer(f"Steady {number}", user_id=user.id)
            fresh = cls._create_customer(f"Fresh {number}", user_id=user.id)
            gone = cls._create_customer(f"Gone {number}", user_id=user.id)
            for partner, amount, moment in (
                (steady, 100, '2025-04-10 12:00:00'),
                (steady, 70, '2026-04-12 12:00:00'),
                (steady, 30, '2026-06-02 12:00:00'),
                # A credit, the day before the quarter and its first moment
                (steady, -5, '2026-05-02 12:00:00'),
                (steady, 1, '2026-03-31 23:59:59'),
                (steady, 2, '2026-04-01 00:00:00'),
                (gone, 40, '2025-05-10 12:00:00'),
                (fresh, 20 * number, '2026-05-20 12:00:00'),
            ):
                cls._create_order(
                    partner,
                    amount,
                    moment,
                    cost=amount / 4 if amount > 0 else 0,
                    user_id=user.id,
                    team_id=cls.team.id if user != cls.user_all else False,
                )
        cls._refresh(as_of=date(2026, 6, 2))
        hub = cls.env['growth.customer'].sudo().search([('company_id', '=', cls.company.id)])
        for customer in hub:
            customer.write(
                {
                    'farmer_id': customer.user_id.id,
                    'farmer_team_id': cls.team.id,
                    'buyer_type': 'regular',
                }
            )
        cls.hub = hub

    @classmethod
    def _lose_customers(cls):
        gone = cls.hub.filtered(lambda customer: 'Gone' in customer.partner_id.name)
        for number, customer in enumerate(gone):
            user = customer.user_id
            case = cls._create_case(
                customer.partner_id,
                state='working',
                lost_date='2026-04-20',
                salesperson_id=user.id,
                user_id=user.id,
            )
            cls.env['growth.winback.attempt'].sudo().create(
                {
                    'case_id': case.id,
                    'method_id': cls.gift.id,
                    'user_id': user.id,
                    'date': '2026-03-20',
                    'closed_date': '2026-05-20',
                    'result': 'won' if number else 'failed',
                }
            )

    @classmethod
    def _ask_customers(cls):
        for number, customer in enumerate(cls.hub):
            answer = cls.env['growth.nps.answer'].create(
                {
                    'partner_id': customer.partner_id.id,
                    'score': (10, 9, 3, 7)[number % 4],
                    'date': '2026-05-05' if number else '2026-03-05',
                    'company_id': cls.company.id,
                }
            )
            answer.sudo().team_id = cls.team

    @classmethod
    def _work_leads(cls):
        reason = cls._create_reason("Too small", category='other')
        leads = cls.env['crm.lead']
        with cls._at('2026-04-06'):
            for user in (cls.user_own, cls.user_peer, cls.user_all):
                leads |= cls.env['crm.lead'].create(
                    [
                        {
                            'name': f"Lead {number}",
                            'type': 'opportunity',
                            'company_id': cls.company.id,
                            'user_id': user.id,
                            'team_id': cls.team.id,
                            'stage_id': cls.new.id,
                        }
                        for number in range(5)
                    ]
                )
        with cls._at('2026-04-10'):
            leads.stage_id = cls.proposition
        with cls._at('2026-04-20'):
            for number, lead in enumerate(leads):
                if number % 5 in (0, 1):
                    lead.action_set_won()
                elif number % 5 in (2, 3):
                    lead.action_set_lost(lost_reason_id=reason.id)
        with cls._at('2026-05-10'):
            for number, lead in enumerate(leads):
                if number % 5 == 2 and number > 4:
                    lead.action_unarchive()
                    lead.action_set_won()
        # The first of them pay
        with cls._at('2026-05-15'):
            leads[::5]._growth_reach(lambda path, lead: path.invoice_index)

    @classmethod
    def _contact(cls):
        call = cls.env.ref('mail.mail_activity_data_call')
        for number, user in enumerate((cls.user_own, cls.user_peer, cls.user_all), 1):
            partner = cls._create_customer(f"Called {number}", customer_rank=1)
            for _number in range(number):
                activity = partner.activity_schedule(activity_type_id=call.id, user_id=user.id)
                with cls._at('2026-05-12'):
                    activity.action_feedback(feedback="They spoke")
            with cls._at('2026-05-01'):
                cls.env['calendar.event'].create(
                    {
                        'name': "Talk",
                        'start': '2026-05-13 09:00:00',
                        'stop': '2026-05-13 10:00:00',
                        'user_id': user.id,
                        'partner_ids': [Command.set((user.partner_id | partner).ids)],
                    }
                )

    def _read_pivot(self, name, request):
        model, domain, aggregate = PIVOTS[name]
        user_field, team_field = 'user_id', 'team_id'
        if name in FARMED:
            user_field, team_field = 'farmer_id', 'farmer_team_id'
        domain = Domain(domain)
        if request.scope == 'user':
            domain &= Domain(user_field, '=', request.user.id)
        elif request.scope == 'team':
            domain &= Domain(team_field, '=', request.team.id)
        report = self.env[model].with_user(request.user)
        report = report.with_context(allowed_company_ids=self.company.ids, tz='UTC')
        return report._read_group(domain, [], [aggregate])[0][0]

    def _requests(self, name):
        measure = self.env.ref(f'sales_growth.growth_okr_measure_{name}')
        return [
            self._request(
                measure,
                user,
                scope,
                key=(name, user.login, scope),
                team=self.team,
                date_from=date(2026, 4, 1),
                date_to=date(2026, 6, 30),
            )
            for user in self.users
            for scope in ('user', 'team', 'company')
            if scope != 'team' or name not in TEAMLESS
        ]

    def test_same_as_the_pivot(self):
        requests = {name: self._requests(name) for name in PIVOTS}
        answers = self.env['growth.okr.measure']._get_values(
            [request for wanted in requests.values() for request in wanted]
        )
        for name, wanted in requests.items():
            for request in wanted:
                with self.subTest(key=request.key):
                    answer = answers[request.key]
                    self.assertFalse(answer.error)
                    self.assertAlmostEqual(
                        answer.value or 0.0, self._read_pivot(name, request) or 0.0
                    )
            with self.subTest(name=name):
                # There was something to count.
                self.assertTrue(answers[name, 'growth_admin', 'company'].value)

    def test_values(self):
        """So that pivot and measure cannot be wrong together."""
        values = {}
        for name in PIVOTS:
            request = self._requests(name)[-1]
            values[name] = self.env['growth.okr.measure']._get_values([request])[request.key].value
        self.assertEqual(
            values,
            {
                # Three people sold 70, 30 and 2 and credited 5, and sold 20, 40 and 60 to new ones.
                'revenue': 411.0,
                'profit': 304.5,
                'new_revenue': 120.0,
                'orders': 12.0,
                'new_customers': 3.0,
                'golden': 3.0,
                # April and May: 216 of 300, and -15 of 120
                'revenue_retention': 201 / 420,
                'customer_retention': 0.5,
                # Six customers in April and three in May
                'churn': 3 / 9,
                'winback': 2 / 3,
                # Of eight answers four are of promoters and two of detractors.
                'nps': 0.25,
                'conversion_order': 8 / 15,
                # Two of the eight may still pay in time.
                'conversion_payment': 3 / 6,
                'won_leads': 8.0,
                'recovered': 2.0,
                'recovered_share': 2 / 6,
                'meetings': 3.0,
                'calls': 6.0,
            },
        )

    def test_all_are_told(self):
        shipped = self.env['ir.model.data'].search(
            [('module', '=', 'sales_growth'), ('model', '=', 'growth.okr.measure')]
        )
        self.assertEqual(
            {name.removeprefix('growth_okr_measure_') for name in shipped.mapped('name')},
            set(PIVOTS),
        )

    def test_running_month_is_not_judged(self):
        """In the first days of a month nobody was lost in it yet, and few have bought."""
        for name in ('churn', *FARMED):
            request = self._requests(name)[-1]._replace(date_from=date(2026, 6, 1))
            answer = self.env['growth.okr.measure']._get_values([request])[request.key]
            self.assertEqual((answer.value, answer.error), (None, None))
        with freeze_time('2026-07-01 12:00:00'):
            request = self._requests('churn')[-1]._replace(date_from=date(2026, 6, 1))
            answer = self.env['growth.okr.measure']._get_values([request])[request.key]
            self.assertEqual((answer.value, answer.error), (0.0, None))
