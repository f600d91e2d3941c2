from odoo.tests import Form, tagged

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestResPartner(SalesGrowthCommon):
    """The class of a customer on the contact, on all contacts below, per company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.golden = cls._create_customer("Golden")
        cls.contact = cls.env['res.partner'].create({'name': "Contact", 'parent_id': cls.golden.id})
        cls.deep_contact = cls.env['res.partner'].create(
            {'name': "Deep contact", 'parent_id': cls.contact.id}
        )
        cls.small = cls._create_customer("Small")
        cls.prospect = cls._create_customer("Prospect")
        cls.all = cls.golden | cls.contact | cls.deep_contact | cls.small | cls.prospect
        cls._create_orders(cls.golden, [300, 300, 390])
        cls._create_order(cls.small, 10)
        cls._refresh()
        cls.Partner = cls.env['res.partner'].with_user(cls.user_admin)
        cls.ours = [('id', 'in', cls.all.ids)]

    def test_fields(self):
        self.assertRecordValues(
            self.all.with_user(self.user_admin),
            3
            * [
                {
                    'abc_class': 'A',
                    'xyz_class': 'X',
                    'growth_tier': 'golden',
                    'growth_segment_id': self._segment('AX').id,
                },
            ]
            + [
                {
                    'abc_class': 'C',
                    'xyz_class': 'Z',
                    'growth_tier': 'low',
                    'growth_segment_id': self._segment('CZ').id,
                },
                {
                    'abc_class': False,
                    'xyz_class': False,
                    'growth_tier': False,
                    'growth_segment_id': False,
                },
            ],
        )

    def test_search(self):
        family = self.golden | self.contact | self.deep_contact
        segment = self._segment('AX')
        for domain, expected in (
            ([('abc_class', '=', 'A')], family),
            ([('abc_class', 'in', ['A', 'C'])], family | self.small),
            ([('abc_class', '!=', 'A')], self.small | self.prospect),
            ([('abc_class', 'not in', ['A', 'C'])], self.prospect),
            ([('abc_class', '=', False)], self.prospect),
            ([('abc_class', '!=', False)], family | self.small),
            ([('abc_class', 'in', ['C', False])], self.small | self.prospect),
            (['!', ('abc_class', '=', 'A')], self.small | self.prospect),
            ([('xyz_class', '=', 'Z')], self.small),
            ([('growth_tier', '=', 'golden')], family),
            ([('growth_tier', '=', False)], self.prospect),
            ([('growth_segment_id', '=', segment.id)], family),
            ([('growth_segment_id', '!=', segment.id)], self.small | self.prospect),
            ([('growth_segment_id', '=', False)], self.prospect),
            ([('growth_segment_id.name', '=', 'CZ')], self.small),
            ([('growth_segment_id', 'ilike', 'ax')], family),
            ([('parent_id.abc_class', '=', 'A')], self.contact | self.deep_contact),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(self.Partner.search(self.ours + domain), expected)
                self.assertEqual(
                    self.all.with_user(self.user_admin).filtered_domain(domain), expected
                )

    def test_group_by(self):
        self.assertEqual(
            self.Partner._read_group(self.ours, ['abc_class'], ['__count']),
            [('A', 3), ('C', 1), (False, 1)],
        )
        self.assertEqual(
            self.Partner._read_group(self.ours, ['growth_tier', 'xyz_class'], ['__count']),
            [('golden', 'X', 3), ('low', 'Z', 1), (False, False, 1)],
        )
        groups = self.Partner.web_read_group(self.ours, ['growth_segment_id'])['groups']
        self.assertEqual(
            [
                (group['growth_segment_id'] and group['growth_segment_id'][1], group['__count'])
                for group in groups
            ],
            [('AX', 3), ('CZ', 1), (False, 1)],
        )
        for group in groups:
            self.assertEqual(
                self.Partner.search_count(self.ours + group['__extra_domain']), group['__count']
            )

    def test_sort(self):
        self.assertEqual(
            self.Partner.search(self.ours, order='abc_class desc nulls last, id'),
            self.small | self.golden | self.contact | self.deep_contact | self.prospect,
        )
        self.assertEqual(
            self.Partner.search(self.ours, order='growth_segment_id, id')[-1], self.prospect
        )

    def test_export(self):
        self.user_admin.group_ids |= self.env.ref('base.group_allow_export')
        rows = self.contact.with_user(self.user_admin).export_data(
            ['name', 'abc_class', 'xyz_class', 'growth_segment_id', 'growth_tier']
        )['datas']
        self.assertEqual(rows, [["Contact", "A", "X", "AX", "Golden"]])

    def test_active_company_decides(self):
        other = self._create_company("Other Company")
        self._create_order(self.small, 1000, company=other)
        self._refresh(other)
        self.user_admin.company_ids |= other
        partner = self.small.with_user(self.user_admin)
        companies = (self.company | other).ids
        ours = partner.with_context(allowed_company_ids=companies)
        theirs = partner.with_context(allowed_company_ids=companies[::-1])
        self.assertEqual((ours.abc_class, theirs.abc_class), ('C', 'A'))
        domain = [('id', '=', self.small.id), ('abc_class', '=', 'A')]
        self.assertFalse(ours.search(domain))
        self.assertEqual(theirs.search(domain), self.small)

    def test_fields_follow_a_new_run(self):
        partner = self.small.with_user(self.user_admin)
        self.assertEqual(partner.abc_class, 'C')
        self._create_order(self.small, 100_000)
        self._refresh()
        self.assertEqual(partner.abc_class, 'A')

    def test_customers_of_others_tell_nothing(self):
        # Who sees own customers only does not learn the classes of others by grouping or filtering.
        self.golden.user_id = self.user_all
        Partner = self.env['res.partner'].with_user(self.user_own)
        self.env.invalidate_all()
        self.assertFalse(Partner.browse(self.golden.id).abc_class)
        self.assertEqual(
            Partner._read_group(self.ours, ['abc_class'], ['__count']), [('C', 1), (False, 4)]
        )
        self.assertFalse(Partner.search(self.ours + [('abc_class', '=', 'A')]))

    def test_people_outside_sales_do_not_get_the_fields(self):
        user = self._create_user('growth_outsider', 'base.group_user')
        Partner = self.env['res.partner'].with_user(user)
        self.assertNotIn('abc_class', Partner.fields_get())
        self.assertEqual(Partner.browse(self.golden.id).read(['name'])[0]['name'], "Golden")

    def test_reading_many_contacts_is_one_query(self):
        partners = self.all.with_user(self.user_admin)
        partners.mapped('abc_class')
        self.env.invalidate_all()
        partners.mapped('commercial_partner_id')
        with self.assertQueryCount(2):  # the hub, and the tier of the segments
            partners.mapped('growth_tier')

    def test_the_class_stays_while_a_contact_is_edited(self):
        with Form(self.golden.with_user(self.user_admin)) as form:
            form.name = "Golden Mills"
            form.company_type = 'person'
            self.assertEqual(form.abc_class, 'A')
            form.company_type = 'company'

    def test_smart_button(self):
        action = self.contact.with_user(self.user_admin).action_view_growth_customer()
        self.assertEqual(action['res_id'], self._customer(self.golden).id)

    def test_no_partner_column_is_stored(self):
        self.env.cr.execute("""
            SELECT column_name FROM information_schema.columns
             WHERE table_name = 'res_partner'
               AND column_name IN ('abc_class', 'xyz_class', 'growth_segment_id', 'growth_tier')
        """)
        self.assertFalse(self.env.cr.fetchall())
