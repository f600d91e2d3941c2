import re
from datetime import timedelta

from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_amount, format_date, formatLang, get_lang

PERIOD_DAYS = 90
NOTHING = "–"

# Colours are of the verdict, and never alone: it stands in words beside them.
BAR_COLORS = {'below_plan': '#c9302c', 'on_plan': '#2e8b57'}
TEXT_COLORS = {'below_plan': '#a02622', 'on_plan': '#1e6b41'}
BAR_COLOR = '#8592a3'
TEXT_COLOR = '#5b6470'
TRACK_COLOR = '#e4e7eb'
MARK_COLOR = '#1f2933'

# A template that begins with it is not translated.
DOCTYPE = Markup('<!DOCTYPE html>\n')
# Outlook on Windows knows no greatest width, but these comments.
OUTLOOK_OPEN = Markup('<!--[if mso]><table width="600" align="center"><tr><td><![endif]-->')
OUTLOOK_CLOSE = Markup('<!--[if mso]></td></tr></table><![endif]-->')


def get_bar(rate, plan):
    """A bar as cells of a table beside each other, which every mail program can draw.

    :param float rate: fraction from 0 to 1
    :param plan: fraction from 0 to 1, where the mark stands; none without one
    :type plan: float | bool
    :return: kind (`fill`, `track` or `mark`) and width in per cent of each cell, 100 in all
    :rtype: list[tuple[str, int]]
    """
    filled = round(100 * rate)

    def piece(start, end):
        border = min(max(filled, start), end)
        return [('fill', border - start), ('track', end - border)]

    cells = piece(0, 100)
    if plan is not False:
        mark = max(round(100 * plan) - 1, 0)
        cells = [*piece(0, mark), ('mark', 1), *piece(mark + 1, 100)]
    return [(kind, width) for kind, width in cells if width]


class GrowthWeeklyMail(models.AbstractModel):
    """What a weekly mail shows. Everything here runs with the rights, the company and the language
    of its reader."""

    _inherit = 'growth.weekly.mail'

    # ------------------------------------------------------------
    # PAGE
    # ------------------------------------------------------------

    @api.model
    def _get_page(self, week, is_seller, teams):
        """
        :param tuple week: first and last day
        :param bool is_seller: whether something happened to leads of the reader
        :param crm.team teams: whose figures the reader gets
        :return: subject and body
        :rtype: tuple[str, Markup]
        """
        funnels = self.env['growth.funnel'].search([('company_id', '=', self.env.company.id)])
        sections = [self._get_own_section(funnels, week)] if is_seller else []
        sections += [self._get_team_section(team, funnels, week) for team in teams]
        dates = self._format_period(week)
        subject = self.env._("Your sales week, %s", dates)
        if teams:
            subject = self.env._(
                "Sales week of %(teams)s, %(dates)s",
                teams=", ".join(teams.with_env(self.env).mapped('display_name')),
                dates=dates,
            )
        company = self.env.company
        lang = get_lang(self.env)
        html = self.env['ir.qweb']._render(
            'sales_growth.growth_weekly_mail',
            {
                'html_lang': lang.code.replace('_', '-'),
                'direction': lang.direction,
                'subject': subject,
                'company_name': company.display_name,
                'title': self.env._("Sales week %s", dates),
                'conversion_title': self.env._("Conversion in %s days", PERIOD_DAYS),
                'sections': sections,
                'notes': self._get_notes(week),
                'url': f'{company.get_base_url()}/odoo/growth-conversion',
                'outlook_open': OUTLOOK_OPEN,
                'outlook_close': OUTLOOK_CLOSE,
            },
        )
        # Some programs cut off long mails, and much of a template is its indentation.
        return subject, DOCTYPE + Markup(re.sub(r'\s*\n\s*', '\n', html).strip())

    @api.model
    def _get_notes(self, week):
        """How to read the figures.

        :rtype: list[str]
        """
        return [
            self.env._(
                "The week: how many leads came to the step from Monday to Sunday, passed it and "
                "were lost there. Overdue are those that have been open for longer than the step "
                "should take since then."
            ),
            self.env._(
                "Conversion: of the leads that came to the step in the period %(dates)s, how many "
                "have passed it by now. The dark mark is the plan. Open leads are not judged while "
                "they may still ripen, and a verdict needs at least %(minimum)s leads.",
                dates=self._format_period(self._get_period(week)),
                minimum=self._format_number(self.env.company.growth_verdict_count),
            ),
            self.env._(
                "A sales administrator can switch this mail off in the settings of Sales Growth."
            ),
        ]

    @api.model
    def _get_own_section(self, funnels, week):
        """The reader's own figures, a row per step.

        :rtype: dict
        """
        uid = self.env.uid
        scope = Domain('user_id', '=', uid)
        frame = self._get_frame(funnels, scope, week)
        judged = self._get_cells(frame, self._get_load(funnels, scope))
        happened = self._get_week_cells(funnels, scope, week)
        seen = {step_id for _user_id, step_id in judged.keys() | happened.keys()}
        funnels = funnels.filtered(lambda funnel: seen & set(funnel.step_ids.ids))
        weak = funnels.step_ids.filtered(
            lambda step: judged.get((uid, step.id), {}).get('verdict') == 'below_plan'
        )
        remark = self.env._("You are below plan at: %s.", ", ".join(weak.mapped('name')))
        return {
            'title': self.env._("Your figures"),
            'remarks': [remark] if weak else [],
            'blocks': [
                {
                    'title': len(funnels) > 1 and funnel.name,
                    'total': False,
                    'rows': [
                        self._format_row(
                            step.name, judged.get((uid, step.id)), happened.get((uid, step.id))
                        )
                        for step in funnel.step_ids
                    ],
                }
                for funnel in funnels
            ],
        }

    @api.model
    def _get_team_section(self, team, funnels, week):
        """The figures of a team, a row per salesperson under each step, and who should teach whom.

        :rtype: dict
        """
        team = team.with_env(self.env)
        scope = Domain('team_id', '=', team.id)
        frame = self._get_frame(funnels, scope, week)
        judged = self._get_cells(frame, self._get_load(funnels, scope))
        happened = self._get_week_cells(funnels, scope, week)
        keys = judged.keys() | happened.keys()
        people = self._get_people({user_id for user_id, _step_id in keys})
        steps = funnels.step_ids.filtered(lambda step: step.id in {key[1] for key in keys})
        pairs = self.env['growth.conversion.report']._get_pairs(frame, steps)
        return {
            'title': team.display_name,
            'remarks': [f'{pair["sentence"]}.' for pair in pairs],
            'blocks': [
                {
                    'title': f'{step.funnel_id.name}: {step.name}'
                    if len(steps.funnel_id) > 1
                    else step.name,
                    'total': self._format_total(step, happened),
                    'rows': [
                        self._format_row(
                            name, judged.get((user_id, step.id)), happened.get((user_id, step.id))
                        )
                        for user_id, name in people.items()
                        if (user_id, step.id) in keys
                    ],
                }
                for step in steps
            ],
        }

    # ------------------------------------------------------------
    # FIGURES
    # ------------------------------------------------------------

    @api.model
    def _get_period(self, week):
        """First and last day of what is judged.

        :rtype: tuple[date, date]
        """
        return week[1] - timedelta(days=PERIOD_DAYS - 1), week[1]

    @api.model
    def _get_frame(self, funnels, scope, week):
        """The judged figures by entry, see the report.

        :param Domain scope: the reader or a team
        :rtype: pandas.DataFrame
        """
        report = self.env['growth.conversion.report']
        no_team = self.env['crm.team']
        return report._get_frame(
            report._get_domain(funnels, no_team, *self._get_period(week)) & scope
        )

    @api.model
    def _get_load(self, funnels, scope):
        """Open leads of today, see the report."""
        report = self.env['growth.conversion.report']
        return report._get_load(report._get_domain(funnels, self.env['crm.team']) & scope)

    @api.model
    def _get_cells(self, frame, load):
        """
        :return: the figures of the report, by salesperson and step
        :rtype: dict[tuple[int, int], dict]
        """
        report = self.env['growth.conversion.report']
        return {
            (person['id'] or 0, step_id): cell
            for person in report._format_salespeople(frame, load)
            for step_id, cell in person['cells'].items()
        }

    @api.model
    def _get_week_cells(self, funnels, scope, week):
        """What happened in a week, and leads that became overdue in it.

        :return: `entered`, `passed`, `lost` and `overdue`, by salesperson and step
        :rtype: dict[tuple[int, int], dict[str, int]]
        """
        report = self.env['growth.conversion.report']
        happened = report._get_domain(funnels, self.env['crm.team'], *week) & scope
        ripened = self._get_ripened_domain(funnels.step_ids, week) & scope
        cells = {
            (user.id or 0, step.id): {
                'entered': entered,
                'passed': passed,
                'lost': lost,
                'overdue': 0,
            }
            for user, step, entered, passed, lost in report._with_reading('event')._read_group(
                happened, ['user_id', 'step_id'], ['entered:sum', 'passed:sum', 'lost:sum']
            )
        }
        for user, step, count in report._read_group(ripened, ['user_id', 'step_id'], ['__count']):
            none = {'entered': 0, 'passed': 0, 'lost': 0}
            cells.setdefault((user.id or 0, step.id), none)['overdue'] = count
        return cells

    @api.model
    def _get_people(self, user_ids):
        """
        :param set[int] user_ids: 0 for leads of nobody
        :return: names, in their order
        :rtype: dict[int, str]
        """
        users = self.env['res.users'].with_context(active_test=False)
        people = {
            user.id: user.display_name for user in users.search([('id', 'in', list(user_ids))])
        }
        if 0 in user_ids:
            people[0] = self.env._("Unassigned")
        return people

    # ------------------------------------------------------------
    # FORMAT
    # ------------------------------------------------------------

    @api.model
    def _format_row(self, label, cell, happened):
        """
        :param str label: of the step or the salesperson
        :param cell: figures of the report, or None
        :param happened: figures of the week, or None
        :rtype: dict
        """
        cell = cell or {'judged': 0, 'conversion': False, 'plan': False}
        verdict = cell.get('verdict') or 'not_enough'
        colors = {'fill': BAR_COLORS.get(verdict, BAR_COLOR), 'track': TRACK_COLOR}
        return {
            'label': label,
            'lines': [*self._format_week(happened), *self._format_load(cell)],
            'bar': [
                (colors.get(kind, MARK_COLOR), width)
                for kind, width in get_bar(cell['conversion'] or 0.0, cell['plan'])
            ],
            'rate': self._format_rate(cell['conversion']),
            'cases': self._format_cases(cell),
            'verdict': self._format_verdict(verdict, cell['judged']),
            'color': TEXT_COLORS.get(verdict, TEXT_COLOR),
        }

    @api.model
    def _format_total(self, step, happened):
        """What happened at a step to all salespeople together."""
        cells = [cell for (_user_id, step_id), cell in happened.items() if step_id == step.id]
        names = ('entered', 'passed', 'lost', 'overdue')
        return ", ".join(
            self._format_week({name: sum(cell[name] for cell in cells) for name in names})
        )

    @api.model
    def _format_week(self, happened):
        """
        :rtype: list[str]
        """
        if not happened or not any(happened.values()):
            return [self.env._("Nothing in the week")]
        figures = {name: self._format_number(number) for name, number in happened.items()}
        lines = [
            self.env._(
                "%(entered)s came · %(passed)s passed · %(lost)s lost",
                entered=figures['entered'],
                passed=figures['passed'],
                lost=figures['lost'],
            )
        ]
        if happened['overdue']:
            lines.append(self.env._("%s overdue since this week", figures['overdue']))
        return lines

    @api.model
    def _format_load(self, cell):
        """
        :rtype: list[str]
        """
        if not cell.get('open_count'):
            return []
        value = format_amount(self.env, cell['open_value'] or 0.0, self.env.company.currency_id)
        count = self._format_number(cell['open_count'])
        return [self.env._("Open now: %(count)s, %(value)s", count=count, value=value)]

    @api.model
    def _format_cases(self, cell):
        if cell['conversion'] is False:
            return ""
        cases = self.env._(
            "%(passed)s of %(judged)s",
            passed=self._format_number(cell['passed']),
            judged=self._format_number(cell['judged']),
        )
        if cell['gap'] is False:
            return cases
        plan = self.env._(
            "plan %(plan)s, gap %(gap)s points",
            plan=self._format_rate(cell['plan']),
            gap=self._format_gap(cell['gap']),
        )
        return f'{cases} · {plan}'

    @api.model
    def _format_verdict(self, verdict, judged):
        if verdict == 'not_enough':
            return self.env._(
                "Too few leads for a verdict: %(judged)s of %(minimum)s",
                judged=self._format_number(judged),
                minimum=self._format_number(self.env.company.growth_verdict_count),
            )
        return {
            'on_plan': self.env._("On plan"),
            'below_plan': self.env._("Below plan"),
            'unclear': self.env._("Below plan, but it may be chance"),
            'no_plan': self.env._("There is no plan to compare with"),
        }[verdict]

    @api.model
    def _format_rate(self, rate):
        if rate is False:
            return NOTHING
        return self.env._("%s %%", formatLang(self.env, 100 * rate, digits=1))

    @api.model
    def _format_gap(self, gap):
        rounded = round(gap, 1)
        sign = "−" if rounded < 0 else "+" if rounded > 0 else ""
        return f'{sign}{formatLang(self.env, abs(rounded), digits=1)}'

    @api.model
    def _format_number(self, number):
        return formatLang(self.env, number, digits=0)

    @api.model
    def _format_period(self, period):
        return " – ".join(format_date(self.env, day) for day in period)
