from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Write down the leads that were lost before refusals were logged."""
    api.Environment(cr, SUPERUSER_ID, {})['growth.refusal']._backfill()
