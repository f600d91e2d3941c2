from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import NotNullViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common_team import TeamCommon
from .role_on_day import role_on_day

START = '2026-03-02 12:00:00'


@tagged('post_install', '-at_install')
class TestRole(TeamCommon):
    """Teams and members have a role, and what they were is not forgotten."""

    def setUp(self):
        super().setUp()
        self.clock = self.startPatcher(freeze_time(START))
        self.startPatcher(patch.object(self.env.cr, 'now', fields.Datetime.now))
        self.team = self._create_team("Growers", self.farmer | self.other, growth_role='farmer')
        self.team.assignment_optout = True
        self.member = self._member(self.team, self.farmer)

    def _go_to(self, day):
        # Another day is another request.
        self.env.flush_all()
        self.env.invalidate_all()
        self.clock.move_to(f"{day} 12:00:00")

    def _periods(self, user=None):
        """Role, first and last day of the periods of a member or of the team, the oldest first."""
        return [
            (period.role, str(period.date_from or ""), str(period.date_to or ""))
            for period in self.team.growth_role_period_ids.filtered(
                lambda period: period.user_id == (user or self.env['res.users'])
            ).sorted('id')
        ]

    def _role_on(self, day, user):
        [[role]] = self.env.execute_query(
            SQL(
                "SELECT %s",
                role_on_day(
                    SQL("%s", self.team.id), SQL("%s", user.id), SQL("%s", date.fromisoformat(day))
                ),
            )
        )
        return role

    # ------------------------------------------------------------
    # MEMBERS AND TEAMS
    # ------------------------------------------------------------

    def test_member_has_the_role_of_the_team_or_an_own_one(self):
        self.assertEqual(self.member.growth_role, 'farmer')
        self.member.growth_own_role = 'hunter'
        self.team.growth_role = 'both'
        self.assertEqual(self.member.growth_role, 'hunter')
        self.assertEqual(self._member(self.team, self.other).growth_role, 'both')
        self.member.growth_own_role = False
        self.assertEqual(self.member.growth_role, 'both')

    def test_roles_are_found_and_grouped(self):
        self.member.growth_own_role = 'hunter'
        Member = self.env['crm.team.member'].with_user(self.user_own)
        domain = [('crm_team_id', '=', self.team.id)]
        self.assertEqual(
            Member.search([*domain, ('growth_role', '=', 'hunter')]).user_id, self.farmer
        )
        counts = dict(Member._read_group(domain, ['growth_role'], ['__count']))
        self.assertEqual(counts, {'hunter': 1, 'farmer': 1})

    def test_role_is_needed(self):
        self.assertEqual(self.env['crm.team'].create({'name': "New"}).growth_role, 'both')
        with self.assertRaises(NotNullViolation), mute_logger('odoo.sql_db'):
            self.team.growth_role = False
            self.env.flush_all()

    # ------------------------------------------------------------
    # HISTORY
    # ------------------------------------------------------------

    def test_first_role_holds_since_ever(self):
        self.assertEqual(self._periods(), [('farmer', "", "")])
        self.assertEqual(self._periods(self.farmer), [])
        self.assertEqual(self._role_on('2020-01-01', self.farmer), 'farmer')

    def test_who_does_both_among_farmers_always_did(self):
        self.member.growth_own_role = 'both'
        self.assertEqual(self._periods(self.farmer), [('both', "", "")])
        self.assertEqual(self._role_on('2020-01-01', self.farmer), 'both')
        self.assertEqual(self._role_on('2020-01-01', self.other), 'farmer')

    def test_the_day_of_choosing_is_the_company_s(self):
        self.company.partner_id.tz = 'Europe/Brussels'
        self._go_to('2026-03-09')
        self.clock.move_to('2026-03-09 23:30:00')
        self.env.cr.execute(
            "UPDATE growth_role_period SET create_date = '2026-03-09 23:20:00' WHERE team_id = %s",
            [self.team.id],
        )
        self.env.invalidate_all()
        self.member.growth_own_role = 'both'
        self.assertEqual(self._periods(self.farmer), [('both', "", "")])

    def test_without_an_own_role_the_team_counts_again(self):
        self._go_to('2026-03-10')
        self.member.growth_own_role = 'both'
        self._go_to('2026-03-20')
        self.member.growth_own_role = False
        self.assertEqual(self._periods(self.farmer), [('both', '2026-03-10', '2026-03-19')])
        self.assertEqual(self._role_on('2026-03-20', self.farmer), 'farmer')

    def test_change_ends_one_period_and_begins_the_next(self):
        self._go_to('2026-03-10')
        self.team.growth_role = 'hunter'
        expected = [('farmer', "", '2026-03-09'), ('hunter', '2026-03-10', "")]
        self.assertEqual(self._periods(), expected)
        self.assertEqual(self._periods(self.farmer), [])
        for day, role in (('2026-03-09', 'farmer'), ('2026-03-10', 'hunter')):
            self.assertEqual(self._role_on(day, self.farmer), role)

    def test_member_has_a_history_of_the_own(self):
        self._go_to('2026-03-10')
        self.member.growth_own_role = 'hunter'
        self._go_to('2026-03-20')
        self.team.growth_role = 'both'
        self.assertEqual(
            self._periods(self.farmer),
            [('hunter', '2026-03-10', "")],
        )
        self.assertEqual(self._role_on('2026-03-09', self.farmer), 'farmer')
        self.assertEqual(self._role_on('2026-03-20', self.farmer), 'hunter')
        self.assertEqual(self._role_on('2026-03-20', self.other), 'both')
        # Who is no member counts as the team does.
        self.assertEqual(self._role_on('2026-03-19', self.hunter), 'farmer')
        self.assertEqual(self._role_on('2026-03-20', self.hunter), 'both')

    def test_correction_on_the_same_day_is_no_change(self):
        self.team.growth_role = 'hunter'
        self.assertEqual(self._periods(), [('hunter', "", "")])
        self._go_to('2026-03-10')
        self.team.growth_role = 'both'
        self.team.growth_role = 'farmer'
        self.assertEqual(
            self._periods(), [('hunter', "", '2026-03-09'), ('farmer', '2026-03-10', "")]
        )

    def test_nobody_has_two_roles_on_a_day(self):
        self._go_to('2026-03-10')
        self.team.growth_role = 'hunter'
        Period = self.env['growth.role.period'].with_user(self.user_admin)
        vals = {'team_id': self.team.id, 'role': 'both'}
        for days in (
            {},
            {'date_from': '2026-03-09', 'date_to': '2026-03-09'},
            {'date_from': '2026-03-01'},
        ):
            with self.subTest(days=days), self.assertRaises(ValidationError):
                Period.create({**vals, **days})
        first = self.team.growth_role_period_ids.filtered(
            lambda period: not period.user_id and period.role == 'farmer'
        ).with_user(self.user_admin)
        first.date_to = '2026-03-05'
        Period.create({**vals, 'date_from': '2026-03-06', 'date_to': '2026-03-09'})
        self.assertEqual(self._role_on('2026-03-07', self.hunter), 'both')

    def test_member_who_left_counts_as_before(self):
        self._go_to('2026-03-10')
        self.member.action_archive()
        self._go_to('2026-03-20')
        self.team.growth_role = 'hunter'
        self.assertEqual(self._role_on('2026-03-05', self.farmer), 'farmer')
        self.assertEqual(self._role_on('2026-03-20', self.farmer), 'hunter')

    def test_history_is_no_plan(self):
        self._go_to('2026-03-10')
        period = self.team.growth_role_period_ids.with_user(self.user_admin)
        for days in ({'date_from': '2026-03-11'}, {'date_to': '2026-03-11'}):
            with self.subTest(days=days), self.assertRaises(ValidationError), self.cr.savepoint():
                period.write(days)
        period.date_to = '2026-03-10'

    def test_history_is_for_sales_administrators(self):
        with self.assertRaises(AccessError):
            self.team.with_user(self.user_all).read(['growth_role_period_ids'])
        with (
            Form(self.team.with_user(self.user_admin)) as form,
            form.growth_role_period_ids.edit(0) as period,
        ):
            period.date_from = '2026-02-01'
        self.assertIn(date(2026, 2, 1), self.team.growth_role_period_ids.mapped('date_from'))

    # ------------------------------------------------------------
    # WITHOUT MEMBERS
    # ------------------------------------------------------------

    def test_farmers_without_members_are_not_routed_to(self):
        Team = self.env['crm.team'].with_user(self.user_admin)
        empty = Team.create({'name': "Empty", 'growth_role': 'farmer'})
        with self.assertRaisesRegex(ValidationError, "Empty"):
            empty.growth_is_routed = True
        empty.invalidate_recordset()
        empty.write({'growth_role': 'hunter', 'growth_is_routed': True})
        with self.assertRaisesRegex(ValidationError, "Empty"):
            empty.growth_role = 'farmer'
        with self.assertRaises(ValidationError):
            Team.create({'name': "New", 'growth_role': 'farmer', 'growth_is_routed': True})

    def test_members_may_come_along(self):
        vals = {'growth_role': 'farmer', 'growth_is_routed': True, 'company_id': self.company.id}
        users = [Command.set(self.other.ids)]
        members = [Command.create({'user_id': self.other.id})]
        Team = self.env['crm.team'].with_user(self.user_admin)
        for fname, commands in (('member_ids', users), ('crm_team_member_ids', members)):
            with self.subTest(fname=fname):
                team = Team.create({'name': fname, fname: commands, **vals})
                self.assertEqual(team.crm_team_member_ids.user_id, self.other)
                later = Team.create({'name': "Later", 'company_id': self.company.id})
                later.write({fname: commands, **vals})
                self.assertEqual(later.crm_team_member_ids.user_id, self.other)

    def test_button_tells_that_members_are_missing(self):
        self.farming.crm_team_member_ids.action_archive()
        lead = self._ask(self.prospect)
        with self.assertRaisesRegex(UserError, "Farming"):
            self.farming.with_user(self.user_admin).action_assign_leads()
        # The job goes on with the others.
        self.env['crm.team']._cron_assign_leads()
        self.assertEqual(lead.user_id, self.hunter)
