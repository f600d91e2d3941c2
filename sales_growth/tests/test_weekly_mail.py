import logging
import re
from datetime import date
from unittest.mock import patch

from lxml import html
from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.growth_weekly_mail_page import get_bar
from .common_funnel import FunnelCommon

# The first Monday after the week of `START` on which mails are due
DUE = '2026-03-09 08:00:00'


class WeeklyMailCommon(FunnelCommon):
    """The mail is switched on at noon of Monday, 2 March 2026, for Mondays at 8 (UTC)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.peer = cls._create_user('growth_peer', 'sales_team.group_sale_salesman')
        cls.team = cls._create_team(user_id=cls.user_all.id, members=cls.user_own | cls.peer)
        cls.reason = cls._create_reason()
        cls.Mail = cls.env['growth.weekly.mail']
        # pandas cannot be imported once the clock stands still.
        cls.env['growth.conversion.report'].get_salespeople()

    def setUp(self):
        super().setUp()
        self.company.growth_weekly_mail = True

    def _create_leads(self, number, user=None, **vals):
        return self.env['crm.lead'].create(
            [
                {
                    'name': f"Lead {place}",
                    'type': 'opportunity',
                    'company_id': self.company.id,
                    'user_id': (user or self.user_own).id,
                    'team_id': self.team.id,
                    'stage_id': self.new.id,
                    'probability': 30.0,
                    'expected_revenue': 100.0,
                    **vals,
                }
                for place in range(number)
            ]
        )

    def _run(self, moment):
        """The mails that the scheduled job queues at a moment."""
        self._go_to(moment)
        before = self._mails()
        with self.enter_registry_test_mode():
            self.env.ref('sales_growth.ir_cron_growth_weekly_mail').method_direct_trigger()
        self.env.invalidate_all()
        return self._mails() - before

    def _mails(self, user=None):
        users = user or self.env['res.users'].search([('company_ids', 'in', self.company.ids)])
        return self.env['mail.mail'].search([('recipient_ids', 'in', users.partner_id.ids)])

    def _mail(self, user, moment=DUE):
        """The mail that a user gets, of all that the job queues at a moment."""
        mails = self._run(moment)
        return mails.filtered(lambda mail: mail.recipient_ids == user.partner_id)

    def _text(self, mail):
        """What is read of a mail, with single blanks."""
        return " ".join(" ".join(html.fromstring(mail.body_html).itertext()).split())


@tagged('post_install', '-at_install')
class TestWeeklyMailSchedule(WeeklyMailCommon):
    def _set_zone(self, zone):
        self.company.partner_id.tz = zone

    def test_is_off_by_default(self):
        self.assertFalse(self._create_company("Fresh Company").growth_weekly_mail)

    def test_once_at_day_and_hour(self):
        self._create_leads(1)
        self.assertFalse(self._run('2026-03-02 13:00:00'), "switched on after the hour")
        self.assertFalse(self._run('2026-03-03'))
        self.assertFalse(self._run('2026-03-09 07:59:00'))
        mails = self._run('2026-03-09 08:00:00')
        self.assertEqual(mails.recipient_ids, self.user_own.partner_id | self.user_all.partner_id)
        self.assertEqual(self.company.growth_weekly_mail_sent, date(2026, 3, 9))
        self.assertEqual(set(mails.mapped('state')), {'outgoing'})
        self._create_leads(1)
        self.assertFalse(self._run('2026-03-09 09:00:00'))
        self.assertFalse(self._run('2026-03-12'))
        self.assertTrue(self._run('2026-03-16 08:00:00'))

    def test_switched_off(self):
        self._create_leads(1)
        self.company.growth_weekly_mail = False
        self.assertFalse(self._run(DUE))

    def test_switched_on_again_waits_for_its_day(self):
        self._create_leads(1)
        self.company.growth_weekly_mail = False
        self._go_to('2026-03-10')
        self.company.growth_weekly_mail = True
        self.assertFalse(self._run('2026-03-10 13:00:00'))
        self._create_leads(1)
        self.assertTrue(self._run('2026-03-16 08:00:00'))

    def test_a_company_that_starts_with_it_waits_for_its_day(self):
        company = self.env['res.company'].create(
            {'name': "Fresh Company", 'growth_weekly_mail': True}
        )
        company.partner_id.tz = 'UTC'
        self.assertFalse(self.Mail._is_due(company))
        self._go_to(DUE)
        self.assertTrue(self.Mail._is_due(company))

    def test_the_queue_is_told(self):
        self._create_leads(1)
        queue = self.env.ref('mail.ir_cron_mail_scheduler_action')
        triggers = self.env['ir.cron.trigger'].search([('cron_id', '=', queue.id)])
        self._run(DUE)
        self.assertTrue(self.env['ir.cron.trigger'].search([('cron_id', '=', queue.id)]) - triggers)

    def test_made_up_for_some_days_later(self):
        for moment, is_due in (
            ('2026-03-09 23:30:00', True),
            ('2026-03-12 23:30:00', True),
            ('2026-03-13 00:30:00', False),
            ('2026-03-16 07:59:00', False),
        ):
            with self.subTest(moment):
                self._go_to(moment)
                self.assertEqual(self.Mail._is_due(self.company), is_due)
        self._create_leads(1)
        # The week is the one before the day that was missed.
        self.company.growth_weekly_mail_day = '6'
        mail = self._mail(self.user_own, '2026-03-23 07:00:00')
        self.assertFalse(mail, "the leads came on the 16th")
        self.assertEqual(self.company.growth_weekly_mail_sent, date(2026, 3, 22))
        self.assertIn("03/16/2026 – 03/22/2026", self._mail(self.user_own, '2026-03-29').subject)

    def test_not_twice_a_week_when_the_day_changes(self):
        self._create_leads(1)
        self.assertTrue(self._run(DUE))
        self._create_leads(1)
        self.company.growth_weekly_mail_day = '2'
        self.assertFalse(self._run('2026-03-11 08:00:00'))
        mails = self._run('2026-03-18 08:00:00')
        self.assertIn("03/09/2026 – 03/15/2026", mails[0].subject)

    def test_time_zones(self):
        for zone, before, after in (
            ('Europe/Berlin', '2026-03-09 06:59:00', '2026-03-09 07:00:00'),
            ('America/New_York', '2026-03-09 11:59:00', '2026-03-09 12:00:00'),
            ('Pacific/Auckland', '2026-03-08 18:59:00', '2026-03-08 19:00:00'),
            ('Asia/Kolkata', '2026-03-09 02:29:00', '2026-03-09 02:30:00'),
        ):
            with self.subTest(zone):
                self._set_zone(zone)
                self._go_to(before)
                self.assertFalse(self.Mail._is_due(self.company))
                self._go_to(after)
                self.assertTrue(self.Mail._is_due(self.company))

    def test_clock_changes(self):
        self._set_zone('Europe/Berlin')
        self.company.write({'growth_weekly_mail_day': '6', 'growth_weekly_mail_hour': 2})
        # On 29 March it is never two o'clock, on 25 October it is so twice.
        for before, after, again in (
            ('2026-03-29 00:59:00', '2026-03-29 01:00:00', '2026-03-29 02:00:00'),
            ('2026-10-24 23:59:00', '2026-10-25 00:00:00', '2026-10-25 01:00:00'),
        ):
            with self.subTest(after):
                self._go_to(before)
                self.assertFalse(self.Mail._is_due(self.company))
                self._go_to(after)
                self.assertTrue(self.Mail._is_due(self.company))
                self.Mail._send(self.company)
                self._go_to(again)
                self.assertFalse(self.Mail._is_due(self.company))

    def test_the_week_is_of_the_time_zone(self):
        self._set_zone('Pacific/Auckland')
        # Sunday evening in UTC is Monday morning there.
        self._go_to('2026-03-08 20:00:00')
        self._create_leads(1)
        self.assertFalse(self._run('2026-03-08 21:00:00'))
        self.assertTrue(self._run('2026-03-15 19:00:00'))

    def test_a_killed_job_loses_nothing_and_sends_nothing_twice(self):
        self._create_leads(1)
        work = type(self.Mail)._get_page
        pages = []

        def fail_at_the_second(mail, *args):
            pages.append(mail.env.user)
            if len(pages) == 2:
                raise ValueError("broken")
            return work(mail, *args)

        with (
            patch.object(type(self.Mail), '_get_page', fail_at_the_second),
            mute_logger('odoo.addons.sales_growth.models.ir_cron'),
            mute_logger('odoo.addons.base.models.ir_cron'),
        ):
            self.assertFalse(self._run(DUE))
        self.assertEqual(len(pages), 2)
        self.assertEqual(self.company.growth_weekly_mail_sent, date(2026, 3, 2))
        self.assertEqual(len(self._run('2026-03-09 09:00:00')), 2)
        self.assertFalse(self._run('2026-03-09 10:00:00'))

    def test_bad_settings_are_refused(self):
        for hour in (-1, 24):
            with (
                self.subTest(hour=hour),
                mute_logger('odoo.sql_db'),
                self.assertRaises(IntegrityError) as error,
                self.env.cr.savepoint(),
            ):
                self.company.growth_weekly_mail_hour = hour
                self.env.flush_all()
            self.assertIn(
                "between 0 and 23",
                self.env['res.company']._sql_error_to_message(error.exception),
            )
            self.env.invalidate_all()
        with self.assertRaises(ValueError):
            self.company.growth_weekly_mail_day = '7'

    def test_settings_screen_switches_on_for_the_day_set_with_it(self):
        self.env.user.group_ids |= self.env.ref('base.group_system')
        self.company.growth_weekly_mail = False
        self._go_to('2026-03-11')
        with Form(self.env['res.config.settings'].with_company(self.company)) as settings:
            settings.growth_weekly_mail = True
            settings.growth_weekly_mail_day = '4'
            settings.growth_weekly_mail_hour = 16
        settings.save()
        self.assertFalse(self.Mail._is_due(self.company))
        self._go_to('2026-03-13 15:00:00')
        self.assertFalse(self.Mail._is_due(self.company))
        self._go_to('2026-03-13 16:00:00')
        self.assertTrue(self.Mail._is_due(self.company))


@tagged('post_install', '-at_install')
class TestWeeklyMail(WeeklyMailCommon):
    def _let_pupil_and_teacher_work(self):
        """growth_own gets two of ten leads acquainted, growth_peer all ten."""
        self.company.growth_verdict_count = 10
        for user, passing in ((self.user_own, 2), (self.peer, 10)):
            leads = self._create_leads(10, user)
            self._move(leads[:passing], self.qualified, user)
            leads[passing:].action_set_lost(lost_reason_id=self.reason.id)

    # ------------------------------------------------------------
    # A SALESPERSON
    # ------------------------------------------------------------

    def test_own_figures(self):
        self._let_pupil_and_teacher_work()
        self._create_leads(1, expected_revenue=1234.5)
        mail = self._mail(self.user_own)
        self.assertEqual(mail.subject, "Your sales week, 03/02/2026 – 03/08/2026")
        text = self._text(mail)
        for part in (
            self.company.name,
            "Your figures",
            "You are below plan at: Acquaintance.",
            "Acquaintance 11 came · 2 passed · 8 lost Open now: 1, $ 1,234.50",
            "20.0 % 2 of 10 · plan 100.0 %, gap −80.0 points Below plan",
            # What came there is too young to be judged.
            "Presentation and Terms 2 came · 0 passed · 0 lost Open now: 2, $ 200.00",
            "– Too few leads for a verdict: 0 of 10",
            "First Contract Nothing in the week",
            "in the period 12/09/2025 – 03/08/2026",
        ):
            self.assertIn(part, text)
        [link] = html.fromstring(mail.body_html).xpath('//a/@href')
        self.assertEqual(link, f'{self.company.get_base_url()}/odoo/growth-conversion')

    def test_no_colleague_is_named(self):
        self._let_pupil_and_teacher_work()
        for show_colleagues in (False, True):
            with self.subTest(show_colleagues=show_colleagues):
                self.company.growth_show_colleagues = show_colleagues
                self.company.growth_weekly_mail_sent = '2026-03-02'
                mail = self._mail(self.user_own)
                for colleague in (self.peer, self.user_all, self.user_admin):
                    self.assertNotIn(colleague.name, mail.body_html)
                    self.assertNotIn(colleague.login, mail.body_html)
                self.assertNotIn("teaches", mail.body_html)

    def test_figures_are_read_with_the_rights_of_the_reader(self):
        self._create_leads(1)
        calls = []
        Report = type(self.env['growth.conversion.report'])
        work = Report._get_frame

        def watch(report, *args):
            calls.append((report.env.uid, report.env.su, report.env.companies.ids))
            return work(report, *args)

        with patch.object(Report, '_get_frame', watch):
            self._run(DUE)
        self.assertCountEqual(
            calls,
            [
                (self.user_own.id, False, self.company.ids),
                (self.user_all.id, False, self.company.ids),
            ],
        )

    def test_other_funnels(self):
        funnel = self._create_funnel(
            {"Call": {'stage_ids': self.qualified.ids}}, name="Short", team_id=self.team.id
        )
        self._create_leads(1)
        text = self._text(self._mail(self.user_own))
        self.assertIn("Call 1 came", text)
        self.assertNotIn("Acquaintance", text, "nothing happened there")
        self._go_to('2026-03-10')
        self._create_leads(2, team_id=False)
        self._create_leads(3)
        text = self._text(self._mail(self.user_own, '2026-03-16 08:00:00'))
        self.assertIn(f"{self.funnel.name} Acquaintance 2 came", text)
        self.assertIn(f"{funnel.name} Call 3 came", text)

    def test_names_are_text(self):
        self.acquaintance.name = "Terms <b>&</b>"
        self._create_leads(1)
        mail = self._mail(self.user_own)
        self.assertIn("Terms <b>&</b> 1 came", self._text(mail))

    # ------------------------------------------------------------
    # A TEAM LEADER
    # ------------------------------------------------------------

    def test_the_team(self):
        self._let_pupil_and_teacher_work()
        mail = self._mail(self.user_all)
        self.assertEqual(mail.subject, "Sales week of Growth Team, 03/02/2026 – 03/08/2026")
        text = self._text(mail)
        self.assertNotIn("Your figures", text)
        for part in (
            "Growth Team",
            f"{self.peer.name} teaches {self.user_own.name}: Acquaintance.",
            "Acquaintance 20 came · 12 passed · 8 lost",
            f"{self.user_own.name} 10 came · 2 passed · 8 lost 20.0 % 2 of 10",
            f"{self.peer.name} 10 came · 10 passed · 0 lost 100.0 % 10 of 10",
            f"{self.peer.name} 10 came · 0 passed · 0 lost Open now: 10, $ 1,000.00",
        ):
            self.assertIn(part, text)

    def test_a_leader_who_sells_gets_both_in_one_mail(self):
        self._create_leads(1)
        self._create_leads(2, self.user_all)
        mail = self._mail(self.user_all)
        self.assertEqual(len(mail), 1)
        text = self._text(mail)
        own, team = text.split("Growth Team", 1)[1].split("Growth Team", 1)
        self.assertIn("Your figures", own)
        self.assertIn("Acquaintance 2 came", own)
        self.assertIn(f"{self.user_own.name} 1 came", team)
        self.assertIn(f"{self.user_all.name} 2 came", team)

    def test_a_leader_who_sees_own_leads_alone(self):
        self.team.user_id = self.peer
        self._create_leads(1)
        self._create_leads(1, self.peer)
        text = self._text(self._mail(self.peer))
        own, team = text.split("Growth Team", 1)[1].split("Growth Team", 1)
        self.assertIn("Open now: 1, $ 100.00", own)
        self.assertIn(f"{self.user_own.name} 1 came", team)
        # The report tells leaders the figures of their team, those of the open leads included.
        self.assertEqual(team.count("Open now: 1"), 2)

    def test_no_other_team(self):
        self._create_leads(1)
        other = self._create_team("Other Team", user_id=self.user_admin.id)
        self._create_leads(1, self.peer, team_id=other.id)
        mails = self._run(DUE)
        self.assertEqual(len(mails), 4)
        text = self._text(
            mails.filtered(lambda mail: mail.recipient_ids == self.user_all.partner_id)
        )
        self.assertNotIn(self.peer.name, text)
        self.assertIn("Acquaintance 1 came", text)

    # ------------------------------------------------------------
    # WHO GETS ONE
    # ------------------------------------------------------------

    def test_nothing_happened(self):
        self.assertFalse(self._run(DUE))
        self.assertEqual(self.company.growth_weekly_mail_sent, date(2026, 3, 9))
        self._create_leads(1)
        self.assertTrue(self._run('2026-03-16 08:00:00'))
        self.assertFalse(self._run('2026-03-23 08:00:00'), "the lead is open, and young enough")

    def test_overdue_is_something_that_happened(self):
        self.acquaintance.ripening_days = 30
        self._create_leads(1)
        self.assertTrue(self._run(DUE))
        # It is ripe on 1 April.
        self.assertFalse(self._run('2026-03-30 08:00:00'))
        text = self._text(self._mail(self.user_own, '2026-04-06 08:00:00'))
        self.assertIn("Acquaintance 0 came · 0 passed · 0 lost 1 overdue since this week", text)
        self.assertIn("0.0 % 0 of 1", text)
        self.assertFalse(self._run('2026-04-13 08:00:00'))

    def test_users_who_are_not_there(self):
        portal = self._create_user('growth_portal', 'base.group_portal')
        outsider = self._create_user('growth_outsider', 'base.group_user')
        leads = self._create_leads(3)
        leads[0].user_id = portal
        leads[1].user_id = outsider
        self.user_own.active = False
        self.team.user_id = False
        self.env.flush_all()
        self.assertFalse(self._run(DUE))

    def test_no_email_address(self):
        self._create_leads(1)
        self.user_own.partner_id.email = False
        logger = 'odoo.addons.sales_growth.models.growth_weekly_mail'
        with self.assertLogs(logger, logging.INFO) as log:
            mails = self._run(DUE)
        self.assertEqual(mails.recipient_ids, self.user_all.partner_id)
        self.assertTrue(any(f"user {self.user_own.id}," in line for line in log.output))

    def test_leads_of_nobody(self):
        self._create_leads(1, user_id=False)
        mails = self._run(DUE)
        self.assertEqual(mails.recipient_ids, self.user_all.partner_id)
        self.assertIn("Unassigned 1 came", self._text(mails))

    def test_other_companies(self):
        other = self._create_company("Other Company")
        users = self.user_own | self.user_all
        users.company_ids = [Command.link(other.id)]
        self.team.company_id = False
        self._create_leads(1)
        self._create_leads(5, company_id=other.id, expected_revenue=777.0)
        mails = self._run(DUE)
        self.assertEqual(len(mails), 2)
        for mail in mails:
            text = self._text(mail)
            self.assertIn("1 came", text)
            self.assertNotIn("5 came", text)
            self.assertNotIn("777", text)
            self.assertNotIn("Other Company", text)
        other.growth_weekly_mail = True
        other.growth_weekly_mail_sent = '2026-03-02'
        mails = self._run('2026-03-09 09:00:00')
        self.assertEqual(mails.recipient_ids, users.partner_id)
        for mail in mails:
            self.assertIn("5 came", self._text(mail))
            self.assertNotIn(self.company.name, mail.body_html)
        other.growth_weekly_mail = False
        self._create_leads(1, company_id=other.id)
        self.assertFalse(self._run('2026-03-16 08:00:00'), "nothing happened here")

    # ------------------------------------------------------------
    # LANGUAGE
    # ------------------------------------------------------------

    def test_language_of_the_reader(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.user_own.lang = 'fr_FR'
        self.acquaintance.with_context(lang='fr_FR').name = "Prise de contact"
        view = self.env.ref('sales_growth.growth_weekly_mail')
        view.update_field_translations('arch_db', {'fr_FR': {"The week": "La semaine"}})
        self._let_pupil_and_teacher_work()
        mails = self._run(DUE)
        french = mails.filtered(lambda mail: mail.recipient_ids == self.user_own.partner_id)
        self.assertIn("02/03/2026 – 08/03/2026", french.subject)
        text = self._text(french)
        self.assertIn("Prise de contact 10 ", text)
        self.assertIn("La semaine", text)
        self.assertIn("20,0 %", text)
        self.assertIn("−80,0", text)
        self.assertIn('lang="fr-FR"', french.body_html)
        english = self._text(mails - french - self._mails(self.peer))
        self.assertIn("Acquaintance 20 came", english)
        self.assertIn("The week", english)
        self.assertIn("20.0 %", english)

    def test_a_language_that_is_gone(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.user_own.lang = 'fr_FR'
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_lang SET active = FALSE WHERE code = 'fr_FR'")
        self.env.invalidate_all()
        self.env.registry.clear_cache('stable')
        self._create_leads(1)
        self.assertIn("03/02/2026", self._mail(self.user_own).subject)

    # ------------------------------------------------------------
    # HTML
    # ------------------------------------------------------------

    def test_bars(self):
        for rate, plan, bar in (
            (0.0, 0.8, [('track', 79), ('mark', 1), ('track', 20)]),
            (0.5, 0.8, [('fill', 50), ('track', 29), ('mark', 1), ('track', 20)]),
            (0.8, 0.8, [('fill', 79), ('mark', 1), ('track', 20)]),
            (0.9, 0.8, [('fill', 79), ('mark', 1), ('fill', 10), ('track', 10)]),
            (1.0, 1.0, [('fill', 99), ('mark', 1)]),
            (1.0, 0.0, [('mark', 1), ('fill', 99)]),
            (0.004, False, [('track', 100)]),
            (1.0, False, [('fill', 100)]),
        ):
            with self.subTest(rate=rate, plan=plan):
                self.assertEqual(get_bar(rate, plan), bar)

    def test_html_that_every_mail_program_shows(self):
        self._let_pupil_and_teacher_work()
        [email] = self._mail(self.user_all)._prepare_outgoing_list()
        self.assertEqual(email['email_to'], [self.user_all.email_formatted])
        body = email['body']
        for tag in ('style', 'img', 'svg', 'script', 'link', 'canvas'):
            self.assertNotRegex(body, rf'<{tag}\b')
        self.assertNotRegex(body, r'position:|float:|flex|grid|url\(|class=')
        self.assertTrue(body.startswith('<!DOCTYPE html>'))
        tree = html.fromstring(body)
        bars = [
            [(cell.get('bgcolor'), cell.get('width')) for cell in row]
            for row in tree.xpath('//tr[td/@height="12"]')
        ]
        self.assertEqual(len(bars), 4)
        self.assertEqual(bars[0], [('#c9302c', '20%'), ('#e4e7eb', '79%'), ('#1f2933', '1%')])
        self.assertEqual(bars[1], [('#2e8b57', '99%'), ('#1f2933', '1%')])
        for bar in bars:
            self.assertEqual(sum(int(width[:-1]) for _color, width in bar), 100)
        # Too few for a verdict: no colour says one.
        colors = {color for bar in bars[2:] for color, _width in bar}
        self.assertFalse(colors & {'#c9302c', '#2e8b57'})
        self.assertFalse(re.search(r'\n\s', body), "indentation makes it long for nothing")

    # ------------------------------------------------------------
    # PREVIEW
    # ------------------------------------------------------------

    def test_preview(self):
        self._create_leads(1)
        self._go_to(DUE)
        settings = self.env['res.config.settings'].with_user(self.user_admin)
        action = settings.action_send_growth_weekly_mail()
        self.assertIn(self.user_admin.email, action['params']['message'])
        mail = self._mails()
        self.assertEqual(mail.recipient_ids, self.user_admin.partner_id)
        self.assertIn(f"{self.user_own.name} 1 came", self._text(mail))
        self.assertEqual(self.company.growth_weekly_mail_sent, date(2026, 3, 2))
        self.assertEqual(len(self._run('2026-03-09 08:30:00')), 2, "the mailing comes all the same")

    def test_preview_of_nothing(self):
        settings = self.env['res.config.settings'].with_user(self.user_admin)
        with self.assertRaises(UserError) as error:
            settings.action_send_growth_weekly_mail()
        self.assertIn("Nothing happened", str(error.exception))
        self.user_admin.partner_id.email = False
        with self.assertRaises(UserError) as error:
            settings.action_send_growth_weekly_mail()
        self.assertIn("no email address", str(error.exception))

    def test_preview_shows_no_more_than_one_may_see(self):
        self._create_leads(1)
        self._create_leads(1, self.peer)
        self._go_to(DUE)
        self.env['res.config.settings'].with_user(self.peer).action_send_growth_weekly_mail()
        body = self._mails().body_html
        self.assertIn(self.peer.name, body)
        self.assertNotIn(self.user_own.name, body)

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def test_queries_do_not_grow_with_leads_and_salespeople(self):
        week = (date(2026, 3, 2), date(2026, 3, 8))

        def count():
            self._go_to('2026-03-09')
            self.env.flush_all()
            page = self.Mail._for_reader(self.user_all, self.company)
            page._get_page(week, False, self.team)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            page._get_page(week, False, self.team)
            return self.env.cr.sql_log_count - before

        self._create_leads(2)
        few = count()
        self._go_to('2026-03-05')
        for number in range(5):
            user = self._create_user(f'growth_more_{number}', 'sales_team.group_sale_salesman')
            self._move(self._create_leads(4, user)[:2], self.qualified, user)
        # A step more is named, in one query for all.
        self.assertLessEqual(count(), few + 2)
