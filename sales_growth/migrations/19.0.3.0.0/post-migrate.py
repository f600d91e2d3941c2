from odoo import SUPERUSER_ID, api
from odoo.fields import Domain


def migrate(cr, version):
    """Give each company its funnel, and find the steps that leads passed before it was watched."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env['growth.funnel']._create_for(env['res.company'].search(Domain.TRUE))
    env['growth.funnel.event']._backfill()
