from odoo import api, fields, models
from odoo.tools import format_amount, format_date, formatLang

# Shares of fewer customers say little.
SMALL_SAMPLE = 30


class GrowthChurnBacktest(models.TransientModel):
    """What a backtest found, in words."""

    _inherit = 'growth.churn.backtest'

    summary = fields.Text(string="What Happened", compute='_compute_words')
    conclusion = fields.Text(compute='_compute_words')
    caution = fields.Text(string="How Sure It Is", compute='_compute_words')
    note = fields.Text(string="What to Mind", compute='_compute_words')

    @api.depends('is_run', 'result')
    @api.depends_context('lang')
    def _compute_words(self):
        for backtest in self:
            result = backtest.is_run and backtest.result
            backtest.summary = result and backtest._tell_summary(result)
            backtest.conclusion = result and backtest._tell_conclusion(result)
            backtest.caution = result and backtest._tell_caution(result)
            backtest.note = result and backtest._tell_note()

    def _tell_summary(self, result):
        """Who left, and what each way of looking found."""
        sentences = [
            self.env._(
                "Of %(customers)s customers on %(day)s, %(share)s %% left: they bought nothing in "
                "the %(horizon)s days after.",
                customers=self._tell_number(result['customers']),
                day=format_date(self.env, self.as_of),
                share=self._tell_percent(result['churn_rate']),
                horizon=self.horizon,
            ),
            self._tell_money(result),
        ]
        if result['left']:
            sentences += [self._tell_rules(result['rules']), self._tell_fixed(result['fixed_90'])]
            if result['probability']:
                sentences.append(self._tell_probability(result))
        return " ".join(filter(None, sentences))

    def _tell_money(self, result):
        amount = result['rules']['value_left']
        if not amount:
            return ""
        money = format_amount(self.env, amount, self.currency_id)
        if result['metric'] == 'profit':
            return self.env._("With them went %s of profit a year.", money)
        return self.env._("With them went %s of revenue a year.", money)

    def _tell_rules(self, figures):
        if not figures['flagged']:
            return self.env._("Your rules would have flagged nobody.")
        return self.env._(
            "Your rules found %(recall)s %% of them: %(flagged)s customers flagged, "
            "%(precision)s %% of the alarms right.",
            **self._tell_figures(figures),
        )

    def _tell_fixed(self, figures):
        if not figures['flagged']:
            return self.env._("The rule of 90 days without a purchase flagged nobody.")
        return self.env._(
            "The rule of 90 days without a purchase found %(recall)s %%: %(flagged)s customers "
            "flagged, %(precision)s %% of the alarms right.",
            **self._tell_figures(figures),
        )

    def _tell_probability(self, result):
        figures = result['probability']
        if not figures['flagged']:
            return ""
        return self.env._(
            "To find as many as that rule does, the probability flags %(flagged)s, with "
            "%(precision)s %% of the alarms right.",
            **self._tell_figures(figures),
        )

    def _tell_conclusion(self, result):
        """Whether the rules are better than what everybody else has."""
        rules, fixed = result['rules'], result['fixed_90']
        if self._is_small(result) or not rules['flagged'] or not fixed['flagged']:
            return False
        more = rules['recall'] - fixed['recall']
        righter = rules['precision'] - fixed['precision']
        if not more and not righter:
            return self.env._("Your rules do as well as 90 days without a purchase.")
        if more >= 0 and righter >= 0:
            return self.env._(
                "Your rules are better than 90 days without a purchase: they find more or raise "
                "fewer false alarms, and lose nothing."
            )
        if more <= 0 and righter <= 0:
            return self.env._(
                "90 days without a purchase is better here than your rules: try other numbers "
                "before you switch them on."
            )
        if more > 0:
            return self.env._(
                "Your rules find more than 90 days without a purchase does, and are right less "
                "often."
            )
        return self.env._(
            "Your rules find less than 90 days without a purchase does, and are right more often."
        )

    def _tell_caution(self, result):
        sentences = [result['problem']]
        if self._is_small(result):
            sentences.append(
                self.env._(
                    "Fewer than %s customers left, or stayed: the figures say little.",
                    SMALL_SAMPLE,
                )
            )
        return "\n".join(filter(None, sentences)) or False

    def _tell_note(self):
        """How to read the figures."""
        sentences = []
        if any(rule.kind == 'recency' and not rule.includes_once for rule in self.rule_ids):
            sentences.append(
                self.env._(
                    "Your rules have customers who bought once watched only, as most of them never "
                    "meant to come back; 90 days without a purchase and the probability count them."
                )
            )
        if any(rule.state == 'watch' for rule in self.line_ids.rule_id):
            sentences.append(
                self.env._(
                    "Rules that lead to “Watch” raise no alarm; alone they are shown as if they "
                    "did."
                )
            )
        return " ".join(sentences) or False

    # ------------------------------------------------------------
    # TOOLING
    # ------------------------------------------------------------

    @api.model
    def _is_small(self, result):
        return min(result['left'], result['customers'] - result['left']) < SMALL_SAMPLE

    def _tell_figures(self, figures):
        return {
            'flagged': self._tell_number(figures['flagged']),
            'precision': self._tell_percent(figures['precision']),
            'recall': self._tell_percent(figures['recall']),
        }

    def _tell_percent(self, rate):
        return formatLang(self.env, 100 * (rate or 0.0), digits=1)

    def _tell_number(self, number):
        return formatLang(self.env, number, digits=0)
