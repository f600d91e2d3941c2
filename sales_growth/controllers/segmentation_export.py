import json
import logging
import tempfile

from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request
from odoo.tools import osutil

_logger = logging.getLogger(__name__)

XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'


class SegmentationExport(http.Controller):
    @http.route(
        '/sales_growth/segmentation.xlsx', type='http', auth='user', methods=['GET'], readonly=True
    )
    def segmentation_xlsx(self, company_id=None, domain=None):
        """The segmentation of a company as an Excel workbook.

        :param str company_id: the company; the user's own when omitted
        :param str domain: which customers, as JSON; all when omitted
        """
        Customer = self._get_customers(company_id)
        domain = self._parse_domain(domain)
        # On disk, as is everything on the way there: a workbook can be larger than the memory.
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was sent
        try:
            count = Customer._export_xlsx(file, domain)
            size = file.tell()
        except BaseException:
            file.close()
            raise
        _logger.info(
            "User %d exported the segmentation of company %d: %d customers, domain %s",
            request.env.uid,
            Customer.env.company.id,
            count,
            domain,
        )
        file.seek(0)
        return request.make_response(
            wrap_file(request.httprequest.environ, file),
            headers=[
                ('Content-Type', XLSX),
                ('Content-Length', str(size)),
                (
                    'Content-Disposition',
                    content_disposition(osutil.clean_filename(Customer._get_export_file_name())),
                ),
            ],
        )

    def _get_customers(self, company_id):
        """The hub of one company alone, so that the rules hide the others' customers."""
        env = request.env
        try:
            company_id = int(company_id) if company_id else env.company.id
        except ValueError as error:
            raise UserError(env._("This is not a company: %s", company_id)) from error
        return env['growth.customer'].with_context(allowed_company_ids=[company_id])

    def _parse_domain(self, text):
        try:
            return json.loads(text or '[]')
        except ValueError as error:
            raise UserError(request.env._("This does not select customers: %s", text)) from error
