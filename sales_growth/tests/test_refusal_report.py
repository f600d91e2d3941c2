from datetime import datetime

from freezegun import freeze_time

from odoo.tests import tagged

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestRefusalReport(SalesGrowthCommon):
    """The figures of pivot and graph, and what the catalogue has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.price = cls._create_reason("Price", category='price')
        cls.range = cls._create_reason("Range", category='product')
        cls.chair = cls.env['product.product'].create(
            {'name': "Oak Chair 100%", 'default_code': "OAK-1", 'sale_ok': True}
        )
        cls.table = cls.env['product.product'].create(
            {'name': "Oak Table", 'default_code': "OAK-2", 'sale_ok': True}
        )
        cls.env['product.product'].create({'name': "Oak Glue", 'sale_ok': False})

    def _refuse(self, reason, moment, user=None, value=0, refusal=None):
        user = user or self.user_own
        lead = self._create_lead(user_id=user.id, expected_revenue=value)
        with freeze_time(moment):
            lead.with_user(user).action_set_lost(lost_reason_id=reason.id, refusal=refusal or {})
        return self.env['growth.refusal'].search([('lead_id', '=', lead.id)])

    def _win(self, refusal, moment):
        with freeze_time(moment):
            refusal.lead_id.action_set_won()
        self.env.flush_all()

    def test_rates_are_sums_over_sums_at_every_grouping(self):
        first = self._refuse(self.price, '2026-01-05 12:00:00', value=100)
        self._refuse(self.price, '2026-02-05 12:00:00', value=200)
        self._refuse(self.price, '2026-02-06 12:00:00', self.user_all, value=300)
        last = self._refuse(self.range, '2026-02-07 12:00:00', self.user_all, value=400)
        self._win(first, '2026-01-15 12:00:00')
        self._win(last, '2026-03-09 12:00:00')
        Refusal = self.env['growth.refusal'].with_user(self.user_admin)
        measures = [
            '__count',
            'expected_revenue:sum',
            'refusal_share:sum',
            'recovered_share:avg',
            'days_to_recover:avg',
        ]
        self.assertEqual(
            Refusal._read_group([], ['reason_id'], measures),
            [
                (self.price, 3, 600.0, 0.75, 1 / 3, 10.0),
                (self.range, 1, 400.0, 0.25, 1.0, 30.0),
            ],
        )
        sets = [['user_id', 'reason_id'], ['user_id'], []]
        for found, expected in zip(
            Refusal._read_grouping_sets([], sets, measures),
            [
                [
                    (self.user_all, self.price, 1, 300.0, 0.25, 0.0, False),
                    (self.user_all, self.range, 1, 400.0, 0.25, 1.0, 30.0),
                    (self.user_own, self.price, 2, 300.0, 0.5, 0.5, 10.0),
                ],
                [
                    (self.user_all, 2, 700.0, 0.5, 0.5, 30.0),
                    (self.user_own, 2, 300.0, 0.5, 0.5, 10.0),
                ],
                [(4, 1000.0, 1.0, 0.5, 20.0)],
            ],
            strict=True,
        ):
            self.assertCountEqual(found, expected)
        self.assertEqual(
            Refusal._read_group([], ['date:month'], ['__count', 'refusal_share:sum']),
            [
                (datetime(2026, 1, 1), 1, 0.25),
                (datetime(2026, 2, 1), 3, 0.75),
            ],
        )
        self.assertEqual(
            Refusal._read_group([('user_id', '=', self.user_all.id)], [], measures),
            [(2, 700.0, 1.0, 0.5, 30.0)],
        )
        self.assertEqual(
            Refusal._read_group([('id', '=', 0)], [], ['__count', 'refusal_share:sum']), [(0, 0)]
        )

    def test_a_win_that_was_taken_back_has_no_days(self):
        kept = self._refuse(self.price, '2026-01-05 12:00:00')
        gone = self._refuse(self.price, '2026-01-05 12:00:00')
        self._win(kept | gone, '2026-01-15 12:00:00')
        gone.lead_id.write({'stage_id': self.env['crm.stage'].create({'name': "Back"}).id})
        self.assertEqual(gone.outcome, 'reopened')
        self.assertEqual(
            self.env['growth.refusal']._read_group(
                [('id', 'in', (kept | gone).ids)], [], ['days_to_recover:avg']
            ),
            [(10.0,)],
        )

    def test_every_group_by_of_the_search_works(self):
        self._refuse(self.price, '2026-01-05 12:00:00')
        view = self.env.ref('sales_growth.growth_refusal_view_search')
        Refusal = self.env['growth.refusal'].with_user(self.user_own)
        arch = Refusal.get_view(view.id, 'search')['arch']
        groups = [part.split("'")[0] for part in arch.split("'group_by': '")[1:]]
        self.assertGreater(len(groups), 10)
        for group in groups:
            with self.subTest(group=group):
                self.assertTrue(Refusal._read_group([], [group], ['__count']))

    def test_lost_leads_stay_visible(self):
        refusal = self._refuse(self.price, '2026-01-05 12:00:00').with_user(self.user_own)
        self.assertFalse(refusal.lead_id.active)
        found = self.env['growth.refusal'].with_user(self.user_own)
        self.assertEqual(found.search([('lead_id.name', '=', "Lead")]), refusal)
        self.price.action_archive()
        self.assertEqual(found.search([('reason_id', 'ilike', "Pric")]), refusal)

    # ------------------------------------------------------------
    # WE DO CARRY IT
    # ------------------------------------------------------------

    def test_a_product_of_the_catalogue_is_a_case_for_coaching(self):
        refusal = self._refuse(
            self.range, '2026-01-05 12:00:00', refusal={'product_id': self.chair.id}
        )
        self.assertTrue(refusal.is_carried)
        self.assertEqual(refusal.requested_product, "Oak Chair 100%")
        action = self.env.ref('sales_growth.growth_refusal_carried_action')
        coaching = (
            self.env['growth.refusal']
            .with_user(self.user_admin)
            .search([('user_id', '=', self.user_own.id), ('is_carried', '=', True)])
        )
        self.assertIn('is_carried', action.domain)
        self.assertEqual(coaching, refusal)

    def test_free_text_finds_the_product_it_names(self):
        for text in ("oak chair 100%", " OAK-1 "):
            refusal = self._refuse(
                self.range, '2026-01-05 12:00:00', refusal={'requested_product': text}
            )
            self.assertEqual(refusal.product_id, self.chair, text)
            self.assertTrue(refusal.is_carried)
        for text in ("oak chair 1000", "oak _able", "Oak Glue"):
            refusal = self._refuse(
                self.range, '2026-01-05 12:00:00', refusal={'requested_product': text}
            )
            self.assertFalse(refusal.product_id, text)
            self.assertEqual(refusal.requested_product, text)
            self.assertFalse(refusal.is_carried)

    def test_a_price_refused_is_not_a_matter_of_range(self):
        refusal = self._refuse(
            self.price, '2026-01-05 12:00:00', refusal={'product_id': self.chair.id}
        )
        self.assertFalse(refusal.is_carried)

    def test_suggestions_while_typing(self):
        Refusal = self.env['growth.refusal'].with_user(self.user_own)

        def suggest(text):
            return [
                product['id']
                for product in Refusal.get_matching_products(text)
                if product['id'] in (self.chair | self.table).ids
            ]

        self.assertCountEqual(suggest("oak"), (self.chair | self.table).ids)
        self.assertEqual(suggest("chair oak"), self.chair.ids)
        self.assertEqual(suggest("OAK-2"), self.table.ids)
        self.assertEqual(suggest("a table of oak please"), (self.table | self.chair).ids)
        self.assertEqual(suggest(""), [])
        self.assertEqual(suggest("marble"), [])
