from odoo import api, models
from odoo.tools import SQL

from .growth_frame import NUMBER, TEXT, WHOLE, read_frame, write_frame
from .growth_sales_facts_churn import EPOCH_SQL, day_number

# What the hub keeps of a verdict: how it is compared, and how it is written.
KEPT = {
    'churn_state': ('object', TEXT),
    'churn_date': ('float64', WHOLE),
    'churn_rule_id': ('float64', WHOLE),
    'churn_recent': ('float64', NUMBER),
    'churn_previous': ('float64', NUMBER),
    'buyer_type': ('object', TEXT),
    'order_interval': ('float64', NUMBER),
    'next_order_date': ('float64', WHOLE),
    'churn_probability': ('float64', NUMBER),
    'churn_factors': ('object', TEXT),
    'last_segment_id': ('float64', WHOLE),
}
# These are days since 1970-01-01 outside of the database.
DAYS = ('churn_date', 'next_order_date')


class GrowthChurnRule(models.Model):
    """What the run found out goes to the hub: the rows that differ, compared outside of the
    database, as most do not."""

    _inherit = 'growth.churn.rule'

    @api.model
    def _write_verdicts(self, company, verdicts, as_of):
        """Write the verdicts that differ from what the hub knows.

        Raw SQL, as the ORM would take ten times as long for the first run. Nothing hangs on these
        fields but the fields of this model, and those are computed when they are read.

        :param pandas.DataFrame verdicts: see `_judge`
        :return: number of rows written
        :rtype: int
        """
        Customer = self.env['growth.customer']
        Customer.flush_model()
        if not company.growth_churn_as_of:
            self._recall_segments(company)
        changes = self._get_changes(self._read_known(company), verdicts, as_of)
        if not len(changes):
            return 0
        write_frame(
            self.env.cr,
            changes,
            'growth_churn_change',
            {'id': WHOLE, 'partner_id': WHOLE, **{name: kind for name, (_, kind) in KEPT.items()}},
        )
        written = self._update_customers() + self._insert_customers(company)
        Customer.invalidate_model()
        Customer._invalidate_contacts()
        return written

    @api.model
    def _recall_segments(self, company):
        """Fill in the last segment of those whom the window has passed by before the first run."""
        self.env['growth.segment.move'].flush_model()
        self.env.cr.execute(
            SQL(
                """
            UPDATE growth_customer AS customer
               SET last_segment_id = move.from_segment_id
              FROM (
                    SELECT DISTINCT ON (customer_id) customer_id, from_segment_id
                      FROM growth_segment_move
                     WHERE company_id = %(company_id)s AND from_segment_id IS NOT NULL
                  ORDER BY customer_id, date DESC, id DESC
                   ) AS move
             WHERE move.customer_id = customer.id
               AND customer.segment_id IS NULL
               AND customer.last_segment_id IS NULL
            """,
                company_id=company.id,
            )
        )

    @api.model
    def _read_known(self, company):
        """What the hub knows of the customers of a company: KEPT, `id`, `partner_id` and
        `segment_id`.

        :rtype: pandas.DataFrame
        """
        columns = [
            SQL("%s - %s", SQL.identifier(name), EPOCH_SQL)
            if name in DAYS
            else SQL.identifier(name)
            for name in KEPT
        ]
        return read_frame(
            self.env,
            SQL(
                "SELECT id, partner_id, segment_id, %s FROM growth_customer WHERE company_id = %s",
                SQL(", ").join(columns),
                company.id,
            ),
            {
                'id': 'int64',
                'partner_id': 'int64',
                'segment_id': 'float64',
                **{name: kind for name, (kind, _) in KEPT.items()},
            },
        )

    @api.model
    def _get_changes(self, known, verdicts, as_of):
        """The rows of the hub as they are to be, as far as they differ.

        :param pandas.DataFrame known: see `_read_known`
        :param pandas.DataFrame verdicts: see `_judge`
        :return: KEPT, `partner_id`, and `id`: NaN where there is no row yet
        :rtype: pandas.DataFrame
        """
        import numpy as np

        before = [f'known_{name}' for name in KEPT]
        table = known.rename(columns=dict(zip(KEPT, before, strict=True))).merge(
            verdicts, on='partner_id', how='outer'
        )
        is_same = table['churn_state'] == table['known_churn_state']
        # A state goes on, whichever rule gives it today; a purchase ends it, but for that of
        # somebody who is watched for something else than silence.
        goes_on = is_same & (
            (table['known_churn_date'] > table['last_day'].fillna(-np.inf))
            | ((table['churn_state'] == 'watch') & table['since'].isna())
        )
        goes_on &= table['churn_state'] != 'won_back'
        began = (
            table['since']
            .where(table['churn_state'] != 'won_back', table['won_day'])
            .where(table['churn_state'] != 'active', table['last_day'])
            .fillna(day_number(as_of))
        )
        table['churn_date'] = (
            table['known_churn_date'].where(goes_on, began).where(table['churn_state'].notna())
        )
        table['last_segment_id'] = table['segment_id'].where(
            table['segment_id'].notna(), table['known_last_segment_id']
        )
        differs = np.zeros(len(table), dtype=bool)
        for name, known_name in zip(KEPT, before, strict=True):
            new, old = table[name], table[known_name]
            differs |= ((new != old) & ~(new.isna() & old.isna())).to_numpy()
        return table[differs]

    @api.model
    def _update_customers(self):
        cr = self.env.cr
        cr.execute(
            SQL(
                """
            UPDATE growth_customer AS customer
               SET %(values)s, write_uid = %(uid)s, write_date = %(now)s
              FROM growth_churn_change AS change
             WHERE customer.id = change.id
            """,
                values=SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), self._changed_sql(name)) for name in KEPT
                ),
                uid=self.env.uid,
                now=cr.now(),
            )
        )
        return cr.rowcount

    @api.model
    def _insert_customers(self, company):
        """Make the hub's rows of whom the segmentation has not met: prospects that gave a sign."""
        cr = self.env.cr
        cr.execute(
            SQL(
                """
            INSERT INTO growth_customer (
                company_id, partner_id, lifecycle, revenue, profit, value, order_count, %(columns)s,
                create_uid, create_date, write_uid, write_date
            )
            SELECT %(company_id)s, partner_id, 'prospect', 0, 0, 0, 0, %(values)s,
                   %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM growth_churn_change AS change
             WHERE id IS NULL
               AND EXISTS (SELECT FROM res_partner WHERE res_partner.id = change.partner_id)
            """,
                columns=SQL(", ").join(map(SQL.identifier, KEPT)),
                values=SQL(", ").join(map(self._changed_sql, KEPT)),
                company_id=company.id,
                uid=self.env.uid,
                now=cr.now(),
            )
        )
        return cr.rowcount

    @api.model
    def _changed_sql(self, name):
        value = SQL.identifier('change', name)
        return SQL("%s + %s", EPOCH_SQL, value) if name in DAYS else value
