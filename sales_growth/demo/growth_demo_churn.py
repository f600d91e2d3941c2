import csv
from datetime import datetime, time, timedelta
from typing import NamedTuple

from odoo import Command, api, fields, models
from odoo.tools import file_open

DEEDS = 'sales_growth/demo/growth_demo_churn.csv'
# Days before today on which the job ran: long ago seldom, as nobody looks at each day of then.
RUN_DAYS = (*range(350, 28, -14), *range(28, -1, -7))
FEEDBACK = "Done as planned."
PROSPECT = {
    'name': "Sunfield Greenhouses",
    'is_company': True,
    'email': 'sunfield.greenhouses@example.com',
    'city': "Murcia",
}
INQUIRY_DAYS = (297, 221, 158, 76, 12)


class Conflict(NamedTuple):
    """A conflict so many days ago, resolved so many days later, or not yet."""

    contact: str
    user: str
    department: str
    days_ago: int
    name: str
    description: str
    resolution: str = ''
    days_to_resolve: int = 0


class Answer(NamedTuple):
    """How likely a contact was to recommend the company so many days ago."""

    contact: str
    days_ago: int
    score: int
    comment: str = ''


class Deed(NamedTuple):
    """What somebody did about the open case of a customer; the row tells what."""

    days_ago: int
    method: str
    row: dict


CONFLICTS = (
    Conflict(
        'summit_hospitals_contact_1',
        'nora',
        'accounting',
        101,
        "Charged twice for one inspection",
        "<p>The credit note was promised in March and came in May.</p>",
        "Credit note and a letter of the head of accounting; one address for questions since.",
        12,
    ),
    Conflict(
        'lindenhof_hotels_contact_1',
        'tomas',
        'delivery',
        6,
        "Heating stood still for a weekend, and nobody came",
        "<p>Three calls to the emergency number. The hotel moved its guests to a competitor and "
        "asks for the costs.</p>",
    ),
)
ANSWERS = (
    Answer('titan_stadium_contact_1', 244, 8),
    Answer('aurora_foods_contact_1', 204, 9, "Your people know our lines."),
    Answer('brightwater_utilities_contact_1', 190, 9),
    Answer('vela_pharma_contact_1', 171, 7, "Good work, slow paperwork."),
    Answer('northgate_dairy_contact_1', 120, 10),
    Answer('quayside_fisheries_contact_1', 118, 7),
    Answer('harbor_logistics_contact_1', 96, 9),
    Answer('evergreen_schools_contact_1', 88, 8),
    Answer('summit_hospitals_contact_2', 64, 8, "The double invoice is forgiven."),
    Answer('bluebell_bakeries_contact_1', 52, 9),
    Answer('aurora_foods_contact_2', 33, 10),
    Answer('meridian_packaging_contact_1', 15, 10, "Handed over without a hitch."),
    Answer('copperfield_electronics_contact_1', 4, 3, "Third technician this year."),
    Answer('evergreen_schools_contact_1', 3, 0, "Nobody told us that the boiler was off."),
)


class GrowthDemo(models.AbstractModel):
    """Makes the history of churn: the job runs as of many days of the last year, and people act in
    between by what it found, as `growth_demo_churn.csv` tells: a row each time somebody saw to the
    open case of a customer, so many days before today. `failed_after`: the attempt that began then
    had failed so many days later. `gives_up`: in the end the case was closed.

    Only the job opens cases, and only orders win customers back. Both take each step for today's:
    it is moved back to its day at once.
    """

    _inherit = 'growth.demo'

    @api.model
    def _generate_churn(self):
        companies = self.env.ref('base.main_company') + self.env.ref(
            'sales_growth.growth_demo_company_europe'
        )
        # A company where the job ran before has a history of its own.
        if any(companies.mapped('growth_churn_as_of')):
            return
        self = self.with_context(
            tracking_disable=True, mail_create_nosubscribe=True, mail_activity_quick_update=True
        )
        self._create_inquiries()
        self._create_conflicts()
        self._create_quotation()
        self._create_nps_answers()
        run_days = list(RUN_DAYS)
        for deed in self._read_deeds():
            self._find_leaving(companies, run_days, deed.days_ago)
            self._do_deed(deed)
        self._find_leaving(companies, run_days, 0)
        self._set_back_won_customers(companies)
        # Each run wrote down that there is too little history: the last time is enough.
        lessons = self.env['growth.churn.model'].search([('company_id', 'in', companies.ids)])
        for of_company in lessons.grouped('company_id').values():
            of_company[1:].unlink()

    @api.model
    def _days_before_today(self, days):
        return fields.Date.today() - timedelta(days=days)

    # ------------------------------------------------------------
    # SIGNS BESIDE ORDERS
    # ------------------------------------------------------------

    @api.model
    def _create_inquiries(self):
        """Let somebody ask for one quotation after the other, and never buy."""
        user = self.env.ref('sales_growth.growth_demo_user_tomas')
        prospect = self._load(
            'res.partner',
            'growth_demo_prospect',
            [{**PROSPECT, 'user_id': user.id, 'country_id': self.env.ref('base.es').id}],
        )
        self._load(
            'sale.order',
            'growth_demo_inquiry',
            [
                self._prepare_inquiry(prospect, user, days_ago, 'cancel')
                for days_ago in INQUIRY_DAYS
            ],
        )

    @api.model
    def _create_quotation(self):
        """Let the customer who is angry have a quotation, which warns of it."""
        customer = self.env.ref('sales_growth.growth_demo_lindenhof_hotels')
        self._load(
            'sale.order',
            'growth_demo_quotation_churn',
            [self._prepare_inquiry(customer, customer.user_id, 2, 'draft')],
        )

    @api.model
    def _prepare_inquiry(self, customer, user, days_ago, state):
        moment = datetime.combine(self._days_before_today(days_ago), time(10))
        product = self.env['product.product'].search(
            [('categ_id', '=', self.env.ref('sales_growth.growth_demo_category').id)], limit=1
        )
        return {
            'partner_id': customer.id,
            'company_id': self.env.ref('base.main_company').id,
            'user_id': user.id,
            'team_id': user.sale_team_id.id,
            'date_order': moment,
            'create_date': moment,
            'state': state,
            'order_line': [Command.create({'product_id': product.id, 'product_uom_qty': 4})],
        }

    @api.model
    def _create_conflicts(self):
        conflicts = self._load(
            'growth.conflict',
            'growth_demo_conflict',
            [
                {
                    'company_id': self.env.ref('base.main_company').id,
                    'partner_id': self.env.ref(f'sales_growth.growth_demo_{conflict.contact}').id,
                    'user_id': self.env.ref(f'sales_growth.growth_demo_user_{conflict.user}').id,
                    'department': conflict.department,
                    'date': self._days_before_today(conflict.days_ago),
                    'name': conflict.name,
                    'description': conflict.description,
                    'resolution': conflict.resolution,
                }
                for conflict in CONFLICTS
            ],
        )
        for conflict, told in zip(conflicts, CONFLICTS, strict=True):
            if told.resolution:
                conflict.with_user(conflict.user_id).action_resolve()
                conflict.resolved_date = conflict.date + timedelta(days=told.days_to_resolve)

    @api.model
    def _create_nps_answers(self):
        self._load(
            'growth.nps.answer',
            'growth_demo_nps_answer',
            [
                {
                    'company_id': self.env.ref('base.main_company').id,
                    'partner_id': self.env.ref(f'sales_growth.growth_demo_{answer.contact}').id,
                    'date': self._days_before_today(answer.days_ago),
                    'score': answer.score,
                    'comment': answer.comment,
                }
                for answer in ANSWERS
            ],
        )

    # ------------------------------------------------------------
    # THE JOB
    # ------------------------------------------------------------

    @api.model
    def _find_leaving(self, companies, run_days, days_ago):
        """Find who was leaving, as the scheduled job did on each of the days until then.

        :param list[int] run_days: those that are still to come, changed in place
        """
        while run_days and run_days[0] >= days_ago:
            day = self._days_before_today(run_days.pop(0))
            # Today is each company's own.
            self.env['growth.churn.rule']._detect(companies, as_of=day if run_days else None)
            if run_days:
                self._set_back_run(companies, day)

    @api.model
    def _set_back_run(self, companies, day):
        """Move back what the job did on a day, and have the people do what it told them."""
        self.env['growth.churn.case'].search(
            [
                ('company_id', 'in', companies.ids),
                ('state', '=', 'over'),
                ('closed_date', '>', day),
            ]
        ).closed_date = day
        digests = self.env['growth.churn.digest'].search([('date', '=', day)])
        for user, activities in digests.activity_ids.grouped('user_id').items():
            activities.with_user(user)._action_done()
            activities.date_done = day

    @api.model
    def _set_back_won_customers(self, companies):
        """As of a day of the past the job does not tell who was won back: let those who are won
        back today be so since their order."""
        cases = self.env['growth.churn.case'].search(
            [
                ('company_id', 'in', companies.ids),
                ('state', '=', 'won'),
                ('customer_id.churn_state', '=', 'won_back'),
            ],
            order='won_date',
        )
        for case in cases:
            case.customer_id.churn_date = case.won_date

    # ------------------------------------------------------------
    # WHAT PEOPLE DID
    # ------------------------------------------------------------

    @api.model
    def _read_deeds(self):
        """
        :return: in the order of the days
        :rtype: list[Deed]
        """
        with file_open(DEEDS) as file:
            rows = list(csv.DictReader(file))
        deeds = []
        for row in rows:
            days_ago = int(row['days_ago'])
            deeds.append(Deed(days_ago, '_work_on', row))
            if row['failed_after']:
                days_ago -= int(row['failed_after'])
                deeds.append(Deed(days_ago, '_fail', row))
            if row['gives_up']:
                deeds.append(Deed(days_ago, '_give_up', row))
        return sorted(deeds, key=lambda deed: -deed.days_ago)

    @api.model
    def _do_deed(self, deed):
        case = self.env['growth.churn.case'].search(
            [
                ('company_id', '=', self.env.ref(deed.row['company']).id),
                ('partner_id', '=', self.env.ref(deed.row['customer']).id),
                ('is_open', '=', True),
            ]
        )
        # Nobody orders at weekends: an order a day earlier may have ended the case already.
        if not case.user_id:
            return
        day = self._days_before_today(deed.days_ago)
        known = case.message_ids
        getattr(self, deed.method)(
            case.with_user(case.user_id).with_context(allowed_company_ids=case.company_id.ids),
            deed.row,
            day,
        )
        case.invalidate_recordset(['message_ids'])
        (case.message_ids - known).date = datetime.combine(day, time(11))

    @api.model
    def _work_on(self, case, row, day):
        """Write down the reason and the decision, and begin an attempt."""
        if row['reason']:
            case.write({'reason_id': self.env.ref(row['reason']).id, 'reason_note': row['note']})
        if row['decision']:
            names = ('decision', 'why', 'decision_note')
            case.write({name: row[name] or False for name in names})
            case.sudo().decided_date = day
        if row['method']:
            case._start_attempts(
                case.company_id._growth_day(fields.Datetime.now()),
                method=self.env.ref(row['method']).with_env(case.env),
            )
            self._set_back_attempt(case, day)

    @api.model
    def _set_back_attempt(self, case, day):
        """Move back the attempt that was begun now, with its steps; those of days that are over
        have been taken."""
        today = fields.Date.today()
        self._get_open_attempt(case).date = day
        for activity in case.sudo().activity_ids.filtered('automated'):
            activity.date_deadline -= today - day
            if activity.date_deadline < today:
                deadline = activity.date_deadline
                activity.with_user(activity.user_id)._action_done(feedback=FEEDBACK)
                activity.date_done = deadline

    @api.model
    def _get_open_attempt(self, case):
        """The attempt under way of a case, for the superuser."""
        return self.env['growth.winback.attempt'].search(
            [('case_id', '=', case.id), ('result', '=', 'open')]
        )

    @api.model
    def _fail(self, case, row, day):
        attempt = self._get_open_attempt(case)
        attempt.with_env(case.env)._fail(row['outcome'])
        attempt.closed_date = day

    @api.model
    def _give_up(self, case, row, day):
        case.action_close()
        case.sudo().closed_date = day
