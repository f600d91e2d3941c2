from odoo import api, fields, models
from odoo.exceptions import ValidationError


class GrowthCustomer(models.Model):
    """Who keeps a customer. Odoo has one salesperson for a contact, whichever companies sell to it;
    the hub has one for each company."""

    _inherit = 'growth.customer'

    farmer_id = fields.Many2one(
        comodel_name='res.users',
        string="Farmer",
        index='btree_not_null',
        ondelete='set null',
        readonly=True,
        help="Who keeps this customer in this company since a handover was accepted.",
    )
    farmer_team_id = fields.Many2one(
        comodel_name='crm.team', string="Farmer's Team", ondelete='set null', readonly=True
    )
    farmer_since = fields.Date(readonly=True)
    last_farmer_id = fields.Many2one(
        comodel_name='res.users',
        ondelete='set null',
        readonly=True,
        help="Who kept this customer until they were lost and went back to the hunters.",
    )
    last_farmer_team_id = fields.Many2one(
        comodel_name='crm.team',
        string="Last Farmer's Team",
        ondelete='set null',
        readonly=True,
    )
    named_farmer_id = fields.Many2one(
        comodel_name='res.users',
        string="Named Farmer",
        ondelete='set null',
        help="Who is to keep this customer after the next handover. Empty: the next in turn.",
    )
    handover_count = fields.Integer(string="Handovers", compute='_compute_handover_count')

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('company_id', 'partner_id')
    @api.depends_context('uid')
    def _compute_handover_count(self):
        counts = {
            (company, partner): count
            for company, partner, count in self.env['growth.handover']._read_group(
                [('partner_id', 'in', self.partner_id.ids)],
                groupby=['company_id', 'partner_id'],
                aggregates=['__count'],
            )
        }
        for customer in self:
            customer.handover_count = counts.get((customer.company_id, customer.partner_id), 0)

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('named_farmer_id', 'company_id')
    def _check_named_farmer(self):
        for customer in self:
            farmer = customer.named_farmer_id
            if farmer != farmer._growth_filtered_employed(customer.company_id):
                raise ValidationError(
                    self.env._(
                        "%(farmer)s cannot keep customers of %(company)s: not active, or not "
                        "allowed in this company.",
                        farmer=farmer.name,
                        company=customer.company_id.name,
                    )
                )

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _merge_customers(self, sources, target):
        customers = self.search([('partner_id', 'in', (sources | target).ids)])
        kept = {}
        for company, group in customers.grouped('company_id').items():
            group = group.sorted(lambda customer: customer.partner_id != target)
            farmed = group.filtered('farmer_id')[:1]
            kept[company] = {
                'farmer_id': farmed.farmer_id.id,
                'farmer_team_id': farmed.farmer_team_id.id,
                'farmer_since': farmed.farmer_since,
                'named_farmer_id': group.named_farmer_id[:1].id,
                'hunters_since': max(
                    group.filtered('hunters_since').mapped('hunters_since'), default=False
                ),
                'win_back_date': max(
                    group.filtered('win_back_date').mapped('win_back_date'), default=False
                ),
            }
        result = super()._merge_customers(sources, target)
        for customer in customers.exists():
            customer.sudo().write(kept[customer.company_id])
            self.env['growth.handover.move'].sudo().search(
                [
                    ('res_model', '=', 'growth.customer'),
                    ('res_id', 'in', customers.ids),
                    ('handover_id.company_id', '=', customer.company_id.id),
                ]
            ).res_id = customer.id
        self.flush_model()
        return result

    @api.model
    def _ensure(self, company, partners):
        """The hub's rows of customers, made where the segmentation has not met them yet.

        :param res.company company:
        :param res.partner partners: commercial ones
        :rtype: growth.customer
        """
        customers = self.search(
            [('company_id', '=', company.id), ('partner_id', 'in', partners.ids)]
        )
        missing = partners - customers.partner_id
        return customers | self.create(
            [{'company_id': company.id, 'partner_id': partner.id} for partner in missing]
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_hand_over(self):
        """Hand customers over: one opens as a form to fill in, several are opened at once, each
        with the farmer who is named or next in turn."""
        Handover = self.env['growth.handover']
        if len(self) == 1:
            return {
                **self._get_handover_action(),
                'views': [(False, 'form')],
                'context': {
                    'default_company_id': self.company_id.id,
                    'default_partner_id': self.partner_id.id,
                    'default_hunter_id': (self.farmer_id or self.user_id or self.env.user).id,
                    'default_farmer_id': self.named_farmer_id.id,
                },
            }
        self.check_access('read')
        handovers = Handover.create(
            [
                {
                    'company_id': customer.company_id.id,
                    'partner_id': customer.partner_id.id,
                    'hunter_id': (customer.farmer_id or customer.user_id or self.env.user).id,
                }
                for customer in self
            ]
        )
        return {**self._get_handover_action(), 'domain': [('id', 'in', handovers.ids)]}

    def action_view_handovers(self):
        self.ensure_one()
        return {
            **self._get_handover_action(),
            'domain': [
                ('company_id', '=', self.company_id.id),
                ('partner_id', '=', self.partner_id.id),
            ],
            'context': {'create': False},
        }

    @api.model
    def _get_handover_action(self):
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_handover_action'
        )
        return {**action, 'context': {}}
