from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class GrowthFunnelEvent(models.Model):
    """How the events of the time before anybody watched are found: in the stage tracking, orders,
    invoices and done activities that Odoo kept."""

    _inherit = 'growth.funnel.event'

    @api.model
    def _backfill(self, funnels=None):
        """Write down the steps that leads passed before anybody watched, marked as estimated. Run
        at install and upgrade and by hand; running it again changes nothing.

        :param growth.funnel funnels: all when omitted
        :return: number of events written
        :rtype: int
        """
        if funnels is None:
            funnels = self.env['growth.funnel'].sudo().search(Domain.TRUE)
        self.env.flush_all()
        # The statements below are many small lookups: compiling them costs more than it brings.
        self.env.cr.execute(SQL("SET LOCAL jit = off"))
        count = 0
        if funnels:
            self._stage_places(funnels)
            self._stage_path(funnels)
            self._stage_reached()
            self._stage_owners()
            count = self._insert_found()
        self._fill_losses()
        self.invalidate_model()
        self.env['crm.lead']._growth_stand_again()
        return count

    @api.model
    def _stage(self, table, select):
        """Keep the rows of a query until the end of the transaction.

        :param str table: name
        :param SQL select:
        """
        identifier = SQL.identifier(table)
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", identifier))
        self.env.cr.execute(
            SQL("CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s", identifier, select)
        )
        self.env.cr.execute(SQL("ANALYZE %s", identifier))

    @api.model
    def _stage_places(self, funnels):
        """The leads of the funnels, with the day on which each came."""
        companies = funnels.company_id
        self._stage(
            'growth_backfill_lead',
            SQL(
                """
            SELECT lead.id AS lead_id, place.funnel_id, place.company_id, zone.name AS zone,
                   (lead.create_date AT TIME ZONE 'UTC' AT TIME ZONE zone.name)::date AS day
              FROM (%(places)s) AS place
              JOIN crm_lead AS lead ON lead.id = place.lead_id
              JOIN %(zones)s ON zone.company_id = place.company_id
             WHERE place.funnel_id = ANY(%(funnels)s)
            """,
                places=self.env['crm.lead']._growth_places(),
                zones=companies._growth_zones(),
                funnels=funnels.ids,
            ),
        )
        self.env.cr.execute(SQL("CREATE UNIQUE INDEX ON growth_backfill_lead (lead_id)"))

    @api.model
    def _stage_path(self, funnels):
        """The steps of the funnels by rank, and the rank that each stage and type stands for."""
        self._stage(
            'growth_backfill_path',
            SQL(
                """
            SELECT id AS step_id, funnel_id, quotation_sent, order_confirmed, invoice_paid,
                   ROW_NUMBER() OVER (PARTITION BY funnel_id ORDER BY sequence, id) AS rank
              FROM growth_funnel_step
             WHERE active AND funnel_id = ANY(%s)
            """,
                funnels.ids,
            ),
        )
        self._stage_triggers('growth_backfill_stage', funnels, 'index_by_stage')
        self._stage_triggers('growth_backfill_activity', funnels, 'index_by_activity_type')

    @api.model
    def _stage_triggers(self, table, funnels, fname):
        """The rank that each record of a trigger stands for.

        :param str fname: of FunnelPath
        """
        paths = self.env['growth.funnel']._get_paths().values()
        ids = set(funnels.ids)
        rows = [
            SQL("(%s, %s, %s)", path.funnel_id, record_id, index + 1)
            for path in paths
            if path.funnel_id in ids
            for record_id, index in getattr(path, fname).items()
            if index >= 0
        ]
        self._stage(
            table,
            SQL(
                "SELECT * FROM (VALUES %s) AS trigger (funnel_id, record_id, rank)",
                SQL(", ").join(rows or [SQL("(NULL::int4, NULL::int4, NULL::int4)")]),
            ),
        )

    @api.model
    def _stage_reached(self):
        """Each moment at which a lead reached a rank of its funnel."""
        sources = (
            self._reached_by_stages(),
            self._reached_by_activities(),
            self._reached_by_orders(),
            self._reached_by_invoices(),
            self._reached_by_events(),
        )
        self._stage('growth_backfill_reached', SQL(" UNION ALL ").join(sources))

    @api.model
    def _reached_by_stages(self):
        """Stages that Odoo tracked. It tracks no first stage: that is where the first change came
        from. Leads that were moved without a trace are where they are now."""
        stage_field = self.env['ir.model.fields']._get('crm.lead', 'stage_id').id
        return SQL(
            """(
            WITH change AS (
                SELECT message.res_id AS lead_id, message.date, message.create_uid AS author_id,
                       tracking.old_value_integer AS old_id, tracking.new_value_integer AS new_id,
                       ROW_NUMBER() OVER (
                           PARTITION BY message.res_id ORDER BY message.date, tracking.id
                       ) AS number
                  FROM mail_tracking_value AS tracking
                  JOIN mail_message AS message ON message.id = tracking.mail_message_id
                 WHERE message.model = 'crm.lead' AND tracking.field_id = %(stage_field)s
            ), stay AS (
                SELECT lead_id, date, author_id, new_id AS stage_id FROM change
             UNION ALL
                SELECT change.lead_id, lead.create_date, lead.create_uid, change.old_id
                  FROM change
                  JOIN crm_lead AS lead ON lead.id = change.lead_id
                 WHERE change.number = 1
             UNION ALL
                SELECT lead.id, COALESCE(lead.date_last_stage_update, lead.create_date), NULL,
                       lead.stage_id
                  FROM crm_lead AS lead
                 WHERE NOT EXISTS (
                    SELECT 1 FROM change
                     WHERE change.lead_id = lead.id AND change.new_id = lead.stage_id
                 )
            )
            SELECT stay.lead_id, place.funnel_id, trigger.rank, stay.date, stay.author_id,
                   stay.stage_id, NULL::numeric AS value
              FROM stay
              JOIN growth_backfill_lead AS place ON place.lead_id = stay.lead_id
              JOIN growth_backfill_stage AS trigger
                ON trigger.funnel_id = place.funnel_id AND trigger.record_id = stay.stage_id
            )""",
            stage_field=stage_field,
        )

    @api.model
    def _reached_by_activities(self):
        """Activities with a result. Of their day, which is one of UTC, the middle is nearest."""
        return SQL(
            """(
            SELECT place.lead_id, place.funnel_id, trigger.rank,
                   GREATEST(activity.date_done + TIME '12:00', lead.create_date) AS date,
                   activity.user_id AS author_id, NULL::int4 AS stage_id, NULL::numeric AS value
              FROM mail_activity AS activity
              JOIN growth_backfill_lead AS place ON place.lead_id = activity.res_id
              JOIN crm_lead AS lead ON lead.id = place.lead_id
              JOIN growth_backfill_activity AS trigger
                ON trigger.funnel_id = place.funnel_id
               AND trigger.record_id = activity.activity_type_id
             WHERE activity.res_model = 'crm.lead'
               AND activity.date_done IS NOT NULL
               AND activity.active IS FALSE
               AND TRIM(activity.feedback) <> ''
            )"""
        )

    @api.model
    def _reached_by_orders(self):
        """Quotations sent, of which only the day they were made is known, and orders."""
        return SQL(
            """(
            SELECT place.lead_id, place.funnel_id, path.rank,
                   CASE WHEN path.order_confirmed AND sale.state = 'sale' THEN sale.date_order
                        ELSE sale.create_date END AS date,
                   sale.user_id AS author_id, NULL::int4 AS stage_id,
                   sale.amount_untaxed / COALESCE(NULLIF(sale.currency_rate, 0), 1) AS value
              FROM sale_order AS sale
              JOIN growth_backfill_lead AS place ON place.lead_id = sale.opportunity_id
              JOIN growth_backfill_path AS path ON path.funnel_id = place.funnel_id
             WHERE path.order_confirmed AND sale.state = 'sale'
                OR path.quotation_sent AND sale.state IN ('sent', 'sale')
            )"""
        )

    @api.model
    def _reached_by_invoices(self):
        """Invoices that are paid, at noon of the day in the company's time zone."""
        return SQL(
            """(
            SELECT place.lead_id, place.funnel_id, path.rank,
                   (GREATEST(payment.day, move.invoice_date) + TIME '12:00')
                   AT TIME ZONE place.zone AT TIME ZONE 'UTC' AS date,
                   move.invoice_user_id AS author_id, NULL::int4 AS stage_id,
                   move.amount_untaxed_signed AS value
              FROM account_move AS move
              JOIN (
                SELECT DISTINCT line.move_id, sale.opportunity_id
                  FROM account_move_line AS line
                  JOIN sale_order_line_invoice_rel AS billed ON billed.invoice_line_id = line.id
                  JOIN sale_order_line AS sale_line ON sale_line.id = billed.order_line_id
                  JOIN sale_order AS sale ON sale.id = sale_line.order_id
                 WHERE sale.opportunity_id IS NOT NULL
              ) AS link ON link.move_id = move.id
              JOIN growth_backfill_lead AS place ON place.lead_id = link.opportunity_id
              JOIN growth_backfill_path AS path ON path.funnel_id = place.funnel_id
         LEFT JOIN LATERAL (
                SELECT MAX(matching.max_date) AS day
                  FROM account_partial_reconcile AS matching
                  JOIN account_move_line AS line ON line.id = matching.debit_move_id
                 WHERE line.move_id = move.id
              ) AS payment ON TRUE
             WHERE path.invoice_paid
               AND move.move_type = 'out_invoice'
               AND move.state = 'posted'
               AND move.payment_state IN ('in_payment', 'paid')
            )"""
        )

    @api.model
    def _reached_by_events(self):
        """Steps that were seen to be passed: those before them were, too."""
        return SQL(
            """(
            SELECT event.lead_id, path.funnel_id, path.rank, event.date, event.author_id,
                   event.stage_id, event.value
              FROM growth_funnel_event AS event
              JOIN growth_backfill_path AS path ON path.step_id = event.step_id
              JOIN growth_backfill_lead AS place
                ON place.lead_id = event.lead_id AND place.funnel_id = path.funnel_id
            )"""
        )

    @api.model
    def _stage_owners(self):
        """Each tracked change of the salesperson or team of leads: who had the lead before."""
        get_field = self.env['ir.model.fields']._get
        for table, fname in (
            ('growth_backfill_user', 'user_id'),
            ('growth_backfill_team', 'team_id'),
        ):
            self._stage(
                table,
                SQL(
                    """
                SELECT message.res_id AS lead_id, message.date, tracking.id,
                       NULLIF(tracking.old_value_integer, 0) AS record_id
                  FROM mail_tracking_value AS tracking
                  JOIN mail_message AS message ON message.id = tracking.mail_message_id
                  JOIN growth_backfill_lead AS place ON place.lead_id = message.res_id
                 WHERE message.model = 'crm.lead' AND tracking.field_id = %s
                """,
                    get_field('crm.lead', fname).id,
                ),
            )
            self.env.cr.execute(
                SQL("CREATE INDEX ON %s (lead_id, date, id)", SQL.identifier(table))
            )

    @api.model
    def _insert_found(self):
        """Write the first moment at which each lead reached each step or a later one.

        :return: number of events written
        :rtype: int
        """
        self.env.cr.execute(
            SQL(
                """
            WITH first AS (
                SELECT DISTINCT ON (reached.lead_id, path.rank)
                       reached.lead_id, path.step_id, path.rank, reached.date,
                       reached.author_id, reached.stage_id, reached.value
                  FROM growth_backfill_reached AS reached
                  JOIN growth_backfill_path AS path
                    ON path.funnel_id = reached.funnel_id AND path.rank <= reached.rank
              ORDER BY reached.lead_id, path.rank, reached.date, reached.rank
            ), dated AS (
                SELECT first.*, place.company_id, place.day AS lead_day,
                       (first.date AT TIME ZONE 'UTC' AT TIME ZONE place.zone)::date AS day
                  FROM first
                  JOIN growth_backfill_lead AS place ON place.lead_id = first.lead_id
            ), entered AS (
                SELECT dated.*,
                       LEAST(dated.day, COALESCE(
                           LAG(dated.day) OVER (PARTITION BY dated.lead_id ORDER BY dated.rank),
                           dated.lead_day
                       )) AS entry_day
                  FROM dated
            )
            INSERT INTO growth_funnel_event (
                lead_id, step_id, company_id, team_id, user_id, author_id, date, day, entry_day,
                days, stage_id, stage_name, stage_sequence, source_id, segment_id, customer_kind,
                currency_id, value, is_estimated, is_taken_over
            )
            SELECT lead.id, entered.step_id, entered.company_id,
                   CASE WHEN team.lead_id IS NULL THEN lead.team_id ELSE old_team.id END,
                   CASE WHEN owner.lead_id IS NULL THEN lead.user_id ELSE old_user.id END,
                   author.id, entered.date, entered.day, entered.entry_day,
                   entered.day - entered.entry_day, stage.id,
                   COALESCE(stage.name->>%(lang)s, stage.name->>'en_US'), stage.sequence,
                   lead.source_id, customer.segment_id,
                   CASE WHEN customer.first_order_date < lead.create_date::date THEN 'repeat'
                        ELSE 'new' END,
                   company.currency_id, COALESCE(entered.value, lead.expected_revenue), TRUE, FALSE
              FROM entered
              JOIN crm_lead AS lead ON lead.id = entered.lead_id
              JOIN res_company AS company ON company.id = entered.company_id
         LEFT JOIN LATERAL (
                SELECT change.* FROM growth_backfill_user AS change
                 WHERE change.lead_id = lead.id AND change.date > entered.date
              ORDER BY change.date, change.id LIMIT 1
              ) AS owner ON TRUE
         LEFT JOIN res_users AS old_user ON old_user.id = owner.record_id
         LEFT JOIN LATERAL (
                SELECT change.* FROM growth_backfill_team AS change
                 WHERE change.lead_id = lead.id AND change.date > entered.date
              ORDER BY change.date, change.id LIMIT 1
              ) AS team ON TRUE
         LEFT JOIN crm_team AS old_team ON old_team.id = team.record_id
         LEFT JOIN res_users AS author ON author.id = entered.author_id
         LEFT JOIN crm_stage AS stage ON stage.id = COALESCE(entered.stage_id, lead.stage_id)
         LEFT JOIN res_partner AS contact ON contact.id = lead.partner_id
         LEFT JOIN growth_customer AS customer
                ON customer.company_id = entered.company_id
               AND customer.partner_id = contact.commercial_partner_id
          ORDER BY entered.date, lead.id, entered.rank
            ON CONFLICT DO NOTHING
            """,
                lang=self.env.lang or 'en_US',
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _fill_losses(self):
        """Take from the refusals whose loss leads are."""
        self.env.cr.execute(
            SQL(
                """
            UPDATE crm_lead AS lead
               SET growth_lost_user_id = refusal.user_id,
                   growth_lost_team_id = refusal.team_id,
                   growth_lost_date = refusal.day
              FROM (
                SELECT DISTINCT ON (lead_id) lead_id, user_id, team_id, day
                  FROM growth_refusal
                 WHERE outcome = 'open' AND lead_id IS NOT NULL
              ORDER BY lead_id, date DESC, id DESC
              ) AS refusal
             WHERE refusal.lead_id = lead.id
               AND lead.won_status = 'lost'
               AND lead.growth_lost_date IS NULL
            """
            )
        )
        self.env['crm.lead'].invalidate_model()
