import math

from odoo import api, fields, models
from odoo.tools import format_date, formatLang

# Next to no effect: such odds are told as none.
NEGLIGIBLE = 0.005


class GrowthChurnModel(models.Model):
    """What was learned, in words."""

    _inherit = 'growth.churn.model'

    summary = fields.Text(string="What Was Learned", compute='_compute_summary')
    problem = fields.Text(string="Why Nothing Was Learned", compute='_compute_summary')
    lesson = fields.Html(
        string="What Raises and What Lowers the Risk", compute='_compute_lesson', sanitize=False
    )

    @api.depends('date')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for model in self:
            model.display_name = self.env._("Learned on %s", format_date(self.env, model.date))

    @api.depends('is_usable', 'customers', 'left', 'horizon', 'auc')
    @api.depends_context('lang')
    def _compute_summary(self):
        for model in self:
            model.summary = model.is_usable and model._tell_summary()
            model.problem = not model.is_usable and model._tell_problem()

    @api.depends('coefficients')
    @api.depends_context('lang')
    def _compute_lesson(self):
        for model in self:
            rows = model._get_lesson_rows()
            model.lesson = rows and self.env['ir.qweb']._render(
                'sales_growth.growth_churn_model_lesson', {'rows': rows}
            )

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    def _tell_summary(self):
        self.ensure_one()
        share = 100 * self.left / self.customers if self.customers else 0
        return self.env._(
            "Learned from %(customers)s customers: %(share)s %% of them did not buy within "
            "%(horizon)s days. Of a customer who left and one who stayed, the one who left got the "
            "higher probability in %(pairs)s of 100 cases; by chance it would be 50.",
            customers=formatLang(self.env, self.customers, digits=0),
            share=formatLang(self.env, share, digits=1),
            horizon=self.horizon,
            pairs=formatLang(self.env, 100 * self.auc, digits=0),
        )

    def _tell_problem(self):
        self.ensure_one()
        return self.env._(
            "Of %(customers)s customers %(horizon)s days before, %(left)s left and %(stayed)s "
            "stayed. To learn from them takes ten who left and ten who stayed for each feature "
            "that is looked at, and a history before that is longer than the %(horizon)s days.",
            customers=formatLang(self.env, self.customers, digits=0),
            left=formatLang(self.env, self.left, digits=0),
            stayed=formatLang(self.env, self.customers - self.left, digits=0),
            horizon=self.horizon,
        )

    def _get_lesson_rows(self):
        """A row per feature, the strongest first.

        :return: `label`, `direction` (raises / lowers / none), `width` (percent of the strongest),
            `odds` (in words)
        :rtype: list[dict]
        """
        self.ensure_one()
        learned = self.coefficients or {}
        effects = dict(zip(learned.get('names', ()), learned.get('coefficients', ()), strict=False))
        strongest = max(map(abs, effects.values()), default=0) or 1
        labels = self._get_feature_labels()
        return [
            {
                'label': labels.get(name, name),
                'direction': self._get_direction(effect),
                'width': round(100 * abs(effect) / strongest),
                'odds': self._tell_odds(effect),
            }
            for name, effect in sorted(effects.items(), key=lambda item: -abs(item[1]))
        ]

    @api.model
    def _get_direction(self, effect):
        if abs(effect) < NEGLIGIBLE:
            return 'none'
        return 'raises' if effect > 0 else 'lowers'

    @api.model
    def _tell_odds(self, effect):
        if self._get_direction(effect) == 'none':
            return ""
        return self.env._("odds × %s", formatLang(self.env, math.exp(effect), digits=2))

    @api.model
    def _get_feature_labels(self):
        """What the features of `analysis.cadence` are called, by name."""
        return {
            'recency': self.env._("Days since the last purchase"),
            'rhythm': self.env._("Days since the last purchase, over the usual interval"),
            'orders': self.env._("Number of purchases so far"),
            'activity_30': self.env._("Purchases in the last 30 days"),
            'activity_90': self.env._("Purchases in the last 90 days"),
            'activity_180': self.env._("Purchases in the last 180 days"),
            'tenure': self.env._("Days since the first purchase"),
            'once': self.env._("Bought on one day only"),
            'value': self.env._("Average value of a purchase"),
        }
