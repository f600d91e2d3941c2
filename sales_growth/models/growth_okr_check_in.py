from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import float_compare
from odoo.tools.misc import format_date, formatLang

from .growth_okr_defaults import keep_defaults
from .growth_okr_key_result import DIGITS, MOST

# What people say; the rest is found.
EDITABLE = {'key_result_id', 'date', 'value', 'is_reached', 'confidence', 'comment', 'blocker'}


class GrowthOkrCheckIn(models.Model):
    """Where a key result stood on a day: said by people, or measured by the job."""

    _name = 'growth.okr.check.in'
    _description = "Check-In"
    _inherit = ['growth.okr.below.mixin']
    _order = 'date desc, id desc'
    _rec_name = 'key_result_id'

    key_result_id = fields.Many2one(
        comodel_name='growth.okr.key.result', required=True, index=True, ondelete='cascade'
    )
    objective_id = fields.Many2one(
        related='key_result_id.objective_id', store=True, index=True, precompute=True
    )
    cycle_id = fields.Many2one(
        related='key_result_id.cycle_id', store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related='key_result_id.company_id', store=True, index=True, precompute=True
    )
    kind = fields.Selection(related='key_result_id.kind', export_string_translation=False)
    source = fields.Selection(related='key_result_id.source', export_string_translation=False)
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Said By",
        readonly=True,
        index='btree_not_null',
        ondelete='set null',
        default=lambda self: self.env.user,
    )
    is_automatic = fields.Boolean(
        string="By Odoo", readonly=True, help="Measured by the scheduled job, said by nobody."
    )
    date = fields.Date(
        required=True,
        compute='_compute_date',
        store=True,
        readonly=False,
        precompute=True,
        index=True,
    )
    value = fields.Float(
        string="Value Now",
        required=True,
        compute='_compute_value',
        store=True,
        readonly=False,
        precompute=True,
        digits=(16, 6),
        aggregator=None,
    )
    is_reached = fields.Boolean(
        string="Reached", compute='_compute_is_reached', inverse='_inverse_is_reached'
    )
    value_text = fields.Char(string="Value Then", compute='_compute_value_text')
    confidence = fields.Integer(
        aggregator='avg',
        compute='_compute_confidence',
        store=True,
        readonly=False,
        precompute=True,
        help="How sure you are that the key result will be reached, from 0 (not at all) to 10.",
    )
    comment = fields.Text(string="What Happened Since")
    blocker = fields.Char(string="What Is in the Way")
    progress = fields.Float(
        compute='_compute_progress', store=True, precompute=True, aggregator='avg'
    )
    expected = fields.Float(
        string="Expected Then",
        compute='_compute_progress',
        store=True,
        precompute=True,
        aggregator='avg',
    )

    _last_idx = models.Index("(key_result_id, date DESC, id DESC)")
    _unique_automatic = models.UniqueIndex(
        "(key_result_id, date) WHERE is_automatic", "The value of this day is known already."
    )
    _check_confidence = models.Constraint(
        'CHECK (confidence BETWEEN 0 AND 10)', "The confidence is a number from 0 to 10."
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('key_result_id')
    def _compute_date(self):
        now = fields.Datetime.now()
        for company, check_ins in self.grouped('company_id').items():
            today = (company or self.env.company)._growth_day(now)
            for check_in in check_ins:
                check_in.date = check_in.date or today

    @api.depends('key_result_id')
    def _compute_value(self):
        for check_in in self:
            key_result = check_in.key_result_id
            if key_result._is_found():
                check_in.value = key_result._get_found_value(check_in.date)
            else:
                check_in.value = check_in.value or key_result.current

    @api.onchange('date')
    def _onchange_date(self):
        self._follow_date()

    @api.depends('key_result_id')
    def _compute_confidence(self):
        for check_in in self:
            key_result = check_in.key_result_id
            check_in.confidence = key_result.confidence if key_result.last_check_in_date else 5

    @api.depends('value')
    def _compute_is_reached(self):
        for check_in in self:
            check_in.is_reached = check_in.value >= 1

    def _inverse_is_reached(self):
        for check_in in self:
            if check_in.kind == 'yes_no':
                check_in.value = float(check_in.is_reached)

    @api.depends('value', 'key_result_id')
    @api.depends_context('lang')
    def _compute_value_text(self):
        for check_in in self:
            key_result = check_in.key_result_id
            check_in.value_text = key_result and key_result._format_value(check_in.value)

    @api.depends(
        'value',
        'date',
        'key_result_id.adds_up',
        'key_result_id.baseline',
        'key_result_id.direction',
        'key_result_id.range_max',
        'key_result_id.range_min',
        'key_result_id.target',
    )
    def _compute_progress(self):
        for check_in in self:
            key_result = check_in.key_result_id
            if not (key_result and check_in.date):
                check_in.progress = check_in.expected = 0.0
                continue
            check_in.expected = key_result._get_expected(check_in.date)
            if check_in._is_untold():
                check_in.progress = 0.0
                continue
            check_in.progress = key_result._get_progress(
                check_in.value, check_in.expected, check_in.date
            )

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('date', 'key_result_id')
    def _check_date(self):
        now = fields.Datetime.now()
        for company, check_ins in self.grouped('company_id').items():
            today = company._growth_day(now)
            for check_in in check_ins:
                if check_in.date > today:
                    raise ValidationError(
                        self.env._(
                            "Nobody knows yet where it will stand on %s.",
                            format_date(self.env, check_in.date),
                        )
                    )
                first_day = check_in.key_result_id.date_from
                if check_in.date < first_day - timedelta(days=1):
                    raise ValidationError(
                        self.env._(
                            "The cycle begins on %s: a check-in cannot be earlier.",
                            format_date(self.env, first_day),
                        )
                    )

    @api.constrains('value')
    def _check_size(self):
        if any(not abs(check_in.value) <= MOST for check_in in self):
            raise ValidationError(
                self.env._(
                    "That is too large a number: at most %s can be told.",
                    formatLang(self.env, MOST, digits=0),
                )
            )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        for vals in vals_list:
            self._check_writable(vals.keys(), EDITABLE)
        check_ins = super(GrowthOkrCheckIn, keep_defaults(self, EDITABLE)).create(
            [{**vals, 'user_id': self.env.uid} for vals in vals_list]
        )
        check_ins = check_ins.with_env(self.env)
        check_ins.key_result_id._check_running()
        check_ins._check_told()
        check_ins.key_result_id._take_check_in(check_ins)
        return check_ins

    def write(self, vals):
        if not self.env.su:
            self._check_writable(vals.keys(), EDITABLE - {'key_result_id'})
            self._check_changeable()
            self._check_own()
        result = super().write(vals)
        if 'date' in vals and 'value' not in vals:
            self._follow_date()
        if not self.env.su and vals.keys() & {'value', 'is_reached'}:
            self._check_told()
        return result

    def _follow_date(self):
        """What Odoo finds is that of the day."""
        for check_in in self.filtered(lambda each: not each.is_automatic and each.date):
            key_result = check_in.key_result_id
            if key_result._is_found():
                check_in.value = key_result._get_found_value(check_in.date)

    def _is_untold(self):
        """Whether somebody spoke before anything was measured of what adds up: nothing is told by
        that, as the baseline does not count yet.

        :rtype: bool
        """
        self.ensure_one()
        key_result = self.key_result_id
        return (
            key_result.adds_up
            and not self.is_automatic
            and not self.value
            and not key_result._origin._get_points(self.date)
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        if not self.env.su:
            self._check_changeable()

    def _check_writable(self, fnames, editable):
        """
        :raise AccessError: for what people do not say
        """
        if closed := set(fnames) - editable:
            raise AccessError(
                self.env._(
                    "These come with a check-in by themselves, and are not written: %s.",
                    ", ".join(sorted(closed)),
                )
            )

    def _check_changeable(self):
        """
        :raise UserError: when the objective does not run
        :raise AccessError: for what was measured
        """
        self.key_result_id._check_running()
        if self.filtered('is_automatic'):
            raise AccessError(
                self.env._("What was measured is not changed: the next run corrects it.")
            )

    def _check_own(self):
        """
        :raise AccessError: for the words of somebody else
        """
        if self.filtered(lambda each: each.user_id != self.env.user):
            raise AccessError(
                self.env._("This was said by somebody else: say it in a check-in of your own.")
            )

    def _check_told(self):
        """What Odoo counts or measures itself is not said by people.

        :raise ValidationError:
        """
        for check_in in self:
            key_result = check_in.key_result_id
            if key_result._is_found() and float_compare(
                check_in.value,
                key_result._get_found_value(check_in.date),
                precision_digits=DIGITS,
            ):
                raise ValidationError(
                    self.env._(
                        "%s is counted by Odoo: say how sure you are, the value comes by itself.",
                        key_result.name,
                    )
                )
            if key_result.kind == 'yes_no' and check_in.value not in (0, 1):
                raise ValidationError(self.env._("%s is either reached or not.", key_result.name))
