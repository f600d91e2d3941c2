import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

REASON_CATEGORIES = [
    ('budget', "Budget"),
    ('competitor', "Competitor"),
    ('price', "Price"),
    ('timing', "Timing"),
    ('product', "Product"),
    ('interest', "Interest"),
    ('terms', "Terms"),
    ('other', "Other"),
]
# What a reason may ask for, and the fields of the refusal that hold it.
STATEMENTS = {
    'require_competitor': ('competitor_id',),
    'require_prices': ('our_price', 'their_price'),
    'require_product': ('requested_product',),
    'require_note': ('note',),
}
# What the note of a follow-up may mention.
PLACEHOLDERS = ('customer', 'lead', 'reason', 'date', 'note', 'salesperson')
PLACEHOLDER = re.compile(r'\{([^{}]*)\}')
RULE_DATE_FIELDS = {'has_follow_up', 'follow_up_delay', 'follow_up_unit'}


class CrmLostReason(models.Model):
    _inherit = 'crm.lost.reason'
    _order = 'sequence, id'

    sequence = fields.Integer(default=100)
    category = fields.Selection(selection=REASON_CATEGORIES, required=True, default='other')
    is_controllable = fields.Boolean(
        string="Controllable by Us",
        default=True,
        help="We could have done something about it: price, range, terms, presentation.",
    )
    is_excuse = fields.Boolean(
        string="Excuse",
        help="True and still no reason: the refusal stays unresolved until the salesperson finds "
        "out why the customer really said no.",
    )

    # What must be stated
    require_competitor = fields.Boolean(string="Competitor Required")
    require_prices = fields.Boolean(string="Our and Their Price Required")
    require_product = fields.Boolean(string="Requested Product Required")
    require_note = fields.Boolean(string="Note Required")

    # Follow-up
    has_follow_up = fields.Boolean(string="Follow Up", default=True)
    follow_up_delay = fields.Integer(string="Follow Up After", default=2)
    follow_up_unit = fields.Selection(
        selection=[('day', "days"), ('month', "months")],
        string="Follow-up Unit",
        required=True,
        default='month',
    )
    follow_up_activity_type_id = fields.Many2one(
        comodel_name='mail.activity.type',
        string="Follow-up Activity",
        domain="[('res_model', 'in', (False, 'crm.lead'))]",
        ondelete='set null',
        help="Empty: a to-do.",
    )
    follow_up_summary = fields.Char(translate=True)
    follow_up_note = fields.Text(
        translate=True,
        help="May mention {customer}, {lead}, {reason}, {date}, {note} and {salesperson}.",
    )
    follow_up_assignee = fields.Selection(
        selection=[
            ('salesperson', "The same salesperson"),
            ('leader', "The team leader"),
            ('role', "A role"),
        ],
        string="Follow-up By",
        required=True,
        default='salesperson',
    )
    follow_up_role_id = fields.Many2one(
        comodel_name='res.role',
        string="Follow-up Role",
        ondelete='restrict',
        help="People with this role take turns.",
    )

    refusal_count = fields.Integer(compute='_compute_refusal_count')

    _check_follow_up_delay = models.Constraint(
        'CHECK (follow_up_delay BETWEEN 0 AND 3650)',
        "The delay of a follow-up must be between 0 and 3650.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_refusal_count(self):
        counts = dict(
            self.env['growth.refusal']._read_group(
                [('reason_id', 'in', self.ids)], groupby=['reason_id'], aggregates=['__count']
            )
            if self.env['growth.refusal'].has_access('read')
            else ()
        )
        for reason in self:
            reason.refusal_count = counts.get(reason, 0)

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('has_follow_up', 'follow_up_assignee', 'follow_up_role_id')
    def _check_follow_up_role(self):
        for reason in self:
            if (
                reason.has_follow_up
                and reason.follow_up_assignee == 'role'
                and not reason.follow_up_role_id
            ):
                raise ValidationError(
                    self.env._("Choose the role that follows up “%s”.", reason.name)
                )

    @api.constrains('follow_up_note')
    def _check_follow_up_note(self):
        for reason in self:
            for name in PLACEHOLDER.findall(reason.follow_up_note or ""):
                if name not in PLACEHOLDERS:
                    raise ValidationError(
                        self.env._(
                            "The note of a follow-up cannot mention {%(name)s}, only: "
                            "%(placeholders)s.",
                            name=name,
                            placeholders=", ".join(f"{{{known}}}" for known in PLACEHOLDERS),
                        )
                    )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def write(self, vals):
        result = super().write(vals)
        if RULE_DATE_FIELDS & vals.keys():
            self._reschedule_follow_ups()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Refusals and leads of all companies count, also those the user cannot see.
        used = self.filtered(lambda reason: reason.sudo()._is_used())
        if used:
            raise UserError(
                self.env._(
                    "Leads were refused for this reason: %s. Archive it instead, so that the "
                    "history stays.",
                    ", ".join(used.mapped('name')),
                )
            )

    def _is_used(self):
        self.ensure_one()
        leads = self.env['crm.lead'].with_context(active_test=False)
        statements = self.env['growth.refusal.statement']
        return bool(
            self.env['growth.refusal'].search_count([('reason_id', '=', self.id)], limit=1)
            or leads.search_count([('lost_reason_id', '=', self.id)], limit=1)
            or statements.search_count(
                ['|', ('from_reason_id', '=', self.id), ('to_reason_id', '=', self.id)], limit=1
            )
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_refusals(self):
        return self.env['growth.refusal']._action_view([('reason_id', 'in', self.ids)])

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _get_missing_statements(self, vals):
        """Fields of a refusal that this reason asks for and that are not stated.

        :param dict vals: what was stated, by field of `growth.refusal`
        :rtype: list[str]
        """
        self.ensure_one()
        return [
            fname
            for flag, fnames in STATEMENTS.items()
            if self[flag]
            for fname in fnames
            if not vals.get(fname)
        ]

    def _check_stated(self, vals, is_single):
        """Refuse a reason without what it asks for.

        :param dict vals: what was stated, by field of `growth.refusal`
        :param bool is_single: whether it is one lead's; a price is, so several leads go without
        :raise UserError: when something is missing
        """
        missing = self._get_missing_statements(vals)
        if not is_single:
            missing = [fname for fname in missing if fname not in STATEMENTS['require_prices']]
        if missing:
            labels = self.env['growth.refusal'].fields_get(missing, ['string'])
            raise UserError(
                self.env._(
                    "“%(reason)s” needs more to learn from. State also: %(missing)s.",
                    reason=self.name,
                    missing=", ".join(labels[fname]['string'] for fname in missing),
                )
            )

    def _get_follow_up_date(self, day):
        """When a refusal of a day is followed up, False without a rule.

        :param date day: of the refusal
        :rtype: date | bool
        """
        if not self.has_follow_up:
            return False
        return fields.Date.add(day, **{f'{self.follow_up_unit}s': self.follow_up_delay})

    def _render_follow_up_note(self, values):
        """The note of a follow-up with its placeholders filled in.

        :param dict values: text of each of `PLACEHOLDERS`
        :rtype: str
        """
        return PLACEHOLDER.sub(
            lambda match: str(values.get(match[1]) or ""), self.follow_up_note or ""
        )

    def _reschedule_follow_ups(self):
        """Move the follow-ups that wait to what the rule says now.

        They stop with the rule, and wait again when it comes back. One statement, as a reason may
        have many refusals.
        """
        if not self:
            return
        Refusal = self.env['growth.refusal']
        Refusal.flush_model()
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
            UPDATE growth_refusal AS refusal
               SET follow_up_date = refusal.day
                       + reason.follow_up_delay * (
                           CASE reason.follow_up_unit
                               WHEN 'day' THEN INTERVAL '1 day'
                               ELSE INTERVAL '1 month'
                           END),
                   follow_up_state =
                       CASE WHEN reason.has_follow_up THEN 'waiting' ELSE 'stopped' END,
                   follow_up_stop = CASE WHEN reason.has_follow_up THEN NULL ELSE 'rule' END
              FROM crm_lost_reason AS reason
             WHERE reason.id = refusal.reason_id
               AND reason.id IN %(reasons)s
               AND refusal.outcome = 'open'
               AND (refusal.follow_up_state = 'waiting' OR refusal.follow_up_stop = 'rule')
            """,
                reasons=tuple(self.ids),
            )
        )
        Refusal.invalidate_model(['follow_up_date', 'follow_up_state', 'follow_up_stop'])
