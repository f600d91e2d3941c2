from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.mail import email_normalize_all

# Whose customers leads are of: those that farmers serve, and all others.
KINDS = ('existing', 'prospect')


class CrmLead(models.Model):
    """Which leads go to whom: sets of leads, as domains that the database answers."""

    _inherit = 'crm.lead'

    # ------------------------------------------------------------
    # BUSINESS: KINDS OF LEADS
    # ------------------------------------------------------------

    @api.model
    def _growth_kind_domain(self, kind, company=None):
        """Leads of existing customers, or all others.

        :param str kind: of KINDS
        :param res.company company: of a lead that has none, neither by its team; when omitted, too,
            a customer of any company is one
        :rtype: Domain
        """
        pairs = self._growth_existing_pairs()
        existing = self._growth_customer_domain(
            lambda lead: SQL("(customer.company_id, customer.lifecycle) IN %s", pairs), company
        )
        return existing if kind == 'existing' else ~existing

    @api.model
    def _growth_own_customer_domain(self):
        """Leads of customers whose farmer is the salesperson of the lead.

        :rtype: Domain
        """
        return self._growth_customer_domain(
            lambda lead: SQL("customer.farmer_id = %s", SQL.identifier(lead, 'user_id'))
        )

    @api.model
    def _growth_customer_domain(self, get_condition, company=None):
        """Leads of a customer that the hub of their company knows something of.

        :param get_condition: takes the alias of leads; SQL over a row of the hub, `customer`
        :param res.company company: see `_growth_kind_domain`
        :rtype: Domain
        """
        Customer = self.env['growth.customer']

        def to_sql(model, alias, query):
            return SQL(
                """EXISTS (
                    SELECT
                      FROM res_partner AS contact
                      JOIN growth_customer AS customer
                        ON customer.partner_id = contact.commercial_partner_id
                     WHERE contact.id = %(contact)s
                       AND customer.company_id = COALESCE(
                           %(company)s,
                           (SELECT team.company_id FROM crm_team AS team WHERE team.id = %(team)s),
                           %(default)s,
                           customer.company_id)
                       AND %(condition)s
                )""",
                contact=model._field_to_sql(alias, 'partner_id', query),
                company=model._field_to_sql(alias, 'company_id', query),
                team=model._field_to_sql(alias, 'team_id', query),
                default=company.id if company else None,
                condition=get_condition(alias),
                to_flush=[
                    Customer._fields['lifecycle'],
                    Customer._fields['farmer_id'],
                    self._fields['user_id'],
                    self.env['res.partner']._fields['commercial_partner_id'],
                    self.env['crm.team']._fields['company_id'],
                ],
            )

        return Domain.custom(to_sql=to_sql)

    @api.model
    def _growth_existing_pairs(self):
        """Company and lifecycle of the customers that farmers serve.

        :rtype: tuple[tuple[int, str], ...]
        """
        companies = self.env['res.company'].sudo().search(Domain.TRUE)
        return tuple(
            (company.id, lifecycle)
            for company in companies
            for lifecycle in company._growth_existing()
        )

    # ------------------------------------------------------------
    # BUSINESS: LEADS TO BE GIVEN
    # ------------------------------------------------------------

    @api.model
    def _growth_nobodys_domain(self):
        """Leads that neither a team nor a salesperson has, as Odoo's allocation finds them.

        :rtype: Domain
        """
        return (
            Domain('team_id', '=', False)
            & Domain('user_id', '=', False)
            & Domain('won_status', '!=', 'won')
        )

    @api.model
    def _growth_recent_domain(self, creation_delta_days):
        """Leads as old as Odoo's allocation wants them.

        :param int creation_delta_days: see `crm.team._allocate_leads`
        :rtype: Domain
        """
        now = self.env.cr.now()
        hours = float(
            self.env['ir.config_parameter'].sudo().get_param('crm.assignment.delay', default=0)
        )
        domain = Domain('create_date', '<=', now - timedelta(hours=hours))
        if creation_delta_days > 0:
            domain &= Domain('create_date', '>', now - timedelta(days=creation_delta_days))
        return domain

    def _growth_still(self, domain):
        """Those of some leads that a domain still holds of, and that nobody is changing now. The
        job goes on for minutes: meanwhile a person may have taken one.

        :param Domain domain:
        :rtype: crm.lead
        """
        leads = self.search(Domain('id', 'in', self.ids) & domain)
        return leads.try_lock_for_update(allow_referencing=True)

    def _growth_give_to_farmer(self, member, company_id):
        """Give leads to a farmer, as opportunities, like Odoo's assignment does one by one.

        :param crm.team.member member:
        :param int company_id: of the customer
        """
        self.write(
            {
                'type': 'opportunity',
                'date_conversion': self.env.cr.now(),
                'user_id': member.user_id.id,
                'team_id': member.crm_team_id.id,
                'company_id': company_id,
            }
        )

    def _growth_get_duplicates(self):
        """Duplicates of each lead, as the cache of Odoo's allocation wants them: none for those
        that no other lead shares the address with, which one query tells of all.

        :rtype: dict[crm.lead, crm.lead]
        """
        nobody = self.browse()
        self.fetch(['email_from'])
        addresses = {lead: email_normalize_all(lead.email_from) for lead in self}
        shared = {
            address
            for address, _count in self.with_context(active_test=False)._read_group(
                [
                    ('email_normalized', 'in', list(set().union(*addresses.values()))),
                    ('won_status', '=', 'pending'),
                    ('active', '=', True),
                ],
                groupby=['email_normalized'],
                aggregates=['__count'],
                having=[('__count', '>', 1)],
            )
        }
        return {
            lead: (
                lead._get_lead_duplicates(email=lead.email_from)
                if len(found) > 1 or not shared.isdisjoint(found)
                else nobody
            )
            for lead, found in addresses.items()
        }
