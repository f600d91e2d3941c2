from odoo import api, fields, models
from odoo.tools import formatLang


class GrowthChurnRule(models.Model):
    """The numbers of a rule as a sentence, for lists."""

    _inherit = 'growth.churn.rule'

    summary = fields.Char(string="Says", compute='_compute_summary')

    @api.depends(
        'kind',
        'at_risk_months',
        'lost_months',
        'includes_once',
        'factor',
        'min_orders',
        'period_months',
        'share',
        'measure',
        'max_score',
        'fresh_months',
        'inquiry_count',
        'inquiry_months',
        'min_probability',
    )
    @api.depends_context('lang')
    def _compute_summary(self):
        summarize = {
            'recency': self._summarize_recency,
            'rhythm': self._summarize_rhythm,
            'falling': self._summarize_falling,
            'nps': self._summarize_nps,
            'conflict': lambda _rule: self.env._("A conflict is open"),
            'inquiry': self._summarize_inquiry,
            'probability': self._summarize_probability,
        }
        for rule in self:
            rule.summary = rule.kind and summarize[rule.kind](rule)

    def _summarize_recency(self, rule):
        months = {'at_risk': rule.at_risk_months, 'lost': rule.lost_months}
        if rule.includes_once:
            return self.env._(
                "At risk after %(at_risk)s months without a purchase, lost after %(lost)s, "
                "one-time buyers too",
                **months,
            )
        return self.env._(
            "At risk after %(at_risk)s months without a purchase, lost after %(lost)s", **months
        )

    def _summarize_rhythm(self, rule):
        return self.env._(
            "Silent for more than %(factor)s times the usual interval, from %(orders)s purchases "
            "on",
            factor=self._format_number(rule.factor),
            orders=rule.min_orders,
        )

    def _summarize_falling(self, rule):
        values = {'months': rule.period_months, 'share': self._format_number(rule.share)}
        if rule.measure == 'orders':
            return self.env._(
                "Orders of %(months)s months under %(share)s %% of those in the months before",
                **values,
            )
        return self.env._(
            "Revenue of %(months)s months under %(share)s %% of that in the months before",
            **values,
        )

    def _summarize_nps(self, rule):
        return self.env._(
            "Score up to %(score)s of 10, answered within %(months)s months",
            score=rule.max_score,
            months=rule.fresh_months,
        )

    def _summarize_inquiry(self, rule):
        return self.env._(
            "More than %(count)s inquiries within %(months)s months, and never bought",
            count=rule.inquiry_count,
            months=rule.inquiry_months,
        )

    def _summarize_probability(self, rule):
        return self.env._(
            "Probability to leave of %s %% and more", self._format_number(rule.min_probability)
        )

    def _format_number(self, number):
        number = round(number, 2)
        digits = 0 if number.is_integer() else 1 if (10 * number).is_integer() else 2
        return formatLang(self.env, number, digits=digits)
