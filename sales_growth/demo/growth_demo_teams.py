from datetime import datetime, time, timedelta
from typing import NamedTuple

from odoo import api, fields, models

# Whoever had no answer after so many days is late.
DEADLINE_DAYS = 5
UNDO_DAYS = 7
# Customers that were won since then are handed over by the job.
WON_SINCE = timedelta(days=30)


class Story(NamedTuple):
    """What became of a customer that was offered so many days ago."""

    customer: str
    farmer: str
    state: str
    days_ago: int
    days_to_accept: int = 0


STORIES = (
    Story('ironbridge_steel', 'priya', 'accepted', 318, 5),
    Story('titan_stadium', 'nora', 'accepted', 300, 2),
    Story('brightwater_utilities', 'priya', 'accepted', 262, 1),
    Story('emerald_gardens', 'priya', 'accepted', 250, 6),
    Story('monsoon_textiles', 'nora', 'accepted', 234, 8),
    Story('evergreen_schools', 'nora', 'accepted', 232, 3),
    Story('quayside_fisheries', 'priya', 'accepted', 205, 4),
    Story('marlow_construction', 'priya', 'accepted', 196, 12),
    Story('orchard_retail', 'nora', 'accepted', 120, 2),
    Story('bluebell_bakeries', 'nora', 'accepted', 44, 3),
    Story('meridian_packaging', 'nora', 'accepted', 4, 1),
    Story('ridgeline_breweries', 'priya', 'offered', 2),
    Story('hopewell_clinics', 'nora', 'offered', 9),
    Story('saffron_restaurants', 'priya', 'refused', 6),
    Story('copperfield_electronics', 'priya', 'undone', 33, 2),
)
# A hunter's deal with a farmer's customer: the lead shows a hint.
DEAL = ("Second production line", 'meridian_packaging', 'daniel')
# What came in and nobody has: routing gives them to the farmer, or to the hunters.
REQUESTS = (
    ("Spare parts for the bottling line", 'bluebell_bakeries', ""),
    ("Extension of the service contract", 'titan_stadium', ""),
    ("Inspection of a boiler house", None, "Foxglove Nurseries"),
    ("Offer for a maintenance contract", None, "Larkspur Dairies"),
)
REFUSAL = "The second delivery is still open, and I was not told about the discount they expect."
NOTE = (
    "<p>The head of purchasing decides, the plant manager orders. Deliveries on Tuesdays only. "
    "They want a frame agreement before the end of the year.</p>"
)


class GrowthDemo(models.AbstractModel):
    """Makes the handovers: what went well, what was lost, refused and undone, and what waits."""

    _inherit = 'growth.demo'

    @api.model
    def _generate_teams(self):
        if self.env.ref('sales_growth.growth_demo_handover_001', raise_if_not_found=False):
            return
        self = self.with_context(
            tracking_disable=True, mail_create_nosubscribe=True, mail_activity_quick_update=True
        )
        company = self.env.ref('base.main_company')
        today = company._growth_day(fields.Datetime.now())
        handovers = self._load(
            'growth.handover',
            'growth_demo_handover',
            [self._prepare_handover(story, company, today) for story in STORIES],
        )
        for handover, story in zip(handovers, STORIES, strict=True):
            self._tell_story(handover, story)
        company.growth_handover_trigger = 'order'
        company.growth_handover_since = today - WON_SINCE
        Handover = self.env['growth.handover']
        Handover._open_batch(company, Handover._get_due(company, 0, limit=20))
        self._create_requests(company)
        # Lifecycle and farmers are there: as every morning, once more.
        self.env['growth.customer']._refresh(company)

    @api.model
    def _prepare_handover(self, story, company, today):
        customer = self.env.ref(f'sales_growth.growth_demo_{story.customer}')
        return {
            'company_id': company.id,
            'partner_id': customer.id,
            'hunter_id': customer.user_id.id,
            'farmer_id': self.env.ref(f'sales_growth.growth_demo_user_{story.farmer}').id,
            'trigger': 'order',
            'note': NOTE,
            'date': today - timedelta(days=story.days_ago + 2),
        }

    @api.model
    def _tell_story(self, handover, story):
        offered = handover.date + timedelta(days=2)
        handover.activity_ids.unlink()
        handover.item_ids.is_done = True
        handover.item_ids.done_by_id = handover.hunter_id
        handover.write(
            {
                'state': 'offered',
                'offered_date': offered,
                'deadline': offered + timedelta(days=DEADLINE_DAYS),
            }
        )
        if story.state == 'offered':
            handover._schedule_answer()
        elif story.state == 'refused':
            handover.write(
                {
                    'state': 'refused',
                    'refusal_reason': REFUSAL,
                    'refused_by_id': handover.farmer_id.id,
                }
            )
            handover._schedule_decision(REFUSAL)
        else:
            self._accept(handover, offered + timedelta(days=story.days_to_accept))
        if story.state == 'undone':
            handover._give_back()
            handover.state = 'undone'

    @api.model
    def _accept(self, handover, day):
        """Accept as the farmer would have done on a day; what was bought since is the farmer's."""
        farmer = handover.farmer_id
        handover.write(
            {
                'state': 'accepted',
                'accepted_date': day,
                'accepted_by_id': farmer.id,
                'undo_until': day + timedelta(days=UNDO_DAYS),
            }
        )
        handover._move_records()
        customer = self.env['growth.customer'].search(
            [
                ('company_id', '=', handover.company_id.id),
                ('partner_id', '=', handover.partner_id.id),
            ]
        )
        customer.farmer_since = day
        self.env['sale.order'].search(
            [
                ('company_id', '=', handover.company_id.id),
                ('commercial_partner_id', '=', handover.partner_id.id),
                ('state', '=', 'sale'),
                ('date_order', '>', datetime.combine(day, time.max)),
            ]
        ).write({'user_id': farmer.id, 'team_id': handover.team_id.id})

    @api.model
    def _create_requests(self, company):
        name, customer, salesperson = DEAL
        user = self.env.ref(f'sales_growth.growth_demo_user_{salesperson}')
        deal = {
            'name': name,
            'type': 'opportunity',
            'company_id': company.id,
            'partner_id': self.env.ref(f'sales_growth.growth_demo_{customer}').id,
            'user_id': user.id,
            'team_id': user.sale_team_id.id,
            'expected_revenue': 18000,
        }
        requests = [
            {
                'name': name,
                'type': 'opportunity',
                'company_id': company.id,
                'partner_id': customer and self.env.ref(f'sales_growth.growth_demo_{customer}').id,
                'partner_name': partner_name,
                'user_id': False,
                'team_id': False,
            }
            for name, customer, partner_name in REQUESTS
        ]
        self._load('crm.lead', 'growth_demo_request', [deal, *requests])
