from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

PERIOD_DAYS = 30
SEES_ALL = 'sales_team.group_sale_salesman_all_leads'


class GrowthRefusalSignal(models.Model):
    """Tells the manager that a salesperson gives one reason suspiciously often.

    Who has to give a reason soon gives the handiest one; then the report shows what is easy to
    click, not why customers say no.
    """

    _name = 'growth.refusal.signal'
    _description = "Refusal Signal"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _rec_name = 'user_id'
    # Whoever may read a signal may see what is to do about it and write to it.
    _mail_post_access = 'read'

    company_id = fields.Many2one(
        comodel_name='res.company', required=True, ondelete='cascade', readonly=True
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson",
        required=True,
        index=True,
        ondelete='cascade',
        readonly=True,
    )
    manager_id = fields.Many2one(
        comodel_name='res.users',
        string="Told To",
        index='btree_not_null',
        ondelete='set null',
        readonly=True,
        help="The team leader, else a sales administrator.",
    )
    reason_id = fields.Many2one(
        comodel_name='crm.lost.reason', required=True, ondelete='cascade', readonly=True
    )
    date = fields.Date(required=True, readonly=True, help="Last day of the 30 days.")
    reason_count = fields.Integer(string="Same Reason", readonly=True)
    refusal_count = fields.Integer(string="Refusals", readonly=True)
    share = fields.Float(readonly=True, aggregator=None)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_refusals(self):
        """Open the refusals that the signal counted, those for the reason first."""
        self.ensure_one()
        action = self.env['growth.refusal']._action_view(list(self._get_domain()))
        return {**action, 'context': {'create': False, 'search_default_group_reason': 1}}

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _get_domain(self):
        self.ensure_one()
        return (
            Domain('company_id', '=', self.company_id.id)
            & Domain('user_id', '=', self.user_id.id)
            & Domain('is_estimated', '=', False)
            & Domain('day', '>', fields.Date.subtract(self.date, days=PERIOD_DAYS))
            & Domain('day', '<=', self.date)
        )

    @api.model
    def _cron_detect(self):
        """Tell the managers of every company, one company after the other."""
        companies = self.env['res.company'].search([('growth_signal_share', '>', 0)], order='id')
        self.env['ir.cron']._growth_each_company(companies, self._detect)

    @api.model
    def _detect(self, company):
        """Make the signals of a company that were not made within the last 30 days.

        :param res.company company:
        :rtype: growth.refusal.signal
        """
        today = company._growth_day(fields.Datetime.now())
        signals = self.sudo().create(
            [
                {
                    'company_id': company.id,
                    'user_id': user_id,
                    'manager_id': self._get_manager(company, user_id).id,
                    'reason_id': reason_id,
                    'date': today,
                    'reason_count': reason_count,
                    'refusal_count': refusal_count,
                    'share': reason_count / refusal_count,
                }
                for user_id, reason_id, reason_count, refusal_count in self._find(company, today)
            ]
        )
        for signal in signals.filtered('manager_id'):
            signal._tell_manager()
        return signals

    @api.model
    def _find(self, company, today):
        """Salespeople with a reason above the share of the settings in the last 30 days.

        :return: user, reason, refusals for the reason, refusals
        :rtype: list[tuple[int, int, int, int]]
        """
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
            WITH number AS (
                SELECT user_id, reason_id, COUNT(*) AS reason_count,
                       SUM(COUNT(*)) OVER (PARTITION BY user_id)::integer AS refusal_count
                  FROM growth_refusal
                 WHERE company_id = %(company)s
                   AND user_id IS NOT NULL
                   AND NOT is_estimated
                   AND day > %(first)s
                   AND day <= %(today)s
              GROUP BY user_id, reason_id
            )
            SELECT user_id, reason_id, reason_count, refusal_count
              FROM number
              JOIN res_users AS users ON users.id = number.user_id AND users.active
             WHERE reason_id IS NOT NULL
               AND refusal_count >= %(least)s
               AND reason_count * 100.0 > %(share)s * refusal_count
               AND NOT EXISTS (
                    SELECT 1
                      FROM growth_refusal_signal AS signal
                     WHERE signal.company_id = %(company)s
                       AND signal.user_id = number.user_id
                       AND signal.reason_id = number.reason_id
                       AND signal.date > %(first)s
               )
          ORDER BY user_id, reason_id
            """,
                company=company.id,
                first=fields.Date.subtract(today, days=PERIOD_DAYS),
                today=today,
                least=company.growth_signal_count,
                share=company.growth_signal_share,
            )
        )

    @api.model
    def _get_manager(self, company, user_id):
        """Who is told about a salesperson: the leader of a team of the company who sees the
        refusals of others, else a sales administrator.

        :rtype: res.users
        """
        user = self.env['res.users'].sudo().browse(user_id)
        teams = user.crm_team_ids.filtered(
            lambda team: not team.company_id or team.company_id == company
        )
        leaders = teams.user_id & self.env.ref(SEES_ALL).sudo().all_user_ids
        administrators = self.env.ref('sales_team.group_sale_manager').sudo().all_user_ids
        candidates = leaders.sorted('id') | administrators.sorted('id')
        return (candidates - user)._growth_filtered_employed(company)[:1]

    def _tell_manager(self):
        """Give the manager a to-do, in the manager's language."""
        self.ensure_one()
        translated = self.with_context(lang=self.manager_id.lang)
        self.with_context(mail_activity_quick_update=True).activity_schedule(
            'mail.mail_activity_data_todo',
            date_deadline=self.date,
            user_id=self.manager_id.id,
            summary=translated.env._(
                "%(salesperson)s gives one reason for most refusals",
                salesperson=self.user_id.name,
            ),
            note=translated.env._(
                "“%(reason)s” makes %(reason_count)s of the last %(refusal_count)s refusals "
                "(%(share)s %%) of %(salesperson)s. Is it the market, or is it the handiest "
                "answer? Listen in on a few conversations.",
                reason=translated.reason_id.name,
                reason_count=self.reason_count,
                refusal_count=self.refusal_count,
                share=round(100 * self.share),
                salesperson=self.user_id.name,
            ),
        )
