from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

READINGS = ('entry', 'event')
COUNTS = ('entered', 'passed', 'lost', 'still_open', 'unripe')
# What the screen offers, in days, beside everything
PERIODS = (7, 28, 90, 365)
# A century of days, and no date out of range
LONGEST_PERIOD = 36525
# What a rate is judged by, beside its counts.
RATES = ('judged', 'conversion', 'low', 'high', 'plan', 'gap', 'verdict')


class GrowthConversionReport(models.Model):
    """What the screen “Conversion by Salesperson” and the weekly mail show."""

    _inherit = 'growth.conversion.report'

    @api.model
    @api.readonly
    def get_salespeople(self, domain=None, funnel_id=None, team_id=None, days=90, reading='entry'):
        """The conversion of each salesperson at each step of a funnel of the active company, of
        the leads that the user may see, beside the plan.

        :param list domain: which rows of the report; all when omitted
        :param int funnel_id: the team's, else the company's general funnel when omitted
        :param int team_id: only leads of this team
        :param int days: the last so many days, today included; 0 for all
        :param str reading: `entry` or `event`, see the report
        :return: `reading`, `company_name`, `currency_id`, `date_from` (ISO date or false) and
            `date_to`; `minimum` (cases that a verdict needs); `funnel_id`, `funnels` and `teams` to
            choose from (`id`, `name`); `steps` (`id`, `name`, `plan` for all today,
            `expected_count` of 100 prospects, `ripening_days`); `salespeople` (`id` or false for
            leads of nobody, `name`, `cells`) and `average` (`name`, `cells`), where `cells` has for
            each step's id the counts of the report, `judged` cases, `conversion` with the bounds
            `low` and `high` of its 95 % interval and `plan` (fractions or false), `gap` (points or
            false), `verdict` (`on_plan`, `unclear`, `below_plan`, `no_plan`, `not_enough` or false
            where no verdict is possible), the median `days` of those who passed, and of salespeople
            `open_count` and `open_value` of the leads that stand there today; `pairs` of
            `_get_pairs`, and `can_coach`
        :rtype: dict
        """
        company = self.env.company
        funnels = self.env['growth.funnel'].search([('company_id', '=', company.id)])
        team = self._browse_chosen('crm.team', team_id)
        funnel = self._browse_chosen('growth.funnel', funnel_id) or self._get_funnel(funnels, team)
        date_from, date_to = self._get_period(days)
        report = self._with_reading(reading)
        chosen = Domain(domain or [])
        domain = chosen & self._get_domain(funnel, team, date_from, date_to)
        frame = report._get_frame(domain)
        load = self._get_load(chosen & self._get_domain(funnel, team))
        steps = funnel.step_ids
        return {
            'reading': reading,
            'company_name': company.display_name,
            'currency_id': company.currency_id.id,
            'date_from': date_from and fields.Date.to_string(date_from),
            'date_to': fields.Date.to_string(date_to),
            'minimum': company.growth_verdict_count,
            'funnel_id': funnel.id,
            'funnels': [{'id': record.id, 'name': record.display_name} for record in funnels],
            'teams': self._get_teams(),
            'steps': [
                {
                    'id': step.id,
                    'name': step.name,
                    'plan': step.plan_rate,
                    'expected_count': step.expected_count,
                    'ripening_days': step.ripening_days,
                }
                for step in steps
            ],
            'salespeople': self._format_salespeople(frame, load),
            'average': report._get_average(domain, funnel, team, self._get_average_period(days)),
            'pairs': self._get_pairs(frame, steps),
            'can_coach': self.env['growth.funnel.coaching'].has_access('create'),
        }

    # ------------------------------------------------------------
    # CHOICE
    # ------------------------------------------------------------

    @api.model
    def _browse_chosen(self, model, record_id):
        """A record that the screen chose, or none.

        :raise UserError: when it is not there (any more)
        """
        record = self.env[model].browse(type(record_id) is int and record_id)
        if record_id and not record.exists():
            raise UserError(self.env._("What you chose was deleted meanwhile: reload the page."))
        return record

    @api.model
    def _get_funnel(self, funnels, team):
        """The funnel that a team works by.

        :raise UserError: when the company has none
        """
        funnel = funnels.filtered(lambda funnel: funnel.team_id == team) or funnels.filtered(
            lambda funnel: not funnel.team_id
        )
        if not (funnel or funnels):
            raise UserError(
                self.env._(
                    "%s has no funnel yet. A sales administrator can set one up.",
                    self.env.company.display_name,
                )
            )
        return (funnel or funnels)[:1]

    @api.model
    def _get_period(self, days):
        """First and last day of the last days, in the company's time zone.

        :rtype: tuple[date | bool, date]
        """
        if type(days) is not int or not 0 <= days <= LONGEST_PERIOD:
            raise UserError(self.env._("This is not a number of days: %s", days))
        today = self.env.company._growth_day(fields.Datetime.now())
        return days and today - timedelta(days=days - 1), today

    @api.model
    def _get_average_period(self, days):
        """The period of the team's average: as long as one that the screen offers, so that nobody
        finds out the figures of a day by comparing two periods.

        :rtype: tuple[date | bool, date]
        """
        return self._get_period(
            min((period for period in PERIODS if period >= days > 0), default=0)
        )

    @api.model
    def _with_reading(self, reading):
        if reading not in READINGS:
            raise UserError(self.env._("This is not a reading of the report: %s", reading))
        return self.with_context(growth_reading=reading)

    @api.model
    def _get_domain(self, funnel, team, date_from=None, date_to=None):
        """
        :rtype: Domain
        """
        domain = Domain('step_id', 'in', funnel.step_ids.ids)
        if team:
            domain &= Domain('team_id', '=', team.id)
        if date_from:
            domain &= Domain('date', '>=', date_from)
        if date_to:
            domain &= Domain('date', '<=', date_to)
        return domain

    @api.model
    def _get_teams(self):
        teams = self.env['crm.team'].search([('company_id', 'in', [False, self.env.company.id])])
        return [{'id': team.id, 'name': team.display_name} for team in teams]

    # ------------------------------------------------------------
    # FIGURES
    # ------------------------------------------------------------

    @api.model
    def _get_rules(self):
        """How the company judges.

        :rtype: analysis.funnel.Rules
        """
        from ..analysis.funnel import Rules  # pandas takes seconds to import

        company = self.env.company
        return Rules(
            min_sample=company.growth_verdict_count,
            tolerance=company.growth_verdict_tolerance / 100,
        )

    @api.model
    def _get_frame(self, domain, groupby=('user_id', 'step_id')):
        """The judged figures of the rows that the user may see.

        :param domain:
        :param groupby: `step_id`, with or without `user_id` before it
        :return: frame of `analysis.funnel.conversion`, with `days`
        :rtype: pandas.DataFrame
        """
        import pandas as pd

        rows = []
        for *groups, plan, days, entered, passed, lost, still_open, unripe in self._read_group(
            domain,
            groupby,
            ['plan:avg', 'days:avg', *(f'{name}:sum' for name in COUNTS)],
        ):
            user = groups[0] if len(groups) > 1 else self.env['res.users']
            rows.append(
                {
                    'user_id': user.id or 0,
                    'team_id': user.sale_team_id.id or 0,
                    'step_id': groups[-1].id,
                    'entered': entered or 0,
                    'passed': passed or 0,
                    'lost': lost or 0,
                    'still_open': still_open or 0,
                    'unripe': unripe or 0,
                    # No plan is not a plan of zero: the database tells them apart, and so does the
                    # aggregate for groups that have leads to judge.
                    'plan': float('nan') if plan is False or plan is None else plan,
                    'days': days,
                }
            )
        return self._judge(pd.DataFrame(rows))

    @api.model
    def _judge(self, frame):
        """Rates and verdicts of counts. Events of a period are no cases: they get no verdict.

        :rtype: pandas.DataFrame
        """
        from ..analysis.funnel import conversion

        if self.env.context.get('growth_reading') != 'event' or frame.empty:
            return conversion(frame, self._get_rules())
        frame['judged'] = frame['entered']
        frame['conversion'] = frame['passed'] / frame['entered'].where(frame['entered'] > 0)
        frame['gap'] = (100 * (frame['conversion'] - frame['plan'])).round(9)
        for name in ('low', 'high', 'verdict'):
            frame[name] = None
        return frame

    @api.model
    def _get_average(self, domain, funnel, team, period):
        """What all salespeople together make. Who may only see own leads is told the rates of
        the own team in the period: no counts, and nothing of what the search asks for, which could
        ask for a single colleague.

        :param Domain domain: of the rows that the user chose
        :param tuple period: first and last day
        :rtype: dict
        """
        if self.env.user.has_group('sales_team.group_sale_salesman_all_leads'):
            frame = self._get_frame(domain, ['step_id'])
            return {'name': self.env._("All"), 'cells': self._format_cells(frame)}
        teams = team & self.env.user.crm_team_ids if team else self.env.user.sale_team_id
        team_domain = self._get_domain(funnel, self.env['crm.team'], *period)
        team_domain &= Domain('team_id', 'in', teams.ids)
        team_domain &= Domain('company_id', '=', self.env.company.id)
        # The average of the team is meant for everybody in it.
        cells = self._format_cells(self.sudo()._get_frame(team_domain, ['step_id']))
        shown = ('conversion', 'plan', 'gap', 'days')
        return {
            'name': self.env._("Team Average"),
            'cells': {
                step_id: {name: cell[name] for name in shown} for step_id, cell in cells.items()
            },
        }

    @api.model
    def _get_load(self, domain):
        """Open leads that stand at the steps today, whenever they came there.

        :param Domain domain: of the rows, without a period
        :return: number and expected revenue, by salesperson and step
        :rtype: dict[tuple[int, int], tuple[int, float]]
        """
        return {
            (user.id or 0, step.id): (count, value)
            for user, step, count, value in self._with_reading('entry')._read_group(
                domain & Domain('state', '=', 'open'),
                ['user_id', 'step_id'],
                ['__count', 'value:sum'],
            )
        }

    # ------------------------------------------------------------
    # FORMAT
    # ------------------------------------------------------------

    @api.model
    def _format_salespeople(self, frame, load):
        """
        :rtype: list[dict]
        """
        ids = {int(user_id) for user_id in frame['user_id']} | {user_id for user_id, _step in load}
        users = self.env['res.users'].with_context(active_test=False)
        salespeople = []
        for user in users.search([('id', 'in', list(ids))]):
            cells = self._format_cells(frame[frame['user_id'] == user.id])
            salespeople.append({'id': user.id, 'name': user.display_name, 'cells': cells})
        if 0 in ids:
            cells = self._format_cells(frame[frame['user_id'] == 0])
            salespeople.append({'id': False, 'name': self.env._("Unassigned"), 'cells': cells})
        empty = {name: 0 for name in (*COUNTS, 'judged')} | dict.fromkeys(
            ('conversion', 'low', 'high', 'plan', 'gap', 'days'), False
        )
        empty['verdict'] = 'not_enough' if len(frame) and frame['verdict'].notna().any() else False
        for (user_id, step_id), (count, value) in load.items():
            for person in salespeople:
                if (person['id'] or 0) == user_id:
                    cell = person['cells'].setdefault(step_id, {**empty})
                    cell.update({'open_count': count, 'open_value': value})
        return salespeople

    @api.model
    def _format_cells(self, frame):
        """The figures of one salesperson, or of all together, by step.

        :rtype: dict[int, dict]
        """
        names = (*COUNTS, *RATES, 'days')
        return {
            int(row['step_id']): {
                **{name: self._format_figure(row[name]) for name in names},
                'open_count': 0,
                'open_value': 0.0,
            }
            for row in frame.to_dict('records')
        }

    @api.model
    def _format_figure(self, value):
        """A figure as the web client takes it: false when undefined."""
        if value is None or value != value:
            return False
        return value.item() if hasattr(value, 'item') else value

    # ------------------------------------------------------------
    # WHO TEACHES WHOM
    # ------------------------------------------------------------

    @api.model
    def _get_pairs(self, frame, steps):
        """Who teaches whom which steps.

        :param pandas.DataFrame frame: of `_get_frame`, by salesperson and step
        :param growth.funnel.step steps:
        :return: `pupil_id`, `pupil_name`, `teacher_id`, `teacher_name`, `same_team`, `sentence` and
            `steps` (`id`, `name`, `pupil_conversion`, `teacher_conversion`, and `is_coached`:
            whether a coaching is under way)
        :rtype: list[dict]
        """
        from ..analysis.funnel import coaching

        if frame.empty or frame['verdict'].isna().all():
            return []
        pairs = {}
        for row in coaching(frame, self._get_rules()).to_dict('records'):
            key = (int(row['pupil_id']), int(row['teacher_id']), bool(row['same_team']))
            pairs.setdefault(key, []).append(row)
        running = self.env['growth.funnel.coaching']._get_running(steps)
        return [self._format_pair(*key, rows, steps, running) for key, rows in pairs.items()]

    @api.model
    def _format_pair(self, pupil_id, teacher_id, same_team, rows, steps, running):
        users = self.env['res.users']
        pupil, teacher = users.browse(pupil_id), users.browse(teacher_id)
        order = {step_id: number for number, step_id in enumerate(steps.ids)}
        taught = [
            {
                'id': int(row['step_id']),
                'name': steps.browse(int(row['step_id'])).name,
                'pupil_conversion': row['pupil_conversion'],
                'teacher_conversion': row['teacher_conversion'],
                'is_coached': (pupil_id, int(row['step_id'])) in running,
            }
            for row in sorted(rows, key=lambda row: order[int(row['step_id'])])
        ]
        return {
            'pupil_id': pupil_id,
            'pupil_name': pupil.display_name,
            'teacher_id': teacher_id,
            'teacher_name': teacher.display_name,
            'same_team': same_team,
            'steps': taught,
            'sentence': self.env._(
                "%(teacher)s teaches %(pupil)s: %(steps)s",
                teacher=teacher.display_name,
                pupil=pupil.display_name,
                steps=", ".join(step['name'] for step in taught),
            ),
        }

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.model
    def action_coach(self, pupil_id, teacher_id, step_ids, days=90):
        """Let a salesperson teach another some steps: opens the coaching, with its activity.

        :param int pupil_id:
        :param int teacher_id:
        :param list[int] step_ids:
        :param int days: period of the figures that the coaching starts from
        :rtype: dict
        """
        pupil, teacher = (
            self._browse_chosen('res.users', user_id) for user_id in (pupil_id, teacher_id)
        )
        if not (pupil and teacher) or (pupil | teacher).filtered('share'):
            raise UserError(self.env._("Choose which salesperson teaches whom."))
        steps = self._browse_chosen_steps(step_ids)
        domain = self._get_domain(steps.funnel_id, self.env['crm.team'], *self._get_period(days))
        domain &= Domain('user_id', '=', pupil.id)
        # As the figures after: of all leads of the pupil, whatever the screen is filtered by.
        frame = self._with_reading('entry')._get_frame(domain)
        before = {
            int(row['step_id']): (int(row['judged']), int(row['passed']))
            for row in frame.to_dict('records')
        }
        coaching = self.env['growth.funnel.coaching']._start(pupil, teacher, steps, before)
        return coaching._get_records_action(name=self.env._("Coaching"))

    @api.model
    def _browse_chosen_steps(self, step_ids):
        ids = [step_id for step_id in step_ids if type(step_id) is int]
        steps = self.env['growth.funnel.step'].browse(ids).exists()
        if not steps or len(steps.funnel_id) > 1:
            raise UserError(self.env._("Choose the steps to teach, of one funnel."))
        return steps
