from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

STATES = [
    ('open', "To Do"),
    ('done', "Done"),
    ('dropped', "Dropped"),
]


class GrowthOkrInitiative(models.Model):
    """What somebody does for a key result: it stands among the activities of the day."""

    _name = 'growth.okr.initiative'
    _description = "Initiative"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'state, date_deadline, sequence, id'
    _check_company_auto = True
    _mail_post_access = 'read'

    name = fields.Char(string="Initiative", required=True)
    sequence = fields.Integer(default=10, export_string_translation=False)
    key_result_id = fields.Many2one(
        comodel_name='growth.okr.key.result', required=True, index=True, ondelete='cascade'
    )
    objective_id = fields.Many2one(
        related='key_result_id.objective_id', store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related='key_result_id.company_id', store=True, index=True, precompute=True
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Responsible",
        required=True,
        compute='_compute_user_id',
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        ondelete='restrict',
        check_company=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    date_deadline = fields.Date(
        string="Due On",
        required=True,
        compute='_compute_date_deadline',
        store=True,
        readonly=False,
        precompute=True,
    )
    state = fields.Selection(
        selection=STATES,
        string="Status",
        required=True,
        default='open',
        index=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    done_date = fields.Date(string="Done On", readonly=True, copy=False)
    note = fields.Html()
    lead_ids = fields.Many2many(
        comodel_name='crm.lead',
        relation='growth_okr_initiative_lead',
        column1='initiative_id',
        column2='lead_id',
        string="Leads",
        check_company=True,
        help="Leads and opportunities that this is about.",
    )
    lead_count = fields.Integer(string="Number of Leads", compute='_compute_lead_count')

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('key_result_id')
    def _compute_user_id(self):
        for initiative in self:
            initiative.user_id = initiative.user_id or initiative.key_result_id.owner_id

    @api.depends('key_result_id')
    def _compute_date_deadline(self):
        for initiative in self:
            initiative.date_deadline = (
                initiative.date_deadline or initiative.key_result_id.date_deadline
            )

    @api.depends('lead_ids')
    def _compute_lead_count(self):
        for initiative in self:
            initiative.lead_count = len(initiative.lead_ids)

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('user_id', 'company_id')
    def _check_user(self):
        for company, initiatives in self.grouped('company_id').items():
            users = initiatives.user_id
            if others := users - users._growth_filtered_sellers(company):
                raise ValidationError(
                    self.env._(
                        "%(users)s could not open the initiative: who is responsible must be "
                        "somebody who sells for %(company)s.",
                        users=", ".join(others.sudo().mapped('name')),
                        company=company.name,
                    )
                )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        initiatives = super().create(vals_list)
        initiatives.filtered(lambda each: each.state == 'open')._plan()
        return initiatives

    def write(self, vals):
        if 'state' in vals:
            vals = {**vals, 'done_date': self._get_done_date(vals['state'])}
        moved = self.filtered(
            lambda each: (
                any(fname in vals and vals[fname] != each[fname] for fname in ('name', 'state'))
                or vals.keys() & {'user_id', 'date_deadline'}
            )
        )
        result = super().write(vals)
        if moved:
            moved._plan_again(vals.get('state'))
        return result

    def _get_done_date(self, state):
        now = fields.Datetime.now()
        return state == 'done' and self[:1].company_id._growth_day(now)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_done(self):
        self.state = 'done'
        return True

    def action_drop(self):
        self.state = 'dropped'
        return True

    def action_reopen(self):
        self.state = 'open'
        return True

    def action_view_leads(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('crm.crm_lead_all_leads')
        domain = Domain('id', 'in', self.lead_ids.ids)
        return {
            **action,
            'name': self.name,
            'domain': list(domain),
            'context': {'create': False, 'active_test': False},
        }

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _get_activity_type(self):
        return self.env.ref('sales_growth.mail_activity_type_okr_initiative')

    def _plan(self):
        """Put initiatives among the activities of who does them."""
        for initiative in self:
            initiative.activity_schedule(
                activity_type_id=self._get_activity_type().id,
                date_deadline=initiative.date_deadline,
                summary=initiative.name,
                user_id=initiative.user_id.id,
                automated=True,
            )

    def _plan_again(self, state):
        """Let the activity of each initiative say what the initiative says now.

        :param state: that was just written, if any
        """
        for initiative in self:
            activities = initiative.activity_ids.filtered(
                lambda each: each.automated and each.activity_type_id == self._get_activity_type()
            )
            if initiative.state == 'done':
                activities.sudo().action_done()
            elif initiative.state == 'dropped':
                activities.sudo().unlink()
            elif activities:
                activities.sudo().write(
                    {
                        'summary': initiative.name,
                        'user_id': initiative.user_id.id,
                        'date_deadline': initiative.date_deadline,
                    }
                )
            else:
                initiative._plan()
