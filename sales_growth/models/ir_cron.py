import logging

from odoo import api, models

_logger = logging.getLogger(__name__)


class IrCron(models.Model):
    _inherit = 'ir.cron'

    @api.model
    def _growth_each_company(self, companies, work):
        """Do the work of a scheduled job for each company, committed one by one.

        A company that fails does not stop those that follow; the error is logged, and the last one
        raised in the end for the scheduler to see.

        :param res.company companies:
        :param work: takes a company; False when the time is up before it was done
        """
        self._commit_progress(remaining=len(companies))
        failure = None
        for company in companies:
            try:
                has_time = work(company)
            except Exception as error:
                self.env.cr.rollback()
                _logger.exception("The job failed for company %s", company.id)
                failure, has_time = error, True
            if has_time is False or not self._commit_progress(1):
                break
        if failure:
            raise failure
