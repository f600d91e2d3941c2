from odoo import api, fields, models

from .growth_sales_facts_churn import day_number

# How long what was learned serves: the past changes slowly, and learning takes longer than judging.
SERVES_DAYS = 7


class GrowthChurnModel(models.Model):
    """What a company's own history teaches about who leaves: the fitted coefficients of
    `analysis.cadence.Model`, one row per company and fit, the last one counts."""

    _name = 'growth.churn.model'
    _description = "Churn Model"
    _order = 'date desc, id desc'

    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, readonly=True, ondelete='cascade'
    )
    date = fields.Date(string="Learned On", required=True, readonly=True)
    horizon = fields.Integer(string="Horizon (days)", readonly=True)
    customers = fields.Integer(readonly=True, help="How many customers it was learned from.")
    left = fields.Integer(string="Of Them Left", readonly=True)
    auc = fields.Float(
        string="Area Under ROC",
        digits=(16, 3),
        readonly=True,
        aggregator=None,
        help="Probability that a customer who left got a higher score than one who stayed: 0.5 is "
        "chance, 1 is perfect. Of the customers it was learned from.",
    )
    is_usable = fields.Boolean(readonly=True, help="There was enough history to learn from.")
    coefficients = fields.Json(readonly=True)

    @api.model
    def _get(self, company, documents, as_of):
        """What was learned lately, or is learned now.

        :param res.company company:
        :param pandas.DataFrame documents: see `growth.sales.facts._churn_documents`
        :param date as_of: last day of the documents
        :return: None where there is too little history
        :rtype: analysis.cadence.Model | None
        """
        last = self.search([('company_id', '=', company.id), ('date', '<=', as_of)], limit=1)
        if (
            not last
            or last.horizon != company.growth_churn_horizon
            or (as_of - last.date).days >= SERVES_DAYS
        ):
            return self._learn(company, documents, as_of)._restore()
        try:
            return last._restore()
        except (KeyError, ValueError):
            # Learned by another version, from other features
            return self._learn(company, documents, as_of)._restore()

    def _restore(self):
        """
        :rtype: analysis.cadence.Model | None
        :raise ValueError: learned from other features than there are now
        """
        from ..analysis import cadence

        return cadence.Model.from_dict(self.coefficients) if self.is_usable else None

    @api.model
    def _learn(self, company, documents, as_of):
        """Learn from what happened to the customers of one horizon ago.

        :rtype: growth.churn.model
        """
        from ..analysis import backtest, cadence

        horizon = company.growth_churn_horizon
        day = day_number(as_of)
        values = {'company_id': company.id, 'date': as_of, 'horizon': horizon}
        try:
            model = cadence.train(documents, day, horizon)
        except cadence.TooLittleHistory as problem:
            return self._note_too_little(
                {**values, 'customers': problem.customers, 'left': problem.left}
            )
        features = cadence.features(documents, day - horizon)
        left = cadence.outcome(documents, day - horizon, horizon)['left'].to_numpy()
        return self.create(
            {
                **values,
                'customers': model.customers,
                'left': model.left,
                'auc': backtest.auc(model.probability(features), left),
                'is_usable': True,
                'coefficients': model.to_dict(),
            }
        )

    @api.model
    def _note_too_little(self, values):
        """One row says so, however often it was tried: nothing is learned from a row a week."""
        last = self.search([('company_id', '=', values['company_id'])], limit=1)
        if not last or last.is_usable:
            return self.create(values)
        last.write(values)
        return last
