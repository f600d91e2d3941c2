from odoo.fields import Command
from odoo.tests import tagged

from .test_okr_measure_reader import ReaderCommon


@tagged('post_install', '-at_install')
class TestOkrMeasureRights(ReaderCommon):
    """Nobody gets a number made of what they may not see."""

    def test_each_person(self):
        values = self._values(
            *(
                self._request(self.revenue, user, scope, key=(user.login, scope))
                for user in self.users
                for scope in ('user', 'company')
            )
        )
        self.assertEqual(
            values,
            {
                ('growth_own', 'user'): 250,
                # Orders of nobody are for everybody to see.
                ('growth_own', 'company'): 257,
                ('growth_peer', 'user'): 300,
                ('growth_peer', 'company'): 307,
                ('growth_head', 'user'): 0,
                ('growth_head', 'company'): 7,
                ('growth_all', 'user'): 40,
                ('growth_all', 'company'): 597,
                ('growth_admin', 'user'): 0,
                ('growth_admin', 'company'): 597,
            },
        )

    def test_team_seen_by_several(self):
        values = self._values(
            *(
                self._request(self.revenue, user, 'team', key=(user.login, team), team=team)
                for user in self.user_own | self.user_all | self.user_admin
                for team in (self.north, self.south)
            )
        )
        self.assertEqual(
            [values[user.login, self.north] for user in self.user_own | self.user_all],
            [250, 550],
        )
        self.assertEqual(values['growth_admin', self.north], 550)
        self.assertEqual(values['growth_admin', self.south], 0)

    def test_same_as_asking_alone(self):
        """Together, people find what each of them finds."""
        report = self._create_measure(
            "Report",
            model='growth.team.report',
            aggregation='sum',
            measure_field='revenue',
            date_field='date',
            team_field='team_id',
        )
        dealers = self.revenue.copy({'domain': "[('partner_id.name', 'ilike', 'dealer')]"})
        lines = self._create_measure(
            model='sale.order', domain="[('order_line.price_unit', '>', 90)]", team_field='team_id'
        )
        named = self._create_measure(
            model='sale.order', domain="[('partner_id', 'ilike', 'dealer')]", team_field='team_id'
        )
        activities = self._create_measure(model='crm.lead', domain="[('activity_ids', '!=', [])]")
        for user in self.users:
            lead = self._create_lead(user_id=user.id)
            lead.activity_schedule('mail.mail_activity_data_call', user_id=self.user_own.id)
        requests = [
            self._request(measure, user, scope, (measure.id, user.id, scope), team=self.north)
            for measure in self.revenue | report | dealers | lines | named | activities
            for user in self.users
            for scope in ('user', 'team', 'company')
            if scope != 'team' or measure.team_field
        ]
        values = self._values(*requests)
        for request in requests:
            with self.subTest(key=request.key, measure=request.measure.name):
                self.assertEqual(values[request.key], self._read_alone(request))
        self.assertGreater(len(set(values.values())), 10)

    def test_reports_of_a_leader(self):
        """Record rules through relations: who leads a team sees its rows."""
        Answer = self.env['growth.nps.answer']
        for score, user in ((10, self.user_own), (9, self.user_own), (0, self.user_peer)):
            partner = self._create_customer("Answers", user_id=user.id)
            answer = Answer.create({'partner_id': partner.id, 'score': score, 'date': '2026-02-01'})
            answer.sudo().team_id = self.north
            self.assertEqual(answer.user_id, user)
        nps = self.env.ref('sales_growth.growth_okr_measure_nps')
        values = self._values(
            *(
                self._request(nps, user, scope, key=(user.login, scope), team=self.north)
                for user in self.users
                for scope in ('user', 'team')
            )
        )
        self.assertEqual(values['growth_own', 'user'], 1)
        self.assertEqual(values['growth_peer', 'user'], -1)
        self.assertEqual(values['growth_own', 'team'], 1)
        self.assertEqual(values['growth_head', 'team'], 1 / 3)
        self.assertEqual(values['growth_admin', 'team'], 1 / 3)
        self.assertIsNone(values['growth_head', 'user'])

    def test_rules_of_related_records(self):
        """A filter through a relation finds what the person may see there, and no more."""
        hidden = self._create_customer("Hidden dealer")
        self._sell(self.user_own, 1000, partner=hidden)
        self._sell(self.user_all, 2000, partner=hidden)
        self.revenue.domain = "[('partner_id.name', 'ilike', 'dealer')]"
        requests = [
            self._request(self.revenue, user, scope, key=(user.login, scope))
            for user in self.user_own | self.user_all
            for scope in ('user', 'company')
        ]
        everything = self._values(*requests)
        self.assertEqual(everything['growth_own', 'user'], 1250)
        model_id = self.env['ir.model']._get_id('res.partner')
        self.env['ir.rule'].create(
            [
                {
                    'name': name,
                    'model_id': model_id,
                    'domain_force': domain,
                    'groups': [Command.set(self.env.ref(f'sales_team.{group}').ids)],
                }
                for name, domain, group in (
                    ("Own", "[('name', 'not like', 'Hidden')]", 'group_sale_salesman'),
                    ("All", "[(1, '=', 1)]", 'group_sale_salesman_all_leads'),
                )
            ]
        )
        self.assertEqual(
            self._values(*requests),
            {
                ('growth_own', 'user'): 250,
                ('growth_own', 'company'): 257,
                ('growth_all', 'user'): 2040,
                ('growth_all', 'company'): 3597,
            },
        )

    def test_amount_behind_a_group(self):
        self.revenue.measure_field = 'margin'
        self.patch(
            self.env['sale.order']._fields['margin'], 'groups', 'sales_team.group_sale_manager'
        )
        self.assertIn("may not read", self._answer(self.revenue, self.user_own).error)
        self.assertIn("may not read", self._answer(self.revenue, self.user_all, 'company').error)
        self.assertEqual(self._value(self.revenue, self.user_admin, 'company'), 597)
        # Neither may it be found out by a filter.
        self.revenue.write({'measure_field': 'amount_untaxed', 'domain': "[('margin', '>', 150)]"})
        self.assertIn("may not read", self._answer(self.revenue, self.user_own).error)
        lines = self._create_measure(
            model='sale.order.line',
            user_field='salesman_id',
            domain="[('order_id.margin', '>', 150)]",
        )
        self.assertIn("may not read", self._answer(lines, self.user_own).error)
        self.assertEqual(self._value(lines, self.user_admin, 'company', date_from=False), 4)

    def test_parts_of_a_rate_behind_a_group(self):
        churn = self.env.ref('sales_growth.growth_okr_measure_churn')
        self.assertFalse(self._answer(churn).error)
        self.patch(
            self.env['growth.churn.report']._fields['lost'],
            'groups',
            'sales_team.group_sale_manager',
        )
        self.assertIn("may not read", self._answer(churn).error)
        self.assertFalse(self._answer(churn, self.user_admin).error)

    def test_model_that_the_owner_may_not_read(self):
        measure = self._create_measure(model='ir.config_parameter', user_field=False)
        answer = self._answer(measure, self.user_admin, 'company')
        self.assertEqual(answer.value, None)
        self.assertIn("growth_admin", answer.error)

    def test_models_with_a_security_of_their_own(self):
        Measure = self.env['growth.okr.measure']
        for model, has_own in (
            ('mail.activity', True),
            ('crm.lead', False),
            ('sale.order', False),
            ('growth.team.report', False),
            ('growth.conversion.report', False),
        ):
            with self.subTest(model=model):
                self.assertEqual(Measure._has_own_security(self.env[model]), has_own)

    def test_security_of_the_model_itself(self):
        for user in self.user_own | self.user_peer:
            lead = self._create_lead(user_id=user.id)
            lead.activity_schedule('mail.mail_activity_data_call', user_id=self.user_admin.id)
        measure = self._create_measure(
            model='mail.activity', domain="[('res_model', '=', 'crm.lead')]"
        )
        for user in self.user_own | self.user_all:
            Activity = self.env['mail.activity'].with_user(user)
            seen = len(Activity.search([('res_model', '=', 'crm.lead')]))
            with self.subTest(user=user.login):
                self.assertEqual(self._value(measure, user, 'company'), seen)
        self.assertLess(
            self._value(measure, self.user_own, 'company'),
            self._value(measure, self.user_all, 'company'),
        )

    def test_archived_owner(self):
        self.user_own.action_archive()
        self.assertIn("archived", self._answer(self.revenue).error)
        self.assertEqual(self._value(self.revenue, self.user_all, 'company'), 597)

    def test_other_company(self):
        other = self._create_company("Other", self.eur)
        self.user_peer.company_ids = [Command.link(other.id)]
        self._sell(self.user_peer, 11, company=other)
        request = self._request
        answers = self.env['growth.okr.measure']._get_values(
            [
                request(self.revenue, self.user_own, key='stranger', company=other),
                request(self.revenue, self.user_peer, key='there', company=other),
                request(self.revenue, self.user_peer, 'company', key='all', company=other),
                request(self.revenue, self.user_peer, key='here'),
            ]
        )
        self.assertIn("does not work for Other", answers['stranger'].error)
        self.assertEqual(answers['there'].value, 11)
        self.assertEqual(answers['all'].value, 11)
        self.assertEqual(answers['here'].value, 300)

    def test_asked_by_a_salesperson(self):
        """Whoever asks: the rights are those of the person it is for."""
        request = self._request(self.revenue.with_user(self.user_peer), self.user_own)
        Measure = self.env['growth.okr.measure'].with_user(self.user_peer)
        self.assertEqual(Measure._get_values([request])['key'].value, 250)


@tagged('post_install', '-at_install')
class TestOkrMeasureQueries(ReaderCommon):
    """One query for a measure and period, however many people it is for."""

    NUMBER = 200

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.many = cls.env['res.users'].create(
            [
                {
                    'name': f"Salesperson {number}",
                    'login': f'growth_many_{number}',
                    'company_id': cls.company.id,
                    'company_ids': [Command.set(cls.company.ids)],
                    'group_ids': [Command.set(cls.env.ref('sales_team.group_sale_salesman').ids)],
                }
                for number in range(cls.NUMBER)
            ]
        )
        for user in cls.many[:3]:
            cls._sell(user, 10)

    def _requests(self, *names):
        measures = self.env['growth.okr.measure'].union(
            *(self.env.ref(f'sales_growth.growth_okr_measure_{name}') for name in names)
        )
        return [
            self._request(measure, user, key=(measure.id, user.id))
            for measure in measures
            for user in self.many
        ]

    def assertQueries(self, number, requests, method='_get_values'):
        read = getattr(self.env['growth.okr.measure'], method)
        # The rules of people are remembered from one day to the next.
        read(requests)
        self.env.invalidate_all()
        with self.assertQueryCount(number):
            answers = read(requests)
        self.assertEqual(len(answers), len(requests))
        self.assertFalse([answer.error for answer in answers.values() if answer.error])
        return answers

    def test_values(self):
        # Users, their companies, company, contact, working hours and measures; then for each
        # measure the savepoint and its release, the query, and for those over the history one to
        # switch compiling off.
        answers = self.assertQueries(
            41,
            self._requests(
                'revenue',
                'orders',
                'new_customers',
                'golden',
                'nps',
                'won_leads',
                'churn',
                'conversion_order',
                'recovered',
                'calls',
            ),
        )
        revenue = self.env.ref('sales_growth.growth_okr_measure_revenue')
        self.assertEqual(sum(answers[revenue.id, user.id].value for user in self.many), 30)

    def test_daily(self):
        self.assertQueries(13, self._requests('revenue', 'won_leads'), '_get_daily')
