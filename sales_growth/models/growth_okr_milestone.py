from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools.misc import format_date

from .growth_okr_defaults import keep_defaults

# What a milestone says: locked with the text of its objective.
TEXT_FIELDS = {'name', 'weight', 'date_deadline', 'key_result_id'}
# What people may write at any time, or while it runs
LOOSE_FIELDS = {'sequence', 'is_done'}


class GrowthOkrMilestone(models.Model):
    """A step of a key result that is counted by steps."""

    _name = 'growth.okr.milestone'
    _description = "Milestone"
    _inherit = ['growth.okr.below.mixin']
    _order = 'key_result_id, sequence, id'

    key_result_id = fields.Many2one(
        comodel_name='growth.okr.key.result', required=True, index=True, ondelete='cascade'
    )
    company_id = fields.Many2one(related='key_result_id.company_id', store=True, index=True)
    sequence = fields.Integer(default=10, export_string_translation=False)
    name = fields.Char(string="Milestone", required=True)
    weight = fields.Float(default=1.0, required=True)
    date_deadline = fields.Date(string="Deadline")
    is_done = fields.Boolean(string="Done", copy=False)
    done_date = fields.Date(
        string="Done On",
        compute='_compute_done_date',
        store=True,
        readonly=True,
        copy=False,
    )

    _check_weight = models.Constraint(
        'CHECK (weight > 0)', "A weight must be above zero, or nothing would be left to weigh."
    )

    @api.depends('is_done')
    def _compute_done_date(self):
        now = fields.Datetime.now()
        for milestone in self:
            company = milestone.company_id or self.env.company
            milestone.done_date = milestone.is_done and (
                milestone.done_date or company._growth_day(now)
            )

    @api.constrains('date_deadline', 'key_result_id')
    def _check_deadline(self):
        for milestone in self:
            objective = milestone.key_result_id.objective_id
            day = milestone.date_deadline
            if day and not objective.date_from <= day <= objective.date_deadline:
                raise ValidationError(
                    self.env._(
                        "%(milestone)s: the deadline lies between %(date_from)s and %(date_to)s, "
                        "those of the objective.",
                        milestone=milestone.name,
                        date_from=format_date(self.env, objective.date_from),
                        date_to=format_date(self.env, objective.date_deadline),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        for vals in vals_list:
            self._check_writable(vals.keys())
        # Nothing is done by default.
        milestones = keep_defaults(self, TEXT_FIELDS)
        milestones = super(GrowthOkrMilestone, milestones).create(vals_list).with_env(self.env)
        milestones._check_text_open()
        milestones.filtered('is_done')._check_running()
        return milestones

    def write(self, vals):
        if not self.env.su:
            self._check_writable(vals.keys())
        if TEXT_FIELDS & vals.keys():
            self._check_text_open()
        if 'is_done' in vals:
            self._check_running()
        result = super().write(vals)
        if not self.env.su and 'key_result_id' in vals:
            self.key_result_id.check_access('write')
            self._check_text_open()
        return result

    def _check_writable(self, fnames):
        """
        :raise AccessError: for what is found
        """
        if closed := set(fnames) - TEXT_FIELDS - LOOSE_FIELDS:
            raise AccessError(
                self.env._(
                    "These come by themselves when a milestone is done, and are not written: %s.",
                    ", ".join(sorted(closed)),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked(self):
        self._check_text_open()

    def _check_text_open(self):
        """
        :raise UserError: when the text of the objective is locked
        """
        if not self.env.su:
            self.key_result_id.objective_id._check_text_open()

    def _check_running(self):
        """
        :raise UserError: when the objective does not run
        """
        if not self.env.su:
            self.key_result_id._check_running()
