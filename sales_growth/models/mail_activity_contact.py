from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column


class MailActivity(models.Model):
    """When an activity was done, to the second."""

    _inherit = 'mail.activity'

    # Odoo keeps the day in UTC only (`date_done`), which is not the day of the company.
    growth_date_done = fields.Datetime(
        string="Done On",
        compute='_compute_growth_date_done',
        store=True,
        index='btree_not_null',
        export_string_translation=False,
    )

    def _auto_init(self):
        # One statement instead of the ORM taking the moment of installation for all.
        if not column_exists(self.env.cr, 'mail_activity', 'growth_date_done'):
            create_column(self.env.cr, 'mail_activity', 'growth_date_done', 'timestamp')
            self._fill_growth_date_done()
        return super()._auto_init()

    @api.model
    def _fill_growth_date_done(self):
        """Estimate when the activities of the past were done: from the message that Odoo wrote,
        else from the last change of that day, else noon (UTC)."""
        self.env.cr.execute(
            SQL(
                """
            UPDATE mail_activity AS activity
               SET growth_date_done = COALESCE(
                       (SELECT message.date
                          FROM mail_message AS message
                         WHERE message.model = activity.res_model
                           AND message.res_id = activity.res_id
                           AND message.mail_activity_type_id = activity.activity_type_id
                           AND message.date::date = activity.date_done
                      ORDER BY ABS(EXTRACT(EPOCH FROM message.date - activity.write_date)),
                               message.id
                         LIMIT 1),
                       CASE WHEN activity.write_date::date = activity.date_done
                            THEN activity.write_date END,
                       activity.date_done + TIME '12:00'
                   )
             WHERE activity.date_done IS NOT NULL
               AND NOT activity.active
               AND activity.growth_date_done IS NULL
            """
            )
        )

    @api.depends('active')
    def _compute_growth_date_done(self):
        now = fields.Datetime.now()
        for activity in self:
            # As Odoo does with its day: archived once more, it stays done when it was.
            activity.growth_date_done = not activity.active and (activity.growth_date_done or now)
