from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_team import ROLES


class GrowthRolePeriod(models.Model):
    """Who had which role when, so that a change of roles leaves the reports of the past alone.

    Written down when a team or a member gets a role. The first role that is set holds for the time
    before, too, until somebody corrects the days: a team that is called hunters today mostly was
    one before there was a word for it.
    """

    _name = 'growth.role.period'
    _description = "Role History"
    _order = 'team_id, user_id, date_from desc NULLS LAST, id desc'
    _rec_name = 'role'

    team_id = fields.Many2one(
        comodel_name='crm.team', required=True, index=True, ondelete='cascade'
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson",
        index='btree_not_null',
        ondelete='cascade',
        help="Empty: the team itself, for whoever is not a member.",
    )
    role = fields.Selection(selection=ROLES, required=True)
    date_from = fields.Date(string="First Day", help="Empty: since ever.")
    date_to = fields.Date(string="Last Day", help="Empty: until now.")

    _check_days = models.Constraint(
        'CHECK (date_to >= date_from)', "A role cannot end before it begins."
    )

    @api.constrains('team_id', 'user_id', 'date_from', 'date_to')
    def _check_overlap(self):
        for period in self:
            domain = (
                Domain('id', '!=', period.id)
                & Domain('team_id', '=', period.team_id.id)
                & Domain('user_id', '=', period.user_id.id)
            )
            if period.date_to:
                domain &= Domain('date_from', '=', False) | Domain(
                    'date_from', '<=', period.date_to
                )
            if period.date_from:
                domain &= Domain('date_to', '=', False) | Domain('date_to', '>=', period.date_from)
            if self.search_count(domain, limit=1):
                raise ValidationError(
                    self.env._(
                        "%s would have two roles on the same day. Correct the other one first.",
                        period.user_id.name or period.team_id.name,
                    )
                )

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _follow(self, teams):
        """Write down the roles that teams and their members have now, where they changed.

        :param crm.team teams:
        """
        open_periods = {
            (period.team_id, period.user_id): period
            for period in self.search([('team_id', 'in', teams.ids), ('date_to', '=', False)])
        }
        known = {
            (team, user)
            for team, user in self._read_group(
                [('team_id', 'in', teams.ids)], groupby=['team_id', 'user_id']
            )
        }
        nobody = self.env['res.users']
        for team in teams:
            today = (team.company_id or self.env.company)._growth_day(fields.Datetime.now())
            roles = {nobody: team.growth_role}
            roles |= {member.user_id: member.growth_role for member in team.crm_team_member_ids}
            for user, role in roles.items():
                last = open_periods.get((team, user), self.browse())
                if role == last.role or not (last or (team, user) in known or role != 'both'):
                    continue
                last._end(team, user, role, today, is_first=(team, user) not in known)

    def _end(self, team, user, role, today, is_first):
        """End a period, where there is one, and begin the next."""
        # Who chooses and corrects on one day has not changed the role.
        if self and today in (self.date_from, fields.Date.to_date(self.create_date)):
            self.role = role
            return
        if self:
            self.date_to = fields.Date.subtract(today, days=1)
        self.create(
            {
                'team_id': team.id,
                'user_id': user.id,
                'role': role,
                'date_from': False if is_first else today,
            }
        )

    @api.model
    def _role_sql(self, team, user, day):
        """The role of a salesperson in a team on a day: the own one, else the team's, else both.

        :param SQL team: id of the team
        :param SQL user: id of the user
        :param SQL day:
        :rtype: SQL
        """
        return SQL(
            """
            COALESCE((
                SELECT role
                  FROM growth_role_period AS period
                 WHERE period.team_id = %(team)s
                   AND (period.user_id = %(user)s OR period.user_id IS NULL)
                   AND COALESCE(period.date_from, '-infinity') <= %(day)s
                   AND COALESCE(period.date_to, 'infinity') >= %(day)s
              ORDER BY period.user_id
                 LIMIT 1
            ), 'both')
            """,
            team=team,
            user=user,
            day=day,
        )
