from odoo.tests import HttpCase, tagged

from .common_survey import GrowthSurveyCommon


@tagged('post_install', '-at_install')
class TestSurveyPage(GrowthSurveyCommon, HttpCase):
    """A customer answers on the page, as anybody who has the link."""

    def setUp(self):
        super().setUp()
        self.invited = self._invited(case=self.case)

    def _post(self, route, **params):
        url = f'/survey/{route}/{self.survey.access_token}/{self.invited.access_token}'
        return self.url_open(url, json={'params': params}).json()['result']

    def _submit(self, score):
        return self._post('submit', **{str(self._question('nps').id): str(score)})

    def test_answer(self):
        self.start_tour(self.invited.get_start_url(), 'growth_survey_answer')
        self.env.invalidate_all()
        self.assertEqual(self._scores(), [0])
        self.assertEqual(self._customer(self.customer).nps_kind, 'detractor')
        self.assertEqual(self.case.reason_id, self._reason('service'))
        self.assertIn("Nobody called back", self._notes().body)

    def test_answering_twice_is_refused_and_nothing_is_lost(self):
        self._post('begin')
        self.assertNotIn('error', self._submit(9)[1])
        self.assertEqual(self._submit(0), [{}, {'error': 'unauthorized'}])
        self.env.invalidate_all()
        self.assertEqual(self._scores(), [9])
        self.assertEqual(len(self._notes()), 1)

        page = self.url_open(self.invited.get_start_url())
        self.assertIn("We read every answer", page.text)
        self.assertNotIn('value="finish"', page.text)

        count = self.env['survey.user_input'].search_count([])
        retry = f'/survey/retry/{self.survey.access_token}/{self.invited.access_token}'
        self.url_open(retry)
        self.assertEqual(self.env['survey.user_input'].search_count([]), count)

    def test_without_an_invitation_nobody_answers(self):
        count = self.env['survey.user_input'].search_count([])
        page = self.url_open(f'/survey/start/{self.survey.access_token}')
        self.assertNotIn('o_survey_form', page.text)
        self.assertEqual(self.env['survey.user_input'].search_count([]), count)
