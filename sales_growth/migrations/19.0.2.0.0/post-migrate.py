from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Sort the lost reasons, and write down what was lost before refusals were logged."""
    Refusal = api.Environment(cr, SUPERUSER_ID, {})['growth.refusal']
    Refusal._guess_categories()
    Refusal._backfill()
