from odoo import fields, models

from .growth_refusal import RESTATING, STATED_FIELDS


class GrowthRefusal(models.Model):
    """How a better reason replaces the first one."""

    _inherit = 'growth.refusal'

    def _get_known(self):
        """What is stated already, as defaults of the dialogue. The note on an excuse is none of
        the real reason.

        :rtype: dict
        """
        self.ensure_one()
        return {
            fname: self._fields[fname].convert_to_write(self[fname], self)
            for fname in STATED_FIELDS
            if fname != 'note' or not self.is_unresolved
        }

    def _check_stated(self, reason, stated, is_single):
        """Refuse a better reason without what it asks for, where the settings require a reason.

        :param crm.lost.reason reason:
        :param dict stated: by field; what is known already need not be stated again
        :param bool is_single: whether one refusal is corrected, and not several at once
        :raise UserError: when something is missing
        """
        stated = self._get_stated(stated)
        for refusal in self.sudo():
            if refusal.company_id.growth_refusal_policy == 'required':
                reason._check_stated({**refusal._get_known(), **stated}, is_single)

    def _restate(self, reason, stated=None):
        """Replace the reason of refusals by a better one; the trail keeps what was known.

        A lead that is still lost for the former reason gets the new one, and the follow-up of the
        former reason ends in favour of the new one's.

        :param crm.lost.reason reason:
        :param dict stated: what else was said, by `STATED_FIELDS`; what is left out stays
        """
        vals = {'reason_id': reason.id, **self._get_stated(stated)}
        refusals = self.sudo().filtered(
            lambda refusal: any(
                refusal._fields[fname].convert_to_write(refusal[fname], refusal) != value
                for fname, value in vals.items()
            )
        )
        self.env['growth.refusal.statement'].sudo().create(
            [refusal._prepare_statement(reason) for refusal in refusals]
        )
        changed = refusals.filtered(lambda refusal: refusal.reason_id != reason)
        leads = changed.filtered(
            lambda refusal: (
                refusal.outcome == 'open'
                and refusal.lead_id.lost_reason_id in (refusal.reason_id, reason.browse())
            )
        ).lead_id
        refusals.write(vals)
        refusals._take_over_no_contact(vals)
        changed._restart_follow_up()
        # Whoever finds the reason: lead and refusal say the same.
        leads.with_context(growth_restating=RESTATING).lost_reason_id = reason

    def _prepare_statement(self, reason):
        """Values of the trail: what was known until now.

        :param crm.lost.reason reason: what replaces it
        :rtype: dict
        """
        self.ensure_one()
        return {
            'refusal_id': self.id,
            'date': fields.Datetime.now(),
            'user_id': self.env.uid,
            'from_reason_id': self.reason_id.id,
            'to_reason_id': reason.id,
            'note': self.note,
            'competitor_id': self.competitor_id.id,
            'our_price': self.our_price,
            'their_price': self.their_price,
            'requested_product': self.requested_product,
        }
