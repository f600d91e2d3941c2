from ast import literal_eval

from odoo.tests import tagged

from .common_churn import ChurnCommon

# Rules of the company, kinds of cases, methods, their record, the update
QUERIES = 7


@tagged('post_install', '-at_install')
class TestWinbackSuggestion(ChurnCommon):
    """Whom it pays to win back, how, and how sure that is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                'growth_metric': 'profit',
                'growth_winback_min_record': 5,
                'growth_winback_chance': 20,
            }
        )
        cls.case = cls._create_case(cls._create_customer("Leaver"), reason_id=cls.price.id)

    def _refresh_suggestions(self):
        self.env['growth.churn.case'].sudo()._refresh_suggestions(self.company)

    def test_without_a_record_the_first_method_and_the_assumed_chance(self):
        self.assertRecordValues(
            self.case,
            [
                {
                    'suggested_method_id': self.guarantee.id,
                    'chance': 0.2,
                    'payoff': 80,
                    'proposal': 'win_back',
                }
            ],
        )
        self.assertEqual(
            self.case.suggestion,
            "Personal guarantee of the head: fewer than 5 closed attempts, so no record yet.\n"
            "Chance 20 %: assumed in the settings, as no attempt is closed yet.",
        )

    def test_the_best_record_is_suggested_with_its_numbers(self):
        self._try(self.meeting, won=7, closed=9, reason_id=self.price.id)
        self._try(self.gift, won=3, closed=6, reason_id=self.price.id)
        self._refresh_suggestions()
        share = (10 + 2 * 0.2) / (15 + 2)
        chance = round((7 + 2 * share) / (9 + 2), 4)
        self.assertRecordValues(
            self.case,
            [
                {
                    'suggested_method_id': self.meeting.id,
                    'chance': chance,
                    'payoff': round(400 * chance, 2),
                }
            ],
        )
        self.assertEqual(
            self.case.suggestion,
            "A personal meeting: 7 of 9 won back (this reason, tier “Golden”).",
        )

    def test_each_level_is_named(self):
        self._try(self.meeting, won=3, closed=5, reason_id=self.price.id, tier='low')
        for vals, words in (
            ({'reason_id': self.price.id, 'tier': 'low'}, "(this reason, tier “Low priority”)"),
            ({'reason_id': self.price.id, 'tier': 'golden'}, "(this reason)"),
            ({'reason_id': self.service.id, 'tier': 'low'}, "(tier “Low priority”)"),
            ({'reason_id': self.service.id, 'tier': 'golden'}, "(all customers)"),
            ({'reason_id': False, 'tier': False}, "(all customers)"),
        ):
            case = self._create_case(**vals)
            self.assertEqual(case.suggestion, f"A personal meeting: 3 of 5 won back {words}.", vals)

    def test_attempts_under_way_and_called_off_are_no_record(self):
        attempts = self._try(self.meeting, won=5, closed=5)
        attempts[0].result = 'open'
        attempts[1].result = 'stopped'
        self._refresh_suggestions()
        self.assertEqual(self.case.suggested_method_id, self.guarantee)
        self.assertEqual(self.case.chance, round((3 + 0.4) / 5, 4))
        self.assertIn("Chance 68 %: learned from all closed attempts so far.", self.case.suggestion)

    def test_each_company_learns_for_itself(self):
        other = self._create_company("Other Growth Company")
        self.user_own.company_ids |= other
        self._try(
            self.meeting,
            won=9,
            closed=9,
            company_id=other.id,
            salesperson_id=False,
            user_id=False,
            team_id=False,
        )
        self._refresh_suggestions()
        self.assertEqual(self.case.suggested_method_id, self.guarantee)
        self.assertEqual(self.case.chance, 0.2)
        theirs = self._create_case(
            self.case.partner_id, other, user_id=False, salesperson_id=False, team_id=False
        )
        self.assertEqual(theirs.suggested_method_id, self.meeting)

    def test_a_method_of_another_company_is_not_suggested(self):
        other = self._create_company("Other Growth Company")
        self.guarantee.company_id = other
        self.assertEqual(self.case.suggested_method_id, self.gift)
        self.gift.action_archive()
        self.assertEqual(self.case.suggested_method_id, self.offer)

    def test_the_chosen_method_counts_for_the_payoff(self):
        self._try(self.meeting, won=8, closed=8)
        self._try(self.gift, won=1, closed=6)
        self.gift.cost = 50
        case = self._as(self.case, self.user_own)
        case.method_id = self.gift
        share = (9 + 0.4) / 16
        chance = round((1 + 2 * share) / 8, 4)
        self.assertRecordValues(
            case,
            [
                {
                    'suggested_method_id': self.meeting.id,
                    'chance': chance,
                    'payoff': round(400 * chance - 50, 2),
                }
            ],
        )
        self.assertEqual(
            case.suggestion.splitlines(),
            [
                "A personal meeting: 8 of 8 won back (tier “Golden”).",
                "Chosen: A gift: 1 of 6 won back (tier “Golden”).",
            ],
        )

    def test_the_reason_changes_the_suggestion_at_once(self):
        self._try(self.meeting, won=5, closed=5, reason_id=self.service.id, tier='low')
        self._try(self.gift, won=5, closed=6, reason_id=self.price.id, tier='low')
        self._try(self.meeting, won=0, closed=6, reason_id=self.price.id, tier='low')
        case = self._as(self.case, self.user_own)
        case.reason_id = self.service
        self.assertEqual(case.suggested_method_id, self.meeting)
        case.reason_id = self.price
        self.assertEqual(case.suggested_method_id, self.gift)

    def test_it_does_not_pay(self):
        self.env['growth.winback.method'].search([]).cost = 80
        self.assertRecordValues(self.case, [{'payoff': 0, 'proposal': 'leave'}])
        self.env['growth.winback.method'].search([]).cost = 79.99
        self.assertRecordValues(self.case, [{'payoff': 0.01, 'proposal': 'win_back'}])

    def test_a_loss_maker_costs_what_the_attempt_costs(self):
        self.guarantee.cost = 10
        case = self._create_case(profit=-500)
        self.assertRecordValues(case, [{'payoff': -10, 'proposal': 'leave'}])

    def test_low_tier_is_left(self):
        self.assertEqual(self._create_case(tier='low', profit=9999).proposal, 'leave')
        self.assertEqual(self._create_case(tier='second').proposal, 'win_back')
        self.assertEqual(self._create_case(tier=False).proposal, 'win_back')

    def test_revenue_where_customers_are_judged_by_it(self):
        self.company.growth_metric = 'revenue'
        self._refresh_suggestions()
        self.assertEqual(self.case.payoff, 200)
        self.assertIn("The payoff counts revenue", self.case.suggestion)

    def test_never(self):
        decided = self._create_case()
        decided.write({'decision': 'never', 'why': 'reputation'})
        blacklisted = self._create_case()
        blacklisted.customer_id.no_win_back = True
        archived = self._create_case()
        archived.partner_id.action_archive()
        silent = self._create_case()
        silent.partner_id.growth_no_contact = True
        self._refresh_suggestions()
        for case in decided | blacklisted | archived | silent:
            self.assertEqual(case.proposal, 'never')
        self.assertEqual(self.case.proposal, 'win_back')

    def test_a_blacklisted_address_is_no_blacklisted_customer(self):
        one_channel = self._create_case(
            self._create_customer("Mail Only", email="only@leaver.example")
        )
        two_channels = self._create_case(
            self._create_customer("Both", email="both@leaver.example", phone="+1 202 555 0123")
        )
        self.assertTrue(two_channels.partner_id.phone_sanitized)
        for email in ("only@leaver.example", "both@leaver.example"):
            self.env['mail.blacklist']._add(email)
        self._refresh_suggestions()
        self.assertEqual(one_channel.proposal, 'never')
        self.assertEqual(two_channels.proposal, 'win_back')
        self.env['phone.blacklist'].add("+12025550123")
        self._refresh_suggestions()
        self.assertEqual(two_channels.proposal, 'never')
        self.env['mail.blacklist']._remove("only@leaver.example")
        self._refresh_suggestions()
        self.assertEqual(one_channel.proposal, 'win_back')

    def test_without_any_method(self):
        self.env['growth.winback.method'].search([]).action_archive()
        self.assertRecordValues(
            self.case, [{'suggested_method_id': False, 'chance': 0.2, 'payoff': 80}]
        )
        self.assertEqual(self.case.suggestion, "There is no method to suggest.")

    def test_closed_cases_stay_as_they_were(self):
        closed = self._create_case(state='lost')
        self.assertFalse(closed.proposal)
        self.guarantee.cost = 5
        self.assertFalse(closed.payoff)
        self.assertEqual(self.case.payoff, 75)

    def test_reopened_cases_are_weighed_anew(self):
        self.case.write({'decision': 'leave', 'why': 'size'})
        self.case.action_close()
        self.guarantee.cost = 5
        self.assertEqual(self.case.payoff, 80)
        self.case.action_reopen()
        self.assertEqual(self.case.payoff, 75)

    def test_the_words_are_the_readers(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self._try(self.meeting, won=3, closed=5)
        self._refresh_suggestions()
        self.meeting.with_context(lang='fr_FR').name = "Une rencontre"
        self.assertTrue(
            self.case.with_context(lang='fr_FR').suggestion.startswith("Une rencontre: 3")
        )

    def test_the_list_is_ordered_by_what_pays(self):
        small = self._create_case(profit=100)
        large = self._create_case(profit=900)
        left = self._create_case(tier='low', profit=5000)
        wanted = self._create_case(tier='low', profit=50)
        wanted.write({'decision': 'win_back', 'why': 'reputation'})
        given_up = self._create_case(profit=3000)
        given_up.write({'decision': 'leave', 'why': 'other'})
        action = self.env.ref('sales_growth.growth_winback_action')
        domain = self.env['ir.actions.act_window']._for_xml_id(action.xml_id)['domain']
        found = self.env['growth.churn.case'].with_user(self.user_own).search(literal_eval(domain))
        mine = self.case | small | large | left | wanted | given_up
        self.assertEqual(
            (found & mine.with_env(found.env)).ids,
            (large | self.case | small | wanted).ids,
        )

    def test_unchanged_writes_nothing(self):
        self._refresh_suggestions()
        self.env.flush_all()
        before = self._versions()
        self._refresh_suggestions()
        self.assertEqual(self._versions(), before)
        self.guarantee.cost = 1
        self.assertNotEqual(self._versions(), before)

    def _versions(self):
        self.env.cr.execute("SELECT id, ctid::text FROM growth_churn_case ORDER BY id")
        return self.env.cr.fetchall()

    def test_queries_do_not_grow_with_the_cases(self):
        self._create_cases(250, reason_id=self.price.id)
        self._create_cases(250, reason_id=self.service.id, tier='second')
        self._try(self.meeting, won=5, closed=9)
        self.guarantee.company_id = self._create_company("Other Growth Company")
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(QUERIES):
            self._refresh_suggestions()
