from odoo import fields, models


class GrowthRefusalStatement(models.Model):
    """Trail of a refusal: a row each time a better reason replaced the one known so far."""

    _name = 'growth.refusal.statement'
    _description = "Refusal Statement"
    _order = 'date desc, id desc'
    _rec_name = 'to_reason_id'

    refusal_id = fields.Many2one(
        comodel_name='growth.refusal', required=True, index=True, ondelete='cascade', readonly=True
    )
    date = fields.Datetime(string="Stated On", required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name='res.users', string="Stated By", ondelete='set null', readonly=True
    )
    from_reason_id = fields.Many2one(
        comodel_name='crm.lost.reason', string="Former Reason", ondelete='restrict', readonly=True
    )
    to_reason_id = fields.Many2one(
        comodel_name='crm.lost.reason', string="New Reason", ondelete='restrict', readonly=True
    )
    # What was known until then
    note = fields.Text(string="Former Note", readonly=True)
    competitor_id = fields.Many2one(
        comodel_name='growth.competitor',
        string="Former Competitor",
        ondelete='restrict',
        readonly=True,
    )
    currency_id = fields.Many2one(related='refusal_id.currency_id')
    our_price = fields.Monetary(string="Former Price of Ours", readonly=True)
    their_price = fields.Monetary(string="Former Price of Theirs", readonly=True)
    requested_product = fields.Char(string="Former Requested Product", readonly=True)
