from odoo.tools import SQL


def role_on_day(team, user, day):
    """The role of a salesperson in a team on a day, looked up one by one: the own one, else the
    team's, else both. What the reports join for many days at once has to agree.

    :param SQL team: id of the team
    :param SQL user: id of the user
    :param SQL day:
    :rtype: SQL
    """
    return SQL(
        """
        COALESCE((
            SELECT role
              FROM growth_role_period AS period
             WHERE period.team_id = %(team)s
               AND (period.user_id = %(user)s OR period.user_id IS NULL)
               AND COALESCE(period.date_from, '-infinity') <= %(day)s
               AND COALESCE(period.date_to, 'infinity') >= %(day)s
          ORDER BY period.user_id
             LIMIT 1
        ), 'both')
        """,
        team=team,
        user=user,
        day=day,
    )
