from odoo import fields, models
from odoo.tools import SQL

from ..models.growth_segment_move import DIRECTIONS


class GrowthSegmentTransition(models.Model):
    """From which segment to which each customer came between two days, however many moves were
    in between: a customer who came back to the first segment is not listed.

    The days come with the context (`growth_date_from`, `growth_date_to`, both included); without
    them the whole history counts.
    """

    _name = 'growth.segment.transition'
    _description = "Segment Transition"
    _auto = False
    _order = 'value desc, id'
    _rec_name = 'customer_id'

    customer_id = fields.Many2one(comodel_name='growth.customer', readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    partner_id = fields.Many2one(comodel_name='res.partner', string="Contact", readonly=True)
    user_id = fields.Many2one(related='partner_id.user_id')
    from_segment_id = fields.Many2one(comodel_name='growth.segment', string="From", readonly=True)
    to_segment_id = fields.Many2one(comodel_name='growth.segment', string="To", readonly=True)
    direction = fields.Selection(selection=DIRECTIONS, readonly=True)
    date = fields.Date(string="Last Move", readonly=True)
    move_count = fields.Integer(string="Moves", readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    value = fields.Monetary(readonly=True, help="Value of the window at the last move.")

    _depends = {
        'growth.segment.move': [
            'company_id',
            'customer_id',
            'date',
            'from_segment_id',
            'partner_id',
            'to_segment_id',
            'value',
        ],
        'growth.segment': ['sequence'],
    }

    @property
    def _table_query(self) -> SQL:
        return SQL(
            """
            SELECT period.customer_id AS id,
                   period.customer_id,
                   period.company_id,
                   period.partner_id,
                   from_segment.id AS from_segment_id,
                   to_segment.id AS to_segment_id,
                   %(direction)s AS direction,
                   period.date,
                   period.move_count,
                   period.value
              FROM (
                    SELECT customer_id,
                           company_id,
                           partner_id,
                           (ARRAY_AGG(from_segment_id ORDER BY date, id))[1] AS from_id,
                           (ARRAY_AGG(to_segment_id ORDER BY date DESC, id DESC))[1] AS to_id,
                           (ARRAY_AGG(value ORDER BY date DESC, id DESC))[1] AS value,
                           MAX(date) AS date,
                           COUNT(*)::int4 AS move_count
                      FROM growth_segment_move
                     WHERE %(period)s
                  GROUP BY customer_id, company_id, partner_id
                   ) AS period
         LEFT JOIN growth_segment AS from_segment ON from_segment.id = period.from_id
         LEFT JOIN growth_segment AS to_segment ON to_segment.id = period.to_id
             WHERE from_segment.sequence IS DISTINCT FROM to_segment.sequence
            """,
            direction=self.env['growth.segment.move']._direction_sql('from_segment', 'to_segment'),
            period=self._period(),
        )

    def _period(self):
        context = self.env.context
        conditions = [SQL("TRUE")]
        if date_from := fields.Date.to_date(context.get('growth_date_from')):
            conditions.append(SQL("date >= %s", date_from))
        if date_to := fields.Date.to_date(context.get('growth_date_to')):
            conditions.append(SQL("date <= %s", date_to))
        return SQL(" AND ").join(conditions)
