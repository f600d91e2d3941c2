from odoo import fields, models
from odoo.tools import SQL

MOVE_REASONS = [
    ('recompute', "Recomputed"),
    ('settings', "Settings changed"),
    ('manual', "Set by hand"),
    ('manual_end', "Manual segment ended"),
]
DIRECTIONS = [
    ('up', "Up"),
    ('down', "Down"),
    ('enter', "Entered"),
    ('leave', "Left"),
]


class GrowthSegmentMove(models.Model):
    """History of the segments: a row each time a customer changes from one to another."""

    _name = 'growth.segment.move'
    _description = "Segment Move"
    _order = 'date desc, id desc'
    _rec_name = 'customer_id'

    customer_id = fields.Many2one(
        comodel_name='growth.customer', required=True, index=True, ondelete='cascade', readonly=True
    )
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, ondelete='cascade', readonly=True
    )
    partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Contact",
        required=True,
        index=True,
        ondelete='cascade',
        readonly=True,
    )
    user_id = fields.Many2one(related='partner_id.user_id')
    date = fields.Date(required=True, index=True, readonly=True)
    from_segment_id = fields.Many2one(
        comodel_name='growth.segment',
        string="From",
        ondelete='restrict',
        readonly=True,
        help="Empty: the customer had no class, as nothing was bought in the window.",
    )
    to_segment_id = fields.Many2one(
        comodel_name='growth.segment',
        string="To",
        ondelete='restrict',
        readonly=True,
        help="Empty: the customer has no class any more, as nothing was bought in the window.",
    )
    direction = fields.Selection(selection=DIRECTIONS, required=True, readonly=True)
    reason = fields.Selection(selection=MOVE_REASONS, required=True, readonly=True)
    note = fields.Char(readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    value = fields.Monetary(readonly=True, help="Value of the window at the time of the move.")
    author_id = fields.Many2one(
        comodel_name='res.users',
        string="Moved by",
        readonly=True,
        help="Who set the segment by hand.",
    )

    _date_idx = models.Index("(company_id, date, customer_id)")

    def _direction_sql(self, old, new):
        """The direction of a move between two segments.

        :param str old: alias of a joined `growth_segment`, null when there is none
        :param str new: the same
        :rtype: SQL
        """
        return SQL(
            """
            CASE WHEN %(old)s IS NULL THEN 'enter'
                 WHEN %(new)s IS NULL THEN 'leave'
                 WHEN %(new)s < %(old)s THEN 'up'
                 ELSE 'down'
            END
            """,
            old=SQL.identifier(old, 'sequence'),
            new=SQL.identifier(new, 'sequence'),
        )
