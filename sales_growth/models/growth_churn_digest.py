from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date


class GrowthChurnDigest(models.Model):
    """What the daily job tells a salesperson: one list a day, however many customers are in it."""

    _name = 'growth.churn.digest'
    _description = "Churn Digest"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'

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

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_cases(self):
        self.ensure_one()
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
        waiting = self.env['growth.churn.case'].search(
            self._get_waiting_domain(company) & Domain('user_id', '!=', False), order='user_id, id'
        )
        self._hand_on(company, waiting)
        for user, cases in waiting.filtered('user_id').grouped('user_id').items():
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
    def _hand_on(self, company, cases):
        """Give what people who have left should be told of to the leaders of the teams then, to
        nobody where there is none."""
        employed = cases.user_id._growth_filtered_employed(company)
        left = cases.filtered(lambda case: case.user_id not in employed)
        for leader, group in left.grouped(lambda case: case.team_id.user_id).items():
            group.user_id = leader._growth_filtered_employed(company)

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
                ('activity_ids', '!=', False),
            ]
        )
        waiting = earlier.case_ids.filtered(
            lambda case: case.is_open and case.user_id == self.user_id
        )
        waiting.digest_id = self
        earlier.activity_ids.unlink()

    def _schedule(self, user):
        """Have a salesperson see to the list, or say anew how many are on it now."""
        self.ensure_one()
        summary = self.env._("Customers who are leaving: %s", len(self.case_ids))
        if self.activity_ids:
            self.activity_ids.summary = summary
            return
        self.activity_schedule(
            'sales_growth.mail_activity_type_churn',
            date_deadline=self.date,
            user_id=user.id,
            summary=summary,
        )
