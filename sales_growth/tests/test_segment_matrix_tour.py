from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestSegmentMatrixTour(SalesGrowthCommon, HttpCase):
    """The screen of the matrix and the Pareto curve, with figures that can be told by heart.

    All revenue is 10,000, so 100 is one per cent. A goes to 8,100, B to 9,500, nobody is BZ.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        mine = {'user_id': cls.user_own.id}
        for name, amounts, vals in (
            ("Mill One", [1000, 1000, 1000], mine),
            # Another salesperson's: not to be seen.
            ("Mill Two", [1000, 500, 500], {'user_id': cls.user_all.id}),
            ("Dairy", [800, 700], {}),
            ("Brewery", [1600], {}),
            ("Canteen", [200, 200, 200], {}),
            ("Bistro", [250, 250], {}),
            ("Diner", [200, 100], {}),
            ("Bakery", [100, 50, 50], {}),
            ("Kiosk", [100, 50], mine),
            ("Stall One", [100], mine),
            ("Stall Two", [50], {}),
        ):
            cls._create_orders(cls._create_customer(name, **vals), amounts)
        cls._create_order(cls._create_customer("Former Buyer"), 500, '2025-06-30 12:00:00')
        cls._refresh()

    def _start(self, path, tour, user):
        with freeze_time('2026-06-30 12:00:00', tick=True):
            self.start_tour(path, tour, login=user.login)

    def test_salesperson_reads_the_matrix(self):
        self._start('/odoo', 'growth_segment_matrix', self.user_own)

    def test_manager_computes_for_the_first_time(self):
        fresh = self._create_company("Growth Fresh Company")
        self.user_admin.write(
            {
                'company_ids': [Command.link(fresh.id)],
                'company_id': fresh.id,
            }
        )
        self._create_order(self._create_customer("First Buyer"), 1234.5, company=fresh)
        self._start('/odoo/growth-matrix', 'growth_segment_matrix_recompute', self.user_admin)
        self.assertEqual(fresh.growth_as_of.isoformat(), '2026-06-30')
