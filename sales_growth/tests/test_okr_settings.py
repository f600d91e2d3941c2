from odoo.exceptions import ValidationError

from .common import SalesGrowthCommon


class TestOkrSettings(SalesGrowthCommon):
    """What is set for objectives on the screen of settings."""

    def _set(self, **vals):
        vals = {f'growth_okr_{name}': value for name, value in vals.items()}
        self.env['res.config.settings'].create(vals).execute()

    def test_limits_move_together(self):
        # Each of them alone would be out of order with those before.
        self._set(error=80.0, good=90.0, too_low=120.0)
        self.assertEqual(
            self.company._growth_okr_thresholds(), {'error': 0.8, 'good': 0.9, 'too_low': 1.2}
        )
        self._set(error=5.0, good=10.0, too_low=20.0)
        self.assertEqual(
            self.company._growth_okr_thresholds(), {'error': 0.05, 'good': 0.1, 'too_low': 0.2}
        )

    def test_limits_out_of_order(self):
        with self.assertRaisesRegex(ValidationError, "must be in order"):
            self._set(error=70.0, good=60.0, too_low=100.0)

    def test_check_ins(self):
        self._set(reminder=False, reminder_day='4', stale_days=10)
        self.assertFalse(self.company.growth_okr_reminder)
        self.assertEqual(self.company.growth_okr_reminder_day, '4')
        self.assertEqual(self.company.growth_okr_stale_days, 10)
