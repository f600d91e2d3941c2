from datetime import date, timedelta

from odoo import api, models
from odoo.tools import SQL

from .growth_frame import read_frame
from .growth_sales_facts import EVER

# `analysis` counts days from here, as numbers sort and add up faster than dates.
EPOCH = date(1970, 1, 1)
EPOCH_SQL = SQL("'1970-01-01'::date")
# What `analysis.cadence` takes
COLUMNS = {
    'partner_id': 'int64',
    'day': 'int64',
    'revenue': 'float64',
    'profit': 'float64',
    'is_positive': 'bool',
}


def day_number(day):
    """Days since 1970-01-01.

    :param date day:
    :rtype: int
    """
    return (day - EPOCH).days


def day_of(number):
    """
    :param int number: days since 1970-01-01
    :rtype: date
    """
    return EPOCH + timedelta(days=int(number))


class GrowthSalesFacts(models.AbstractModel):
    """All purchases at once, for what depends on each customer's own rhythm."""

    _inherit = 'growth.sales.facts'

    @api.model
    def _churn_documents(self, company, as_of):
        """All documents of the customers of a company, as `analysis.cadence` takes them.

        :param res.company company: the company whose documents are read
        :param date as_of: last day that counts
        :return: `partner_id` (commercial partner), `day` (days since 1970-01-01, in the company's
            time zone), `revenue` and `profit` (company currency), `is_positive` (a purchase)
        :rtype: pandas.DataFrame
        :raise UserError: when documents use a currency without a rate
        """
        documents = self._documents(company, as_of, [EVER])
        frame = read_frame(
            self.env,
            SQL(
                """
            SELECT partner_id,
                   (moment AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date - %(epoch)s,
                   revenue::float8,
                   COALESCE(profit, 0)::float8,
                   is_positive
              FROM (%(documents)s) AS document
             WHERE partner_id IS NOT NULL AND %(is_customer)s
            """,
                epoch=EPOCH_SQL,
                zone=self._get_document_zone(company),
                documents=documents,
                is_customer=self._is_customer(SQL("document.partner_id")),
            ),
            COLUMNS,
        )
        if frame['revenue'].isna().any():
            self._refuse_unrated(
                company,
                SQL("SELECT unrated_currency_id FROM (%s) AS document", documents),
            )
        return frame.fillna({'revenue': 0.0})
