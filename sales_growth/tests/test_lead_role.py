from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common_team import TeamCommon

QUICK_CREATE = 'crm.quick_create_opportunity_form'


@tagged('post_install', '-at_install')
class TestLeadRole(TeamCommon):
    """A hunter's deal with a farmer's customer, or a farmer's one with a prospect, is noticed."""

    @classmethod
    def _deal(cls, user, partner, team=None, author=None, **vals):
        """A deal that somebody opens, for themselves when not said otherwise."""
        team = team or (cls.hunting if user == cls.hunter else cls.farming)
        return (
            cls.env['crm.lead']
            .with_user(author or user)
            .create(
                {
                    'name': "Deal",
                    'type': 'opportunity',
                    'partner_id': partner and partner.id,
                    'user_id': user.id,
                    'team_id': team.id,
                    **vals,
                }
            )
        )

    def _deal_elsewhere(self):
        """A hunter's deal with a farmer's customer, in a company that does not know them."""
        second = self._create_company("Second Growth Company")
        self.hunter.company_ids |= second
        shared = self._create_team("Shared", self.hunter, growth_role='hunter', company_id=False)
        lead = self._deal(
            self.hunter, self.customer, shared, author=self.env.user, company_id=second.id
        )
        companies = self.company | second
        return lead.with_user(self.hunter).with_context(allowed_company_ids=companies.ids)

    def _lose(self, leads):
        leads.action_set_lost(lost_reason_id=self._create_reason().id)
        return leads

    # ------------------------------------------------------------
    # HINT
    # ------------------------------------------------------------

    def test_hunter_with_the_customer_of_a_farmer(self):
        contact = self.env['res.partner'].create({'name': "Person", 'parent_id': self.customer.id})
        for partner in (self.customer, contact):
            lead = self._deal(self.hunter, partner)
            self.assertIn(self.farmer.name, lead.growth_role_hint)
            self.assertIn("hunter", lead.growth_role_hint)
        self.assertFalse(self._deal(self.hunter, self.prospect).growth_role_hint)
        self.assertFalse(self._deal(self.hunter, None).growth_role_hint)

    def test_farmer_with_a_prospect(self):
        known = self._know(self._create_customer("Known"), 'prospect').partner_id
        for partner in (self.prospect, None, known):
            self.assertIn("farmer", self._deal(self.farmer, partner).growth_role_hint)
        self.assertFalse(self._deal(self.farmer, self.customer).growth_role_hint)
        # Another farmer's customer is a matter of the farmers.
        self.assertFalse(self._deal(self.other, self.customer).growth_role_hint)

    def test_customer_that_nobody_keeps_is_free_to_hunters(self):
        self.known.sudo().farmer_id = False
        self.assertFalse(self._deal(self.hunter, self.customer).growth_role_hint)

    def test_farmer_who_is_gone_keeps_no_customer(self):
        lead = self._deal(self.hunter, self.customer)
        self.assertTrue(lead.growth_role_hint)
        second = self._create_company("Second Growth Company")
        for vals in (
            {'active': False},
            {'company_id': second.id, 'company_ids': [Command.set(second.ids)]},
        ):
            with self.subTest(vals=vals):
                self.farmer.write(vals)
                self.env.invalidate_all()
                self.assertFalse(lead.growth_role_hint)
                self.farmer.write(
                    {
                        'active': True,
                        'company_id': self.company.id,
                        'company_ids': [Command.set(self.company.ids)],
                    }
                )
                self.env.invalidate_all()
                self.assertTrue(lead.growth_role_hint)

    def test_farmer_of_the_customer_is_never_warned(self):
        self.known.sudo().lifecycle = 'prospect'
        self.assertFalse(self._deal(self.farmer, self.customer).growth_role_hint)
        self.assertTrue(self._deal(self.other, self.customer).growth_role_hint)

    def test_lost_customers_belong_to_whom_the_settings_say(self):
        self.known.sudo().lifecycle = 'lost'
        hunters, farmers = self._deal(self.hunter, self.customer), None
        self.assertTrue(hunters.growth_role_hint)
        farmers = self._deal(self.other, self.customer)
        self.assertFalse(farmers.growth_role_hint)
        self.company.growth_return_policy = 'hunter'
        (hunters | farmers).invalidate_recordset()
        self.assertFalse(hunters.growth_role_hint)
        self.assertTrue(farmers.growth_role_hint)

    def test_own_role_of_a_member_counts(self):
        lead = self._deal(self.hunter, self.customer)
        member = self._member(self.hunting, self.hunter)
        for own, is_hinted in (('both', False), ('farmer', False), ('hunter', True)):
            member.growth_own_role = own
            lead.invalidate_recordset()
            self.assertEqual(bool(lead.growth_role_hint), is_hinted)
        # Who left the team counts as the team does, in the list of archived deals as well.
        member.write({'growth_own_role': 'both', 'active': False})
        for active_test in (True, False):
            lead.invalidate_recordset()
            self.assertTrue(lead.with_context(active_test=active_test).growth_role_hint)

    def test_role_is_the_one_in_the_team_of_the_deal(self):
        self.farming.crm_team_member_ids = [Command.create({'user_id': self.hunter.id})]
        lead = self._deal(self.hunter, self.customer)
        self.assertTrue(lead.growth_role_hint)
        lead.team_id = self.farming
        self.assertFalse(lead.growth_role_hint)
        lead.partner_id = self.prospect
        self.assertTrue(lead.growth_role_hint)

    def test_role_without_a_team_is_the_one_in_all_teams(self):
        lead = self._deal(self.hunter, self.customer, team_id=False)
        self.assertFalse(lead.team_id)
        self.assertTrue(lead.growth_role_hint)

        def join(name, role, **vals):
            return self._create_team(name, self.hunter, growth_role=role, **vals)

        def assert_hinted(is_hinted):
            self.env.invalidate_all()
            self.assertEqual(bool(lead.growth_role_hint), is_hinted)

        second = self._create_company("Second Growth Company")
        self.hunter.company_ids |= second
        join("Elsewhere", 'farmer', company_id=second.id)
        join("Archived", 'farmer').active = False
        join("Shared Hunters", 'hunter', company_id=False)
        assert_hinted(True)
        team = join("Farmers", 'farmer', company_id=False)
        assert_hinted(False)
        member = self._member(team, self.hunter)
        member.active = False
        assert_hinted(True)
        member.write({'active': True, 'growth_own_role': 'hunter'})
        assert_hinted(True)
        # Who is in no team may do both.
        self.hunter.with_context(active_test=False).crm_team_member_ids.active = False
        assert_hinted(False)

    def test_nobody_is_warned_of_closed_deals_or_nobodys(self):
        lead = self._deal(self.hunter, self.customer)
        self.assertTrue(lead.growth_role_hint)
        self._lose(lead)
        self.assertFalse(lead.growth_role_hint)
        lead.action_restore()
        self.assertTrue(lead.growth_role_hint)
        lead.action_set_won()
        self.assertFalse(lead.growth_role_hint)
        self.assertFalse(self._ask(self.customer, team_id=self.hunting.id).growth_role_hint)

    def test_hint_is_about_the_company_of_the_deal(self):
        second = self._create_company("Second Growth Company")
        self.farmer.company_ids |= second
        self._know(self.prospect, company=second, farmer_id=self.farmer.id)
        self.assertFalse(self._deal(self.hunter, self.prospect).growth_role_hint)
        # Nor is another company's customer told to whoever writes its name into a new deal.
        self.hunter.company_ids |= second
        shared = self._create_team("Shared", self.hunter, growth_role='hunter', company_id=False)
        vals = {
            'partner_id': self.prospect.id,
            'user_id': self.hunter.id,
            'team_id': shared.id,
            'company_id': second.id,
        }
        for reader, is_told in ((self.user_all, False), (self.hunter, True)):
            draft = self.env['crm.lead'].with_user(reader).new(vals)
            self.assertEqual(draft.company_id, second)
            self.assertEqual(bool(draft.growth_role_hint), is_told)

    # ------------------------------------------------------------
    # CONFIRM
    # ------------------------------------------------------------

    def test_deal_is_to_be_confirmed(self):
        self.company.growth_role_check = 'confirm'
        for user, partner in ((self.hunter, self.customer), (self.farmer, self.prospect)):
            with self.assertRaisesRegex(ValidationError, "Keep This Deal"):
                self._deal(user, partner)
            lead = self._deal(user, partner, growth_role_confirmed=True)
            self.assertTrue(lead.growth_role_confirmed)
            self.assertFalse(lead.copy_data()[0].get('growth_role_confirmed'))
        self._deal(self.hunter, self.prospect)
        self._deal(self.farmer, self.customer)

    def test_each_change_is_to_be_confirmed(self):
        self.company.growth_role_check = 'confirm'
        second = self._know(self._create_customer("Second"), farmer_id=self.other.id).partner_id
        lead = self._deal(self.hunter, self.customer, growth_role_confirmed=True)
        with self.assertRaisesRegex(ValidationError, self.other.login):
            lead.partner_id = second
        lead.invalidate_recordset()
        lead.write({'partner_id': second.id, 'growth_role_confirmed': True})
        with self.assertRaises(ValidationError):
            lead.write({'user_id': self.farmer.id, 'partner_id': self.prospect.id})

    def test_change_of_the_company_is_to_be_confirmed(self):
        self.company.growth_role_check = 'confirm'
        lead = self._deal_elsewhere()
        second = lead.company_id
        lead.growth_role_confirmed = True
        self.assertFalse(lead.growth_role_hint)
        with self.assertRaises(ValidationError):
            lead.company_id = self.company
        lead.invalidate_recordset()
        lead.write({'company_id': self.company.id, 'growth_role_confirmed': True})
        self.assertTrue(lead.growth_role_hint)
        lead.company_id = second

    def test_return_of_a_closed_deal_is_to_be_confirmed(self):
        self.company.growth_role_check = 'confirm'
        lost = self._lose(self._deal(self.hunter, self.prospect))
        won = self._deal(self.hunter, self.prospect)
        stage = won.stage_id
        won.action_set_won()
        self._know(self.prospect, farmer_id=self.farmer.id)
        with self.assertRaises(ValidationError):
            lost.action_restore()
        lost.invalidate_recordset()
        # The form of a lost deal lets one tick before one restores.
        with Form(lost) as form:
            self.assertIn(self.farmer.name, form.growth_role_hint)
            form.growth_role_confirmed = True
        lost.action_restore()
        self.assertTrue(lost.active)
        self.assertTrue(lost.growth_role_confirmed)
        # That of a won deal does when its stage is another one again.
        self.assertFalse(won.growth_role_hint)
        with Form(won) as form:
            form.stage_id = stage
            self.assertIn(self.farmer.name, form.growth_role_hint)
            with self.assertRaises(ValidationError):
                form.save()
            form.growth_role_confirmed = True
        self.assertEqual(won.won_status, 'pending')

    def test_form_asks(self):
        self.company.growth_role_check = 'confirm'
        Lead = self.env['crm.lead'].with_user(self.hunter)
        with Form(Lead) as form:
            form.name = "Deal"
            form.team_id = self.hunting
            form.partner_id = self.customer
            self.assertIn(self.farmer.name, form.growth_role_hint)
            with self.assertRaises(ValidationError):
                form.save()
            form.growth_role_confirmed = True
        lead = form.record
        self.assertTrue(lead.growth_role_confirmed)
        with Form(lead) as form:
            form.partner_id = self.prospect
            self.assertFalse(form.growth_role_hint)
            self.assertFalse(form.growth_role_confirmed)
        self.assertFalse(lead.growth_role_confirmed)

    def test_kanban_asks(self):
        """The customer comes as a company or as its person."""
        self.company.growth_role_check = 'confirm'
        contact = self.env['res.partner'].create({'name': "Person", 'parent_id': self.customer.id})
        Lead = self.env['crm.lead'].with_user(self.hunter)
        Lead = Lead.with_context(default_team_id=self.hunting.id, default_type='opportunity')
        for fname, partner in (('commercial_partner_id', self.customer), ('partner_id', contact)):
            with self.subTest(fname=fname), Form(Lead, view=QUICK_CREATE) as form:
                form.name = "Deal"
                setattr(form, fname, partner)
                self.assertIn(self.farmer.name, form.growth_role_hint)
                with self.assertRaises(ValidationError):
                    form.save()
                form.growth_role_confirmed = True
            self.assertEqual(form.record.partner_id.commercial_partner_id, self.customer)
            self.assertTrue(form.record.growth_role_confirmed)

    # ------------------------------------------------------------
    # BLOCK
    # ------------------------------------------------------------

    def test_deal_is_refused(self):
        self.company.growth_role_check = 'block'
        for user, partner in ((self.hunter, self.customer), (self.farmer, self.prospect)):
            with self.assertRaises(ValidationError):
                self._deal(user, partner, growth_role_confirmed=True)
        lead = self._deal(self.hunter, self.prospect)
        for vals in (
            {'partner_id': self.customer.id},
            {'user_id': self.farmer.id, 'team_id': self.farming.id},
            {'team_id': self.farming.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                lead.with_user(self.user_all).write(vals)
            lead.invalidate_recordset()
        context = {'default_partner_id': self.customer.id, 'default_team_id': self.hunting.id}
        with self.assertRaises(ValidationError):
            self.env['crm.lead'].with_user(self.hunter).with_context(**context).name_create("Deal")

    def test_one_of_many_is_refused(self):
        self.company.growth_role_check = 'block'
        leads = self._deal(self.hunter, self.prospect) | self._deal(self.hunter, None)
        with self.assertRaisesRegex(ValidationError, self.farmer.login):
            leads.write({'partner_id': self.customer.id})

    def test_unrelated_changes_of_old_deals_are_free(self):
        lead = self._deal(self.hunter, self.customer)
        self.company.growth_role_check = 'block'
        lead.write({'name': "Another Name", 'expected_revenue': 5})
        lead.write({'partner_id': self.customer.id, 'user_id': self.hunter.id})
        with Form(lead) as form:
            form.priority = '2'
        lead.action_set_won()
        lead.partner_id = self.customer.create({'name': "Person", 'parent_id': self.customer.id})

    def test_closed_deals_are_free_until_they_come_back(self):
        self.company.growth_role_check = 'block'
        archived = self._deal(self.hunter, self.customer, active=False)
        lost, won = (self._deal(self.hunter, self.prospect) for _number in range(2))
        stage = won.stage_id
        self._lose(lost)
        won.action_set_won()
        self._know(self.prospect, farmer_id=self.farmer.id)
        closed = archived | lost | won
        closed.with_user(self.user_all).write({'name': "Another Name", 'team_id': False})
        closed.partner_id = self.customer
        for what, reopen in (
            ("archived", archived.action_unarchive),
            ("lost", lost.action_restore),
            ("won", lambda: won.write({'stage_id': stage.id})),
        ):
            with self.subTest(what=what), self.assertRaises(ValidationError):
                reopen()
            closed.invalidate_recordset()
        # The customer said yes after all: nobody has anything to leave to the farmer.
        lost.action_set_won()
        self.assertEqual(lost.won_status, 'won')
        closed.partner_id = self._create_customer("Third")
        archived.action_unarchive()
        won.stage_id = stage
        self.assertEqual(set((archived | won).mapped('won_status')), {'pending'})

    def test_deal_that_returns_without_being_won_is_refused(self):
        self.company.growth_role_check = 'block'
        lead = self._deal(self.hunter, self.customer, active=False)
        self.env['crm.stage'].search([('is_won', '=', True)]).is_won = False
        with self.assertRaises(ValidationError):
            lead.action_set_won()

    def test_change_of_the_company_is_refused(self):
        self.company.growth_role_check = 'block'
        lead = self._deal_elsewhere()
        with self.assertRaises(ValidationError):
            lead.company_id = self.company

    def test_archiving_is_free(self):
        lead, other = (self._deal(self.hunter, self.customer) for _number in range(2))
        self.company.growth_role_check = 'block'
        lead.action_archive()
        other.with_user(self.user_all).write({'active': False, 'team_id': False})
        self.assertFalse(lead.active or other.active)

    def test_deal_without_a_team_is_refused(self):
        self.company.growth_role_check = 'block'
        with self.assertRaises(ValidationError):
            self._deal(self.hunter, self.customer, team_id=False)
        lead = self._deal(self.farmer, self.customer, team_id=False)
        with self.assertRaises(ValidationError):
            lead.partner_id = self.prospect

    def test_import_says_which_row_is_refused(self):
        self.company.growth_role_check = 'block'
        rows = [
            [name, str(partner.id), str(self.hunter.id), str(self.hunting.id)]
            for name, partner in (("Good", self.prospect), ("Bad", self.customer))
        ]
        Lead = self.env['crm.lead'].with_context(import_file=True)
        fnames = ['name', 'partner_id/.id', 'user_id/.id', 'team_id/.id']
        result = Lead.with_user(self.hunter).load(fnames, rows)
        self.assertFalse(result['ids'])
        # Odoo puts what it says of all rows together before.
        message = result['messages'][-1]
        self.assertEqual(message['rows'], {'from': 1, 'to': 1})
        self.assertIn(self.farmer.name, message['message'])
        self.assertEqual(len(Lead.with_user(self.user_admin).load(fnames, rows)['ids']), 2)

    def test_who_is_not_asked(self):
        self.company.growth_role_check = 'block'
        for author in (self.user_admin, self.env.user):
            lead = self._deal(self.hunter, self.customer, author=author)
            self.assertTrue(lead.growth_role_hint)
        with self.assertRaises(ValidationError):
            self._deal(self.hunter, self.customer, author=self.user_all)

    def test_context_of_a_caller_does_not_help(self):
        self.company.growth_role_check = 'block'
        Lead = self.env['crm.lead'].with_user(self.hunter)
        vals = {
            'name': "Deal",
            'partner_id': self.customer.id,
            'user_id': self.hunter.id,
            'team_id': self.hunting.id,
        }
        for context in ({'growth_role_check': True}, {'import_file': True}):
            with self.subTest(context=context), self.assertRaises(ValidationError):
                Lead.with_context(**context).create(vals)

    def test_routing_is_not_asked(self):
        self.company.growth_role_check = 'block'
        lead = self._ask(self.customer, team_id=self.hunting.id)
        self.hunting.with_user(self.user_admin).action_assign_leads()
        self.assertEqual(lead.user_id, self.hunter)

    # ------------------------------------------------------------
    # SETS
    # ------------------------------------------------------------

    def test_queries_do_not_grow_with_the_leads(self):
        # Every other one without a team
        self._create_team("Shared", self.hunter, growth_role='hunter', company_id=False)
        leads = self.env['crm.lead'].union(
            *(
                self._deal(self.hunter, self.customer, team_id=number % 2 and self.hunting.id)
                for number in range(20)
            )
        )
        leads = leads.with_user(self.user_all)
        for some in (leads[:2], leads):
            self.env.invalidate_all()
            # What any form or list of leads has read before
            some.mapped('team_id.company_id')
            some.mapped('user_id.name')
            some.mapped('partner_id.commercial_partner_id')
            with self.assertQueryCount(7):
                some.mapped('growth_role_hint')
