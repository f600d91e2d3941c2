from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .growth_churn_case import OPEN_STATES

RESULTS = [
    ('open', "Under Way"),
    ('won', "Won Back"),
    ('failed', "Failed"),
    ('stopped', "Called Off"),
]
# What managers may correct; everything else is written once, by the buttons and the job.
EDITABLE = {'cost', 'note', 'result_note'}


class GrowthWinbackAttempt(models.Model):
    """One try to win a customer back by a method. The last one of a case that is won has won it.

    How one begins stands in `growth_winback_start.py`.
    """

    _name = 'growth.winback.attempt'
    _description = "Win-Back Attempt"
    _order = 'date desc, id desc'
    _check_company_auto = True

    case_id = fields.Many2one(
        comodel_name='growth.churn.case',
        required=True,
        index=True,
        readonly=True,
        ondelete='cascade',
    )
    partner_id = fields.Many2one(related='case_id.partner_id')
    company_id = fields.Many2one(
        related='case_id.company_id', store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related='company_id.currency_id')
    method_id = fields.Many2one(
        comodel_name='growth.winback.method',
        required=True,
        index=True,
        readonly=True,
        ondelete='restrict',
        check_company=True,
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="By",
        required=True,
        index=True,
        readonly=True,
        ondelete='restrict',
        check_company=True,
    )
    date = fields.Date(string="Begun On", required=True, readonly=True, index=True)
    cost = fields.Monetary()
    note = fields.Text()
    result = fields.Selection(
        selection=RESULTS,
        required=True,
        readonly=True,
        default='open',
        index=True,
        help="Called off: the case was over before anybody could tell.",
    )
    result_note = fields.Text(string="What Came of It")
    closed_date = fields.Date(string="Closed On", readonly=True)

    _unique_open = models.UniqueIndex(
        "(case_id) WHERE result = 'open'", "An attempt to win this customer back is under way."
    )
    _check_cost = models.Constraint('CHECK (cost >= 0)', "An attempt cannot cost less than zero.")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('case_id', 'method_id')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for attempt in self:
            attempt.display_name = self.env._(
                "%(customer)s: %(method)s",
                customer=attempt.partner_id.display_name,
                method=attempt.method_id.name,
            )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and (closed := vals.keys() - EDITABLE):
            raise AccessError(
                self.env._(
                    "An attempt is history: only its cost and its notes can be corrected, not: %s.",
                    ", ".join(sorted(closed)),
                )
            )
        return super().write(vals)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_fail(self):
        """Ask what came of it."""
        self.case_id.check_access('write')
        self._check_under_way()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("The Attempt Failed"),
            'res_model': 'growth.winback.fail',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_attempt_ids': self.ids},
        }

    def action_open_case(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'growth.churn.case',
            'view_mode': 'form',
            'res_id': self.case_id.id,
        }

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _fail(self, note):
        """End attempts that did not bring the customers back. Their cases stay open, for what
        comes next.

        :param str note: what came of it
        """
        self.case_id._take(*OPEN_STATES)
        self.invalidate_recordset(['result'])
        self._check_under_way()
        now = fields.Datetime.now()
        cases = self.case_id._as_system()
        attempts = self.with_env(cases.env)
        for company, group in attempts.grouped('company_id').items():
            group.write(
                {
                    'result': 'failed',
                    'result_note': note,
                    'closed_date': company._growth_day(now),
                }
            )
        cases._unlink_steps()
        # What failed is not what is to be done next.
        cases.filtered(lambda case: case.method_id in attempts.method_id).method_id = False
        cases._message_log_batch(
            bodies={
                attempt.case_id.id: self.env._(
                    "%(method)s failed: %(note)s", method=attempt.method_id.name, note=note
                )
                for attempt in attempts
            }
        )
        cases._suggest_all()

    def _check_under_way(self):
        if closed := self.filtered(lambda attempt: attempt.result != 'open'):
            raise UserError(
                self.env._(
                    "What came of these attempts is known already: %s.",
                    ", ".join(closed.mapped('display_name')),
                )
            )


class GrowthChurnCase(models.Model):
    _inherit = 'growth.churn.case'

    def _close_attempts(self, state, day):
        """End the attempts that are under way with their case. Of a case that was won, the attempt
        under way has won it, else the last one that had begun: customers take their time.

        :param str state: in which the cases are closed
        :param date day: of the end
        """
        under_way = self.attempt_ids.filtered(lambda attempt: attempt.result == 'open')
        winners = self.env['growth.winback.attempt']
        if state == 'won':
            begun = self.attempt_ids.filtered(lambda attempt: attempt.date <= day)
            for attempts in begun.grouped('case_id').values():
                winners |= attempts.sorted(lambda attempt: (attempt.result == 'open', attempt.id))[
                    -1:
                ]
            winners.write({'result': 'won', 'closed_date': day})
        rest = under_way - winners
        rest.write({'result': 'failed' if state == 'lost' else 'stopped', 'closed_date': day})

    def _unlink_steps(self):
        """Take away the steps of an attempt that nobody has to take any more; what people planned
        by themselves stays."""
        self.activity_ids.filtered('automated').unlink()
