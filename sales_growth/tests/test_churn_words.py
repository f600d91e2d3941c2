from odoo.tests import tagged

from .common_churn_job import ChurnJobCommon


@tagged('post_install', '-at_install')
class TestChurnWords(ChurnJobCommon):
    """What a rule says of a customer, in words: on the hub as things are, on the case as they were
    when it was opened."""

    @classmethod
    def _detect(cls, day=None, company=None):
        cls._refresh(company, day)
        return super()._detect(day, company)

    def _said(self, partner):
        """What the hub and the last case say, to a salesperson; they say the same on the day on
        which the case is opened."""
        customer = self._customer(partner).with_user(self.user_own)
        case = self._cases(partner)[-1:].with_user(self.user_own)
        if case:
            self.assertEqual(case.explanation, customer.churn_explanation)
        return customer.churn_explanation

    def test_recency(self):
        self.recency.includes_once = True
        risky = self._create_buyer("Risky", '2025-01-10', '2026-03-02')
        lost = self._create_buyer("Lost", '2025-01-10', '2025-12-02')
        once = self._create_buyer("Once", '2025-11-30')
        self._detect()
        self.assertEqual(
            self._said(risky),
            "No purchase for more than 3 months: last order 03/02/2026, 93 days before 06/03/2026.",
        )
        self.assertEqual(
            self._said(lost),
            "No purchase for more than 6 months: last order 12/02/2025, 183 days before "
            "06/03/2026.",
        )
        self.assertEqual(
            self._said(once),
            "Bought once, on 11/30/2025, 185 days before 06/03/2026, and not again for more "
            "than 6 months.",
        )

    def test_the_case_says_what_was_true_when_it_was_opened(self):
        risky = self._create_buyer("Risky", '2025-01-10', '2026-03-02')
        self._detect()
        case = self._cases(risky)
        before = case.explanation
        self.recency.write({'at_risk_months': 2, 'lost_months': 24})
        self._detect_on('2026-06-13')
        self.assertEqual(case.explanation, before)
        self.assertEqual(
            self._customer(risky).churn_explanation,
            "No purchase for more than 2 months: last order 03/02/2026, 103 days before "
            "06/13/2026.",
        )
        self.recency.unlink()
        self.env.invalidate_all()
        self.assertEqual(case.explanation, before)

    def test_rhythm(self):
        self._only('rhythm')
        late = self._create_buyer("Late", '2026-01-02', '2026-02-01', '2026-03-03', '2026-04-02')
        self._detect()
        self.assertEqual(
            self._said(late),
            "Usually buys every 30 days; last order 04/02/2026, 62 days before 06/03/2026: 2.1 "
            "times the usual interval, more than 2.0 times.",
        )

    def test_falling(self):
        self._only('falling', state='at_risk')
        less = self._create_buyer("Less", '2025-10-01')
        self._buy(less, '2026-01-10', amount=1000)
        self._buy(less, '2026-05-01', amount=400)
        self._detect()
        self.assertEqual(
            self._said(less),
            "Revenue fell from $\xa01,000.00 to $\xa0400.00, to 40 %: the last 3 months against "
            "those before.",
        )
        rule = self._only('falling', measure='orders', state='lost')
        rarer = self._create_buyer(
            "Rarer", '2025-10-01', '2026-01-10', '2026-01-20', '2026-02-10', '2026-05-01'
        )
        self._detect()
        self.assertEqual(self._cases(rarer).rule_id, rule)
        self.assertEqual(
            self._said(rarer),
            "Orders fell from 3 to 1, to 33 %: the last 3 months against those before.",
        )

    def test_the_answer_that_the_rule_means(self):
        self._only('nps', fresh_months=6)
        partner = self._create_buyer("Zero", '2026-05-01')
        anna, boris = self.env['res.partner'].create(
            [{'name': name, 'parent_id': partner.id} for name in ("Anna", "Boris")]
        )
        # The lowest of the last year is shown on the hub; the rule looks at half a year.
        for contact, score, day in ((anna, 0, '2025-11-01'), (boris, 3, '2026-05-20')):
            self.env['growth.nps.answer'].create(
                {
                    'partner_id': contact.id,
                    'company_id': self.company.id,
                    'date': day,
                    'score': score,
                }
            )
        self._detect()
        self.assertEqual(self._customer(partner).nps_score, 0)
        self.assertEqual(
            self._said(partner), "Would not recommend us: 3 of 10, answered on 05/20/2026."
        )

    def test_a_score_of_zero(self):
        self._only('nps')
        partner = self._create_buyer("Zero", '2026-05-01')
        self.env['growth.nps.answer'].create(
            {
                'partner_id': partner.id,
                'company_id': self.company.id,
                'date': '2026-05-20',
                'score': 0,
            }
        )
        self._detect()
        self.assertEqual(
            self._said(partner), "Would not recommend us: 0 of 10, answered on 05/20/2026."
        )

    def test_since_when_there_is_a_conflict(self):
        self._only('nps')
        self._switch_on('conflict')
        partner = self._create_buyer("Angry", '2025-01-10', '2025-11-01')
        answer = self.env['growth.nps.answer'].create(
            {
                'partner_id': partner.id,
                'company_id': self.company.id,
                'date': '2026-02-01',
                'score': 0,
            }
        )
        self._detect()
        self.env['growth.conflict'].create(
            {
                'partner_id': partner.id,
                'company_id': self.company.id,
                'name': "Late",
                'date': '2026-05-20',
            }
        )
        answer.unlink()
        self._detect_on('2026-06-04')
        customer = self.assertChurn(partner, 'at_risk', '2026-02-01')
        self.assertEqual(customer.churn_explanation, "A conflict is open since 05/20/2026.")

    def test_queries_do_not_grow_with_customers(self):
        self._only('conflict')
        partners = self.env['res.partner'].union(
            *(self._create_buyer(f"Angry {number}", '2026-05-01') for number in range(12))
        )
        self.env['growth.conflict'].create(
            [
                {
                    'partner_id': partner.id,
                    'company_id': self.company.id,
                    'name': "Late",
                    'date': '2026-05-20',
                }
                for partner in partners
            ]
        )
        self._detect()
        counts = []
        for number in (2, 12):
            customers = self.env['growth.customer'].search(
                [('partner_id', 'in', partners[:number].ids)]
            )
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(
                set(customers.mapped('churn_explanation')),
                {"A conflict is open since 05/20/2026."},
            )
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_inquiries(self):
        self._only('inquiry')
        partner = self._create_customer("Asker")
        self.env['crm.lead'].create(
            [
                {
                    'name': "Inquiry",
                    'partner_id': partner.id,
                    'company_id': self.company.id,
                    'user_id': self.user_own.id,
                }
            ]
            * 5
        )
        self._detect()
        self.assertEqual(self._said(partner), "Asked 5 times within 12 months and never bought.")

    def test_no_rule_says_anything(self):
        regular = self._create_buyer("Regular", '2026-04-01', '2026-05-01', '2026-05-31')
        seasonal = self._create_buyer(
            "Seasonal",
            *(f'{year}-{day}' for year in (2023, 2024, 2025) for day in ('11-20', '12-05')),
        )
        once = self._create_buyer("Once", '2026-05-31')
        twice = self._create_buyer("Twice", '2026-05-01', '2026-05-31')
        self._detect()
        self.assertEqual(
            self._said(regular), "Usually buys every 30 days, expected about 06/30/2026."
        )
        self.assertEqual(self._said(seasonal), "A seasonal buyer, expected about 11/20/2026.")
        self.assertEqual(self._said(once), "Bought once so far.")
        self.assertEqual(self._said(twice), "")

    def test_probability_with_its_factors(self):
        from ..analysis.cadence import FEATURES

        self._only('probability', state='at_risk', min_probability=50)
        size = len(FEATURES)
        weights = {'recency': 1.0, 'orders': -0.5}
        self.env['growth.churn.model'].create(
            {
                'company_id': self.company.id,
                'date': '2026-06-01',
                'horizon': 90,
                'is_usable': True,
                'coefficients': {
                    'names': list(FEATURES),
                    'means': [0.0] * size,
                    'scales': [1.0] * size,
                    'coefficients': [weights.get(name, 0.0) for name in FEATURES],
                    'intercept': -4.0,
                    'customers': 1000,
                    'left': 300,
                    'horizon': 90,
                    'as_of': 20000,
                },
            }
        )
        partner = self._create_buyer("Gone", '2025-05-01', '2025-12-01')
        self._detect()
        # 184 days and 2 purchases: 1 / (1 + exp(4 - ln(185) + ln(2) / 2)) = 0.7055
        self.assertEqual(
            self._said(partner),
            "Probability of no order within 90 days: 71 % (last order long ago, many orders so "
            "far).",
        )

    def test_in_the_language_of_the_reader(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.user_own.lang = 'fr_FR'
        risky = self._create_buyer("Risky", '2025-01-10', '2026-03-02')
        self._detect()
        case = self._cases(risky).with_user(self.user_own).with_context(lang='fr_FR')
        self.assertIn("02/03/2026", case.explanation)
        self.assertIn("03/02/2026", case.with_context(lang='en_US').explanation)
