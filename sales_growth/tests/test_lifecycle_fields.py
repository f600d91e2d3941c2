from odoo.tests import Form, tagged

from .common import SalesGrowthCommon


@tagged('post_install', '-at_install')
class TestLifecycleFields(SalesGrowthCommon):
    """The lifecycle on contacts, leads and orders, for a salesperson with own documents.

    | customer  | lifecycle | salesperson |
    |-----------|-----------|-------------|
    | new       | new       | growth_own  |
    | repeat    | repeat    | growth_all  |
    | returning | returning | growth_all  |
    | lost      | lost      | nobody      |
    | prospect  | prospect  | nobody      |
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = {}
        for name, user, days in (
            ('new', cls.user_own, ['2026-05-01']),
            ('repeat', cls.user_all, ['2025-09-01', '2026-02-01']),
            ('returning', cls.user_all, ['2025-02-01', '2026-02-01']),
            ('lost', None, ['2025-02-01']),
            ('prospect', None, []),
        ):
            partner = cls._create_customer(name, user_id=user and user.id)
            cls.partners[name] = partner
            for day in days:
                cls._create_order(partner, 100, f'{day} 12:00:00', user_id=cls.user_all.id)
        cls.contacts = {
            name: cls.env['res.partner'].create({'name': f"C {name}", 'parent_id': partner.id})
            for name, partner in cls.partners.items()
        }
        cls._refresh()
        cls.all_names = list(cls.partners)

    def _as(self, model_name, user=None):
        return self.env[model_name].with_user(user or self.user_own)

    def _leads(self):
        """A lead of growth_own for the contact of each customer."""
        return {
            name: self._create_lead(name, partner_id=contact.id)
            for name, contact in self.contacts.items()
        }

    def _quotations(self):
        """A quotation of growth_own for the contact of each customer."""
        return {
            name: self._create_order(
                contact, 10, '2026-06-30 12:00:00', state='draft', user_id=self.user_own.id
            )
            for name, contact in self.contacts.items()
        }

    def _check_all(self, records, user=None):
        """Read, search, group and sort the records, which are one of each lifecycle."""
        model = self._as(next(iter(records.values()))._name, user)
        ours = [('id', 'in', [record.id for record in records.values()])]
        for name, record in records.items():
            self.assertEqual(model.browse(record.id).growth_lifecycle, name)
        for domain, names in (
            ([('growth_lifecycle', '=', 'new')], ['new']),
            ([('growth_lifecycle', '=', 'prospect')], ['prospect']),
            ([('growth_lifecycle', 'in', ['prospect', 'new'])], ['new', 'prospect']),
            ([('growth_lifecycle', '!=', 'lost')], ['new', 'repeat', 'returning', 'prospect']),
            (
                [('growth_lifecycle', 'not in', ['prospect', 'new'])],
                ['repeat', 'returning', 'lost'],
            ),
            ([('growth_lifecycle', '=', False)], []),
            ([('growth_lifecycle', '!=', False)], self.all_names),
            (['!', ('growth_lifecycle', '=', 'prospect')], self.all_names[:-1]),
            (
                ['|', ('growth_lifecycle', '=', 'lost'), ('growth_lifecycle', '=', 'repeat')],
                ['repeat', 'lost'],
            ),
        ):
            with self.subTest(domain=domain):
                expected = {records[name].id for name in names}
                self.assertEqual(set(model.search(ours + domain).ids), expected)
                self.assertEqual(set(model.search(ours).filtered_domain(domain).ids), expected)
        self.assertEqual(
            model._read_group(ours, ['growth_lifecycle'], ['__count']),
            [('lost', 1), ('new', 1), ('prospect', 1), ('repeat', 1), ('returning', 1)],
        )
        groups = model.web_read_group(ours, ['growth_lifecycle'])['groups']
        for group in groups:
            found = model.search(ours + group['__extra_domain'])
            self.assertEqual(found.growth_lifecycle, group['growth_lifecycle'])
        self.assertEqual(
            model.search(ours, order='growth_lifecycle desc, id').mapped('growth_lifecycle'),
            ['returning', 'repeat', 'prospect', 'new', 'lost'],
        )

    # ------------------------------------------------------------
    # READ, SEARCH, GROUP, SORT
    # ------------------------------------------------------------

    def test_customers(self):
        self._check_all(self.partners)

    def test_contacts(self):
        self._check_all(self.contacts)

    def test_leads(self):
        self._check_all(self._leads())

    def test_quotations(self):
        self._check_all(self._quotations())

    def test_lead_without_a_customer(self):
        lead = self._create_lead()
        Lead = self._as('crm.lead')
        self.assertEqual(Lead.browse(lead.id).growth_lifecycle, 'prospect')
        ours = [('id', '=', lead.id)]
        self.assertTrue(Lead.search(ours + [('growth_lifecycle', '=', 'prospect')]))
        self.assertFalse(Lead.search(ours + [('growth_lifecycle', '!=', 'prospect')]))
        self.assertEqual(
            Lead._read_group(ours, ['growth_lifecycle'], ['__count']), [('prospect', 1)]
        )

    def test_customers_of_colleagues_are_no_prospects(self):
        # The hub does not show them, but who took them for prospects would hunt them.
        Customer = self._as('growth.customer')
        self.assertFalse(Customer.search([('partner_id', '=', self.partners['repeat'].id)]))
        lead = self._create_lead(partner_id=self.partners['repeat'].id)
        order = self._create_order(
            self.partners['repeat'], 10, state='draft', user_id=self.user_own.id
        )
        for record in (self.partners['repeat'], lead, order):
            with self.subTest(record._name):
                model = self._as(record._name)
                self.assertEqual(model.browse(record.id).growth_lifecycle, 'repeat')
                domain = [('id', '=', record.id), ('growth_lifecycle', '=', 'repeat')]
                self.assertTrue(model.search(domain))

    # ------------------------------------------------------------
    # WHOSE LIFECYCLE
    # ------------------------------------------------------------

    def _second_company(self):
        """A company in which the prospect of the first buys anew; growth_own is in both."""
        other = self._create_company("Second Company")
        self._create_order(self.partners['prospect'], 10, '2026-05-05 12:00:00', company=other)
        self._refresh(other)
        self.user_own.company_ids |= other
        return other

    def test_contacts_show_the_active_company(self):
        other = self._second_company()
        for name, ours, theirs in (('prospect', 'prospect', 'new'), ('lost', 'lost', 'prospect')):
            for company, expected in ((self.company, ours), (other, theirs)):
                companies = (company | self.company | other).ids
                Partner = self._as('res.partner').with_context(allowed_company_ids=companies)
                partner = Partner.browse(self.partners[name].id)
                self.assertEqual(partner.growth_lifecycle, expected)
                domain = [('id', '=', partner.id), ('growth_lifecycle', '=', expected)]
                self.assertEqual(Partner.search(domain), partner)

    def test_leads_and_orders_show_their_own_company(self):
        other = self._second_company()
        partner = self.partners['prospect']
        records = {
            self._create_lead(partner_id=partner.id): 'prospect',
            self._create_lead(partner_id=partner.id, company_id=other.id): 'new',
            # Of no company: that of the one who looks.
            self._create_lead(partner_id=partner.id, company_id=False): 'prospect',
            self._create_order(partner, 10, state='draft', user_id=self.user_own.id): 'prospect',
            self._create_order(
                partner, 10, state='draft', user_id=self.user_own.id, company=other
            ): 'new',
        }
        for record, lifecycle in records.items():
            with self.subTest(record._name, company=record.company_id.name):
                model = self._as(record._name).with_context(
                    allowed_company_ids=(self.company | other).ids
                )
                self.assertEqual(model.browse(record.id).growth_lifecycle, lifecycle)
                domain = [('id', '=', record.id), ('growth_lifecycle', '=', lifecycle)]
                self.assertEqual(model.search(domain).id, record.id)
        lead = list(records)[2].with_user(self.user_own)
        theirs = lead.with_context(allowed_company_ids=(other | self.company).ids)
        self.assertEqual(theirs.growth_lifecycle, 'new')
        self.assertEqual(
            theirs._read_group([('id', '=', lead.id)], ['growth_lifecycle'], ['__count']),
            [('new', 1)],
        )

    def test_an_order_keeps_its_customer(self):
        contact = self.contacts['repeat']
        order = self._create_order(contact, 10, state='draft', user_id=self.user_own.id)
        lead = self._create_lead(partner_id=contact.id)
        contact.parent_id = self.partners['lost']
        Order, Lead = self._as('sale.order'), self._as('crm.lead')
        self.assertEqual(Order.browse(order.id).growth_lifecycle, 'repeat')
        self.assertEqual(Lead.browse(lead.id).growth_lifecycle, 'lost')
        # As a bulk import by SQL leaves it.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET commercial_partner_id = NULL WHERE id = %s", [order.id]
        )
        self.env.invalidate_all()
        self.assertEqual(Order.browse(order.id).growth_lifecycle, 'lost')
        domain = [('id', '=', order.id), ('growth_lifecycle', '=', 'lost')]
        self.assertTrue(Order.search(domain))

    def test_archived_contact(self):
        self.partners['repeat'].active = False
        lead = self._create_lead(partner_id=self.contacts['repeat'].id)
        self.assertEqual(self._as('crm.lead').browse(lead.id).growth_lifecycle, 'repeat')

    # ------------------------------------------------------------
    # LIFE OF THE RECORDS
    # ------------------------------------------------------------

    def test_lifecycle_follows_the_customer_in_a_form(self):
        lead = self._create_lead(partner_id=self.partners['lost'].id)
        with Form(lead.with_user(self.user_own)) as form:
            self.assertEqual(form.growth_lifecycle, 'lost')
            form.partner_id = self.partners['new']
            self.assertEqual(form.growth_lifecycle, 'new')
        order = self._create_order(
            self.partners['lost'], 10, state='draft', user_id=self.user_own.id
        )
        with Form(order.with_user(self.user_own)) as form:
            form.partner_id = self.partners['new']
            self.assertEqual(form.growth_lifecycle, 'new')
        self.assertEqual(Form(self._as('sale.order')).growth_lifecycle, 'prospect')

    def test_lifecycle_follows_a_run(self):
        lead = self._create_lead(partner_id=self.partners['prospect'].id).with_user(self.user_own)
        order = self._create_order(self.partners['prospect'], 10, '2026-06-20 12:00:00')
        records = (lead, order.with_user(self.user_own), self.partners['prospect'])
        self.assertEqual({record.growth_lifecycle for record in records}, {'prospect'})
        self._refresh()
        self.assertEqual({record.growth_lifecycle for record in records}, {'new'})

    def test_people_outside_sales_do_not_get_the_fields(self):
        user = self._create_user('growth_outsider', 'base.group_user')
        self.assertNotIn('growth_lifecycle', self._as('res.partner', user).fields_get())

    def test_merged_contacts_keep_the_lifecycle(self):
        target = self._create_customer("Same customer")
        self.env['base.partner.merge.automatic.wizard'].create({})._merge(
            (self.partners['repeat'] | target).ids, target
        )
        self.assertEqual(target.growth_lifecycle, 'repeat')

    # ------------------------------------------------------------
    # QUERIES
    # ------------------------------------------------------------

    def test_reading_many_is_one_query(self):
        for records, needed in (
            (self.contacts, ['commercial_partner_id']),
            (self._leads(), ['company_id', 'partner_id.commercial_partner_id']),
            (self._quotations(), ['company_id', 'commercial_partner_id']),
        ):
            model = next(iter(records.values()))
            many = self._as(model._name).browse([record.id for record in records.values()])
            with self.subTest(many._name):
                many.mapped('growth_lifecycle')
                self.env.flush_all()
                self.env.invalidate_all()
                for path in needed:
                    many.sudo().mapped(path)
                with self.assertQueryCount(1):
                    many.mapped('growth_lifecycle')

    def test_filtering_and_grouping_is_one_query(self):
        self._leads()
        self._quotations()
        for model_name in ('res.partner', 'crm.lead', 'sale.order'):
            model = self._as(model_name)
            domain = [('growth_lifecycle', 'in', ['repeat', 'returning', 'lost'])]
            model.search_count(domain)
            self.env.flush_all()
            with self.subTest(model_name):
                with self.assertQueryCount(1):
                    model.search_count(domain)
                with self.assertQueryCount(1):
                    model._read_group(domain, ['growth_lifecycle'], ['__count'])
