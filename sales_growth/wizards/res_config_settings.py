from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    # Window and source
    growth_window_months = fields.Integer(related='company_id.growth_window_months', readonly=False)
    growth_source = fields.Selection(related='company_id.growth_source', readonly=False)
    growth_metric = fields.Selection(related='company_id.growth_metric', readonly=False)

    # ABC
    growth_abc_method = fields.Selection(related='company_id.growth_abc_method', readonly=False)
    growth_abc_share_a = fields.Float(related='company_id.growth_abc_share_a', readonly=False)
    growth_abc_share_b = fields.Float(related='company_id.growth_abc_share_b', readonly=False)
    growth_abc_customers_a = fields.Float(
        related='company_id.growth_abc_customers_a', readonly=False
    )
    growth_abc_customers_b = fields.Float(
        related='company_id.growth_abc_customers_b', readonly=False
    )
    growth_currency_id = fields.Many2one(
        related='company_id.currency_id', string="Segmentation Currency"
    )
    growth_abc_threshold_a = fields.Monetary(
        related='company_id.growth_abc_threshold_a',
        readonly=False,
        currency_field='growth_currency_id',
    )
    growth_abc_threshold_b = fields.Monetary(
        related='company_id.growth_abc_threshold_b',
        readonly=False,
        currency_field='growth_currency_id',
    )

    # XYZ
    growth_xyz_method = fields.Selection(related='company_id.growth_xyz_method', readonly=False)
    growth_xyz_count_x = fields.Integer(related='company_id.growth_xyz_count_x', readonly=False)
    growth_xyz_count_y = fields.Integer(related='company_id.growth_xyz_count_y', readonly=False)
    growth_xyz_bucket = fields.Selection(related='company_id.growth_xyz_bucket', readonly=False)
    growth_xyz_cv_x = fields.Float(related='company_id.growth_xyz_cv_x', readonly=False)
    growth_xyz_cv_y = fields.Float(related='company_id.growth_xyz_cv_y', readonly=False)
    growth_grace_days = fields.Integer(related='company_id.growth_grace_days', readonly=False)

    # Refusals
    growth_refusal_policy = fields.Selection(
        related='company_id.growth_refusal_policy', readonly=False
    )
    growth_follow_up_cap = fields.Integer(related='company_id.growth_follow_up_cap', readonly=False)
    growth_signal_share = fields.Float(related='company_id.growth_signal_share', readonly=False)
    growth_signal_count = fields.Integer(related='company_id.growth_signal_count', readonly=False)

    # Contacts
    growth_contact_needs_result = fields.Boolean(
        related='company_id.growth_contact_needs_result', readonly=False
    )

    # Conversion
    growth_verdict_count = fields.Integer(related='company_id.growth_verdict_count', readonly=False)
    growth_verdict_tolerance = fields.Float(
        related='company_id.growth_verdict_tolerance', readonly=False
    )
    growth_show_colleagues = fields.Boolean(
        related='company_id.growth_show_colleagues', readonly=False
    )

    # Weekly mail
    growth_weekly_mail = fields.Boolean(related='company_id.growth_weekly_mail', readonly=False)
    growth_weekly_mail_day = fields.Selection(
        related='company_id.growth_weekly_mail_day', readonly=False
    )
    growth_weekly_mail_hour = fields.Integer(
        related='company_id.growth_weekly_mail_hour', readonly=False
    )

    # Lifecycle
    growth_new_months = fields.Integer(related='company_id.growth_new_months', readonly=False)
    growth_lost_months = fields.Integer(related='company_id.growth_lost_months', readonly=False)

    # Routing
    growth_role_check = fields.Selection(related='company_id.growth_role_check', readonly=False)

    # Handover
    growth_handover_trigger = fields.Selection(
        related='company_id.growth_handover_trigger', readonly=False
    )
    growth_handover_orders = fields.Integer(
        related='company_id.growth_handover_orders', readonly=False
    )
    growth_handover_days = fields.Integer(related='company_id.growth_handover_days', readonly=False)
    growth_handover_since = fields.Date(related='company_id.growth_handover_since', readonly=False)
    growth_handover_deadline = fields.Integer(
        related='company_id.growth_handover_deadline', readonly=False
    )
    growth_handover_undo_days = fields.Integer(
        related='company_id.growth_handover_undo_days', readonly=False
    )
    growth_handover_salesperson = fields.Boolean(
        related='company_id.growth_handover_salesperson', readonly=False
    )
    growth_handover_activities = fields.Boolean(
        related='company_id.growth_handover_activities', readonly=False
    )
    growth_handover_meetings = fields.Boolean(
        related='company_id.growth_handover_meetings', readonly=False
    )
    growth_handover_quotations = fields.Boolean(
        related='company_id.growth_handover_quotations', readonly=False
    )
    growth_handover_leads = fields.Boolean(
        related='company_id.growth_handover_leads', readonly=False
    )
    growth_handover_error = fields.Text(related='company_id.growth_handover_error')
    growth_return_policy = fields.Selection(
        related='company_id.growth_return_policy', readonly=False
    )

    # Loss of customers
    growth_normal_loss_min = fields.Float(
        related='company_id.growth_normal_loss_min', readonly=False
    )
    growth_normal_loss_max = fields.Float(
        related='company_id.growth_normal_loss_max', readonly=False
    )
    growth_crisis_loss = fields.Float(related='company_id.growth_crisis_loss', readonly=False)

    # Churn and win-back
    growth_churn_horizon = fields.Integer(related='company_id.growth_churn_horizon', readonly=False)
    growth_won_back_months = fields.Integer(
        related='company_id.growth_won_back_months', readonly=False
    )
    growth_winback_cap = fields.Integer(related='company_id.growth_winback_cap', readonly=False)
    growth_winback_min_record = fields.Integer(
        related='company_id.growth_winback_min_record', readonly=False
    )
    growth_winback_chance = fields.Float(related='company_id.growth_winback_chance', readonly=False)
    growth_churn_error = fields.Text(related='company_id.growth_churn_error')

    # Objectives and key results
    growth_okr_good = fields.Float(related='company_id.growth_okr_good', readonly=False)
    growth_okr_error = fields.Float(related='company_id.growth_okr_error', readonly=False)
    growth_okr_too_low = fields.Float(related='company_id.growth_okr_too_low', readonly=False)
    growth_okr_stale_days = fields.Integer(
        related='company_id.growth_okr_stale_days', readonly=False
    )
    growth_okr_reminder = fields.Boolean(related='company_id.growth_okr_reminder', readonly=False)
    growth_okr_reminder_day = fields.Selection(
        related='company_id.growth_okr_reminder_day', readonly=False
    )
    growth_okr_error_text = fields.Text(related='company_id.growth_okr_error_text')

    @api.model_create_multi
    def create(self, vals_list):
        # Related fields are written back one by one, while cuts are only right together, and one
        # change of the settings is one recomputation: so the company gets them all at once first.
        # When the weekly mail is switched on, it waits for the day that is set with it.
        fnames = self.env.company._growth_segmentation_fields() | {
            'growth_normal_loss_min',
            'growth_normal_loss_max',
            'growth_weekly_mail',
            'growth_weekly_mail_day',
            'growth_weekly_mail_hour',
            'growth_okr_good',
            'growth_okr_error',
            'growth_okr_too_low',
        }
        for vals in vals_list:
            company = self.env['res.company'].browse(vals.get('company_id')) or self.env.company
            company_vals = {fname: vals[fname] for fname in fnames & vals.keys()}
            if company_vals:
                company.write(company_vals)
        return super().create(vals_list)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_send_growth_weekly_mail(self):
        """Send the weekly mail about the last whole week to the current user alone."""
        self.env['growth.weekly.mail']._send_preview(self.env.company)
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success',
                'message': self.env._("The mail is on its way to %s", self.env.user.email),
            },
        }
