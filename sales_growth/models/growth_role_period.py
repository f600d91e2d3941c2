from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .crm_team import ROLES


class GrowthRolePeriod(models.Model):
    """Who had which role when, so that a change of roles leaves the reports of the past alone.

    Written down when a team, or a member for themselves, gets a role; who has no role of their own
    follows the team. The first role that is set holds for the time before, too, until somebody
    corrects the days: a team that is called hunters today mostly was one before there was a word
    for it.
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

    @api.constrains('date_from', 'date_to')
    def _check_past(self):
        for period in self:
            company = period.team_id.company_id or self.env.company
            today = company._growth_day(fields.Datetime.now())
            if any(day and day > today for day in (period.date_from, period.date_to)):
                raise ValidationError(
                    self.env._(
                        "The role history is about the past. To plan a role, change the team or "
                        "the member on that day."
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
        periods = self.search([('team_id', 'in', teams.ids)]).grouped(
            lambda period: (period.team_id, period.user_id)
        )
        members = (
            self.env['crm.team.member']
            .search([('crm_team_id', 'in', teams.ids)])
            .grouped('crm_team_id')
        )
        nobody = self.env['res.users']
        for team in teams:
            today = (team.company_id or self.env.company)._growth_day(fields.Datetime.now())
            # Who has no role of their own follows the team's history.
            roles = {nobody: team.growth_role}
            roles |= {member.user_id: member.growth_own_role for member in members.get(team, ())}
            is_known = bool(periods.get((team, nobody), self.browse())._filtered_before(today))
            for user, role in roles.items():
                history = periods.get((team, user), self.browse())
                last = history.filtered(lambda period: not period.date_to)
                if role == last.role or (not history and not user and role == 'both'):
                    continue
                history = last._end(today) | (history - last)
                if role:
                    is_first = not history and not (user and is_known)
                    self._begin(team, user, role, today, is_first)

    def _end(self, today):
        """End periods with yesterday; those that somebody chose today never were.

        :return: those that remain
        :rtype: growth.role.period
        """
        ended = self._filtered_before(today)
        ended.date_to = fields.Date.subtract(today, days=1)
        (self - ended).unlink()
        return ended

    def _filtered_before(self, today):
        """Periods that were not chosen today."""
        return self.filtered(
            lambda period: (
                today
                not in (
                    period.date_from,
                    # The day of the company, as `today` is.
                    (period.team_id.company_id or self.env.company)._growth_day(period.create_date),
                )
            )
        )

    @api.model
    def _begin(self, team, user, role, today, is_first):
        self.create(
            {
                'team_id': team.id,
                'user_id': user.id,
                'role': role,
                'date_from': False if is_first else today,
            }
        )
