from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .growth_handover import OPEN_STATES
from .growth_sales_facts import EVER

BATCH = 500


class GrowthHandover(models.Model):
    """The daily job: opens the handovers that are due, reminds of those nobody answered."""

    _inherit = 'growth.handover'

    @api.model
    def _cron_hand_over(self):
        """Open handovers, remind, and see to lost customers, company by company, in batches.

        What was opened is committed batch by batch, and a customer with a handover is not due any
        more, so a job that was killed goes on where it stopped.
        """
        companies = self.env['res.company'].search([('growth_as_of', '!=', False)], order='id')
        self.env['ir.cron']._growth_each_company(companies, self._work_for_company)

    @api.model
    def _work_for_company(self, company):
        """
        :param res.company company:
        :return: whether there was time for all
        :rtype: bool
        """
        self._remind(company)
        self._cancel_unsold(company)
        return self._open_due(company) and self.env['growth.customer']._see_to_lost(company)

    # ------------------------------------------------------------
    # OPENING
    # ------------------------------------------------------------

    @api.model
    def _open_due(self, company):
        """Open the handovers of customers that were won long enough ago, as the settings say.

        :param res.company company:
        :return: whether there was time for all
        :rtype: bool
        """
        if company.growth_handover_error:
            company.growth_handover_error = False
        # Where nobody is a farmer there is nothing to hand over, and nothing to complain about.
        if company.growth_handover_trigger == 'manual' or not self._has_farmers(company):
            return True
        last_id = 0
        while due := self._get_due(company, last_id, BATCH):
            self._open_batch(company, due)
            last_id = due[-1][0]
            if not self.env['ir.cron']._commit_progress():
                return False
        return True

    @api.model
    def _has_farmers(self, company):
        """Whether somebody is to keep customers in a company, be it a team without members.

        :rtype: bool
        """
        of_company = Domain('company_id', 'in', (company.id, False))
        teams = self.env['crm.team'].search_count(
            of_company & Domain('growth_role', '=', 'farmer'), limit=1
        )
        return bool(teams) or bool(self._get_members(company, [('growth_role', '=', 'farmer')]))

    @api.model
    def _open_batch(self, company, due):
        """Open the handovers of some customers; those for whom no farmer has room wait.

        :param res.company company:
        :param list due: rows of `_get_due`
        """
        Partner, User = self.env['res.partner'], self.env['res.users']
        no_team = self.env['crm.team']
        partners = Partner.browse(row[1] for row in due)
        hunters = User.browse(row[2] for row in due)
        farmers = self._pick_farmers(company, list(zip(partners, hunters, strict=True)))
        teams = self._get_teams(company, User.union(*farmers), 'farmer')
        today = company._growth_day(fields.Datetime.now())
        handovers = self.sudo().with_context(
            mail_create_nosubscribe=True, mail_create_nolog=True, tracking_disable=True
        )
        opened = handovers.create(
            [
                {
                    'company_id': company.id,
                    'partner_id': partner_id,
                    'hunter_id': hunter_id,
                    'hunter_team_id': team_id,
                    'farmer_id': farmer.id,
                    # Odoo would make a record for each to find the same.
                    'team_id': teams.get(farmer, no_team).id,
                    'trigger': trigger,
                    'date': today,
                }
                for (_id, partner_id, hunter_id, team_id, trigger), farmer in zip(
                    due, farmers, strict=True
                )
                if farmer
            ]
        )
        if len(opened) < len(due):
            company.growth_handover_error = self._explain_no_farmer(company)

    @api.model
    def _get_due(self, company, last_id, limit):
        """The customers to hand over now: won by a hunter since the day of the settings, with
        nobody who keeps them and without a handover since they were won; and those whose farmer
        has left.

        :param res.company company:
        :param int last_id: id of the hub's row after which to go on
        :param int limit: most rows
        :return: ids of the hub's row, of the customer, of who hands over and of their team, and
            the trigger
        :rtype: list[tuple[int, int, int, int | None, str]]
        """
        self.env.flush_all()
        # At the price of the conditions PostgreSQL compiles the statement, for longer than it runs.
        self.env.cr.execute("SET LOCAL jit = off")
        return self.env.execute_query(
            SQL(
                """
            WITH customer AS (
                SELECT customer.*
                  FROM growth_customer AS customer
                  JOIN res_partner AS contact ON contact.id = customer.partner_id
                 WHERE customer.company_id = %(company)s
                   AND customer.id > %(last_id)s
                   AND customer.lifecycle NOT IN ('prospect', 'lost')
                   AND contact.active
                   -- A contact that became part of a company is no customer any more.
                   AND contact.commercial_partner_id = contact.id
                   AND COALESCE(contact.company_id, %(company)s) = %(company)s
                   AND NOT EXISTS (
                           SELECT FROM growth_handover AS handover
                            WHERE handover.company_id = %(company)s
                              AND handover.partner_id = customer.partner_id
                              AND handover.state IN ('draft', 'offered', 'refused')
                       )
            ),
            won AS (
                SELECT customer.id, customer.partner_id, customer.hunters_since,
                       -- Who went back to the hunters is won by the next purchase.
                       CASE WHEN hunters_since IS NULL THEN first_order_date
                            WHEN last_order_date >= hunters_since THEN last_order_date
                       END AS date
                  FROM customer
                 WHERE farmer_id IS NULL
            )
            SELECT won.id, won.partner_id, seller.user_id, seller.team_id, %(trigger)s AS trigger
              FROM won
              -- Who sold last: the one salesperson that Odoo has for a contact may be another
              -- company's.
             CROSS JOIN LATERAL (
                    SELECT sale_order.user_id, sale_order.team_id
                      FROM sale_order
                     WHERE sale_order.commercial_partner_id = won.partner_id
                       AND sale_order.company_id = %(company)s
                       AND sale_order.state = 'sale'
                       AND sale_order.user_id IS NOT NULL
                  ORDER BY sale_order.date_order DESC, sale_order.id DESC
                     LIMIT 1
                  ) AS seller
             WHERE won.date >= %(since)s
               AND %(is_due)s
               AND %(role)s = 'hunter'
               AND NOT EXISTS (
                       SELECT FROM growth_handover AS handover
                        WHERE handover.company_id = %(company)s
                          AND handover.partner_id = won.partner_id
                          AND (won.hunters_since IS NULL
                               OR handover.state != 'ended'
                                  AND handover.date >= won.hunters_since)
                   )
         UNION ALL
            SELECT customer.id, customer.partner_id, customer.farmer_id, customer.farmer_team_id,
                   'left'
              FROM customer
              JOIN res_users AS farmer ON farmer.id = customer.farmer_id
             WHERE NOT farmer.active
                OR NOT EXISTS (
                       SELECT FROM res_company_users_rel AS employer
                        WHERE employer.user_id = farmer.id AND employer.cid = %(company)s
                   )
          ORDER BY id
             LIMIT %(limit)s
            """,
                company=company.id,
                last_id=last_id,
                trigger=company.growth_handover_trigger,
                since=company.growth_handover_since or EVER,
                is_due=self._is_due_sql(company),
                role=self._role_now_sql(company),
                limit=limit,
            )
        )

    @api.model
    def _is_due_sql(self, company):
        """Whether what the settings wait for has happened to a customer that was `won`.

        :rtype: SQL
        """
        today = company._growth_day(fields.Datetime.now())
        match company.growth_handover_trigger:
            case 'payment':
                return SQL(
                    """
                    EXISTS (
                        SELECT FROM account_move AS invoice
                         WHERE invoice.commercial_partner_id = won.partner_id
                           AND invoice.company_id = %s
                           AND invoice.move_type = 'out_invoice'
                           AND invoice.state = 'posted'
                           AND invoice.payment_state IN ('in_payment', 'paid')
                           AND invoice.amount_untaxed_signed > 0
                           AND (won.hunters_since IS NULL
                                OR invoice.invoice_date >= won.hunters_since)
                    )
                    """,
                    company.id,
                )
            case 'orders':
                return SQL(
                    """
                    (SELECT COUNT(*)
                       FROM sale_order AS bought
                      WHERE bought.commercial_partner_id = won.partner_id
                        AND bought.company_id = %s
                        AND bought.state = 'sale'
                        AND bought.amount_untaxed > 0
                        AND (won.hunters_since IS NULL
                             OR (bought.date_order AT TIME ZONE 'UTC' AT TIME ZONE %s)::date
                                >= won.hunters_since)
                    ) >= %s
                    """,
                    company.id,
                    company._growth_timezone(),
                    company.growth_handover_orders,
                )
            case 'days':
                return SQL(
                    "won.date <= %s", fields.Date.subtract(today, days=company.growth_handover_days)
                )
            case _:
                return SQL("TRUE")

    @api.model
    def _role_now_sql(self, company):
        """Role of a `seller` in the team of the sale, else the team's; without a team, that of all
        memberships in the company when they agree.

        :param res.company company:
        :rtype: SQL
        """
        return SQL(
            """
            COALESCE(
                (SELECT member.growth_role
                   FROM crm_team_member AS member
                  WHERE member.user_id = seller.user_id
                    AND member.crm_team_id = seller.team_id
                    AND member.active
                  LIMIT 1),
                (SELECT team.growth_role FROM crm_team AS team WHERE team.id = seller.team_id),
                (SELECT CASE WHEN COUNT(DISTINCT member.growth_role) = 1
                             THEN MIN(member.growth_role) END
                   FROM crm_team_member AS member
                   JOIN crm_team AS team ON team.id = member.crm_team_id AND team.active
                  WHERE member.user_id = seller.user_id
                    AND member.active
                    AND COALESCE(team.company_id, %(company)s) = %(company)s)
            )
            """,
            company=company.id,
        )

    @api.model
    def _cancel_unsold(self, company):
        """Cancel what the job opened for customers whose orders were cancelled meanwhile."""
        opened = self.sudo().search(
            [
                ('company_id', '=', company.id),
                ('state', 'in', OPEN_STATES),
                ('trigger', '!=', 'manual'),
            ]
        )
        prospects = self.env['growth.customer'].search(
            [
                ('company_id', '=', company.id),
                ('partner_id', 'in', opened.partner_id.ids),
                ('lifecycle', '=', 'prospect'),
            ]
        )
        opened.filtered(lambda handover: handover.partner_id in prospects.partner_id)._cancel()

    # ------------------------------------------------------------
    # REMINDING
    # ------------------------------------------------------------

    @api.model
    def _remind(self, company):
        """Tell the leaders of handovers that nobody accepted in time, once."""
        late = self.sudo().search(
            [
                ('company_id', '=', company.id),
                ('state', '=', 'offered'),
                ('deadline', '<', company._growth_day(fields.Datetime.now())),
                ('is_reminded', '=', False),
            ]
        )
        late._schedule_reminder()
        late.is_reminded = True
