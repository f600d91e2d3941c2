from odoo.fields import Domain
from odoo.tools import SQL

# Their rows hold on to segments, lost reasons, steps and methods.
TABLES = (
    'growth_winback_attempt',
    'growth_churn_case',
    'growth_segment_move',
    'growth_customer',
    'growth_refusal_statement',
    'growth_refusal_signal',
    'growth_refusal',
    'growth_funnel_event',
)
# Under this name the lost reasons that leads still have survive the addon.
KEPT = '__sales_growth__'


def pre_init_hook(env):
    """Take the lost reasons back that an earlier installation left to the leads."""
    _rename_module_of_reasons(env, KEPT, 'sales_growth')


def post_init_hook(env):
    env['growth.refusal']._guess_categories()
    env['growth.refusal']._backfill()
    env['growth.funnel']._create_for(env['res.company'].search(Domain.TRUE))
    env['growth.funnel.event']._backfill()


def uninstall_hook(env):
    """Empty the tables that hold on to shipped records, and leave the lost reasons of leads.

    Odoo deletes the shipped segments and reasons while others still point at them, which the
    database refuses with an error in the log before the tables are dropped. A reason that a lead
    was lost for belongs to the lead: it stays.
    """
    for table in TABLES:
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
    # They hold on to the types of activities of these models.
    env.cr.execute(
        "DELETE FROM mail_activity WHERE res_model IN "
        "('growth.handover', 'growth.churn.case', 'growth.churn.digest')"
    )
    _rename_module_of_reasons(env, 'sales_growth', KEPT)
    env.invalidate_all(flush=False)


def _rename_module_of_reasons(env, old, new):
    env.cr.execute(
        SQL(
            """
        UPDATE ir_model_data AS data
           SET module = %(new)s
         WHERE data.module = %(old)s
           AND data.model = 'crm.lost.reason'
           AND EXISTS (SELECT 1 FROM crm_lead WHERE crm_lead.lost_reason_id = data.res_id)
        """,
            old=old,
            new=new,
        )
    )
    env.registry.clear_cache()
