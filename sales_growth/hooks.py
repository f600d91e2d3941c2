from odoo.tools import SQL

# Their rows hold on to segments and lost reasons.
TABLES = (
    'growth_segment_move',
    'growth_customer',
    'growth_refusal_statement',
    'growth_refusal_signal',
    'growth_refusal',
)


def post_init_hook(env):
    env['growth.refusal']._backfill()


def uninstall_hook(env):
    """Empty the tables that hold on to shipped records, and leave the lost reasons of leads.

    Odoo deletes the shipped segments and reasons while others still point at them, which the
    database refuses with an error in the log before the tables are dropped. A reason that a lead
    was lost for belongs to the lead: it stays.
    """
    for table in TABLES:
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
    env.cr.execute(
        SQL(
            """
        DELETE FROM ir_model_data AS data
         WHERE data.module = 'sales_growth'
           AND data.model = 'crm.lost.reason'
           AND EXISTS (SELECT 1 FROM crm_lead WHERE crm_lead.lost_reason_id = data.res_id)
        """,
        )
    )
    env.invalidate_all(flush=False)
