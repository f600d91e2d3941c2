import csv
from datetime import datetime, time, timedelta
from random import Random
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import file_open

REFUSALS = 'sales_growth/demo/growth_demo_refusals.csv'
EXCUSE = 'sales_growth.lost_reason_supplier'
# What was lost longer ago came with the import of the leads, before refusals were recorded.
RECORDED_DAYS = 260
# Follow-ups of the last days are still to be done.
DONE_AFTER_DAYS = 10


class Event(NamedTuple):
    """Something that happened to a lead; the row tells what was said."""

    moment: datetime
    method: str
    lead: models.Model
    row: dict


class GrowthDemo(models.AbstractModel):
    """Makes the history of refusals: `growth_demo_refusals.csv` has a row each time a lead was
    lost, so many days before today, and what became of it so many days later.

    `found_after`: the customer had said to have a supplier, and this is the real reason found out
    later. `reopened_after`, `won_after`: the lead came back, and was won for `won_value`. A lead
    that stands there twice was lost again. Prices and values are in company currency.

    The models do it all, in the order of the days and as the salesperson, with the follow-up job
    running in between. They take it for today's: each step is moved back to its day at once.
    """

    _inherit = 'growth.demo'

    @api.model
    def _generate_refusals(self):
        if self.env.ref('sales_growth.growth_demo_lead_001', raise_if_not_found=False):
            return
        self = self.with_context(
            tracking_disable=True, mail_create_nosubscribe=True, mail_activity_quick_update=True
        )
        rows = self._read_refusals()
        self._import_lost_leads([row for row in rows if row['days_ago'] > RECORDED_DAYS])
        for event in self._create_leads([row for row in rows if row['days_ago'] <= RECORDED_DAYS]):
            self._follow_up_until(event.moment.date())
            getattr(self, event.method)(event)
        self._follow_up_until(fields.Date.today())
        self._finish_follow_ups()
        self._set_back_refused_leads()
        for (company,) in self.env['growth.refusal']._read_group([], groupby=['company_id']):
            self.env['growth.refusal.signal']._detect(company)

    # ------------------------------------------------------------
    # LEADS AND THEIR EVENTS
    # ------------------------------------------------------------

    @api.model
    def _read_refusals(self):
        with file_open(REFUSALS) as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            for column in ('days_ago', 'found_after', 'reopened_after', 'won_after'):
                row[column] = int(row[column] or 0)
        return rows

    @api.model
    def _import_lost_leads(self, rows):
        self.with_context(import_file=True)._load(
            'crm.lead',
            'growth_demo_imported_lead',
            [
                {
                    **self._prepare_lead(row),
                    'active': False,
                    'probability': 0,
                    'automated_probability': 0,
                    'lost_reason_id': self._get_id(row['reason']),
                    'date_closed': self._get_moment(row),
                }
                for row in rows
            ],
        )

    @api.model
    def _create_leads(self, rows):
        """Create the leads as they were before the first refusal.

        :return: what is to happen to them, in the order of the moments
        :rtype: list[Event]
        """
        first_rows = {}
        for row in sorted(rows, key=lambda row: -row['days_ago']):
            first_rows.setdefault(self._get_key(row), row)
        leads = self._load(
            'crm.lead', 'growth_demo_lead', [self._prepare_lead(row) for row in first_rows.values()]
        )
        lead_by_key = dict(zip(first_rows, leads, strict=True))
        events = []
        for row in rows:
            lead = lead_by_key[self._get_key(row)]
            events.append(Event(self._get_moment(row), '_lose', lead, row))
            for column, method in (
                ('found_after', '_find_reason'),
                ('reopened_after', '_reopen'),
                ('won_after', '_win'),
            ):
                if row[column]:
                    moment = self._get_moment(row, row[column])
                    events.append(Event(moment, method, lead, row))
        return sorted(events, key=lambda event: event.moment)

    @api.model
    def _get_key(self, row):
        """What tells leads apart."""
        return row['company'], row['customer'], row['prospect'], row['lead']

    @api.model
    def _prepare_lead(self, row):
        user = self.env.ref(row['salesperson'])
        lost = self._get_moment(row)
        opened = lost - timedelta(days=Random(' '.join(self._get_key(row))).randint(12, 50))
        return {
            'type': 'opportunity',
            'name': row['lead'],
            'partner_id': self._get_id(row['customer']),
            'partner_name': row['prospect'],
            'company_id': self._get_id(row['company']),
            'user_id': user.id,
            'team_id': user.sale_team_id.id,
            'stage_id': self._get_id(row['stage']),
            'source_id': self._get_id(row['source']),
            'expected_revenue': float(row['value']),
            'create_date': opened,
            'date_open': opened,
            'date_last_stage_update': opened + (lost - opened) / 2,
        }

    @api.model
    def _get_moment(self, row, days_later=0):
        """When a lead was lost, or something happened so many days later: a working hour."""
        day = fields.Date.today() - timedelta(days=row['days_ago'] - days_later)
        # Back to Friday: a day later could be tomorrow.
        day -= timedelta(days=max(0, day.weekday() - 4))
        random = Random(' '.join(self._get_key(row)))
        # What follows on the same day comes later: the hours of a row are the same.
        return datetime.combine(day, time(random.randint(8, 15), random.randrange(60)))

    @api.model
    def _get_id(self, name):
        return self.env.ref(name).id if name else False

    # ------------------------------------------------------------
    # WHAT HAPPENED
    # ------------------------------------------------------------

    @api.model
    def _lose(self, event):
        row, lead = event.row, self._as_salesperson(event.lead)
        vals = {'stage_id': self._get_id(row['stage']), 'expected_revenue': float(row['value'])}
        if lead.stage_id.id != vals['stage_id'] or lead.expected_revenue != float(row['value']):
            lead.write(vals)
        if row['found_after']:
            reason = self.env.ref(EXCUSE)
            stated = {'competitor_id': self._get_id(row['competitor'])}
        else:
            reason = self.env.ref(row['reason'])
            stated = self._prepare_stated(row)
        lead.action_set_lost(lost_reason_id=reason.id, refusal=stated)
        self._set_back_refusal(self._get_refusal(lead), event.moment)
        event.lead.date_closed = event.moment

    @api.model
    def _set_back_refusal(self, refusal, moment):
        day = refusal.company_id._growth_day(moment)
        follow_up = refusal._prepare_follow_up(refusal.reason_id, day)
        refusal.write({'date': moment, 'day': day, **follow_up})

    @api.model
    def _find_reason(self, event):
        refusal = self._get_refusal(event.lead)
        asked = refusal.follow_up_activity_id
        refusal.with_env(self._as_salesperson(event.lead).env)._restate(
            self.env.ref(event.row['reason']), self._prepare_stated(event.row)
        )
        refusal.statement_ids[:1].date = event.moment
        if asked:
            asked.date_done = event.moment
            event.lead.message_ids[:1].date = event.moment

    @api.model
    def _reopen(self, event):
        self._as_salesperson(event.lead).action_restore()
        self._get_refusal(event.lead).reopened_date = event.moment

    @api.model
    def _win(self, event):
        lead = self._as_salesperson(event.lead)
        lead.expected_revenue = float(event.row['won_value'])
        lead.action_set_won()
        refusal = self._get_refusal(event.lead)
        refusal.write(
            {
                'recovered_date': event.moment,
                'days_to_recover': (event.moment - refusal.date).days,
            }
        )
        event.lead.write({'date_closed': event.moment, 'date_last_stage_update': event.moment})

    @api.model
    def _as_salesperson(self, lead):
        return lead.with_user(lead.user_id).with_context(allowed_company_ids=lead.company_id.ids)

    @api.model
    def _get_refusal(self, lead):
        """The last refusal of a lead, for the superuser."""
        return self.env['growth.refusal'].search([('lead_id', '=', lead.id)], limit=1)

    @api.model
    def _prepare_stated(self, row):
        return {
            'competitor_id': self._get_id(row['competitor']),
            'our_price': float(row['our_price'] or 0),
            'their_price': float(row['their_price'] or 0),
            'requested_product': row['product'],
            'note': row['note'],
            'is_no_contact': bool(row['no_contact']),
        }

    # ------------------------------------------------------------
    # FOLLOW-UPS
    # ------------------------------------------------------------

    @api.model
    def _follow_up_until(self, last_day):
        """Plan what was due until a day, as the scheduled job did on each of the days."""
        Refusal = self.env['growth.refusal']
        due = Refusal.search(
            [('follow_up_state', '=', 'waiting'), ('follow_up_date', '<=', last_day)]
        )
        days = {(refusal.follow_up_date, refusal.company_id) for refusal in due}
        for day, company in sorted(days, key=lambda item: (item[0], item[1].id)):
            Refusal._stop_due_follow_ups(company, day)
            Refusal._plan_follow_ups(company, day)

    @api.model
    def _finish_follow_ups(self):
        """Do the follow-ups of the past on the next day, except where nobody asked for the real
        reason."""
        last_day = fields.Date.today() - timedelta(days=DONE_AFTER_DAYS)
        refusals = self.env['growth.refusal'].search(
            [('follow_up_planned_on', '<=', last_day), ('is_unresolved', '=', False)]
        )
        for refusal in refusals:
            activity = refusal.follow_up_activity_id.with_user(refusal.follow_up_user_id)
            if activity.active:
                moment = datetime.combine(refusal.follow_up_planned_on, time(9)) + timedelta(days=1)
                messages, _next_activities = activity._action_done(
                    feedback="Sent the review of the market and asked for news."
                )
                messages.sudo().date = moment
                activity.sudo().date_done = moment
