from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .crm_team_routing import Serving


class CrmTeamMember(models.Model):
    """How many leads of which kind a member gets in a team that routes by customer."""

    _inherit = 'crm.team.member'

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    @api.depends('crm_team_id.growth_is_routed')
    def _compute_lead_day_count(self):
        result = super()._compute_lead_day_count()
        routed = self.filtered('crm_team_id.growth_is_routed')
        if routed:
            own = routed._growth_count_own_leads(fields.Datetime.now() - timedelta(hours=24))
            for member in routed:
                member.lead_day_count -= own.get((member.user_id.id, member.crm_team_id.id), 0)
        return result

    def _get_assignment_quota(self, force_quota=False):
        quota = super()._get_assignment_quota(force_quota=force_quota)
        serving = Serving.get(self.env)
        if not serving or not self.crm_team_id.growth_is_routed:
            return quota
        if self not in self.crm_team_id._growth_get_serving(serving.kind):
            return 0
        # What was given a moment ago is in the count of the day already, but where that is ignored.
        return quota - serving.count_given(self) if force_quota else quota

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _growth_count_own_leads(self, date_from):
        """How many of the leads that members got are of customers they are the farmers of: those
        come whatever the capacity, and do not use it up.

        :param datetime date_from: since when
        :return: number by ids of user and team
        :rtype: dict[tuple[int, int], int]
        """
        Lead = self.env['crm.lead'].with_context(active_test=False)
        counts = Lead._read_group(
            Lead._growth_own_customer_domain()
            & Domain('date_open', '>=', date_from)
            & Domain('team_id', 'in', self.crm_team_id.ids)
            & Domain('user_id', 'in', self.user_id.ids),
            groupby=['user_id', 'team_id'],
            aggregates=['__count'],
        )
        return {(user.id, team.id): count for user, team, count in counts}
