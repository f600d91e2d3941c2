from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..analysis.turns import Customer, Taker, deal

SALESPERSON = 'sales_team.group_sale_salesman'
# Odoo's capacity of a member is for thirty days.
CAPACITY_DAYS = 30


class GrowthHandover(models.Model):
    """Who is to keep a customer: the one who was named, else by turn among those who have room."""

    _inherit = 'growth.handover'

    @api.model
    def _get_teams(self, company, users, role):
        """The team in which each of some users has a role, else any of their teams.

        :param res.company company:
        :param res.users users:
        :param str role: of `ROLES`
        :rtype: dict[res.users, crm.team]
        """
        members = self._get_members(company, [('user_id', 'in', users.ids)])
        members = members.sorted(lambda member: member.growth_role != role)
        teams = {}
        for member in members:
            teams.setdefault(member.user_id, member.crm_team_id)
        return teams

    @api.model
    def _get_members(self, company, domain):
        """Memberships in the teams of a company, and in those of none, of users who sell there.

        :param res.company company:
        :param list domain:
        :rtype: crm.team.member
        """
        members = (
            self.env['crm.team.member']
            .sudo()
            .search(
                [
                    *domain,
                    ('active', '=', True),
                    ('crm_team_id.active', '=', True),
                    ('crm_team_id.company_id', 'in', (company.id, False)),
                    ('user_id.active', '=', True),
                    ('user_id.company_ids', 'in', company.ids),
                    ('user_id.all_group_ids', 'in', self.env.ref(SALESPERSON).ids),
                ]
            )
        )
        return members.sorted(lambda member: (member.crm_team_id.sequence, member.id))

    @api.model
    def _get_takers(self, company, role):
        """Who takes customers in a company now.

        Odoo's pause takes a member out, its capacity (an average of thirty days) limits how many
        they get, see `_get_loads`.

        :param res.company company:
        :param str role: of `ROLES`
        :return: takers in their order
        :rtype: list[analysis.turns.Taker]
        """
        members = self._get_members(
            company, [('growth_role', '=', role), ('assignment_optout', '=', False)]
        )
        capacities = {}
        for member in members:
            capacities[member.user_id] = capacities.get(member.user_id, 0) + member.assignment_max
        loads = self._get_loads(company, members.user_id, role)
        return [
            Taker(
                id=user.id,
                capacity=capacity,
                load=loads.get(user, 0),
                lang=user.lang or None,
                country_id=user.country_id.id or None,
            )
            for user, capacity in capacities.items()
        ]

    @api.model
    def _get_loads(self, company, users, role):
        """How many customers users got in the last thirty days: farmers by handovers, those that
        were refused, cancelled or undone not counted; hunters back from farmers.

        :param res.company company:
        :param res.users users:
        :param str role: of `ROLES`
        :rtype: dict[res.users, int]
        """
        since = company._growth_day(fields.Datetime.now()) - timedelta(days=CAPACITY_DAYS)
        of_company = Domain('company_id', '=', company.id)
        if role == 'farmer':
            model, user_field = self, 'farmer_id'
            domain = Domain('date', '>', since) & Domain(
                'state', 'in', ('draft', 'offered', 'accepted')
            )
        else:
            model, user_field = self.env['growth.customer'], 'user_id'
            domain = Domain('hunters_since', '>', since) & Domain('farmer_id', '=', False)
        return dict(
            model.sudo()._read_group(
                of_company & domain & Domain(user_field, 'in', users.ids),
                groupby=[user_field],
                aggregates=['__count'],
            )
        )

    @api.model
    def _deal(self, company, customers, role='farmer'):
        """Who gets each of some customers.

        :param res.company company:
        :param list customers: pairs of contact and those who do not get it
        :param str role: of those who get them
        :return: users in the order of the customers, empty where nobody has room
        :rtype: list[res.users]
        """
        Users = self.env['res.users']
        dealt = deal(
            [
                Customer(
                    not_to=frozenset(users.ids),
                    lang=partner.lang or None,
                    country_id=partner.country_id.id or None,
                )
                for partner, users in customers
            ],
            self._get_takers(company, role),
        )
        return [Users.browse(user_id or ()) for user_id in dealt]

    @api.model
    def _get_named_farmers(self, company, partners):
        """The farmers that managers named for customers, as far as they can keep them.

        :rtype: dict[res.partner, res.users]
        """
        customers = (
            self.env['growth.customer']
            .sudo()
            .search(
                [
                    ('company_id', '=', company.id),
                    ('partner_id', 'in', partners.ids),
                    ('named_farmer_id.active', '=', True),
                ]
            )
        )
        return {
            customer.partner_id: customer.named_farmer_id
            for customer in customers
            if company in customer.named_farmer_id.company_ids
            and customer.named_farmer_id.has_group(SALESPERSON)
        }

    @api.model
    def _pick_farmers(self, company, customers):
        """The farmers of some customers: the named ones, else by turn.

        :param res.company company:
        :param list customers: pairs of contact and those who do not get it
        :return: users in the order of the customers, empty where nobody has room
        :rtype: list[res.users]
        """
        partners = self.env['res.partner'].union(*(partner for partner, _users in customers))
        named = self._get_named_farmers(company, partners)
        nobody = self.env['res.users']
        picked = [named.get(partner, nobody) - users for partner, users in customers]
        others = [pair for pair, farmer in zip(customers, picked, strict=True) if not farmer]
        dealt = iter(self._deal(company, others))
        return [farmer or next(dealt) for farmer in picked]

    def _choose_farmers(self, is_strict=True):
        """Fill in the farmers of handovers that have none: the named ones, else by turn.

        :param bool is_strict: whether every handover needs one
        :raise UserError: says why there is nobody
        """
        for company, handovers in self.grouped('company_id').items():
            customers = [
                (handover.partner_id, handover.hunter_id | handover.refused_by_id)
                for handover in handovers
            ]
            farmers = dict(zip(handovers, self._pick_farmers(company, customers), strict=True))
            if is_strict and not all(farmers.values()):
                raise UserError(self._explain_no_farmer(company))
            for farmer, group in handovers.grouped(farmers.get).items():
                if farmer:
                    group.farmer_id = farmer

    @api.model
    def _explain_no_farmer(self, company):
        """Why nobody can keep a customer, and what to do about it.

        :rtype: str
        """
        teams = (
            self.env['crm.team']
            .sudo()
            .search([('growth_role', '=', 'farmer'), ('company_id', 'in', (company.id, False))])
        )
        members = self._get_members(company, [('growth_role', '=', 'farmer')])
        if not members and teams:
            return self.env._(
                "The farmer team %s has no members. Add salespeople to it, or choose the farmer "
                "by hand.",
                ", ".join(teams.mapped('name')),
            )
        if not members:
            return self.env._(
                "Nobody is a farmer in %s. Give a sales team or one of its members this role, or "
                "choose the farmer by hand.",
                company.name,
            )
        return self.env._(
            "No farmer of %s has room: all are paused, or have as many customers as their "
            "capacity of 30 days allows. Raise a capacity, or choose the farmer by hand.",
            company.name,
        )
