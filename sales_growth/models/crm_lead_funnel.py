from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

# What decides which funnel a lead is in and which step it has reached
WATCHED_FIELDS = {'company_id', 'stage_id', 'team_id', 'type', 'user_id'}
STANDING_FIELDS = {
    'growth_lost_date',
    'growth_lost_team_id',
    'growth_lost_user_id',
    'growth_step_date',
    'growth_step_id',
}


class CrmLead(models.Model):
    """Where a lead stands in the funnel, and what tells the log that it moved on."""

    _inherit = 'crm.lead'

    growth_step_id = fields.Many2one(
        comodel_name='growth.funnel.step',
        string="Funnel Step",
        index='btree_not_null',
        ondelete='set null',
        copy=False,
        readonly=True,
        help="The step that the lead has to pass next. Empty when it has passed all.",
    )
    growth_step_date = fields.Date(
        string="In Step Since",
        copy=False,
        readonly=True,
        help="Day on which the step before was passed, or the lead was created.",
    )
    # Whose loss it was: a lost lead may be given to somebody else later.
    growth_lost_user_id = fields.Many2one(
        comodel_name='res.users',
        string="Lost by Salesperson",
        index='btree_not_null',
        ondelete='set null',
        copy=False,
        readonly=True,
    )
    growth_lost_team_id = fields.Many2one(
        comodel_name='crm.team',
        string="Lost by Team",
        index='btree_not_null',
        ondelete='set null',
        copy=False,
        readonly=True,
    )
    growth_lost_date = fields.Date(string="Lost On", copy=False, readonly=True)

    _growth_step_date_idx = models.Index("(growth_step_date) WHERE growth_step_id IS NOT NULL")

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_standing_fields(vals)
        # Nor do defaults of the caller say it.
        nowhere = dict.fromkeys(STANDING_FIELDS, False)
        leads = super().create([{**vals, **nowhere} for vals in vals_list])
        leads._growth_follow_stage()
        return leads

    def write(self, vals):
        self._check_standing_fields(vals)
        result = super().write(vals)
        if WATCHED_FIELDS & vals.keys():
            self._growth_follow_stage(is_taken_over='stage_id' not in vals)
        return result

    def _check_standing_fields(self, vals):
        if STANDING_FIELDS & vals.keys():
            raise UserError(
                self.env._("Where a lead stands in the funnel follows from what happens with it.")
            )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_funnel_events(self):
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_funnel_event_action'
        )
        return {**action, 'domain': [('lead_id', 'in', self.ids)]}

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        result = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)

        def is_now(lead, status):
            return new_status_by_lead.get(lead.id, {}).get(status, False)

        def was(lead, status):
            return old_status_by_lead.get(lead.id, {}).get(status, False)

        changed = self.filtered(lambda lead: was(lead, 'is_lost') != is_now(lead, 'is_lost'))
        changed._growth_keep_loss()
        # A stage may become a won one under the leads that are in it.
        won = self.filtered(lambda lead: is_now(lead, 'is_won') and not was(lead, 'is_won'))
        won.filtered('growth_step_id')._growth_follow_stage()
        return result

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        self.env['growth.funnel.event']._merge(opportunities, self)
        self.env['crm.lead']._growth_stand_again(leads=self)
        return result

    # ------------------------------------------------------------
    # BUSINESS: TRIGGERS
    # ------------------------------------------------------------

    def _growth_follow_stage(self, is_taken_over=False):
        """Write down the steps that the stages of leads stand for.

        :param bool is_taken_over: the stage is no news, another funnel looks at it now
        """
        self._growth_reach(
            lambda path, lead: path.index_by_stage.get(lead.stage_id.id, -1),
            is_taken_over=is_taken_over,
        )

    def _growth_follow_activities(self, activity_types):
        """Write down the steps that activities stand for.

        :param dict[int, set[int]] activity_types: of what was done, by lead
        """
        self._growth_reach(
            lambda path, lead: max(
                path.index_by_activity_type.get(activity_type, -1)
                for activity_type in activity_types[lead.id]
            )
        )

    def _growth_reach(self, get_index, values=None, is_taken_over=False):
        """Write down that leads reached a step, and all before it.

        :param get_index: takes a FunnelPath and a lead; index of the last step that is reached, or
            -1
        :param dict values: amounts in the currency of the funnel's company by lead, where a
            document tells them
        :param bool is_taken_over: nothing was reached now: a funnel finds the leads where they are
        """
        if not self:
            return
        # The standing is kept for everybody, whatever the rights of who moves a lead.
        leads = self.sudo()
        paths = leads._growth_get_paths()
        passed = leads._growth_count_passed(paths)
        today = leads._growth_get_today(paths)
        reached = {}
        for lead in leads:
            if path := paths[lead]:
                index = get_index(path, lead)
                if index >= passed[lead]:
                    reached[lead] = path.step_ids[passed[lead] : index + 1]
        events = leads._growth_prepare_events(reached, paths, today, values or {}, is_taken_over)
        standing = {}
        for lead in leads:
            path = paths[lead]
            step_ids = path.step_ids[passed[lead] + len(reached.get(lead, ())) :] if path else ()
            step_id = step_ids[0] if step_ids else False
            if step_id != lead.growth_step_id.id:
                standing.setdefault(
                    (step_id, today[path.company_id][0] if path else False), []
                ).append(lead.id)
        for (step_id, day), ids in standing.items():
            leads.browse(ids)._growth_stand(step_id, day)
        if events:
            # The lead before its events: who moves it at the same time then waits for this one and
            # tries again, where two events of one step would be an error.
            leads.flush_recordset()
            self.env['growth.funnel.event'].sudo().create(events)

    def _growth_get_paths(self):
        """The funnel of each lead.

        :rtype: dict[crm.lead, FunnelPath | None]
        """
        paths = self.env['growth.funnel']._get_paths()
        result = {}
        for lead in self:
            company = lead._growth_get_company().id
            result[lead] = paths.get((company, lead.team_id.id)) or paths.get((company, False))
        return result

    def _growth_get_company(self):
        """The company whose funnel the lead is in: its own, else that of its people.

        :rtype: res.company
        """
        self.ensure_one()
        return (
            self.company_id
            or self.team_id.company_id
            or self.user_id.company_id
            or self.growth_step_id.company_id
            or self.env.company
        )

    def _growth_count_passed(self, paths):
        """How many steps of its funnel each lead has passed.

        :rtype: dict[crm.lead, int]
        """
        counts = {}
        for lead in self:
            step_id = lead.growth_step_id.id
            path = paths[lead]
            if path and step_id in path.step_ids:
                counts[lead] = path.step_ids.index(step_id)
        if others := self.filtered(lambda lead: lead not in counts):
            passed = (
                self.env['growth.funnel.event']
                .sudo()
                ._read_group([('lead_id', 'in', others.ids)], ['lead_id'], ['step_id:array_agg'])
            )
            events = {lead.id: set(step_ids) for lead, step_ids in passed}
            for lead in others:
                counts[lead] = max(
                    (
                        index + 1
                        for index, step_id in enumerate(paths[lead].step_ids if paths[lead] else ())
                        if step_id in events.get(lead.id, ())
                    ),
                    default=0,
                )
        return counts

    @api.model
    def _growth_get_today(self, paths):
        """The present day of each funnel, in its company's time zone, and the company's currency.

        :param dict paths: of `_growth_get_paths`
        :return: day and id of the currency by id of the company
        :rtype: dict[int, tuple[date, int]]
        """
        now = fields.Datetime.now()
        companies = self.env['res.company'].browse(
            {path.company_id for path in paths.values() if path}
        )
        return {
            company_id: (
                fields.Datetime.context_timestamp(self.with_context(tz=zone), now).date(),
                currency_id,
            )
            for company_id, zone, currency_id in companies._growth_read_zones()
        }

    def _growth_prepare_events(self, reached, paths, today, values, is_taken_over):
        """
        :param dict reached: ids of the steps that each lead passes now, in order
        :param dict paths: of `_growth_get_paths`
        :param dict today: of `_growth_get_today`
        :param dict values: amounts by lead
        :param bool is_taken_over: see `_growth_reach`
        :return: values of the events
        :rtype: list[dict]
        """
        if not reached:
            return []
        now = fields.Datetime.now()
        companies = self.env['res.company'].browse(today)
        leads = self.browse(lead.id for lead in reached).with_context(prefetch_fields=False)
        customers = self.env['growth.customer']._get_hub(leads.partner_id, companies)
        vals_list = []
        for lead, step_ids in reached.items():
            company_id = paths[lead].company_id
            day, currency_id = today[company_id]
            customer = customers.get((company_id, lead.partner_id.commercial_partner_id.id))
            first_order = customer and customer.first_order_date
            shared = {
                'lead_id': lead.id,
                'company_id': company_id,
                'team_id': lead.team_id.id,
                'user_id': lead.user_id.id,
                'author_id': self.env.uid,
                'date': now,
                'day': day,
                'stage_id': lead.stage_id.id,
                'stage_name': lead.stage_id.name,
                'stage_sequence': lead.stage_id.sequence,
                'source_id': lead.source_id.id,
                'segment_id': customer and customer.segment_id.id,
                'customer_kind': (
                    'repeat' if first_order and first_order < lead.create_date.date() else 'new'
                ),
                'currency_id': currency_id,
                'value': values.get(lead, lead.expected_revenue),
                'is_estimated': bool(self.env.context.get('import_file')),
                'is_taken_over': is_taken_over,
            }
            # Who comes from another funnel comes today.
            is_here = lead.growth_step_id.id in paths[lead].step_ids
            entry_day = lead.growth_step_date if is_here else None
            for step_id in step_ids:
                entry_day = min(entry_day or day, day)
                vals_list.append(
                    {
                        **shared,
                        'step_id': step_id,
                        'entry_day': entry_day,
                        'days': (day - entry_day).days,
                    }
                )
                entry_day = day
        return vals_list

    # ------------------------------------------------------------
    # BUSINESS: STANDING
    # ------------------------------------------------------------

    def _growth_stand(self, step_id, day):
        """Let leads stand before a step since a day. The field is written like a computed one: it
        goes to the database with the change that moved the lead, without a write of its own.

        :param int | bool step_id: False when there is nothing to pass any more
        :param date day:
        """
        names = ('growth_step_id', 'growth_step_date')
        with self.env.protecting([self._fields[name] for name in names], self):
            self.growth_step_id = step_id
            self.growth_step_date = step_id and day

    def _growth_keep_loss(self):
        """Remember whose loss leads are that became lost; forget it for those that came back."""
        names = ('growth_lost_user_id', 'growth_lost_team_id', 'growth_lost_date')
        now = fields.Datetime.now()
        is_imported = self.env.context.get('import_file')
        leads = self.sudo()
        with self.env.protecting([self._fields[name] for name in names], leads):
            for lead in leads:
                is_lost = lead.won_status == 'lost'
                moment = lead.date_closed if is_imported and lead.date_closed else now
                lead.growth_lost_user_id = is_lost and lead.user_id
                lead.growth_lost_team_id = is_lost and lead.team_id
                lead.growth_lost_date = is_lost and lead._growth_get_company()._growth_day(moment)

    @api.model
    def _growth_stand_again(self, companies=None, leads=None):
        """Find out from the events where leads stand, after a change of the funnel or of their
        events. Of all leads, those that stand where they stood keep their day: they may have come
        from another funnel.

        :param res.company companies: whose leads, all companies when omitted
        :param crm.lead leads: only these
        """
        self.env.flush_all()
        chosen = SQL("lead.id = ANY(%s)", leads.ids) if leads is not None else SQL("TRUE")
        chosen_events = (
            SQL("event.lead_id = ANY(%s)", leads.ids) if leads is not None else SQL("TRUE")
        )
        companies = companies or self.env['res.company'].sudo().search(Domain.TRUE)
        self.env.cr.execute(
            SQL(
                """
            WITH path AS (
                SELECT step.id, step.funnel_id,
                       ROW_NUMBER() OVER (
                           PARTITION BY step.funnel_id ORDER BY step.sequence, step.id
                       ) AS rank
                  FROM growth_funnel_step AS step
                 WHERE step.active
            ), passed AS (
                SELECT event.lead_id, path.funnel_id, MAX(path.rank) AS rank, MAX(event.day) AS day
                  FROM growth_funnel_event AS event
                  JOIN path ON path.id = event.step_id
                 WHERE %(chosen_events)s
              GROUP BY event.lead_id, path.funnel_id
            ), standing AS (
                SELECT lead.id, lead.growth_step_id, lead.growth_step_date, next.id AS step_id,
                       CASE WHEN next.id IS NOT NULL THEN COALESCE(
                           passed.day,
                           (lead.create_date AT TIME ZONE 'UTC' AT TIME ZONE zone.name)::date
                       ) END AS date
                  FROM (%(leads)s) AS place
                  JOIN crm_lead AS lead ON lead.id = place.lead_id
                  JOIN %(zones)s ON zone.company_id = place.company_id
             LEFT JOIN passed ON passed.lead_id = lead.id AND passed.funnel_id = place.funnel_id
             LEFT JOIN path AS next
                    ON next.funnel_id = place.funnel_id
                   AND next.rank = COALESCE(passed.rank, 0) + 1
                 WHERE %(chosen)s
            ), changed AS MATERIALIZED (
                -- On its own, so that leads which stand right are not looked up once more.
                SELECT * FROM standing
                 WHERE growth_step_id IS DISTINCT FROM step_id
                    OR %(with_day)s AND growth_step_date IS DISTINCT FROM date
            )
            UPDATE crm_lead AS lead
               SET growth_step_id = changed.step_id,
                   growth_step_date = changed.date
              FROM changed
             WHERE changed.id = lead.id
            """,
                with_day=leads is not None,
                chosen=chosen,
                chosen_events=chosen_events,
                leads=self._growth_places(),
                zones=companies._growth_zones(),
            )
        )
        self.invalidate_model(['growth_step_id', 'growth_step_date'])

    @api.model
    def _growth_places(self):
        """The company and the funnel that each lead belongs to, as `_growth_get_paths` finds them.

        :return: query with columns `lead_id`, `company_id`, `funnel_id` (may be null)
        :rtype: SQL
        """
        return SQL(
            """
            SELECT lead.id AS lead_id, place.company_id,
                   COALESCE(own.id, general.id) AS funnel_id
              FROM crm_lead AS lead
         LEFT JOIN crm_team AS team ON team.id = lead.team_id
         LEFT JOIN res_users AS seller ON seller.id = lead.user_id
         LEFT JOIN growth_funnel_step AS standing ON standing.id = lead.growth_step_id
              JOIN LATERAL (
                SELECT COALESCE(
                    lead.company_id, team.company_id, seller.company_id, standing.company_id,
                    %(company)s
                ) AS company_id
              ) AS place ON TRUE
         LEFT JOIN growth_funnel AS own
                ON own.active
               AND own.company_id = place.company_id
               AND own.team_id = lead.team_id
         LEFT JOIN growth_funnel AS general
                ON general.active
               AND general.company_id = place.company_id
               AND general.team_id IS NULL
            """,
            company=self.env.company.id,
        )
