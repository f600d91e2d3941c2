from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .res_company import WEEKDAYS


class ResCompany(models.Model):
    """Settings of objectives and key results."""

    _inherit = 'res.company'

    growth_okr_good = fields.Float(
        string="Good From (%)",
        default=70.0,
        help="An aspirational objective of which so much was reached is good already.",
    )
    growth_okr_error = fields.Float(
        string="Planning Error Under (%)",
        default=40.0,
        help="An objective of which less was reached was planned wrongly: its cause and the "
        "lesson are asked for.",
    )
    growth_okr_too_low = fields.Float(
        string="Aimed Too Low From (%)",
        default=100.0,
        help="An aspirational objective that was reached so far did not inspire.",
    )
    growth_okr_stale_days = fields.Integer(
        string="Stale After (days)",
        default=14,
        help="A key result that nobody checked in for so long is marked stale.",
    )
    growth_okr_reminder = fields.Boolean(
        string="Remind of Check-Ins",
        default=True,
        help="Each week, an activity for who has key results that run.",
    )
    growth_okr_reminder_day = fields.Selection(
        selection=WEEKDAYS,
        string="Day of the Reminder",
        required=True,
        default='0',
    )
    growth_okr_reminded_on = fields.Date(
        string="Reminded of Check-Ins", readonly=True, copy=False, export_string_translation=False
    )
    growth_okr_error_text = fields.Text(
        string="OKR Error",
        readonly=True,
        copy=False,
        help="Why the daily job could not measure the company's key results.",
    )

    _check_growth_okr_stale_days = models.Constraint(
        'CHECK (growth_okr_stale_days BETWEEN 1 AND 366)',
        "A key result is stale after 1 to 366 days.",
    )

    @api.constrains('growth_okr_good', 'growth_okr_error', 'growth_okr_too_low')
    def _check_growth_okr(self):
        for company in self:
            if not (
                0
                < company.growth_okr_error
                < company.growth_okr_good
                < company.growth_okr_too_low
                <= 1000
            ):
                raise ValidationError(
                    self.env._(
                        "The limits of the verdict must be in order: 0 < planning error < good < "
                        "aimed too low."
                    )
                )

    def _growth_okr_thresholds(self):
        """The limits of the verdict, as `analysis.okr` takes them: fractions.

        :rtype: dict[str, float]
        """
        company = self or self.env.company
        return {
            'good': company.growth_okr_good / 100,
            'error': company.growth_okr_error / 100,
            'too_low': company.growth_okr_too_low / 100,
        }

    def _growth_okr_fresh_since(self):
        """Key results whose last check-in is older than this day are stale.

        :rtype: date
        """
        self.ensure_one()
        today = self._growth_day(fields.Datetime.now())
        return today - timedelta(days=self.growth_okr_stale_days)

    def _growth_okr_last_reminder_day(self, today):
        """The last day on which people were to be reminded, today included.

        :param date today: in the company's time zone
        :return: None when nobody is reminded
        :rtype: date | None
        """
        self.ensure_one()
        if not self.growth_okr_reminder:
            return None
        return today - timedelta(days=(today.weekday() - int(self.growth_okr_reminder_day)) % 7)
