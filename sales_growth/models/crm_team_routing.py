import logging
import random
from ast import literal_eval
from itertools import accumulate, pairwise

from odoo import api, models, modules
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from .crm_lead_routing import KINDS

_logger = logging.getLogger(__name__)

# Whom the leads of a kind are for; members of both serve both.
ROLE_OF_KIND = {'existing': 'farmer', 'prospect': 'hunter'}
KIND_OF_ROLE = {role: kind for kind, role in ROLE_OF_KIND.items()}
LEAD_COLUMNS = ('partner_id', 'company_id', 'team_id')
HUB_COLUMNS = ('partner_id', 'company_id', 'farmer_id', 'farmer_team_id', 'last_order_date')


class Serving:
    """Which kind of leads the members of routed teams are being given, and what they were given
    before. It travels in the context: an object, as no caller from outside can send one."""

    def __init__(self, kind, given):
        self.kind = kind
        self._given = given

    @staticmethod
    def get(env):
        """
        :rtype: Serving | None
        """
        serving = env.context.get('growth_serving')
        return serving if isinstance(serving, Serving) else None

    def count_given(self, member):
        """Leads that a member was given in this run.

        :rtype: int
        """
        return self._given.get(member.id, 0)


class CrmTeam(models.Model):
    """Leads that nobody has find their way by the customer: to the farmer, or by the role of teams
    and members. Domains, capacity and pause are Odoo's."""

    _inherit = 'crm.team'

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    # In the end of create and write, not as constraints: members may come by an inverse field,
    # which is written last.

    @api.model_create_multi
    def create(self, vals_list):
        teams = super().create(vals_list)
        if empty := teams._growth_filtered_empty():
            raise ValidationError(empty._growth_get_empty_message())
        return teams

    def write(self, vals):
        result = super().write(vals)
        if {'growth_is_routed', 'growth_role'} & vals.keys() and (
            empty := self._growth_filtered_empty()
        ):
            raise ValidationError(empty._growth_get_empty_message())
        return result

    def _growth_filtered_empty(self):
        """Teams that leads are routed to and nobody would serve.

        :rtype: crm.team
        """
        return self.filtered(
            lambda team: (
                team.growth_is_routed
                and team.growth_role == 'farmer'
                and not team.crm_team_member_ids
            )
        )

    def _growth_get_empty_message(self):
        return self.env._(
            "Leads of existing customers would go to a team of farmers without members: %(teams)s. "
            "Add its members first, or switch off “Route by Customer”.",
            teams=", ".join(self.mapped('name')),
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_assign_leads(self):
        # The job passes over such teams, as the others must not wait; a person is told.
        if empty := self._growth_filtered_empty():
            raise UserError(empty._growth_get_empty_message())
        return super().action_assign_leads()

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _action_assign_leads(self, force_quota=False, creation_delta_days=7):
        given = {}
        # Odoo refuses the others, after that.
        if self.env.user.has_group('sales_team.group_sale_manager') or self.env.is_system():
            given = self._growth_assign_farmers(creation_delta_days)
        teams_data, members_data = super()._action_assign_leads(
            force_quota=force_quota, creation_delta_days=creation_delta_days
        )
        for member, leads in given.items():
            data = members_data.setdefault(member, {'assigned': leads.browse(), 'quota': 0})
            data['assigned'] |= leads
        return teams_data, members_data

    def _allocate_leads(self, creation_delta_days=7):
        if not any(self.mapped('growth_is_routed')):
            return super()._allocate_leads(creation_delta_days=creation_delta_days)
        return self._growth_allocate(creation_delta_days)

    def _get_lead_to_assign_domain(self):
        domain = super()._get_lead_to_assign_domain()
        serving = Serving.get(self.env)
        if not serving:
            return domain
        return Domain(domain) & self.env['crm.lead']._growth_kind_domain(serving.kind)

    def _assign_and_convert_leads(self, force_quota=False):
        routed = self.filtered('growth_is_routed')
        others = self - routed
        result = {}
        if others or not routed:
            result = super(CrmTeam, others)._assign_and_convert_leads(force_quota=force_quota)
        if not routed:
            return result
        Member, Lead = self.env['crm.team.member'], self.env['crm.lead']
        given = {}
        for kind in KINDS:
            teams = routed.with_context(growth_serving=Serving(kind, dict(given)))
            assigned = super(CrmTeam, teams)._assign_and_convert_leads(force_quota=force_quota)
            for member, data in assigned.items():
                total = result.setdefault(
                    Member.browse(member.id), {'assigned': Lead, 'quota': data['quota']}
                )
                total['assigned'] |= Lead.browse(data['assigned'].ids)
                given[member.id] = len(total['assigned'])
        return result

    # ------------------------------------------------------------
    # BUSINESS: MEMBERS
    # ------------------------------------------------------------

    def _growth_get_serving(self, kind):
        """Members that leads of a kind are for: those whose role it is. When there is none at work,
        all of them: somebody chose this team for the lead.

        :param str kind: of KINDS
        :rtype: crm.team.member
        """
        self.ensure_one()
        members = self.crm_team_member_ids.filtered(
            lambda member: member.user_id.active and not member.assignment_optout
        )
        fitting = members.filtered(
            lambda member: member.growth_role in (ROLE_OF_KIND[kind], 'both')
        )
        return fitting or members

    # ------------------------------------------------------------
    # BUSINESS: FARMERS
    # ------------------------------------------------------------

    def _growth_assign_farmers(self, creation_delta_days):
        """Give leads of customers who have a farmer to that farmer, whatever the capacity.

        :param int creation_delta_days: see `_allocate_leads`
        :return: leads that members were given
        :rtype: dict[crm.team.member, crm.lead]
        """
        routed = self.filtered('growth_is_routed')
        if not routed:
            return {}
        # As when Odoo assigns: who gets a lead is not mailed about it.
        Lead = self.env['crm.lead'].with_context(mail_auto_subscribe_no_notify=True)
        Member = self.env['crm.team.member']
        bundle, waiting = self._growth_get_bundle(), 0
        result = {}
        for member_id, company_id, lead_ids in routed._growth_find_farmers(creation_delta_days):
            member = Member.browse(member_id)
            untaken = Domain('user_id', '=', False) & Domain('won_status', '=', 'pending')
            untaken &= Domain('team_id', 'in', [False, member.crm_team_id.id])
            for ids in split_every(bundle, lead_ids):
                leads = Lead.browse(ids)._growth_still(untaken)
                leads._growth_give_to_farmer(member, company_id)
                result[member] = result.get(member, self.env['crm.lead']) | leads.with_env(self.env)
                waiting += len(leads)
                if waiting >= bundle:
                    self._growth_commit()
                    waiting = 0
        self._growth_commit()
        _logger.info(
            'Farmers: assigned %s leads to %s members', sum(map(len, result.values())), len(result)
        )
        return result

    def _growth_find_farmers(self, creation_delta_days):
        """Which leads go to which farmer. A lead without a company may be of a customer of several:
        the one that the customer bought from last counts.

        :return: id of the membership and of the company, ids of the leads
        :rtype: list[tuple[int, int, list[int]]]
        """
        Lead, Customer = self.env['crm.lead'], self.env['growth.customer']
        nobodys = Lead._growth_nobodys_domain() & Lead._growth_recent_domain(creation_delta_days)
        leads = Lead._search(
            Domain('user_id', '=', False)
            & Domain('won_status', '=', 'pending')
            & Domain('partner_id', '!=', False)
            & (nobodys | Domain('team_id', 'in', self.ids))
        )
        customers = Customer._search(
            Domain('farmer_id', '!=', False)
            & Domain.custom(
                to_sql=lambda model, alias, query: SQL(
                    "(%s, %s) IN %s",
                    model._field_to_sql(alias, 'company_id', query),
                    model._field_to_sql(alias, 'lifecycle', query),
                    Lead._growth_existing_pairs(),
                )
            )
        )
        self._growth_flush_farmers()
        return self.env.execute_query(
            SQL(
                """
            SELECT member_id, company_id, ARRAY_AGG(lead_id ORDER BY lead_id)
              FROM (
                    SELECT DISTINCT ON (lead.id)
                           lead.id AS lead_id, member.id AS member_id, customer.company_id
                      FROM %(leads)s AS lead
                      JOIN res_partner AS contact ON contact.id = lead.partner_id
                      JOIN %(customers)s AS customer
                        ON customer.partner_id = contact.commercial_partner_id
                      JOIN crm_team_member AS member
                        ON member.user_id = customer.farmer_id
                       AND member.active
                       AND member.assignment_optout IS NOT TRUE
                      JOIN crm_team AS team ON team.id = member.crm_team_id
                      JOIN res_users AS farmer ON farmer.id = member.user_id AND farmer.active
                      JOIN res_company_users_rel AS allowed
                        ON allowed.user_id = farmer.id AND allowed.cid = customer.company_id
                     WHERE team.id IN %(teams)s
                       AND team.id = COALESCE(lead.team_id, team.id)
                       AND customer.company_id = COALESCE(team.company_id, customer.company_id)
                       AND customer.company_id = COALESCE(lead.company_id, customer.company_id)
                       AND customer.company_id = COALESCE(contact.company_id, customer.company_id)
                  ORDER BY lead.id,
                           customer.last_order_date DESC NULLS LAST,
                           customer.company_id,
                           team.id IS DISTINCT FROM customer.farmer_team_id,
                           team.sequence,
                           team.id
                   ) AS route
          GROUP BY member_id, company_id
          ORDER BY member_id, company_id
            """,
                leads=leads.subselect(
                    *(SQL.identifier(leads.table, name) for name in ('id', *LEAD_COLUMNS))
                ),
                customers=customers.subselect(
                    *(SQL.identifier(customers.table, name) for name in HUB_COLUMNS)
                ),
                teams=tuple(self.ids),
            )
        )

    def _growth_flush_farmers(self):
        self.flush_model(['company_id', 'sequence'])
        self.env['crm.lead'].flush_model([*LEAD_COLUMNS, 'user_id', 'won_status'])
        self.env['growth.customer'].flush_model([*HUB_COLUMNS, 'lifecycle'])
        self.env['crm.team.member'].flush_model()
        self.env['res.users'].flush_model(['active', 'company_ids'])
        self.env['res.partner'].flush_model(['commercial_partner_id'])

    # ------------------------------------------------------------
    # BUSINESS: TEAMS
    # ------------------------------------------------------------

    def _growth_allocate(self, creation_delta_days):
        """What `_allocate_leads` does, for sets of leads: each team takes those that its role and
        its domain allow, and several teams share in proportion to their capacity.

        :rtype: dict[crm.team, dict]
        """
        teams = self.filtered('assignment_max')
        candidates = {team: team._growth_find_candidates(creation_delta_days) for team in teams}
        duplicates = self.env['crm.lead'].union(*candidates.values())._growth_get_duplicates()
        result = {
            team: {
                'team': team,
                'leads': candidates[team],
                'assigned': set(),
                'merged': set(),
                'duplicates': set(),
            }
            for team in teams
        }
        self._growth_commit()
        done = set()
        for team, leads in self._growth_share(candidates).items():
            for ids in split_every(self._growth_get_bundle(), leads.ids):
                for what, found in team._growth_take(ids, done, duplicates).items():
                    result[team][what] |= found
        for team, data in result.items():
            _logger.info(
                'Team %s: allocated %s leads, merged %s with %s duplicates',
                team.id,
                len(data['assigned']),
                len(data['merged']),
                len(data['duplicates']),
            )
        return result

    def _growth_find_candidates(self, creation_delta_days):
        """Leads that this team may take.

        :rtype: crm.lead
        """
        self.ensure_one()
        Lead = self.env['crm.lead']
        domain = (
            Domain(literal_eval(self.assignment_domain or '[]'))
            & Lead._growth_nobodys_domain()
            & Lead._growth_recent_domain(creation_delta_days)
        )
        if self.growth_is_routed and self.company_id:
            # The customers of another company are not known to this one.
            domain &= Domain('company_id', 'in', [False, self.company_id.id])
        if self.growth_is_routed and self.growth_role in KIND_OF_ROLE:
            kind = KIND_OF_ROLE[self.growth_role]
            domain &= Lead._growth_kind_domain(kind, self.company_id)
        return Lead.search(domain)

    @api.model
    def _growth_share(self, candidates):
        """Cut the leads up among the teams that may take them, in proportion to their capacity.

        :param dict candidates: leads that each team may take
        :return: leads that each team takes, no lead twice
        :rtype: dict[crm.team, crm.lead]
        """
        takers = {}
        for team, leads in candidates.items():
            for lead_id in leads.ids:
                takers.setdefault(lead_id, []).append(team)
        groups = {}
        for lead_id, teams in takers.items():
            groups.setdefault(tuple(teams), []).append(lead_id)
        shares = {team: [] for team in candidates}
        for teams, lead_ids in groups.items():
            # The best leads come first, and one team must not get them all.
            random.shuffle(lead_ids)
            for team, share in zip(teams, self._growth_cut(teams, lead_ids), strict=True):
                shares[team] += share
        Lead = self.env['crm.lead']
        return {team: Lead.browse(lead_ids) for team, lead_ids in shares.items()}

    @api.model
    def _growth_cut(self, teams, lead_ids):
        """Slices of a list, as long as the capacity of each team wants it. The cuts are moved by
        chance, so that a single lead goes to each team as often as its capacity wants.

        :rtype: list[list[int]]
        """
        total = sum(team.assignment_max for team in teams)
        offset = random.random()
        ends = accumulate((team.assignment_max for team in teams), initial=0)
        cuts = [int(len(lead_ids) * end / total + offset) for end in ends]
        return [lead_ids[start:end] for start, end in pairwise(cuts)]

    def _growth_take(self, lead_ids, done, duplicates):
        """Give leads to this team and merge them with their duplicates, as Odoo does.

        :param list lead_ids: no more than are committed at once
        :param set done: ids of leads that were dealt with; those of this call are added
        :param dict duplicates: cache of `_allocate_leads_deduplicate`
        :return: ids by `assigned`, `merged` and `duplicates`
        :rtype: dict[str, set[int]]
        """
        Lead = self.env['crm.lead']
        waiting = Lead.browse(lead_id for lead_id in lead_ids if lead_id not in done)
        leads = waiting._growth_still(Lead._growth_nobodys_domain())
        found = self._allocate_leads_deduplicate(leads, duplicates_cache=duplicates)
        done.update(*found.values())
        Lead.browse(found['duplicates']).unlink()
        self._growth_commit()
        return found

    # ------------------------------------------------------------
    # TOOLING
    # ------------------------------------------------------------

    @api.model
    def _growth_get_bundle(self):
        return int(
            self.env['ir.config_parameter'].sudo().get_param('crm.assignment.commit.bundle', 100)
        )

    @api.model
    def _growth_commit(self):
        # As Odoo's own assignment: it goes on for minutes, and what is done stays done.
        if not modules.module.current_test:
            self.env['ir.cron']._commit_progress()
