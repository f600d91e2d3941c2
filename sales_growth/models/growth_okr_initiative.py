from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

from .growth_okr_defaults import keep_defaults

STATES = [
    ('open', "Still to Do"),
    ('done', "Done"),
    ('dropped', "Dropped"),
]
# What people write; the rest is taken over from the key result, or comes with the state.
EDITABLE = {
    'name',
    'sequence',
    'key_result_id',
    'user_id',
    'date_deadline',
    'state',
    'note',
    'lead_ids',
}


class GrowthOkrInitiative(models.Model):
    """What somebody does for a key result: it stands among the activities of the day."""

    _name = 'growth.okr.initiative'
    _description = "Initiative"
    _inherit = ['growth.okr.below.mixin', 'mail.thread', 'mail.activity.mixin']
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
    done_date = fields.Date(
        string="Done On", compute='_compute_done_date', store=True, readonly=True, copy=False
    )
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

    @api.depends('state')
    def _compute_done_date(self):
        now = fields.Datetime.now()
        for initiative in self:
            company = initiative.company_id or self.env.company
            initiative.done_date = initiative.state == 'done' and (
                initiative.done_date or company._growth_day(now)
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
        initiatives = self
        if not self.env.su:
            for vals in vals_list:
                self._check_writable(vals.keys())
            initiatives = keep_defaults(self, EDITABLE)
        initiatives = super(GrowthOkrInitiative, initiatives).create(vals_list)
        initiatives = initiatives.with_env(self.env)
        initiatives.filtered(lambda each: each.state == 'open')._plan()
        return initiatives

    def write(self, vals):
        if not self.env.su:
            self._check_writable(vals.keys())
            if 'key_result_id' in vals:
                self._check_movable(vals['key_result_id'])
        result = super().write(vals)
        if 'key_result_id' in vals and not self.env.su:
            self.key_result_id.check_access('write')
        if vals.keys() & {'name', 'state', 'user_id', 'date_deadline'}:
            self._plan_again()
        return result

    def _check_writable(self, fnames):
        """
        :raise AccessError: for what comes by itself
        """
        thread = {fname for fname in self._fields if fname.startswith(('message_', 'activity_'))}
        if closed := set(fnames) - EDITABLE - thread:
            raise AccessError(
                self.env._(
                    "These come by themselves with an initiative, and are not written: %s.",
                    ", ".join(sorted(closed)),
                )
            )

    def _check_movable(self, key_result_id):
        """Whoever does something for a key result of somebody else leaves it there.

        :param int key_result_id: where it is to go
        :raise AccessError:
        """
        left = self.filtered(lambda each: each.key_result_id.id != key_result_id).key_result_id
        if kept := left - left._filtered_access('write'):
            raise AccessError(
                self.env._(
                    "Initiatives are moved by who is responsible for the key result that they "
                    "leave: %s.",
                    ", ".join(kept.mapped('name')),
                )
            )

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
        activity_type = self._get_activity_type()
        model_id = self.env['ir.model']._get_id(self._name)
        # Who plans it need not see what else others have to do.
        self.env['mail.activity'].sudo().create(
            [
                {
                    'activity_type_id': activity_type.id,
                    'res_model_id': model_id,
                    'res_id': initiative.id,
                    'automated': True,
                    **initiative._prepare_activity_vals(),
                }
                for initiative in self
            ]
        )

    def _prepare_activity_vals(self):
        self.ensure_one()
        return {
            'summary': self.name,
            'user_id': self.user_id.id,
            'date_deadline': self.date_deadline,
        }

    def _plan_again(self):
        """Let the activity of each initiative say what the initiative says now."""
        activity_type = self._get_activity_type()
        # Who gave it away may not read it any more.
        self = self.sudo()
        planned = self.activity_ids.filtered(
            lambda each: each.automated and each.activity_type_id == activity_type
        )
        by_id = planned.grouped('res_id')
        for state, initiatives in self.grouped('state').items():
            activities = planned.filtered(lambda each, ids=set(initiatives.ids): each.res_id in ids)
            if state == 'done':
                activities.action_done()
            elif state == 'dropped':
                activities.unlink()
        still_open = self.filtered(lambda each: each.state == 'open')
        for initiative in still_open:
            if activities := by_id.get(initiative.id):
                activities.write(initiative._prepare_activity_vals())
        still_open.filtered(lambda each: each.id not in by_id)._plan()
