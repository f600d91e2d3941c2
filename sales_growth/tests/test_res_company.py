from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestResCompany(SalesGrowthCommon):
    def test_defaults_are_the_playbook(self):
        company = self.env['res.company'].create({'name': "Fresh Company"})
        self.assertRecordValues(
            company,
            [
                {
                    'growth_window_months': 12,
                    'growth_source': 'order',
                    'growth_metric': 'profit',
                    'growth_abc_method': 'share',
                    'growth_abc_share_a': 80,
                    'growth_abc_share_b': 95,
                    'growth_abc_customers_a': 20,
                    'growth_abc_customers_b': 30,
                    'growth_xyz_method': 'count',
                    'growth_xyz_count_x': 3,
                    'growth_xyz_count_y': 2,
                    'growth_xyz_cv_x': 0.1,
                    'growth_xyz_cv_y': 0.25,
                }
            ],
        )

    def test_bad_settings_are_refused(self):
        for vals, message in (
            ({'growth_window_months': 0}, "between 1 and 120 months"),
            ({'growth_window_months': -12}, "between 1 and 120 months"),
            ({'growth_window_months': 10, 'growth_xyz_bucket': 'quarter'}, "multiple of 3"),
            ({'growth_grace_days': -1}, "newcomer period"),
            ({'growth_abc_share_a': 95, 'growth_abc_share_b': 80}, "in order: 0 < A < B"),
            ({'growth_abc_share_a': 0}, "in order: 0 < A < B"),
            ({'growth_abc_share_b': 100}, "in order: 0 < A < B"),
            ({'growth_abc_customers_a': 70, 'growth_abc_customers_b': 30}, "below 100 %"),
            ({'growth_abc_customers_a': -5}, "below 100 %"),
            ({'growth_abc_method': 'threshold'}, "A above B, B above zero"),
            (
                {
                    'growth_abc_method': 'threshold',
                    'growth_abc_threshold_a': 5,
                    'growth_abc_threshold_b': 5,
                },
                "A above B, B above zero",
            ),
            ({'growth_xyz_count_x': 2}, "X above Y"),
            ({'growth_xyz_count_y': 1}, "Y above one"),
            ({'growth_xyz_cv_x': 0.3}, "Y above X"),
            ({'growth_xyz_cv_x': 0}, "X above zero"),
            ({'growth_grace_days': 4000}, "newcomer period"),
        ):
            with self.subTest(vals=vals):
                with self.assertRaises(ValidationError) as error:
                    self.company.write(vals)
                self.assertIn(message, str(error.exception))

    def test_all_accepted_settings_give_rules(self):
        for vals in (
            {'growth_abc_method': 'customers'},
            {
                'growth_abc_method': 'threshold',
                'growth_abc_threshold_a': 2,
                'growth_abc_threshold_b': 1,
            },
            {'growth_xyz_method': 'variation'},
            {'growth_xyz_method': 'variation', 'growth_xyz_cv_x': 0.01},
        ):
            self.company.write(vals)
            self.assertTrue(self.company._growth_rules())

    @freeze_time('2026-06-30 12:00:00')
    def test_a_change_recomputes(self):
        partner = self._create_customer("Customer")
        self._create_orders(partner, [10, 10])
        self.company.growth_xyz_count_x = 4
        self.assertFalse(self._customer(partner), "A company waits for its first run.")
        self._refresh()
        self.assertEqual(self._customer(partner).xyz_class, 'Y')
        self.company.write({'growth_xyz_count_x': 10, 'growth_xyz_count_y': 5})
        self.assertEqual(self._customer(partner).xyz_class, 'Z')

    @freeze_time('2026-06-30 12:00:00')
    def test_settings_screen_changes_cuts_together_and_recomputes_once(self):
        self._refresh()
        self.env.user.group_ids |= self.env.ref('base.group_system')
        calls = self._count_refreshes()
        with Form(self.env['res.config.settings'].with_company(self.company)) as settings:
            # Each of the two alone would be out of order for a moment.
            settings.growth_abc_share_a = 96
            settings.growth_abc_share_b = 99
            settings.growth_xyz_count_x = 12
        settings.save()
        self.assertEqual(self.company.growth_abc_share_a, 96)
        self.assertEqual(self.company.growth_abc_share_b, 99)
        self.assertEqual(calls, [self.company])

    @freeze_time('2026-06-30 12:00:00')
    def test_settings_screen_without_changes_does_not_recompute(self):
        self._refresh()
        calls = self._count_refreshes()
        Form(self.env['res.config.settings'].with_company(self.company)).save()
        self.assertFalse(calls)

    def _count_refreshes(self):
        calls = []
        self.patch(
            self.env.registry['growth.customer'],
            '_refresh',
            lambda customers, companies=None, **kwargs: calls.append(companies),
        )
        return calls
