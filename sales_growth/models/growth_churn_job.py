from datetime import date

from odoo import api, models
from odoo.exceptions import UserError

from .growth_sales_facts_churn import day_number


class GrowthChurnRule(models.Model):
    """The daily job: judges all customers, writes what changed, and has the cases follow.

    Purchases are read once, and judged by `analysis.cadence` and `analysis.churn`; what differs
    goes to the hub (`growth_churn_hub.py`), and from there to the cases
    (`growth_churn_case_job.py`).
    """

    _inherit = 'growth.churn.rule'

    @api.model
    def _cron_detect(self):
        """Find the customers who are leaving, company by company: who has waited longest comes
        first, so that none starves where the time is short.

        The verdicts and the cases of a company are committed together, then the digests one by
        one. A job that was killed finds from them who was not told yet.
        """
        companies = self.env['res.company'].search([('active', '=', True)], order='id')
        companies = companies.sorted(lambda company: company.growth_churn_as_of or date.min)
        self.env['ir.cron']._growth_each_company(companies, self._detect_or_note)

    @api.model
    def _detect_or_note(self, company):
        """Work for a company, or keep on it what a user can mend.

        :return: whether there was time for all
        :rtype: bool
        """
        try:
            return self._detect_company(company, self._today(company), commits=True)
        except UserError as exception:
            self.env.cr.rollback()
            company.growth_churn_error = str(exception)
            return True

    @api.model
    def _detect(self, companies=None, as_of=None):
        """Find the customers who are leaving, as of a day.

        :param res.company companies: all when omitted
        :param date as_of: last day that counts; today in each company's time zone when omitted
        :raise UserError: when another run is at work on a company
        """
        if companies is None:
            companies = self.env['res.company'].search([('active', '=', True)])
        for company in companies:
            self._detect_company(company, as_of or self._today(company))

    @api.model
    def _detect_company(self, company, as_of, commits=False):
        """
        :param bool commits: of the scheduled job: after each part that is complete in itself
        :return: whether there was time for all
        :rtype: bool
        """
        from ..analysis.episodes import Ledger

        rules = self.sudo()._get_rules(company)
        # Where all rules were switched off, alarms that stand would never end.
        if not rules and not self._has_judged(company):
            return True
        if not company.sudo().try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._(
                    "Somebody else is looking for leaving customers of %s right now. Try again in "
                    "a minute.",
                    company.name,
                )
            )
        # The look-up of missing rates, which hardly any order needs, is planned for every order: at
        # that price PostgreSQL compiles the statements, for longer than they then run.
        self.env.cr.execute("SET LOCAL jit = off")
        # The days of alarms and ends stand on the cases; a message for each would take longer than
        # all the rest.
        Case = self.env['growth.churn.case'].sudo().with_context(tracking_disable=True)
        documents = self.env['growth.sales.facts']._churn_documents(company, as_of)
        ledger = Ledger(documents)
        open_cases = Case._follow_purchases(company, ledger, as_of)
        facts = rules._get_facts(company, documents, as_of)
        verdicts = rules._judge(company, facts, documents, as_of)
        rules._write_verdicts(company, verdicts, as_of)
        Case._follow(company, rules, documents, ledger, facts, open_cases, as_of)
        # Before anything was bought, no past was rebuilt, and the first run is still to come.
        done = as_of if company.growth_churn_as_of or len(documents) else False
        if company.growth_churn_as_of != done or company.growth_churn_error:
            company.sudo().write({'growth_churn_as_of': done, 'growth_churn_error': False})
        if commits and not self.env['ir.cron']._commit_progress():
            return False
        return self.env['growth.churn.digest'].sudo()._tell(company, as_of, commits)

    @api.model
    def _has_judged(self, company):
        """Whether an earlier run has said something of the customers of a company."""
        if company.growth_churn_as_of:
            return True
        said = [('company_id', '=', company.id), ('churn_state', '!=', False)]
        return bool(self.env['growth.customer'].sudo().search_count(said, limit=1))

    # ------------------------------------------------------------
    # JUDGING
    # ------------------------------------------------------------

    def _get_facts(self, company, documents, as_of):
        """Everything that rules are judged on, a row per customer or prospect.

        :param pandas.DataFrame documents: see `growth.sales.facts._churn_documents`
        :return: the facts that `analysis.churn.judge` takes, and `factors`
        :rtype: pandas.DataFrame
        """
        from ..analysis import cadence, churn

        customers = cadence.customers(documents, day_number(as_of))
        customers['probability'] = float('nan')
        customers['factors'] = None
        model = self.env['growth.churn.model'].sudo()._get(company, documents, as_of)
        if model and len(customers):
            features = cadence.features(documents, day_number(as_of))
            customers['probability'] = model.probability(features).round(2)
            customers['factors'] = model.factors(features)
        return churn.with_signals(customers, self._get_signals(company, as_of))

    def _judge(self, company, facts, documents, as_of):
        """What the rules say of each customer, in the names of the hub.

        :return: `partner_id`, the fields of the hub but for dates and segment that are found by
            comparing, `since`, `last_day` and `won_day`; nobody who never bought and gives no sign
        :rtype: pandas.DataFrame
        """
        from ..analysis import churn

        verdicts = churn.judge(facts, documents, self._as_numbers(company), day_number(as_of))
        says_something = facts['last_day'].notna().to_numpy() | verdicts['rule_id'].notna()
        digits = company.currency_id.decimal_places
        return verdicts.assign(
            churn_state=verdicts['state'],
            churn_rule_id=verdicts['rule_id'],
            churn_recent=verdicts['recent'].round(digits),
            churn_previous=verdicts['previous'].round(digits),
            buyer_type=facts['buyer_type'],
            order_interval=facts['interval'].round(1),
            next_order_date=facts['next_day'].round(),
            churn_probability=facts['probability'],
            churn_factors=facts['factors'],
            last_day=facts['last_day'],
            won_day=facts.get('won_day', float('nan')),
        )[says_something.to_numpy()]
