from collections.abc import Mapping
from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain


class FunnelPath(NamedTuple):
    """A funnel as the log needs it. An index counts the steps from zero; -1 is before the first."""

    funnel_id: int
    company_id: int
    step_ids: tuple[int, ...]
    # Index of the last step that a stage or an activity type stands for
    index_by_stage: Mapping[int, int]
    index_by_activity_type: Mapping[int, int]
    quotation_index: int
    order_index: int
    invoice_index: int


class GrowthFunnel(models.Model):
    """The steps from a prospect to a paying customer: one funnel for a company, and one for each
    team that works differently."""

    _name = 'growth.funnel'
    _description = "Funnel"
    _order = 'company_id, id'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name='res.company',
        required=True,
        ondelete='cascade',
        default=lambda self: self.env.company,
    )
    team_id = fields.Many2one(
        comodel_name='crm.team',
        string="Sales Team",
        index='btree_not_null',
        ondelete='restrict',
        check_company=True,
        help="The team that works by these steps. Empty: all teams without a funnel of their own.",
    )
    step_ids = fields.One2many(
        comodel_name='growth.funnel.step', inverse_name='funnel_id', string="Steps", copy=True
    )

    _unique_default = models.UniqueIndex(
        "(company_id) WHERE team_id IS NULL AND active",
        "The company has a funnel for all teams already. Choose a team for this one.",
    )
    _unique_team = models.UniqueIndex(
        "(company_id, team_id) WHERE team_id IS NOT NULL AND active",
        "The team has a funnel already.",
    )

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('step_ids', 'active')
    def _check_steps(self):
        for funnel in self:
            if funnel.active and not funnel.step_ids:
                raise ValidationError(
                    self.env._("The funnel “%s” needs at least one step.", funnel.name)
                )

    @api.constrains('company_id')
    def _check_history(self):
        Event = self.env['growth.funnel.event'].sudo()
        for funnel in self:
            if Event.search_count(
                [
                    ('step_id.funnel_id', '=', funnel.id),
                    ('company_id', '!=', funnel.company_id.id),
                ],
                limit=1,
            ):
                raise ValidationError(
                    self.env._("A funnel with history cannot go to another company.")
                )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        funnels = super().create(vals_list)
        # Constraints do not see fields that nobody gave.
        funnels._check_steps()
        funnels._begin()
        return funnels

    def write(self, vals):
        companies = self.company_id
        result = super().write(vals)
        if {'active', 'company_id', 'team_id'} & vals.keys():
            (self | self._get_general(companies | self.company_id))._begin()
        return result

    def unlink(self):
        companies = self.company_id
        result = super().unlink()
        self.env.registry.clear_cache()
        self.env['crm.lead']._growth_stand_again(companies)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        if self.with_context(active_test=False).step_ids._has_history():
            raise UserError(
                self.env._(
                    "Leads have gone through this funnel: archive it, so that the history stays."
                )
            )

    def copy_data(self, default=None):
        # Two funnels of one scope cannot be: the copy waits in the archive for its team.
        default = default or {}
        scope = {'team_id', 'company_id'} & default.keys()
        return [
            vals
            if scope
            else {**vals, 'active': False, 'name': self.env._("%s (copy)", funnel.name)}
            for funnel, vals in zip(self, super().copy_data(default=default), strict=True)
        ]

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_fill_history(self):
        """Fill the events that were missed from what Odoo kept: stage tracking, orders, invoices
        and activities."""
        self.check_access('write')
        count = self.env['growth.funnel.event']._backfill(self)
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success' if count else 'info',
                'message': self.env._("Events found in the history: %s", count),
            },
        }

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _begin(self):
        """Let funnels find their leads where they are, with the steps that these have passed."""
        self.env.registry.clear_cache()
        # While Odoo loads the shipped data its steps are not complete: the hook does it after.
        if not self.env.context.get('install_mode'):
            self.env['growth.funnel.event'].sudo()._backfill(self.filtered('active'))

    @api.model
    def _get_general(self, companies):
        """The funnels for all teams of companies: there go the leads that a funnel lets go.

        :rtype: growth.funnel
        """
        return self.search([('company_id', 'in', companies.ids), ('team_id', '=', False)])

    def _follow_changes(self):
        """Let leads stand where the steps, as they are now, put them."""
        self.env.registry.clear_cache()
        self.env['crm.lead']._growth_stand_again(self.company_id)

    @api.model
    @tools.ormcache()
    def _get_paths(self):
        """All funnels in use, by company and team (False: the company's other teams).

        :rtype: dict[tuple[int, int | bool], FunnelPath]
        """
        # What is cached must not depend on who asks first.
        everything = self.sudo().with_context(active_test=True)
        stages = everything.env['crm.stage'].search(Domain.TRUE)
        return {
            (funnel.company_id.id, funnel.team_id.id): funnel._get_path(stages)
            for funnel in everything.search(Domain.TRUE)
        }

    def _get_path(self, stages):
        """
        :param crm.stage stages: all of them
        :rtype: FunnelPath
        """
        self.ensure_one()
        # They may just have been put into another order.
        steps = self.step_ids.sorted()

        def last_index(fits):
            return max((index for index, step in enumerate(steps) if fits(step)), default=-1)

        return FunnelPath(
            funnel_id=self.id,
            company_id=self.company_id.id,
            step_ids=tuple(steps.ids),
            index_by_stage={
                stage.id: last_index(lambda step, stage=stage: step._is_reached_by(stage))
                for stage in stages
            },
            index_by_activity_type={
                activity_type.id: last_index(
                    lambda step, kind=activity_type: kind in step.activity_type_ids
                )
                for activity_type in steps.activity_type_ids
            },
            quotation_index=last_index(lambda step: step.quotation_sent),
            order_index=last_index(lambda step: step.order_confirmed),
            invoice_index=last_index(lambda step: step.invoice_paid),
        )

    @api.model
    def _create_for(self, companies):
        """Give companies without a funnel the one of the first company.

        :param res.company companies:
        """
        template = self.env.ref('sales_growth.growth_funnel_default', raise_if_not_found=False)
        if not template:
            return
        have = self.with_context(active_test=False).search([('company_id', 'in', companies.ids)])
        for company in companies - have.company_id:
            template.with_company(company).copy({'company_id': company.id, 'team_id': False})
