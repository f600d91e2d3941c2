from datetime import date

from freezegun import freeze_time
from lxml import etree
from psycopg2.errors import CheckViolation

from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import SalesGrowthCommon

SETTINGS = {
    'growth_new_months': 3,
    'growth_lost_months': 9,
    'growth_role_check': 'block',
    'growth_handover_trigger': 'orders',
    'growth_handover_orders': 4,
    'growth_handover_days': 12,
    'growth_handover_since': date(2026, 1, 1),
    'growth_handover_deadline': 8,
    'growth_handover_undo_days': 2,
    'growth_handover_salesperson': False,
    'growth_handover_activities': False,
    'growth_handover_meetings': False,
    'growth_handover_quotations': False,
    'growth_handover_leads': False,
    'growth_return_policy': 'hunter',
    'growth_normal_loss_min': 25.0,
    'growth_normal_loss_max': 40.0,
    'growth_crisis_loss': 55.0,
}


@tagged('post_install', '-at_install')
class TestTeamSettings(SalesGrowthCommon):
    """The settings of hunters and farmers, on the company and on the settings screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref('base.group_system')

    def _form(self):
        return Form(self.env['res.config.settings'].with_company(self.company))

    def test_defaults_are_the_playbook(self):
        company = self.env['res.company'].create({'name': "Fresh Company"})
        self.assertRecordValues(
            company,
            [
                {
                    'growth_new_months': 0,
                    'growth_lost_months': 6,
                    'growth_handover_trigger': 'payment',
                    'growth_return_policy': 'farmer',
                    'growth_normal_loss_min': 10,
                    'growth_normal_loss_max': 20,
                    'growth_crisis_loss': 30,
                }
            ],
        )

    def test_the_screen_has_every_setting(self):
        # What the subject has on the company, but for what is no setting.
        fnames = {
            name
            for name, field in self.env['res.company']._fields.items()
            if name.startswith(('growth_handover', 'growth_normal', 'growth_crisis'))
        } | {'growth_new_months', 'growth_lost_months', 'growth_role_check', 'growth_return_policy'}
        self.assertEqual(fnames, {*SETTINGS, 'growth_handover_error'})
        with self._form() as settings:
            # Each number is asked for where the trigger needs it.
            for fname, value in SETTINGS.items():
                if fname != 'growth_handover_days':
                    settings[fname] = value
            settings.growth_handover_trigger = 'days'
            settings.growth_handover_days = SETTINGS['growth_handover_days']
            settings.growth_handover_trigger = SETTINGS['growth_handover_trigger']
        settings.save()
        self.assertRecordValues(self.company, [SETTINGS])

    def test_numbers_are_shown_with_the_trigger_that_needs_them(self):
        shown = {
            'growth_handover_orders': {'orders'},
            'growth_handover_days': {'days'},
            'growth_handover_since': {'payment', 'order', 'orders', 'days'},
        }
        arch = etree.fromstring(self.env['res.config.settings'].get_view(view_type='form')['arch'])
        triggers = dict(self.env['res.company']._fields['growth_handover_trigger'].selection)
        for fname, expected in shown.items():
            (field,) = arch.xpath(f"//field[@name='{fname}']")
            (condition,) = field.xpath("ancestor::div[@invisible][1]/@invisible")
            visible = {
                trigger
                for trigger in triggers
                if not self._is_invisible(condition, growth_handover_trigger=trigger)
            }
            self.assertEqual(visible, expected, fname)

    def _is_invisible(self, condition, **values):
        """Whether a condition of the form `name == 'value'` or `name != 'value'` holds."""
        name, operator, value = condition.split()
        return (values[name] == value.strip("'")) == (operator == '==')

    def test_both_rates_of_loss_may_move_past_the_old_ones(self):
        """Either alone would be out of order until the other is written, and be refused by whatever
        makes the database look at it in between."""
        write = self.env.registry['res.company'].write

        def write_through(companies, vals):
            result = write(companies, vals)
            companies.flush_recordset()
            return result

        self.patch(self.env.registry['res.company'], 'write', write_through)
        for low, high in ((30, 50), (5, 8)):
            with self._form() as settings:
                settings.growth_normal_loss_min = low
                settings.growth_normal_loss_max = high
            settings.save()
            self.assertRecordValues(
                self.company, [{'growth_normal_loss_min': low, 'growth_normal_loss_max': high}]
            )

    @freeze_time('2026-06-30 12:00:00')
    def test_the_months_of_the_lifecycle_recompute_once(self):
        partner = self._create_customer("Customer")
        self._create_order(partner, 10, '2025-12-01 12:00:00')
        self._refresh()
        self.assertEqual(self._customer(partner).lifecycle, 'lost')
        refreshes = []
        refresh = self.env.registry['growth.customer']._refresh

        def count(customers, companies=None, **kwargs):
            refreshes.append(companies)
            return refresh(customers, companies, **kwargs)

        self.patch(self.env.registry['growth.customer'], '_refresh', count)
        with self._form() as settings:
            settings.growth_new_months = 12
            settings.growth_lost_months = 12
        settings.save()
        self.assertEqual(refreshes, [self.company])
        self.assertEqual(self._customer(partner).lifecycle, 'new')

    def test_what_the_job_could_not_do_is_shown(self):
        arch = etree.fromstring(self.env['res.config.settings'].get_view(view_type='form')['arch'])
        (warning,) = arch.xpath("//field[@name='growth_handover_error']/..")
        self.assertEqual(warning.get('invisible'), "not growth_handover_error")
        with self._form() as settings:
            self.assertFalse(settings.growth_handover_error)
        self.company.growth_handover_error = "Nobody is free."
        with self._form() as settings:
            self.assertEqual(settings.growth_handover_error, "Nobody is free.")
        settings.save()
        self.assertEqual(self.company.growth_handover_error, "Nobody is free.", "It is told on.")

    def test_bad_settings_are_refused(self):
        for vals in (
            {'growth_new_months': -1},
            {'growth_new_months': 121},
            {'growth_lost_months': 0},
            {'growth_lost_months': 121},
            {'growth_handover_orders': 0},
            {'growth_handover_days': -1},
            {'growth_handover_deadline': -1},
            {'growth_handover_undo_days': -1},
            {'growth_normal_loss_min': -1},
            {'growth_normal_loss_min': 21},
            {'growth_normal_loss_max': 101},
            {'growth_crisis_loss': 0},
            {'growth_crisis_loss': 101},
        ):
            with (
                self.subTest(vals=vals),
                mute_logger('odoo.sql_db'),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.company.write(vals)
                self.env.flush_all()
            self.company.invalidate_recordset()
