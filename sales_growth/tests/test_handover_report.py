from collections import defaultdict
from datetime import date, timedelta
from statistics import median

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..reports.growth_handover_report import BOUGHT_DAYS, LOST_DAYS
from .common_funnel import FunnelMixin
from .common_handover import HandoverCommon

COUNTS = ['handovers:sum', 'accepted:sum', 'refused:sum']
FOLLOWED = ['bought:sum', 'bought_judged:sum', 'lost:sum', 'lost_judged:sum']
RATES = ['bought_rate:avg', 'lost_rate:avg']
MEASURES = [*COUNTS, 'days:avg', *FOLLOWED, *RATES]
# Where everything below is looked at
NOW = '2026-12-01'
ACCEPTED = date(2026, 2, 3)


@tagged('post_install', '-at_install')
class TestHandoverReport(HandoverCommon):
    """What became of customers that were handed over.

    | customer | from    | to      | offered | accepted | bought | so it is     |
    |----------|---------|---------|---------|----------|--------|--------------|
    | Quick    | hunter  | farmer  | 2/1     | 2/3      | 3/15   | bought again |
    | Slow     | hunter  | farmer  | 2/1     | 2/9      | 6/30   | late         |
    | Ended    | hunter2 | farmer  | 1/8     | 1/10     |        | lost         |
    | Undone   | hunter  | farmer  | 4/1     | 4/2      | 4/20   | undone       |
    | Refused  | hunter  | farmer  | 5/1     |          | 5/20   | refused      |
    | Gone     | hunter2 | farmer2 | 3/1     | 3/5      |        | lost         |
    | Early    | hunter  | farmer2 | 10/1    | 10/2     | 10/20  | bought again |
    | Fresh    | hunter  | farmer2 | 10/31   | 11/1     |        | open         |
    | Summer   | hunter2 | farmer2 | 7/29    | 8/1      |        | open, not 90 |
    | June     | hunter2 | farmer2 | 6/1     | 6/1      | 6/20   | bought again |
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, hunter, farmer, offered, accepted, bought, state in (
            ("Quick", cls.hunter, cls.farmer, '02-01', '02-03', '03-15', 'accepted'),
            ("Slow", cls.hunter, cls.farmer, '02-01', '02-09', '06-30', 'accepted'),
            ("Ended", cls.hunter2, cls.farmer, '01-08', '01-10', None, 'ended'),
            ("Undone", cls.hunter, cls.farmer, '04-01', '04-02', '04-20', 'undone'),
            ("Refused", cls.hunter, cls.farmer, '05-01', None, '05-20', 'refused'),
            ("Gone", cls.hunter2, cls.farmer2, '03-01', '03-05', None, 'accepted'),
            ("Early", cls.hunter, cls.farmer2, '10-01', '10-02', '10-20', 'accepted'),
            ("Fresh", cls.hunter, cls.farmer2, '10-31', '11-01', None, 'accepted'),
            ("Summer", cls.hunter2, cls.farmer2, '07-29', '08-01', None, 'accepted'),
            ("June", cls.hunter2, cls.farmer2, '06-01', '06-01', '06-20', 'accepted'),
        ):
            customer = cls._hand_over(
                name,
                accepted and f'2026-{accepted}',
                hunter_id=hunter.id,
                farmer_id=farmer.id,
                offered_date=f'2026-{offered}',
                state=state,
            ).partner_id
            if bought:
                cls._create_order(customer, 100, f'2026-{bought} 12:00:00')

    @classmethod
    def _hand_over(cls, name, accepted=ACCEPTED, bought=(), **vals):
        """A handover as it stands after some time, of a customer who bought at some moments."""
        customer = cls._create_customer(name)
        company = cls.env['res.company'].browse(vals.get('company_id', cls.company.id))
        for moment in bought:
            cls._create_order(customer, 10, moment, company=company)
        return cls.env['growth.handover'].create(
            {
                'company_id': company.id,
                'partner_id': customer.id,
                'hunter_id': cls.hunter.id,
                'farmer_id': cls.farmer.id,
                'hunter_team_id': cls.hunting.id,
                'state': 'accepted',
                'date': '2026-01-01',
                'offered_date': '2026-02-01',
                'accepted_date': accepted,
                **vals,
            }
        )

    def setUp(self):
        super().setUp()
        self._go_to(NOW)
        self.report = self.env['growth.handover.report']

    def _figures(self, groupby, measures, domain=()):
        """Aggregates by group."""
        size = len(groupby)
        return {
            row[:size] if size > 1 else row[0] if size else 'all': row[size:]
            for row in self.report._read_group(list(domain), groupby, measures)
        }

    def _follow(self, handover):
        """What the report says of a handover: outcome, day of the purchase, and the measures."""
        self.env.flush_all()
        self.env.invalidate_all()
        row = self.report.browse(handover.id)
        counts = (row.bought, row.bought_judged, row.lost, row.lost_judged)
        return row.outcome, row.purchase_date, counts

    # ------------------------------------------------------------
    # FIGURES
    # ------------------------------------------------------------

    def test_each_farmer(self):
        self.assertEqual(
            self._figures(['farmer_id'], MEASURES),
            {
                # Days 2, 8 and 2
                self.farmer: (5, 3, 1, 2, 1, 3, 1, 3, 1 / 3, 1 / 3),
                # Days 4, 1, 1, 3 and 0. Summer is judged on 90 days, Early and Fresh on nothing.
                self.farmer2: (5, 5, 0, 1, 1, 3, 1, 2, 1 / 3, 1 / 2),
            },
        )

    def test_the_total_is_no_average_of_farmers(self):
        self.assertEqual(
            self._figures([], MEASURES), {'all': (10, 8, 1, 2, 2, 6, 2, 5, 2 / 6, 2 / 5)}
        )

    def test_what_each_customer_did(self):
        self.assertEqual(
            {row.partner_id.name: row.outcome for row in self.report.search([])},
            {
                "Quick": 'bought',
                "Slow": 'late',
                "Ended": 'lost',
                "Undone": False,
                "Refused": False,
                "Gone": 'lost',
                "Early": 'bought',
                "Fresh": 'open',
                "Summer": 'open',
                "June": 'bought',
            },
        )

    def test_by_hunter_and_month_of_acceptance(self):
        # Undone: its month is that of the acceptance that was taken back.
        self.assertEqual(
            self._figures(
                ['hunter_id', 'accepted_date:month'],
                ['handovers:sum', 'accepted:sum', *RATES],
                [('accepted_date', '<', '2026-07-01')],
            ),
            {
                (self.hunter, date(2026, 2, 1)): (2, 2, 1 / 2, 0),
                (self.hunter, date(2026, 4, 1)): (1, 0, False, False),
                (self.hunter2, date(2026, 1, 1)): (1, 1, 0, 1),
                (self.hunter2, date(2026, 3, 1)): (1, 1, 0, 1),
                (self.hunter2, date(2026, 6, 1)): (1, 1, 1, 0),
            },
        )

    def test_rates_are_sums_over_sums_at_every_grouping(self):
        groupings = [
            [],
            ['farmer_id'],
            ['hunter_id'],
            ['team_id'],
            ['hunter_team_id'],
            ['trigger'],
            ['state'],
            ['outcome'],
            ['partner_id'],
            ['farmer_id', 'hunter_id'],
        ]
        rows = self.report.search([])
        sets = self.report._read_grouping_sets([], groupings, MEASURES)
        for groupby, groups in zip(groupings, sets, strict=True):
            with self.subTest(by=groupby):
                self.assertEqual(
                    {row[: len(groupby)]: row[len(groupby) :] for row in groups},
                    self._count_rows(rows, groupby),
                )

    def _count_rows(self, rows, groupby):
        groups = defaultdict(self.report.browse)
        for row in rows:
            groups[tuple(row[fname] for fname in groupby)] |= row
        return {key: self._count_group(group) for key, group in groups.items()}

    def _count_group(self, group):
        def total(spec):
            return sum(group.mapped(spec.partition(':')[0]))

        bought, bought_judged, lost, lost_judged = (total(spec) for spec in FOLLOWED)
        accepted = group.filtered('accepted')
        return (
            *(total(spec) for spec in COUNTS),
            median(accepted.mapped('days')) if accepted else False,
            bought,
            bought_judged,
            lost,
            lost_judged,
            bought / bought_judged if bought_judged else False,
            lost / lost_judged if lost_judged else False,
        )

    def test_rates_of_a_row(self):
        rows = {row.partner_id.name: row for row in self.report.search([])}
        for name, rates in (("Quick", (1, 0)), ("Gone", (0, 1)), ("Fresh", (0, 0))):
            self.assertEqual((rows[name].bought_rate, rows[name].lost_rate), rates, name)

    def test_names_say_the_days(self):
        for fname, days in (
            ('bought', BOUGHT_DAYS),
            ('bought_judged', BOUGHT_DAYS),
            ('bought_rate', BOUGHT_DAYS),
            ('lost', LOST_DAYS),
            ('lost_judged', LOST_DAYS),
            ('lost_rate', LOST_DAYS),
            ('purchase_date', LOST_DAYS),
        ):
            field = self.report._fields[fname]
            self.assertIn(f"{days} days", f"{field.string} {field.help}".lower(), fname)

    # ------------------------------------------------------------
    # BOUNDARIES
    # ------------------------------------------------------------

    def test_first_and_last_day(self):
        """A purchase counts from the day after the acceptance on, until day 90 and day 180."""
        for days, outcome in (
            (-1, 'lost'),
            (0, 'lost'),
            (1, 'bought'),
            (90, 'bought'),
            (91, 'late'),
            (180, 'late'),
            (181, 'lost'),
        ):
            with self.subTest(days=days):
                day = ACCEPTED + timedelta(days=days)
                for moment in (f'{day} 00:00:00', f'{day} 23:59:59'):
                    self.assertEqual(
                        self._follow(self._hand_over(f"Day {days}", bought=[moment])),
                        (
                            outcome,
                            day if outcome != 'lost' else False,
                            (outcome == 'bought', 1, outcome == 'lost', 1),
                        ),
                    )

    def test_the_first_of_many_purchases(self):
        handover = self._hand_over(
            "Many",
            bought=[
                '2025-12-01 12:00:00',
                '2026-02-03 18:00:00',
                '2026-05-30 12:00:00',
                '2026-04-01 12:00:00',
                '2026-11-01 12:00:00',
            ],
        )
        self.assertEqual(self._follow(handover), ('bought', date(2026, 4, 1), (1, 1, 0, 1)))

    def test_judged_when_the_days_are_over(self):
        handover = self._hand_over("Waiting")
        for days, outcome, counts in (
            (0, 'open', (0, 0, 0, 0)),
            (90, 'open', (0, 0, 0, 0)),
            (91, 'open', (0, 1, 0, 0)),
            (180, 'open', (0, 1, 0, 0)),
            (181, 'lost', (0, 1, 1, 1)),
        ):
            with self.subTest(days=days):
                day = ACCEPTED + timedelta(days=days)
                for moment in (f'{day} 00:00:00', f'{day} 23:59:59'):
                    self._go_to(moment)
                    self.assertEqual(self._follow(handover), (outcome, False, counts))

    def test_an_early_purchase_waits_like_none(self):
        self._go_to('2026-02-10')
        handover = self._hand_over("Fast", bought=['2026-02-10 09:00:00'])
        for days, counts in ((90, (0, 0, 0, 0)), (91, (1, 1, 0, 0)), (181, (1, 1, 0, 1))):
            self._go_to(f'{ACCEPTED + timedelta(days=days)} 12:00:00')
            self.assertEqual(self._follow(handover), ('bought', date(2026, 2, 10), counts), days)

    def test_what_is_dated_ahead_has_not_happened(self):
        self._go_to('2026-02-10')
        handover = self._hand_over("Ahead", bought=['2026-02-11 09:00:00'])
        self.assertEqual(self._follow(handover), ('open', False, (0, 0, 0, 0)))
        self._go_to('2026-02-11')
        self.assertEqual(self._follow(handover)[0], 'bought')

    def test_days_are_those_of_the_company(self):
        """Mistake 16: the moments at which the days after the acceptance begin and end."""
        second = timedelta(seconds=1)
        for zone, first, ninety_over, over in (
            # Nine hours ahead
            ('Asia/Tokyo', '02-03 15:00', '05-04 15:00', '08-02 15:00'),
            # Eight hours behind, seven in summer
            ('America/Los_Angeles', '02-04 08:00', '05-05 07:00', '08-03 07:00'),
            # As far from UTC as there are zones
            ('Pacific/Kiritimati', '02-03 10:00', '05-04 10:00', '08-02 10:00'),
            ('Etc/GMT+12', '02-04 12:00', '05-05 12:00', '08-03 12:00'),
        ):
            self.company.partner_id.tz = zone
            for moment, before, after in (
                (first, 'lost', 'bought'),
                (ninety_over, 'bought', 'late'),
                (over, 'late', 'lost'),
            ):
                with self.subTest(zone=zone, moment=moment):
                    moment = self._moment(moment)
                    self.assertEqual(
                        [
                            self._follow(self._hand_over(zone, bought=[instant]))[0]
                            for instant in (moment - second, moment)
                        ],
                        [before, after],
                    )
        handover = self._hand_over("Today", bought=['2026-02-04 12:00:00'])
        self.assertEqual(self._follow(handover)[1], ACCEPTED + timedelta(days=1))

    def _moment(self, text):
        return self.env['sale.order']._fields['date_order'].to_datetime(f'2026-{text}:00')

    def test_today_is_the_company_s(self):
        self.company.partner_id.tz = 'Asia/Tokyo'
        handover = self._hand_over("Waiting in Tokyo")
        self._go_to('2026-08-02 14:59:59')
        self.assertEqual(self._follow(handover)[0], 'open')
        self._go_to('2026-08-02 15:00:00')
        self.assertEqual(self._follow(handover)[0], 'lost')

    # ------------------------------------------------------------
    # WHAT IS A PURCHASE
    # ------------------------------------------------------------

    def test_credits_quotations_and_cancelled_orders_are_none(self):
        handover = self._hand_over("No Buyer")
        customer, moment = handover.partner_id, '2026-03-01 12:00:00'
        self._create_order(customer, -50, moment)
        self._create_order(customer, 0, moment)
        for state in ('draft', 'sent', 'cancel'):
            self._create_order(customer, 50, moment, state=state)
        self.assertEqual(self._follow(handover), ('lost', False, (0, 1, 1, 1)))
        self._create_order(customer, 50, '2026-03-02 12:00:00')
        self.assertEqual(self._follow(handover), ('bought', date(2026, 3, 2), (1, 1, 0, 1)))

    def test_contacts_of_a_company_are_one_customer(self):
        handover = self._hand_over("Company")
        contact = self.env['res.partner'].create(
            {'name': "Buyer", 'parent_id': handover.partner_id.id}
        )
        order = self._create_order(contact, 50, '2026-03-01 12:00:00')
        self.assertEqual(self._follow(handover)[0], 'bought')
        # An order that never got a customer of its own counts for that of its contact.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET commercial_partner_id = NULL WHERE id = %s", [order.id]
        )
        self.assertEqual(self._follow(handover)[0], 'bought')

    def test_handovers_of_one_customer_are_followed_each(self):
        first = self._hand_over("Twice", state='ended', bought=['2026-07-01 12:00:00'])
        second = self._hand_over("Other", accepted='2026-06-10', partner_id=first.partner_id.id)
        self.assertEqual(self._follow(first)[0], 'late')
        self.assertEqual(self._follow(second)[0], 'bought')

    # ------------------------------------------------------------
    # WHAT HAPPENS TO A HANDOVER
    # ------------------------------------------------------------

    def test_from_offer_to_undo(self):
        """As people do it, with the dates that the handover keeps."""
        self._go_to('2026-03-02')
        handover = self._offer()
        measures = [*COUNTS, 'days:avg', *FOLLOWED]
        domain = [('id', '=', handover.id)]
        nothing = (0, 0, 0, 0)
        self.assertEqual(self._figures([], measures, domain)['all'], (1, 0, 0, False, *nothing))
        self._go_to('2026-03-03')
        self._refuse(handover)
        self.assertEqual(self._figures([], measures, domain)['all'], (1, 0, 1, False, *nothing))
        self._go_to('2026-03-04')
        self._offer(handover)
        self.assertEqual(self._figures([], measures, domain)['all'], (1, 0, 0, False, *nothing))
        self._go_to('2026-03-07')
        self._accept(handover)
        self._go_to('2026-03-08')
        self._create_sale(self.customer, '2026-03-08 10:00:00')
        self.assertEqual(self._figures([], measures, domain)['all'], (1, 1, 0, 3, *nothing))
        self._undo(handover)
        self.assertEqual(self._figures([], measures, domain)['all'], (1, 0, 0, False, *nothing))

    def test_undone_is_not_judged_when_the_days_are_over(self):
        for bought in ((), ['2026-03-01 12:00:00']):
            handover = self._hand_over("Taken Back", state='undone', bought=bought)
            self.assertEqual(self._follow(handover), (False, False, (0, 0, 0, 0)))

    def test_cancelled_after_a_refusal_was_refused(self):
        handover = self._refuse(self._offer())
        self._as(handover, self.hunter).action_cancel()
        other = self._prepare(self._create_won("Cancelled"))
        self._as(other, self.hunter).action_cancel()
        for record, refused in ((handover, 1), (other, 0)):
            self.assertEqual(
                self._figures([], COUNTS, [('id', '=', record.id)])['all'], (1, 0, refused)
            )

    def test_a_row_opens_its_handover(self):
        handover = self._hand_over("Opened")
        row = self.report.with_user(self.farmer).search(
            [('partner_id', 'in', handover.partner_id.ids)]
        )
        action = row.action_open_handover()
        self.assertEqual((action['res_model'], action['res_id']), ('growth.handover', handover.id))

    # ------------------------------------------------------------
    # COMPANIES AND ACCESS
    # ------------------------------------------------------------

    def test_two_companies(self):
        """Each follows its own customers, by its own source and in its own days."""
        other = self._create_company("Other Company")
        other.partner_id.tz = 'Asia/Tokyo'
        users = self.env.user | self.hunter | self.farmer
        users.company_ids |= other
        shared = self._hand_over("Shared")
        theirs = self._hand_over(
            "Theirs", company_id=other.id, partner_id=shared.partner_id.id, hunter_team_id=False
        )
        moment = '2026-02-03 15:00:00'
        self._create_order(shared.partner_id, 100, moment, company=other)
        self.report = self.report.with_context(allowed_company_ids=[self.company.id, other.id])
        self.assertEqual(
            self._figures(['company_id'], FOLLOWED, [('id', 'in', (shared | theirs).ids)]),
            {self.company: (0, 1, 1, 1), other: (1, 1, 0, 1)},
        )
        # Orders are no purchases where invoices count.
        other.growth_source = 'invoice'
        self.assertEqual(self._follow(theirs)[0], 'lost')
        self.report = self.report.with_context(allowed_company_ids=self.company.ids)
        self.assertEqual(
            self.report.search([('partner_id', '=', shared.partner_id.id)]).ids, shared.ids
        )

    def test_who_sees_which(self):
        everything = {row.partner_id.name for row in self.report.search([])}
        self.assertEqual(len(everything), 10)
        from_hunter2 = {"Ended", "Gone", "Summer", "June"}
        to_farmer2 = {"Gone", "Early", "Fresh", "Summer", "June"}
        foreign_company = self._create_company("Foreign Company")
        foreign = self._create_user('ho_foreign', 'sales_team.group_sale_manager')
        foreign.write(
            {
                'company_ids': [Command.set(foreign_company.ids)],
                'company_id': foreign_company.id,
            }
        )
        for user, expected in (
            (self.hunter, everything - from_hunter2),
            (self.hunter2, from_hunter2),
            (self.farmer, everything - to_farmer2),
            (self.farmer2, to_farmer2),
            (self.leader, everything),
            (self.leader2, everything),
            (self.stranger, set()),
            (self.user_all, everything),
            (self.user_admin, everything),
            (foreign, set()),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self._visible(user), expected)
        # Whoever leads but one of the two teams
        self.env['growth.handover'].search([]).hunter_team_id = False
        self.env.flush_all()
        self.assertEqual(self._visible(self.leader), set())
        self.assertEqual(self._visible(self.leader2), everything)
        for group in ('base.group_user', 'base.group_portal'):
            user = self._create_user(f'ho_{group[-6:]}', group)
            with self.subTest(group=group), self.assertRaises(AccessError):
                self._visible(user)

    def test_groups_tell_no_more_than_rows(self):
        groups = self.report.with_user(self.hunter2)._read_group([], [], MEASURES)
        # Ended, Gone, Summer and June: days 2, 4, 3 and 0
        self.assertEqual(groups, [(4, 4, 0, 2.5, 1, 4, 2, 3, 1 / 4, 2 / 3)])

    def test_nobody_writes(self):
        row = self.report.search([], limit=1).with_user(self.user_admin)
        for operation in ('write', 'create', 'unlink'):
            self.assertFalse(row.has_access(operation))

    def _visible(self, user):
        Report = self.report.with_user(user)
        Report = Report.with_context(allowed_company_ids=user.company_ids.ids)
        groups = Report._read_group([], ['partner_id'])
        return {partner.sudo().name for (partner,) in groups}

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def test_one_query_reads_all_handovers(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.report.with_user(self.user_admin).formatted_read_grouping_sets(
                [], [['farmer_id', 'accepted_date:month'], ['farmer_id'], []], MEASURES
            )
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        self.assertLessEqual(few, 8)
        for number in range(20):
            self._hand_over(f"More {number}", bought=['2026-03-01 12:00:00'])
        self.assertEqual(count(), few)


@tagged('post_install', '-at_install')
class TestHandoverReportInvoice(FunnelMixin, AccountTestInvoicingCommon):
    """Posted invoices as the source."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env.user.group_ids |= cls.env.ref('sales_team.group_sale_manager')
        cls.company = cls.company_data['company']
        cls.company.growth_source = 'invoice'
        # A zone in which the midnight of an invoice would be the day before
        cls.company.partner_id.tz = 'America/Los_Angeles'
        cls.partner = cls.env['res.partner'].create({'name': "Buyer", 'is_company': True})

    def setUp(self):
        super().setUp()
        self._go_to(NOW)
        self.handover = (
            self.env['growth.handover']
            .sudo()
            .create(
                {
                    'company_id': self.company.id,
                    'partner_id': self.partner.id,
                    'state': 'accepted',
                    'offered_date': '2026-02-01',
                    'accepted_date': ACCEPTED,
                }
            )
        )

    def _create_invoice(self, day, move_type='out_invoice', post=True, amount=100, **line):
        invoice = self.env['account.move'].create(
            {
                'move_type': move_type,
                'partner_id': self.partner.id,
                'invoice_date': day,
                'invoice_line_ids': [
                    Command.create(
                        {
                            'product_id': self.product_a.id,
                            'price_unit': amount,
                            'tax_ids': False,
                            **line,
                        }
                    )
                ],
            }
        )
        if post:
            invoice.action_post()
        return invoice

    def _follow(self):
        self.env.flush_all()
        self.env.invalidate_all()
        row = self.env['growth.handover.report'].browse(self.handover.id)
        return row.outcome, row.purchase_date

    def test_posted_invoices_of_the_customer_alone(self):
        self._create_invoice('2026-03-01', post=False)
        self._create_invoice('2026-03-01', move_type='out_refund')
        self._create_invoice('2026-03-01', move_type='in_invoice')
        self.assertEqual(self._follow(), ('lost', False))
        self._create_invoice('2026-04-01')
        self.assertEqual(self._follow(), ('bought', date(2026, 4, 1)))

    def test_first_and_last_day(self):
        for days, outcome in (
            (181, 'lost'),
            (180, 'late'),
            (91, 'late'),
            (90, 'bought'),
            (1, 'bought'),
        ):
            day = ACCEPTED + timedelta(days=days)
            self._create_invoice(day)
            with self.subTest(days=days):
                self.assertEqual(self._follow(), (outcome, day if outcome != 'lost' else False))

    def test_an_invoice_of_the_day_of_the_acceptance_is_the_first_purchase(self):
        self._create_invoice(ACCEPTED)
        self.assertEqual(self._follow(), ('lost', False))

    def test_a_mere_down_payment_is_no_purchase(self):
        self._create_invoice('2026-03-01', is_downpayment=True)
        self.assertEqual(self._follow(), ('lost', False))
