from odoo import api, fields, models
from odoo.exceptions import ValidationError

# Of a customer, from good to bad; won back instead of active for a while.
CHURN_STATES = [
    ('active', "Buying"),
    ('watch', "Watch"),
    ('at_risk', "At Risk"),
    ('lost', "Lost"),
    ('won_back', "Won Back"),
]
# In these a customer has a case.
ALARMS = ('at_risk', 'lost')
KINDS = [
    ('recency', "No Purchase for Months"),
    ('rhythm', "Own Rhythm"),
    ('falling', "Buys Less"),
    ('nps', "Would Not Recommend Us"),
    ('conflict', "Open Conflict"),
    ('inquiry', "Asks and Never Buys"),
    ('probability', "Likely to Leave"),
]


class GrowthChurnRule(models.Model):
    """A sign that a customer is leaving, with its numbers.

    Rules are judged by `analysis.churn`; of several that say something the worst counts. What a
    rule says of a customer stands in words in `growth_churn_words.py`; the daily job is in
    `growth_churn_job.py`.
    """

    _name = 'growth.churn.rule'
    _description = "Churn Rule"
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=100)
    active = fields.Boolean(
        string="Switched On", default=True, help="Only rules that are on find customers."
    )
    kind = fields.Selection(selection=KINDS, string="Sign", required=True, default='recency')
    company_id = fields.Many2one(
        comodel_name='res.company', index=True, ondelete='cascade', help="Empty: all companies."
    )
    segment_ids = fields.Many2many(
        comodel_name='growth.segment',
        string="Segments",
        check_company=True,
        help="For the customers of these segments the rule replaces those of the same sign that "
        "are for all. Empty: for all.",
    )
    state = fields.Selection(
        selection=[value for value in CHURN_STATES if value[0] in ('watch', *ALARMS)],
        string="Leads To",
        required=True,
        default='at_risk',
    )

    # No purchase for months
    at_risk_months = fields.Integer(string="At Risk After (months)", default=3)
    lost_months = fields.Integer(string="Lost After (months)", default=6)
    includes_once = fields.Boolean(
        string="One-Time Buyers Too",
        help="Whoever bought once is watched only, as most of them never meant to come back.",
    )

    # Own rhythm
    factor = fields.Float(
        string="Times the Usual Interval",
        default=2.0,
        digits=(16, 2),
        help="The usual interval is the median of the days between purchases.",
    )
    min_orders = fields.Integer(
        string="From Purchases On",
        default=3,
        help="Days with a purchase that the customer must have for the rhythm to be known.",
    )

    # Buys less
    period_months = fields.Integer(string="Period (months)", default=3)
    share = fields.Float(
        string="Under (% of the period before)",
        default=50.0,
    )
    measure = fields.Selection(
        selection=[('revenue', "Revenue"), ('orders', "Orders")],
        required=True,
        default='revenue',
    )

    # Would not recommend us
    max_score = fields.Integer(string="Score Up To", default=6)
    fresh_months = fields.Integer(string="Answered Within (months)", default=6)

    # Asks and never buys
    inquiry_count = fields.Integer(
        string="More Inquiries Than",
        default=3,
        help="Leads and quotations of somebody who never bought.",
    )
    inquiry_months = fields.Integer(string="Inquired Within (months)", default=12)

    # Likely to leave
    min_probability = fields.Float(string="Probability From (%)", default=75.0)

    _check_numbers = models.Constraint(
        'CHECK (at_risk_months BETWEEN 1 AND 120 AND lost_months <= 120 AND min_orders >= 3 '
        'AND period_months BETWEEN 1 AND 60 AND fresh_months BETWEEN 1 AND 120 '
        'AND inquiry_count >= 0 AND inquiry_months BETWEEN 1 AND 120)',
        "Months are between 1 and 120 (periods to compare up to 60), and a rhythm needs three "
        "purchases.",
    )

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains('at_risk_months', 'lost_months')
    def _check_months(self):
        for rule in self:
            if rule.lost_months < rule.at_risk_months:
                raise ValidationError(
                    self.env._(
                        "A customer cannot be lost after %(lost)s months and at risk only after "
                        "%(at_risk)s: “%(rule)s”.",
                        lost=rule.lost_months,
                        at_risk=rule.at_risk_months,
                        rule=rule.name,
                    )
                )

    @api.constrains('factor')
    def _check_factor(self):
        for rule in self:
            if not 1 <= rule.factor <= 100:
                raise ValidationError(
                    self.env._(
                        "“%s”: a customer is late only after the usual interval, so the factor "
                        "must be between 1 and 100.",
                        rule.name,
                    )
                )

    @api.constrains('share', 'min_probability')
    def _check_percentages(self):
        for rule in self:
            if not 0 < rule.share <= 100 or not 0 < rule.min_probability <= 100:
                raise ValidationError(
                    self.env._("“%s”: a percentage is above 0 and up to 100.", rule.name)
                )

    @api.constrains('max_score')
    def _check_score(self):
        for rule in self:
            if not 0 <= rule.max_score <= 10:
                raise ValidationError(self.env._("“%s”: a score is between 0 and 10.", rule.name))

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        if 'name' in (default or {}):
            return vals_list
        return [
            {**vals, 'name': self.env._("%s (copy)", rule.name)}
            for rule, vals in zip(self, vals_list, strict=True)
        ]

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _get_rules(self, company):
        """The rules that are on in a company, in their order.

        :rtype: growth.churn.rule
        """
        return self.search([('company_id', 'in', (company.id, False))])

    def _as_numbers(self, company):
        """The rules as `analysis.churn.judge` takes them for the customers of a company.

        :param res.company company:
        :rtype: list[analysis.churn.Rule]
        """
        from ..analysis.churn import Rule

        # A company may have made a segment of its own for a cell, before or after the rule.
        cells = (
            self.env['growth.segment']
            .search([('company_id', 'in', (company.id, False))])
            .grouped(_cell)
        )
        return [
            Rule(
                id=rule.id,
                kind=rule.kind,
                state=rule.state,
                segment_ids=frozenset(
                    segment_id
                    for segment in rule.segment_ids
                    for segment_id in cells[_cell(segment)].ids
                ),
                at_risk_months=rule.at_risk_months,
                lost_months=rule.lost_months,
                includes_once=rule.includes_once,
                factor=rule.factor,
                min_orders=rule.min_orders,
                period_months=rule.period_months,
                share=rule.share / 100,
                measure=rule.measure,
                max_score=rule.max_score,
                fresh_months=rule.fresh_months,
                count=rule.inquiry_count,
                months=rule.inquiry_months,
                min_probability=rule.min_probability / 100,
            )
            for rule in self
        ]


def _cell(segment):
    return segment.abc_class, segment.xyz_class
