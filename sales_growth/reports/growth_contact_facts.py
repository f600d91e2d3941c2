from odoo import api, fields, models
from odoo.tools import SQL


class GrowthContactReport(models.Model):
    """The contacts that were made."""

    _inherit = 'growth.contact.report'

    # ------------------------------------------------------------
    # ACTIVITIES AND MEETINGS
    # ------------------------------------------------------------

    @api.model
    def _select_activities(self):
        return SQL(
            """(
            SELECT %(id)s AS id,
                   COALESCE(type.growth_contact_kind, 'other') AS kind,
                   activity.user_id,
                   COALESCE(lead.team_id, sale.team_id, users.sale_team_id) AS team_id,
                   company.id AS company_id,
                   COALESCE(lead.partner_id, sale.partner_id, partner.id) AS partner_id,
                   %(date)s AS date,
                   0 AS planned,
                   1 AS done,
                   activity.res_model,
                   activity.res_id
              FROM mail_activity AS activity
              JOIN mail_activity_type AS type ON type.id = activity.activity_type_id
              JOIN res_users AS users ON users.id = activity.user_id
         LEFT JOIN crm_lead AS lead
                ON activity.res_model = 'crm.lead' AND lead.id = activity.res_id
         LEFT JOIN sale_order AS sale
                ON activity.res_model = 'sale.order' AND sale.id = activity.res_id
         LEFT JOIN res_partner AS partner
                ON activity.res_model = 'res.partner' AND partner.id = activity.res_id
               AND %(is_customer)s
              JOIN %(companies)s
                ON company.id = COALESCE(
                       lead.company_id, sale.company_id, partner.company_id, users.company_id
                   )
         LEFT JOIN calendar_event AS event
                ON event.id = activity.calendar_event_id AND event.active
             WHERE NOT activity.active
               AND activity.growth_date_done IS NOT NULL
               AND %(since)s
               AND %(is_asked)s
               AND type.growth_contact_kind IS DISTINCT FROM 'none'
               AND (lead.id IS NOT NULL OR sale.id IS NOT NULL OR partner.id IS NOT NULL)
               AND (NOT company.needs_result OR %(has_result)s)
               AND event.id IS NULL
            )""",
            id=self._get_id('activity', SQL("activity.id")),
            date=self._get_local_day(SQL("activity.growth_date_done")),
            since=self._get_since(SQL("activity.growth_date_done")),
            is_asked=self._is_asked('activity', SQL("activity.id")),
            is_customer=self._is_customer(),
            has_result=self._has_result(),
            companies=self._get_companies(),
        )

    @api.model
    def _select_meetings(self):
        # An event has no company and no team of its own.
        return SQL(
            """(
            SELECT host.id,
                   'meeting' AS kind,
                   host.user_id,
                   COALESCE(lead.team_id, sale.team_id, users.sale_team_id) AS team_id,
                   company.id AS company_id,
                   COALESCE(lead.partner_id, sale.partner_id, guest.partner_id) AS partner_id,
                   CASE WHEN event.allday THEN event.start_date ELSE %(date)s END AS date,
                   0 AS planned,
                   1 AS done,
                   'calendar.event' AS res_model,
                   event.id AS res_id
              FROM calendar_event AS event
              JOIN (%(hosts)s) AS host ON host.event_id = event.id
        CROSS JOIN LATERAL (%(guests)s) AS guest
        CROSS JOIN LATERAL (%(activities)s) AS activity
              JOIN res_users AS users ON users.id = host.user_id
         LEFT JOIN crm_lead AS lead
                ON lead.id = COALESCE(
                       event.opportunity_id,
                       CASE WHEN event.res_model = 'crm.lead' THEN event.res_id END
                   )
         LEFT JOIN sale_order AS sale
                ON event.res_model = 'sale.order' AND sale.id = event.res_id
              JOIN %(companies)s
                ON company.id = COALESCE(lead.company_id, sale.company_id, users.company_id)
             WHERE event.active
               AND event.stop < %(now)s
               AND %(since)s
               AND (lead.id IS NOT NULL OR sale.id IS NOT NULL OR guest.partner_id IS NOT NULL
                    OR activity.is_sales)
               AND (NOT company.needs_result OR COALESCE(activity.has_result, TRUE))
            )""",
            date=self._get_local_day(SQL("event.start")),
            since=self._get_since(SQL("event.start")),
            hosts=self._select_hosts(),
            guests=self._select_guests(),
            activities=self._select_meeting_activities(),
            companies=self._get_companies(),
            now=fields.Datetime.now(),
        )

    @api.model
    def _select_hosts(self):
        """Who of us was at a meeting: those who did not decline, or the organiser when none of us
        was invited."""
        return SQL(
            """
            SELECT attendee.event_id, %(attendee)s AS id, users.id AS user_id
              FROM calendar_attendee AS attendee
              JOIN res_users AS users ON users.partner_id = attendee.partner_id
             WHERE attendee.state IS DISTINCT FROM 'declined'
               AND NOT users.share
               AND NOT EXISTS (
                    SELECT 1
                      FROM res_users AS twin
                     WHERE twin.partner_id = users.partner_id
                       AND twin.id < users.id
                       AND NOT twin.share
               )
               AND %(is_attendee_asked)s
         UNION ALL
            SELECT meeting.id, %(organiser)s, meeting.user_id
              FROM calendar_event AS meeting
             WHERE meeting.user_id IS NOT NULL
               AND NOT EXISTS (
                    SELECT 1
                      FROM calendar_attendee AS attendee
                      JOIN res_users AS users ON users.partner_id = attendee.partner_id
                     WHERE attendee.event_id = meeting.id
                       AND NOT users.share
               )
               AND %(since)s
               AND %(is_organiser_asked)s
            """,
            attendee=self._get_id('attendee', SQL("attendee.id")),
            organiser=self._get_id('organiser', SQL("meeting.id")),
            since=self._get_since(SQL("meeting.start")),
            is_attendee_asked=self._is_asked('attendee', SQL("attendee.id")),
            is_organiser_asked=self._is_asked('organiser', SQL("meeting.id")),
        )

    @api.model
    def _select_guests(self):
        """One of the customers that the meeting `event` was with, or nothing."""
        return SQL(
            """
            SELECT MIN(partner.id) AS partner_id
              FROM (
                SELECT partner_id FROM calendar_attendee WHERE event_id = event.id
             UNION ALL
                SELECT event.res_id WHERE event.res_model = 'res.partner'
              ) AS present
              JOIN res_partner AS partner ON partner.id = present.partner_id
             WHERE %(is_customer)s
            """,
            is_customer=self._is_customer(),
        )

    @api.model
    def _select_meeting_activities(self):
        """Whether an activity that the meeting `event` was planned with has a result, which is
        nothing without activities, and whether it belongs to sales."""
        return SQL(
            """
            SELECT BOOL_OR(NOT activity.active AND %(has_result)s) AS has_result,
                   BOOL_OR(activity.res_model IN ('crm.lead', 'sale.order')
                           OR partner.id IS NOT NULL) AS is_sales
              FROM mail_activity AS activity
         LEFT JOIN res_partner AS partner
                ON activity.res_model = 'res.partner' AND partner.id = activity.res_id
               AND %(is_customer)s
             WHERE activity.calendar_event_id = event.id
            """,
            has_result=self._has_result(),
            is_customer=self._is_customer(),
        )

    # ------------------------------------------------------------
    # DOCUMENTS
    # ------------------------------------------------------------

    @api.model
    def _select_quotations(self):
        return self._select_sales('quotation', SQL("sale.growth_sent_date"), SQL("TRUE"))

    @api.model
    def _select_orders(self):
        return self._select_sales('order', SQL("sale.date_order"), SQL("sale.state = 'sale'"))

    @api.model
    def _select_sales(self, kind, moment, condition):
        """Orders, each as one contact.

        :param str kind: of the contact, and the source of its id
        :param SQL moment: when it was made; without one it was not
        :param SQL condition: which orders count
        :rtype: SQL
        """
        return SQL(
            """(
            SELECT %(id)s AS id, %(kind)s AS kind, sale.user_id, sale.team_id,
                   sale.company_id, sale.partner_id, %(date)s AS date, 0 AS planned, 1 AS done,
                   'sale.order' AS res_model, sale.id AS res_id
              FROM sale_order AS sale
              JOIN %(companies)s ON company.id = sale.company_id
             WHERE sale.user_id IS NOT NULL
               AND %(moment)s IS NOT NULL
               AND %(since)s
               AND %(is_asked)s
               AND %(condition)s
            )""",
            id=self._get_id(kind, SQL("sale.id")),
            kind=kind,
            date=self._get_local_day(moment),
            moment=moment,
            since=self._get_since(moment),
            is_asked=self._is_asked(kind, SQL("sale.id")),
            condition=condition,
            companies=self._get_companies(),
        )

    @api.model
    def _select_invoices(self):
        return SQL(
            """(
            SELECT %(id)s AS id, 'invoice' AS kind, move.invoice_user_id AS user_id, move.team_id,
                   move.company_id, move.partner_id, move.invoice_date AS date, 0 AS planned,
                   1 AS done, 'account.move' AS res_model, move.id AS res_id
              FROM account_move AS move
              JOIN %(companies)s ON company.id = move.company_id
             WHERE move.move_type = 'out_invoice'
               AND move.state = 'posted'
               AND move.invoice_user_id IS NOT NULL
               AND %(since)s
               AND %(is_asked)s
            )""",
            id=self._get_id('invoice', SQL("move.id")),
            is_asked=self._is_asked('invoice', SQL("move.id")),
            since=self._get_since(SQL("move.invoice_date")),
            companies=self._get_companies(),
        )

    @api.model
    def _select_payments(self):
        # An invoice whose last payment is recent has a recent one, and the last of the recent ones
        # is its last. Payments of journals that keep no outstanding entries match nothing.
        return SQL(
            """(
            SELECT %(id)s AS id, 'payment' AS kind, move.invoice_user_id AS user_id, move.team_id,
                   move.company_id, move.partner_id, paid.date, 0 AS planned, 1 AS done,
                   'account.move' AS res_model, move.id AS res_id
              FROM (
                SELECT move_id, MAX(date) AS date
                  FROM (
                    SELECT line.move_id, matching.max_date AS date
                      FROM account_partial_reconcile AS matching
                      JOIN account_move_line AS line ON line.id = matching.debit_move_id
                     WHERE line.display_type = 'payment_term'
                       AND %(since_matching)s
                       AND %(is_line_asked)s
                 UNION ALL
                    SELECT link.invoice_id, payment.date
                      FROM account_payment AS payment
                      JOIN account_move__account_payment AS link ON link.payment_id = payment.id
                     WHERE payment.move_id IS NULL
                       AND payment.state IN ('in_process', 'paid')
                       AND %(since_payment)s
                       AND %(is_link_asked)s
                  ) AS part
              GROUP BY move_id
              ) AS paid
              JOIN account_move AS move ON move.id = paid.move_id
              JOIN %(companies)s ON company.id = move.company_id
             WHERE move.move_type = 'out_invoice'
               AND move.state = 'posted'
               AND move.payment_state IN ('in_payment', 'paid')
               AND move.invoice_user_id IS NOT NULL
            )""",
            id=self._get_id('payment', SQL("move.id")),
            since_matching=self._get_since(SQL("matching.max_date")),
            since_payment=self._get_since(SQL("payment.date")),
            is_line_asked=self._is_asked('payment', SQL("line.move_id")),
            is_link_asked=self._is_asked('payment', SQL("link.invoice_id")),
            companies=self._get_companies(),
        )

    # ------------------------------------------------------------
    # CONDITIONS
    # ------------------------------------------------------------

    @api.model
    def _has_result(self):
        return SQL("COALESCE(BTRIM(activity.feedback, E' \\t\\r\\n'), '') <> ''")

    @api.model
    def _is_customer(self):
        """Whether the contact `partner` is somebody from outside who does not only sell to us."""
        return SQL(
            """(
            partner.partner_share
            AND (partner.customer_rank > 0 OR COALESCE(partner.supplier_rank, 0) = 0)
            AND partner.commercial_partner_id NOT IN (SELECT partner_id FROM res_company)
            )"""
        )
