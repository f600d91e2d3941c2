import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import get_lang

_logger = logging.getLogger(__name__)

# A mailing that could not be made in time is made up for so many days later at most.
LATE_DAYS = 3


class GrowthWeeklyMail(models.AbstractModel):
    """Writes to each salesperson their figures of the last week, and to each team leader those of
    the team, with what the last 90 days come to against the plan.

    This file holds when and to whom; what a mail shows stands in `growth_weekly_mail_page.py`. A
    mailing is about the last whole week, Monday to Sunday in the company's time zone, before the
    day on which it is due. Nobody gets a mail about a week in which nothing happened to their
    leads.
    """

    _name = 'growth.weekly.mail'
    _description = "Weekly Mail"

    # ------------------------------------------------------------
    # SCHEDULE
    # ------------------------------------------------------------

    @api.model
    def _cron_send(self):
        """Queue the mails of all companies for which it is time, one company after the other.

        A mailing that was missed is made up for on the next `LATE_DAYS` days. There is one for
        each calendar week at most, also when the day is changed in between.
        """
        companies = self.env['res.company'].search([('growth_weekly_mail', '=', True)], order='id')
        self.env['ir.cron']._growth_each_company(companies.filtered(self._is_due), self._send)

    @api.model
    def _start(self, companies):
        """Let companies that have just switched the mail on wait for the next day that was set: a
        day that is over does not count as missed."""
        for company in companies:
            company.growth_weekly_mail_sent = self._get_due_day(company)

    @api.model
    def _is_due(self, company):
        due_day = self._get_due_day(company)
        sent = company.growth_weekly_mail_sent
        today = company._growth_day(fields.Datetime.now())
        return (today - due_day).days <= LATE_DAYS and (
            not sent or self._get_monday(sent) < self._get_monday(due_day)
        )

    @api.model
    def _get_due_day(self, company):
        """The last day whose mailing should have been made by now, in the company's time zone.

        :rtype: date
        """
        now = fields.Datetime.context_timestamp(
            company.with_context(tz=company._growth_timezone()), fields.Datetime.now()
        )
        days_ago = (now.weekday() - int(company.growth_weekly_mail_day)) % 7
        if not days_ago and now.hour < company.growth_weekly_mail_hour:
            days_ago = 7
        return now.date() - timedelta(days=days_ago)

    @api.model
    def _get_monday(self, day):
        return day - timedelta(days=day.weekday())

    @api.model
    def _get_week(self, day):
        """First and last day of the last whole week before a day.

        :rtype: tuple[date, date]
        """
        monday = self._get_monday(day)
        return monday - timedelta(days=7), monday - timedelta(days=1)

    # ------------------------------------------------------------
    # MAILING
    # ------------------------------------------------------------

    @api.model
    def _send(self, company):
        """Queue the mails of a company and mark its week as sent: both are committed together, so
        that a job that was killed neither loses a mail nor sends it twice.

        :param res.company company:
        :rtype: mail.mail
        """
        due_day = self._get_due_day(company)
        company.growth_weekly_mail_sent = due_day
        # What somebody else changed meanwhile shows here, where the job can try again.
        company.flush_recordset(['growth_weekly_mail_sent'])
        week = self._get_week(due_day)
        sellers, teams = self._get_busy(company, week)
        leaders = teams.grouped('user_id')
        pages = []
        for reader in self._get_readers(company):
            led = leaders.get(reader, teams.browse())
            if led or reader in sellers:
                mail = self._for_reader(reader, company)
                pages.append((reader, *mail._get_page(week, reader in sellers, led)))
        return self._queue(company, pages)

    @api.model
    def _send_preview(self, company):
        """Queue the mail about the last whole week to the current user alone: the own figures,
        and those of all teams.

        :raise UserError: when there is nobody to send it to or nothing to send
        """
        reader = self.env.user
        if not reader.partner_id.email_normalized:
            raise UserError(self.env._("Your user has no email address."))
        week = self._get_week(company._growth_day(fields.Datetime.now()))
        sellers, teams = self._get_busy(company, week)
        if reader not in sellers and not teams:
            raise UserError(
                self.env._("Nothing happened in the last week: there is nothing to send.")
            )
        page = self._for_reader(reader, company)._get_page(week, reader in sellers, teams)
        return self._queue(company, [(reader, *page)])

    @api.model
    def _queue(self, company, pages):
        """
        :param res.company company:
        :param list[tuple] pages: reader, subject and body
        :rtype: mail.mail
        """
        sender = company.partner_id.email_formatted and company.partner_id
        sender = sender or self.env.ref('base.partner_root').sudo()
        mails = (
            self.env['mail.mail']
            .sudo()
            .create(
                [
                    {
                        'subject': subject,
                        'body_html': body,
                        'author_id': sender.id,
                        'email_from': sender.email_formatted,
                        'recipient_ids': [Command.link(reader.partner_id.id)],
                        # Who is absent need not tell the company so every week.
                        'headers': {'X-Auto-Response-Suppress': 'OOF'},
                        # The figures of a person are nothing to keep in the list of mails.
                        'auto_delete': True,
                    }
                    for reader, subject, body in pages
                ]
            )
        )
        if mails:
            self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger()
        return mails

    # ------------------------------------------------------------
    # READERS
    # ------------------------------------------------------------

    @api.model
    def _get_readers(self, company):
        """Who gets mails of a company, if there is something to tell.

        :rtype: res.users
        """
        salespeople = self.env['res.users'].search(
            [
                ('all_group_ids', 'in', self.env.ref('sales_team.group_sale_salesman').ids),
                ('share', '=', False),
                ('company_ids', 'in', company.ids),
            ]
        )
        reachable = salespeople.filtered('partner_id.email_normalized')
        for user in salespeople - reachable:
            _logger.info("No weekly mail for user %s, who has no email address", user.id)
        return reachable

    @api.model
    def _for_reader(self, reader, company):
        """This model with the rights, the language and no other company of a reader.

        :rtype: growth.weekly.mail
        """
        lang = get_lang(self.env, reader.lang or company.partner_id.lang).code
        # Nothing that the scheduler or the screen has in its context may change a figure.
        context = {
            'allowed_company_ids': company.ids,
            'lang': lang,
            'tz': company._growth_timezone(),
        }
        return self.with_env(self.env(user=reader, context=context, su=False))

    @api.model
    def _get_busy(self, company, week):
        """To whose leads something happened in a week: they came to a step, passed it or were lost
        there, or they have been open for longer than the step should take since then.

        It is found out for all at once, and decides no more than who gets a mail: what is in it is
        read with the rights of the reader.

        :param res.company company:
        :param tuple week: first and last day
        :return: salespeople and teams
        :rtype: tuple[res.users, crm.team]
        """
        system = self.sudo().with_context(allowed_company_ids=company.ids)
        report = system.env['growth.conversion.report']
        funnels = system.env['growth.funnel'].search([('company_id', '=', company.id)])
        happened = report._get_domain(funnels, system.env['crm.team'], *week)
        groups = [
            *report._with_reading('event')._read_group(happened, ['user_id', 'team_id']),
            *report._read_group(
                self._get_ripened_domain(funnels.step_ids, week), ['user_id', 'team_id']
            ),
        ]
        sellers = self.env['res.users'].browse({user.id for user, _team in groups} - {False})
        teams = self.env['crm.team'].search(
            [
                ('id', 'in', [team.id for _user, team in groups]),
                ('company_id', 'in', [False, company.id]),
            ]
        )
        return sellers, teams

    @api.model
    def _get_ripened_domain(self, steps, week):
        """Leads whose ripening time ended in a week, and that still stand where they stood.

        :rtype: Domain
        """
        date_from, date_to = week
        return Domain('state', '=', 'open') & Domain.OR(
            Domain('step_id', '=', step.id)
            & Domain('date', '>=', date_from - timedelta(days=step.ripening_days))
            & Domain('date', '<=', date_to - timedelta(days=step.ripening_days))
            for step in steps
        )
