from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.growth_okr_cycle import MONTHS, PERIODS


class GrowthOkrNextCycle(models.TransientModel):
    """The cycle after another one, and what it takes over."""

    _name = 'growth.okr.next.cycle'
    _description = "Plan the Next Cycle"

    cycle_id = fields.Many2one(
        comodel_name='growth.okr.cycle', required=True, readonly=True, ondelete='cascade'
    )
    name = fields.Char(
        compute='_compute_dates', store=True, readonly=False, precompute=True, required=True
    )
    period = fields.Selection(
        selection=PERIODS,
        compute='_compute_dates',
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_from = fields.Date(
        string="Begins On",
        compute='_compute_dates',
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_to = fields.Date(
        string="Ends On",
        compute='_compute_dates',
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    objective_ids = fields.Many2many(
        comodel_name='growth.okr.objective',
        string="Take Over",
        compute='_compute_objective_ids',
        store=True,
        readonly=False,
        domain="[('cycle_id', '=', cycle_id), ('state', 'not in', ('declined', 'cancelled'))]",
        help="Planned anew as drafts, with what is left of their key results.",
    )

    @api.depends('cycle_id')
    def _compute_dates(self):
        Cycle = self.env['growth.okr.cycle']
        for wizard in self:
            cycle = wizard.cycle_id
            if not cycle:
                continue
            date_from = cycle.date_to + timedelta(days=1)
            following = Cycle.new({'period': cycle.period, 'date_from': date_from})
            wizard.period = cycle.period
            wizard.date_from = date_from
            wizard.date_to = date_from + relativedelta(months=MONTHS[cycle.period], days=-1)
            wizard.name = following.name

    @api.depends('cycle_id')
    def _compute_objective_ids(self):
        for wizard in self:
            wizard.objective_ids = wizard.cycle_id.objective_ids.filtered(
                lambda each: each._is_unfinished()
            )

    def action_create_cycle(self):
        """Plan the next cycle, and open it."""
        self.ensure_one()
        cycle = self.cycle_id
        if self.date_from <= cycle.date_to:
            raise UserError(self.env._("The next cycle begins when %s has ended.", cycle.name))
        following = cycle.create(
            {
                'company_id': cycle.company_id.id,
                'name': self.name,
                'period': self.period,
                'date_from': self.date_from,
                'date_to': self.date_to,
            }
        )
        following.sudo().previous_id = cycle
        cycle._carry_over(self.objective_ids, following)
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'growth.okr.cycle',
            'view_mode': 'form',
            'res_id': following.id,
        }
