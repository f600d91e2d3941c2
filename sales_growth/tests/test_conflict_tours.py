from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestConflictTours(SalesGrowthCommon, HttpCase):
    """From the first angry call to peace, with own documents only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer("Angry Mills", user_id=cls.user_own.id)
        cls.env['res.partner'].create({'name': "Anna", 'parent_id': cls.customer.id})

    @mute_logger('odoo.http')
    def test_report_warn_resolve(self):
        self.start_tour(
            f'/odoo/action-contacts.action_contacts/{self.customer.id}',
            'growth_conflict',
            login=self.user_own.login,
        )
        conflict = self.env['growth.conflict'].search(
            [('commercial_partner_id', '=', self.customer.id)]
        )
        self.assertRecordValues(
            conflict,
            [
                {
                    'name': "Came two weeks late",
                    'user_id': self.user_own.id,
                    'department': 'delivery',
                    'state': 'resolved',
                    'resolution': "We paid the freight",
                    'resolved_by_id': self.user_own.id,
                }
            ],
        )
