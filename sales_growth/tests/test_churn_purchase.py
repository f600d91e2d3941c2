from datetime import date

from odoo.tests import tagged

from .common_churn import TODAY
from .common_churn_job import ChurnJobCommon


@tagged('post_install', '-at_install')
class TestChurnPurchase(ChurnJobCommon):
    """What becomes of cases when purchases are written down late, or change afterwards."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lost = cls._create_buyer("Lost", '2025-01-10', '2025-11-01')

    def _win(self):
        """A case that was won on 10 June by an order, and that order."""
        self._detect()
        case = self._cases(self.lost)
        self._start(case, method_id=self.gift.id)
        self._go_to('2026-06-10')
        order = self._confirm(self.lost)
        self._detect_on('2026-06-11')
        self.assertRecordValues(
            case, [{'state': 'won', 'won_date': date(2026, 6, 10), 'win_order_id': order.id}]
        )
        return case, order

    def assertNothingLeft(self):
        """Another run of the same day writes nothing."""
        rows = self._rows()
        self._detect()
        self.assertEqual(self._rows(), rows)

    # ------------------------------------------------------------
    # WRITTEN DOWN LATE
    # ------------------------------------------------------------

    def test_who_is_leaving_still_keeps_the_case_and_its_work(self):
        self._detect()
        case = self._cases(self.lost)
        self._start(case, method_id=self.gift.id)
        self._buy(self.lost, '2026-01-15')
        self._detect_on('2026-06-04')
        self.assertEqual(self._cases(self.lost), case)
        self.assertRecordValues(
            case,
            [
                {
                    'state': 'working',
                    'level': 'at_risk',
                    'lost_date': False,
                    'last_order_date': date(2026, 1, 15),
                    'date': TODAY,
                }
            ],
        )
        self.assertEqual(self._attempts(case).mapped('result'), ['open'])
        self.assertNothingLeft()
        self._buy(self.lost, '2026-06-05')
        self._detect_on('2026-06-06')
        self.assertEqual((case.state, case.won_date), ('won', date(2026, 6, 5)))
        self.assertEqual(self._cases(self.lost), case)

    def test_given_up_after_it_is_given_up_once(self):
        self._detect()
        case = self._cases(self.lost)
        self._buy(self.lost, '2026-01-15')
        self._detect_on('2026-06-04')
        case.write({'decision': 'leave', 'why': 'size'})
        case.with_user(self.user_own).action_close()
        self._detect_on('2026-08-04')
        self.assertEqual(self._cases(self.lost).mapped('state'), ['lost'])

    def test_who_is_being_handed_over_is_not_judged(self):
        self._detect()
        case = self._cases(self.lost)
        handover = self.env['growth.handover'].create(
            {
                'partner_id': self.lost.id,
                'company_id': self.company.id,
                'hunter_id': self.user_own.id,
                'farmer_id': self.user_peer.id,
            }
        )
        self._buy(self.lost, '2026-05-20')
        self._detect_on('2026-06-04')
        self.assertEqual(case.state, 'new')
        handover.with_user(self.user_own).action_cancel()
        self._detect_on('2026-06-05')
        self.assertEqual(case.state, 'over')

    def test_who_fell_out_with_us_has_done_so_whatever_was_bought_before(self):
        self._only('conflict')
        self.env['growth.conflict'].create(
            {
                'partner_id': self.lost.id,
                'company_id': self.company.id,
                'name': "Rude",
                'date': '2026-06-02',
            }
        )
        self._detect()
        case = self._cases(self.lost)
        self._buy(self.lost, '2026-05-20')
        self._detect_on('2026-06-04')
        self.assertEqual((case.state, case.last_order_date), ('new', date(2026, 5, 20)))
        self.assertNothingLeft()
        # Another one of before the alarm, and one that wins, found in one run
        self._buy(self.lost, '2026-05-25', '2026-06-05')
        self._detect_on('2026-06-06')
        self.assertEqual((case.state, case.won_date), ('won', date(2026, 6, 5)))
        self.assertEqual(self._cases(self.lost), case)

    # ------------------------------------------------------------
    # THE ORDER THAT WON CHANGES
    # ------------------------------------------------------------

    def test_the_date_of_the_order_moves_to_before_the_alarm(self):
        case, order = self._win()
        order.date_order = '2026-01-15 12:00:00'
        self._detect_on('2026-06-12')
        self.assertEqual(self._cases(self.lost), case)
        self.assertRecordValues(
            case,
            [
                {
                    'state': 'working',
                    'won_date': False,
                    'win_order_id': False,
                    'last_order_date': date(2026, 1, 15),
                    'revenue_6': 0,
                }
            ],
        )
        self.assertChurn(self.lost, 'at_risk')
        self.assertNothingLeft()

    def test_the_date_of_the_order_shows_that_the_alarm_was_false(self):
        case, order = self._win()
        order.date_order = '2026-05-20 12:00:00'
        self._detect_on('2026-06-12')
        self.assertRecordValues(case, [{'state': 'over', 'won_date': False}])
        self.assertEqual(self._attempts(case).mapped('result'), ['stopped'])
        self.assertChurn(self.lost, 'active')
        self.assertNothingLeft()

    def test_the_date_of_the_order_moves_after_the_alarm(self):
        case, order = self._win()
        order.date_order = '2026-06-08 12:00:00'
        self._detect_on('2026-06-12')
        self.assertRecordValues(
            case,
            [
                {
                    'state': 'won',
                    'won_date': date(2026, 6, 8),
                    'closed_date': date(2026, 6, 8),
                    'win_order_id': order.id,
                }
            ],
        )
        self.assertEqual(self._attempts(case).closed_date, date(2026, 6, 8))
        self.assertChurn(self.lost, 'won_back', '2026-06-08')
        self.assertNothingLeft()

    def test_an_earlier_order_is_written_down_after_it(self):
        case, _order = self._win()
        earlier = self._buy(self.lost, '2026-06-05', amount=70)
        self._detect_on('2026-06-12')
        self.assertRecordValues(
            case,
            [
                {
                    'state': 'won',
                    'won_date': date(2026, 6, 5),
                    'win_order_id': earlier.id,
                    'revenue_6': 170,
                }
            ],
        )
        self.assertNothingLeft()

    def test_the_order_becomes_worthless_and_a_later_one_wins(self):
        for day in ('2026-06-10', '2026-06-14'):
            with self.subTest(day), self.env.cr.savepoint() as savepoint:
                case, order = self._win()
                later = self._buy(self.lost, day, amount=70)
                order.order_line.price_unit = 0
                self._detect_on('2026-06-15')
                self.assertRecordValues(
                    case,
                    [
                        {
                            'state': 'won',
                            'won_date': date.fromisoformat(day),
                            'win_order_id': later.id,
                            'revenue_6': 70,
                        }
                    ],
                )
                self.assertNothingLeft()
                self._go_to('2026-06-03')
                savepoint.rollback()
                self.env.invalidate_all()

    def test_an_order_of_long_ago_is_cancelled_after_the_next_case_was_given_up(self):
        first, order = self._win()
        self._detect_on('2026-09-11')
        second = self._cases(self.lost) - first
        second.write({'decision': 'leave', 'why': 'size'})
        second.with_user(self.user_own).action_close()
        order._action_cancel()
        self.assertEqual((first.state, second.state), ('over', 'lost'))
        self._detect_on('2026-09-12')
        self.assertEqual(self._cases(self.lost).mapped('state'), ['over', 'lost'])
        self.assertEqual(self._attempts(first).mapped('result'), ['stopped'])

    # ------------------------------------------------------------
    # THE SOURCE CHANGES
    # ------------------------------------------------------------

    def test_what_orders_won_stays_won_when_invoices_count(self):
        case, order = self._win()
        self.company.growth_source = 'invoice'
        self._detect_on('2026-06-12')
        self.assertRecordValues(
            case, [{'state': 'won', 'won_date': date(2026, 6, 10), 'win_order_id': order.id}]
        )
        order._action_cancel()
        self.assertEqual(case.state, 'working')

    def test_a_rebuilt_case_is_taken_back_with_its_order(self):
        self.company.growth_churn_as_of = False
        orders = self._buy(self.lost, '2026-05-20', '2026-05-25')
        self._detect()
        case = self._cases(self.lost)
        self.assertRecordValues(
            case, [{'state': 'won', 'is_estimated': True, 'win_order_id': orders[0].id}]
        )
        self.company.growth_source = 'invoice'
        self._detect_on('2026-06-04')
        self.assertEqual(case.state, 'won')
        self.company.growth_source = 'order'
        orders[0]._action_cancel()
        self._detect_on('2026-06-05')
        self.assertRecordValues(
            case, [{'state': 'won', 'won_date': date(2026, 5, 25), 'win_order_id': orders[1].id}]
        )
