from datetime import datetime
from math import isfinite

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .growth_okr_measure_reader import MeasureRequest
from .growth_okr_objective import COUNTED_STATES
from .ir_cron import CONCURRENT

# What the job compares with: without it in the cache, everything would be written anew.
STANDING = ('progress', 'expected', 'pace')
KEY_RESULT_STANDING = (*STANDING, 'current', 'current_date')
# Values and progress are compared to this many digits.
DIGITS = 6


class GrowthOkrKeyResult(models.Model):
    """The daily job: measures what Odoo feeds, keeps the history, and goes on with the day.

    Values are read by `growth.okr.measure`, one grouped query for many key results. What is new
    becomes a check-in of the day that nobody made, in one statement for all; progress and pace
    follow it up the tree.
    """

    _inherit = 'growth.okr.key.result'

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_refresh(self):
        """Measure now, without waiting for the daily job."""
        self._take('running')
        now = fields.Datetime.now()
        for company, key_results in self._as_system().grouped('company_id').items():
            day = company._growth_day(now)
            measurable = key_results._for_job(company)._filtered_measurable(day)
            if not measurable:
                raise UserError(
                    self.env._(
                        "There is nothing to measure: %s. Only what is fed by Odoo is measured, "
                        "from the first day of its cycle on.",
                        ", ".join(key_results.mapped('name')),
                    )
                )
            measurable._measure(day)
        return True

    def _bring_up_to_date(self):
        """Measure running key results that Odoo feeds, and find what is expected by today."""
        now = fields.Datetime.now()
        for company, key_results in self.grouped('company_id').items():
            day = company._growth_day(now)
            key_results = key_results._for_job(company)
            running = key_results.filtered(lambda each: each.state == 'running')
            running._filtered_measurable(day)._measure(day)
            key_results._stand_anew('expected')

    # ------------------------------------------------------------
    # JOB
    # ------------------------------------------------------------

    @api.model
    def _cron_refresh(self):
        """Measure the key results of all companies, one after the other: who has waited longest
        comes first, so that none starves where the time is short.

        What was measured in a company is committed as a whole, then the reminders. A job that was
        killed finds what is missing: a value that is known already is not written again.
        """
        running = Domain('state', '=', 'running')
        measured = dict(self._read_group(running, ['company_id'], ['measured_at:max']))
        companies = self.env['res.company'].search([('active', '=', True)], order='id')
        companies = companies.sorted(lambda company: measured.get(company) or datetime.min)
        self.env['ir.cron']._growth_each_company(companies, self._refresh_or_note)

    @api.model
    def _refresh_or_note(self, company):
        """Work for a company, or keep on it that something went wrong.

        :return: whether there was time for all
        :rtype: bool
        """
        try:
            return self._refresh_company(company, self._today(company), commits=True)
        except CONCURRENT:
            # The job tries again.
            raise
        except Exception as error:
            self.env.cr.rollback()
            text = self._for_job(company).env._(
                "Something unexpected went wrong, the log of the server tells more."
            )
            company.growth_okr_error_text = str(error) if isinstance(error, UserError) else text
            self.env['ir.cron']._commit_progress()
            if isinstance(error, UserError):
                return True
            raise

    @api.model
    def _refresh(self, companies=None, as_of=None):
        """Do what the job does, without its commits.

        :param res.company companies: all when omitted
        :param date as_of: last day that counts; today in each company's time zone when omitted. Of
            a day that is over the values are noted, where a measure can tell them; nobody is
            reminded
        """
        if companies is None:
            companies = self.env['res.company'].search([('active', '=', True)])
        for company in companies:
            self._refresh_company(company, as_of or self._today(company))

    @api.model
    def _today(self, company):
        return company._growth_day(fields.Datetime.now())

    @api.model
    def _refresh_company(self, company, day, commits=False):
        """
        :param bool commits: of the scheduled job: after each part that is complete in itself
        :return: whether there was time for all
        :rtype: bool
        """
        company = company.sudo()
        job = self._for_job(company)
        running = job._get_running(company)
        running._filtered_measurable(day)._measure(day)
        running._note_milestones(day)
        job._follow_day(company)
        self.env.flush_all()
        if company.growth_okr_error_text:
            company.growth_okr_error_text = False
        if commits and not self.env['ir.cron']._commit_progress():
            return False
        if day == self._today(company):
            job._remind(company, day)
            job.env['growth.okr.objective']._hand_on_proposals(company)
        return True

    def _for_job(self, company):
        """The key results as the job works on them: as the system, silently, and speaking the
        language of the company.

        :rtype: growth.okr.key.result
        """
        return self.sudo().with_context(
            lang=company.partner_id.lang or self.env.lang,
            tracking_disable=True,
            mail_activity_quick_update=True,
        )

    @api.model
    def _get_running(self, company):
        """
        :rtype: growth.okr.key.result
        """
        return self.search_fetch(
            Domain('company_id', '=', company.id)
            & Domain('state', '=', 'running')
            & Domain('cycle_id.state', 'in', ('running', 'review')),
            KEY_RESULT_STANDING,
        )

    # ------------------------------------------------------------
    # MEASURING
    # ------------------------------------------------------------

    def _filtered_measurable(self, day):
        """Those that Odoo feeds, and that can be told as of a day. What knows no dates is as it is
        now: nobody can tell it of a day that is over, but the value of the deadline, where the job
        missed that day.

        :param date day: in the company's time zone
        :rtype: growth.okr.key.result
        """
        return self.filtered(
            lambda each: (
                each.source == 'measure'
                and day >= each.date_from
                and (each.measure_id.date_field or each._can_be_told_now(day))
            )
        )

    def _can_be_told_now(self, day):
        """Whether what the measure comes to now, as it knows no dates, is the value of a day.

        :rtype: bool
        """
        self.ensure_one()
        company, deadline = self.company_id, self.date_deadline
        if day < self._today(company):
            return False
        measured_at = self.measured_at
        return day <= deadline or not measured_at or company._growth_day(measured_at) < deadline

    def _get_measure_request(self, day=None):
        """What is asked of the measure: the figures since the beginning, with the rights of who is
        responsible.

        :param date day: last day that counts; today in the company's time zone when omitted
        :rtype: MeasureRequest
        """
        self.ensure_one()
        return MeasureRequest(
            key=self.id,
            measure=self.measure_id,
            company=self.company_id,
            user=self.owner_id,
            scope=self.scope,
            team=self.team_id,
            date_from=self.date_from,
            date_to=min(day or self._today(self.company_id), self.date_deadline),
        )

    def _measure(self, day):
        """Measure where key results of a company stand, and note what is new.

        :param date day: the last that counts, in the company's time zone
        """
        if not self:
            return
        # Reports on long histories are planned at a price at which PostgreSQL compiles them, for
        # longer than they then run.
        self.env.cr.execute("SET LOCAL jit = off")
        problems = self._learn_seasons()
        requests = [key_result._get_measure_request(day) for key_result in self]
        answers = self.env['growth.okr.measure']._get_values(requests)
        points, errors = {}, {}
        for key_result in self:
            value, error = answers[key_result.id]
            if value is not None and not isfinite(value):
                value, error = None, self.env._("What was measured is no number.")
            if value is not None:
                points[key_result] = value
            errors[key_result.id] = error
        # In this order: it locks the rows, so that two runs cannot note the same day.
        self._note_measured(errors, problems)
        self._note_points(points, day)

    def _note_measured(self, errors, problems):
        """
        :param dict[int, str | None] errors: by id, why they could not be measured
        :param dict[int, str] problems: by id, why last year cannot be read
        """
        self.flush_recordset(['error', 'measured_at'])
        self.env.cr.execute(
            SQL(
                """
                UPDATE growth_okr_key_result AS key_result
                   SET measured_at = CASE WHEN answer.is_measured THEN %(now)s
                                          ELSE key_result.measured_at END,
                       error = answer.text
                  FROM UNNEST(%(ids)s::int[], %(measured)s::bool[], %(texts)s::text[])
                       AS answer(id, is_measured, text)
                 WHERE key_result.id = answer.id
                """,
                now=fields.Datetime.now(),
                ids=list(errors),
                measured=[not error for error in errors.values()],
                texts=[error or problems.get(key) for key, error in errors.items()],
            )
        )
        self.invalidate_recordset(['error', 'measured_at'], flush=False)

    # ------------------------------------------------------------
    # HISTORY
    # ------------------------------------------------------------

    def _note_milestones(self, day):
        """Keep in the history where key results stand that are counted by steps.

        :param date day: in the company's time zone
        """
        counted = self.filtered(lambda each: each.kind == 'milestones' and day >= each.date_from)
        known = counted._get_points(day)
        counted._note_points(
            # What has not begun is no news.
            {each: each.current for each in counted if each.id in known or each.progress},
            day,
        )

    def _note_points(self, values, day):
        """Write check-ins of a day for key results that stand elsewhere than at the last one.

        :param dict[growth.okr.key.result, float] values:
        :param date day: in the company's time zone
        """
        known = self._get_points(day)
        points = []
        for key_result, value in values.items():
            value = round(value, DIGITS)
            expected = key_result._get_expected(day)
            progress = key_result._get_progress(value, expected, day)
            last_value, last_progress = known.get(key_result.id, (None, None))
            # Of what adds up, the progress changes with the day alone.
            is_known = key_result.adds_up or last_progress == round(progress, DIGITS)
            if last_value != value or not is_known:
                points.append((key_result.id, value, progress, expected))
        if points:
            self._write_points(points, day)

    def _get_points(self, day):
        """The last point of each up to a day; of what is measured, the last measured one.

        :return: value and progress by id, both rounded
        :rtype: dict[int, tuple[float, float]]
        """
        self.env['growth.okr.check.in'].flush_model(['progress'])
        measured = self.filtered(lambda each: each.source == 'measure')
        rows = self._read_last(
            SQL("value, progress"),
            SQL("date <= %s AND (is_automatic OR NOT key_result_id = ANY(%s))", day, measured.ids),
        )
        return {
            key_result_id: (round(value, DIGITS), round(progress, DIGITS))
            for key_result_id, value, progress in rows
        }

    @api.model
    def _write_points(self, points, day):
        """Replace the automatic check-ins of a day.

        Raw SQL, as the ORM takes six times as long, and knows no confidence that is left open:
        that would count in averages. What hangs on the points is computed by the ORM.

        :param list points: id of the key result, value, progress and expected progress
        """
        ids, values, progresses, expected = (list(column) for column in zip(*points, strict=True))
        CheckIn = self.env['growth.okr.check.in']
        CheckIn.flush_model()
        self.flush_model(['objective_id', 'cycle_id', 'company_id'])
        # Made anew rather than changed: what people said since would be later than it.
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM growth_okr_check_in
                 WHERE key_result_id = ANY(%s)
                   AND date = %s
                   AND is_automatic
                """,
                ids,
                day,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO growth_okr_check_in (
                    key_result_id, objective_id, cycle_id, company_id, is_automatic, date, value,
                    progress, expected, create_uid, create_date, write_uid, write_date
                )
                SELECT key_result.id, key_result.objective_id, key_result.cycle_id,
                       key_result.company_id, TRUE, %(day)s, point.value, point.progress,
                       point.expected, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM UNNEST(
                           %(ids)s::int[], %(values)s::numeric[], %(progresses)s::float8[],
                           %(expected)s::float8[]
                       ) AS point(id, value, progress, expected)
                  JOIN growth_okr_key_result AS key_result ON key_result.id = point.id
              ORDER BY key_result.id
                """,
                ids=ids,
                values=values,
                progresses=progresses,
                expected=expected,
                day=day,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        CheckIn.invalidate_model(flush=False)
        key_results = self.browse(ids)
        key_results.invalidate_recordset(['check_in_ids'], flush=False)
        key_results._stand_anew('expected', 'current', 'current_date')

    # ------------------------------------------------------------
    # WHERE THEY STAND
    # ------------------------------------------------------------

    @api.model
    def _follow_day(self, company):
        """Find anew what is expected by today, and what the speed leads to, of all that is on its
        way; what is judged counts above until that is judged, too."""
        self.search(
            Domain('company_id', '=', company.id)
            & Domain('state', 'in', COUNTED_STATES)
            # On its deadline all of it is expected, and stays so.
            & Domain('expected', '<', 1)
        )._stand_anew('expected')

    def _stand_anew(self, *fnames):
        """Have the ORM compute fields anew, and what hangs on them; what stays as it was is not
        written.

        :param fnames: stored computed fields
        """
        self.fetch(KEY_RESULT_STANDING)
        self.env['growth.okr.objective'].search_fetch(
            [('id', 'parent_of', self.objective_id.ids)], STANDING
        )
        for fname in fnames:
            self.env.add_to_compute(self._fields[fname], self)
        self.modified(fnames)
