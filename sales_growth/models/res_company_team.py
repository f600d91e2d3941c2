from odoo import api, fields, models


class ResCompany(models.Model):
    """Settings of hunters and farmers."""

    _inherit = "res.company"

    # Lifecycle
    growth_new_months = fields.Integer(
        string="New For (months)",
        help="How long after the first purchase a customer counts as new. Zero: until the end of "
        "the calendar year of the first purchase.",
    )
    growth_lost_months = fields.Integer(
        string="Lost After (months)",
        default=6,
        help="A customer that did not buy for longer is lost; who buys again has returned.",
    )

    # Routing
    growth_role_check = fields.Selection(
        selection=[
            ('hint', "Show a hint"),
            ('confirm', "Ask for a confirmation"),
            ('block', "Refuse the deal"),
        ],
        string="Deals Against the Role",
        required=True,
        default='hint',
        help="What happens when a hunter opens a deal with a farmer's customer, or a farmer one "
        "with a prospect.",
    )

    # Handover
    growth_handover_trigger = fields.Selection(
        selection=[
            ('manual', "By hand only"),
            ('payment', "First paid invoice"),
            ('order', "First confirmed order"),
            ('orders', "Number of confirmed orders"),
            ('days', "Days after winning"),
        ],
        string="Hand Over After",
        required=True,
        default='payment',
    )
    growth_handover_orders = fields.Integer(string="Orders Before Handover", default=2)
    growth_handover_days = fields.Integer(string="Days Before Handover", default=30)
    growth_handover_since = fields.Date(
        string="Customers Won Since",
        default=fields.Date.context_today,
        help="Customers whose first purchase is older are handed over by hand only.",
    )
    growth_handover_deadline = fields.Integer(string="Days to Accept", default=5)
    growth_handover_undo_days = fields.Integer(string="Days to Undo", default=7)
    growth_handover_salesperson = fields.Boolean(string="Salesperson of the Customer", default=True)
    growth_handover_activities = fields.Boolean(string="Open Activities", default=True)
    growth_handover_meetings = fields.Boolean(string="Future Meetings", default=True)
    growth_handover_quotations = fields.Boolean(string="Open Quotations", default=True)
    growth_handover_leads = fields.Boolean(string="Open Leads", default=True)
    growth_handover_error = fields.Text(
        string="Handover Error",
        readonly=True,
        copy=False,
        help="Why the daily job could not hand customers over.",
    )
    growth_return_policy = fields.Selection(
        selection=[
            ('farmer', "Stay with the farmer"),
            ('hunter', "Return to hunters"),
        ],
        string="Lost Customers",
        required=True,
        default='farmer',
    )

    # Loss of customers
    growth_normal_loss_min = fields.Float(string="Normal Loss From (% a year)", default=10.0)
    growth_normal_loss_max = fields.Float(string="Normal Loss To (% a year)", default=20.0)
    growth_crisis_loss = fields.Float(string="Hunting First Above (% a quarter)", default=30.0)

    _check_growth_lifecycle = models.Constraint(
        'CHECK (growth_new_months BETWEEN 0 AND 120 AND growth_lost_months BETWEEN 1 AND 120)',
        "A customer is new for 0 to 120 months, and lost after 1 to 120 months without a purchase.",
    )
    _check_growth_handover = models.Constraint(
        'CHECK (growth_handover_orders > 0 AND growth_handover_days >= 0 '
        'AND growth_handover_deadline >= 0 AND growth_handover_undo_days >= 0)',
        "A handover needs at least one order, and no number of days can be negative.",
    )
    _check_growth_loss = models.Constraint(
        'CHECK (growth_normal_loss_min >= 0 AND growth_normal_loss_max >= growth_normal_loss_min '
        'AND growth_normal_loss_max <= 100 AND growth_crisis_loss > 0 '
        'AND growth_crisis_loss <= 100)',
        "Rates of loss are between 0 and 100 %, and the normal one goes from the lower to the "
        "higher.",
    )

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _growth_segmentation_fields(self):
        return super()._growth_segmentation_fields() | {'growth_new_months', 'growth_lost_months'}

    def _growth_is_existing(self, lifecycle):
        """Whether customers of a lifecycle are the farmers' to serve.

        :param str lifecycle: of the hub
        :rtype: bool
        """
        self.ensure_one()
        return lifecycle in self._growth_existing()

    def _growth_existing(self):
        """Lifecycles of the customers that are the farmers' to serve; the others the hunters'.

        :rtype: tuple[str, ...]
        """
        self.ensure_one()
        lost = ('lost',) if self.growth_return_policy == 'farmer' else ()
        return ('new', 'repeat', 'returning', *lost)
