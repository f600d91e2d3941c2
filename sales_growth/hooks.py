from odoo.tools import SQL


def uninstall_hook(env):
    """Empty the tables that hold on to segments and customers.

    Odoo deletes the shipped segments while the customers still point at them, which the database
    refuses with an error in the log before the tables are dropped.
    """
    for table in ('growth_segment_move', 'growth_customer'):
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
    env.invalidate_all(flush=False)
