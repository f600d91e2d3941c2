from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_date, plaintext2html

FOLLOW_UP_STATES = [
    ('none', "None"),
    ('waiting', "Waiting"),
    ('planned', "Planned"),
    ('stopped', "Stopped"),
]
STOP_REASONS = [
    ('reopened', "The lead is open again"),
    ('rule', "The reason has no follow-up"),
    ('bought', "The customer bought"),
    ('blacklisted', "The address is blacklisted"),
    ('no_contact', "The customer asked not to be contacted"),
    ('merged', "Followed up with the lead it was merged into"),
    ('no_record', "Neither lead nor customer is left"),
    ('no_user', "Nobody is left to do it"),
]
BATCH = 500
# Table of a blacklist, its column, and the column of leads and contacts.
BLACKLISTS = [
    ('mail_blacklist', 'email', 'email_normalized'),
    ('phone_blacklist', 'number', 'phone_sanitized'),
]


class GrowthRefusal(models.Model):
    _inherit = 'growth.refusal'

    follow_up_state = fields.Selection(
        selection=FOLLOW_UP_STATES,
        string="Follow-up",
        required=True,
        default='none',
        readonly=True,
        help="Planned: the activity was made; what became of it, the activity tells.",
    )
    follow_up_date = fields.Date(
        string="Follow Up On",
        readonly=True,
        help="Earliest day of the follow-up; not more than the settings allow are planned for a "
        "salesperson a day.",
    )
    follow_up_stop = fields.Selection(
        selection=STOP_REASONS, string="Why Not Followed Up", readonly=True
    )
    follow_up_planned_on = fields.Date(readonly=True)
    follow_up_user_id = fields.Many2one(
        comodel_name='res.users', string="Followed Up By", ondelete='set null', readonly=True
    )
    follow_up_activity_id = fields.Many2one(
        comodel_name='mail.activity',
        index='btree_not_null',
        ondelete='set null',
        readonly=True,
        export_string_translation=False,
    )

    _follow_up_date_idx = models.Index(
        "(company_id, follow_up_date) WHERE follow_up_state = 'waiting'"
    )
    _follow_up_planned_idx = models.Index(
        "(company_id, follow_up_planned_on) WHERE follow_up_planned_on IS NOT NULL"
    )

    # ------------------------------------------------------------
    # BUSINESS: ONE REFUSAL
    # ------------------------------------------------------------

    @api.model
    def _prepare_follow_up(self, reason, day, is_estimated=False):
        """Values of the follow-up of a refusal: planned anew, nothing done yet.

        :param crm.lost.reason reason:
        :param date day: of the refusal
        :param bool is_estimated: what was lost long ago starts nothing
        :rtype: dict
        """
        follow_up_date = not is_estimated and reason._get_follow_up_date(day)
        return {
            'follow_up_state': 'waiting' if follow_up_date else 'none',
            'follow_up_date': follow_up_date,
            'follow_up_stop': False,
        }

    @api.model
    def _give_back_follow_ups(self, leads):
        """Let the follow-ups wait again whose activity goes with leads that are deleted now: they
        are for the customer then."""
        refusals = self.sudo().search(
            [
                ('lead_id', 'in', leads.ids),
                ('outcome', '=', 'open'),
                ('follow_up_activity_id.active', '=', True),
            ]
        )
        refusals.write({'follow_up_state': 'waiting', 'follow_up_activity_id': False})

    def _stop_follow_up(self, stop_reason):
        """End the follow-ups that wait."""
        self.filtered(lambda refusal: refusal.follow_up_state == 'waiting').write(
            {'follow_up_state': 'stopped', 'follow_up_stop': stop_reason}
        )

    def _restart_follow_up(self):
        """Follow up by the rule of the reason that was stated now; what the former reason asked
        for is done with."""
        for refusal in self:
            activity = refusal.follow_up_activity_id
            if activity.active:
                activity.action_feedback(
                    feedback=self.env._("The real reason: %s", refusal.reason_id.name)
                )
            if refusal.outcome == 'open' and refusal.follow_up_stop != 'merged':
                refusal.write(
                    {
                        **self._prepare_follow_up(
                            refusal.reason_id, refusal.day, refusal.is_estimated
                        ),
                        'follow_up_activity_id': False,
                    }
                )

    # ------------------------------------------------------------
    # BUSINESS: SCHEDULED JOB
    # ------------------------------------------------------------

    @api.model
    def _cron_follow_up(self):
        """Plan the activities of the refusals that are due, company by company, in batches.

        What was planned is marked and committed batch by batch, so a job that was killed goes on
        where it stopped and no refusal gets a second activity.
        """
        companies = self.sudo()._read_group(
            [('follow_up_state', '=', 'waiting')], groupby=['company_id']
        )
        self.env['ir.cron']._growth_each_company(
            self.env['res.company'].union(*(company for (company,) in companies)),
            self._follow_up_company,
        )

    @api.model
    def _follow_up_company(self, company):
        """Plan the follow-ups of a company that are due today in its time zone.

        :param res.company company:
        :return: whether there was time for all of them
        :rtype: bool
        """
        today = company._growth_day(fields.Datetime.now())
        self._stop_due_follow_ups(company, today)
        while self._plan_follow_ups(company, today):
            if not self.env['ir.cron']._commit_progress():
                return False
        return True

    @api.model
    def _stop_due_follow_ups(self, company, today):
        """Stop the follow-ups that are due and not wanted any more, in one statement.

        :param res.company company:
        :param date today: in the company's time zone
        """
        self._prepare_statement_of_due()
        self.env.cr.execute(
            SQL(
                """
            WITH due AS MATERIALIZED (
                SELECT refusal.id,
                       CASE
                           WHEN NOT COALESCE(reason.has_follow_up, FALSE) THEN 'rule'
                           WHEN lead.id IS NULL AND partner.id IS NULL THEN 'no_record'
                           WHEN %(no_contact)s THEN 'no_contact'
                           WHEN %(blacklisted)s THEN 'blacklisted'
                           WHEN %(bought)s THEN 'bought'
                       END AS stop
                  FROM growth_refusal AS refusal
             LEFT JOIN crm_lost_reason AS reason ON reason.id = refusal.reason_id
             LEFT JOIN crm_lead AS lead ON lead.id = refusal.lead_id
             LEFT JOIN res_partner AS contact ON contact.id = lead.partner_id
             LEFT JOIN res_partner AS partner ON partner.id = refusal.partner_id
                 WHERE refusal.follow_up_state = 'waiting'
                   AND refusal.company_id = %(company)s
                   AND refusal.follow_up_date <= %(today)s
            )
            UPDATE growth_refusal AS refusal
               SET follow_up_state = 'stopped',
                   follow_up_stop = due.stop
              FROM due
             WHERE due.id = refusal.id
               AND due.stop IS NOT NULL
            """,
                no_contact=self._no_contact_sql(),
                blacklisted=self._blacklisted_sql(),
                bought=self._bought_sql(),
                company=company.id,
                today=today,
            )
        )
        self.invalidate_model(['follow_up_state', 'follow_up_stop'])

    @api.model
    def _prepare_statement_of_due(self):
        self.env.flush_all()
        # At the price of the conditions PostgreSQL compiles the statement, for longer than it runs.
        self.env.cr.execute("SET LOCAL jit = off")

    @api.model
    def _no_contact_sql(self):
        """Whether the customer of a `refusal` asked not to be contacted: the contact keeps it, or
        the refusals of a lead without one.

        :rtype: SQL
        """
        return SQL(
            """(
                COALESCE(partner.growth_no_contact, FALSE)
                OR COALESCE(contact.growth_no_contact, FALSE)
                OR EXISTS (
                    SELECT 1
                      FROM growth_refusal AS other
                     WHERE other.is_no_contact
                       AND (other.id = refusal.id
                            OR (refusal.partner_id IS NULL AND other.lead_id = refusal.lead_id))
                )
            )"""
        )

    @api.model
    def _blacklisted_sql(self):
        """Whether the email or the phone of the lead or of its customer is blacklisted.

        :rtype: SQL
        """
        # One condition for each address: `IN (three columns)` reads the whole blacklist each time.
        return SQL(
            "(%s)",
            SQL(" OR ").join(
                SQL(
                    "EXISTS (SELECT 1 FROM %s WHERE active AND %s = %s)",
                    SQL.identifier(blacklist),
                    SQL.identifier(column),
                    SQL.identifier(alias, address),
                )
                for blacklist, column, address in BLACKLISTS
                for alias in ('lead', 'contact', 'partner')
            ),
        )

    @api.model
    def _bought_sql(self):
        """Whether an order was confirmed for the customer or the lead since the refusal.

        :rtype: SQL
        """
        return SQL(
            """(
                EXISTS (
                    SELECT 1
                      FROM sale_order
                     WHERE state = 'sale'
                       AND company_id = refusal.company_id
                       AND commercial_partner_id = refusal.partner_id
                       AND date_order > refusal.date
                )
                OR EXISTS (
                    SELECT 1
                      FROM sale_order
                     WHERE state = 'sale'
                       AND opportunity_id = refusal.lead_id
                       AND date_order > refusal.date
                )
            )"""
        )

    @api.model
    def _get_due_follow_ups(self, company, today, limit):
        """The refusals to follow up today and who does it, not more for anybody than the cap.

        The oldest come first; the rows of a user stand together, as Odoo subscribes user by user.
        Who is meant and not there any more, not in the company or without access to the lead is
        replaced: the salesperson by the team leader, leader and role by the salesperson. Where a
        lead was nobody's, its salesperson is who lost it.

        :param res.company company:
        :param date today: in the company's time zone
        :param int limit: most rows
        :return: id of the refusal, id of the user
        :rtype: dict[int, int]
        """
        self._prepare_statement_of_due()
        rows = self.env.execute_query(
            SQL(
                """
            WITH member AS (
                SELECT users.id, rel.res_role_id AS role_id,
                       ROW_NUMBER() OVER role - 1 AS turn,
                       COUNT(*) OVER (PARTITION BY rel.res_role_id) AS size
                  FROM res_role_res_users_rel AS rel
                  JOIN res_users AS users ON users.id = rel.res_users_id
                 WHERE users.active
                   AND %(is_employed)s
                   AND %(sees_all)s
                WINDOW role AS (PARTITION BY rel.res_role_id ORDER BY users.id)
            ),
            due AS (
                SELECT refusal.id, refusal.follow_up_date, reason.follow_up_assignee AS assignee,
                       reason.follow_up_role_id AS role_id,
                       COALESCE(owner.id, seller.id, author.id) AS seller_id,
                       leader.id AS leader_id,
                       refusal.id - 1 AS turn
                  FROM growth_refusal AS refusal
                  JOIN crm_lost_reason AS reason ON reason.id = refusal.reason_id
             LEFT JOIN crm_lead AS lead ON lead.id = refusal.lead_id
             LEFT JOIN crm_team AS team ON team.id = refusal.team_id
             LEFT JOIN LATERAL (
                    SELECT users.id FROM res_users AS users
                     WHERE users.id = lead.user_id AND users.active AND %(is_employed)s
                       AND %(sells)s
                  ) AS owner ON TRUE
             LEFT JOIN LATERAL (
                    SELECT users.id FROM res_users AS users
                     WHERE users.id = refusal.user_id AND users.active AND %(is_employed)s
                       AND %(sells)s
                       AND (lead.user_id IS NULL OR %(sees_all)s)
                  ) AS seller ON TRUE
             LEFT JOIN LATERAL (
                    SELECT users.id FROM res_users AS users
                     WHERE users.id = refusal.author_id AND users.active AND %(is_employed)s
                       AND %(sells)s
                       AND lead.user_id IS NULL
                       AND refusal.user_id IS NULL
                  ) AS author ON TRUE
             LEFT JOIN LATERAL (
                    SELECT users.id FROM res_users AS users
                     WHERE users.id = team.user_id AND users.active AND %(is_employed)s
                       AND %(sees_all)s
                  ) AS leader ON TRUE
                 WHERE refusal.follow_up_state = 'waiting'
                   AND refusal.company_id = %(company)s
                   AND refusal.follow_up_date <= %(today)s
            ),
            assigned AS (
                SELECT due.id, due.follow_up_date,
                       CASE due.assignee
                           WHEN 'leader' THEN COALESCE(leader_id, seller_id)
                           WHEN 'role' THEN COALESCE(member.id, seller_id, leader_id)
                           ELSE COALESCE(seller_id, leader_id)
                       END AS user_id
                  FROM due
             LEFT JOIN member
                    ON member.role_id = due.role_id
                   AND due.assignee = 'role'
                   AND due.turn %% member.size = member.turn
            ),
            planned AS (
                SELECT follow_up_user_id AS user_id, COUNT(*) AS number
                  FROM growth_refusal
                 WHERE company_id = %(company)s
                   AND follow_up_planned_on = %(today)s
              GROUP BY follow_up_user_id
            ),
            ranked AS (
                SELECT assigned.id, assigned.user_id,
                       ROW_NUMBER() OVER (
                           PARTITION BY assigned.user_id
                           ORDER BY assigned.follow_up_date, assigned.id
                       ) + COALESCE(planned.number, 0) AS place
                  FROM assigned
             LEFT JOIN planned ON planned.user_id = assigned.user_id
            )
            SELECT id, user_id
              FROM ranked
             WHERE user_id IS NULL
                OR %(cap)s = 0
                OR place <= %(cap)s
          ORDER BY user_id, id
             LIMIT %(limit)s
            """,
                is_employed=SQL(
                    """EXISTS (
                        SELECT 1 FROM res_company_users_rel AS employer
                         WHERE employer.user_id = users.id AND employer.cid = %s
                    )""",
                    company.id,
                ),
                sells=SQL("users.id IN %s", self._get_users('sales_team.group_sale_salesman')),
                sees_all=SQL(
                    "users.id IN %s", self._get_users('sales_team.group_sale_salesman_all_leads')
                ),
                company=company.id,
                today=today,
                cap=company.growth_follow_up_cap,
                limit=limit,
            )
        )
        return dict(rows)

    @api.model
    def _get_users(self, group):
        """Ids of the users with the rights of a group, as a condition takes them.

        :param str group: external id
        :rtype: tuple[int]
        """
        return tuple(self.env.ref(group).sudo().all_user_ids.ids) or (0,)

    @api.model
    def _plan_follow_ups(self, company, today):
        """Make the activities of the next batch of refusals and mark them as planned.

        :param res.company company:
        :param date today: deadline of the activities, in the company's time zone
        :return: whether there is more to do
        :rtype: bool
        """
        assignees = self._get_due_follow_ups(company, today, limit=BATCH)
        # Somebody who restores or restates one of them right now goes first: it comes next time.
        refusals = self.sudo().browse(assignees).try_lock_for_update()
        refusals = refusals.filtered(lambda refusal: refusal.follow_up_state == 'waiting')
        orphans = refusals.filtered(lambda refusal: not assignees[refusal.id])
        orphans._stop_follow_up('no_user')
        refusals -= orphans
        # Whoever gets many at once reads them in the list of activities, not one email for each.
        Activity = self.env['mail.activity'].sudo().with_context(mail_activity_quick_update=True)
        users = self.env['res.users'].sudo().browse(assignees[refusal.id] for refusal in refusals)
        default_type = self.env.ref('mail.mail_activity_data_todo')
        # Odoo names the document of each activity one by one, from the cache when it is there.
        refusals.lead_id.fetch(['name'])
        refusals.partner_id.fetch(['complete_name'])
        activities = Activity.create(
            [
                refusal.with_context(lang=user.lang)._prepare_activity(user, today, default_type)
                for refusal, user in zip(refusals, users, strict=True)
            ]
        )
        for refusal, user, activity in zip(refusals, users, activities, strict=True):
            refusal.write(
                {
                    'follow_up_state': 'planned',
                    'follow_up_planned_on': today,
                    'follow_up_user_id': user.id,
                    'follow_up_activity_id': activity.id,
                }
            )
        return len(assignees) == BATCH and bool(refusals | orphans)

    def _prepare_activity(self, user, today, default_type):
        """Values of the follow-up activity, in the language of the context: on the lead, on the
        customer when the lead is gone.

        :param res.users user: who does it
        :param date today: deadline
        :param mail.activity.type default_type: where the reason names none
        :rtype: dict
        """
        self.ensure_one()
        record = self.lead_id or self.partner_id
        reason = self.reason_id
        return {
            'res_model_id': self.env['ir.model']._get_id(record._name),
            'res_id': record.id,
            'user_id': user.id,
            'date_deadline': today,
            'automated': True,
            'activity_type_id': (reason.follow_up_activity_type_id or default_type).id,
            'summary': reason.follow_up_summary
            or self.env._("Open the door again: offer something of interest"),
            'note': self._get_activity_note(),
        }

    def _get_activity_note(self):
        values = {
            'customer': self.customer_name or self.lead_name,
            'lead': self.lead_name,
            'reason': self.reason_id.name,
            'date': format_date(self.env, self.day),
            'note': self.note,
            'salesperson': self.user_id.name,
        }
        refused = self.env._(
            "Refused on %(date)s: %(reason)s.", date=values['date'], reason=values['reason']
        )
        paragraphs = [self.reason_id._render_follow_up_note(values), refused, self.note]
        return Markup("\n").join(plaintext2html(paragraph) for paragraph in paragraphs if paragraph)
