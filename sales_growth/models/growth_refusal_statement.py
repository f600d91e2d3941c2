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
        comodel_name='crm.lost.reason', string="From", ondelete='restrict', readonly=True
    )
    to_reason_id = fields.Many2one(
        comodel_name='crm.lost.reason', string="To", ondelete='restrict', readonly=True
    )
    note = fields.Text(string="Former Note", readonly=True)
