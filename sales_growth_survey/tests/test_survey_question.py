from contextlib import contextmanager

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common_survey import GrowthSurveyCommon


@tagged('post_install', '-at_install')
class TestSurveyQuestion(GrowthSurveyCommon):
    """What is shipped, and which questions count."""

    @contextmanager
    def _refused(self, words):
        with self.assertRaisesRegex(ValidationError, words), self.cr.savepoint():
            yield

    def test_shipped_survey(self):
        self.assertRecordValues(
            self.survey,
            [
                {
                    'access_mode': 'token',
                    'users_login_required': False,
                    'is_attempts_limited': True,
                    'attempts_limit': 1,
                    'questions_layout': 'one_page',
                    'growth_is_churn': True,
                }
            ],
        )
        self.assertEqual(
            self.survey.question_ids.mapped('question_type'),
            ['scale', 'text_box', 'text_box', 'multiple_choice'],
        )
        self.assertEqual(
            [option.growth_reason_id for option in self._question('improve').suggested_answer_ids],
            [
                self._reason('price'),
                self._reason('quality'),
                self.env['growth.churn.reason'],
                self.env['growth.churn.reason'],
                self._reason('service'),
            ],
        )

    def test_other_scales_are_not_nps(self):
        question = self.env['survey.question'].create(
            {'survey_id': self.survey.id, 'title': "Quality", 'question_type': 'scale'}
        )
        self._question('nps').growth_is_nps = False
        for vals in (
            {'scale_min': 1},
            {'scale_max': 5},
            {'question_type': 'numerical_box'},
            {'question_type': 'simple_choice'},
        ):
            with self.subTest(vals), self._refused("from 0 to 10"):
                question.copy({**vals, 'survey_id': self.survey.id, 'growth_is_nps': True})
        question.growth_is_nps = True
        with self._refused("“Quality” cannot count"):
            question.scale_max = 5

    def test_one_question_of_a_survey_counts(self):
        with self._refused("not several"):
            self._question('nps').copy({'survey_id': self.survey.id})
        copied = self.survey.copy()
        self.assertEqual(len(copied.question_ids.filtered('growth_is_nps')), 1)
        self.assertFalse(copied.growth_is_churn)
