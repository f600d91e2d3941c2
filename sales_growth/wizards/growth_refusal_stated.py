from odoo import api, fields, models


class GrowthRefusalStated(models.AbstractModel):
    """What the dialogues ask about a refusal beside its reason, as the reason wants it."""

    _name = 'growth.refusal.stated'
    _description = "Statement About a Refusal"

    lost_reason_id = fields.Many2one(comodel_name='crm.lost.reason', string="Lost Reason")
    is_single = fields.Boolean(compute='_compute_lead_facts', export_string_translation=False)
    require_competitor = fields.Boolean(related='lost_reason_id.require_competitor')
    require_prices = fields.Boolean(related='lost_reason_id.require_prices')
    require_product = fields.Boolean(related='lost_reason_id.require_product')
    require_note = fields.Boolean(related='lost_reason_id.require_note')
    currency_id = fields.Many2one(comodel_name='res.currency', compute='_compute_lead_facts')
    competitor_id = fields.Many2one(comodel_name='growth.competitor')
    our_price = fields.Monetary()
    their_price = fields.Monetary(help="What the customer pays elsewhere or would be ready to pay.")
    requested_product = fields.Char()
    product_id = fields.Many2one(comodel_name='product.product')
    is_no_contact = fields.Boolean(
        string="Asked not to be contacted any more",
        help="The refusal is not followed up, nor are later ones of this customer.",
    )

    # What is asked: what the reason wants, and what goes with its category.
    ask_competitor = fields.Boolean(compute='_compute_asked', export_string_translation=False)
    ask_prices = fields.Boolean(compute='_compute_asked', export_string_translation=False)
    ask_product = fields.Boolean(compute='_compute_asked', export_string_translation=False)

    def _compute_lead_facts(self):
        """Currency of the prices, and whether the dialogue is about one lead."""
        raise NotImplementedError

    @api.depends('lost_reason_id', 'is_single')
    def _compute_asked(self):
        for wizard in self:
            reason = wizard.lost_reason_id
            wizard.ask_competitor = reason.require_competitor or reason.category in (
                'competitor',
                'price',
            )
            # A price is one deal's.
            wizard.ask_prices = wizard.is_single and (
                reason.require_prices or reason.category == 'price'
            )
            wizard.ask_product = reason.require_product or reason.category == 'product'

    def _get_stated_vals(self):
        """What was stated, as the log takes it: not what was typed in for another reason.

        :rtype: dict
        """
        self.ensure_one()
        vals = {'is_no_contact': self.is_no_contact}
        if self.ask_competitor:
            vals['competitor_id'] = self.competitor_id.id
        if self.ask_prices:
            vals.update(our_price=self.our_price, their_price=self.their_price)
        if self.ask_product:
            vals.update(requested_product=self.requested_product, product_id=self.product_id.id)
        return vals
