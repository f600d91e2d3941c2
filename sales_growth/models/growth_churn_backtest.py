from dataclasses import replace
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, formatLang

from .growth_sales_facts_churn import day_number

LONGEST_HORIZON = 730
MONEY = ('value_left', 'value_found')


class GrowthChurnRule(models.Model):
    """What rules and the probability would have found in the past: see `analysis.backtest`."""

    _inherit = 'growth.churn.rule'

    @api.model
    def _backtest(self, companies, train_as_of, as_of, horizon_days, rules=None, alone=None):
        """Judge the customers as of a past day and compare with what they did afterwards.

        The probability learns in each company from what happened there in the days after
        `train_as_of`. The figures of several companies are added up: counts and money are sums,
        rates are sums over sums, and the area under the ROC curve is told within each company,
        see `analysis.backtest_total`. Companies that had no customers are left out.

        :param res.company companies:
        :param date train_as_of: day whose customers are learned from, in the company's time zone
        :param date as_of: day of which is judged
        :param int horizon_days: days without a purchase after which a customer has left
        :param growth.churn.rule rules: those that are judged, switched-off ones too; those that
            are on in each company when omitted
        :param growth.churn.rule alone: rules to be judged each by itself, too, those that lead to
            watch as if they led to at risk
        :return: `customers`, `left`, `churn_rate`; `auc`, `precision`, `recall` of the
            probability, or None; `probability` (or None), `rules`, `fixed_90` and by id of the
            rule `alone` with `flagged`, `found`, `missed`, `false_alarms`, `precision`, `recall`,
            `auc`, `value_left`, `value_found` each; `metric` (profit or revenue, whatever the
            values are, None for several), `currency_id` (of the values: the first company's),
            `problem` (why there is no probability, in words, or None). Rates are fractions, None
            where there is nothing to divide by.
        :rtype: dict
        :raise AccessError: for others than sales administrators, and companies that are not active
        :raise UserError: when what happened since is not known yet, when what is learned from is
            not over on the day that is judged, or nobody was a customer then
        """
        from ..analysis.backtest_total import add

        companies = companies.with_env(self.env)
        self._check_backtest_access(companies)
        self._check_backtest_days(companies, train_as_of, as_of, horizon_days)
        results, problems = [], []
        for company in companies:
            result = self._backtest_company(company, train_as_of, as_of, horizon_days, rules, alone)
            if not result:
                continue
            if numbers := result['too_little']:
                problems.append(self._tell_too_little(company, train_as_of, horizon_days, numbers))
            currency = companies[:1].currency_id
            results.append(self._convert_backtest(result, company, currency, as_of))
        if not results:
            raise UserError(
                self.env._(
                    "Nobody had bought from %(companies)s until %(day)s, so there is nothing to "
                    "compare.",
                    companies=", ".join(companies.mapped('display_name')),
                    day=format_date(self.env, as_of),
                )
            )
        return {
            **add(results),
            'currency_id': companies[:1].currency_id.id,
            'problem': "\n".join(problems) or None,
        }

    def _backtest_company(self, company, train_as_of, as_of, horizon_days, rules, alone):
        """
        :return: what `analysis.backtest.compare` gives, or None where nobody was a customer
        :rtype: dict | None
        """
        from ..analysis.backtest import compare

        documents = self.env['growth.sales.facts']._churn_documents(
            company, as_of + timedelta(days=horizon_days)
        )
        day = day_number(as_of)
        if not (documents['is_positive'] & (documents['day'] <= day)).any():
            return None
        rules = self._get_rules(company) if rules is None else rules._of_company(company)
        alone = (alone or self.browse())._of_company(company)
        return compare(
            documents,
            rules._as_numbers(company),
            (rules | alone)._get_signals(company, as_of),
            day_number(train_as_of),
            day,
            horizon_days,
            metric=company.growth_metric,
            alone=alone._as_alarms(company),
        )

    def _as_alarms(self, company):
        """The rules as numbers, each raising an alarm: one that only has customers watched would
        find nobody.

        :rtype: list[analysis.churn.Rule]
        """
        return [
            replace(rule, state='at_risk') if rule.state == 'watch' else rule
            for rule in self._as_numbers(company)
        ]

    def _of_company(self, company):
        return self.filtered(lambda rule: not rule.company_id or rule.company_id == company)

    @api.model
    def _convert_backtest(self, result, company, currency, day):
        """The result with its money in another currency, at the rate of the day."""
        if company.currency_id == currency:
            return result

        def convert(figures):
            money = {
                name: company.currency_id._convert(figures[name], currency, company, day)
                for name in MONEY
            }
            return {**figures, **money}

        return {
            **result,
            **{
                name: result[name] and convert(result[name])
                for name in ('rules', 'fixed_90', 'probability')
            },
            'alone': {rule_id: convert(figures) for rule_id, figures in result['alone'].items()},
        }

    # ------------------------------------------------------------
    # CHECKS
    # ------------------------------------------------------------

    @api.model
    def _check_backtest_access(self, companies):
        if self.env.su:
            return
        if not self.env.user.has_group('sales_team.group_sale_manager'):
            raise AccessError(self.env._("Only sales administrators run the backtest."))
        if closed := companies - self.env.companies:
            raise AccessError(
                self.env._(
                    "Choose one of the companies that are active, not %s.",
                    ", ".join(closed.sudo().mapped('name')),
                )
            )

    @api.model
    def _check_backtest_days(self, companies, train_as_of, as_of, horizon_days):
        if not companies:
            raise UserError(self.env._("Choose a company."))
        if not 1 <= horizon_days <= LONGEST_HORIZON:
            raise UserError(self.env._("Choose from 1 to %s days.", LONGEST_HORIZON))
        known = min(map(self.env['growth.customer']._today, companies))
        if as_of + timedelta(days=horizon_days) > known:
            raise UserError(
                self.env._(
                    "What customers did in the %(days)s days after %(day)s is not known yet. Judge "
                    "as of %(last)s or before, or choose fewer days.",
                    days=horizon_days,
                    day=format_date(self.env, as_of),
                    last=format_date(self.env, known - timedelta(days=horizon_days)),
                )
            )
        if train_as_of + timedelta(days=horizon_days) > as_of:
            raise UserError(
                self.env._(
                    "The %(days)s days after %(train)s, which are learned from, must be over on "
                    "%(day)s, the day that is judged. Learn as of %(last)s or before.",
                    days=horizon_days,
                    train=format_date(self.env, train_as_of),
                    day=format_date(self.env, as_of),
                    last=format_date(self.env, as_of - timedelta(days=horizon_days)),
                )
            )

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    @api.model
    def _tell_too_little(self, company, train_as_of, horizon_days, numbers):
        """Why there is no probability.

        :param dict numbers: of `analysis.cadence.TooLittleHistory`
        :rtype: str
        """
        if numbers['days'] < numbers['needed_days']:
            return self.env._(
                "No probability: on %(day)s the history of %(company)s was %(days)s days long, and "
                "%(needed)s days are needed to learn from.",
                day=format_date(self.env, train_as_of),
                company=company.display_name,
                days=numbers['days'],
                needed=numbers['needed_days'],
            )
        stayed = numbers['customers'] - numbers['left']
        return self.env._(
            "No probability: of the customers of %(company)s on %(day)s, %(left)s left in "
            "%(horizon)s days and %(stayed)s stayed, while %(needed)s of each are needed to learn "
            "from.",
            company=company.display_name,
            day=format_date(self.env, train_as_of),
            left=formatLang(self.env, numbers['left'], digits=0),
            stayed=formatLang(self.env, stayed, digits=0),
            horizon=horizon_days,
            needed=formatLang(self.env, numbers['needed'], digits=0),
        )
