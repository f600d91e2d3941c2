import logging

from odoo import http
from odoo.http import request

from . import xlsx_download

_logger = logging.getLogger(__name__)


class SegmentationExport(http.Controller):
    @http.route(
        '/sales_growth/segmentation.xlsx', type='http', auth='user', methods=['GET'], readonly=True
    )
    def segmentation_xlsx(self, company_id=None, domain=None):
        """The segmentation of a company as an Excel workbook.

        :param str company_id: the company; the user's own when omitted
        :param str domain: which customers, as JSON; all when omitted
        """
        Customer = xlsx_download.get_model('growth.customer', company_id)
        domain = xlsx_download.parse_json(
            domain, [], request.env._("This does not select customers: %s", domain)
        )

        def write(file):
            count = Customer._export_xlsx(file, domain)
            _logger.info(
                "User %d exported the segmentation of company %d: %d customers, domain %s",
                request.env.uid,
                Customer.env.company.id,
                count,
                domain,
            )

        return xlsx_download.make_response(write, Customer._get_export_file_name)
