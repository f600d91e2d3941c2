import logging

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from . import xlsx_download

_logger = logging.getLogger(__name__)


class OkrExport(http.Controller):
    @http.route('/sales_growth/okr.xlsx', type='http', auth='user', methods=['GET'], readonly=True)
    def okr_xlsx(self, company_id=None, cycle_id=None):
        """The review of a cycle as an Excel workbook.

        :param str company_id: the cycle's company; the user's own when omitted
        :param str cycle_id: which cycle
        """
        Cycle = xlsx_download.get_model('growth.okr.cycle', company_id)
        refusal = request.env._("This is not a cycle: %s", cycle_id)
        cycle = Cycle.browse(xlsx_download.parse_number(cycle_id, None, refusal)).exists()
        if not cycle:
            raise UserError(refusal)

        def write(file):
            count = cycle._export_xlsx(file)
            _logger.info(
                "User %d exported OKR cycle %d of company %d: %d objectives",
                request.env.uid,
                cycle.id,
                cycle.env.company.id,
                count,
            )

        return xlsx_download.make_response(write, cycle._get_export_file_name)
