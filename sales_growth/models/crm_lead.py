from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_is_zero

from .growth_refusal import CONTEXT_KEY, RESTATING

# Odoo calls a lead lost when it is archived with a probability of exactly zero, and zero is also
# what every lead has as long as there are no statistics. This is next to nothing: shown as 0.00,
# and equal to zero to the two digits by which Odoo tells automated probabilities from set ones.
ARCHIVED_PROBABILITY = 1e-6


class Losing:
    """Which leads `action_set_lost` is about to lose. It travels in the context: an object, as no
    caller from outside can send one."""

    def __init__(self, leads):
        self.ids = frozenset(leads.ids)

    @staticmethod
    def get_ids(env):
        """Ids of the leads that are about to be lost.

        :rtype: frozenset[int]
        """
        losing = env.context.get('growth_losing')
        return losing.ids if isinstance(losing, Losing) else frozenset()


class CrmLead(models.Model):
    _inherit = 'crm.lead'

    refusal_ids = fields.One2many(
        comodel_name='growth.refusal',
        inverse_name='lead_id',
        groups='sales_team.group_sale_salesman',
    )
    refusal_count = fields.Integer(
        compute='_compute_refusals', groups='sales_team.group_sale_salesman'
    )
    is_reason_unresolved = fields.Boolean(
        string="Real Reason Unknown",
        compute='_compute_refusals',
        search='_search_is_reason_unresolved',
        groups='sales_team.group_sale_salesman',
        help="The lead is lost and only an excuse is known so far, or nothing.",
    )

    # ------------------------------------------------------------
    # COMPUTE AND SEARCH
    # ------------------------------------------------------------

    @api.depends('won_status', 'refusal_ids.is_unresolved', 'refusal_ids.outcome')
    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_refusals(self):
        counts = {}
        for lead, outcome, is_unresolved, count in self.env['growth.refusal']._read_group(
            [('lead_id', 'in', self.ids)],
            groupby=['lead_id', 'outcome', 'is_unresolved'],
            aggregates=['__count'],
        ):
            number, unresolved = counts.get(lead.id, (0, False))
            unresolved |= outcome == 'open' and is_unresolved
            counts[lead.id] = (number + count, unresolved)
        for lead in self:
            lead.refusal_count, unresolved = counts.get(lead._origin.id, (0, False))
            lead.is_reason_unresolved = unresolved and lead.won_status == 'lost'

    def _search_is_reason_unresolved(self, operator, value):
        if operator != 'in':
            return NotImplemented
        unresolved = Domain('won_status', '=', 'lost') & Domain(
            'refusal_ids', 'any', [('outcome', '=', 'open'), ('is_unresolved', '=', True)]
        )
        return unresolved if True in value else ~unresolved

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._keep_new_from_being_lost(vals) for vals in vals_list])

    def write(self, vals):
        # Who gives a reason means to lose.
        if not (vals.get('active', True) or 'probability' in vals or vals.get('lost_reason_id')):
            self._keep_from_being_lost()
        reasons = {}
        if 'lost_reason_id' in vals and self.env.context.get('growth_restating') is not RESTATING:
            reasons = {lead: lead.lost_reason_id for lead in self._filtered_lost()}
        archived = self.browse()
        if {'active', 'stage_id'} & vals.keys():
            archived = self.filtered(lambda lead: not lead.active)
        result = super().write(vals)
        archived._forget_archived_probability()
        if reasons:
            self._follow_lost_reason(reasons)
        if 'expected_revenue' in vals and (won := self._filtered_won()):
            self.env['growth.refusal']._update_recovered_revenue(won)
        return result

    def unlink(self):
        self.env['growth.refusal']._give_back_follow_ups(self)
        return super().unlink()

    def copy_data(self, default=None):
        # The copy of a lost lead is a new try, and no second refusal.
        fresh = {'active': True, 'lost_reason_id': False, **(default or {})}
        return [
            {**vals, 'active': fresh['active'], 'lost_reason_id': fresh['lost_reason_id']}
            if lead.won_status == 'lost'
            else vals
            for lead, vals in zip(self, super().copy_data(default=default), strict=True)
        ]

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_set_lost(self, **additional_values):
        """Lose leads. Beside the fields of the lead, `refusal` may state what the customer said:
        a dict of `note`, `competitor_id`, `our_price`, `their_price`, `product_id`,
        `requested_product` and `is_no_contact`."""
        stated = additional_values.pop('refusal', None) or self.env.context.get(CONTEXT_KEY)
        lost_before = self._filtered_lost()
        # Odoo archives first and says why afterwards: the refusal is whole only in the end.
        leads = self.with_context(growth_losing=Losing(self), **{CONTEXT_KEY: stated})
        result = super(CrmLead, leads).action_set_lost(**additional_values)
        lost = self._filtered_lost() - lost_before
        lost.with_context(**{CONTEXT_KEY: stated})._log_refusals(is_single=len(self) == 1)
        return result

    def action_state_reason(self):
        """Ask for the reason that really made the customer say no."""
        refusals = self.env['growth.refusal']._get_open(self)
        return (refusals.filtered('is_unresolved') or refusals).action_state_reason()

    def action_view_refusals(self):
        return self.env['growth.refusal']._action_view([('lead_id', 'in', self.ids)])

    # ------------------------------------------------------------
    # CORE OVERRIDES
    # ------------------------------------------------------------

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        result = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)

        def changed(status, was, now):
            return self.filtered(
                lambda lead: (
                    old_status_by_lead.get(lead.id, {}).get(status, False) is was
                    and new_status_by_lead.get(lead.id, {}).get(status, False) is now
                )
            )

        losing_ids = Losing.get_ids(self.env)
        lost = changed('is_lost', False, True)
        lost = lost.filtered(lambda lead: lead.id not in losing_ids)
        lost._log_refusals(is_single=len(self) == 1)
        Refusal = self.env['growth.refusal']
        if restored := changed('is_lost', True, False):
            Refusal._reopen(restored)
            # As Odoo does when a lead is restored by its button; the next loss has its own reason.
            restored.filtered('lost_reason_id').lost_reason_id = False
        if not_won := changed('is_won', True, False):
            Refusal._lose_recovery(not_won)
        if won := changed('is_won', False, True):
            Refusal._recover(won)
        return result

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        self.env['growth.refusal']._merge(opportunities, self)
        return result

    def _merge_get_fields_specific(self):
        specific = super()._merge_get_fields_specific()
        get_reason = specific['lost_reason_id']
        # Odoo would give a lost lead that stays the reason of another, and with it its refusal.
        specific['lost_reason_id'] = lambda fname, leads: (
            leads[0].lost_reason_id if leads[0].won_status == 'lost' else get_reason(fname, leads)
        )
        return specific

    # ------------------------------------------------------------
    # BUSINESS: ARCHIVED OR LOST
    # ------------------------------------------------------------

    def _filtered_lost(self):
        return self.filtered(lambda lead: lead.won_status == 'lost')

    def _filtered_won(self):
        return self.filtered(lambda lead: lead.won_status == 'won')

    @api.model
    def _keep_new_from_being_lost(self, vals):
        """Let a lead that is made in the archive be archived, not lost, as long as nobody says
        so by its probability.

        :param dict vals: of the new lead
        :rtype: dict
        """
        stage = self.env['crm.stage'].browse(vals.get('stage_id'))
        if (
            vals.get('active', self.env.context.get('default_active', True))
            or 'probability' in vals
            or vals.get('lost_reason_id')
            or stage.is_won
        ):
            return vals
        return {**vals, 'probability': ARCHIVED_PROBABILITY}

    def _keep_from_being_lost(self):
        """Let leads that are archived now stay what they are: archived, not lost.

        Only those whose probability of zero nobody set.
        """
        if Losing.get_ids(self.env).issuperset(self.ids):
            return
        undecided = self.filtered(
            lambda lead: (
                lead.active
                and lead.won_status == 'pending'
                and not lead.probability
                and float_is_zero(lead.automated_probability, precision_digits=2)
            )
        )
        if undecided:
            undecided.probability = ARCHIVED_PROBABILITY

    def _forget_archived_probability(self):
        """Give leads that came back from the archive their automated probability."""
        for lead in self:
            if lead.active and lead.probability == ARCHIVED_PROBABILITY:
                lead.probability = lead.automated_probability

    # ------------------------------------------------------------
    # BUSINESS: REFUSALS
    # ------------------------------------------------------------

    def _log_refusals(self, is_single):
        """Check and write down the refusals of leads that became lost.

        :param bool is_single: whether one lead is lost, and not several at once
        """
        if not self:
            return
        Refusal = self.env['growth.refusal']
        stated = Refusal._get_stated(self.env.context.get(CONTEXT_KEY))
        self._check_lost_reason()
        for reason in self._filtered_reason_required().lost_reason_id:
            reason._check_stated(stated, is_single)
        Refusal._log(self, stated)

    def _follow_lost_reason(self, reasons):
        """Take over a reason that was corrected while leads are lost, into the refusals that had
        the former one, else into the last.

        :param dict reasons: former reason of each lead that was lost before
        """
        changed = self._filtered_lost().filtered(
            lambda lead: lead in reasons and lead.lost_reason_id != reasons[lead]
        )
        changed._check_lost_reason()
        stated = self.env.context.get(CONTEXT_KEY)
        # One write gives all leads the same reason.
        reason = changed.lost_reason_id
        # Who may change the lead corrects its refusals, whoever of them lost it.
        refusals = self.env['growth.refusal'].sudo().browse()
        for lead, history in refusals._get_open(changed).grouped('lead_id').items():
            same = history.filtered(lambda refusal, lead=lead: refusal.reason_id == reasons[lead])
            refusals |= same or history[:1]
        if not reason or not refusals:
            return
        refusals = refusals.sudo(self.env.su)
        if not self._is_reason_exempt():
            refusals._check_stated(reason, stated, is_single=len(self) == 1)
        refusals._restate(reason, stated)

    def _is_reason_exempt(self):
        """Whether nobody is there to be asked for a reason: an import, or code that acts on its
        own (a scheduled job, an automation).

        :rtype: bool
        """
        return self.env.su or bool(self.env.context.get('import_file'))

    def _filtered_reason_required(self):
        """The leads that cannot be lost without a reason, as the settings of their company say.

        :rtype: crm.lead
        """
        if self._is_reason_exempt():
            return self.browse()
        return self.filtered(
            lambda lead: (
                (lead.company_id or self.env.company).sudo().growth_refusal_policy == 'required'
            )
        )

    def _check_lost_reason(self):
        """Refuse that leads are lost without a reason.

        :raise UserError: when a reason is missing
        """
        leads = self._filtered_reason_required().filtered(lambda lead: not lead.lost_reason_id)
        if leads:
            raise UserError(
                self.env._(
                    "Choose why the customer said no: %(leads)s. The button “Lost” asks for the "
                    "reason. To archive a lead without losing it, give it a probability above "
                    "zero.",
                    leads=", ".join(leads[:5].mapped('name')) + ("…" if len(leads) > 5 else ""),
                )
            )
