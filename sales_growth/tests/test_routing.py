import random
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common_team import TeamCommon


@tagged('post_install', '-at_install')
class TestRouting(TeamCommon):
    """Leads that nobody has go to the farmer of their customer, else by the role."""

    def _assign(self, teams=None, **kwargs):
        self.env.flush_all()
        teams = teams or (self.hunting | self.farming)
        return teams._action_assign_leads(**kwargs)

    def assertGiven(self, lead, user, team=None):
        self.assertEqual(lead.user_id, user)
        if team is not None:
            self.assertEqual(lead.team_id, team)

    @classmethod
    def _age(cls, leads, **ago):
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET create_date = %s WHERE id IN %s",
                cls.env.cr.now() - timedelta(**ago),
                tuple(leads.ids),
            )
        )
        leads.invalidate_recordset()

    # ------------------------------------------------------------
    # TO THE FARMER
    # ------------------------------------------------------------

    def test_customers_go_to_their_farmer(self):
        contact = self.env['res.partner'].create({'name': "Person", 'parent_id': self.customer.id})
        leads = self._ask(self.customer, number=3) | self._ask(contact)
        _teams, members = self._assign()
        for lead in leads:
            self.assertGiven(lead, self.farmer, self.farming)
        self.assertEqual(set(leads.mapped('type')), {'opportunity'})
        self.assertTrue(all(leads.mapped('date_conversion')))
        self.assertTrue(all(leads.mapped('stage_id')))
        self.assertEqual(leads.company_id, self.company)
        member = self._member(self.farming, self.farmer)
        self.assertEqual(members[member]['assigned'], leads)

    def test_prospects_go_to_hunters(self):
        known = self._know(self._create_customer("Known"), 'prospect').partner_id
        leads = self._ask(self.prospect) | self._ask() | self._ask(known)
        self._assign()
        for lead in leads:
            self.assertGiven(lead, self.hunter, self.hunting)

    def test_customers_without_a_farmer_go_to_farmers_in_turn(self):
        leads = self._ask(self._know(self._create_customer("Orphan")).partner_id, number=6)
        self._assign()
        self.assertEqual(leads.team_id, self.farming)
        given = self.env['crm.lead']._read_group(
            [('id', 'in', leads.ids)], ['user_id'], ['__count']
        )
        self.assertEqual(dict(given), {self.farmer: 3, self.other: 3})

    def test_lost_customers_go_where_the_settings_say(self):
        self.known.sudo().lifecycle = 'lost'
        for policy, user in (('farmer', self.farmer), ('hunter', self.hunter)):
            self.company.growth_return_policy = policy
            lead = self._ask(self.customer)
            self._assign()
            self.assertGiven(lead, user)

    def test_absent_farmers_are_passed_over(self):
        member = self._member(self.farming, self.farmer)
        for reason, change in {
            'paused': lambda: member.write({'assignment_optout': True}),
            'left the team': lambda: member.write({'active': False}),
            'archived': lambda: self.farmer.write({'active': False}),
            'not allowed in the company': lambda: self.farmer.write(
                {
                    'company_id': self.env.ref('base.main_company').id,
                    'company_ids': [Command.set(self.env.ref('base.main_company').ids)],
                }
            ),
        }.items():
            with self.subTest(reason=reason), self.env.cr.savepoint() as savepoint:
                lead = self._ask(self.customer)
                change()
                self.env.flush_all()
                teams = self.hunting | self.farming
                self.assertFalse(teams._growth_find_farmers(creation_delta_days=7))
                if reason != 'not allowed in the company':
                    self._assign()
                    self.assertGiven(lead, self.other, self.farming)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_farmer_of_several_teams(self):
        second = self._create_team("Second", self.farmer, growth_role='farmer', sequence=1)
        third = self._create_team("Third", self.farmer, growth_role='both', sequence=2)
        (second | third).growth_is_routed = True
        teams = self.hunting | self.farming | second | third
        for given, team in ((False, second), (third.id, third), (self.farming.id, self.farming)):
            self.known.sudo().farmer_team_id = given
            lead = self._ask(self.customer)
            self._assign(teams)
            self.assertGiven(lead, self.farmer, team)
        # The team that was chosen for the lead goes before the others.
        self.known.sudo().farmer_team_id = second
        lead = self._ask(self.customer, team_id=third.id)
        teams._growth_assign_farmers(creation_delta_days=7)
        self.assertGiven(lead, self.farmer, third)
        second.growth_is_routed = False
        lead = self._ask(self.customer)
        self._assign(teams)
        self.assertGiven(lead, self.farmer, third)

    def test_button_serves_its_teams_only(self):
        lead = self._ask(self.customer)
        self.hunting.with_user(self.user_admin).action_assign_leads()
        self.assertFalse(lead.user_id | lead.team_id.member_ids)
        action = self.farming.with_user(self.user_admin).action_assign_leads()
        self.assertGiven(lead, self.farmer, self.farming)
        self.assertIn("1 leads assigned", action['params']['message'].replace("among", "assigned"))

    # ------------------------------------------------------------
    # BY HAND
    # ------------------------------------------------------------

    def test_manual_assignment_wins(self):
        lead = self._ask(self.customer, user_id=self.hunter.id, team_id=self.hunting.id)
        self._assign()
        self.assertGiven(lead, self.hunter, self.hunting)
        self.assertEqual(lead.type, 'lead')

    def test_team_that_was_chosen_keeps_its_leads(self):
        """By hand or by the mail address of the team: nobody of it being a farmer, all serve."""
        lead = self._ask(self.customer, team_id=self.hunting.id)
        prospect = self._ask(self.prospect, team_id=self.farming.id)
        self._assign()
        self.assertGiven(lead, self.hunter, self.hunting)
        self.assertEqual(prospect.team_id, self.farming)
        self.assertIn(prospect.user_id, self.farmer | self.other)

    def test_farmer_of_the_chosen_team_goes_first(self):
        leads = self._ask(self.customer, number=4, team_id=self.farming.id)
        # However old they are: Odoo assigns them, too.
        self._age(leads, days=30)
        self._assign()
        self.assertEqual(leads.user_id, self.farmer)

    def test_lead_that_was_taken_meanwhile_stays(self):
        leads = self._ask(self.customer, number=2)
        find = type(self.farming)._growth_find_farmers

        def find_slowly(teams, creation_delta_days):
            found = find(teams, creation_delta_days)
            leads[0].user_id = self.hunter
            return found

        self.patch(type(self.farming), '_growth_find_farmers', find_slowly)
        self._assign()
        self.assertGiven(leads[0], self.hunter)
        self.assertGiven(leads[1], self.farmer)

    # ------------------------------------------------------------
    # ODOO'S CONDITIONS
    # ------------------------------------------------------------

    def test_closed_leads_stay(self):
        won = self.env['crm.stage'].search([('is_won', '=', True)], limit=1)
        closed = self._ask(self.customer, stage_id=won.id, probability=100)
        lost = self._ask(self.customer)
        lost.action_set_lost()
        archived = self._ask(self.customer)
        archived.action_archive()
        self._assign()
        self.assertFalse((closed | lost | archived).user_id)

    def test_age_counts_as_with_odoo(self):
        for partner in (self.customer, self.prospect):
            old, fresh, middle = self._ask(partner, number=3)
            self._age(old, days=8)
            self._age(middle, hours=3)
            self.env['ir.config_parameter'].set_param('crm.assignment.delay', 2)
            self._assign()
            self.assertFalse((old | fresh).user_id)
            self.assertTrue(middle.user_id)
            self._assign(creation_delta_days=0)
            self.assertTrue(old.user_id)
            self.env['ir.config_parameter'].set_param('crm.assignment.delay', False)

    def test_domains_keep_working(self):
        self.hunting.assignment_domain = "[('priority', '=', '3')]"
        self._member(self.farming, self.other).assignment_domain = "[('priority', '=', '3')]"
        orphan = self._know(self._create_customer("Orphan")).partner_id
        dear, cheap = self._ask(self.prospect, priority='3'), self._ask(self.prospect)
        for_farmer = self._ask(orphan, number=4)
        self._assign()
        self.assertGiven(dear, self.hunter)
        self.assertFalse(cheap.user_id | cheap.team_id.user_id)
        self.assertEqual(for_farmer.user_id, self.farmer)

    def test_preference_keeps_working(self):
        self._member(
            self.farming, self.other
        ).assignment_domain_preferred = "[('priority', '=', '3')]"
        orphan = self._know(self._create_customer("Orphan")).partner_id
        preferred = self._ask(orphan, number=3, priority='3')
        self._assign()
        self.assertEqual(preferred.user_id, self.other)

    def test_own_customers_need_no_capacity(self):
        member = self._member(self.farming, self.farmer)
        member.assignment_max = 30
        self._member(self.farming, self.other).assignment_optout = True
        own = self._ask(self.customer, number=5)
        orphan = self._know(self._create_customer("Orphan")).partner_id
        turn = self._ask(orphan, number=3)
        self._assign()
        self.assertEqual(own.user_id, self.farmer)
        self.assertEqual(len(turn.filtered('user_id')), 1)
        self.assertEqual(member.lead_day_count, 1)
        self.assertEqual(member.lead_month_count, 6)
        # The day's capacity is used up, but for own customers.
        more = self._ask(self.customer)
        self._assign()
        self.assertEqual(more.user_id, self.farmer)
        self.assertEqual(len(turn.filtered('user_id')), 1)
        self._assign(force_quota=True)
        self.assertEqual(len(turn.filtered('user_id')), 2)

    def test_member_of_both_roles_gets_the_quota_once(self):
        team = self._create_team("All", self.farmer, growth_role='both')
        team.growth_is_routed = True
        self._member(team, self.farmer).assignment_max = 90
        orphan = self._know(self._create_customer("Orphan")).partner_id
        self._ask(orphan, number=2, team_id=team.id)
        self._ask(self.prospect, number=4, team_id=team.id)
        leads = self.env['crm.lead'].search([('team_id', '=', team.id)])
        for force, expected in ((True, 3), (False, 3), (True, 6)):
            _teams, members = self._assign(team, force_quota=force)
            self.assertEqual(len(leads.filtered('user_id')), expected)
        member = self._member(team, self.farmer)
        self.assertEqual((len(members[member]['assigned']), members[member]['quota']), (3, 3))

    # ------------------------------------------------------------
    # ROLES OF MEMBERS
    # ------------------------------------------------------------

    def test_mixed_team_serves_each_kind_by_its_members(self):
        team = self._create_team("Mixed", self.hunter | self.other, growth_role='both')
        team.growth_is_routed = True
        self._member(team, self.hunter).growth_own_role = 'hunter'
        self._member(team, self.other).growth_own_role = 'farmer'
        orphan = self._know(self._create_customer("Orphan")).partner_id
        existing, prospects = self._ask(orphan, number=3), self._ask(self.prospect, number=3)
        self._assign(team)
        self.assertEqual(existing.user_id, self.other)
        self.assertEqual(prospects.user_id, self.hunter)
        # Nobody of the role is there: the others stand in.
        self._member(team, self.other).assignment_optout = True
        lead = self._ask(orphan)
        self._assign(team)
        self.assertGiven(lead, self.hunter)

    def test_full_farmer_is_waited_for(self):
        team = self._create_team("Mixed", self.hunter | self.other, growth_role='both')
        team.growth_is_routed = True
        self._member(team, self.hunter).growth_own_role = 'hunter'
        self._member(team, self.other).write({'growth_own_role': 'farmer', 'assignment_max': 30})
        orphan = self._know(self._create_customer("Orphan")).partner_id
        leads = self._ask(orphan, number=2)
        self._assign(team)
        self.assertEqual(leads.mapped('user_id'), self.other)
        self.assertEqual(len(leads.filtered('user_id')), 1)

    # ------------------------------------------------------------
    # SEVERAL TEAMS
    # ------------------------------------------------------------

    def test_teams_share_by_capacity(self):
        users = [
            self._create_user(f"growth_hunter_{number}", 'sales_team.group_sale_salesman')
            for number in range(2)
        ]
        second = self._create_team("Second", users[0], growth_role='hunter')
        second.growth_is_routed = True
        plain = self._create_team("Plain", users[1])
        second.crm_team_member_ids.assignment_max = 300
        plain.crm_team_member_ids.assignment_max = 600
        orphan = self._know(self._create_customer("Orphan")).partner_id
        prospects, existing = self._ask(self.prospect, number=36), self._ask(orphan, number=24)
        teams = self.hunting | self.farming | second | plain
        data = teams._allocate_leads()
        counts = {team: len(data[team]['assigned']) for team in teams}
        # 36 by 900 : 300 : 600; 24 by 1800 : 600, where each cut may be one off.
        self.assertAlmostEqual(counts[self.hunting], 18, delta=1)
        self.assertAlmostEqual(counts[second], 6, delta=1)
        self.assertAlmostEqual(counts[plain], 12 + 6, delta=2)
        self.assertAlmostEqual(counts[self.farming], 18, delta=1)
        self.assertEqual(sum(counts.values()), 60)
        self.assertEqual(existing.team_id, self.farming | plain)
        self.assertEqual(prospects.team_id, self.hunting | second | plain)

    def test_single_lead_goes_to_each_team_in_its_share(self):
        Team = self.env['crm.team']
        self.farming.crm_team_member_ids.assignment_max = 150
        teams = [self.hunting, self.farming]
        for offset, expected in ((0.0, []), (0.24, []), (0.25, [7]), (0.99, [7])):
            with self.subTest(offset=offset), patch.object(random, 'random', lambda at=offset: at):
                self.assertEqual(Team._growth_cut(teams, [7])[0], expected)

    def test_unrouted_teams_take_any_kind(self):
        plain = self._create_team("Plain", self.user_own)
        lead, prospect = self._ask(self.customer), self._ask(self.prospect)
        self._assign(plain)
        self.assertEqual((lead | prospect).user_id, self.user_own)

    def test_duplicates_are_merged(self):
        twins = self._ask(number=2, email_from="twin@example.com")
        single = self._ask(email_from="single@example.com")
        # Somebody has one of them already.
        taken = self._ask(email_from="taken@example.com", user_id=self.hunter.id)
        again = self._ask(email_from="taken@example.com")
        self.env.flush_all()
        data = self.hunting._allocate_leads()[self.hunting]
        kept = (twins | taken | again).exists()
        self.assertEqual(len(kept & twins), 1)
        self.assertEqual(len(kept), 2)
        self.assertEqual(data['assigned'], set(single.ids))
        self.assertEqual(data['merged'], set(kept.ids))
        self.assertEqual(data['duplicates'], set((twins | taken | again).ids) - set(kept.ids))
        self.assertEqual(((kept & twins) | single).team_id, self.hunting)

    def test_duplicates_are_those_that_odoo_finds(self):
        leads = self._ask(number=2, email_from='"Twin" <TWIN@example.com>')
        leads |= self._ask(email_from="twin@example.com") | self._ask() | self._ask(email_from="?")
        leads |= self._ask(email_from="once@example.com")
        leads |= self._ask(email_from="lost@example.com")
        self._ask(email_from="lost@example.com").action_set_lost()
        self._ask(email_from="taken@example.com", user_id=self.hunter.id)
        leads |= self._ask(email_from="taken@example.com")
        self.env.flush_all()
        for lead, found in leads._growth_get_duplicates().items():
            expected = lead._get_lead_duplicates(email=lead.email_from)
            # A lead that is found alone has no duplicate.
            self.assertEqual(found, expected if len(expected) > 1 else leads.browse())

    # ------------------------------------------------------------
    # COMPANIES
    # ------------------------------------------------------------

    def test_each_company_has_its_farmer(self):
        second = self._create_company("Second Growth Company")
        self.env.user.company_ids |= second
        keeper = self._create_user('growth_keeper', 'sales_team.group_sale_salesman')
        keeper.write({'company_ids': [Command.set(second.ids)], 'company_id': second.id})
        team = self._create_team("Elsewhere", keeper, growth_role='farmer', company_id=second.id)
        team.growth_is_routed = True
        self._know(self.customer, company=second, farmer_id=keeper.id, last_order_date='2026-06-01')
        teams = self.hunting | self.farming | team
        self.known.sudo().last_order_date = '2026-05-01'
        here = self._ask(self.customer, company_id=self.company.id)
        there = self._ask(self.customer, company_id=second.id)
        anywhere = self._ask(self.customer)
        self._assign(teams)
        self.assertGiven(here, self.farmer, self.farming)
        self.assertGiven(there, keeper, team)
        self.assertGiven(anywhere, keeper, team)
        self.known.sudo().last_order_date = '2026-07-01'
        anywhere = self._ask(self.customer)
        self._assign(teams)
        self.assertGiven(anywhere, self.farmer, self.farming)
        self.assertEqual(anywhere.company_id, self.company)
        # A customer of one company is a prospect of the other.
        orphan = self._know(self._create_customer("Orphan"), company=second).partner_id
        leads = self._ask(orphan, company_id=second.id) | self._ask(
            orphan, company_id=self.company.id
        )
        self._assign(teams)
        self.assertEqual(leads[0].team_id, team)
        self.assertEqual(leads[1].team_id, self.hunting)

    def test_customer_of_one_company_only(self):
        second = self._create_company("Second Growth Company")
        self.env.user.company_ids |= second
        self.farmer.company_ids |= second
        self._know(
            self.customer, company=second, farmer_id=self.farmer.id, last_order_date='2026-06-01'
        )
        shared = self._create_team("Shared", self.farmer, growth_role='farmer', company_id=False)
        shared.growth_is_routed = True
        lead = self._ask(self.customer, company_id=False)
        self.customer.company_id = self.company
        self._assign(shared)
        self.assertGiven(lead, self.farmer, shared)
        self.assertEqual(lead.company_id, self.company)

    # ------------------------------------------------------------
    # ACCESS
    # ------------------------------------------------------------

    def test_salespeople_cannot_start_it(self):
        lead = self._ask(self.customer)
        with self.assertRaises(UserError):
            self.farming.with_user(self.user_all)._action_assign_leads()
        self.assertFalse(lead.user_id)

    def test_context_of_a_caller_changes_nothing(self):
        sent = self.farming.with_context(growth_serving={'kind': 'prospect'})
        self.assertEqual(
            sent._get_lead_to_assign_domain(), self.farming._get_lead_to_assign_domain()
        )
        member = sent.crm_team_member_ids[0]
        self.assertEqual(member._get_assignment_quota(force_quota=True), 30)

    # ------------------------------------------------------------
    # SETS
    # ------------------------------------------------------------

    def test_queries_do_not_grow_with_the_leads(self):
        """But for those of Odoo's own assignment to members, which goes lead by lead."""
        known = [
            self._know(self._create_customer(f"Buyer {number}"), farmer_id=self.farmer.id)
            for number in range(20)
        ]
        teams = self.hunting | self.farming
        # The first run also fills what is cached.
        for run, number in enumerate((20, 20, 80)):
            for count in range(number):
                self._ask(known[count % 20].partner_id)
                self._ask(email_from=f"{run}.{count}@example.com")
            for method, queries in (('_growth_assign_farmers', 20), ('_allocate_leads', 23)):
                self.env.flush_all()
                self.env.invalidate_all()
                with self.assertQueryCount(queries + (0 if run else 10)):
                    getattr(teams, method)(7)
                    self.env.flush_all()
