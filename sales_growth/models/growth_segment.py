from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

ABC_CLASSES = [('A', "A"), ('B', "B"), ('C', "C")]
XYZ_CLASSES = [('X', "X"), ('Y', "Y"), ('Z', "Z")]
TIERS = [('golden', "Golden"), ('second', "Second priority"), ('low', "Low priority")]
# What would become something else without its segment
USERS = {
    'growth.customer': ('segment_id', 'manual_segment_id', 'last_segment_id'),
    'growth.segment.move': ('from_segment_id', 'to_segment_id'),
    'growth.churn.rule': ('segment_ids',),
    'growth.churn.case': ('segment_id',),
}


class GrowthSegment(models.Model):
    """A cell of the ABC-XYZ matrix and the service its customers get."""

    _name = 'growth.segment'
    _description = "Customer Segment"
    _order = 'sequence, company_id, id'
    _rec_names_search = ['name']

    name = fields.Char(string="Segment", compute='_compute_name', store=True, precompute=True)
    sequence = fields.Integer(
        compute='_compute_name',
        store=True,
        precompute=True,
        help="From AX (1), the most important cell, to CZ (9).",
    )
    abc_class = fields.Selection(selection=ABC_CLASSES, string="ABC Class", required=True)
    xyz_class = fields.Selection(selection=XYZ_CLASSES, string="XYZ Class", required=True)
    company_id = fields.Many2one(
        comodel_name='res.company',
        index='btree_not_null',
        ondelete='cascade',
        help="Empty: the policy of every company that has none of its own for this cell.",
    )

    # Service policy
    tier = fields.Selection(selection=TIERS, required=True, default='low')
    contact_cadence_days = fields.Integer(
        string="Contact Every (days)", help="How often the salesperson gets in touch. 0: never."
    )
    response_time_hours = fields.Float(
        string="Answer Within (hours)", help="How fast an inquiry is answered."
    )
    owner_role = fields.Selection(
        selection=[
            ('head', "Head of sales"),
            ('key_account', "Key account manager"),
            ('salesperson', "Salesperson"),
            ('inside_sales', "Inside sales"),
            ('self_service', "Self-service"),
        ],
        required=True,
        default='salesperson',
    )
    discount_ceiling = fields.Float(
        string="Discount up to (%)", help="The highest discount the customers may get."
    )
    playbook = fields.Text(translate=True, help="What to do with the customers of this segment.")

    customer_ids = fields.One2many(comodel_name='growth.customer', inverse_name='segment_id')
    customer_count = fields.Integer(compute='_compute_customer_count')

    _unique_cell = models.UniqueIndex(
        "(abc_class, xyz_class, COALESCE(company_id, 0))",
        "A company can have one segment for each cell of the matrix only.",
    )
    _check_cadence = models.Constraint(
        'CHECK (contact_cadence_days >= 0 AND response_time_hours >= 0)',
        "Days and hours of the service policy cannot be negative.",
    )
    _check_discount = models.Constraint(
        'CHECK (discount_ceiling >= 0 AND discount_ceiling <= 100)',
        "The discount must be between 0 and 100 %.",
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('abc_class', 'xyz_class')
    def _compute_name(self):
        for segment in self:
            segment.name = f"{segment.abc_class or ''}{segment.xyz_class or ''}"
            segment.sequence = (
                1 + 3 * 'ABC'.find(segment.abc_class or 'A') + 'XYZ'.find(segment.xyz_class or 'X')
            )

    def _compute_customer_count(self):
        counts = dict(
            self.env['growth.customer']._read_group(
                [('segment_id', 'in', self.ids), ('company_id', 'in', self.env.companies.ids)],
                groupby=['segment_id'],
                aggregates=['__count'],
            )
        )
        for segment in self:
            segment.customer_count = counts.get(segment, 0)

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        segments = super().create(vals_list)
        self.env['growth.customer'].sudo()._link_segments()
        return segments

    def write(self, vals):
        if {'abc_class', 'xyz_class', 'company_id'} & vals.keys() and self._is_used():
            raise UserError(
                self.env._(
                    "A segment with customers, with a history or named by a churn rule stays in "
                    "its cell. Change its service policy instead."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if self._is_used():
            raise UserError(
                self.env._(
                    "A segment with customers, with a history or named by a churn rule cannot be "
                    "deleted. Change its service policy instead."
                )
            )

    def _is_used(self):
        # Those of all companies count, also what the user cannot see and rules that are off.
        env = self.sudo().with_context(active_test=False).env
        return any(
            env[model].search_count(
                Domain.OR(Domain(fname, 'in', self.ids) for fname in fnames), limit=1
            )
            for model, fnames in USERS.items()
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_view_customers(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_customer_action'
        )
        return {**action, 'domain': [('segment_id', '=', self.id)], 'context': {}}

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _get_cells(self, company):
        """The segment of each cell for a company: its own, else the shared one.

        :rtype: dict[tuple[str, str], growth.segment]
        """
        segments = self.search([('company_id', 'in', [False, company.id])])
        # Shared ones first, so that the company's own take their place.
        return {
            (segment.abc_class, segment.xyz_class): segment
            for segment in segments.sorted(lambda segment: bool(segment.company_id))
        }

    def _get_direction(self, target):
        """The direction of a move from this segment to another; either may be empty.

        :rtype: str
        """
        if not self:
            return 'enter'
        if not target:
            return 'leave'
        return 'up' if target.sequence < self.sequence else 'down'
