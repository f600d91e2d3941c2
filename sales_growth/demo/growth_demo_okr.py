from collections import defaultdict
from datetime import timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.tools import date_utils
from odoo.tools.misc import format_date

from ..models.growth_okr_measure_reader import MeasureRequest


class Result(NamedTuple):
    """A key result: what it says, and how far it has come (`reached`, share of the way) by today or
    by the end of its cycle. Months of the cycle are 0, 1, 2 ..."""

    name: str
    vals: dict
    reached: float = 0.0
    confidence: tuple = (6,)
    comment: str = ''
    blocker: str = ''
    # Weeks since somebody checked in last
    silent: int = 0
    # Name and whether it is done, of milestones
    milestones: tuple = ()
    # Name, days until it is due, state, whether it is about leads of the person
    initiatives: tuple = ()


class Goal(NamedTuple):
    """An objective: under which other one, whose, what became of it."""

    key: str
    parent: str
    owner: str
    level: str
    name: str
    why: str
    state: str
    results: tuple
    kind: str = 'aspirational'
    is_private: bool = False
    # What the leader said
    note: str = ''
    cause: str = ''
    lesson: str = ''


YEAR = (
    Goal(
        'year',
        '',
        'base.user_admin',
        'company',
        "Raise revenue by a million",
        "A second service crew pays for itself from the second million on, and the customers who "
        "wait for it now go elsewhere.",
        'running',
        (
            Result(
                "Find and train a new manager and spread the load",
                {'kind': 'milestones', 'weight': 2.0},
                confidence=(7, 7, 6, 8),
                comment="The new manager visits customers alone since last week.",
                milestones=(
                    ("Profile of the manager is written", True),
                    ("Five candidates were met", True),
                    ("The manager is hired", True),
                    ("The manager passes the product test", True),
                    ("Thirty customers have changed hands", False),
                    ("Nobody has more than sixty customers", False),
                ),
                initiatives=(("List the customers who change hands", 5, 'open', False),),
            ),
            Result(
                "Open five new lines",
                {'kind': 'number', 'unit': "lines", 'baseline': 0, 'target': 5},
                reached=0.6,
                confidence=(8, 7, 7, 6),
                comment="Heat recovery sells, water treatment waits for its certificate.",
                blocker="The certificate of water treatment takes until next month",
                initiatives=(
                    ("Ask ten customers what they buy elsewhere", 3, 'open', False),
                    ("Choose the supplier for water treatment", -6, 'done', False),
                ),
            ),
            Result(
                "Double the advertising budget in Chicago",
                {'kind': 'money', 'baseline': 40000, 'target': 80000},
                reached=0.75,
                confidence=(5, 6, 8, 9),
                comment="Approved up to the next fair.",
            ),
            Result(
                "Sell for a million more than the year before",
                {'source': 'measure', 'measure_id': 'revenue', 'expectation': 'season'},
                confidence=(6, 6, 5),
                comment="Two large contracts came a month early.",
            ),
        ),
    ),
)

BEFORE = (
    Goal(
        'before_new',
        'year',
        'growth_demo_user_elena',
        'team',
        "Be known in food processing",
        "Half of our best customers work there.",
        'closed',
        (
            Result(
                "Talk at three fairs",
                {'kind': 'number', 'unit': "talks", 'baseline': 0, 'target': 3},
                reached=1.0,
            ),
            Result(
                "First meetings with forty plants",
                {'kind': 'number', 'unit': "meetings", 'baseline': 0, 'target': 40},
                reached=0.85,
            ),
        ),
    ),
    Goal(
        'before_daniel',
        'before_new',
        'growth_demo_user_daniel',
        'person',
        "Call the cold base once through",
        "Nobody knows what is in it.",
        'closed',
        (
            Result(
                "Two thousand calls",
                {'kind': 'number', 'unit': "calls", 'baseline': 0, 'target': 2000},
                reached=0.27,
            ),
        ),
        cause='resources',
        lesson="Forty calls a day leave no hour for quotations. Next time with somebody who only "
        "calls.",
    ),
    Goal(
        'before_sam',
        'before_new',
        'growth_demo_user_sam',
        'person',
        "Learn the whole catalogue",
        "Customers ask, and the answer comes the next day.",
        'closed',
        (Result("Pass the product test", {'kind': 'yes_no'}, reached=1.0),),
        kind='committed',
    ),
    Goal(
        'before_keep',
        'year',
        'growth_demo_user_nora',
        'team',
        "Answer faster than anybody else",
        "The last survey named waiting before price.",
        'closed',
        (
            Result(
                "Average answer within two hours",
                {
                    'kind': 'number',
                    'direction': 'decrease',
                    'unit': "hours",
                    'baseline': 9,
                    'target': 2,
                },
                reached=1.1,
            ),
        ),
    ),
    Goal(
        'before_tomas',
        'before_keep',
        'growth_demo_user_tomas',
        'person',
        "Move all yearly contracts to the new price list",
        "The old one loses money on small plants.",
        'closed',
        (
            Result(
                "Contracts on the new list",
                {'kind': 'percentage', 'baseline': 0.35, 'target': 1.0},
                reached=0.32,
            ),
        ),
        cause='baseline',
        lesson="The 35 % were contracts that had been renewed on paper only.",
    ),
    Goal(
        'before_ivanov',
        'before_new',
        'growth_demo_user_ivanov',
        'person',
        "Ask every new customer for a recommendation",
        "It costs a sentence at the end of the first inspection.",
        'closed',
        (
            Result(
                "Recommendations",
                {'kind': 'number', 'unit': "names", 'baseline': 0, 'target': 10},
                reached=1.4,
            ),
        ),
    ),
    Goal(
        'before_priya',
        'before_keep',
        'growth_demo_user_priya',
        'person',
        "Visit every golden customer",
        "They hear of us when something is broken.",
        'closed',
        (
            Result(
                "Customers visited",
                {'kind': 'number', 'unit': "visits", 'baseline': 0, 'target': 24},
                reached=0.58,
            ),
        ),
    ),
)

NOW = (
    Goal(
        'new',
        'year',
        'growth_demo_user_elena',
        'team',
        "Win customers who stay",
        "Every third new customer bought once last year.",
        'running',
        (
            Result(
                "New business of the team",
                {
                    'source': 'measure',
                    'measure_id': 'new_revenue',
                    'scope': 'team',
                    'baseline': 0,
                    'target': 350000,
                },
                confidence=(7, 6, 5),
                comment="Two tenders were put off to next year.",
            ),
            Result(
                "Thirty companies tried the service contract",
                {'kind': 'number', 'unit': "companies", 'baseline': 0, 'target': 30},
                reached=0.43,
                confidence=(7, 7, 6),
                comment="The trial month helps.",
            ),
        ),
    ),
    Goal(
        'daniel',
        'new',
        'growth_demo_user_daniel',
        'person',
        "Get from the first meeting to the offer within a week",
        "Offers after ten days are hardly ever accepted.",
        'running',
        (
            Result(
                "Days from the first meeting to the offer",
                {
                    'kind': 'number',
                    'direction': 'decrease',
                    'unit': "days",
                    'baseline': 14,
                    'target': 6,
                },
                reached=0.62,
                confidence=(6, 7, 8),
                comment="The price list with ready packages saves three days.",
                initiatives=(
                    ("Send the three offers that wait", 0, 'open', True),
                    ("Ready packages for small plants", -9, 'done', False),
                ),
            ),
            Result(
                "Discount stays between 3 and 6 %",
                {
                    'kind': 'percentage',
                    'direction': 'range',
                    'baseline': 0.08,
                    'range_min': 0.03,
                    'range_max': 0.06,
                },
                reached=1.0,
                confidence=(5, 7, 7),
            ),
        ),
        kind='committed',
    ),
    Goal(
        'sam',
        'new',
        'growth_demo_user_sam',
        'person',
        "Ten meetings a week with plants that do not know us",
        "Without them the spring is empty.",
        'running',
        (
            Result(
                "First meetings",
                {'kind': 'number', 'unit': "meetings", 'baseline': 0, 'target': 120},
                reached=0.11,
                confidence=(6, 4, 2),
                blocker="The list of plants is two years old",
                silent=3,
                initiatives=(("Ask marketing for a fresh list", -2, 'open', False),),
            ),
        ),
    ),
    Goal(
        'ivanov',
        'new',
        'growth_demo_user_ivanov',
        'person',
        "Call more",
        "The funnel is thin.",
        'changes',
        (
            Result(
                "Calls",
                {'kind': 'number', 'unit': "calls", 'baseline': 0, 'target': 400},
            ),
        ),
        note="Calls are what you do, not what you reach. What comes of them?",
    ),
    Goal(
        'sidorov',
        'new',
        'growth_demo_user_sidorov',
        'person',
        "Bring the bakeries back to the table",
        "Nine of them refused for the price, and the price has changed.",
        'proposed',
        (
            Result(
                "Bakeries with a new offer",
                {'kind': 'number', 'unit': "bakeries", 'baseline': 0, 'target': 9},
            ),
            Result(
                "Bakeries that order",
                {'kind': 'number', 'unit': "bakeries", 'baseline': 0, 'target': 4},
            ),
        ),
    ),
    Goal(
        'keep',
        'year',
        'growth_demo_user_nora',
        'team',
        "Keep the customers who carry us",
        "Winning one costs about seven times as much.",
        'running',
        (
            Result(
                "Golden customers",
                {
                    'source': 'measure',
                    'measure_id': 'golden',
                    'scope': 'company',
                    'baseline': 0,
                    'target': 30,
                },
                confidence=(7, 7, 7),
            ),
            Result(
                "Share of contracts renewed before they end",
                {'kind': 'percentage', 'baseline': 0.55, 'target': 0.8},
                reached=0.5,
                confidence=(6, 7, 7),
            ),
        ),
    ),
    Goal(
        'priya',
        'keep',
        'growth_demo_user_priya',
        'person',
        "Win back three customers who carried us",
        "Each of them bought for more than forty thousand a year.",
        'running',
        (
            Result(
                "Customers who order again",
                {'kind': 'number', 'unit': "customers", 'baseline': 0, 'target': 3},
                reached=0.34,
                confidence=(5, 5, 4),
                comment="One is back, one wants to talk after the inspection.",
                blocker="Accounting has not credited the double inspection yet",
                initiatives=(
                    ("Visit with the head of service", 2, 'open', True),
                    ("Write the offer for the yearly contract", 7, 'open', True),
                ),
            ),
            Result(
                "Own revenue",
                {
                    'source': 'measure',
                    'measure_id': 'revenue',
                    'scope': 'user',
                    'baseline': 0,
                    'target': 90000,
                },
                confidence=(6, 6, 6),
            ),
        ),
    ),
    Goal(
        'tomas',
        '',
        'growth_demo_user_tomas',
        'person',
        "Be ready to lead a team",
        "I want to apply for the next one.",
        'running',
        (
            Result(
                "Steps",
                {'kind': 'milestones'},
                confidence=(7, 8),
                milestones=(
                    ("Course on leading finished", True),
                    ("Two colleagues coached for a month", False),
                    ("Talk with Nora about what is missing", False),
                ),
            ),
        ),
        is_private=True,
    ),
)

NEXT = (
    Goal(
        'next_keep',
        '',
        'growth_demo_user_nora',
        'team',
        "Every golden customer has a plan",
        "What they will need next year is decided this winter.",
        'draft',
        (
            Result(
                "Customers with a plan for the year",
                {'kind': 'percentage', 'baseline': 0.1, 'target': 1.0},
            ),
        ),
    ),
)
WEEK = timedelta(days=7)


class GrowthDemo(models.AbstractModel):
    """Objectives: a year, in it a quarter that is over and judged, one that is half through, and
    the next one being planned. Quarters begin so that today is in the second month of one, whenever
    the demo is installed."""

    _inherit = 'growth.demo'

    @api.model
    def _generate_okr(self):
        if self.env.ref('sales_growth.growth_demo_okr_cycle_001', raise_if_not_found=False):
            return
        self = self.with_context(tracking_disable=True, mail_create_nosubscribe=True)
        year, before, now, following = self._create_okr_cycles()
        objectives = {}
        for cycle, goals in ((year, YEAR), (before, BEFORE), (now, NOW), (following, NEXT)):
            self._create_objectives(cycle, goals, objectives)
        (year + before + now).action_start()
        self._date_back(year + before + now)
        check_ins = defaultdict(list)
        for cycle, goals in ((year, YEAR), (before, BEFORE), (now, NOW)):
            for day, vals_list in self._get_check_ins(cycle, goals, objectives).items():
                check_ins[day] += vals_list
        self._create_check_ins(check_ins)
        before.action_review()
        self._judge_objectives(BEFORE, objectives)
        before.action_close()

    @api.model
    def _create_okr_cycles(self):
        today = self._get_okr_today()
        begin = date_utils.start_of(today, 'month') - relativedelta(months=1)
        spans = [
            ('year', begin - relativedelta(months=6), 12),
            ('quarter', begin - relativedelta(months=3), 3),
            ('quarter', begin, 3),
            ('quarter', begin + relativedelta(months=3), 3),
        ]
        vals_list = []
        for period, date_from, months in spans:
            date_to = date_from + relativedelta(months=months, days=-1)
            vals_list.append(
                {
                    'company_id': self.env.ref('base.main_company').id,
                    'period': period,
                    'date_from': date_from,
                    'date_to': date_to,
                    'name': self._name_span(date_from, date_to),
                }
            )
        cycles = self._load('growth.okr.cycle', 'growth_demo_okr_cycle', vals_list)
        cycles[2].previous_id = cycles[1]
        cycles[3].previous_id = cycles[2]
        return cycles

    @api.model
    def _get_okr_today(self):
        return self.env.ref('base.main_company')._growth_day(fields.Datetime.now())

    @api.model
    def _name_span(self, date_from, date_to):
        first, last = (
            format_date(self.env, day, lang_code='en_US', date_format="MMM yyyy")
            for day in (date_from, date_to)
        )
        return f"{first} – {last}"

    @api.model
    def _create_objectives(self, cycle, goals, objectives):
        """Let everybody propose their objectives, and their leaders decide.

        :param dict objectives: by key of the goal; filled
        """
        for number, goal in enumerate(goals, start=1):
            parent = objectives.get(goal.parent) or self.env['growth.okr.objective']
            owner = self._get_okr_user(goal.owner)
            objective = self.env['growth.okr.objective']._load_records(
                [
                    {
                        'xml_id': f'sales_growth.growth_demo_okr_{goal.key}',
                        'noupdate': True,
                        'values': {
                            'sequence': number,
                            'name': goal.name,
                            'why': goal.why,
                            'cycle_id': cycle.id,
                            'parent_id': parent.id,
                            'owner_id': owner.id,
                            'level': goal.level,
                            'kind': goal.kind,
                            'is_private': goal.is_private,
                            'key_result_ids': [
                                Command.create(self._prepare_key_result(cycle, result))
                                for result in goal.results
                            ],
                        },
                    }
                ]
            )
            objectives[goal.key] = objective
            if goal.state == 'draft':
                continue
            objective.with_user(owner).action_propose()
            leader = objective.leader_id or self.env.ref('base.user_admin')
            if goal.state == 'changes':
                objective.with_user(leader)._decide('changes', goal.note)
            elif goal.state != 'proposed':
                objective.with_user(leader).action_accept()

    @api.model
    def _get_okr_user(self, name):
        return self.env.ref(name if '.' in name else f'sales_growth.{name}')

    @api.model
    def _prepare_key_result(self, cycle, result):
        vals = {'name': result.name, **result.vals}
        if 'measure_id' in vals:
            measure = self.env.ref(f'sales_growth.growth_okr_measure_{vals["measure_id"]}')
            vals['measure_id'] = measure.id
        if vals.get('expectation') == 'season':
            vals |= {'scope': 'company', 'baseline': 0.0}
            vals['target'] = self._get_sold_before(cycle, measure) + 1_000_000
        vals['milestone_ids'] = [
            Command.create({'name': name}) for name, _is_done in result.milestones
        ]
        return vals

    @api.model
    def _get_sold_before(self, cycle, measure):
        """What was sold in the same days of the year before, rounded to ten thousands."""
        request = MeasureRequest(
            key='before',
            measure=measure,
            company=cycle.company_id,
            user=self.env.ref('base.user_admin'),
            scope='company',
            team=self.env['crm.team'],
            date_from=cycle.date_from - relativedelta(years=1),
            date_to=cycle.date_to - relativedelta(years=1),
        )
        value = measure._get_values([request])['before'].value
        return round(value, -4)

    @api.model
    def _date_back(self, cycles):
        """Objectives run since their cycles began, not since the demo was installed."""
        for cycle in cycles:
            running = cycle.objective_ids.filtered(lambda each: each.state == 'running')
            running.running_date = cycle.date_from

    @api.model
    def _get_check_ins(self, cycle, goals, objectives):
        """Let people say once a week where they stand, on a line that is not quite straight, and
        measure what Odoo knows on the same days.

        :return: values of the check-ins by their day
        :rtype: dict[date, list[dict]]
        """
        today = min(self._get_okr_today(), cycle.date_to)
        check_ins = defaultdict(list)
        for goal in goals:
            if goal.state not in ('running', 'closed'):
                continue
            key_results = objectives[goal.key].key_result_ids
            for key_result, result in zip(key_results, goal.results, strict=True):
                self._pass_milestones(key_result, result, cycle.date_from, today)
                self._create_initiatives(key_result, result)
                for vals in self._prepare_check_ins(key_result, result, cycle.date_from, today):
                    check_ins[vals['date']].append(vals)
        return check_ins

    @api.model
    def _pass_milestones(self, key_result, result, date_from, today):
        """Let milestones be done one after the other, the last one a week ago."""
        done = key_result.milestone_ids.filtered(
            lambda each: (each.name, True) in result.milestones
        )
        for number, milestone in enumerate(done, start=1):
            milestone.is_done = True
            days = (today - WEEK - date_from).days * number // len(done)
            milestone.done_date = date_from + timedelta(days=days)

    @api.model
    def _create_check_ins(self, check_ins):
        """
        :param dict[date, list[dict]] check_ins: values by their day
        """
        KeyResult = self.env['growth.okr.key.result']
        CheckIn = self.env['growth.okr.check.in']
        for day in sorted(check_ins):
            KeyResult._refresh(self.env.ref('base.main_company'), day)
            for vals in check_ins[day]:
                owner = KeyResult.browse(vals['key_result_id']).owner_id
                CheckIn.with_user(owner).create(vals)
        KeyResult._refresh()

    @api.model
    def _prepare_check_ins(self, key_result, result, date_from, today):
        last_day = today - WEEK * result.silent - timedelta(days=1)
        days = []
        while last_day >= date_from:
            days.insert(0, last_day)
            last_day -= WEEK
        is_told = key_result.source == 'manual' and key_result.kind != 'milestones'
        for number, day in enumerate(days, start=1):
            share = (number / len(days)) ** 1.25
            is_last = number == len(days)
            vals = {
                'key_result_id': key_result.id,
                'date': day,
                'confidence': result.confidence[(number - 1) * len(result.confidence) // len(days)],
                'comment': is_last and result.comment,
                'blocker': is_last and result.blocker,
            }
            if is_told:
                vals['value'] = self._get_told_value(key_result, result.reached, share)
            yield vals

    @api.model
    def _get_told_value(self, key_result, reached, share):
        if key_result.kind == 'yes_no':
            return float(share == 1 and reached == 1)
        target = key_result.target
        if key_result.direction == 'range':
            target = (key_result.range_min + key_result.range_max) / 2
        value = key_result.baseline + (target - key_result.baseline) * reached * share
        digits = {'money': -3, 'percentage': 3}.get(key_result.kind, 0)
        return round(value, digits)

    @api.model
    def _create_initiatives(self, key_result, result):
        today = self._get_okr_today()
        for name, days, state, has_leads in result.initiatives:
            leads = self.env['crm.lead']
            if has_leads:
                leads = leads.search(
                    [
                        ('user_id', '=', key_result.owner_id.id),
                        ('company_id', 'in', (False, key_result.company_id.id)),
                        ('won_status', '=', 'pending'),
                    ],
                    limit=2,
                )
            initiative = (
                self.env['growth.okr.initiative']
                .with_user(key_result.owner_id)
                .create(
                    {
                        'key_result_id': key_result.id,
                        'name': name,
                        'date_deadline': today + timedelta(days=days),
                        'lead_ids': [Command.set(leads.ids)],
                    }
                )
            )
            if state == 'done':
                initiative.action_done()

    @api.model
    def _judge_objectives(self, goals, objectives):
        # From below to above: what stands below counts above.
        for goal in reversed(goals):
            objective = objectives[goal.key]
            objective.with_user(objective.owner_id)._judge(goal.cause, goal.lesson)
            objective.closed_date = objective.cycle_id.date_to
