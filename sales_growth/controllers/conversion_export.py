import logging

from odoo import http
from odoo.http import request

from . import xlsx_download

_logger = logging.getLogger(__name__)


class ConversionExport(http.Controller):
    @http.route(
        '/sales_growth/conversion.xlsx', type='http', auth='user', methods=['GET'], readonly=True
    )
    def conversion_xlsx(
        self,
        company_id=None,
        domain=None,
        funnel_id=None,
        team_id=None,
        days=None,
        reading='entry',
    ):
        """The conversion of a company's salespeople as an Excel workbook, see `get_salespeople`.

        :param str company_id: the company; the user's own when omitted
        :param str domain: which rows of the report, as JSON; all when omitted
        :param str funnel_id: the team's, else the company's general funnel when omitted
        :param str team_id: only leads of this team
        :param str days: the last so many days; 0 for all, 90 when omitted
        :param str reading: `entry` or `event`
        """
        Report = xlsx_download.get_model('growth.conversion.report', company_id)
        env = request.env
        choice = {
            'domain': xlsx_download.parse_json(
                domain, [], env._("This does not select leads: %s", domain)
            ),
            'funnel_id': xlsx_download.parse_number(
                funnel_id, None, env._("This is not a funnel: %s", funnel_id)
            ),
            'team_id': xlsx_download.parse_number(
                team_id, None, env._("This is not a sales team: %s", team_id)
            ),
            'days': xlsx_download.parse_number(
                days, 90, env._("This is not a number of days: %s", days)
            ),
            'reading': reading,
        }

        def write(file):
            count = Report._export_xlsx(file, **choice)
            _logger.info(
                "User %d exported the conversion of company %d: %d salespeople, %s",
                env.uid,
                Report.env.company.id,
                count,
                choice,
            )

        return xlsx_download.make_response(write, Report._get_export_file_name)
