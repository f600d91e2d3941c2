from odoo import fields, models
from odoo.tools import SQL


class GrowthFunnelPlan(models.Model):
    """Which share of the leads that come to a step should pass it. The plan of a salesperson goes
    before the one of the team, and that before the one for all."""

    _name = 'growth.funnel.plan'
    _description = "Conversion Plan"
    _order = 'step_id, user_id, team_id, date_from DESC, id'
    _rec_name = 'step_id'
    _check_company_auto = True

    step_id = fields.Many2one(
        comodel_name='growth.funnel.step', required=True, index=True, ondelete='cascade'
    )
    funnel_id = fields.Many2one(related='step_id.funnel_id')
    company_id = fields.Many2one(
        related='step_id.company_id', store=True, index=True, ondelete='cascade'
    )
    team_id = fields.Many2one(
        comodel_name='crm.team',
        string="Sales Team",
        index='btree_not_null',
        ondelete='cascade',
        check_company=True,
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson",
        index='btree_not_null',
        ondelete='cascade',
        check_company=True,
        domain="[('share', '=', False)]",
    )
    date_from = fields.Date(
        string="Valid From", help="Day from which the plan holds. Empty: since ever."
    )
    rate = fields.Float(string="Plan", required=True, default=1.0, digits=(5, 4), aggregator='avg')

    _check_rate = models.Constraint(
        'CHECK (rate >= 0 AND rate <= 1)', "A plan lies between 0 and 100 %."
    )
    _check_scope = models.Constraint(
        'CHECK (team_id IS NULL OR user_id IS NULL)',
        "A plan is for a team or for a salesperson, not for both.",
    )
    _unique_scope = models.UniqueIndex(
        "(step_id, COALESCE(user_id, 0), COALESCE(team_id, 0), "
        "COALESCE(date_from, '-infinity'::date))",
        "There is a plan for this step, scope and day already.",
    )

    def _get_periods(self, scope):
        """The plans of one kind, each with the day on which the next one replaces it.

        :param str scope: `user_id`, `team_id`, or empty for the plans of all
        :return: query with columns `step_id`, `scope_id`, `rate`, `date_from`, `date_to`
        :rtype: SQL
        """
        self.env['growth.funnel.plan'].flush_model()
        scope_id = SQL.identifier(scope) if scope else SQL("0")
        condition = (
            SQL("%s IS NOT NULL", scope_id) if scope else SQL("user_id IS NULL AND team_id IS NULL")
        )
        return SQL(
            """(
            SELECT step_id,
                   %(scope_id)s AS scope_id,
                   rate,
                   COALESCE(date_from, '-infinity'::date) AS date_from,
                   COALESCE(LEAD(date_from) OVER (
                       PARTITION BY step_id, %(scope_id)s ORDER BY date_from NULLS FIRST
                   ), 'infinity'::date) AS date_to
              FROM growth_funnel_plan
             WHERE %(condition)s
            )""",
            scope_id=scope_id,
            condition=condition,
        )
