from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date


class GrowthChurnDigest(models.Model):
    """What the daily job tells a salesperson: one list a day, however many customers are in it."""

    _name = 'growth.churn.digest'
    _description = "Churn Digest"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _mail_post_access = 'read'

    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, readonly=True, ondelete='cascade'
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson",
        required=True,
        index=True,
        readonly=True,
        ondelete='cascade',
    )
    date = fields.Date(required=True, readonly=True)
    case_ids = fields.One2many(
        comodel_name='growth.churn.case', inverse_name='digest_id', string="Cases", readonly=True
    )
    case_count = fields.Integer(string="Customers", compute='_compute_case_count')

    _unique_day = models.Constraint(
        'UNIQUE (company_id, user_id, date)', "A salesperson gets one digest a day."
    )

    @api.depends('date')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for digest in self:
            digest.display_name = self.env._(
                "Customers who are leaving, %s", format_date(self.env, digest.date)
            )

    @api.depends('case_ids')
    @api.depends_context('uid')
    def _compute_case_count(self):
        counts = dict(
            self.env['growth.churn.case']._read_group(
                [('digest_id', 'in', self.ids)], ['digest_id'], ['__count']
            )
        )
        for digest in self:
            digest.case_count = counts.get(digest._origin, 0)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_cases(self):
        """Open the cases; whoever was told of them has seen to the digest by that."""
        self.ensure_one()
        told = self._get_told()
        told.filtered(lambda activity: activity.user_id == self.env.user).action_feedback()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_churn_case_action'
        )
        return {
            **action,
            'name': self.display_name,
            'views': [(False, 'list'), (False, 'form')],
            'domain': [('id', 'in', self.case_ids.ids)],
            'context': {},
        }

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _tell(self, company, as_of, commits=False):
        """Tell the owners of cases which customers began to leave, or are lost now: one activity
        each, with a list.

        Who was told is written on the cases, so a job that was killed tells the others alone.

        :param res.company company:
        :param date as_of: day of the digest
        :param bool commits: of the scheduled job: after each salesperson
        :return: whether there was time for all
        :rtype: bool
        """
        self._hand_on(company)
        waiting = self.env['growth.churn.case'].search(
            self._get_waiting_domain(company) & Domain('user_id', '!=', False), order='user_id, id'
        )
        for user, cases in waiting.grouped('user_id').items():
            self._tell_user(company, user, cases, as_of)
            if commits and not self.env['ir.cron']._commit_progress():
                return False
        return True

    @api.model
    def _get_waiting_domain(self, company):
        """The cases that nobody was told of. Of the estimated ones, that is those alone that were
        lost since.

        :rtype: Domain
        """
        return (
            Domain('company_id', '=', company.id)
            & Domain('is_open', '=', True)
            & Domain('digest_id', '=', False)
            & Domain('partner_id.active', '=', True)
            & (
                Domain('is_estimated', '=', False)
                | Domain.custom(
                    to_sql=lambda model, alias, query: SQL(
                        "%s > %s",
                        model._field_to_sql(alias, 'lost_date', query),
                        model._field_to_sql(alias, 'date', query),
                    )
                )
            )
        )

    @api.model
    def _hand_on(self, company):
        """Give the open cases of people who have left, or do not sell any more, to the leaders of
        the teams then, who are told of them; to nobody where there is none."""
        Case = self.env['growth.churn.case']
        is_open = Domain('company_id', '=', company.id) & Domain('is_open', '=', True)
        owners = self.env['res.users'].union(
            *(user for (user,) in Case._read_group(is_open, ['user_id']))
        )
        left = owners - owners._growth_filtered_sellers(company)
        if not left:
            return
        cases = Case.search(is_open & Domain('user_id', 'in', left.ids))
        for leader, group in cases.grouped(lambda case: case.team_id.user_id).items():
            seller = leader._growth_filtered_sellers(company)
            group.write({'user_id': seller.id, **({'digest_id': False} if seller else {})})

    @api.model
    def _tell_user(self, company, user, cases, as_of):
        values = {'company_id': company.id, 'user_id': user.id, 'date': as_of}
        digest = self.search([(name, '=', value) for name, value in values.items()], limit=1)
        digest = digest or self.create(values)
        cases.write({'digest_id': digest.id})
        digest._take_over()
        digest.with_context(lang=user.lang, mail_activity_quick_update=True)._schedule(user)

    def _take_over(self):
        """Put on this list what is open of the earlier ones that nobody has seen to: whoever was
        away finds one list, not one for each day."""
        self.ensure_one()
        earlier = self.search(
            [
                ('company_id', '=', self.company_id.id),
                ('user_id', '=', self.user_id.id),
                ('date', '<', self.date),
                # What is done is kept, archived.
                ('activity_ids', 'any', [('active', '=', True), ('automated', '=', True)]),
            ]
        )
        self.env['growth.churn.case'].search(
            Domain('digest_id', 'in', earlier.ids)
            & Domain('is_open', '=', True)
            & Domain('user_id', '=', self.user_id.id)
        ).digest_id = self
        earlier._get_told().unlink()

    def _get_told(self):
        """What the job has planned and nobody has done; what people plan is theirs."""
        return self.activity_ids.filtered('automated')

    def _schedule(self, user):
        """Have a salesperson see to the list, or say anew how many are on it now."""
        self.ensure_one()
        summary = self.env._("Customers who are leaving: %s", len(self.case_ids))
        if told := self._get_told():
            told.summary = summary
            return
        self.activity_schedule(
            'sales_growth.mail_activity_type_churn',
            date_deadline=self.date,
            user_id=user.id,
            summary=summary,
        )
