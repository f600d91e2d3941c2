import logging
from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL

from .common import SalesGrowthCommon
from .common_okr_measure import JANUARY, OkrMeasureMixin

FEBRUARY = date(2026, 2, 28)


class ReaderCommon(OkrMeasureMixin, SalesGrowthCommon):
    """Orders of the first quarter of 2026, and some around it.

    | login        | rights                   | orders                            | team  |
    |--------------|--------------------------|-----------------------------------|-------|
    | growth_own   | User: Own Documents Only | 100, 200 and a credit of 50       | North |
    | growth_peer  | User: Own Documents Only | 300                               | North |
    | growth_head  | User: Own Documents Only | none, leads the team              | North |
    | growth_all   | User: All Documents      | 40                                | none  |
    | growth_admin | Administrator            | none                              |       |
    | nobody       |                          | 7                                 | none  |
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_peer = cls._create_user('growth_peer', 'sales_team.group_sale_salesman')
        cls.user_head = cls._create_user('growth_head', 'sales_team.group_sale_salesman')
        cls.users = cls.user_own | cls.user_peer | cls.user_head | cls.user_all | cls.user_admin
        cls.north, cls.south = cls.env['crm.team'].create(
            [
                {'name': name, 'company_id': cls.company.id, 'user_id': cls.user_head.id}
                for name in ("North", "South")
            ]
        )
        cls.customer = cls._create_customer("Dealer")
        for user, amount, moment in (
            (cls.user_own, 100, '2026-01-01 00:00:00'),
            (cls.user_own, 200, '2026-03-31 23:59:59'),
            (cls.user_own, -50, '2026-02-10 12:00:00'),
            (cls.user_own, 1000, '2026-04-01 00:00:00'),
            (cls.user_own, 5000, '2025-12-31 23:59:59'),
            (cls.user_peer, 300, '2026-02-01 12:00:00'),
            (cls.user_all, 40, '2026-02-02 12:00:00'),
            (cls.env['res.users'], 7, '2026-02-03 12:00:00'),
        ):
            is_north = user in cls.user_own | cls.user_peer
            cls._sell(user, amount, moment, team_id=cls.north.id if is_north else False)
        cls.revenue = cls._create_measure(
            "Untaxed Orders",
            aggregation='sum',
            measure_field='amount_untaxed',
            date_field='date_order',
            team_field='team_id',
            unit='money',
        )

    @classmethod
    def _sell(cls, user, amount, moment='2026-02-10 12:00:00', partner=None, **vals):
        return cls._create_order(
            partner or cls.customer, amount, moment, **{'user_id': user.id, **vals}
        )

    def _values(self, *requests):
        answers = self.env['growth.okr.measure']._get_values(requests)
        self.assertFalse([answer.error for answer in answers.values() if answer.error])
        return {key: answer.value for key, answer in answers.items()}

    def _read_alone(self, request):
        """What the ORM finds for somebody who asks alone."""
        measure = request.measure
        model = self.env[measure.model].with_user(request.user)
        model = model.with_context(
            allowed_company_ids=request.company.ids,
            tz='UTC',
            active_test=not measure.includes_archived,
        )
        domain = measure._parse_domain() & Domain('company_id', '=', request.company.id)
        if measure.date_field:
            domain &= Domain(measure.date_field, '>=', '2026-01-01')
            domain &= Domain(measure.date_field, '<', '2026-04-01')
        if request.scope == 'user':
            domain &= Domain(measure.user_field, '=', request.user.id)
        elif request.scope == 'team':
            domain &= Domain(measure.team_field, '=', request.team.id)
        aggregate = '__count'
        if measure.aggregation != 'count':
            aggregate = f'{measure.measure_field}:{measure.aggregation}'
        return model._read_group(domain, [], [aggregate])[0][0] or 0.0


@tagged('post_install', '-at_install')
class TestOkrMeasureReader(ReaderCommon):
    """What a measure comes to."""

    # ------------------------------------------------------------
    # VALUES
    # ------------------------------------------------------------

    def test_each_aggregation(self):
        for aggregation, value in (
            ('count', 3),
            ('count_distinct', 1),
            ('sum', 250),
            ('avg', 250 / 3),
            ('max', 200),
            ('min', -50),
        ):
            with self.subTest(aggregation=aggregation):
                fname = 'partner_id' if aggregation == 'count_distinct' else 'amount_untaxed'
                self.revenue.write({'aggregation': aggregation, 'measure_field': fname})
                self.assertEqual(self._value(self.revenue), value)

    def test_open_period(self):
        self.assertEqual(self._value(self.revenue, date_from=False), 5250)
        self.assertEqual(self._value(self.revenue, date_to=False), 1250)

    def test_without_date(self):
        self.revenue.date_field = False
        self.assertEqual(self._value(self.revenue), 6250)

    def test_nothing_there(self):
        for aggregation, value in (
            ('count', 0),
            ('sum', 0),
            ('avg', None),
            ('max', None),
            ('min', None),
        ):
            with self.subTest(aggregation=aggregation):
                self.revenue.aggregation = aggregation
                self.assertEqual(self._value(self.revenue, self.user_head), value)
                self.assertEqual(
                    self._value(
                        self.revenue,
                        self.user_admin,
                        'company',
                        date_from=date(2001, 1, 1),
                        date_to=date(2001, 2, 1),
                    ),
                    value,
                )
        rate = self._create_measure(
            model='growth.nps.answer', aggregation='rate', measure_field='nps', date_field='date'
        )
        self.assertIsNone(self._value(rate))
        self.assertIsNone(self._value(rate, self.user_admin, 'company'))

    def test_zero_is_a_value(self):
        self._sell(self.user_head, 0)
        for aggregation in ('avg', 'max', 'min'):
            with self.subTest(aggregation=aggregation):
                self.revenue.aggregation = aggregation
                self.assertEqual(self._value(self.revenue, self.user_head), 0.0)

    def test_filter(self):
        self.revenue.domain = "[('amount_untaxed', '>', 150)]"
        self.assertEqual(self._value(self.revenue), 200)

    def test_days_begin_in_the_time_zone_of_the_company(self):
        self.company.partner_id.tz = 'Asia/Tokyo'
        for moment, amount in (
            ('2025-12-31 14:59:59', 1),
            ('2025-12-31 15:00:00', 10),
            ('2026-03-31 14:59:59', 100),
            ('2026-03-31 15:00:00', 1000),
        ):
            self._sell(self.user_head, amount, moment)
        # Whoever asks lives elsewhere.
        reader = self.env['growth.okr.measure'].with_context(tz='America/New_York')
        request = self._request(self.revenue, self.user_head)
        self.assertEqual(reader._get_values([request])['key'].value, 110)
        days = reader._get_daily([request])['key'].value
        self.assertEqual((days[0], days[-1], sum(days)), (10, 100, 110))
        action = self.revenue._get_request_action(request)
        found = self.env['sale.order'].search(action['domain'])
        self.assertEqual(sorted(found.mapped('amount_untaxed')), [10, 100])

    def test_finished_months(self):
        self.revenue.only_finished = True
        for moment, value in (
            ('2026-02-28 23:59:59', 100),
            ('2026-03-01 00:00:00', 50),
            ('2026-03-31 23:59:59', 50),
            ('2026-04-01 00:00:00', 250),
            ('2026-06-15 00:00:00', 250),
        ):
            with self.subTest(moment=moment), freeze_time(moment):
                self.assertEqual(self._value(self.revenue), value)
                self.assertEqual(
                    self._value(self.revenue, date_to=False),
                    value if moment < '2026-05' else 1250,
                )
                request = self._request(self.revenue, self.user_own)
                days = self.env['growth.okr.measure']._get_daily([request])['key'].value
                self.assertEqual(sum(days), value)

    def test_relative_days_are_those_of_the_company(self):
        """At 15:00 in UTC it is tomorrow in Tokyo already."""
        self.company.partner_id.tz = 'Asia/Tokyo'
        measure = self._create_measure(
            model='growth.team.report',
            domain="[('date', '=', 'today')]",
            aggregation='sum',
            measure_field='revenue',
        )
        self._sell(self.user_head, 10, '2026-03-10 14:00:00')
        self._sell(self.user_head, 100, '2026-03-10 16:00:00')
        with freeze_time('2026-03-10 16:30:00'):
            self.assertEqual(self._value(measure, self.user_head), 100)

    def test_archived(self):
        lead = self._create_lead(user_id=self.user_own.id)
        gone = self._create_lead(user_id=self.user_own.id, active=False)
        self.assertTrue(lead.active > gone.active)
        measure = self._create_measure(model='crm.lead')
        self.assertEqual(self._value(measure), 1)
        measure.includes_archived = True
        self.assertEqual(self._value(measure), 2)
        measure.includes_archived = False
        measure.domain = "[('active', '=', False)]"
        self.assertEqual(self._value(measure), 1)
        # As conditions of the one who reads
        lead.stage_id.name = "Talks of Tests"
        gone.stage_id = lead.stage_id
        measure.domain = "[('active', '=', False), ('stage_id.name', '=', 'Talks of Tests')]"
        self.assertEqual(self._value(measure), 1)
        measure.domain = "[('stage_id.name', '=', 'Talks of Tests')]"
        self.assertEqual(self._value(measure), 1)
        measure.includes_archived = True
        self.assertEqual(self._value(measure), 2)

    # ------------------------------------------------------------
    # CURRENCIES
    # ------------------------------------------------------------

    def _sell_in_euros(self):
        """A euro is worth 2 dollars in February and 4 from March on."""
        self.env['res.currency.rate'].create(
            [
                {
                    'currency_id': self.eur.id,
                    'company_id': self.company.id,
                    'name': day,
                    'rate': rate,
                }
                for day, rate in (('2026-01-01', 0.8), ('2026-02-01', 0.5), ('2026-03-01', 0.25))
            ]
        )
        pricelist = self.env['product.pricelist'].create(
            {'name': "Euros", 'currency_id': self.eur.id, 'company_id': self.company.id}
        )
        for moment in ('2026-02-28 23:30:00', '2026-03-01 00:30:00'):
            order = self._sell(self.user_head, 10, moment, pricelist_id=pricelist.id)
            self.assertEqual(order.currency_id, self.eur)
        self._sell(self.user_head, 100)

    def test_converted_at_the_day(self):
        self._sell_in_euros()
        for aggregation, value in (
            ('sum', 160),
            ('avg', 160 / 3),
            ('max', 100),
            ('min', 20),
            ('count', 3),
        ):
            with self.subTest(aggregation=aggregation):
                self.revenue.aggregation = aggregation
                self.assertAlmostEqual(self._value(self.revenue, self.user_head), value)
        self.revenue.aggregation = 'sum'
        request = self._request(self.revenue, self.user_head)
        days = self.env['growth.okr.measure']._get_daily([request])['key'].value
        self.assertAlmostEqual(days[(date(2026, 2, 28) - JANUARY).days], 20)
        self.assertAlmostEqual(days[(date(2026, 3, 1) - JANUARY).days], 40)
        self.assertAlmostEqual(sum(days), 160)

    def test_converted_today(self):
        """Without a date there is no other day than today."""
        self._sell_in_euros()
        self.revenue.date_field = False
        with freeze_time('2026-02-15 12:00:00'):
            self.assertAlmostEqual(self._value(self.revenue, self.user_head), 140)
        with freeze_time('2026-03-15 12:00:00'):
            self.assertAlmostEqual(self._value(self.revenue, self.user_head), 180)

    def test_currency_of_the_company_needs_no_day(self):
        measure = self._create_measure(
            model='growth.team.report',
            aggregation='sum',
            measure_field='revenue',
            date_field='date',
        )
        request = self._request(measure, self.user_own)
        self.env['growth.okr.measure']._get_values([request])
        # To enter and leave the savepoint, to read the report without compiling, and to read it
        with self.assertQueryCount(4):
            self.env['growth.okr.measure']._get_values([request])

    # ------------------------------------------------------------
    # BY DAY
    # ------------------------------------------------------------

    def test_daily(self):
        requests = [
            self._request(self.revenue, user, key=user.login)
            for user in self.user_own | self.user_peer | self.user_head
        ]
        answers = self.env['growth.okr.measure']._get_daily(requests)
        days = answers['growth_own'].value
        self.assertEqual(len(days), 90)
        self.assertEqual(
            {place: amount for place, amount in enumerate(days) if amount},
            {0: 100, 40: -50, 89: 200},
        )
        self.assertEqual(sum(answers['growth_peer'].value), 300)
        self.assertEqual(answers['growth_head'].value, [0.0] * 90)

    def test_daily_of_what_does_not_add_up(self):
        for vals in ({'aggregation': 'avg'}, {'aggregation': 'max'}, {'date_field': False}):
            with self.subTest(vals=vals):
                self.revenue.write({'aggregation': 'sum', 'date_field': 'date_order', **vals})
                request = self._request(self.revenue, self.user_own)
                answer = self.env['growth.okr.measure']._get_daily([request])['key']
                self.assertIsNone(answer.value)
                self.assertIn("day by day", answer.error)

    def test_daily_count(self):
        self.revenue.aggregation = 'count'
        request = self._request(self.revenue, self.user_own, date_to=FEBRUARY)
        days = self.env['growth.okr.measure']._get_daily([request])['key'].value
        self.assertEqual((len(days), days[0], days[40], sum(days)), (59, 1, 1, 2))

    # ------------------------------------------------------------
    # WHAT CANNOT BE READ
    # ------------------------------------------------------------

    def _break(self, **vals):
        """A measure that was right once, before what it reads was changed."""
        measure = self.revenue.copy({'name': "Broken"})
        self.env.flush_all()
        for fname, value in vals.items():
            self.env.cr.execute(
                SQL(
                    "UPDATE growth_okr_measure SET %s = %s WHERE id = %s",
                    SQL.identifier(fname),
                    value,
                    measure.id,
                )
            )
        measure.invalidate_recordset()
        return measure

    def test_broken_beside_good(self):
        broken = {
            'model': self._break(model='gone.model'),
            'field': self._break(measure_field='gone'),
            'date': self._break(date_field='gone'),
            'domain': self._break(domain="[('gone', '=', 1)]"),
            'syntax': self._break(domain="[('gone'"),
            'sql': self._break(domain="[('amount_untaxed', '>', 'abc')]"),
            'user': self._break(user_field='partner_id'),
        }
        requests = [
            self._request(measure, self.user_own, key=key) for key, measure in broken.items()
        ]
        requests.insert(3, self._request(self.revenue, self.user_own, key='good'))
        requests.append(self._request(self.revenue, self.user_peer, key='better'))
        # Something that is not in the database yet
        self.customer.comment = "Not written"
        answers = self.env['growth.okr.measure']._get_values(requests)
        self.assertEqual(answers['good'], (250, None))
        self.assertEqual(answers['better'], (300, None))
        for key in broken:
            with self.subTest(key=key):
                self.assertIsNone(answers[key].value)
                self.assertIn("Broken", answers[key].error)
        self.customer.invalidate_recordset()
        self.assertIn("Not written", self.customer.comment)

    def test_technical_errors_in_words(self):
        measure = self._break(domain="[('amount_untaxed', '>', 'abc')]")
        logger = 'odoo.addons.sales_growth.models.growth_okr_measure_reader'
        with self.assertLogs(logger, logging.INFO) as logs:
            answer = self._answer(measure)
        self.assertIn("abc", logs.output[0])
        self.assertNotIn("abc", answer.error)
        self.assertIn("sales administrator", answer.error)

    def test_broken_in_the_database(self):
        """What the database refuses does not take the others along."""
        leads = self._create_measure("Leads", model='crm.lead')

        def fail(model, *_args, **_kwargs):
            model.env.cr.execute("SELECT 1 / 0")

        self.customer.comment = "Not written"
        with patch.object(self.env.registry['crm.lead'], '_read_group', fail):
            answers = self.env['growth.okr.measure']._get_values(
                [
                    self._request(leads, self.user_own, key='leads'),
                    self._request(self.revenue, self.user_own, key='orders'),
                ]
            )
        self.assertIn("sales administrator", answers['leads'].error)
        self.assertEqual(answers['orders'].value, 250)
        self.customer.invalidate_recordset()
        self.assertIn("Not written", self.customer.comment)

    def test_broken_rule_of_another_app(self):
        rule = self.env['ir.rule'].create(
            {
                'name': "Broken",
                'model_id': self.env['ir.model']._get_id('crm.lead'),
                'domain_force': "[]",
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_rule SET domain_force = %s WHERE id = %s", ["[(oops)]", rule.id]
        )
        rule.invalidate_recordset()
        self.env.registry.clear_cache()
        leads = self._create_measure(model='crm.lead')
        answers = self.env['growth.okr.measure']._get_values(
            [
                self._request(leads, self.user_own, key='leads'),
                self._request(self.revenue, self.user_own, key='orders'),
            ]
        )
        self.assertTrue(answers['leads'].error)
        self.assertEqual(answers['orders'].value, 250)

    def test_scope_that_the_measure_does_not_know(self):
        self.revenue.write({'user_field': False, 'team_field': False})
        self.assertIn("whose records", self._answer(self.revenue).error)
        self.assertIn("which team", self._answer(self.revenue, scope='team', team=self.north).error)
        self.assertEqual(self._value(self.revenue, self.user_all, 'company'), 597)

    def test_no_team(self):
        self.assertIn("No sales team", self._answer(self.revenue, scope='team').error)

    # ------------------------------------------------------------
    # RECORDS BEHIND A VALUE
    # ------------------------------------------------------------

    def test_records(self):
        for scope, user, number in (
            ('user', self.user_own, 3),
            ('team', self.user_all, 4),
            ('company', self.user_all, 6),
        ):
            with self.subTest(scope=scope):
                request = self._request(self.revenue, user, scope, team=self.north)
                action = self.revenue._get_request_action(request)
                self.assertEqual(action['res_model'], 'sale.order')
                found = self.env['sale.order'].with_user(user).search(action['domain'])
                self.assertEqual(len(found), number)
                self.assertEqual(
                    sum(found.mapped('amount_untaxed')),
                    self._value(self.revenue, user, scope, team=self.north),
                )

    def test_archived_records(self):
        gone = self._create_lead(active=False)
        measure = self._create_measure(model='crm.lead', includes_archived=True)
        action = measure._get_request_action(self._request(measure, self.user_own))
        Lead = self.env['crm.lead'].with_user(self.user_own).with_context(**action['context'])
        self.assertEqual(Lead.search(action['domain']), gone)
