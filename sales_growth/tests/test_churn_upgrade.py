from datetime import date

from odoo.tests import tagged

from .common_churn_job import ChurnJobCommon


@tagged('post_install', '-at_install')
class TestChurnUpgrade(ChurnJobCommon):
    """What an update from the version before brings to a database that is in use.

    There is no script: rules, reasons, methods, record rules and the job are data that an update
    creates, and the first run of the job finds the rest in what was there before.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.growth_churn_as_of = False
        # The window of a year has passed her by since she was segmented.
        cls.gone = cls._create_buyer("Gone", '2025-01-10', '2025-02-10', '2025-03-10')
        cls.stays = cls._create_buyer("Stays", '2025-03-12', '2026-04-10', '2026-05-28')
        for day in (date(2025, 3, 31), date(2026, 5, 31)):
            cls._refresh(as_of=day)

    def setUp(self):
        super().setUp()
        self.segment = self._customer(self.gone).move_ids.from_segment_id

    def test_the_last_segment_comes_from_the_log_of_moves(self):
        customer = self._customer(self.gone)
        self.assertTrue(self.segment)
        self.assertFalse(customer.segment_id)
        self.assertFalse(customer.last_segment_id)
        self._detect()
        self.assertEqual(customer.last_segment_id, self.segment)
        self.assertEqual(self._cases(self.gone).segment_id, self.segment)
        stays = self._customer(self.stays)
        self.assertEqual(stays.last_segment_id, stays.segment_id)

    def test_the_last_segment_stays_when_the_job_runs_again(self):
        self._detect()
        self._detect_on('2026-06-04')
        self.assertEqual(self._customer(self.gone).last_segment_id, self.segment)

    def test_who_was_asked_to_win_a_customer_back_still_is(self):
        activity = self.gone.activity_schedule(
            'mail.mail_activity_data_call',
            summary="Win back",
            user_id=self.user_own.id,
            automated=True,
        )
        self._detect()
        self.assertTrue(activity.exists().active)

    def test_salespeople_see_what_was_rebuilt_of_theirs_alone(self):
        self._detect()
        cases = self._cases(self.gone)
        self.assertEqual(cases.salesperson_id, self.user_own)
        self.assertTrue(cases.is_estimated)
        for user, sees in ((self.user_own, True), (self.user_peer, False), (self.user_all, True)):
            self.assertEqual(cases.with_user(user)._filtered_access('read') == cases, sees)
