from odoo import api, fields, models
from odoo.exceptions import UserError

SIDES = [
    ('ours', "Ours"),
    ('theirs', "Theirs"),
    ('outside', "Outside"),
]


class GrowthChurnReason(models.Model):
    """Why a customer leaves, as the people who ask them find out."""

    _name = 'growth.churn.reason'
    _description = "Churn Reason"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)
    side = fields.Selection(
        selection=SIDES,
        string="Whose Reason",
        required=True,
        default='ours',
        help="Ours: we could have done something about it. Theirs: it lies with the customer. "
        "Outside: neither could.",
    )
    case_count = fields.Integer(string="Cases", compute='_compute_case_count')

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_case_count(self):
        counts = dict(
            self.env['growth.churn.case']._read_group(
                [('reason_id', 'in', self.ids)], groupby=['reason_id'], aggregates=['__count']
            )
        )
        for reason in self:
            reason.case_count = counts.get(reason, 0)

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # Whoever deletes a reason need not see the cases of all companies that have it.
        used = (
            self.env['growth.churn.case']
            .sudo()
            ._read_group([('reason_id', 'in', self.ids)], groupby=['reason_id'])
        )
        if used:
            raise UserError(
                self.env._(
                    "Customers were lost for these reasons, so they cannot be deleted: %s. "
                    "Archive them instead.",
                    ", ".join(reason.with_env(self.env).name for (reason,) in used),
                )
            )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_cases(self):
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_churn_case_action'
        )
        return {**action, 'domain': [('reason_id', 'in', self.ids)], 'context': {}}
