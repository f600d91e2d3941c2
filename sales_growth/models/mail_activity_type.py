from odoo import api, fields, models

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
