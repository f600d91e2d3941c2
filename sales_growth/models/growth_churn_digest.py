from odoo import api, fields, models
from odoo.tools import format_date


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
        waiting = self.env['growth.churn.case']._read_group(
            [
                ('company_id', '=', company.id),
                ('is_open', '=', True),
                ('digest_id', '=', False),
                ('is_estimated', '=', False),
                ('user_id.active', '=', True),
            ],
            groupby=['user_id'],
            aggregates=['id:recordset'],
        )
        for user, cases in waiting:
            self._tell_user(company, user, cases, as_of)
            if commits and not self.env['ir.cron']._commit_progress():
                return False
        return True

    @api.model
    def _tell_user(self, company, user, cases, as_of):
        values = {'company_id': company.id, 'user_id': user.id, 'date': as_of}
        digest = self.search([(name, '=', value) for name, value in values.items()], limit=1)
        digest = digest or self.create(values)
        cases.write({'digest_id': digest.id})
        if not digest.activity_ids:
            digest.with_context(lang=user.lang, mail_activity_quick_update=True)._schedule_digest(
                user, as_of
            )

    def _schedule_digest(self, user, as_of):
        self.ensure_one()
        self.activity_schedule(
            'sales_growth.mail_activity_type_churn',
            date_deadline=as_of,
            user_id=user.id,
            summary=self.env._("Customers who are leaving: %s", len(self.case_ids)),
        )
