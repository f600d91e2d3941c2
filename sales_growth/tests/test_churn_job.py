from contextlib import suppress
from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tests import tagged

from .common_churn import TODAY
from .common_churn_job import ChurnJobCommon
from .test_handover_job import uncommitted


@tagged('post_install', '-at_install')
class TestChurnRules(ChurnJobCommon):
    """Each kind of rule leads to the state, the day and the case it should."""

    # ------------------------------------------------------------
    # NO PURCHASE FOR MONTHS
    # ------------------------------------------------------------

    def test_recency_from_which_day_on(self):
        days = {
            'active': ('2026-03-03', '2026-03-03'),
            'at_risk': ('2026-03-02', '2026-06-03'),
            # Six months after 3 December end with today.
            'still': ('2025-12-03', '2026-03-04'),
            'lost': ('2025-12-02', '2026-06-03'),
        }
        partners = {
            state: self._create_buyer(state, '2025-11-01', day)
            for state, (day, _since) in days.items()
        }
        self._detect()
        for state, (_day, since) in days.items():
            self.assertChurn(partners[state], 'at_risk' if state == 'still' else state, since)
        cases = self._cases(*partners.values())
        self.assertEqual(
            cases.mapped(lambda case: (case.partner_id.name, case.level, case.state)),
            [('at_risk', 'at_risk', 'new'), ('still', 'at_risk', 'new'), ('lost', 'lost', 'new')],
        )
        self.assertEqual(set(cases.mapped('date')), {TODAY})
        self.assertEqual(cases.mapped('lost_date'), [False, False, TODAY])
        self.assertEqual(cases.rule_id, self.recency)

    def test_who_bought_once_is_watched(self):
        once = self._create_buyer("Once", '2025-01-10')
        self._detect()
        self.assertChurn(once, 'watch', '2025-04-11')
        self.assertFalse(self._cases(once))
        self.recency.includes_once = True
        self._detect()
        self.assertChurn(once, 'lost', '2025-07-11')
        self.assertTrue(self._cases(once))

    def test_seasonal_buyers_are_awaited_until_their_season(self):
        days = [f'{year}-{day}' for year in (2023, 2024, 2025) for day in ('11-20', '12-05')]
        seasonal = self._create_buyer("Christmas", *days)
        self._detect()
        self.assertChurn(seasonal, 'active')
        self.assertFalse(self._cases(seasonal))
        self._detect_on('2027-02-20')
        self.assertChurn(seasonal, 'active')
        self._detect_on('2027-02-21')
        self.assertChurn(seasonal, 'at_risk', '2027-02-21')
        self.assertIn(
            "A seasonal buyer: expected about 11/20/2026", self._cases(seasonal).explanation
        )

    def test_credits_drafts_and_cancelled_orders_are_no_purchases(self):
        partner = self._create_buyer("Credited", '2025-01-10', '2025-11-01')
        self._buy(partner, '2026-06-01', amount=-50)
        self._buy(partner, '2026-06-01', amount=0)
        self._buy(partner, '2026-06-01', state='draft')
        self._buy(partner, '2026-06-01', state='cancel')
        self._detect()
        self.assertChurn(partner, 'lost', '2026-05-02')

    def test_orders_of_contacts_are_the_company_s(self):
        partner = self._create_buyer("Company", '2025-01-10', '2025-11-01')
        contact = self.env['res.partner'].create({'name': "Anna", 'parent_id': partner.id})
        self._buy(contact, '2026-06-01')
        self._detect()
        self.assertChurn(partner, 'active', '2026-06-01')

    # ------------------------------------------------------------
    # OWN RHYTHM
    # ------------------------------------------------------------

    def test_rhythm_from_which_day_on(self):
        self._only('rhythm')
        days = ('2026-01-02', '2026-02-01', '2026-03-03', '2026-04-02')
        late = self._create_buyer("Late", *days)
        # 60 days after 4 April end with today.
        in_time = self._create_buyer("In Time", *days[:3], '2026-04-04')
        twice = self._create_buyer("Twice", '2026-01-02', '2026-01-12')
        self._detect(date(2026, 6, 1))
        self.assertChurn(late, 'active')
        self._detect()
        self.assertChurn(late, 'at_risk', '2026-06-02')
        self.assertChurn(in_time, 'active')
        self.assertChurn(twice, 'active')
        case = self._cases(late)
        self.assertEqual((case.kind, case.level), ('rhythm', 'at_risk'))

    def test_rhythm_with_a_factor_of_its_own(self):
        self._only('rhythm', factor=3, state='lost')
        days = ('2026-01-02', '2026-02-01', '2026-03-03')
        late = self._create_buyer("Late", *days)
        self._detect(date(2026, 6, 1))
        self.assertChurn(late, 'active')
        self._detect(date(2026, 6, 2))
        self.assertChurn(late, 'lost', '2026-06-02')

    # ------------------------------------------------------------
    # BUYS LESS
    # ------------------------------------------------------------

    def test_falling_revenue(self):
        self._only('falling', state='at_risk')
        partners = []
        for name, amount in (("Half", 500), ("Less", 499)):
            partner = self._create_buyer(name, '2025-10-01')
            self._buy(partner, '2026-01-10', amount=1000)
            self._buy(partner, '2026-05-01', amount=amount)
            partners.append(partner)
        self._detect()
        self.assertChurn(partners[0], 'active')
        customer = self.assertChurn(partners[1], 'at_risk', '2026-06-03')
        self.assertEqual((customer.churn_recent, customer.churn_previous), (499, 1000))

    def test_falling_revenue_is_less_its_credits(self):
        self._only('falling')
        partner = self._create_buyer("Credited", '2025-10-01')
        self._buy(partner, '2026-01-10', amount=1000)
        self._buy(partner, '2026-05-01', amount=900)
        self._buy(partner, '2026-05-02', amount=-500)
        self._detect()
        customer = self.assertChurn(partner, 'watch')
        self.assertEqual(customer.churn_recent, 400)
        self.assertFalse(self._cases(partner), "watched only")

    def test_falling_number_of_orders(self):
        self._only('falling', measure='orders')
        partner = self._create_buyer(
            "Rarer", '2025-10-01', '2026-01-10', '2026-01-20', '2026-02-10', '2026-05-01'
        )
        self._buy(partner, '2026-05-02', amount=-1)
        self._detect()
        customer = self.assertChurn(partner, 'watch')
        self.assertEqual((customer.churn_recent, customer.churn_previous), (1, 3))

    def test_who_buys_less_is_watched_since_the_first_day_of_it(self):
        self._only('falling')
        partner = self._create_buyer("Less", '2025-10-01')
        self._buy(partner, '2026-01-10', amount=1000)
        self._buy(partner, '2026-05-01', amount=100)
        self._detect()
        self.assertChurn(partner, 'watch', '2026-06-03')
        self._buy(partner, '2026-06-04', amount=10)
        self._detect_on('2026-06-05')
        self.assertChurn(partner, 'watch', '2026-06-03')

    def test_falling_in_several_currencies(self):
        self._only('falling')
        self._rate('0.5')
        partner = self._create_buyer("Abroad", '2025-10-01')
        self._buy(partner, '2026-01-10', amount=1000)
        # 250 euros are 500 dollars: half.
        euros = self._create_pricelist(self.eur)
        order = self._buy(partner, '2026-05-01', amount=250, pricelist_id=euros.id)
        self._detect()
        self.assertChurn(partner, 'active')
        order.order_line.price_unit = 249
        self._detect()
        customer = self.assertChurn(partner, 'watch')
        self.assertEqual(customer.churn_recent, 498)

    def _rate(self, rate):
        self.eur.rate_ids.unlink()
        self.env['res.currency.rate'].create(
            {
                'name': '2020-01-01',
                'currency_id': self.eur.id,
                'company_id': self.company.id,
                'rate': rate,
            }
        )

    # ------------------------------------------------------------
    # WHAT THEY SAY
    # ------------------------------------------------------------

    def _answer(self, partner, score, day, company=None):
        return self.env['growth.nps.answer'].create(
            {
                'partner_id': partner.id,
                'company_id': (company or self.company).id,
                'date': day,
                'score': score,
            }
        )

    def _fall_out(self, partner, day, company=None):
        return self.env['growth.conflict'].create(
            {
                'partner_id': partner.id,
                'company_id': (company or self.company).id,
                'name': "Delivered late",
                'date': day,
                'user_id': self.user_own.id,
            }
        )

    def test_zero_is_an_answer(self):
        self._only('nps')
        partner = self._create_buyer("Zero", '2026-05-01')
        contact = self.env['res.partner'].create({'name': "Anna", 'parent_id': partner.id})
        self._answer(contact, 0, '2026-05-20')
        self._answer(partner, 9, '2026-05-21')
        content = self._create_buyer("Content", '2026-05-01')
        self._answer(content, 7, '2026-05-20')
        self._detect()
        self.assertChurn(partner, 'at_risk', '2026-05-20')
        self.assertChurn(content, 'active')
        self.assertEqual(self._cases(partner).kind, 'nps')

    def test_old_answers_expire(self):
        self._only('nps')
        partner = self._create_buyer("Zero", '2025-01-10', '2026-05-01')
        self._answer(partner, 3, '2025-12-04')
        self._detect()
        self.assertChurn(partner, 'at_risk', '2025-12-04')
        self._detect_on('2026-06-05')
        self.assertChurn(partner, 'active')
        self.assertEqual(self._cases(partner).state, 'over')

    def test_rules_of_nps_look_at_answers_of_their_own_age(self):
        """Within a year the 2 of one contact decides, within 3 months the 5 of another."""
        lately = self._only('nps', fresh_months=3, max_score=6, state='at_risk')
        ever = lately.copy({'fresh_months': 12, 'max_score': 1, 'state': 'lost'})
        partner = self._create_buyer("Two Minds", '2026-05-01')
        contact = self.env['res.partner'].create({'name': "Anna", 'parent_id': partner.id})
        self._answer(contact, 2, '2025-09-01')
        self._answer(partner, 5, '2026-05-20')
        self._detect()
        customer = self.assertChurn(partner, 'at_risk', '2026-05-20')
        self.assertEqual(customer.churn_rule_id, lately)
        # The case keeps the answer that its own rule looked at.
        self.assertIn("5 of 10, answered on 05/20/2026", self._cases(partner).explanation)
        ever.max_score = 2
        self._detect()
        customer = self.assertChurn(partner, 'lost', '2025-09-01')
        self.assertEqual(customer.churn_rule_id, ever)

    def test_an_answer_is_fresh_until_the_same_day_of_the_month(self):
        self._only('nps')
        partner = self._create_buyer("Zero", '2025-01-10', '2026-05-01')
        self._answer(partner, 3, '2025-12-04')
        self._detect_on('2026-06-04')
        self.assertChurn(partner, 'at_risk', '2025-12-04')
        self._detect_on('2026-06-05')
        self.assertChurn(partner, 'active')

    def test_prospects_have_conflicts_too(self):
        self._only('conflict')
        partner = self._create_customer("Prospect")
        self._fall_out(partner, '2026-06-01')
        self._detect()
        self.assertChurn(partner, 'at_risk', '2026-06-01')
        case = self._cases(partner)
        self.assertRecordValues(
            case, [{'first_order_date': False, 'last_order_date': False, 'order_count': 0}]
        )

    def test_a_resolved_conflict(self):
        self._only('conflict')
        partner = self._create_buyer("Angry", '2026-05-01')
        conflict = self._fall_out(partner, '2026-05-20')
        self._detect()
        self.assertChurn(partner, 'at_risk', '2026-05-20')
        self.assertEqual(self._cases(partner).state, 'new')
        conflict.resolution = "Delivered"
        conflict.action_resolve()
        self._detect()
        self.assertChurn(partner, 'active')
        self.assertRecordValues(self._cases(partner), [{'state': 'over', 'closed_date': TODAY}])

    def test_a_purchase_does_not_open_a_case_for_the_same_sign_again(self):
        self._only('conflict')
        self._switch_on('nps')
        angry, zero = (self._create_buyer(name, '2026-05-01') for name in ("Angry", "Zero"))
        self._fall_out(angry, '2026-05-20')
        self._answer(zero, 0, '2026-05-20')
        self._detect()
        for day in ('2026-06-04', '2026-06-10'):
            self._go_to(day)
            self._confirm(angry)
            self._confirm(zero)
            self._detect()
            self._detect_on(f'{day} 18:00:00')
        cases = self._cases(angry, zero)
        self.assertEqual(cases.mapped('state'), ['won', 'won'])
        self.assertChurn(angry, 'at_risk', '2026-05-20')
        self._go_to('2026-06-20')
        self._fall_out(angry, '2026-06-20')
        self._answer(zero, 1, '2026-06-20')
        self.env['growth.conflict'].search([('date', '=', '2026-05-20')]).write(
            {'resolution': "Delivered"}
        )
        self.env['growth.conflict'].search([('date', '=', '2026-05-20')]).action_resolve()
        self._detect()
        self.assertEqual(self._cases(angry).mapped('state'), ['won', 'new'], "a new one")
        self.assertEqual(self._cases(zero).mapped('state'), ['won', 'new'], "a new one")

    def test_another_conflict_after_a_win_while_the_first_is_open(self):
        self._only('conflict')
        partner = self._create_buyer("Angry", '2026-05-01')
        self._fall_out(partner, '2026-05-20')
        self._detect()
        self._go_to('2026-06-04')
        self._confirm(partner)
        self._detect_on('2026-06-05')
        self.assertEqual(self._cases(partner).mapped('state'), ['won'])
        self._go_to('2026-06-20')
        self._fall_out(partner, '2026-06-20')
        self._detect()
        self.assertEqual(self._cases(partner).mapped('state'), ['won', 'new'])
        self._go_to('2026-06-25')
        self._confirm(partner)
        self._detect_on('2026-06-26')
        self.assertEqual(self._cases(partner).mapped('state'), ['won', 'won'])

    def test_who_buys_less_is_won_back_once_in_a_while(self):
        self._only('falling', state='at_risk')
        partner = self._create_buyer("Less", '2025-10-01')
        self._buy(partner, '2026-01-10', amount=1000)
        self._buy(partner, '2026-02-20', amount=9000)
        self._detect()
        for day in ('2026-06-04', '2026-06-10', '2026-06-20'):
            self._go_to(day)
            self._confirm(partner, amount=1)
            self._detect_on(f'{day} 18:00:00')
            self.assertChurn(partner, 'at_risk')
        self.assertEqual(self._cases(partner).mapped('state'), ['won'])

    def _inquire(self, partner, leads=0, quotations=0):
        leads = self.env['crm.lead'].create(
            [{'name': "Inquiry", 'partner_id': partner.id, 'company_id': self.company.id}] * leads
        )
        for _number in range(quotations):
            self._buy(partner, '2026-06-01', state='draft')
        return leads

    def test_asks_and_never_buys(self):
        self._only('inquiry')
        partner = self._create_customer("Asker")
        contact = self.env['res.partner'].create({'name': "Anna", 'parent_id': partner.id})
        leads = self._inquire(partner, leads=1) | self._inquire(contact, leads=1)
        leads[0].action_set_lost()
        self._inquire(partner, quotations=1)
        # The quotation of a lead is the lead's.
        self._buy(partner, '2026-06-01', state='draft', opportunity_id=leads[1].id)
        self._detect()
        self.assertFalse(self._customer(partner).churn_state)
        self._inquire(contact, quotations=1)
        self._detect()
        customer = self.assertChurn(partner, 'lost', '2026-06-03')
        self.assertEqual(customer.churn_recent, 4)
        self.assertEqual((self._cases(partner).level, customer.lifecycle), ('lost', 'prospect'))
        self._confirm(partner)
        self._detect()
        self.assertChurn(partner, 'won_back')
        self.assertEqual(self._cases(partner).state, 'won')

    def test_rules_of_inquiries_count_within_their_own_months(self):
        often = self._only('inquiry', inquiry_months=1, inquiry_count=2, state='at_risk')
        ever = often.copy({'inquiry_months': 12, 'inquiry_count': 5, 'state': 'lost'})
        partner = self._create_customer("Asker")
        self._go_to('2026-03-01')
        self._inquire(partner, leads=3)
        self._detect_on('2026-06-03')
        self.assertFalse(self._customer(partner).churn_state, "3 in a year, none in a month")
        self._inquire(partner, leads=2)
        self._detect()
        self.assertFalse(self._customer(partner).churn_state, "5 in a year, 2 in a month")
        self._inquire(partner, leads=1)
        self._detect()
        customer = self.assertChurn(partner, 'lost')
        self.assertEqual((customer.churn_rule_id, customer.churn_recent), (ever, 6))
        ever.inquiry_count = 6
        self._detect()
        customer = self.assertChurn(partner, 'at_risk')
        self.assertEqual((customer.churn_rule_id, customer.churn_recent), (often, 3))

    def test_the_salesperson_of_a_prospect_is_who_has_its_last_lead(self):
        self._only('inquiry')
        partner = self._create_customer("Asker")
        source = self.env['utm.source'].create({'name': "Fair of Tests"})
        leads = self._inquire(partner, leads=5)
        leads.write({'user_id': self.user_peer.id, 'team_id': self.team.id})
        leads[-2].write({'user_id': self.user_own.id, 'source_id': source.id})
        # The last one is nobody's.
        leads[-1].write({'user_id': False, 'team_id': False})
        self._detect()
        self.assertRecordValues(
            self._cases(partner),
            [
                {
                    'user_id': self.user_own.id,
                    'salesperson_id': self.user_own.id,
                    'team_id': self.team.id,
                    'source_id': source.id,
                }
            ],
        )
        self.assertEqual(self._told(), [('growth_own', 1, '2026-06-03')])

    def test_inquiries_of_another_company_and_of_long_ago(self):
        self._only('inquiry', inquiry_months=1)
        partner = self._create_customer("Asker")
        other = self._create_company("Other")
        self._inquire(partner, leads=3)
        self._inquire(partner, leads=1).company_id = other
        self._detect()
        self.assertFalse(self._customer(partner).churn_state)
        self._inquire(partner, leads=1).company_id = False
        self._detect()
        self.assertChurn(partner, 'lost')
        self._detect_on('2026-07-04')
        self.assertFalse(self._customer(partner).churn_state)
        self.assertEqual(self._cases(partner).state, 'over')

    # ------------------------------------------------------------
    # PROBABILITY
    # ------------------------------------------------------------

    def _teach(self, **vals):
        """A model that was learned: the logit is the logarithm of the days since the last order,
        less 4."""
        from ..analysis.cadence import FEATURES

        size = len(FEATURES)
        return self.env['growth.churn.model'].create(
            {
                'company_id': self.company.id,
                'date': '2026-06-01',
                'horizon': 90,
                'is_usable': True,
                'coefficients': {
                    'names': list(FEATURES),
                    'means': [0.0] * size,
                    'scales': [1.0] * size,
                    'coefficients': [float(name == 'recency') for name in FEATURES],
                    'intercept': -4.0,
                    'customers': 1000,
                    'left': 300,
                    'horizon': 90,
                    'as_of': 20000,
                },
                **vals,
            }
        )

    def test_probability(self):
        self._only('probability', state='at_risk')
        self._teach()
        long_ago = self._create_buyer("Long Ago", '2025-05-01', '2025-12-01')
        lately = self._create_buyer("Lately", '2025-05-01', '2026-05-25')
        self._detect()
        # 184 days: 1 / (1 + exp(4 - ln(185)))
        customer = self.assertChurn(long_ago, 'at_risk', '2026-06-03')
        self.assertEqual(customer.churn_probability, 0.77)
        self.assertEqual(self._cases(long_ago).probability, 0.77)
        self.assertEqual(self.assertChurn(lately, 'active').churn_probability, 0.15)

    def test_too_little_history_says_so_and_the_plain_rules_stand_alone(self):
        self._switch_on('probability')
        partner = self._create_buyer("Lost", '2025-05-01', '2025-11-01')
        self._detect()
        customer = self.assertChurn(partner, 'lost')
        self.assertFalse(customer.churn_factors)
        self.assertFalse(customer.churn_probability)
        model = self.env['growth.churn.model'].search([('company_id', '=', self.company.id)])
        self.assertRecordValues(model, [{'is_usable': False, 'date': TODAY, 'horizon': 90}])

    def test_what_was_learned_serves_for_a_week(self):
        self._create_buyer("Lost", '2025-05-01', '2025-11-01')
        days = ('2026-06-03', '2026-06-09', '2026-06-10')
        counts = []
        for day in days:
            self._detect_on(day)
            counts.append(
                self.env['growth.churn.model'].search_count([('company_id', '=', self.company.id)])
            )
        # Of what cannot be learned one row tells, however often it is tried.
        self.assertEqual(counts, [1, 1, 1])
        model = self.env['growth.churn.model'].search([('company_id', '=', self.company.id)])
        self.assertEqual((model.date, model.is_usable), (date(2026, 6, 10), False))
        self.company.growth_churn_horizon = 60
        self._detect()
        model = self.env['growth.churn.model'].search(
            [('company_id', '=', self.company.id)], limit=1
        )
        self.assertEqual((model.horizon, model.date), (60, date(2026, 6, 10)))

    def test_what_was_learned_once_is_kept_when_nothing_can_be_learned_any_more(self):
        learned = self._teach()
        self._create_buyer("Lost", '2025-05-01', '2025-11-01')
        for day in ('2026-06-10', '2026-06-20'):
            self._detect_on(day)
        models = self.env['growth.churn.model'].search([('company_id', '=', self.company.id)])
        self.assertRecordValues(
            models,
            [
                {'is_usable': False, 'date': date(2026, 6, 20)},
                {'is_usable': True, 'date': date(2026, 6, 1)},
            ],
        )
        self.assertEqual(models[1], learned)

    def test_what_was_learned_of_other_features_is_learned_anew(self):
        model = self._teach()
        model.coefficients = {**model.coefficients, 'names': ['another']}
        partner = self._create_buyer("Lost", '2025-05-01', '2025-11-01')
        self._detect()
        self.assertChurn(partner, 'lost')

    # ------------------------------------------------------------
    # WHICH RULES
    # ------------------------------------------------------------

    def test_the_worst_of_several_counts(self):
        self._switch_on('conflict')
        partner = self._create_buyer("Both", '2025-01-10', '2025-11-01')
        self._fall_out(partner, '2026-01-01')
        self._detect()
        customer = self.assertChurn(partner, 'lost', '2026-05-02')
        self.assertEqual(customer.churn_rule_id, self.recency)

    def test_a_rule_that_is_switched_off(self):
        partner = self._create_buyer("Lost", '2025-01-10', '2025-11-01')
        self._only('conflict')
        self._detect()
        self.assertChurn(partner, 'active')
        self.assertFalse(self._cases(partner))

    def test_without_rules_a_company_is_left_alone(self):
        self.recency.action_archive()
        self.company.growth_churn_as_of = False
        partner = self._create_buyer("Lost", '2025-01-10', '2025-11-01')
        self._detect()
        self.assertFalse(self._customer(partner))
        self.assertFalse(self.company.growth_churn_as_of)

    def test_when_the_last_rule_is_switched_off_alarms_are_over(self):
        partner = self._create_buyer("Lost", '2025-01-10', '2025-11-01')
        self._detect()
        self.assertChurn(partner, 'lost')
        self.recency.action_archive()
        self._detect_on('2026-06-04')
        self.assertChurn(partner, 'active')
        self.assertEqual(self._cases(partner).state, 'over')

    def test_rule_of_a_company(self):
        other = self._create_company("Other")
        other.growth_churn_as_of = '2026-06-02'
        self.recency.company_id = other
        partner = self._create_buyer("Lost", '2025-01-10', '2025-11-01')
        self._buy(partner, '2025-01-10', '2025-11-01', company=other, team_id=False)
        self._switch_on('conflict')
        self._detect(company=self.company | other)
        self.assertChurn(partner, 'active')
        self.assertChurn(partner, 'lost', company=other)

    def test_a_rule_of_a_segment_replaces_the_general_one(self):
        golden = self._segment('AX')
        self.recency.copy(
            {
                'name': "Golden ones sooner",
                'segment_ids': [Command.set(golden.ids)],
                'at_risk_months': 1,
                'lost_months': 2,
                # That it comes later changes nothing.
                'sequence': 99,
            }
        )
        patient = self.recency.copy(
            {
                'name': "CZ never",
                'segment_ids': [Command.set(self._segment('CZ').ids)],
                'at_risk_months': 24,
                'lost_months': 36,
            }
        )
        partners = {}
        for name in ('AX', 'CZ', 'BY'):
            partners[name] = self._create_buyer(name, '2025-01-10', '2026-02-20')
            self._know(partners[name], last_segment_id=self._segment(name).id)
        self._detect()
        self.assertChurn(partners['AX'], 'lost', '2026-04-21')
        self.assertChurn(partners['CZ'], 'active')
        self.assertChurn(partners['BY'], 'at_risk', '2026-05-21')
        patient.active = False
        self._detect()
        self.assertChurn(partners['CZ'], 'at_risk')

    # ------------------------------------------------------------
    # COMPANIES AND DAYS
    # ------------------------------------------------------------

    def test_each_company_judges_by_its_own_orders(self):
        other = self._create_company("Other", currency=self.eur)
        other.growth_churn_as_of = '2026-06-02'
        partner = self._create_buyer("Buyer of Both", '2025-01-10', '2025-11-01')
        self._buy(partner, '2026-05-01', company=other, team_id=False)
        self._detect(company=self.company | other)
        self.assertChurn(partner, 'lost')
        self.assertChurn(partner, 'active', company=other)
        self.assertEqual(len(self._cases(partner)), 1)
        self.assertFalse(self._cases(partner, company=other))
        self.assertEqual(other.growth_churn_as_of, TODAY)

    def test_days_are_the_company_s(self):
        self.company.partner_id.tz = 'Asia/Tokyo'
        # In Tokyo it is the 3rd already when it is 15:00 in UTC.
        late = self._create_buyer("Late", '2025-10-01', '2026-03-02 15:00:00')
        early = self._create_buyer("Early", '2025-10-01', '2026-03-02 14:59:59')
        self._detect_on('2026-06-02 14:59:59')
        self.assertChurn(early, 'active', '2026-03-02')
        self.assertChurn(late, 'active', '2026-03-03')
        self._detect_on('2026-06-02 15:00:00')
        self.assertEqual(self.company.growth_churn_as_of, TODAY)
        self.assertChurn(early, 'at_risk', '2026-06-03')
        self.assertChurn(late, 'active')

    def test_we_are_no_customers(self):
        self.rules.action_unarchive()
        own = self.company.partner_id
        colleague = self.user_own.partner_id
        for partner in (own, colleague):
            self._buy(partner, '2025-01-10', '2025-11-01')
            self._inquire(partner, leads=5)
            self._answer(partner, 0, '2026-06-01')
            self._fall_out(partner, '2026-06-01')
        self._detect()
        self.assertFalse(self._customer(own).churn_state)
        self.assertFalse(self._customer(colleague).churn_state)
        self.assertFalse(self._cases(own, colleague))

    def test_nobody_bought_anything(self):
        empty = self._create_company("Empty")
        for day in (TODAY, date(2026, 6, 4)):
            self._detect(day, company=empty)
            self.assertFalse(empty.growth_churn_as_of, "the first run is still to come")
            self.assertFalse(empty.growth_churn_error)

    # ------------------------------------------------------------
    # LOOKED AFTER ALREADY
    # ------------------------------------------------------------

    def test_a_customer_being_handed_over_is_not_alarmed(self):
        partner = self._create_buyer("Handed Over", '2025-01-10', '2025-11-01')
        handover = self.env['growth.handover'].create(
            {
                'partner_id': partner.id,
                'company_id': self.company.id,
                'hunter_id': self.user_own.id,
                'farmer_id': self.user_peer.id,
            }
        )
        self._detect()
        self.assertChurn(partner, 'watch')
        self.assertFalse(self._cases(partner))
        handover.with_user(self.user_own).action_cancel()
        self._detect_on('2026-06-04')
        self.assertChurn(partner, 'lost', '2026-05-02')
        self.assertEqual(len(self._cases(partner)), 1)
        self.assertEqual(self._told(), [('growth_own', 1, '2026-06-04')])

    def test_a_customer_waiting_for_a_delivery_is_not_alarmed(self):
        partner = self._create_buyer("Waiting", '2025-01-10')
        order = self._buy(partner, '2025-11-01', commitment_date='2026-06-03 00:00:00')
        self._detect()
        self.assertChurn(partner, 'watch')
        self.assertFalse(self._cases(partner))
        order.commitment_date = '2026-06-02 23:59:59'
        self._detect()
        self.assertChurn(partner, 'lost')
        self.assertTrue(self._cases(partner))

    def test_an_open_case_stays_while_the_customer_is_handed_over(self):
        partner = self._create_buyer("Handed Over", '2025-01-10', '2025-11-01')
        self._detect()
        self.env['growth.handover'].create(
            {
                'partner_id': partner.id,
                'company_id': self.company.id,
                'hunter_id': self.user_own.id,
            }
        )
        self._detect_on('2026-06-04')
        self.assertChurn(partner, 'watch')
        self.assertRecordValues(self._cases(partner), [{'state': 'new', 'level': 'lost'}])


@tagged('post_install', '-at_install')
class TestChurnJob(ChurnJobCommon):
    """One case for an episode, whatever happens to the job; who is told; what it costs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lost = cls._create_buyer("Lost", '2025-01-10', '2025-11-01')
        # At risk from 10 April, lost from 10 July on
        cls.risky = cls._create_buyer("Risky", '2025-01-10', '2026-01-09')

    # ------------------------------------------------------------
    # ONCE FOR AN EPISODE
    # ------------------------------------------------------------

    def test_twice_the_same_day_and_every_day(self):
        self._detect()
        cases = self._cases(self.lost, self.risky)
        self.assertEqual(cases.mapped('level'), ['lost', 'at_risk'])
        rows = self._rows()
        self._detect()
        self.assertEqual(self._rows(), rows)
        self._detect_on('2026-06-04')
        self.assertEqual(self._rows(), rows, "a day without change writes nothing")
        self.assertEqual(self._cases(self.lost, self.risky), cases)

    def test_killed_before_the_cases(self):
        Case = self.env.registry['growth.churn.case']
        with (
            patch.object(Case, '_follow', side_effect=ZeroDivisionError),
            suppress(ZeroDivisionError),
            self.env.cr.savepoint(),
        ):
            self._detect()
            self.fail("killed")
        self.assertFalse(self._cases(self.lost, self.risky))
        self.env.invalidate_all()
        self._detect()
        self.assertEqual(len(self._cases(self.lost, self.risky)), 2)
        self.assertEqual(self._told(), [('growth_own', 2, '2026-06-03')])

    def test_killed_before_the_digests(self):
        with (
            patch.object(
                self.env.registry['growth.churn.digest'], '_tell', side_effect=ZeroDivisionError
            ),
            suppress(ZeroDivisionError),
        ):
            self._detect()
            self.fail("killed")
        self.assertEqual(len(self._cases(self.lost, self.risky)), 2)
        self.assertFalse(self._told())
        self._detect_on('2026-06-04')
        self.assertEqual(len(self._cases(self.lost, self.risky)), 2)
        self.assertEqual(self._told(), [('growth_own', 2, '2026-06-04')])

    def test_the_time_is_up_between_two_people(self):
        self._buy(self.lost, '2025-11-02', user_id=self.user_peer.id)
        left = iter([100, 0])
        self.env.flush_all()
        with patch.object(
            self.env.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: next(left)
        ):
            self.assertFalse(
                self.env['growth.churn.rule']._detect_company(self.company, TODAY, commits=True)
            )
        self.assertEqual(len(self._told()), 1)
        self._detect()
        self.assertEqual(
            sorted(self._told()),
            [('growth_own', 1, '2026-06-03'), ('growth_peer', 1, '2026-06-03')],
        )

    def test_given_up_for_good(self):
        self._detect()
        case = self._cases(self.lost).with_user(self.user_own)
        case.write({'decision': 'leave', 'why': 'size'})
        case.action_close()
        self._detect_on('2026-09-01')
        self.assertEqual(self._cases(self.lost).mapped('state'), ['lost'])
        # An episode of its own begins after a purchase.
        self._buy(self.lost, '2026-09-01')
        self._detect_on('2026-09-02')
        self.assertEqual(self._cases(self.lost).mapped('state'), ['lost'])
        self._detect_on('2026-12-02')
        self.assertEqual(self._cases(self.lost).mapped('state'), ['lost', 'new'])

    def test_over_and_back(self):
        conflict_rule = self._only('conflict')
        conflict = self.env['growth.conflict'].create(
            {'partner_id': self.lost.id, 'company_id': self.company.id, 'name': "Late"}
        )
        self._detect()
        case = self._cases(self.lost)
        conflict.resolution = "Delivered"
        conflict.action_resolve()
        self._detect_on('2026-06-10')
        self.assertRecordValues(case, [{'state': 'over', 'closed_date': date(2026, 6, 10)}])
        conflict.action_reopen()
        self._detect_on('2026-06-20')
        self.assertEqual(self._cases(self.lost), case)
        self.assertRecordValues(
            case, [{'state': 'new', 'closed_date': False, 'rule_id': conflict_rule.id}]
        )
        self.assertEqual(self._told()[-1], ('growth_own', 1, '2026-06-20'))

    def test_what_people_work_on_does_not_end_with_the_alarm(self):
        self._only('conflict')
        conflict = self.env['growth.conflict'].create(
            {'partner_id': self.lost.id, 'company_id': self.company.id, 'name': "Late"}
        )
        self._detect()
        case = self._cases(self.lost)
        self._start(case, method_id=self.gift.id)
        conflict.resolution = "Delivered"
        conflict.action_resolve()
        self._detect_on('2026-06-10')
        self.assertEqual(case.state, 'working')

    def test_from_at_risk_to_lost(self):
        self._detect()
        case = self._cases(self.risky)
        self.assertEqual((case.level, case.lost_date), ('at_risk', False))
        first = case.digest_id
        self._detect_on('2026-07-09')
        self.assertEqual((case.level, case.digest_id), ('at_risk', first))
        self._detect_on('2026-07-10')
        self.assertRecordValues(
            case, [{'level': 'lost', 'lost_date': date(2026, 7, 10), 'date': TODAY}]
        )
        self.assertEqual(case.digest_id.date, date(2026, 7, 10))
        # With the other one, whom nobody has seen to since June
        self.assertEqual(self._told(), [('growth_own', 2, '2026-07-10')])
        rows = self._rows()
        self._detect()
        self.assertEqual(self._rows(), rows)

    def test_a_new_episode_after_a_purchase(self):
        self._detect()
        self._go_to('2026-06-10')
        self._confirm(self.lost)
        self._detect_on('2026-09-10')
        self.assertEqual(self._cases(self.lost).mapped('state'), ['won'])
        self._detect_on('2026-09-11')
        self.assertEqual(self._cases(self.lost).mapped('state'), ['won', 'new'])
        self.assertEqual(self._cases(self.lost)[1].last_order_date, date(2026, 6, 10))

    # ------------------------------------------------------------
    # WHAT IS FROZEN
    # ------------------------------------------------------------

    def test_frozen_at_opening(self):
        source, other_source = self.env['utm.source'].create(
            [{'name': "Fair of Tests"}, {'name': "Web of Tests"}]
        )
        state = self.env.ref('base.state_us_5')
        self.lost.write({'country_id': self.env.ref('base.us').id, 'state_id': state.id})
        self._buy(self.lost, '2025-11-02', amount=300, cost=120, source_id=source.id)
        self._buy(self.lost, '2025-11-05', amount=-50)
        self._buy(self.lost, '2023-03-01', amount=7000)
        # Neither a credit nor a quotation is the last order.
        self._buy(self.lost, '2025-11-03', state='draft', source_id=other_source.id)
        self._know(self.lost, last_segment_id=self._segment('AX').id)
        self._detect()
        case = self._cases(self.lost)
        expected = {
            'salesperson_id': self.user_own.id,
            'user_id': self.user_own.id,
            'team_id': self.team.id,
            'segment_id': self._segment('AX').id,
            'tier': 'golden',
            'source_id': source.id,
            'country_id': self.env.ref('base.us').id,
            'region_id': state.id,
            'first_order_date': date(2023, 3, 1),
            'last_order_date': date(2025, 11, 2),
            'order_count': 4,
            # 100 + 100 + 300 - 50 of the year up to 2 November
            'revenue': 450,
            'profit': 330,
        }
        self.assertRecordValues(case, [expected])
        farming = self.env['crm.team'].create({'name': "Other", 'company_id': self.company.id})
        self._know(
            self.lost,
            last_segment_id=self._segment('CZ').id,
            farmer_id=self.user_peer.id,
            farmer_team_id=farming.id,
        )
        self.lost.write({'country_id': False, 'state_id': False, 'user_id': self.user_peer.id})
        self._segment('AX').tier = 'low'
        self._detect_on('2026-06-20')
        self.assertRecordValues(case, [expected])

    def test_whose_customer_it_is(self):
        farmed, kept = (
            self._create_buyer(name, '2025-01-10', '2025-11-01') for name in ("Farmed", "Kept")
        )
        self._know(farmed, farmer_id=self.user_peer.id)
        (farmed | kept).user_id = self.user_all
        nobodys = self._create_customer("Nobody's")
        self._buy(nobodys, '2025-01-10', '2025-11-01', user_id=False, team_id=False)
        nobodys.user_id = False
        self.env['sale.order'].search([('partner_id', '=', nobodys.id)]).write(
            {'user_id': False, 'team_id': False}
        )
        self._detect()
        self.assertEqual(self._cases(farmed).salesperson_id, self.user_peer)
        self.assertEqual(self._cases(kept).salesperson_id, self.user_all)
        self.assertEqual(self._cases(self.lost).salesperson_id, self.user_own)
        self.assertFalse(self._cases(nobodys).user_id)
        self.assertEqual(
            {(login, count) for login, count, _day in self._told()},
            {('growth_peer', 1), ('growth_all', 1), ('growth_own', 2)},
        )

    # ------------------------------------------------------------
    # WON BACK
    # ------------------------------------------------------------

    def test_confirming_wins_at_once_whoever_confirms(self):
        self._detect()
        case = self._cases(self.lost)
        self.assertFalse(case.with_user(self.user_peer).has_access('read'))
        self._start(case, method_id=self.gift.id)
        self.assertTrue(self._steps(case))
        self._go_to('2026-06-10')
        order = self._confirm(self.lost, user=self.user_peer)
        self.assertRecordValues(
            case,
            [
                {
                    'state': 'won',
                    'closed_date': date(2026, 6, 10),
                    'won_date': date(2026, 6, 10),
                    'win_order_id': order.id,
                }
            ],
        )
        self.assertEqual(self._attempts(case).mapped('result'), ['won'])
        self.assertFalse(self._steps(case))
        self.assertChurn(self.lost, 'won_back', '2026-06-10')
        self._detect_on('2026-06-11')
        self.assertChurn(self.lost, 'won_back', '2026-06-10')
        self.assertEqual(case.state, 'won')
        self._confirm(self.lost)
        self._detect_on('2026-06-12')
        self.assertChurn(self.lost, 'won_back', '2026-06-10')
        self._detect_on('2026-08-01')
        self.assertChurn(self.lost, 'won_back', '2026-06-10')

    def test_won_back_is_shown_for_some_months(self):
        self._detect()
        self._go_to('2026-06-10')
        self._confirm(self.lost)
        self.company.growth_won_back_months = 1
        self._detect_on('2026-07-09')
        self.assertChurn(self.lost, 'won_back')
        self._detect_on('2026-07-10')
        self.assertChurn(self.lost, 'active', '2026-06-10')

    def test_cancelling_takes_up_the_case_again(self):
        self._detect()
        case = self._cases(self.lost)
        self._start(case, method_id=self.gift.id)
        self._go_to('2026-06-10')
        order = self._confirm(self.lost)
        self._detect_on('2026-06-11')
        self.assertEqual((case.state, case.revenue_6), ('won', 100))
        order.with_user(self.user_own)._action_cancel()
        self.assertRecordValues(
            case,
            [
                {
                    'state': 'working',
                    'closed_date': False,
                    'won_date': False,
                    'win_order_id': False,
                    'revenue_6': 0,
                    'profit_12': 0,
                }
            ],
        )
        self.assertEqual(self._attempts(case).mapped('result'), ['open'])
        self.assertChurn(self.lost, 'lost')
        self._detect_on('2026-06-12')
        self.assertChurn(self.lost, 'lost', '2026-05-02')
        self.assertEqual(self._cases(self.lost), case)
        self.assertEqual(case.state, 'working')

    def test_cancelling_when_another_episode_has_begun(self):
        self._detect()
        self._go_to('2026-06-10')
        order = self._confirm(self.lost)
        self._detect_on('2026-09-11')
        first, second = self._cases(self.lost)
        order._action_cancel()
        self.assertEqual((first.state, second.state), ('over', 'new'))
        self._detect_on('2026-09-12')
        self.assertEqual(self._cases(self.lost).mapped('state'), ['over', 'new'])
        self.assertChurn(self.lost, 'lost')

    def test_cancelling_the_first_of_two_orders(self):
        self._detect()
        case = self._cases(self.lost)
        first, second = self._confirm(self.lost), self._confirm(self.lost)
        first._action_cancel()
        self.assertEqual(case.state, 'new')
        self._detect_on('2026-06-04')
        self.assertRecordValues(
            case, [{'state': 'won', 'won_date': TODAY, 'win_order_id': second.id}]
        )

    def test_cancelling_does_not_forget_what_failed(self):
        self._detect()
        case = self._cases(self.lost)
        self._start(case, method_id=self.gift.id)
        self._attempts(case)._fail("Did not want it")
        order = self._confirm(self.lost)
        self.assertEqual(self._attempts(case).result, 'won')
        order._action_cancel()
        self.assertEqual((case.state, self._attempts(case).result), ('working', 'failed'))

    def test_cancelling_another_order_changes_nothing(self):
        self._detect()
        case = self._cases(self.lost)
        first = self._confirm(self.lost)
        second = self._confirm(self.lost)
        second._action_cancel()
        self.assertEqual((case.state, case.win_order_id), ('won', first))

    def test_what_wins_nobody_back(self):
        self._detect()
        case = self._cases(self.lost)
        self._confirm(self.lost, amount=0)
        self._confirm(self.lost, amount=-10)
        self._buy(self.lost, '2026-06-03', state='draft')
        self._buy(self.lost, '2026-06-03', state='sent')
        self._confirm(self._create_customer("Another"))
        old = self._buy(self.lost, '2025-10-31', state='draft')
        old.write({'state': 'sale'})
        self.assertEqual(case.state, 'new')
        self._detect()
        self.assertEqual(case.state, 'new')

    def test_orders_imported_as_confirmed_are_found(self):
        self._detect()
        case = self._cases(self.lost)
        first = self._buy(self.lost, '2026-06-04', amount=200, cost=50)
        self._buy(self.lost, '2026-06-05', amount=300)
        self._detect_on('2026-06-06')
        self.assertRecordValues(
            case,
            [
                {
                    'state': 'won',
                    'won_date': date(2026, 6, 4),
                    'closed_date': date(2026, 6, 4),
                    'win_order_id': first.id,
                    'revenue_6': 500,
                    'profit_6': 450,
                }
            ],
        )
        self.assertChurn(self.lost, 'won_back', '2026-06-04')
        rows = self._rows()
        self._detect()
        self.assertEqual(self._rows(), rows)

    def test_an_order_from_before_the_alarm_shows_that_it_was_false(self):
        self._detect()
        case = self._cases(self.lost)
        self._start(case, method_id=self.gift.id)
        self._buy(self.lost, '2026-05-20')
        self._detect_on('2026-06-04')
        self.assertRecordValues(case, [{'state': 'over', 'won_date': False}])
        self.assertEqual(self._attempts(case).mapped('result'), ['stopped'])
        self.assertChurn(self.lost, 'active')

    def test_a_purchase_that_is_none_any_more_is_taken_back(self):
        self._detect()
        case = self._cases(self.lost)
        order = self._confirm(self.lost)
        self._detect_on('2026-06-04')
        self.assertEqual(case.state, 'won')
        order.order_line.price_unit = 0
        self._detect_on('2026-06-05')
        self.assertRecordValues(case, [{'state': 'new', 'won_date': False}])
        self.assertEqual(self._cases(self.lost), case)
        self.assertChurn(self.lost, 'lost', '2026-05-02')

    def test_what_came_back(self):
        self._detect()
        case = self._cases(self.lost)
        self._go_to('2026-06-10')
        self._confirm(self.lost, amount=100)
        for day, amount, cost in (
            ('2026-12-09', 30, 10),
            ('2026-12-10', 500, 200),
            ('2027-06-09', 1000, 0),
            ('2027-06-10', 9999, 0),
        ):
            self._buy(self.lost, day, amount=amount, cost=cost)
        credit = self._buy(self.lost, '2026-12-09', amount=-5)
        self._detect_on('2026-12-09')
        self.assertRecordValues(
            case,
            [{'revenue_6': 125, 'profit_6': 115, 'revenue_12': 125, 'profit_12': 115}],
        )
        self._detect_on('2027-06-30')
        self.assertRecordValues(
            case,
            [{'revenue_6': 125, 'profit_6': 115, 'revenue_12': 1625, 'profit_12': 1415}],
        )
        credit._action_cancel()
        self._detect()
        self.assertEqual((case.revenue_6, case.revenue_12), (130, 1630))

    # ------------------------------------------------------------
    # FIRST RUN
    # ------------------------------------------------------------

    def test_the_first_run_rebuilds_the_past_and_tells_nobody(self):
        self.company.growth_churn_as_of = False
        # Lost from 2 August 2025 on, and back on 1 September
        back = self._create_buyer(
            "Back", '2024-12-01', '2025-02-01', '2025-09-01', '2025-12-20', '2026-05-01'
        )
        gone = self._create_buyer("Gone", '2023-01-10', '2023-02-10')
        self._detect()
        self.assertRecordValues(
            self._cases(back),
            [
                {
                    'state': 'won',
                    'level': 'lost',
                    'lost_date': date(2025, 8, 2),
                    'won_date': date(2025, 9, 1),
                    'revenue_6': 200,
                    'revenue_12': 300,
                    'is_estimated': True,
                }
            ],
        )
        self.assertRecordValues(
            self._cases(gone),
            [{'state': 'lost', 'closed_date': date(2023, 8, 11), 'is_estimated': True}],
        )
        self.assertRecordValues(
            self._cases(self.lost, self.risky),
            [
                {'state': 'new', 'date': date(2026, 5, 2), 'is_estimated': True},
                {'state': 'new', 'date': date(2026, 4, 10), 'is_estimated': True},
            ],
        )
        self.assertFalse(self._told())
        rows = self._rows()
        self._detect_on('2026-06-04')
        self.assertEqual(self._rows(), rows)
        self.assertFalse(self._told())

    def test_a_rebuilt_loss_names_the_rule_that_told_it(self):
        self.company.growth_churn_as_of = False
        golden = self.recency.copy(
            {
                'name': "Golden ones sooner",
                'segment_ids': [Command.set(self._segment('AX').ids)],
                'at_risk_months': 1,
                'lost_months': 2,
            }
        )
        days = ('2024-12-01', '2025-02-01', '2025-09-01', '2026-05-20')
        plain, best = (self._create_buyer(name, *days[:3]) for name in ("Plain", "Best"))
        self._know(best, last_segment_id=self._segment('AX').id)
        self._detect()
        for partner, rule, months, day in (
            (plain, self.recency, 6, date(2025, 8, 2)),
            (best, golden, 2, date(2025, 4, 2)),
        ):
            case = self._cases(partner).filtered(lambda case: case.state == 'won')[:1]
            self.assertEqual((case.rule_id, case.lost_date), (rule, day), partner.name)
            self.assertEqual(case.numbers['months'], months)

    def test_the_past_is_rebuilt_when_the_history_is_imported_later(self):
        company = self._create_company("Late History")
        self._switch_on('conflict')
        prospect = self._create_customer("Prospect")
        self.env['growth.conflict'].create(
            {'partner_id': prospect.id, 'company_id': company.id, 'name': "Rude"}
        )
        self._detect(company=company)
        self.assertFalse(company.growth_churn_as_of)
        case = self._cases(prospect, company=company)
        self.assertRecordValues(case, [{'state': 'new', 'is_estimated': False, 'date': TODAY}])
        back = self._create_customer("Back")
        days = ('2024-12-01', '2025-02-01', '2025-09-01', '2026-05-20')
        self._buy(back, *days, company=company, team_id=False, user_id=False)
        self._go_to('2026-06-04')
        self._detect(company=company)
        self.assertEqual(company.growth_churn_as_of, date(2026, 6, 4))
        self.assertEqual(
            self._cases(back, company=company)
            .sorted('won_date')
            .mapped(lambda case: (case.state, case.is_estimated, case.won_date)),
            [('won', True, date(2025, 9, 1)), ('won', True, date(2026, 5, 20))],
        )
        self.assertEqual(self._cases(prospect, company=company), case)

    def test_alarms_of_prospects_end_with_the_last_rule_too(self):
        company = self._create_company("No History")
        rule = self._only('conflict')
        prospect = self._create_customer("Prospect")
        self.env['growth.conflict'].create(
            {'partner_id': prospect.id, 'company_id': company.id, 'name': "Rude"}
        )
        self._detect(company=company)
        rule.active = False
        self._detect(company=company)
        self.assertEqual(self._cases(prospect, company=company).state, 'over')

    def test_cases_that_ended_come_last_in_the_list(self):
        self.company.growth_churn_as_of = False
        self._create_buyer("Back", '2024-12-01', '2025-02-01', '2025-09-01', '2026-05-01')
        self._create_buyer("Gone", '2023-01-10', '2023-02-10')
        self._detect()
        cases = self.env['growth.churn.case'].search([('company_id', '=', self.company.id)])
        self.assertEqual(set(cases[:2].mapped('state')), {'new'})
        self.assertFalse(set(cases[2:].mapped('state')) & {'new'})

    def test_whoever_is_lost_after_the_first_run_is_told_of(self):
        self.company.growth_churn_as_of = False
        self._detect()
        self.assertFalse(self._told())
        self._detect_on('2026-07-10')
        self.assertEqual(self._told(), [('growth_own', 1, '2026-07-10')])

    # ------------------------------------------------------------
    # WHO IS TOLD
    # ------------------------------------------------------------

    def test_one_activity_a_day_for_each_person_and_company(self):
        other = self._create_company("Other")
        other.growth_churn_as_of = '2026-06-02'
        self.user_own.company_ids |= other
        self._buy(self.lost, '2025-01-10', '2025-11-01', company=other, team_id=False)
        self._detect(company=self.company | other)
        self.assertEqual(
            self._told(), [('growth_own', 2, '2026-06-03'), ('growth_own', 1, '2026-06-03')]
        )
        # Another one the same day is on the same list.
        self._create_buyer("Late", '2025-01-10', '2025-11-01')
        self._detect()
        self.assertEqual(
            self._told(), [('growth_own', 3, '2026-06-03'), ('growth_own', 1, '2026-06-03')]
        )
        self.assertEqual(
            self.env['mail.activity']
            .search([('res_model', '=', 'growth.churn.digest')], order='id', limit=1)
            .summary,
            "Customers who are leaving: 3",
        )

    def test_opening_the_digest_and_marking_it_done(self):
        self._detect()
        activity = (
            self.env['mail.activity']
            .with_user(self.user_own)
            .search([('res_model', '=', 'growth.churn.digest')])
        )
        self.assertEqual(activity.summary, "Customers who are leaving: 2")
        self.assertEqual(
            activity.activity_type_id, self.env.ref('sales_growth.mail_activity_type_churn')
        )
        digest = self.env['growth.churn.digest'].with_user(self.user_own).browse(activity.res_id)
        self.assertEqual(digest.display_name, "Customers who are leaving, 06/03/2026")
        digest.with_user(self.user_all).action_view_cases()
        self.assertEqual(self._told(), [('growth_own', 2, '2026-06-03')], "whose it is not")
        by_hand = digest.sudo().activity_schedule(user_id=self.user_own.id, automated=False)
        action = digest.action_view_cases()
        cases = self.env[action['res_model']].with_user(self.user_own).search(action['domain'])
        self.assertEqual(cases.partner_id, self.lost | self.risky)
        self.assertFalse(activity.active)
        self.assertTrue(activity.date_done)
        self.assertEqual(digest.activity_ids, by_hand.with_user(self.user_own))
        by_hand.unlink()
        self.assertFalse(self._told())
        self.assertTrue(digest.action_view_cases(), "again, when nothing is left to be done")
        self._detect()
        self.assertFalse(self._told(), "done is done")
        for user in (self.user_peer, self.user_head):
            self.assertFalse(digest.with_user(user).has_access('read'))
        self.assertTrue(digest.with_user(self.user_all).has_access('read'))

    def test_without_its_type_of_activity(self):
        self.env.ref('sales_growth.mail_activity_type_churn').unlink()
        self._detect()
        self.assertEqual(self._told(), [('growth_own', 2, '2026-06-03')])

    def test_who_left_does_not_keep_it_from_the_leader(self):
        self.user_own.active = False
        self._detect()
        cases = self._cases(self.lost, self.risky)
        self.assertEqual(cases.salesperson_id, self.user_own)
        self.assertEqual(cases.user_id, self.user_head)
        self.assertEqual(self._told(), [('growth_head', 2, '2026-06-03')])

    def test_who_leaves_later_does_not_either(self):
        self._detect()
        self.user_own.active = False
        self._detect_on('2026-07-10')
        self.assertEqual(self._cases(self.lost, self.risky).user_id, self.user_head)
        self.assertIn(('growth_head', 2, '2026-07-10'), self._told())

    def test_what_is_worked_on_is_handed_on_too(self):
        self._detect()
        case = self._cases(self.lost)
        self._start(case, method_id=self.gift.id)
        self.user_own.active = False
        self._detect_on('2026-06-04')
        self.assertRecordValues(case, [{'state': 'working', 'user_id': self.user_head.id}])
        self.assertIn(('growth_head', 2, '2026-06-04'), self._told())
        rows = self._rows()
        self._detect_on('2026-06-05')
        self.assertEqual(self._rows(), rows)
        self.assertEqual(case.digest_id.date, date(2026, 6, 4), "told once")

    def test_without_a_leader_it_is_nobody_s(self):
        self.team.user_id = False
        self._detect()
        self.user_own.active = False
        self._detect_on('2026-06-04')
        cases = self._cases(self.lost, self.risky)
        self.assertFalse(cases.user_id)
        rows = self._rows()
        self._detect_on('2026-06-05')
        self.assertEqual(self._rows(), rows)

    def test_who_does_not_sell_any_more_is_not_told(self):
        self._detect()
        self.user_own.group_ids = self.env.ref('base.group_user')
        self._detect_on('2026-07-10')
        self.assertEqual(self._cases(self.lost, self.risky).user_id, self.user_head)
        self.assertIn(('growth_head', 2, '2026-07-10'), self._told())
        # Nor is a leader.
        self.user_head.group_ids = self.env.ref('base.group_user')
        self._detect_on('2026-07-11')
        self.assertFalse(self._cases(self.lost, self.risky).user_id)

    def test_what_nobody_has_seen_to_is_on_the_next_list(self):
        self._detect()
        first = self._cases(self.lost).digest_id
        self._create_buyer("Late", '2025-01-10', '2026-03-03')
        self._detect_on('2026-06-04')
        self.assertEqual(self._told(), [('growth_own', 3, '2026-06-04')])
        self.assertFalse(first.case_ids)
        # What somebody has seen to stays where it was, and so does what is over.
        second = self._cases(self.lost).digest_id
        second.with_user(self.user_own).activity_ids.action_feedback()
        by_hand = second.activity_schedule(user_id=self.user_own.id, automated=False)
        self._create_buyer("Later", '2025-01-10', '2026-03-04')
        self._detect_on('2026-06-05')
        self.assertEqual(second.activity_ids, by_hand)
        by_hand.unlink()
        self.assertEqual(self._told(), [('growth_own', 1, '2026-06-05')])
        self._confirm(self.env['res.partner'].search([('name', '=', "Later")]))
        self._create_buyer("Last", '2025-01-10', '2026-03-05')
        self._detect_on('2026-06-06')
        self.assertEqual(self._told(), [('growth_own', 1, '2026-06-06')])

    def test_who_does_not_work_for_the_company_any_more(self):
        self._detect()
        other = self._create_company("Other")
        self.user_own.write({'company_id': other.id, 'company_ids': [Command.set(other.ids)]})
        self._detect_on('2026-07-10')
        self.assertEqual(self._cases(self.risky).user_id, self.user_head)
        self.team.user_id = False
        self._create_buyer("Late", '2025-01-10', '2025-11-01')
        self._detect()
        self.assertEqual([login for login, *_rest in self._told()], ['growth_own', 'growth_head'])

    def test_people_outside_sales_are_not_told(self):
        stranger = self._create_user('growth_stranger', 'base.group_user')
        self.lost.user_id = stranger
        self._detect()
        self.assertEqual(self._cases(self.lost).salesperson_id, stranger)
        self.assertEqual(self._cases(self.lost).user_id, self.user_own, "who sold last")
        self.assertEqual(self._told(), [('growth_own', 2, '2026-06-03')])

    def test_in_their_own_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.user_own.lang = 'fr_FR'
        self._detect()
        self.assertEqual(self._told(), [('growth_own', 2, '2026-06-03')])

    # ------------------------------------------------------------
    # COMPANIES THAT FAIL
    # ------------------------------------------------------------

    def test_the_scheduler_runs_it(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref('sales_growth.ir_cron_growth_churn').method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._cases(self.lost, self.risky).mapped('state'), ['new', 'new'])
        self.assertEqual(self._told(), [('growth_own', 2, '2026-06-03')])
        self.assertEqual(self.company.growth_churn_as_of, TODAY)

    def _run_job(self):
        """The job as the scheduler runs it, but for its commits and its rollbacks, which would take
        along what the test has made."""
        with patch.object(self.env.cr, 'rollback'), uncommitted(self.env):
            self.env['growth.churn.rule']._cron_detect()
        self.env.invalidate_all()

    def test_a_currency_without_a_rate_is_refused(self):
        currency = self.env['res.currency'].create({'name': 'XTS', 'symbol': "x"})
        broken = self._create_company("Broken")
        broken.growth_churn_as_of = '2026-06-02'
        pricelist = self._create_pricelist(currency, broken)
        self._buy(self.lost, '2024-01-10', company=broken, pricelist_id=pricelist.id, team_id=False)
        self._run_job()
        self.assertIn("without a rate: XTS", broken.growth_churn_error)
        self.assertEqual(broken.growth_churn_as_of, date(2026, 6, 2))
        self.assertFalse(self.company.growth_churn_error)
        self.assertEqual(len(self._cases(self.lost, self.risky)), 2)
        with self.assertRaisesRegex(UserError, "XTS"):
            self._detect(company=broken)
        self.env['res.currency.rate'].create(
            {'name': '2020-01-01', 'rate': 2, 'currency_id': currency.id, 'company_id': broken.id}
        )
        self._run_job()
        self.assertFalse(broken.growth_churn_error)
        self.assertEqual(broken.growth_churn_as_of, TODAY)

    def test_an_error_of_one_company_does_not_stop_the_others(self):
        self._create_company("Other")
        Rule = self.env.registry['growth.churn.rule']
        original = Rule._detect_company

        def detect(rules, company, as_of, commits=False):
            if company != self.company:
                raise ZeroDivisionError("broken")
            return original(rules, company, as_of, commits)

        with (
            patch.object(Rule, '_detect_company', detect),
            self.assertLogs('odoo.addons.sales_growth', 'ERROR'),
            suppress(ZeroDivisionError),
        ):
            self._run_job()
            self.fail("The scheduler sees that something went wrong.")
        self.assertEqual(len(self._cases(self.lost, self.risky)), 2)

    def test_two_runs_at_once(self):
        with patch.object(
            self.env.registry['res.company'],
            'try_lock_for_update',
            lambda companies, **kwargs: companies.browse(),
        ):
            with self.assertRaisesRegex(UserError, "right now"):
                self._detect()
            self._run_job()
        self.assertIn("right now", self.company.growth_churn_error)
        self._run_job()
        self.assertFalse(self.company.growth_churn_error)

    def test_who_waited_longest_comes_first(self):
        other = self._create_company("Other")
        other.growth_churn_as_of = '2026-05-01'
        self._run_job()
        self.assertEqual((self.company | other).mapped('growth_churn_as_of'), [TODAY, TODAY])
        seen = []
        self.env['res.company'].search(Domain.TRUE).growth_churn_as_of = TODAY
        other.growth_churn_as_of = '2026-05-01'
        with patch.object(
            self.env.registry['growth.churn.rule'],
            '_detect_company',
            lambda rules, company, as_of, commits=False: seen.append(company),
        ):
            self._run_job()
        self.assertEqual(seen[0], other)

    # ------------------------------------------------------------
    # MANY
    # ------------------------------------------------------------

    def _count_of_a_run(self, moment):
        self._go_to(moment)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env['growth.churn.rule']._detect(self.company)
        self.env.flush_all()
        self.env.cr.precommit.run()
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow_with_customers(self):
        counts = {}
        self._detect()
        for number, start in ((5, '2027'), (50, '2028')):
            partners = [
                self._create_buyer(f"{number}-{place}", f'{start}-01-01', f'{start}-01-10')
                for place in range(number)
            ]
            opened = self._count_of_a_run(f'{start}-04-11')
            lost = self._count_of_a_run(f'{start}-07-11')
            for partner in partners:
                self._buy(partner, f'{start}-07-12')
            won = self._count_of_a_run(f'{start}-07-13')
            self.assertEqual(
                self._cases(*partners).mapped('state'), ['won'] * number, "all of them"
            )
            counts[number] = (opened, lost, won)
        for few, many, name in zip(*counts.values(), ('opened', 'lost', 'won'), strict=True):
            self.assertLessEqual(many, few + 10, name)
