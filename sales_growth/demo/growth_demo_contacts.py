from datetime import datetime, time, timedelta
from random import Random
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

from .growth_demo import Sale
from .growth_demo_histories import SIGNED, get_working_day

CONTACTS_SINCE = timedelta(days=35)
QUOTATIONS_SINCE = timedelta(days=21)
MEMBERS_SINCE = timedelta(days=730)
MEETING = timedelta(hours=1)
# How often nobody could be reached before somebody was
SHARE_NOT_REACHED = 0.4
# What was written down about contacts
ACQUAINTED = (
    "Spoke with the plant manager: has three sites, decides himself.",
    "Reached the buyer. Interested, wants to see figures.",
    "Good talk: their contract elsewhere ends this year.",
    "They do most of it in house and look for help with the rest.",
)
INVITED = (
    "Agreed on a date on site.",
    "Sent the agenda, the maintenance engineer will join.",
    "Wants the offer to be presented to both owners.",
)
PRESENTED = (
    "Showed the plan for the year and the price; asked for two changes.",
    "Walked through the plant, the offer fits.",
    "Presented terms; the buyer asks for the visits to be at weekends.",
)
AGREED = (
    "Sent the signed contract and the dates of the first visits.",
    "Confirmed the terms in writing.",
)
REFUSED = "Said no: {}"
TYPES = {
    'call': 'mail.mail_activity_data_call',
    'mail': 'mail.mail_activity_data_email',
    'meeting': 'mail.mail_activity_data_meeting',
}


class Contact(NamedTuple):
    """A contact to be: without a result, nobody was reached."""

    lead: models.Model
    user: models.Model
    moment: datetime
    kind: str
    result: str | bool


class GrowthDemo(models.AbstractModel):
    """Makes the contacts of the last weeks out of what the leads went through: who got acquainted
    had called, who presented had met the customer, who lost had heard a no."""

    _inherit = 'growth.demo'

    @api.model
    def _generate_contacts(self):
        if self.env.ref('sales_growth.growth_demo_meeting_001', raise_if_not_found=False):
            return
        self = self.with_context(
            tracking_disable=True,
            mail_create_nosubscribe=True,
            mail_activity_quick_update=True,
            no_mail_to_attendees=True,
            dont_notify=True,
        )
        self._set_back_members()
        self._set_back_done_activities()
        contacts = self._get_contacts()
        meetings = [contact for contact in contacts if contact.kind == 'meeting']
        # Not every meeting is kept in the calendar.
        in_calendar = meetings[::2]
        self._create_meetings(in_calendar)
        self._create_done_activities([item for item in contacts if item not in in_calendar])
        self._create_quotations()

    # ------------------------------------------------------------
    # WHAT WAS THERE
    # ------------------------------------------------------------

    @api.model
    def _set_back_members(self):
        """Let salespeople have been in their teams for long: contacts are planned for members.

        By SQL: the ORM does not write when records were created.
        """
        teams = self._get_teams()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_team_member SET create_date = %s WHERE crm_team_id = ANY(%s)",
                fields.Datetime.now() - MEMBERS_SINCE,
                teams.ids,
            )
        )
        self.env['crm.team.member'].invalidate_model(['create_date'])

    @api.model
    def _get_teams(self):
        return self.env['crm.team'].union(
            *(
                self.env.ref(f'sales_growth.growth_demo_team_{name}')
                for name in ('key_accounts', 'new_business', 'prospecting')
            )
        )

    @api.model
    def _set_back_done_activities(self):
        """Follow-ups and coaching were done on their days, not today."""
        activities = self.env['mail.activity'].with_context(active_test=False)
        for activity in activities.search([('date_done', '<', fields.Date.today())]):
            activity.growth_date_done = datetime.combine(activity.date_done, time(9))

    # ------------------------------------------------------------
    # WHO SPOKE WITH WHOM
    # ------------------------------------------------------------

    @api.model
    def _get_contacts(self):
        """
        :rtype: list[Contact]
        """
        random = Random('contacts')
        recent = [
            ('date', '>=', fields.Datetime.now() - CONTACTS_SINCE),
            ('is_estimated', '=', False),
            ('user_id', '!=', False),
        ]
        contacts = []
        for event in self.env['growth.funnel.event'].search(recent, order='date, id'):
            contacts += self._get_contacts_of_event(event, random)
        for refusal in self.env['growth.refusal'].search(recent, order='date, id'):
            result = REFUSED.format(refusal.reason_id.name)
            contacts.append(Contact(refusal.lead_id, refusal.user_id, refusal.date, 'call', result))
        return contacts

    @api.model
    def _get_contacts_of_event(self, event, random):
        lead, user, moment = event.lead_id, event.user_id, event.date
        number = event.step_id.funnel_id.step_ids.ids.index(event.step_id.id)
        day_before = moment - (moment.date() - get_working_day(moment.date(), 1))
        was_there = day_before >= lead.create_date
        contacts = []
        if number == 0:
            if was_there and random.random() < SHARE_NOT_REACHED:
                contacts.append(Contact(lead, user, day_before, 'call', False))
            contacts.append(Contact(lead, user, moment, 'call', random.choice(ACQUAINTED)))
        elif number == 1:
            if was_there:
                contacts.append(Contact(lead, user, day_before, 'call', random.choice(INVITED)))
            contacts.append(Contact(lead, user, moment, 'meeting', random.choice(PRESENTED)))
        elif number == SIGNED - 1:
            contacts.append(Contact(lead, user, moment, 'mail', random.choice(AGREED)))
        return contacts

    # ------------------------------------------------------------
    # RECORDS
    # ------------------------------------------------------------

    @api.model
    def _create_meetings(self, contacts):
        meetings = self._load(
            'calendar.event',
            'growth_demo_meeting',
            [
                {
                    'name': f"Presentation: {contact.lead.name}",
                    'start': contact.moment - MEETING,
                    'stop': contact.moment,
                    'user_id': contact.user.id,
                    'opportunity_id': contact.lead.id,
                    'partner_ids': [
                        Command.set((contact.user.partner_id | contact.lead.partner_id).ids)
                    ],
                }
                for contact in contacts
            ],
        )
        for meeting in meetings:
            # Odoo wrote on the lead that the meeting is scheduled.
            meeting.opportunity_id.message_ids[:1].date = meeting.start

    @api.model
    def _create_done_activities(self, contacts):
        leads = self.env['ir.model']._get_id('crm.lead')
        activities = self.env['mail.activity'].create(
            [
                {
                    'res_model_id': leads,
                    'res_id': contact.lead.id,
                    'activity_type_id': self.env.ref(TYPES[contact.kind]).id,
                    'user_id': contact.user.id,
                    'date_deadline': contact.moment.date(),
                    'feedback': contact.result,
                    'active': False,
                }
                for contact in contacts
            ]
        )
        for activity, contact in zip(activities, contacts, strict=True):
            activity.write({'date_done': contact.moment.date(), 'growth_date_done': contact.moment})

    @api.model
    def _create_quotations(self):
        """Send customers the quotations that were presented to them and wait for an answer."""
        catalogue = self._get_catalogue()
        random = Random('quotations')
        events = self.env['growth.funnel.event'].search(
            [
                ('date', '>=', fields.Datetime.now() - QUOTATIONS_SINCE),
                ('company_id', '=', self.env.ref('base.main_company').id),
                ('step_id.stage_ids', 'in', self.env.ref('crm.stage_lead3').id),
                ('lead_id.stage_id', '=', self.env.ref('crm.stage_lead3').id),
                ('lead_id.won_status', '=', 'pending'),
                ('lead_id.partner_id', '!=', False),
            ],
            order='date, id',
        )
        quotations = self._load(
            'sale.order',
            'growth_demo_quotation',
            [self._prepare_quotation(event, catalogue, random) for event in events],
        )
        for quotation in quotations:
            quotation.growth_sent_date = quotation.date_order

    @api.model
    def _prepare_quotation(self, event, catalogue, random):
        lead = event.lead_id
        amount = max(lead.expected_revenue, catalogue[-1][1])
        sale = Sale(event.date, lead.company_id, lead.partner_id, amount, 0.0, random)
        return {
            **self._prepare_order(sale, catalogue),
            'opportunity_id': lead.id,
            'user_id': lead.user_id.id,
            'team_id': lead.team_id.id,
            'source_id': lead.source_id.id,
            'state': 'sent',
        }
