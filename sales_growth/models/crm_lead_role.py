from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# What decides whether a deal suits the role of its salesperson
ROLE_FIELDS = ('partner_id', 'user_id', 'team_id', 'company_id')
# What may bring a deal back that was closed
STATE_FIELDS = ('active', 'stage_id', 'probability')
# In the context under `growth_role_check`: whoever moves deals now has the right to, as a handover
# has. An object, as no caller from outside can send one.
UNCHECKED = object()


class CrmLead(models.Model):
    """Deals against the role of their salesperson: a farmer's customer with a hunter, a prospect
    with a farmer. The settings say whether that is shown, to be confirmed, or refused."""

    _inherit = 'crm.lead'

    growth_role_hint = fields.Text(string="Role Hint", compute='_compute_growth_role_hint')
    growth_role_check = fields.Char(
        string="Role Check",
        compute='_compute_growth_role_hint',
        export_string_translation=False,
        help="As the settings of the company say: hint, confirm or block.",
    )
    growth_role_confirmed = fields.Boolean(
        string="Keep This Deal All the Same",
        copy=False,
        help="The deal is not for the role of its salesperson, and somebody said that it is meant "
        "so.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('active', 'won_status', 'commercial_partner_id', *ROLE_FIELDS)
    @api.depends_context('uid', 'lang', 'company')
    def _compute_growth_role_hint(self):
        companies = {lead: lead._growth_get_company() for lead in self}
        self.growth_role_hint = False
        for lead in self:
            lead.growth_role_check = companies[lead].sudo().growth_role_check
        # Who writes down another company learns nothing of its customers. And who restores a deal
        # has to know first, where it is to be confirmed.
        watched = self.filtered(
            lambda lead: (
                lead.user_id
                and lead.won_status != 'won'
                and (lead.active or lead.growth_role_check != 'hint')
                and companies[lead] in self.env.user.company_ids
            )
        )
        roles = watched._growth_get_roles(companies)
        customers = watched._growth_get_customers(companies)
        for lead in watched:
            lead.growth_role_hint = lead._growth_get_role_hint(
                roles[lead], customers[lead], companies[lead]
            )

    @api.onchange(*ROLE_FIELDS)
    def _onchange_growth_role(self):
        # What was confirmed was another deal.
        self.growth_role_confirmed = False

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        # Odoo may find the customer after that: one check in the end.
        unchecked = self.with_context(growth_role_check=UNCHECKED)
        leads = super(CrmLead, unchecked).create(vals_list).with_env(self.env)
        leads._growth_check_role()
        return leads

    def write(self, vals):
        if self._growth_is_moved_rightly():
            return super().write(vals)
        changed = self._growth_filtered_changed(vals)
        if 'growth_role_confirmed' not in vals:
            changed.filtered('growth_role_confirmed').growth_role_confirmed = False
        closed = self.browse()
        if not vals.keys().isdisjoint(STATE_FIELDS):
            closed = self - self._growth_filtered_open()
        result = super().write(vals)
        (changed | closed)._growth_check_role()
        return result

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_set_won(self):
        # Odoo restores them on the way: only what is open in the end is to be checked.
        closed = self - self._growth_filtered_open()
        unchecked = self.with_context(growth_role_check=UNCHECKED)
        result = super(CrmLead, unchecked).action_set_won()
        closed._growth_check_role()
        return result

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _growth_filtered_changed(self, vals):
        """Leads that get another customer, salesperson, team or company.

        :param dict vals: about to be written
        :rtype: crm.lead
        """
        names = vals.keys() & set(ROLE_FIELDS)
        return self.filtered(
            lambda lead: any(lead[name].id != (vals[name] or False) for name in names)
        )

    def _growth_filtered_open(self):
        return self.filtered(lambda lead: lead.active and lead.won_status == 'pending')

    def _growth_is_moved_rightly(self):
        return self.env.context.get('growth_role_check') is UNCHECKED

    def _growth_check_role(self):
        """Refuse open deals against the role of their salesperson, as the settings of their company
        say. Sales administrators only see the hint.

        :raise ValidationError: when one is refused, or was not confirmed
        """
        if (
            not self
            or self._growth_is_moved_rightly()
            or self.env.su
            or self.env.user.has_group('sales_team.group_sale_manager')
        ):
            return
        watched = self._growth_filtered_open().filtered(
            lambda lead: lead._growth_get_company().sudo().growth_role_check != 'hint'
        )
        for lead in watched.filtered('growth_role_hint'):
            if lead.growth_role_check == 'block':
                raise ValidationError(lead.growth_role_hint)
            if not lead.growth_role_confirmed:
                raise ValidationError(
                    self.env._(
                        "%(hint)s\n\nTo keep it all the same, tick “Keep This Deal All the Same” "
                        "on the form of “%(deal)s”.",
                        hint=lead.growth_role_hint,
                        deal=lead.name,
                    )
                )

    def _growth_get_roles(self, companies):
        """Roles of the salespeople of leads.

        :param dict companies: of each lead
        :rtype: dict[crm.lead, str]
        """
        members = (
            self.env['crm.team.member']
            .sudo()
            .search_fetch(
                Domain('user_id', 'in', self.user_id.ids) & Domain('active', '=', True),
                ['crm_team_id', 'user_id', 'growth_role'],
            )
        )
        of_user = members.grouped('user_id')
        return {
            lead: lead._growth_get_role(
                of_user.get(lead.user_id, members.browse()), companies[lead]
            )
            for lead in self
        }

    def _growth_get_role(self, members, company):
        """Role of the salesperson in the team of a lead: their own as a member, else the team's.
        Without a team that of all their teams in the company, when it is the same.

        :param crm.team.member members: of the salesperson
        :param res.company company: of the lead
        :rtype: str
        """
        self.ensure_one()
        if team := self.team_id.sudo():
            member = members.filtered(lambda member: member.crm_team_id == team)
            return member[:1].growth_role or team.growth_role
        here = members.filtered(
            lambda member: (
                member.crm_team_id.active
                and member.crm_team_id.company_id.id in (company.id, False)
            )
        )
        roles = set(here.mapped('growth_role'))
        return roles.pop() if len(roles) == 1 else 'both'

    def _growth_get_customers(self, companies):
        """What the hub knows of the customers of leads, in the company of each.

        :param dict companies: of each lead
        :rtype: dict[crm.lead, growth.customer]
        """
        # Before it is saved, a lead may have the customer's company and no contact yet.
        partners = {
            lead: (lead.partner_id.commercial_partner_id or lead.commercial_partner_id)._origin
            for lead in self
        }
        Customer = self.env['growth.customer']
        rows = Customer._get_rows(
            self.env['res.partner'].union(*partners.values()),
            self.env['res.company'].union(*(companies[lead] for lead in self)),
            ['lifecycle', 'farmer_id'],
        )
        return {
            lead: rows.get((companies[lead].id, partner.id), Customer.sudo())
            for lead, partner in partners.items()
        }

    def _growth_get_role_hint(self, role, customer, company):
        """Why a deal is not for the role of its salesperson; of the customer it tells no more than
        the farmer's name.

        :param str role: of the salesperson
        :param growth.customer customer: may be empty
        :param res.company company: of the lead
        :rtype: str | bool
        """
        self.ensure_one()
        # Nobody can leave a deal to a farmer who left.
        farmer = customer.farmer_id._growth_filtered_employed(company)
        if role == 'both' or farmer == self.user_id:
            return False
        is_existing = company.sudo()._growth_is_existing(customer.lifecycle)
        if role == 'hunter' and is_existing and farmer:
            return self.env._(
                "%(farmer)s keeps this customer as farmer, and %(salesperson)s is a hunter here: "
                "leave the deal to the farmer, or agree on it first.",
                farmer=farmer.name,
                salesperson=self.user_id.name,
            )
        if role == 'farmer' and not is_existing:
            return self.env._(
                "A deal with a prospect, and %(salesperson)s is a farmer here: leave it to the "
                "hunters, or agree on it first.",
                salesperson=self.user_id.name,
            )
        return False
