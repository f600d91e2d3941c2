"""What the downloads of workbooks share."""

import json
import tempfile

from werkzeug.wsgi import wrap_file

from odoo.exceptions import UserError
from odoo.http import content_disposition, request
from odoo.tools import osutil

XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'


def make_response(write, get_name):
    """A workbook as the answer to a request.

    :param write: takes a binary file object and fills it
    :param get_name: gives the name of the file once it is filled, of any characters
    """
    # On disk, as is everything on the way there: a workbook can be larger than the memory.
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was sent
    try:
        write(file)
        size = file.tell()
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return request.make_response(
        wrap_file(request.httprequest.environ, file),
        headers=[
            ('Content-Type', XLSX),
            ('Content-Length', str(size)),
            ('Content-Disposition', content_disposition(osutil.clean_filename(get_name()))),
        ],
    )


def get_model(name, company_id):
    """A model that sees one company alone, so that the rules hide the others' records.

    :param str name: name of the model
    :param str company_id: the user's own company when empty
    :raise UserError: when it is no number
    """
    env = request.env
    company_id = parse_number(
        company_id, env.company.id, env._("This is not a company: %s", company_id)
    )
    return env[name].with_context(allowed_company_ids=[company_id])


def parse_json(text, default, refusal):
    """
    :param str text: JSON; the default when empty
    :param str refusal: what to say when it is none
    :raise UserError:
    """
    return _parse(json.loads, text, default, refusal)


def parse_number(text, default, refusal):
    """
    :param str text: a whole number; the default when empty
    :param str refusal: what to say when it is none
    :raise UserError:
    """
    return _parse(int, text, default, refusal)


def _parse(read, text, default, refusal):
    try:
        return read(text) if text else default
    except ValueError as error:
        raise UserError(refusal) from error
