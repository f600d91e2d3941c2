from lxml import etree
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import SalesGrowthCommon
from .common_churn_job import ChurnJobCommon

SETTINGS = {
    'growth_churn_horizon': 120,
    'growth_won_back_months': 9,
    'growth_winback_cap': 3,
    'growth_winback_min_record': 8,
    'growth_winback_chance': 35.0,
}


@tagged('post_install', '-at_install')
class TestChurnRule(SalesGrowthCommon):
    """What a rule may be, whose it is, and what it says in words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls._create_company("Other Company")
        cls.rule = cls._create_rule("Mine")

    @classmethod
    def _create_rule(cls, name="Rule", **vals):
        return cls.env['growth.churn.rule'].create(
            {'name': name, 'company_id': cls.company.id, **vals}
        )

    def _refuse(self, message, error=ValidationError, **vals):
        with self.assertRaises(error) as caught, self.cr.savepoint():
            self.rule.write(vals)
            self.rule.flush_recordset()
        self.assertIn(message, str(caught.exception))

    # ------------------------------------------------------------
    # NUMBERS
    # ------------------------------------------------------------

    def test_lost_is_not_earlier_than_at_risk(self):
        self._refuse(
            "cannot be lost after 2 months and at risk only after 3: “Mine”", lost_months=2
        )
        self._refuse("cannot be lost after 6 months and at risk only after 7", at_risk_months=7)
        self.rule.write({'at_risk_months': 6, 'lost_months': 6})

    def test_nobody_is_late_within_the_usual_interval(self):
        for factor in (0.99, 0.0, -1.0, 100.5):
            self._refuse("the factor must be between 1 and 100", factor=factor)
        self.rule.factor = 1.0

    def test_percentages(self):
        for share in (0.0, -5.0, 100.5):
            self._refuse("a percentage is above 0 and up to 100", share=share)
            self._refuse("a percentage is above 0 and up to 100", min_probability=share)
        self.rule.write({'share': 100.0, 'min_probability': 100.0})

    def test_scores(self):
        for score in (-1, 11):
            self._refuse("a score is between 0 and 10", max_score=score)
        self.rule.max_score = 0

    @mute_logger('odoo.sql_db')
    def test_whole_numbers(self):
        for fname, value in (
            ('at_risk_months', 0),
            ('lost_months', 121),
            ('min_orders', 2),
            ('period_months', 0),
            ('fresh_months', 0),
            ('inquiry_count', -1),
            ('inquiry_months', 0),
        ):
            with (
                self.subTest(fname),
                self.assertRaises(CheckViolation),
                self.cr.savepoint(),
            ):
                self.rule.write({fname: value})
                self.rule.flush_recordset()

    # ------------------------------------------------------------
    # COMPANIES AND SEGMENTS
    # ------------------------------------------------------------

    def test_rules_of_a_company_are_its_own_and_the_shared_ones(self):
        shared = self._create_rule("Shared", company_id=False)
        other = self._create_rule("Other", company_id=self.other_company.id)
        off = self._create_rule("Off", active=False)
        rules = self.env['growth.churn.rule'].sudo()._get_rules(self.company)
        self.assertLessEqual(self.rule | shared, rules)
        self.assertFalse(rules & (other | off))

    def test_segments_are_of_the_same_company(self):
        def create_segment(company):
            return self.env['growth.segment'].create(
                {
                    'abc_class': 'A',
                    'xyz_class': 'X',
                    'tier': 'golden',
                    'company_id': company.id,
                }
            )

        own, other = create_segment(self.company), create_segment(self.other_company)
        self.rule.segment_ids = [Command.set((own | self._segment('BX')).ids)]
        with self.assertRaises(UserError):
            self.rule.segment_ids = [Command.link(other.id)]

    def test_a_rule_of_segments_is_of_their_cells(self):
        def find(*rules):
            return [
                self.env['growth.segment'].browse(sorted(number.segment_ids))
                for rule in rules
                for number in rule._as_numbers(self.company)
            ]

        def create_segment(company):
            return self.env['growth.segment'].create(
                {'abc_class': 'A', 'xyz_class': 'X', 'company_id': company.id}
            )

        golden, other = self._segment('AX'), self._segment('BX')
        shared = self._create_rule("Shared", company_id=False)
        shared.segment_ids = golden | other
        self.assertEqual(find(shared, self.rule), [golden | other, self.env['growth.segment']])
        own = create_segment(self.company)
        create_segment(self.other_company)
        self.rule.segment_ids = own
        self.assertEqual(find(shared, self.rule), [golden | other | own, golden | own])

    def test_a_copy_says_that_it_is_one(self):
        self.assertEqual(self.rule.copy().name, "Mine (copy)")
        self.assertEqual(self.rule.copy({'name': "Second"}).name, "Second")

    # ------------------------------------------------------------
    # ACCESS
    # ------------------------------------------------------------

    def test_only_managers_change_rules(self):
        for user in (self.user_own, self.user_all):
            self.assertEqual(self.rule.with_user(user).name, "Mine")
            with self.assertRaises(AccessError):
                self.rule.with_user(user).active = False
            with self.assertRaises(AccessError):
                self.rule.with_user(user).copy()
            with self.assertRaises(AccessError):
                self.rule.with_user(user).unlink()
        self.rule.with_user(self.user_admin).active = False
        self.rule.with_user(self.user_admin).copy().unlink()

    def test_rules_of_other_companies_are_out_of_reach(self):
        other = self._create_rule("Other", company_id=self.other_company.id)
        with self.assertRaises(AccessError):
            other.with_user(self.user_admin).read(['name'])
        found = self.env['growth.churn.rule'].with_user(self.user_admin).search([])
        self.assertNotIn(other, found)

    # ------------------------------------------------------------
    # SCREEN
    # ------------------------------------------------------------

    def test_what_rules_say(self):
        for says, vals in (
            ("At risk after 2 months without a purchase, lost after 5", {'kind': 'recency'}),
            (
                "At risk after 2 months without a purchase, lost after 5, one-time buyers too",
                {'kind': 'recency', 'includes_once': True},
            ),
            (
                "Silent for more than 2.5 times the usual interval, from 4 purchases on",
                {'kind': 'rhythm'},
            ),
            (
                "Revenue of 6 months under 33.25 % of that in the months before",
                {'kind': 'falling'},
            ),
            (
                "Orders of 6 months under 33.25 % of those in the months before",
                {'kind': 'falling', 'measure': 'orders'},
            ),
            ("Score up to 7 of 10, answered within 8 months", {'kind': 'nps'}),
            ("A conflict is open", {'kind': 'conflict'}),
            (
                "More than 5 inquiries within 9 months, and never bought",
                {'kind': 'inquiry'},
            ),
            ("Probability to leave of 80 % and more", {'kind': 'probability'}),
        ):
            rule = self._create_rule(
                at_risk_months=2,
                lost_months=5,
                factor=2.5,
                min_orders=4,
                period_months=6,
                share=33.25,
                max_score=7,
                fresh_months=8,
                inquiry_count=5,
                inquiry_months=9,
                min_probability=80.0,
                **vals,
            )
            self.assertEqual(rule.summary, says)

    def test_only_the_numbers_of_the_sign_are_asked_for(self):
        numbers = {
            'recency': {'at_risk_months', 'lost_months', 'includes_once'},
            'rhythm': {'factor', 'min_orders'},
            'falling': {'measure', 'period_months', 'share'},
            'nps': {'max_score', 'fresh_months'},
            'conflict': set(),
            'inquiry': {'inquiry_count', 'inquiry_months'},
            'probability': {'min_probability', 'includes_once'},
        }
        self.assertEqual(
            numbers.keys(), dict(self.env['growth.churn.rule']._fields['kind'].selection).keys()
        )
        form = Form(self.env['growth.churn.rule'].with_user(self.user_admin))
        for kind, expected in numbers.items():
            form.kind = kind
            shown = {
                fname
                for fname in set.union(*numbers.values())
                if not form._get_modifier(fname, 'invisible')
            }
            self.assertEqual(shown, expected, kind)
            self.assertEqual(bool(form._get_modifier('state', 'invisible')), kind == 'recency')


@tagged('post_install', '-at_install')
class TestChurnRuleSegments(ChurnJobCommon):
    """Rules of segments, where a company makes a segment of its own for a cell."""

    def test_a_rule_of_a_shared_segment_goes_on(self):
        golden = self._create_buyer("Golden", '2026-01-10', '2026-02-10', '2026-03-20')
        self._refresh(as_of=None)
        segment = self._customer(golden).segment_id
        self.assertFalse(segment.company_id)
        self.recency.copy(
            {'segment_ids': segment.ids, 'at_risk_months': 1, 'lost_months': 2, 'sequence': 1}
        )
        self._detect()
        self.assertChurn(golden, 'lost')
        own = segment.create(
            {
                'abc_class': segment.abc_class,
                'xyz_class': segment.xyz_class,
                'company_id': self.company.id,
            }
        )
        self.assertEqual(self._customer(golden).segment_id, own)
        self._detect_on('2026-06-04')
        self.assertChurn(golden, 'lost')


@tagged('post_install', '-at_install')
class TestChurnSettings(SalesGrowthCommon):
    """The settings of churn, on the company and on the settings screen."""

    def test_the_screen_has_every_setting(self):
        fnames = {
            name
            for name in self.env['res.company']._fields
            if name.startswith(('growth_churn', 'growth_won_back', 'growth_winback'))
        } - {'growth_churn_as_of'}
        self.assertEqual(fnames, {*SETTINGS, 'growth_churn_error'})
        self.env.user.group_ids |= self.env.ref('base.group_system')
        with Form(self.env['res.config.settings'].with_company(self.company)) as settings:
            for fname, value in SETTINGS.items():
                settings[fname] = value
        settings.save()
        self.assertRecordValues(self.company, [SETTINGS])

    @mute_logger('odoo.sql_db')
    def test_numbers_that_cannot_be(self):
        for vals in (
            {'growth_churn_horizon': 6},
            {'growth_churn_horizon': 731},
            {'growth_won_back_months': -1},
            {'growth_winback_cap': -1},
            {'growth_winback_min_record': 0},
        ):
            with self.subTest(vals), self.assertRaises(CheckViolation), self.cr.savepoint():
                self.company.write(vals)
                self.company.flush_recordset()


@tagged('post_install', '-at_install')
class TestChurnModel(SalesGrowthCommon):
    """What was learned, in words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.env['growth.churn.model'].create(
            {
                'company_id': cls.company.id,
                'date': '2026-06-30',
                'horizon': 90,
                'customers': 3317,
                'left': 1365,
                'auc': 0.7386,
                'is_usable': True,
                'coefficients': {
                    'names': ['recency', 'orders', 'once'],
                    'coefficients': [0.5, -1.0, 0.0],
                },
            }
        )

    def test_what_was_learned(self):
        model = self.model.with_user(self.user_all)
        self.assertEqual(model.display_name, "Learned on 06/30/2026")
        self.assertIn("3,317 customers: 41.2 % of them", model.summary)
        self.assertIn("74 of 100 cases", model.summary)
        self.assertFalse(model.problem)

    def test_the_strongest_comes_first(self):
        self.assertEqual(
            self.model._get_lesson_rows(),
            [
                {
                    'label': "Number of purchases so far",
                    'direction': 'lowers',
                    'width': 100,
                    'odds': "odds × 0.37",
                },
                {
                    'label': "Days since the last purchase",
                    'direction': 'raises',
                    'width': 50,
                    'odds': "odds × 1.65",
                },
                {
                    'label': "Bought on one day only",
                    'direction': 'none',
                    'width': 0,
                    'odds': "",
                },
            ],
        )
        rows = etree.HTML(str(self.model.lesson)).xpath('//tbody/tr')
        self.assertEqual(len(rows), 3)
        self.assertIn("falls", ''.join(rows[0].itertext()))
        self.assertIn("rises", ''.join(rows[1].itertext()))

    def test_every_feature_has_a_name(self):
        from ..analysis import cadence

        self.assertEqual(self.model._get_feature_labels().keys(), set(cadence.FEATURES))

    def test_why_nothing_was_learned(self):
        self.model.write({'is_usable': False, 'customers': 40, 'left': 12, 'coefficients': False})
        model = self.model.with_user(self.user_all)
        self.assertIn("Of 40 customers 90 days before, 12 left and 28 stayed", model.problem)
        self.assertFalse(model.summary)
        self.assertFalse(model.lesson)

    def test_only_the_job_writes_it(self):
        with self.assertRaises(AccessError):
            self.model.with_user(self.user_own).read(['auc'])
        for vals_user in (self.user_all, self.user_admin):
            with self.assertRaises(AccessError):
                self.model.with_user(vals_user).auc = 1.0
