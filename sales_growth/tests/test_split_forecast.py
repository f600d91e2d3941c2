from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import Form, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import SalesGrowthCommon

NOW = '2026-06-30 12:00:00'
FIRST_DAY, LAST_DAY = date(2026, 4, 1), date(2026, 6, 30)


class SplitCommon(SalesGrowthCommon):
    """Customers who are lost after six months without a purchase, looked at on June 30, 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.growth_lost_months = 6

    def setUp(self):
        super().setUp()
        self.clock = self.startPatcher(freeze_time(NOW))

    @classmethod
    def _buy(cls, name, *days, **vals):
        """A customer who buys on some days."""
        partner = cls._create_customer(name)
        for day in days:
            cls._create_order(partner, 100, day if ':' in day else f"{day} 12:00:00", **vals)
        return partner

    def _facts(self, date_from=FIRST_DAY, date_to=LAST_DAY, company=None):
        """Last purchase before, loss and return of each customer, as ISO days."""
        rows = self.env.execute_query(
            self.env['growth.sales.facts']._loss_facts(company or self.company, date_from, date_to)
        )
        return {
            self.env['res.partner'].browse(partner_id): tuple(
                day and day.isoformat() for day in days
            )
            for partner_id, *days in rows
        }

    def _forecast(self, user=None, **vals):
        """The forecast of the second quarter of 2026."""
        return (
            self.env['growth.split.forecast']
            .with_user(user or self.user_all)
            .create(
                {
                    'company_id': self.company.id,
                    'period': 'own',
                    'date_from': FIRST_DAY,
                    'date_to': LAST_DAY,
                    **vals,
                }
            )
        )

    def _customers(self, action, user=None):
        """The customers that an action of the forecast shows."""
        domain = []
        if action['context'].get('search_default_filter_lost'):
            domain = [('state', 'in', ['lost', 'returned'])]
        return (
            self.env[action['res_model']]
            .with_user(user or self.user_all)
            .with_context(**action['context'])
            .search(domain)
        )


@tagged('post_install', '-at_install')
class TestLossFacts(SplitCommon):
    """Who was active when a period began, and lost in it."""

    def test_what_becomes_of_customers(self):
        kept = self._buy("Kept", '2025-12-01', '2026-05-01')
        last_chance = self._buy("On the last day", '2025-10-15', '2026-04-15')
        a_day_late = self._buy("A day late", '2025-10-15', '2026-04-16')
        late = self._buy("Late", '2025-10-15', '2026-06-30')
        lost = self._buy("Lost", '2025-11-01')
        first = self._buy("Just active", '2025-10-01')
        last = self._buy("Lost on the last day", '2025-12-29')
        after = self._buy("Lost after the period", '2025-12-30')
        end_of_month = self._buy("Lost after the period too", '2025-12-31')
        self._buy("Lost on the day before", '2025-09-30')
        self._buy("New", '2026-04-01')
        self._buy("Came back in the period", '2025-01-10', '2026-05-05')
        self.assertEqual(
            self._facts(),
            {
                kept: ('2025-12-01', None, None),
                last_chance: ('2025-10-15', None, None),
                a_day_late: ('2025-10-15', '2026-04-16', '2026-04-16'),
                late: ('2025-10-15', '2026-04-16', '2026-06-30'),
                lost: ('2025-11-01', '2026-05-02', None),
                first: ('2025-10-01', '2026-04-02', None),
                last: ('2025-12-29', '2026-06-30', None),
                after: ('2025-12-30', None, None),
                end_of_month: ('2025-12-31', None, None),
            },
        )

    def test_periods_that_follow_each_other_leave_nobody_out(self):
        """Each loss lies in one period, and who was lost is active no more."""
        self.company.growth_lost_months = 1
        days = [f"2026-{month:02}-{day:02}" for month in (1, 2) for day in range(1, 29)]
        partners = [self._buy(day, day) for day in days]
        lost = []
        for month in (2, 3):
            facts = self._facts(date(2026, month, 1), date(2026, month, 28))
            lost += [partner for partner, (_day, lost_date, _return) in facts.items() if lost_date]
        # Who bought on January 28 is lost on March 1, on the day after February.
        march = self._facts(date(2026, 3, 1), date(2026, 3, 1))
        self.assertEqual(len(lost), len(set(lost)))
        self.assertEqual(set(lost) | set(partners[-1:]), set(partners))
        self.assertEqual(march[partners[27]], ('2026-01-28', '2026-03-01', None))

    def test_who_is_lost_twice_counts_with_the_last_time(self):
        self.company.growth_lost_months = 2
        year = date(2025, 1, 1), date(2025, 10, 31)
        away = self._buy("Away again", '2024-12-01', '2025-04-01')
        back = self._buy("Back again", '2024-12-01', '2025-04-01', '2025-09-01')
        self.assertEqual(
            self._facts(*year),
            {
                away: ('2024-12-01', '2025-06-02', None),
                back: ('2024-12-01', '2025-06-02', '2025-09-01'),
            },
        )

    def test_what_happens_after_the_period_is_not_known_in_it(self):
        partner = self._buy("Later", '2025-10-15', '2026-04-15')
        self.assertEqual(
            self._facts(date_to=date(2026, 4, 14)), {partner: ('2025-10-15', None, None)}
        )
        partner = self._buy("Later back", '2025-10-15', '2026-06-01')
        self.assertEqual(
            self._facts(date_to=date(2026, 5, 31))[partner], ('2025-10-15', '2026-04-16', None)
        )

    def test_days_begin_in_the_time_zone_of_the_company(self):
        self.company.partner_id.tz = 'Asia/Vladivostok'  # ten hours ahead of UTC
        kept = self._buy("Kept", '2025-10-15', '2026-04-15 13:59:59')
        returned = self._buy("Came back", '2025-10-15', '2026-04-15 14:00:00')
        before = self._buy("Before", '2026-03-31 13:59:59')
        self._buy("New", '2026-03-31 14:00:00')
        self.assertEqual(
            self._facts(),
            {
                kept: ('2025-10-15', None, None),
                returned: ('2025-10-15', '2026-04-16', '2026-04-16'),
                before: ('2026-03-31', None, None),
            },
        )

    def test_first_day_that_counts_in_time_zones_ahead_and_behind(self):
        for zone, moment in (
            ('Pacific/Kiritimati', '2025-10-29 10:00:00'),
            ('Pacific/Pago_Pago', '2025-10-30 11:00:00'),
        ):
            with self.subTest(zone=zone):
                self.company.partner_id.tz = zone
                partner = self._buy(zone, moment)
                self.assertEqual(
                    self._facts(date(2026, 5, 1))[partner], ('2025-10-30', '2026-05-01', None)
                )

    def test_only_purchases_of_customers_count(self):
        foreign = self._create_company("Foreign Company")
        lost = self._buy("Lost", '2025-11-01')
        self._create_order(lost, 100, '2026-04-10 12:00:00', state='draft')
        self._create_order(lost, 100, '2026-04-10 12:00:00', state='cancel')
        self._create_order(lost, -50, '2026-04-10 12:00:00')
        self._create_order(lost, 100, '2026-04-10 12:00:00', company=foreign)
        colleague = self.user_own.partner_id
        for partner in (colleague, self.company.partner_id):
            self._create_order(partner, 100, '2025-11-01 12:00:00')
        self.assertEqual(self._facts(), {lost: ('2025-11-01', '2026-05-02', None)})
        self.assertEqual(
            self._facts(date(2026, 5, 1), company=foreign), {lost: ('2026-04-10', None, None)}
        )

    def test_contacts_buy_for_their_company_and_archived_customers_count(self):
        customer = self._buy("Customer", '2025-12-01')
        contact = self.env['res.partner'].create({'name': "Buyer", 'parent_id': customer.id})
        self._create_order(contact, 100, '2026-05-01 12:00:00')
        archived = self._buy("Archived", '2025-11-01')
        archived.active = False
        self.assertEqual(
            self._facts(),
            {
                customer: ('2025-12-01', None, None),
                archived: ('2025-11-01', '2026-05-02', None),
            },
        )
        self.assertIn(archived, self._customers(self._forecast().action_view_lost()).partner_id)

    def test_losses_are_those_of_the_lifecycle(self):
        """Who is lost on a day by the hub became so in the days before by the facts."""
        lost = self._buy("Lost", '2025-11-01')
        self._buy("Kept", '2025-12-30')
        self._buy("Back", '2025-10-15', '2026-06-30')
        self._refresh(as_of=LAST_DAY)
        customers = self.env['growth.customer'].search(
            [('company_id', '=', self.company.id), ('lifecycle', '=', 'lost')]
        )
        self.assertEqual(customers.partner_id, lost)
        away = {
            partner: lost_date
            for partner, (_day, lost_date, return_date) in self._facts().items()
            if lost_date and not return_date
        }
        self.assertEqual(away, {lost: customers.lifecycle_date.isoformat()})


@tagged('post_install', '-at_install')
class TestLossFactsInvoice(AccountTestInvoicingCommon):
    """Losses by posted invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data['company']
        cls.company.write({'growth_source': 'invoice', 'growth_lost_months': 6})
        # Days of invoices are days, whatever the time zone of the company.
        cls.company.partner_id.tz = 'Pacific/Auckland'

    def _bill(self, name, *days, move_type='out_invoice', post=True):
        partner = self.env['res.partner'].create({'name': name, 'is_company': True})
        for day in days:
            self._bill_again(partner, day, move_type, post)
        return partner

    def _bill_again(self, partner, day, move_type='out_invoice', post=True):
        invoice = self.env['account.move'].create(
            {
                'move_type': move_type,
                'partner_id': partner.id,
                'invoice_date': day,
                'invoice_line_ids': [
                    Command.create(
                        {'product_id': self.product_a.id, 'price_unit': 100, 'tax_ids': False}
                    )
                ],
            }
        )
        if post:
            invoice.action_post()

    def test_only_posted_invoices_count(self):
        kept = self._bill("Kept", '2025-10-15', '2026-04-15')
        returned = self._bill("Came back", '2025-10-15', '2026-04-16')
        lost = self._bill("Lost", '2025-10-15')
        self._bill_again(lost, '2026-04-10', post=False)
        self._bill_again(lost, '2026-04-10', move_type='out_refund')
        self._bill("New", '2026-04-01')
        facts = {
            row['partner_id']: (row['lost_date'], row['return_date'])
            for row in self.env.execute_query_dict(
                self.env['growth.sales.facts']._loss_facts(self.company, FIRST_DAY, LAST_DAY)
            )
        }
        day = date(2026, 4, 16)
        self.assertEqual(
            facts, {kept.id: (None, None), returned.id: (day, day), lost.id: (day, None)}
        )
        self.assertEqual(
            self.env['growth.sales.facts']._get_first_purchase(self.company, LAST_DAY),
            date(2025, 10, 15),
        )


@tagged('post_install', '-at_install')
class TestSplitForecast(SplitCommon):
    """What the manager is told: 20 customers, of whom 3 are lost and one of those came back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kept = cls.env['res.partner']
        for number in range(17):
            cls.kept |= cls._buy(f"Kept {number}", '2026-01-15')
        cls.lost = cls._buy("Lost 1", '2025-11-01') | cls._buy("Lost 2", '2025-11-02')
        cls.returned = cls._buy("Came back", '2025-11-01', '2026-06-01')

    # ------------------------------------------------------------
    # WORDS AND FIGURES
    # ------------------------------------------------------------

    def test_the_plain_sentences(self):
        forecast = self._forecast()
        self.assertEqual(
            forecast.summary,
            "Of 20 customers, 3 were lost from 04/01/2026 to 06/30/2026: 15 %. Of those, 1 came "
            "back. Normal for this time is 2.6 to 5.4 %.",
        )
        self.assertEqual(
            forecast.advice,
            "More customers are lost than normal. Put about 44 % of the time into hunting: to have "
            "as many customers as before, 2 are to be won, and winning one costs about 7 times "
            "what keeping one does.",
        )
        self.assertFalse(forecast.problem)
        self.assertFalse(forecast.caution)

    def test_the_figures_behind(self):
        forecast = self._forecast()
        self.assertRecordValues(
            forecast,
            [
                {
                    'days': 91,
                    'active_count': 20,
                    'kept_count': 17,
                    'lost_count': 3,
                    'returned_count': 1,
                    'to_win': 2,
                    'verdict': 'raised',
                    'loss_rate': 0.15,
                    'crisis_rate': 0.3,
                }
            ],
        )
        self.assertAlmostEqual(forecast.hunting_share, 14 / 32)
        self.assertAlmostEqual(forecast.normal_low, 0.02591, 5)
        self.assertAlmostEqual(forecast.normal_high, 0.05408, 5)
        self.assertAlmostEqual(forecast.quarter_rate, 0.15047, 5)

    def test_the_settings_decide_what_is_normal(self):
        for low, high, crisis, verdict, words in (
            (10, 100, 30, 'normal', "As many customers are lost as is normal."),
            (60, 80, 30, 'calm', "Fewer customers are lost than normal."),
            (
                10,
                100,
                14.5,
                'crisis',
                "At this pace a quarter takes 15 % of the customers, more than the limit of "
                "14.5 %: hunting first.",
            ),
        ):
            self.company.write(
                {
                    'growth_normal_loss_min': low,
                    'growth_normal_loss_max': high,
                    'growth_crisis_loss': crisis,
                }
            )
            with self.subTest(verdict=verdict):
                forecast = self._forecast()
                self.assertEqual(forecast.verdict, verdict)
                self.assertEqual(forecast.advice.partition(" Put")[0], words)

    def test_the_months_of_the_settings_decide_who_is_lost(self):
        self.company.growth_lost_months = 12
        forecast = self._forecast()
        self.assertEqual((forecast.active_count, forecast.lost_count), (20, 0))
        self.assertEqual(
            forecast.advice,
            "Fewer customers are lost than normal. Nobody has to be replaced: hunting is for "
            "growth alone.",
        )

    def test_few_customers_say_little(self):
        self.env['sale.order'].search([('partner_id', '=', self.kept[0].id)]).state = 'cancel'
        forecast = self._forecast()
        self.assertEqual(forecast.active_count, 19)
        self.assertEqual(
            forecast.caution, "These are fewer than 20 customers: the figures say little."
        )

    def test_words_are_in_the_language_of_the_reader(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.user_all.lang = 'fr_FR'
        self.assertIn("2,6", self._forecast().with_context(lang='fr_FR').summary)

    # ------------------------------------------------------------
    # CUSTOMERS BEHIND
    # ------------------------------------------------------------

    def test_buttons_open_those_who_were_counted(self):
        forecast = self._forecast()
        active = self._customers(forecast.action_view_active())
        self.assertEqual(active.partner_id, self.kept | self.lost | self.returned)
        action = forecast.action_view_lost()
        self.assertEqual(action['name'], "Lost from 04/01/2026 to 06/30/2026")
        lost = self._customers(action)
        self.assertEqual(lost.partner_id, self.lost | self.returned)
        self.assertEqual(
            {row.partner_id: row.state for row in lost},
            {**dict.fromkeys(self.lost, 'lost'), self.returned: 'returned'},
        )
        back = lost.filtered(lambda row: row.state == 'returned')
        self.assertEqual(back.return_date, date(2026, 6, 1))
        self.assertEqual(back.action_open_partner()['res_id'], self.returned.id)

    def test_customers_can_be_grouped(self):
        self.lost.user_id = self.user_own
        Customer = self.env['growth.split.customer'].with_user(self.user_all)
        Customer = Customer.with_context(**self._forecast().action_view_lost()['context'])
        self.assertEqual(
            Customer._read_group([('state', '!=', 'kept')], ['user_id'], ['__count']),
            [(self.user_own, 2), (self.env['res.users'], 1)],
        )

    def test_no_amounts_are_shown(self):
        for model in ('growth.split.customer', 'growth.split.forecast'):
            types = {field.type for field in self.env[model]._fields.values()}
            self.assertNotIn('monetary', types)
        floats = [
            name
            for name, field in self.env['growth.split.customer']._fields.items()
            if field.type == 'float'
        ]
        self.assertFalse(floats)

    def test_counting_takes_one_query_however_many_customers(self):
        Customer = (
            self.env['growth.split.customer']
            .with_user(self.user_all)
            .with_context(**self._forecast().action_view_active()['context'])
        )
        Customer._read_group([], ['state'], ['__count'])  # what is cached: rights, zone
        with self.assertQueryCount(1):
            Customer._read_group([], ['state'], ['__count'])
        forecast = self._forecast()
        forecast.read(['summary'])
        forecast.invalidate_recordset(['summary'])
        with self.assertQueryCount(1):
            forecast.mapped('summary')

    # ------------------------------------------------------------
    # PERIODS
    # ------------------------------------------------------------

    def _choose(self, period):
        Forecast = self.env['growth.split.forecast'].with_user(self.user_all)
        return Forecast.create({'period': period})

    def test_periods(self):
        for today, period, dates in (
            ('2026-05-15', 'days', (date(2026, 2, 15), date(2026, 5, 15))),
            ('2026-05-15', 'this_quarter', (date(2026, 4, 1), date(2026, 5, 15))),
            ('2026-05-15', 'last_quarter', (date(2026, 1, 1), date(2026, 3, 31))),
            ('2026-02-10', 'last_quarter', (date(2025, 10, 1), date(2025, 12, 31))),
            ('2026-05-15', 'this_year', (date(2026, 1, 1), date(2026, 5, 15))),
            ('2026-05-15', 'last_year', (date(2025, 1, 1), date(2025, 12, 31))),
        ):
            self.clock.move_to(f'{today} 12:00:00')
            with self.subTest(today=today, period=period):
                forecast = self._choose(period)
                self.assertEqual((forecast.date_from, forecast.date_to), dates)

    def test_today_is_the_one_of_the_company(self):
        self.company.partner_id.tz = 'Pacific/Kiritimati'  # July 1 already
        forecast = self._choose('this_quarter')
        self.assertEqual(
            (forecast.date_from, forecast.date_to, forecast.days),
            (date(2026, 7, 1), date(2026, 7, 1), 1),
        )

    def test_the_form_follows_the_choice(self):
        with Form(self.env['growth.split.forecast'].with_user(self.user_all)) as form:
            self.assertEqual(form.period, 'days')
            self.assertEqual((form.date_from, form.date_to), (date(2026, 4, 2), LAST_DAY))
            self.assertEqual(form.lost_count, 3)
            form.period = 'last_quarter'
            self.assertEqual((form.date_from, form.lost_count), (date(2026, 1, 1), 0))
            form.period = 'own'
            self.assertEqual(form.date_from, date(2026, 1, 1), "A start for own dates.")
            form.date_to = date(2025, 12, 31)
            self.assertEqual(form.problem, "The first day must not be after the last one.")
            form.date_from = date(2025, 12, 1)
            self.assertFalse(form.problem)

    def test_bad_periods_are_explained(self):
        for vals, problem in (
            (
                {'date_from': '2026-06-30', 'date_to': '2026-06-29'},
                "The first day must not be after the last one.",
            ),
            (
                {'date_to': '2026-07-01'},
                "The period must not end in the future: nobody is lost there yet.",
            ),
            (
                {'date_from': '0001-01-01', 'date_to': '0001-01-31'},
                "The first day must not be before 01/01/1900.",
            ),
            (
                {'date_from': '1900-01-01', 'date_to': '1900-01-01'},
                "Nobody had bought before 01/01/1900: the first purchase in Growth Test Company "
                "was on 11/01/2025. Choose a period that begins later.",
            ),
            (
                {'date_from': '2025-11-01'},
                "Nobody had bought before 11/01/2025: the first purchase in Growth Test Company "
                "was on 11/01/2025. Choose a period that begins later.",
            ),
        ):
            with self.subTest(problem=problem):
                self._assert_nothing_told(self._forecast(**vals), problem)

    def test_a_company_without_purchases(self):
        self.env['sale.order'].search([('company_id', '=', self.company.id)]).state = 'cancel'
        self._assert_nothing_told(
            self._forecast(), "Growth Test Company has no customers who bought yet."
        )

    def test_where_all_were_lost_before_nothing_is_told(self):
        self.company.growth_lost_months = 1
        self.env['sale.order'].search([('partner_id', '=', self.returned.id)]).state = 'cancel'
        self._assert_nothing_told(
            self._forecast(),
            "No customer was active on 04/01/2026: all who had bought before were lost already.",
        )

    def _assert_nothing_told(self, forecast, problem):
        self.assertEqual(forecast.problem, problem)
        for name in ('summary', 'advice', 'caution', 'verdict', 'active_count', 'hunting_share'):
            self.assertFalse(forecast[name], name)
        for action in (forecast.action_view_active, forecast.action_view_lost):
            with self.assertRaises(UserError) as error:
                action()
            self.assertEqual(str(error.exception), problem)

    def test_days_that_are_none(self):
        Customer = self.env['growth.split.customer'].with_user(self.user_all)
        for days in (
            {'growth_date_from': 'abc'},
            {'growth_date_from': 5},
            {'growth_date_to': '9999-12-31'},
            {'growth_date_from': '2026-02-01', 'growth_date_to': '2026-01-01'},
        ):
            with self.subTest(days=days), self.assertRaises(UserError):
                Customer.with_context(**days).search([])

    # ------------------------------------------------------------
    # ACCESS AND COMPANIES
    # ------------------------------------------------------------

    def test_those_who_see_all_documents_may_open_it(self):
        menu = self.env.ref('sales_growth.growth_split_forecast_menu')
        for user in (self.user_all, self.user_admin):
            self.assertEqual(self._forecast(user).lost_count, 3)
            self.assertIn(menu.id, self.env['ir.ui.menu'].with_user(user)._visible_menu_ids())

    def test_others_may_not_by_rpc_neither(self):
        menu = self.env.ref('sales_growth.growth_split_forecast_menu')
        forecast = self._forecast()
        outsider = self._create_user('growth_outsider', 'base.group_user')
        spec = {'summary': {}, 'problem': {}}
        for user in (self.user_own, outsider):
            Forecast = self.env['growth.split.forecast'].with_user(user)
            Customer = self.env['growth.split.customer'].with_user(user)
            self.assertNotIn(menu.id, self.env['ir.ui.menu'].with_user(user)._visible_menu_ids())
            for model, method, *args in (
                (Forecast, 'create', [{}]),
                (Forecast, 'onchange', [], {}, [], spec),
                (Forecast, 'web_save', [], {}, spec),
                (Forecast, 'web_read', forecast.ids, spec),
                (Forecast, 'read', forecast.ids, ['summary']),
                (Forecast, 'action_view_lost', forecast.ids),
                (Customer, 'search_read', []),
                (Customer, 'web_search_read', [], {'partner_id': {}}),
                (Customer, 'formatted_read_group', [], ['state'], ['__count']),
            ):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    call_kw(model, method, args, {})

    def test_companies_are_told_apart(self):
        second = self._create_company("Second Company")
        second.growth_lost_months = 6
        third = self._create_company("Third Company")
        companies = self.company | second
        self.user_all.company_ids = [Command.set((companies | third).ids)]
        lost = self._buy("Lost there", '2025-11-01', company=second)
        self._create_order(self.kept[0], 100, '2025-11-01 12:00:00', company=second)
        both = {'allowed_company_ids': companies.ids}
        Forecast = self.env['growth.split.forecast'].with_user(self.user_all).with_context(**both)
        vals = {'period': 'own', 'date_from': FIRST_DAY, 'date_to': LAST_DAY}
        first = Forecast.create(vals)
        self.assertEqual((first.company_id, first.active_count), (self.company, 20))
        other = Forecast.create({**vals, 'company_id': second.id})
        self.assertEqual((other.active_count, other.lost_count), (2, 2))
        action = other.action_view_lost()
        rows = self.env[action['res_model']].with_user(self.user_all)
        rows = rows.with_context(**both, **action['context']).search([])
        self.assertEqual(rows.partner_id, lost | self.kept[0])
        self.assertEqual(rows.company_id, second)
        inactive = Forecast.create({**vals, 'company_id': third.id})
        self._assert_nothing_told(inactive, "Choose one of the companies that are active.")
        with self.assertRaises(UserError):
            self._customers(action)

    def test_a_company_that_is_not_allowed_stays_closed(self):
        foreign = self._create_company("Foreign Company")
        self._buy("Lost there", '2025-11-01', company=foreign)
        self._assert_nothing_told(
            self._forecast(company_id=foreign.id), "Choose one of the companies that are active."
        )
        Customer = self.env['growth.split.customer'].with_user(self.user_all)
        with self.assertRaises(UserError):
            Customer.with_context(growth_company_id=foreign.id).search([])
