from odoo import api, fields, models
from odoo.exceptions import UserError

# What people do; documents count by themselves (`growth_contact_plan.py`).
ACTIVITY_KINDS = [
    ('call', "Call"),
    ('meeting', "Meeting"),
    ('mail', "Mail"),
    ('other', "Other Activity"),
]


class MailActivityType(models.Model):
    _inherit = 'mail.activity.type'

    growth_contact_kind = fields.Selection(
        selection=[*ACTIVITY_KINDS, ('none', "No Contact")],
        string="Counts as",
        compute='_compute_growth_contact_kind',
        store=True,
        readonly=False,
        precompute=True,
        help="As which contact with a customer an activity of this type counts when it is done.",
    )

    @api.depends('category')
    def _compute_growth_contact_kind(self):
        # A first guess, for people to correct: nothing depends on the shipped type afterwards.
        email = self.env.ref('mail.mail_activity_data_email', raise_if_not_found=False)
        kinds = {'phonecall': 'call', 'meeting': 'meeting', 'upload_file': 'none'}
        for activity_type in self:
            if activity_type._origin and activity_type._origin == email:
                activity_type.growth_contact_kind = 'mail'
            elif activity_type.decoration_type:
                # Alerts that Odoo raises about a document
                activity_type.growth_contact_kind = 'none'
            else:
                activity_type.growth_contact_kind = kinds.get(activity_type.category, 'other')

    @api.ondelete(at_uninstall=False)
    def _unlink_except_funnel(self):
        steps = self.env['growth.funnel.step'].sudo().with_context(active_test=False)
        if used := steps.search([('activity_type_ids', 'in', self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "The activity “%(activity)s” passes the step “%(step)s” of the funnel "
                    "“%(funnel)s”. Choose another one there first.",
                    activity=(used.activity_type_ids & self)[:1].name,
                    step=used.name,
                    funnel=used.funnel_id.name,
                )
            )
