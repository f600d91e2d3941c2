from textwrap import shorten

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

CHECK_IN_ACTIVITY = 'sales_growth.mail_activity_type_okr_check_in'
# A list of activities has no room for more; the note names all of them.
SUMMARY_LENGTH = 120


class GrowthOkrKeyResult(models.Model):
    """Once a week, everybody is reminded to say where their key results stand: by one activity for
    each objective."""

    _inherit = 'growth.okr.key.result'

    # ------------------------------------------------------------
    # REMINDING
    # ------------------------------------------------------------

    @api.model
    def _remind(self, company, today):
        """Remind people of the key results that nobody has checked in for since the last day of the
        reminder. Reminders that are settled otherwise are taken back.

        The company keeps the day: within a week nobody is reminded twice, whatever became of the
        activity, and however often the job runs.

        :param res.company company:
        :param date today: in the company's time zone
        :return: how many activities were made
        :rtype: int
        """
        since = company._growth_okr_last_reminder_day(today)
        waiting = self._get_waiting(company, today, since)
        told = self._get_told(company)
        self._follow_told(told, waiting)
        is_over = (
            since and company.growth_okr_reminded_on and company.growth_okr_reminded_on >= since
        )
        if not since or is_over:
            return 0
        company.growth_okr_reminded_on = today
        return self._tell_waiting(
            {pair: key_results for pair, key_results in waiting.items() if pair not in told}, today
        )

    @api.model
    def _get_waiting(self, company, today, since):
        """The key results that are waiting for a check-in, of people who can make one.

        :param date since: first day on which a check-in counts; nothing waits without it
        :return: key results by objective and person
        :rtype: dict[tuple[growth.okr.objective, res.users], growth.okr.key.result]
        """
        if not since:
            return {}
        waiting = self.search(
            Domain('company_id', '=', company.id)
            & Domain('state', '=', 'running')
            & Domain('cycle_id.state', '=', 'running')
            & Domain('running_date', '<', since)
            & Domain('date_from', '<=', today)
            & Domain('date_deadline', '>=', today)
            & (Domain('last_check_in_date', '=', False) | Domain('last_check_in_date', '<', since))
        )
        sellers = waiting.owner_id._growth_filtered_sellers(company)
        return waiting.filtered(lambda each: each.owner_id in sellers).grouped(
            lambda each: (each.objective_id, each.owner_id)
        )

    @api.model
    def _get_told(self, company):
        """
        :return: the open reminders of a company by objective and person
        :rtype: dict[tuple[growth.okr.objective, res.users], mail.activity]
        """
        activities = self.env['mail.activity'].search(
            [
                ('res_model', '=', 'growth.okr.objective'),
                ('activity_type_id', '=', self.env.ref(CHECK_IN_ACTIVITY).id),
                ('automated', '=', True),
            ]
        )
        objectives = self.env['growth.okr.objective'].browse(set(activities.mapped('res_id')))
        objectives = objectives.exists().filtered(lambda each: each.company_id == company)
        return activities.filtered(lambda each: each.res_id in objectives._ids).grouped(
            lambda each: (objectives.browse(each.res_id), each.user_id)
        )

    @api.model
    def _follow_told(self, told, waiting):
        """Have open reminders say what is waiting still, and take back those for which nothing is.

        :param dict told: as of `_get_told`
        :param dict waiting: as of `_get_waiting`
        """
        settled = self.env['mail.activity']
        for pair, activities in told.items():
            if pair not in waiting:
                settled |= activities
                continue
            text = waiting[pair]._describe_waiting(pair[1])
            activities.filtered(lambda each, text=text: each.summary != text['summary']).write(text)
        settled.unlink()

    @api.model
    def _tell_waiting(self, waiting, today):
        """
        :param dict waiting: as of `_get_waiting`
        :param date today: in the company's time zone
        :return: how many activities were made
        :rtype: int
        """
        # Odoo would read the name of each objective by itself.
        self.env['growth.okr.objective'].union(*(each for each, _user in waiting)).fetch(['name'])
        activity_type = self.env.ref(CHECK_IN_ACTIVITY)
        model_id = self.env['ir.model']._get_id('growth.okr.objective')
        activities = self.env['mail.activity'].create(
            [
                {
                    'activity_type_id': activity_type.id,
                    'res_model_id': model_id,
                    'res_id': objective.id,
                    'user_id': user.id,
                    'date_deadline': today,
                    'automated': True,
                    **key_results._describe_waiting(user),
                }
                for (objective, user), key_results in waiting.items()
            ]
        )
        return len(activities)

    def _describe_waiting(self, user):
        """What is waiting for a check-in, in the language of who is to make it.

        :rtype: dict[str, str]
        """
        names = self.mapped('name')
        text = self.with_context(lang=user.lang).env._("Where do they stand: %s", ", ".join(names))
        lines = Markup().join(Markup("<li>%s</li>") % name for name in names)
        return {
            'summary': shorten(text, SUMMARY_LENGTH, placeholder="…"),
            'note': Markup("<ul>%s</ul>") % lines,
        }

    # ------------------------------------------------------------
    # CHECKED IN
    # ------------------------------------------------------------

    def _take_check_in(self, check_ins):
        """Let the thread tell what is in the way, and end the reminders of those for whose key
        results of the objective there are check-ins now.

        :param growth.okr.check.in check_ins: that were just made
        """
        for check_in in check_ins.filtered('blocker'):
            check_in.key_result_id.message_post(
                body=self.env._("In the way: %s", check_in.blocker), subtype_xmlid='mail.mt_note'
            )
        now = fields.Datetime.now()
        for company, key_results in self.sudo().grouped('company_id').items():
            today = company._growth_day(now)
            since = company._growth_okr_last_reminder_day(today) or today
            for objective, owner in {(each.objective_id, each.owner_id) for each in key_results}:
                # Key results of colleagues do not keep the reminder open.
                own = objective.key_result_ids.filtered(
                    lambda each, owner=owner: each.owner_id == owner
                )
                if all(
                    each.last_check_in_date and each.last_check_in_date >= since for each in own
                ):
                    objective.activity_feedback([CHECK_IN_ACTIVITY], user_id=owner.id)
