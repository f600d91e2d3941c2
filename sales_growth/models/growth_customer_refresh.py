import io
import logging

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class GrowthCustomer(models.Model):
    _inherit = 'growth.customer'

    @api.model
    def _cron_refresh(self):
        """Segment every company, one after the other.

        A company is one unit of work: it is committed as a whole or not at all. All are marked as
        due when the job begins and unmarked one by one, so a job that was killed or ran out of
        time goes on where it stopped. What a user can mend (a currency without a rate) is kept on
        the company for the matrix to show; other errors do not stop the companies that follow and
        are raised when no company succeeded, for the scheduler to see.
        """
        Company = self.env['res.company']
        companies = Company.search([('growth_is_due', '=', True)], order='id')
        if not companies:
            companies = Company.search([('active', '=', True)], order='id')
            companies.growth_is_due = True
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=len(companies))
        errors = []
        for company in companies:
            if error := self._refresh_safely(company):
                errors.append(error)
            company.growth_is_due = False
            if not cron._commit_progress(1):
                break
        if errors and len(errors) == len(companies):
            raise errors[-1]

    @api.model
    def _refresh_safely(self, company):
        """Refresh a company for the scheduled job: whatever goes wrong, the job goes on.

        :return: the error that is not the user's to mend, or None
        """
        _has_time, error = self.env['ir.cron']._growth_work_safely(company, self._refresh_or_note)
        if error and not isinstance(error, SerializationFailure):
            _logger.error("Segmentation of company %s failed", company.id, exc_info=error)
        return error

    @api.model
    def _refresh_or_note(self, company):
        """Refresh a company, or keep on it what a user can mend."""
        try:
            self._refresh(company)
        except UserError as exception:
            self.env.cr.rollback()
            company.growth_error = str(exception)
            _logger.info("Segmentation of company %s refused: %s", company.id, exception)

    @api.model
    def _refresh(self, companies=None, as_of=None, reason='recompute'):
        """Segment the customers of some companies as of a day.

        Reads the facts in one statement per company, classifies them with
        `analysis.segmentation`, and writes only the rows that differ.

        :param res.company companies: all when omitted
        :param date as_of: last day of the window; today in each company's time zone when omitted
        :param str reason: why customers move, see `growth.segment.move`
        :return: numbers of `customers` with a class, of rows `changed`, and of those `moved` to
            another segment
        :rtype: dict[str, int]
        :raise UserError: when another run is at work on a company, or when documents use a
            currency without a rate
        """
        if companies is None:
            companies = self.env['res.company'].search([('active', '=', True)])
        counts = dict.fromkeys(('customers', 'changed', 'moved'), 0)
        for company in companies:
            for key, number in self._refresh_company(
                company, as_of or self._today(company), reason
            ).items():
                counts[key] += number
        return counts

    def _refresh_company(self, company, as_of, reason):
        if not company.sudo().try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._(
                    "The segments of %s are being recomputed right now. Try again in a minute.",
                    company.name,
                )
            )
        self._stage_facts(company, as_of)
        classified = self._stage_verdicts(company, as_of)
        self._stage_changes(company, as_of)
        counts = self._write_changes(company, as_of, reason)
        company.sudo().write({'growth_as_of': as_of, 'growth_error': False})
        self.invalidate_model()
        self._invalidate_contacts()
        return {'customers': classified, **counts}

    def _stage_facts(self, company, as_of):
        """Put the facts of all customers into a temporary table, those of customers who lost
        their last order included."""
        self.flush_model()
        self.env['growth.segment'].flush_model()
        cr = self.env.cr
        cr.execute("DROP TABLE IF EXISTS growth_facts, growth_verdict, growth_change")
        # The look-up of missing rates, which hardly any order needs, is planned for every order: at
        # that price PostgreSQL compiles the statement, for longer than it then runs.
        cr.execute("SET LOCAL jit = off")
        # Made by a CREATE TABLE AS, as only this form of writing is planned in parallel.
        cr.execute(
            SQL(
                "CREATE TEMP TABLE growth_facts ON COMMIT DROP AS %s",
                self.env['growth.sales.facts']._customer_facts(company, as_of),
            )
        )
        cr.execute("ANALYZE growth_facts")
        self.env['growth.sales.facts']._refuse_unrated(
            company, SQL("SELECT unrated_currency_id FROM growth_facts")
        )
        cr.execute(
            SQL(
                """
            INSERT INTO growth_facts (partner_id, revenue, profit, value, order_count)
            SELECT partner_id, 0, 0, 0, 0
              FROM growth_customer
             WHERE company_id = %s
               AND NOT EXISTS (
                       SELECT FROM growth_facts
                        WHERE growth_facts.partner_id = growth_customer.partner_id
                   )
            """,
                company.id,
            )
        )

    def _stage_verdicts(self, company, as_of):
        """Judge the staged facts and put the verdicts that differ from the last ones into a
        temporary table.

        :return: number of customers with a class
        """
        import pandas as pd  # takes seconds to import

        from ..analysis.segmentation import classify

        newcomer_since = fields.Date.subtract(as_of, days=company.growth_grace_days)
        rows = self.env.execute_query(
            SQL(
                """
            SELECT facts.partner_id,
                   facts.value::float8,
                   facts.order_count,
                   facts.demand_cv::float8,
                   COALESCE(facts.first_order_date > %s, FALSE),
                   customer.computed_abc_class,
                   customer.computed_xyz_class,
                   COALESCE(customer.is_loss_making, FALSE),
                   COALESCE(customer.is_newcomer, FALSE)
              FROM growth_facts AS facts
         LEFT JOIN growth_customer AS customer
                ON customer.partner_id = facts.partner_id AND customer.company_id = %s
             -- Nobody else gets a class or loses one.
             WHERE facts.order_count > 0 OR customer.computed_abc_class IS NOT NULL
            """,
                newcomer_since,
                company.id,
            )
        )
        facts = pd.DataFrame.from_records(
            rows,
            columns=[
                'partner_id',
                'value',
                'order_count',
                'demand_cv',
                'is_newcomer',
                'last_abc_class',
                'last_xyz_class',
                'last_is_loss_making',
                'last_is_newcomer',
            ],
        )
        del rows
        facts['demand_cv'] = facts['demand_cv'].astype(float)
        verdicts = classify(facts, company._growth_rules())
        classified = verdicts['abc_class'].notna()
        verdicts['is_newcomer'] = facts['is_newcomer'] & classified
        differs = False
        for column in ('abc_class', 'xyz_class', 'is_loss_making', 'is_newcomer'):
            last = facts[f'last_{column}']
            differs |= (verdicts[column] != last) & ~(verdicts[column].isna() & last.isna())
        verdicts['partner_id'] = facts['partner_id']
        self._copy_verdicts(verdicts[differs])
        return int(classified.sum())

    def _copy_verdicts(self, verdicts):
        cr = self.env.cr
        cr.execute("""
            CREATE TEMP TABLE growth_verdict (
                partner_id int4, abc_class varchar, xyz_class varchar, is_loss_making bool,
                is_newcomer bool
            ) ON COMMIT DROP
        """)
        # COPY, as passing an array for each column costs four times as much on the first run.
        lines = io.StringIO()
        verdicts.to_csv(
            lines,
            sep='\t',
            na_rep=r'\N',
            header=False,
            index=False,
            columns=['partner_id', 'abc_class', 'xyz_class', 'is_loss_making', 'is_newcomer'],
        )
        lines.seek(0)
        cr.copy_expert("COPY growth_verdict FROM STDIN", lines)
        cr.execute("ANALYZE growth_verdict")

    def _stage_changes(self, company, as_of):
        """Put the rows of the hub that differ from what is stored into a temporary table."""
        cells = self.env['growth.segment'].sudo()._get_cells(company).values()
        self.env.cr.execute(
            SQL(
                """
            CREATE TEMP TABLE growth_change ON COMMIT DROP AS
            WITH target AS (
                SELECT customer.id,
                       customer.segment_id AS last_segment_id,
                       facts.*,
                       verdict.partner_id IS NOT NULL AS is_judged,
                       (facts.revenue, facts.profit, facts.value, facts.order_count,
                        facts.demand_cv, facts.first_order_date, facts.last_order_date,
                        facts.lifecycle, facts.lifecycle_date)
                       IS DISTINCT FROM
                       (customer.revenue, customer.profit, customer.value, customer.order_count,
                        customer.demand_cv, customer.first_order_date, customer.last_order_date,
                        customer.lifecycle, customer.lifecycle_date)
                           AS is_changed,
                       CASE WHEN verdict.partner_id IS NULL THEN customer.computed_abc_class
                            ELSE verdict.abc_class END AS computed_abc_class,
                       CASE WHEN verdict.partner_id IS NULL THEN customer.computed_xyz_class
                            ELSE verdict.xyz_class END AS computed_xyz_class,
                       COALESCE(verdict.is_loss_making, customer.is_loss_making, FALSE)
                           AS is_loss_making,
                       COALESCE(verdict.is_newcomer, customer.is_newcomer, FALSE) AS is_newcomer,
                       customer.manual_until < %(as_of)s AS is_manual_over,
                       manual.id AS manual_id,
                       manual.abc_class AS manual_abc_class,
                       manual.xyz_class AS manual_xyz_class
                  FROM (%(facts)s) AS facts
             LEFT JOIN growth_verdict AS verdict ON verdict.partner_id = facts.partner_id
             LEFT JOIN growth_customer AS customer
                    ON customer.partner_id = facts.partner_id
                   AND customer.company_id = %(company_id)s
             LEFT JOIN growth_segment AS manual
                    ON manual.id = customer.manual_segment_id
                   AND COALESCE(customer.manual_until >= %(as_of)s, TRUE)
            )
            SELECT target.*,
                   COALESCE(manual_abc_class, computed_abc_class) AS abc_class,
                   COALESCE(manual_xyz_class, computed_xyz_class) AS xyz_class,
                   cell.id AS segment_id
              FROM target
         LEFT JOIN growth_segment AS cell
                ON cell.id IN %(cell_ids)s
               AND cell.abc_class = COALESCE(manual_abc_class, computed_abc_class)
               AND cell.xyz_class = COALESCE(manual_xyz_class, computed_xyz_class)
             WHERE target.id IS NULL
                OR is_judged
                OR is_changed
                OR is_manual_over
                OR last_segment_id IS DISTINCT FROM cell.id
            """,
                facts=self._staged_facts(company, as_of),
                as_of=as_of,
                company_id=company.id,
                cell_ids=tuple(cell.id for cell in cells) or (0,),
            )
        )

    def _write_changes(self, company, as_of, reason):
        """Write the staged changes and the moves they make.

        Raw SQL, as the ORM would take ten times as long for the first run. Nothing hangs on these
        fields but the fields of this model, and those are in the statement.
        """
        cr = self.env.cr
        cr.execute(
            SQL(
                """
            UPDATE growth_customer
               SET revenue = change.revenue,
                   profit = change.profit,
                   value = change.value,
                   order_count = change.order_count,
                   demand_cv = change.demand_cv,
                   first_order_date = change.first_order_date,
                   last_order_date = change.last_order_date,
                   lifecycle = change.lifecycle,
                   lifecycle_date = change.lifecycle_date,
                   computed_abc_class = change.computed_abc_class,
                   computed_xyz_class = change.computed_xyz_class,
                   is_loss_making = change.is_loss_making,
                   is_newcomer = change.is_newcomer,
                   abc_class = change.abc_class,
                   xyz_class = change.xyz_class,
                   segment_id = change.segment_id,
                   manual_segment_id = change.manual_id,
                   manual_reason = CASE WHEN change.manual_id IS NOT NULL THEN manual_reason END,
                   manual_until = CASE WHEN change.manual_id IS NOT NULL THEN manual_until END,
                   manual_author_id =
                       CASE WHEN change.manual_id IS NOT NULL THEN manual_author_id END,
                   write_uid = %(uid)s,
                   write_date = %(now)s
              FROM growth_change AS change
             WHERE growth_customer.id = change.id
            """,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        changed = cr.rowcount
        cr.execute(
            SQL(
                """
            INSERT INTO growth_customer (
                company_id, partner_id, revenue, profit, value, order_count, demand_cv,
                first_order_date, last_order_date, lifecycle, lifecycle_date,
                computed_abc_class, computed_xyz_class,
                is_loss_making, is_newcomer, abc_class, xyz_class, segment_id,
                create_uid, create_date, write_uid, write_date
            )
            SELECT %(company_id)s, partner_id, revenue, profit, value, order_count, demand_cv,
                   first_order_date, last_order_date, lifecycle, lifecycle_date,
                   computed_abc_class, computed_xyz_class,
                   is_loss_making, is_newcomer, abc_class, xyz_class, segment_id,
                   %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM growth_change
             WHERE id IS NULL
            """,
                company_id=company.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        changed += cr.rowcount
        # The first run of a company moves nobody: there is nothing the customers came from.
        moved = self._log_computed_moves(company, as_of, reason) if company.growth_as_of else 0
        return {'changed': changed, 'moved': moved}

    def _log_computed_moves(self, company, as_of, reason):
        Move = self.env['growth.segment.move']
        self.env.cr.execute(
            SQL(
                """
            INSERT INTO growth_segment_move (
                customer_id, company_id, partner_id, date, from_segment_id, to_segment_id,
                direction, reason, value, create_uid, create_date, write_uid, write_date
            )
            SELECT customer.id, customer.company_id, customer.partner_id, %(as_of)s,
                   last_segment.id, segment.id, %(direction)s,
                   CASE WHEN change.is_manual_over THEN 'manual_end' ELSE %(reason)s END,
                   change.value, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM growth_change AS change
              JOIN growth_customer AS customer
                ON customer.partner_id = change.partner_id
               AND customer.company_id = %(company_id)s
         LEFT JOIN growth_segment AS last_segment ON last_segment.id = change.last_segment_id
         LEFT JOIN growth_segment AS segment ON segment.id = change.segment_id
             -- A cell of its own that a company gets or loses is no move.
             WHERE last_segment.sequence IS DISTINCT FROM segment.sequence
            """,
                as_of=as_of,
                reason=reason,
                direction=Move._direction_sql('last_segment', 'segment'),
                company_id=company.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        moved = self.env.cr.rowcount
        Move.invalidate_model()
        return moved
