from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..models.growth_okr_cycle import PERIODS


class GrowthOkrNextCycle(models.TransientModel):
    """The cycle after another one, and what it takes over."""

    _name = 'growth.okr.next.cycle'
    _description = "Plan the Next Cycle"

    cycle_id = fields.Many2one(
        comodel_name='growth.okr.cycle', required=True, readonly=True, ondelete='cascade'
    )
    company_id = fields.Many2one(related='cycle_id.company_id')
    last_day = fields.Date(related='cycle_id.date_to', string="Ends Before")
    next_cycle_id = fields.Many2one(
        comodel_name='growth.okr.cycle',
        string="Into",
        compute='_compute_next_cycle_id',
        store=True,
        readonly=False,
        precompute=True,
        ondelete='cascade',
        domain="[('company_id', '=', company_id), ('state', 'in', ('draft', 'running')), "
        "('date_from', '>', last_day)]",
        help="The cycle that takes over; empty for a new one.",
    )
    name = fields.Char(
        compute='_compute_name', store=True, readonly=False, precompute=True, required=True
    )
    period = fields.Selection(
        selection=PERIODS,
        compute='_compute_period',
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_from = fields.Date(
        string="Begins On",
        compute='_compute_date_from',
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_to = fields.Date(
        string="Ends On",
        compute='_compute_date_to',
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
    def _compute_period(self):
        for wizard in self:
            wizard.period = wizard.cycle_id.period

    @api.depends('cycle_id')
    def _compute_date_from(self):
        for wizard in self:
            last_day = wizard.cycle_id.date_to
            wizard.date_from = last_day and last_day + timedelta(days=1)

    @api.depends('period', 'date_from')
    def _compute_date_to(self):
        for wizard in self:
            wizard.date_to = wizard._get_cycle().date_to

    @api.depends('period', 'date_from')
    def _compute_name(self):
        for wizard in self:
            wizard.name = wizard._get_cycle().name

    def _get_cycle(self):
        """The cycle of this length that begins on this day, as it would be.

        :rtype: growth.okr.cycle
        """
        return self.env['growth.okr.cycle'].new(
            {'period': self.period, 'date_from': self.date_from}
        )

    @api.depends('cycle_id')
    def _compute_next_cycle_id(self):
        for wizard in self:
            cycle = wizard.cycle_id
            wizard.next_cycle_id = cycle and cycle.search(
                cycle._get_following_domain() & Domain('period', '=', cycle.period),
                order='date_from, id',
                limit=1,
            )

    @api.depends('cycle_id', 'next_cycle_id')
    def _compute_objective_ids(self):
        for wizard in self:
            objectives = wizard.cycle_id.objective_ids.filtered(lambda each: each._is_unfinished())
            wizard.objective_ids = objectives - wizard.next_cycle_id.objective_ids.carried_from_id

    def action_create_cycle(self):
        """Plan the next cycle, or what is planned for it already, and open it."""
        self.ensure_one()
        cycle = self.cycle_id
        if (self.next_cycle_id or self).date_from <= cycle.date_to:
            raise UserError(self.env._("The next cycle begins when %s has ended.", cycle.name))
        following = self.next_cycle_id or self._create_cycle()
        following.check_access('write')
        if following not in following.filtered_domain(cycle._get_following_domain()):
            raise UserError(
                self.env._(
                    "%(following)s takes nothing over from %(cycle)s: choose a cycle of the same "
                    "company that is planned or running.",
                    following=following.name,
                    cycle=cycle.name,
                )
            )
        if not following.previous_id:
            following.sudo().previous_id = cycle
        cycle._carry_over(self.objective_ids, following)
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'growth.okr.cycle',
            'view_mode': 'form',
            'res_id': following.id,
        }

    def _create_cycle(self):
        """
        :rtype: growth.okr.cycle
        """
        return self.env['growth.okr.cycle'].create(
            {
                'company_id': self.cycle_id.company_id.id,
                'name': self.name,
                'period': self.period,
                'date_from': self.date_from,
                'date_to': self.date_to,
            }
        )
