from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import SalesGrowthCommon

NOW = '2026-06-30 12:00:00'
TRAIN, AS_OF, HORIZON = date(2026, 1, 1), date(2026, 4, 1), 90


class BacktestCommon(SalesGrowthCommon):
    """Five customers as of April 1, 2026, and what they did in the 90 days after it.

    | customer | last purchase before | by recency | 90 days | after      | a year |
    |----------|----------------------|------------|---------|------------|--------|
    | Gone     | 2025-09-01           | lost       | yes     | -          | 200    |
    | Back     | 2025-10-01           | at risk    | yes     | 2026-06-30 | 400    |
    | Quiet    | 2026-03-01           | -          | -       | -          | 600    |
    | Loyal    | 2026-03-20           | -          | -       | 2026-06-01 | 800    |
    | Once     | 2025-05-01           | watched    | yes     | -          | 1000   |

    So three of five left. The clock stands at June 30, 2026, noon.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gone = cls._buy("Gone", 100, '2025-06-01', '2025-09-01')
        cls.back = cls._buy("Back", 200, '2025-06-10', '2025-10-01', '2026-06-30')
        cls.quiet = cls._buy("Quiet", 300, '2026-02-01', '2026-03-01')
        cls.loyal = cls._buy("Loyal", 400, '2026-03-01', '2026-03-20', '2026-06-01')
        cls.once = cls._buy("Once", 1000, '2025-05-01')
        cls.recency = cls._create_rule("Three or six months")
        cls.falling = cls._create_rule("Falling", kind='falling', state='watch', active=False)

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time(NOW))

    @classmethod
    def _buy(cls, name, amount, *days, **vals):
        partner = cls._create_customer(name)
        for day in days:
            cls._create_order(partner, amount, f"{day} 12:00:00", **vals)
        return partner

    @classmethod
    def _create_rule(cls, name, **vals):
        return cls.env['growth.churn.rule'].create(
            {'name': name, 'company_id': cls.company.id, **vals}
        )

    @classmethod
    def _create_many(cls, company=None):
        """A hundred each who stopped in December or in March, or did not stop at all."""
        company = company or cls.company
        partners = cls.env['res.partner'].create(
            [{'name': f"Customer {number}", 'is_company': True} for number in range(300)]
        )
        start = date(2025, 9, 1)
        orders = []
        for number, partner in enumerate(partners):
            end = (date(2025, 12, 1), date(2026, 3, 20), date(2026, 6, 20))[number % 3]
            for step in range(0, (end - start).days, 20):
                orders.append(
                    {
                        'company_id': company.id,
                        'partner_id': partner.id,
                        'state': 'sale',
                        'date_order': f"{start + timedelta(days=step + number % 10)} 12:00:00",
                    }
                )
        orders = cls.env['sale.order'].with_company(company).create(orders)
        orders.flush_recordset()
        # An order line for each would take minutes.
        cls.env.cr.execute(
            "UPDATE sale_order SET amount_untaxed = 100 WHERE id = ANY(%s)", [orders.ids]
        )
        orders.invalidate_recordset()

    def _backtest(self, companies=None, train=TRAIN, day=AS_OF, horizon=HORIZON, **vals):
        vals.setdefault('rules', self.recency)
        user = vals.pop('user', self.user_admin)
        companies = companies or self.company
        return (
            self.env['growth.churn.rule']
            .with_user(user)
            .with_context(allowed_company_ids=companies.ids)
            ._backtest(companies.with_user(user), train, day, horizon, **vals)
        )


@tagged('post_install', '-at_install')
class TestChurnBacktest(BacktestCommon):
    """What rules and the probability would have found on a day of the past."""

    def test_figures(self):
        result = self._backtest()
        self.assertEqual(
            {name: result[name] for name in ('customers', 'left', 'churn_rate', 'metric')},
            {'customers': 5, 'left': 3, 'churn_rate': 0.6, 'metric': 'revenue'},
        )
        self._assert_figures(result['rules'], (2, 1, 2, 1), 1 / 2, 1 / 3, 200)
        self._assert_figures(result['fixed_90'], (3, 2, 1, 1), 2 / 3, 2 / 3, 1200)
        self.assertEqual(result['rules']['value_left'], 200 + 600 + 1000)
        self.assertEqual(result['currency_id'], self.usd.id)

    def _assert_figures(self, figures, counts, precision, recall, value):
        self.assertEqual(
            tuple(figures[name] for name in ('flagged', 'found', 'missed', 'false_alarms')), counts
        )
        self.assertAlmostEqual(figures['precision'], precision)
        self.assertAlmostEqual(figures['recall'], recall)
        self.assertEqual(figures['value_found'], value)

    def test_the_area_of_the_fixed_rule_is_that_of_the_days_since(self):
        # Silent 335, 212 and 31 days left; 182 and 12 stayed: five of six pairs are right.
        self.assertAlmostEqual(self._backtest()['fixed_90']['auc'], 5 / 6)

    def test_profit_is_at_stake_where_it_is_the_value(self):
        self.company.growth_metric = 'profit'
        self._buy("Dear", 500, '2025-07-01', '2025-08-01', cost=450)
        result = self._backtest()
        self.assertEqual(result['metric'], 'profit')
        # The others have no costs.
        self.assertEqual(result['rules']['value_found'], 200 + 100)

    def test_an_order_after_the_horizon_is_none(self):
        """Back bought on the 90th day after April 1."""
        self.assertEqual(self._backtest(horizon=89)['left'], 4)

    def test_without_rules_those_that_are_on_are_judged(self):
        self.env['growth.churn.rule'].search([('company_id', '=', False)]).active = False
        self.assertEqual(self._backtest(rules=None)['rules'], self._backtest()['rules'])
        self.recency.active = False
        self.assertEqual(self._backtest(rules=None)['rules']['flagged'], 0)

    def test_rules_that_are_off_can_be_tried(self):
        self.recency.active = False
        self.assertEqual(self._backtest()['rules']['flagged'], 2)

    def test_segments_are_those_of_the_day(self):
        self._refresh(as_of=AS_OF)
        segments = self.env['growth.segment'].search([])
        mine = self._customer(self.gone).segment_id
        self.recency.segment_ids = mine
        self.assertEqual(self._backtest()['rules']['found'], 1)
        self.recency.segment_ids = segments - self.env['growth.customer'].search([]).segment_id
        self.assertEqual(self._backtest()['rules']['flagged'], 0)

    def test_each_rule_by_itself(self):
        other = self._create_rule("Two weeks", kind='recency', at_risk_months=1, lost_months=1)
        alone = self._backtest(alone=self.recency | other | self.falling)['alone']
        self.assertEqual(alone.keys(), set((self.recency | other | self.falling).ids))
        self.assertEqual(alone[self.recency.id]['flagged'], 2)
        self.assertEqual(alone[other.id]['flagged'], 2)

    def test_a_rule_that_only_watches_is_shown_as_an_alarm(self):
        self._buy("Less", 1000, '2025-09-01', '2025-12-01')
        self._buy("Less", 100, '2025-09-01')
        less = self._buy("Less", 1000, '2025-09-01', '2025-12-01')
        self._create_order(less, 100, '2026-03-01 12:00:00')
        figures = self._backtest(rules=self.falling, alone=self.falling)
        self.assertEqual(figures['rules']['flagged'], 0)
        self.assertGreaterEqual(figures['alone'][self.falling.id]['flagged'], 1)

    def test_the_day_is_the_companys(self):
        """At 20 hours UTC the next day has begun in Tokyo."""
        self._create_order(self._create_customer("Late"), 100, '2026-04-01 20:00:00')
        self.assertEqual(self._backtest()['customers'], 6)
        self.company.partner_id.tz = 'Asia/Tokyo'
        self.assertEqual(self._backtest()['customers'], 5)

    # ------------------------------------------------------------
    # PROBABILITY
    # ------------------------------------------------------------

    def test_too_little_history_leaves_the_rules(self):
        result = self._backtest()
        self.assertIsNone(result['probability'])
        self.assertIsNone(result['auc'])
        self.assertIsNone(result['precision'])
        self.assertIsNone(result['recall'])
        self.assertEqual(
            result['problem'],
            "No probability: of the customers of Growth Test Company on 01/01/2026, 3 left in 90 "
            "days and 0 stayed, while 90 of each are needed to learn from.",
        )
        self.assertEqual(result['fixed_90']['flagged'], 3)

    def test_a_short_history_is_told(self):
        self.assertIn(
            "on 06/30/2025 the history of Growth Test Company was 61 days long, and 90 days",
            self._backtest(train=date(2025, 6, 30))['problem'],
        )

    def test_the_probability_learns_from_the_company(self):
        self._create_many()
        result = self._backtest(train=date(2026, 1, 1))
        self.assertIsNone(result['problem'])
        probability, fixed = result['probability'], result['fixed_90']
        # As many are found as by the fixed rule, with equal scores a few more.
        self.assertGreaterEqual(probability['recall'], fixed['recall'])
        self.assertEqual(
            (result['auc'], result['precision'], result['recall']),
            (probability['auc'], probability['precision'], probability['recall']),
        )
        self.assertEqual(probability['found'] + probability['missed'], result['left'])
        self.assertGreater(result['auc'], 0.5)

    def test_queries_do_not_depend_on_the_number_of_customers(self):
        self._count_queries()  # what is cached for good is read
        count = self._count_queries()
        self._create_many()
        self.assertLessEqual(self._count_queries(), count)
        self.assertLess(count, 10)

    def _count_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self._backtest(alone=self.recency)
        return self.cr.sql_log_count - before

    # ------------------------------------------------------------
    # COMPANIES
    # ------------------------------------------------------------

    def _add_company(self):
        """A company with euros for money, each worth two dollars, and one customer who left."""
        other = self._create_company("Other Company", self.eur)
        self.user_admin.company_ids |= other
        self.env['res.currency.rate'].create(
            {'currency_id': self.usd.id, 'company_id': other.id, 'rate': 2.0, 'name': '2020-01-01'}
        )
        self._buy("Theirs", 10, '2025-06-01', '2025-07-01', company=other)
        return other

    def test_several_companies_are_added_up(self):
        other = self._add_company()
        rule = self._create_rule("Shared", company_id=False)
        result = self._backtest(self.company | other, rules=rule)
        self.assertEqual((result['customers'], result['left']), (6, 4))
        self._assert_figures(result['rules'], (3, 2, 2, 1), 2 / 3, 2 / 4, 200 + 2 * 20)
        self.assertEqual(result['currency_id'], self.usd.id)

    def test_rules_of_one_company_do_not_judge_the_other(self):
        other = self._add_company()
        result = self._backtest(self.company | other, alone=self.recency)
        self.assertEqual(result['rules']['flagged'], 2)
        self.assertEqual(result['alone'][self.recency.id]['customers'], 5)

    def test_a_company_without_customers_is_left_out(self):
        empty = self._create_company("Empty Company")
        self.user_admin.company_ids |= empty
        self.assertEqual(self._backtest(self.company | empty)['rules'], self._backtest()['rules'])
        with self.assertRaisesRegex(UserError, "Nobody had bought from Empty Company until 04/01"):
            self._backtest(empty)

    # ------------------------------------------------------------
    # BAD INPUT AND ACCESS
    # ------------------------------------------------------------

    def test_what_happened_since_must_be_known(self):
        with self.assertRaisesRegex(
            UserError, "90 days after 04/02/2026 is not known yet. Judge as of 04/01/2026"
        ):
            self._backtest(day=date(2026, 4, 2))
        # In Tokyo it is July already.
        self.startPatcher(freeze_time('2026-06-30 20:00:00'))
        self.company.partner_id.tz = 'Asia/Tokyo'
        self._backtest(day=date(2026, 4, 2))

    def test_what_is_learned_from_must_be_over(self):
        with self.assertRaisesRegex(UserError, "must be over on 04/01/2026.*01/01/2026 or before"):
            self._backtest(train=date(2026, 1, 2))

    def test_other_bad_input(self):
        for horizon in (0, -1, 731):
            with self.assertRaisesRegex(UserError, "Choose from 1 to 730 days"):
                self._backtest(horizon=horizon)
        with self.assertRaisesRegex(UserError, "Choose a company"):
            self.env['growth.churn.rule']._backtest(self.env['res.company'], TRAIN, AS_OF, HORIZON)
        with self.assertRaisesRegex(UserError, "Nobody had bought"):
            self._backtest(train=date(2024, 1, 1), day=date(2025, 4, 30))

    def test_errors_are_in_the_language_of_the_user(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.user_admin.lang = 'fr_FR'
        rules = self.env['growth.churn.rule'].with_user(self.user_admin)
        with self.assertRaisesRegex(UserError, "02/04/2026"):
            rules.with_context(lang='fr_FR')._backtest(
                self.company, TRAIN, date(2026, 4, 2), HORIZON
            )

    def test_only_administrators_run_it(self):
        for user in (self.user_own, self.user_all):
            with self.assertRaisesRegex(AccessError, "Only sales administrators"):
                self._backtest(user=user)
            with self.assertRaises(AccessError):
                self.env['growth.churn.backtest'].with_user(user).create({})

    def test_other_companies_are_out_of_reach(self):
        other = self._add_company()
        rules = self.env['growth.churn.rule'].with_user(self.user_admin)
        with self.assertRaisesRegex(AccessError, "not Other Company"):
            rules.with_context(allowed_company_ids=self.company.ids)._backtest(
                other, TRAIN, AS_OF, HORIZON
            )


@tagged('post_install', '-at_install')
class TestChurnBacktestWizard(BacktestCommon):
    """The dialogue: choose, run, read, switch on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_admin.group_ids |= cls.env.ref('base.group_multi_company')
        cls.env['growth.churn.rule'].search([('company_id', '=', False)]).active = False
        cls.shared = cls.env['growth.churn.rule'].create({'name': "Shared", 'active': False})

    def _form(self, user=None):
        return Form(self.env['growth.churn.backtest'].with_user(user or self.user_admin))

    def _line(self, backtest, subject, rule=None):
        return backtest.line_ids.filtered(
            lambda line: line.subject == subject and (not rule or line.rule_id == rule)
        )

    def _run(self):
        backtest = self._form().save()
        action = backtest.action_run()
        self.assertEqual(action['res_id'], backtest.id)
        self.assertEqual(action['target'], 'new')
        return backtest

    def test_defaults(self):
        self.company.growth_churn_horizon = 60
        with self._form() as form:
            self.assertEqual(form.company_id, self.company)
            self.assertEqual(form.horizon, 60)
            self.assertEqual(form.as_of, date(2026, 5, 1))
            self.assertEqual(form.train_as_of, date(2026, 3, 2))
            form.horizon = 90
            self.assertEqual(form.as_of, AS_OF)
            self.assertEqual(form.train_as_of, TRAIN)

    def test_every_rule_of_the_company_is_there(self):
        other = self._create_company("Other Company")
        theirs = self._create_rule("Theirs", company_id=other.id)
        backtest = self._form().save()
        rules = backtest.line_ids.rule_id
        self.assertLessEqual(self.recency | self.falling | self.shared, rules)
        self.assertNotIn(theirs, rules)
        self.assertEqual(backtest.rule_ids, rules)
        self.assertTrue(self._line(backtest, 'alone', self.recency).is_on)
        self.assertFalse(self._line(backtest, 'alone', self.falling).is_on)
        self.assertEqual(self._line(backtest, 'alone', self.falling).name, "Falling")
        self.assertEqual(
            backtest.line_ids[:3].mapped('name'),
            [
                "Your rules together",
                "Probability, finding as many as 90 days do",
                "No purchase for 90 days",
            ],
        )

    def test_run(self):
        backtest = self._run()
        self.assertTrue(backtest.is_run)
        self.assertRecordValues(
            self._line(backtest, 'rules') | self._line(backtest, 'fixed_90'),
            [
                {
                    'is_known': True,
                    'flagged': 2,
                    'found': 1,
                    'missed': 2,
                    'false_alarms': 1,
                    'precision': 0.5,
                    'value_found': 200,
                    'has_auc': True,
                },
                {
                    'is_known': True,
                    'flagged': 3,
                    'found': 2,
                    'missed': 1,
                    'false_alarms': 1,
                    'precision': 2 / 3,
                    'value_found': 1200,
                    'has_auc': True,
                },
            ],
        )
        self.assertFalse(self._line(backtest, 'probability').is_known)
        self.assertRecordValues(
            self._line(backtest, 'alone', self.recency),
            [{'is_known': True, 'flagged': 2, 'has_auc': False}],
        )

    def test_in_words(self):
        backtest = self._run()
        self.assertIn(
            "Of 5 customers on 04/01/2026, 60.0 % left: they bought nothing in the 90 days after. "
            "With them went $ 1,800.00 of revenue a year. "
            "Your rules found 33.3 % of them: 2 customers flagged, 50.0 % of the alarms right. "
            "The rule of 90 days without a purchase found 66.7 %: 3 customers flagged, 66.7 % of "
            "the alarms right.",
            backtest.summary.replace("\N{NO-BREAK SPACE}", " "),
        )
        self.assertFalse(backtest.conclusion, "Nobody concludes from five customers")
        self.assertIn("while 90 of each are needed", backtest.caution)
        self.assertIn("Fewer than 30 customers left, or stayed", backtest.caution)
        self.assertIn("bought once watched only", backtest.note)
        self.assertIn("alone they are shown as if they did", backtest.note)

    def test_conclusions(self):
        def conclude(recall, precision, flagged=5, customers=60):
            return self.env['growth.churn.backtest']._tell_conclusion(
                {
                    'customers': customers,
                    'left': 30,
                    'rules': {'flagged': flagged, 'recall': recall, 'precision': precision},
                    'fixed_90': {'flagged': 5, 'recall': 0.5, 'precision': 0.5},
                }
            )

        for (recall, precision), words in {
            (0.5, 0.5): "do as well as",
            (0.6, 0.5): "are better than",
            (0.5, 0.6): "are better than",
            (0.4, 0.5): "is better here than your rules",
            (0.6, 0.4): "find more than 90 days without a purchase does, and are right less often",
            (0.4, 0.6): "find less than 90 days without a purchase does, and are right more often",
        }.items():
            self.assertIn(words, conclude(recall, precision))
        self.assertFalse(conclude(0.0, None, flagged=0))
        self.assertFalse(conclude(0.6, 0.6, customers=59))

    def test_figures_of_another_choice_are_not_shown(self):
        backtest = self._run()
        for fname, value in (('as_of', date(2026, 3, 31)), ('train_as_of', date(2025, 12, 1))):
            backtest.action_run()
            backtest[fname] = value
            self.assertFalse(backtest.is_run, fname)
            self.assertFalse(backtest.summary)
        backtest.write({'as_of': AS_OF})
        backtest.action_run()
        self._line(backtest, 'alone', self.falling).is_chosen = False
        self.assertFalse(backtest.is_run)

    def test_a_rule_is_needed(self):
        backtest = self._form().save()
        backtest.line_ids.is_chosen = False
        for action in (backtest.action_run, backtest.action_switch_on):
            with self.assertRaisesRegex(UserError, "Choose at least one rule"):
                action()

    def test_switch_on(self):
        backtest = self._run()
        chosen = self.falling
        for line in backtest.line_ids:
            line.is_chosen = line.rule_id in chosen
        action = backtest.action_switch_on()
        self.assertIn("Switched on: Falling.", action['params']['message'])
        self.assertTrue(self.falling.active)
        self.assertFalse(self.recency.active)
        self.assertFalse(self.shared.active)

    def test_rules_of_other_companies_stay(self):
        other = self._create_company("Other Company")
        theirs = self._create_rule("Theirs", company_id=other.id)
        backtest = self._run()
        backtest.action_switch_on()
        self.assertTrue(theirs.active)

    def test_a_change_of_shared_rules_is_told(self):
        self._create_company("Other Company")
        backtest = self._run()
        self.assertTrue(backtest.concerns_others)
        for line in backtest.line_ids:
            line.is_chosen = line.rule_id in self.recency | self.falling
        self.assertFalse(backtest.concerns_others)
        self.shared.active = True
        backtest.invalidate_recordset(['concerns_others'])
        self.assertTrue(backtest.concerns_others)

    def test_other_companies_cannot_be_chosen(self):
        other = self._create_company("Other Company")
        backtest = self._form().save()
        with self.assertRaises(AccessError):
            backtest.company_id = other
            backtest.action_run()
