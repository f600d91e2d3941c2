from datetime import datetime

from odoo.modules.migration import load_script
from odoo.tests import tagged
from odoo.tools import SQL, file_path

from ..hooks import post_init_hook, pre_init_hook, uninstall_hook
from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestRefusalBackfill(SalesGrowthCommon):
    """What was lost before anybody watched is written down too, marked as estimated."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_customer("Refuser")
        cls.contact = cls.env['res.partner'].create(
            {'name': "Buyer of Refuser", 'parent_id': cls.customer.id}
        )
        cls.stage = cls.env['crm.stage'].create({'name': "Talks", 'sequence': 5})
        cls.reason = cls._create_reason("It was too EXPENSIVE for them")
        cls.lost = cls._create_lead(
            "Lost long ago",
            partner_id=cls.contact.id,
            stage_id=cls.stage.id,
            expected_revenue=700.0,
            lost_reason_id=cls.reason.id,
        )
        cls.archived = cls._create_lead("Archived long ago")
        cls.pending = cls._create_lead("Still open")
        # As the database looks in which the addon is installed now.
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL(
                """
            UPDATE crm_lead
               SET active = FALSE,
                   date_closed = '2024-03-31 23:30:00',
                   probability = CASE id WHEN %(lost)s THEN 0 ELSE probability END,
                   won_status = CASE id WHEN %(lost)s THEN 'lost' ELSE 'pending' END
             WHERE id IN %(leads)s
            """,
                lost=cls.lost.id,
                leads=(cls.lost.id, cls.archived.id),
            )
        )
        cls.env.invalidate_all()

    def _refusals(self):
        return self.env['growth.refusal'].search(
            [('lead_id', 'in', (self.lost | self.archived | self.pending).ids)]
        )

    def test_lost_leads_are_written_down(self):
        post_init_hook(self.env)
        self.assertRecordValues(
            self._refusals(),
            [
                {
                    'lead_id': self.lost.id,
                    'lead_name': "Lost long ago",
                    'company_id': self.company.id,
                    'partner_id': self.customer.id,
                    'customer_name': "Refuser",
                    'user_id': self.user_own.id,
                    'author_id': False,
                    'stage_id': self.stage.id,
                    'stage_name': "Talks",
                    'currency_id': self.usd.id,
                    'expected_revenue': 700.0,
                    'date': datetime(2024, 3, 31, 23, 30),
                    'reason_id': self.reason.id,
                    'category': 'price',
                    'outcome': 'open',
                    'is_estimated': True,
                    'is_unresolved': False,
                    'follow_up_state': 'none',
                }
            ],
        )

    def test_running_again_changes_nothing(self):
        self.env['growth.refusal']._backfill()
        before = self._refusals()
        self.assertEqual(self.env['growth.refusal']._backfill(), 0)
        self.assertEqual(self._refusals(), before)

    def test_they_can_come_back(self):
        self.env['growth.refusal']._backfill()
        self.lost.with_user(self.user_own).action_restore()
        self.assertEqual(self._refusals().outcome, 'reopened')

    def test_stored_values_are_those_the_model_computes(self):
        self.reason.is_excuse = True
        self.lost.copy({'lost_reason_id': False, 'active': False, 'probability': 0})
        self.env['growth.refusal']._backfill()
        refusals = self._refusals()
        fnames = ('category', 'is_carried', 'is_unresolved')
        written = refusals.read(fnames)
        for fname in fnames:
            self.env.add_to_compute(refusals._fields[fname], refusals)
        self.assertEqual(refusals.read(fnames), written)

    def test_reasons_get_a_category(self):
        names = {
            "Нет бюджета": 'budget',
            "Работают с конкурентом": 'competitor',
            "Does not answer": 'other',
            "Delivery takes too long": 'terms',
        }
        reasons = {name: self._create_reason(name) for name in names}
        kept = self._create_reason("Price, but sorted by hand", category='interest')
        self.env['growth.refusal']._guess_categories()
        self.assertEqual({name: reasons[name].category for name in names}, names)
        self.assertEqual(kept.category, 'interest')
        self.assertEqual(self.env.ref('crm.lost_reason_1').category, 'price')

    def test_reinstalling_takes_the_kept_reasons_back(self):
        budget = self.env.ref('sales_growth.lost_reason_budget')
        self._create_lead().action_set_lost(lost_reason_id=budget.id)
        uninstall_hook(self.env)
        self.assertFalse(self.env.ref('sales_growth.lost_reason_budget', raise_if_not_found=False))
        self.assertTrue(self.env.ref('sales_growth.lost_reason_price'), "not in use: it goes")
        pre_init_hook(self.env)
        self.assertEqual(self.env.ref('sales_growth.lost_reason_budget'), budget)

    def test_upgrade_from_the_version_without_refusals(self):
        script = load_script(
            file_path('sales_growth/migrations/19.0.2.0.0/post-migrate.py'), 'post-migrate'
        )
        script.migrate(self.env.cr, '19.0.1.0.0')
        self.env.invalidate_all()
        self.assertEqual(self._refusals().lead_id, self.lost)
