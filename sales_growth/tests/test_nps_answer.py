from datetime import date, timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestNpsAnswer(SalesGrowthCommon):
    """Scores of 0 to 10: what they make together, and which one decides for a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time('2026-06-30 10:00:00'))
        cls.customer = cls._create_customer("Answerer", user_id=cls.user_own.id)
        cls.buyer, cls.boss = (
            cls.env['res.partner'].create({'name': name, 'parent_id': cls.customer.id})
            for name in ("Buyer", "Boss")
        )
        cls.foreign = cls._create_customer("Not Mine", user_id=cls.user_all.id)

    @classmethod
    def _answer(cls, partner, score, day='2026-06-15', company=None, **vals):
        return cls.env['growth.nps.answer'].create(
            {
                'company_id': (company or cls.company).id,
                'partner_id': partner.id,
                'date': day,
                'score': score,
                **vals,
            }
        )

    def _deciding(self, partner, company=None):
        return self._customer(partner, company).nps_answer_id

    def _facts(self, as_of, months=6, company=None):
        """Score and day by commercial partner."""
        Answer = self.env['growth.nps.answer']
        return {
            self.env['res.partner'].browse(partner_id): (score, day)
            for _id, _customer_id, partner_id, score, day in self.env.execute_query(
                Answer._facts_sql(company or self.company, as_of, months)
            )
        }

    # ------------------------------------------------------------
    # SCORES
    # ------------------------------------------------------------

    def test_zero_is_an_answer(self):
        answer = self._answer(self.buyer, 0)
        self.assertEqual((answer.score, answer.kind), (0, 'detractor'))
        self.assertEqual(self._deciding(self.customer), answer)
        self.assertEqual(self._facts(date(2026, 6, 30)), {self.customer: (0, date(2026, 6, 15))})

    def test_groups(self):
        answers = [self._answer(self.buyer, score) for score in range(11)]
        self.assertEqual(
            [answer.kind for answer in answers],
            ['detractor'] * 7 + ['passive'] * 2 + ['promoter'] * 2,
        )

    def test_without_a_score_there_is_no_answer(self):
        Answer = self.env['growth.nps.answer'].with_user(self.user_own)
        for nothing in ({}, {'score': False}, {'score': None}, {'score_choice': False}):
            with self.subTest(nothing), self.assertRaisesRegex(ValidationError, "from 0 to 10"):
                Answer.create({'partner_id': self.buyer.id, **nothing})
        answer = self._answer(self.buyer, 9)
        for nothing in ({'score': False}, {'score_choice': False}):
            with self.subTest(nothing), self.assertRaisesRegex(ValidationError, "from 0 to 10"):
                answer.with_user(self.user_admin).write(nothing)
        self.assertEqual(answer.score, 9)

    def test_other_numbers_are_refused_in_words(self):
        answer = self._answer(self.buyer, 9)
        for score in (-1, 11):
            with self.assertRaisesRegex(ValidationError, f"not {score}"):
                self._answer(self.buyer, score)
            with self.assertRaisesRegex(ValidationError, f"not {score}"):
                answer.score = score
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError):
            self.env.cr.execute("UPDATE growth_nps_answer SET score = 11")

    def test_what_is_no_whole_number_is_refused_in_words(self):
        Answer = self.env['growth.nps.answer'].with_user(self.user_own)
        answer = self._answer(self.buyer, 9).with_user(self.user_admin)
        for vals in (
            {'score': '7'},
            {'score': 9.7},
            {'score': True},
            {'score': float('nan')},
            {'score': [7]},
            {'score_choice': 'seven'},
            {'score_choice': '11'},
        ):
            with self.subTest(vals):
                with self.assertRaisesRegex(ValidationError, "whole number from 0 to 10, not"):
                    Answer.create({'partner_id': self.buyer.id, **vals})
                with self.assertRaisesRegex(ValidationError, "whole number from 0 to 10, not"):
                    answer.write(vals)
        self.assertEqual(answer.score, 9)
        self.assertEqual(Answer.create({'partner_id': self.buyer.id, 'score': 7.0}).score, 7)

    def test_no_answer_of_tomorrow(self):
        self._answer(self.buyer, 9, '2026-06-30')
        with self.assertRaisesRegex(ValidationError, "future"):
            self._answer(self.buyer, 9, '2026-07-01')

    def test_entered_by_hand(self):
        form = Form(self.env['growth.nps.answer'].with_user(self.user_own))
        form.partner_id = self.buyer
        with self.assertRaises(AssertionError):
            form.save()  # no score was chosen: an empty number must not become a 0
        form.score_choice = '0'
        form.comment = "Never again"
        self.assertRecordValues(
            form.save(),
            [
                {
                    'company_id': self.company.id,
                    'partner_id': self.buyer.id,
                    'commercial_partner_id': self.customer.id,
                    'date': date(2026, 6, 30),
                    'score': 0,
                    'score_choice': '0',
                    'comment': "Never again",
                    'source': 'manual',
                    'user_id': self.user_own.id,
                }
            ],
        )

    # ------------------------------------------------------------
    # INDEX
    # ------------------------------------------------------------

    def test_the_index_is_of_answers_not_an_average_of_scores(self):
        for score in (10, 10, 9, 8, 0):
            self._answer(self.buyer, score)
        self._answer(self.foreign, 10)
        aggregates = ['__count', 'promoter_count:sum', 'detractor_count:sum', 'nps:avg']
        Answer = self.env['growth.nps.answer'].with_user(self.user_all)
        domain = [('company_id', '=', self.company.id)]
        self.assertEqual(
            Answer._read_group(domain, ['commercial_partner_id'], aggregates, order='nps:avg'),
            [(self.customer, 5, 3, 1, 0.4), (self.foreign, 1, 1, 0, 1.0)],
        )
        self.assertEqual(Answer._read_group(domain, [], aggregates), [(6, 4, 1, 0.5)])
        nothing = Answer._read_group([('id', '=', 0)], [], aggregates)
        self.assertEqual([figure or 0 for figure in nothing[0]], [0, 0, 0, 0])
        self.assertFalse(Answer.fields_get(['score'])['score'].get('aggregator'))

    def test_the_index_goes_from_minus_one_to_one(self):
        self._answer(self.buyer, 6)
        self._answer(self.foreign, 9)
        groups = self.env['growth.nps.answer'].formatted_read_group(
            [('company_id', '=', self.company.id)], ['kind'], ['nps:avg']
        )
        self.assertEqual(
            {group['kind']: group['nps:avg'] for group in groups},
            {'promoter': 1.0, 'detractor': -1.0},
        )

    # ------------------------------------------------------------
    # ROLL-UP
    # ------------------------------------------------------------

    def test_the_last_of_each_contact_then_the_lowest_then_the_newest(self):
        self._answer(self.boss, 2, '2026-03-01')
        content = self._answer(self.boss, 9, '2026-04-01')
        self.assertEqual(self._deciding(self.customer), content)
        lower = self._answer(self.buyer, 7, '2026-03-15')
        self.assertEqual(self._deciding(self.customer), lower)
        newer = self._answer(self.customer, 7, '2026-05-01')
        self.assertEqual(self._deciding(self.customer), newer)
        same_day = self._answer(self.customer, 8, '2026-05-01')
        self.assertEqual(self._deciding(self.customer), lower)
        lower.unlink()
        self.assertEqual(self._deciding(self.customer), same_day)

    def test_hub_shows_score_and_day(self):
        answer = self._answer(self.buyer, 3)
        self.assertRecordValues(
            self._customer(self.customer).with_user(self.user_own),
            [
                {
                    'nps_answer_id': answer.id,
                    'nps_score': 3,
                    'nps_date': date(2026, 6, 15),
                    'nps_kind': 'detractor',
                    'nps_answer_count': 1,
                }
            ],
        )

    def test_corrected_and_deleted_answers_count_no_more(self):
        kept = self._answer(self.boss, 8, '2026-05-01')
        answer = self._answer(self.buyer, 3)
        answer.with_user(self.user_admin).score_choice = '9'
        self.assertEqual(self._deciding(self.customer), kept)
        answer.with_user(self.user_admin).score = 0
        self.assertEqual(self._deciding(self.customer), answer)
        answer.with_user(self.user_admin).unlink()
        self.assertEqual(self._deciding(self.customer), kept)
        kept.with_user(self.user_admin).unlink()
        self.assertFalse(self._deciding(self.customer))

    def test_a_fresh_answer_wins_over_one_of_more_than_a_year_before(self):
        old = self._answer(self.boss, 0, '2025-06-15')
        self.assertEqual(self._deciding(self.customer), old)
        fresh = self._answer(self.buyer, 9, '2026-06-15')
        self.assertEqual(self._deciding(self.customer), fresh)
        within = self._answer(self.boss, 1, '2025-06-16')
        self.assertEqual(self._deciding(self.customer), within)

    def test_facts_know_what_was_known_and_fresh_on_a_day(self):
        self._answer(self.boss, 0, '2026-01-10')
        self._answer(self.buyer, 9, '2026-05-10')
        self._answer(self.foreign, 10, '2026-06-30')
        boss, buyer = (0, date(2026, 1, 10)), (9, date(2026, 5, 10))
        self.assertEqual(self._facts(date(2026, 1, 9)), {})
        self.assertEqual(self._facts(date(2026, 1, 10)), {self.customer: boss})
        self.assertEqual(self._facts(date(2026, 5, 10)), {self.customer: boss})
        # Four months end with 10 May, as they do for the rules.
        self.assertEqual(self._facts(date(2026, 5, 10), months=4)[self.customer], boss)
        self.assertEqual(self._facts(date(2026, 5, 11), months=4), {self.customer: buyer})
        self.assertEqual(self._facts(date(2026, 5, 10), months=5)[self.customer], boss)
        self.assertEqual(self._facts(date(2026, 6, 29), months=1), {})
        self.assertEqual(self._facts(date(2026, 6, 30), months=1).keys(), {self.foreign})

    def test_facts_are_fresh_until_the_same_day_of_the_month_or_its_last(self):
        self._answer(self.buyer, 0, '2025-11-30')
        self.assertTrue(self._facts(date(2026, 2, 28), months=3))
        self.assertFalse(self._facts(date(2026, 3, 1), months=3))

    def test_each_company_has_its_own(self):
        other = self._create_company("Second Company")
        here = self._answer(self.buyer, 9)
        there = self._answer(self.buyer, 1, company=other)
        self.assertEqual(self._deciding(self.customer), here)
        self.assertEqual(self._deciding(self.customer, other), there)
        self.assertEqual(self._facts(date(2026, 6, 30))[self.customer][0], 9)
        self.assertEqual(self._facts(date(2026, 6, 30), company=other)[self.customer][0], 1)

    def test_salesperson_then_is_the_farmer_else_the_contact_s(self):
        first = self._answer(self.buyer, 9)
        team = self.env['crm.team'].create({'name': "Farming", 'company_id': self.company.id})
        self._customer(self.customer).sudo().write(
            {'farmer_id': self.user_all.id, 'farmer_team_id': team.id}
        )
        second = self._answer(self.buyer, 9)
        self.assertRecordValues(
            first | second,
            [
                {'user_id': self.user_own.id, 'team_id': False},
                {'user_id': self.user_all.id, 'team_id': team.id},
            ],
        )

    def test_queries_do_not_grow_with_the_answers(self):
        def create(number):
            partners = self.env['res.partner'].create(
                [{'name': f"Many {count}", 'is_company': True} for count in range(number)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env['growth.nps.answer'].create(
                [
                    {'partner_id': partner.id, 'score': 5, 'company_id': self.company.id}
                    for partner in partners
                ]
            )
            self.env.flush_all()
            return self.cr.sql_log_count - before

        create(1)
        self.assertEqual(create(2), create(60))

    # ------------------------------------------------------------
    # CONTACTS THAT MOVE, MERGE AND GO
    # ------------------------------------------------------------

    def test_a_contact_who_changes_company_leaves_the_answer(self):
        answer = self._answer(self.buyer, 2)
        self.buyer.parent_id = self.foreign
        self.assertEqual(answer.commercial_partner_id, self.customer)
        self.assertEqual(self._deciding(self.customer), answer)
        self.assertFalse(self._deciding(self.foreign))
        newer = self._answer(self.buyer, 3)
        self.assertEqual(self._deciding(self.foreign), newer)

    def test_a_person_who_becomes_part_of_a_company_brings_the_answer(self):
        person = self._create_customer("Person", is_company=False)
        answer = self._answer(person, 4)
        content = self._answer(self.boss, 9)
        person.parent_id = self.customer
        self.assertEqual(answer.commercial_partner_id, self.customer)
        self.assertEqual(answer.partner_id, person)
        self.assertEqual(self._deciding(self.customer), answer)
        self.assertEqual(self._customer(self.customer).nps_answer_ids, answer | content)
        # A company that has no record yet takes over the one of the person.
        second = self._create_customer("Second Person", is_company=False)
        answer = self._answer(second, 5)
        second.parent_id = self.foreign
        self.assertEqual(answer.commercial_partner_id, self.foreign)
        self.assertEqual(self._deciding(self.foreign), answer)

    def test_merged_customers(self):
        low = self._answer(self.foreign, 1)
        self._answer(self.buyer, 9)
        self._merge(self.foreign, self.customer)
        self.assertEqual(low.commercial_partner_id, self.customer)
        self.assertEqual(low.partner_id, self.customer)
        self.assertEqual(self._deciding(self.customer), low)
        self.assertEqual(len(self._customer(self.customer).nps_answer_ids), 2)

    def test_of_merged_contacts_the_last_answer_counts(self):
        self._answer(self.boss, 1, '2026-05-01')
        last = self._answer(self.buyer, 9, '2026-06-01')
        self._merge(self.boss, self.buyer)
        self.assertEqual(self._deciding(self.customer), last)

    def _merge(self, source, target):
        wizard = self.env['base.partner.merge.automatic.wizard'].create({})
        wizard._merge((source | target).ids, target)
        self.env.invalidate_all()

    def test_a_deleted_contact_decides_no_more(self):
        self._answer(self.boss, 1)
        kept = self._answer(self.buyer, 9)
        self.boss.unlink()
        self.assertEqual(self._deciding(self.customer), kept)

    # ------------------------------------------------------------
    # ACCESS
    # ------------------------------------------------------------

    def _visible(self, user, **context):
        Answer = self.env['growth.nps.answer'].with_user(user).with_context(**context)
        return Answer.search([('partner_id', 'in', (self.buyer | self.foreign | self.loose).ids)])

    def test_own_all_and_company(self):
        self.loose = self._create_customer("Nobody's")
        own, others = self._answer(self.buyer, 9), self._answer(self.foreign, 9)
        nobodys = self._answer(self.loose, 9)
        other = self._create_company("Second Company")
        there = self._answer(self.buyer, 1, company=other)
        self.assertEqual(self._visible(self.user_own), own | nobodys)
        for user in (self.user_all, self.user_admin):
            self.assertEqual(self._visible(user), own | others | nobodys)
            with self.assertRaises(AccessError):
                there.with_user(user).read(['score'])
        self.user_own.company_ids = [Command.link(other.id)]
        self.assertEqual(self._visible(self.user_own, allowed_company_ids=other.ids), there)
        outside = self._create_user('growth_outside', 'base.group_user')
        with self.assertRaises(AccessError):
            own.with_user(outside).read(['score'])

    def test_who_has_the_customer_now_sees_what_was_said_before(self):
        self.loose = self.env['res.partner']
        answer = self._answer(self.foreign, 1)
        self.assertFalse(self._visible(self.user_own))
        self._customer(self.foreign).sudo().farmer_id = self.user_own
        self.assertEqual(self._visible(self.user_own), answer)

    def test_whoever_mistyped_corrects_it_within_a_day(self):
        Answer = self.env['growth.nps.answer'].with_user(self.user_own)
        answer = Answer.create({'partner_id': self.buyer.id, 'score': 3})
        answer.score_choice = '4'
        self.assertEqual(answer.score, 4)
        with self.assertRaisesRegex(AccessError, "within a day"):
            answer.with_user(self.user_all).score = 10
        yesterday = fields.Datetime.now() - timedelta(days=1, minutes=1)
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "UPDATE growth_nps_answer SET create_date = %s WHERE id = %s RETURNING id",
                yesterday,
                answer.id,
            )
        )
        answer.invalidate_recordset()
        self.assertFalse(answer.can_correct)
        with self.assertRaisesRegex(AccessError, "within a day"):
            answer.score = 10
        answer.with_user(self.user_admin).score = 10

    def test_a_new_answer_has_no_name(self):
        self.assertFalse(self.env['growth.nps.answer'].new({}).display_name)

    def test_salespeople_enter_answers_of_their_customers_and_change_none(self):
        Answer = self.env['growth.nps.answer'].with_user(self.user_own)
        answer = Answer.create({'partner_id': self.buyer.id, 'score': 3})
        with self.assertRaises(AccessError):
            self._answer(self.buyer, 1).with_user(self.user_own).score = 10
        with self.assertRaises(AccessError):
            answer.unlink()
        with self.assertRaises(AccessError):
            # Whose customer it is cannot be claimed.
            Answer.create({'partner_id': self.foreign.id, 'score': 3, 'user_id': self.user_own.id})
        forged = Answer.create({'partner_id': self.buyer.id, 'score': 10, 'source': 'survey'})
        self.assertEqual(forged.source, 'manual')

    def test_defaults_of_the_caller_say_only_what_may_be_stated(self):
        Answer = self.env['growth.nps.answer'].with_user(self.user_own)
        answer = Answer.with_context(
            default_partner_id=self.buyer.id,
            default_score=4,
            default_source='survey',
            default_team_id=self.env['crm.team'].search([], limit=1).id,
        ).create({})
        self.assertRecordValues(
            answer.sudo(),
            [{'partner_id': self.buyer.id, 'score': 4, 'source': 'manual', 'team_id': False}],
        )

    def test_an_answer_of_somebody_else_s_customer_is_refused_in_words(self):
        Answer = self.env['growth.nps.answer'].with_user(self.user_own)
        with self.assertRaisesRegex(AccessError, "somebody else's customers: Not Mine"):
            Answer.create({'partner_id': self.foreign.id, 'score': 3})
        other = self._create_company("Second Company")
        with self.assertRaises(AccessError) as caught:
            Answer.create({'partner_id': self.buyer.id, 'score': 3, 'company_id': other.id})
        self.assertNotIn("somebody else's", str(caught.exception))
        outside = self._create_user('growth_outside', 'base.group_user')
        with self.assertRaises(AccessError) as caught:
            Answer.with_user(outside).create({'partner_id': self.buyer.id, 'score': 3})
        self.assertNotIn("somebody else's", str(caught.exception))

    def test_managers_correct_what_was_said_not_whose_it_is(self):
        answer = self._answer(self.buyer, 3).with_user(self.user_admin)
        answer.write({'score': 4, 'date': '2026-06-01', 'comment': "Misheard"})
        for vals in ({'partner_id': self.foreign.id}, {'user_id': self.user_all.id}):
            with self.assertRaisesRegex(AccessError, "can be changed"):
                answer.write(vals)

    def test_buttons(self):
        self._answer(self.buyer, 3)
        customer = self._customer(self.customer).with_user(self.user_own)
        action = customer.action_view_nps_answers()
        found = self.env[action['res_model']].with_user(self.user_own).search(action['domain'])
        self.assertEqual(found, customer.nps_answer_ids)
        self.assertEqual(found.action_open_customer()['res_id'], customer.id)
