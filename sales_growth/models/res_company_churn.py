from odoo import fields, models


class ResCompany(models.Model):
    """Settings of churn and win-back."""

    _inherit = 'res.company'

    growth_churn_horizon = fields.Integer(
        string="Probability For (days)",
        default=90,
        help="The probability to leave is that of no order within so many days.",
    )
    growth_won_back_months = fields.Integer(
        string="Won Back For (months)",
        default=6,
        help="How long after the order a customer is shown as won back.",
    )
    growth_winback_cap = fields.Integer(
        string="Attempts a Week",
        default=5,
        help="Most new win-back attempts that one person begins in a week.",
    )
    growth_winback_min_record = fields.Integer(
        string="Record From (attempts)",
        default=5,
        help="A method is suggested for its record from so many closed attempts on.",
    )
    growth_winback_chance = fields.Float(
        string="Assumed Chance (%)",
        default=20.0,
        help="An assumption, not a figure: the share of attempts that win a customer back, until "
        "there are closed attempts to learn it from.",
    )
    growth_churn_as_of = fields.Date(string="Churn Judged as of", readonly=True, copy=False)
    growth_churn_error = fields.Text(string="Churn Error", readonly=True, copy=False)

    _check_growth_winback_chance = models.Constraint(
        'CHECK (growth_winback_chance BETWEEN 0 AND 100)',
        "The assumed chance to win a customer back is between 0 and 100 %.",
    )
    _check_growth_churn = models.Constraint(
        'CHECK (growth_churn_horizon BETWEEN 7 AND 730 '
        'AND growth_won_back_months BETWEEN 0 AND 120 '
        'AND growth_winback_cap >= 0 AND growth_winback_min_record > 0)',
        "The probability is for 7 to 730 days, a customer is shown as won back for up to 120 "
        "months, and a record needs an attempt.",
    )
