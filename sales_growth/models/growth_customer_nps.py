from odoo import api, fields, models
from odoo.tools import SQL

NPS_FIELDS = ['nps_answer_id', 'nps_score', 'nps_date', 'nps_kind']


class GrowthCustomer(models.Model):
    """How likely a customer is to recommend the company."""

    _inherit = 'growth.customer'

    nps_answer_ids = fields.One2many(
        comodel_name='growth.nps.answer', inverse_name='customer_id', string="NPS Answers"
    )
    # A number without an answer would be 0, which is an answer.
    nps_answer_id = fields.Many2one(
        comodel_name='growth.nps.answer',
        string="Deciding NPS Answer",
        index='btree_not_null',
        readonly=True,
        ondelete='set null',
        help="Of each contact the last answer counts, of these the lowest score, then the newest: "
        "among the answers of the 12 months up to the newest one.",
    )
    nps_score = fields.Integer(
        related='nps_answer_id.score',
        string="Likely to Recommend",
        aggregator=None,
        help="Score of the deciding answer, from 0 to 10.",
    )
    nps_date = fields.Date(related='nps_answer_id.date', string="NPS Answered On")
    nps_kind = fields.Selection(related='nps_answer_id.kind', string="NPS Group")
    nps_answer_count = fields.Integer(
        string="NPS Answers Given", compute='_compute_nps_answer_count'
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('nps_answer_ids')
    @api.depends_context('uid')
    def _compute_nps_answer_count(self):
        counts = dict(
            self.env['growth.nps.answer']._read_group(
                [('customer_id', 'in', self.ids)], ['customer_id'], ['__count']
            )
        )
        for customer in self:
            customer.nps_answer_count = counts.get(customer._origin, 0)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_nps_answers(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_nps_answer_action'
        )
        return {
            **action,
            'views': [(False, 'list'), (False, 'form')],
            'domain': [('customer_id', '=', self.id)],
            'context': {
                'default_company_id': self.company_id.id,
                'default_partner_id': self.partner_id.id,
            },
        }

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _update_nps(self):
        """Point customers to the answers that decide for them now; one statement for all."""
        if not self:
            return
        self.flush_model(['nps_answer_id'])
        Answer = self.env['growth.nps.answer']
        Answer.flush_model([field.name for field in Answer._facts_fields()])
        self.env.cr.execute(
            SQL(
                """
            UPDATE growth_customer AS customer
               SET nps_answer_id = known.answer_id
              FROM (
                    SELECT growth_customer.id, shown.answer_id
                      FROM growth_customer
                 LEFT JOIN (%(shown)s) AS shown ON shown.customer_id = growth_customer.id
                     WHERE growth_customer.id IN %(customers)s
                   ) AS known
             WHERE known.id = customer.id
               AND known.answer_id IS DISTINCT FROM customer.nps_answer_id
            """,
                shown=Answer._shown_sql(self),
                customers=tuple(self.ids),
            )
        )
        self.invalidate_recordset(NPS_FIELDS)

    @api.model
    def _merge_customers(self, sources, target):
        # Deleted with the hub's rows of the sources, the answers would be lost.
        customers = self.search([('partner_id', 'in', (sources | target).ids)])
        for group in customers.grouped('company_id').values():
            kept = self._get_kept(group, target)
            (group - kept).nps_answer_ids.write({'customer_id': kept.id})
        return super()._merge_customers(sources, target)
