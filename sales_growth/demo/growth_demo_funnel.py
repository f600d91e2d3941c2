import csv
from datetime import timedelta
from itertools import pairwise
from random import Random

from odoo import api, fields, models
from odoo.tools import SQL, file_open

from .growth_demo import SOURCES
from .growth_demo_histories import SIGNED, Habit, History, tell_histories

FUNNEL = 'sales_growth/demo/growth_demo_funnel.csv'
# Customers pay so long after the contract.
PAID_AFTER = timedelta(days=14)
# What prospects ask for, and what it is worth.
SUBJECTS = (
    ("Service contract", 8400),
    ("Energy audit", 3900),
    ("Operator training", 2300),
    ("Maintenance visits", 4140),
    ("Calibration", 2520),
    ("Remote monitoring", 2880),
    ("Safety inspection", 950),
    ("Line refit", 26000),
)
PLACES = (
    "main plant",
    "warehouse",
    "north site",
    "workshop",
    "boiler house",
    "packing line",
    "cold store",
    "new hall",
)
# Names of prospects: each of the first with each of the second.
FIRST_NAMES = (
    *("Aldersyke", "Bexholm", "Corrivane", "Dunmarrow", "Elmstowe", "Farrowby", "Glenhallow"),
    *("Hollinsea", "Ivesgarth", "Karrowmoor", "Lindermoss", "Mossgarth", "Norvayle", "Oakhythe"),
    *("Penwarrow", "Quorleigh", "Ravensey", "Selbrooke", "Thornwyke", "Ullersby", "Vennmoor"),
    *("Wexcarrow", "Yarrowdene", "Zellmark"),
)
SECOND_NAMES = (
    *("Foods", "Logistics", "Textiles", "Packaging", "Metals", "Printing", "Clinics", "Hotels"),
    *("Furniture", "Dairies", "Plastics", "Ceramics", "Breweries", "Paper", "Optics", "Gardens"),
    *("Pumps", "Tools"),
)
# Why prospects are lost in a step: how often each reason stands there is how likely it is.
REASONS = (
    ('not_interested', 'not_interested', 'not_planned', 'budget', 'later', 'supplier', 'product'),
    ('price', 'price', 'product', 'product', 'budget', 'not_planned', 'terms', 'supplier'),
    ('price', 'price', 'price', 'terms', 'terms', 'budget', 'later'),
)
TERMS = (
    "Cannot wait four weeks for the first visit",
    "Wants to pay in 90 days",
    "Asks for penalties for each day of delay",
    "Needs us on site at weekends",
)
PRODUCTS = ("Vibration analysis", "Calibration", "Legionella testing", "Remote monitoring (month)")


class GrowthDemo(models.AbstractModel):
    """Makes the history of the funnel: in `growth_demo_funnel.csv`, a row tells for a salesperson
    how many prospects came between two days, counted in working days before today, and how many of
    them passed each step of the funnel. `growth_demo_histories.py` makes up what happened to each.

    Ivanov and Sidorov are the worked example of the sales playbook: of 100 prospects each, Ivanov
    takes 80 / 70 / 85 / 95 % of those that reached the step before a step further, and Sidorov
    95 / 90 / 70 / 80 %.

    The models do it all, as the salesperson. They take it for today's: in the end, it is moved back
    to its days.
    """

    _inherit = 'growth.demo'

    @api.model
    def _generate_funnel(self):
        if self.env.ref('sales_growth.growth_demo_prospect_01_001', raise_if_not_found=False):
            return
        self = self.with_context(
            tracking_disable=True, mail_create_nosubscribe=True, mail_activity_quick_update=True
        )
        names = self._get_prospect_names()
        for number, habit in enumerate(self._read_habits(), start=1):
            self._create_prospects(
                f'growth_demo_prospect_{number:02}',
                habit,
                self.env.ref(habit.company),
                self.env.ref(habit.salesperson),
                names,
            )

    @api.model
    def _read_habits(self):
        """
        :rtype: list[Habit]
        """
        with file_open(FUNNEL) as file:
            return [Habit.parse(row) for row in csv.DictReader(file)]

    @api.model
    def _get_prospect_names(self):
        """Names of companies, each one once.

        :rtype: iterator[str]
        """
        names = [f"{first} {second}" for first in FIRST_NAMES for second in SECOND_NAMES]
        Random('names').shuffle(names)
        return iter(names)

    # ------------------------------------------------------------
    # PROSPECTS
    # ------------------------------------------------------------

    @api.model
    def _create_prospects(self, name, habit, company, user, names):
        """Create the prospects of a habit, and let them go through the funnel until today.

        :param str name: beginning of their external ids
        :param Habit habit:
        :param res.company company:
        :param res.users user: salesperson
        :param iterator[str] names: of companies, for those that are no customers
        :rtype: crm.lead
        """
        now = fields.Datetime.now()
        histories = tell_histories(habit, company._growth_day(now), now)
        path = self._get_path(company, user.sale_team_id)
        random = Random(name)
        vals_list = self._prepare_prospects(habit, company, user, names, random)
        first_stage = self._get_stage(path, -1)
        leads = self._load(
            'crm.lead', name, [{**vals, 'stage_id': first_stage.id} for vals in vals_list]
        )
        history_by_lead = dict(zip(leads, histories, strict=True))
        self._pass_steps(history_by_lead, path)
        for lead, history in history_by_lead.items():
            if history.lost:
                self._lose_prospect(lead, history, random)
        self._set_back(history_by_lead)
        return leads

    @api.model
    def _get_path(self, company, team):
        """
        :rtype: FunnelPath
        """
        paths = self.env['growth.funnel']._get_paths()
        return paths.get((company.id, team.id)) or paths[company.id, False]

    @api.model
    def _get_stage(self, path, index):
        """The first stage that stands for a step, or none.

        :param FunnelPath path:
        :param int index: of the step, -1 for where leads come in
        :rtype: crm.stage
        """
        stages = self.env['crm.stage'].search([('id', 'in', list(path.index_by_stage))])
        return stages.filtered(lambda stage: path.index_by_stage[stage.id] == index)[:1]

    @api.model
    def _prepare_prospects(self, habit, company, user, names, random):
        """
        :rtype: list[dict]
        """
        customers = self.env['res.partner'].search(
            [('user_id', '=', user.id), ('is_company', '=', True)]
        )
        who = [{'partner_id': customers[n % len(customers)].id} for n in range(habit.customers)]
        who += [{'partner_name': next(names)} for _n in range(habit.counts[0] - len(who))]
        random.shuffle(who)
        return [
            {
                **vals,
                **self._prepare_need(random),
                'type': 'opportunity',
                'company_id': company.id,
                'user_id': user.id,
                'team_id': user.sale_team_id.id,
            }
            for vals in who
        ]

    @api.model
    def _prepare_need(self, random):
        """What a prospect asks for, and how it found us."""
        subject, value = random.choice(SUBJECTS)
        return {
            'name': f"{subject}, {random.choice(PLACES)}",
            'expected_revenue': round(value * random.uniform(0.7, 1.6), -1),
            'source_id': self._get_id(random.choice(SOURCES)),
        }

    @api.model
    def _pass_steps(self, history_by_lead, path):
        for index in range(len(path.step_ids)):
            passing = self.env['crm.lead'].union(
                *(lead for lead, history in history_by_lead.items() if len(history.passed) > index)
            )
            if not passing:
                break
            if stage := self._get_stage(path, index):
                self._as_salesperson(passing).write({'stage_id': stage.id})
            else:
                self._pay(passing)

    @api.model
    def _pay(self, leads):
        """Let the log see leads as paid. They have no orders, which would change the segments of
        customers: `growth_demo_sales.csv` has those."""
        leads.with_user(self.env.ref('base.user_admin'))._growth_reach(
            lambda path, _lead: path.invoice_index
        )

    # ------------------------------------------------------------
    # LOSSES
    # ------------------------------------------------------------

    @api.model
    def _lose_prospect(self, lead, history, random):
        reason = random.choice(REASONS[len(history.passed)])
        self._as_salesperson(lead).action_set_lost(
            lost_reason_id=self.env.ref(f'sales_growth.lost_reason_{reason}').id,
            refusal=self._prepare_statement(reason, lead, random),
        )
        self._set_back_refusal(self._get_refusal(lead), history.lost)

    @api.model
    def _prepare_statement(self, reason, lead, random):
        """What the reason asks for.

        :rtype: dict
        """
        if reason == 'supplier':
            competitors = self.env['growth.competitor'].search([('active', '=', True)])
            return {'competitor_id': random.choice(competitors).id}
        if reason == 'price':
            price = lead.expected_revenue
            return {'our_price': price, 'their_price': round(price * random.uniform(0.8, 0.97), -1)}
        if reason == 'product':
            return {'requested_product': random.choice(PRODUCTS)}
        return {'note': random.choice(TERMS)} if reason == 'terms' else {}

    # ------------------------------------------------------------
    # LEADS OF THE REFUSALS
    # ------------------------------------------------------------

    @api.model
    def _set_back_refused_leads(self):
        """Move the steps that the leads of `growth_demo_refusals.csv` passed back to the time
        before they were lost, evenly, and let those be paid that were won long ago."""
        names = [('name', '=like', f'growth_demo_{kind}lead_%') for kind in ('', 'imported_')]
        loaded = self.env['ir.model.data'].search(
            [('module', '=', 'sales_growth'), ('model', '=', 'crm.lead'), '|', *names]
        )
        leads = self.env['crm.lead'].browse(loaded.mapped('res_id'))
        long_ago = fields.Datetime.now() - PAID_AFTER
        self._pay(
            leads.filtered(lambda lead: lead.won_status == 'won' and lead.date_closed < long_ago)
        )
        self._set_back({lead: self._get_history(lead) for lead in leads})

    @api.model
    def _get_history(self, lead):
        """
        :rtype: History
        """
        events = self.env['growth.funnel.event'].search([('lead_id', '=', lead.id)])
        refusals = self.env['growth.refusal'].search([('lead_id', '=', lead.id)])
        came = lead.create_date
        before = min(len(events), SIGNED - 1)
        gap = (min(refusals.mapped('date')) - came) / (before + 1)
        passed = [came + gap * number for number in range(1, before + 1)]
        if lead.won_status == 'won':
            passed += [lead.date_closed, lead.date_closed + PAID_AFTER][: len(events) - before]
        return History(came, passed, refusals[0].date if lead.won_status == 'lost' else None)

    # ------------------------------------------------------------
    # DAYS
    # ------------------------------------------------------------

    @api.model
    def _set_back(self, history_by_lead):
        """Move what the models wrote today back to the days on which it happened.

        By SQL: neither the log nor where leads stand can be written, nor when they were created.

        :param dict[crm.lead, History] history_by_lead:
        """
        self.env.flush_all()
        lead_rows, event_rows = [], []
        for lead, history in history_by_lead.items():
            company = lead.company_id
            path = self._get_path(company, lead.team_id)
            days = [company._growth_day(moment) for moment in (history.came, *history.passed)]
            lost_day = history.lost and company._growth_day(history.lost)
            lead_rows.append(
                (lead.id, history.came, history.moved, history.closed, days[-1], lost_day)
            )
            for step_id, moment, (entry_day, day) in zip(
                path.step_ids, history.passed, pairwise(days), strict=False
            ):
                event_rows.append((lead.id, step_id, moment, day, entry_day))
        self._set_back_leads(lead_rows)
        self._set_back_events(event_rows)
        self.env.invalidate_all()

    @api.model
    def _set_back_leads(self, rows):
        """
        :param rows: id; when the lead came, was last moved and was closed; days on which it came to
            where it stands and was lost
        """
        self.env.cr.execute(
            SQL(
                """
            UPDATE crm_lead AS lead
               SET create_date = past.came,
                   date_open = past.came,
                   day_open = 0,
                   date_last_stage_update = past.moved,
                   date_closed = past.closed::timestamp,
                   day_close = EXTRACT(DAY FROM past.closed::timestamp - past.came),
                   growth_step_date = CASE WHEN lead.growth_step_id IS NOT NULL THEN past.day END,
                   growth_lost_date = past.lost_day::date
              FROM (VALUES %s) AS past (lead_id, came, moved, closed, day, lost_day)
             WHERE past.lead_id = lead.id
            """,
                SQL(", ").join(SQL("%s", row) for row in rows),
            )
        )

    @api.model
    def _set_back_events(self, rows):
        """
        :param rows: ids of lead and step; when the lead passed it; days of passing and coming
        """
        if not rows:
            return
        self.env.cr.execute(
            SQL(
                """
            UPDATE growth_funnel_event AS event
               SET date = past.date,
                   day = past.day,
                   entry_day = past.entry_day,
                   days = past.day - past.entry_day,
                   customer_kind = CASE WHEN customer.first_order_date < lead.create_date::date
                                        THEN 'repeat' ELSE 'new' END
              FROM (VALUES %s) AS past (lead_id, step_id, date, day, entry_day)
              JOIN crm_lead AS lead ON lead.id = past.lead_id
         LEFT JOIN res_partner AS contact ON contact.id = lead.partner_id
         LEFT JOIN growth_customer AS customer
                ON customer.company_id = lead.company_id
               AND customer.partner_id = contact.commercial_partner_id
             WHERE event.lead_id = past.lead_id
               AND event.step_id = past.step_id
            """,
                SQL(", ").join(SQL("%s", row) for row in rows),
            )
        )
