import logging

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo import api, models

_logger = logging.getLogger(__name__)

# Others change the same rows now and then; more often than this is more than bad luck.
ATTEMPTS = 3
# A row that somebody changed meanwhile, and one that somebody made.
CONCURRENT = (SerializationFailure, UniqueViolation)


class IrCron(models.Model):
    _inherit = 'ir.cron'

    @api.model
    def _growth_each_company(self, companies, work):
        """Do the work of a scheduled job for each company, committed one by one.

        A company that fails does not stop those that follow; the error is logged, and the last one
        raised in the end for the scheduler to see.

        :param res.company companies:
        :param work: takes a company; False when the time is up before it was done. What it has
            committed it does not do again
        """
        self._commit_progress(remaining=len(companies))
        failure = None
        for company in companies:
            has_time, error = self._growth_work_safely(company, work)
            if error:
                _logger.error("The job failed for company %s", company.id, exc_info=error)
                failure = error
            if not has_time or not self._commit_progress(1):
                break
        if failure:
            raise failure

    @api.model
    def _growth_work_safely(self, company, work):
        """Work for a company, once more where somebody changed the same rows meanwhile. What went
        wrong is rolled back.

        :return: whether there is time for more, and the error or None
        :rtype: tuple[bool, Exception | None]
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return work(company) is not False, None
            except Exception as error:
                self.env.cr.rollback()
                if not isinstance(error, CONCURRENT) or attempt == ATTEMPTS:
                    return True, error
