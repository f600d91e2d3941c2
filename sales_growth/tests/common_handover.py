from odoo.fields import Command, Domain

from .common import SalesGrowthCommon
from .common_funnel import FunnelMixin

WON = '2026-02-20 12:00:00'


class HandoverCommon(FunnelMixin, SalesGrowthCommon):
    """Hunters and farmers, and customers that a hunter won.

    | login       | member of | role   | leads   |
    |-------------|-----------|--------|---------|
    | ho_hunter   | Hunting   | hunter | -       |
    | ho_hunter2  | Hunting   | hunter | -       |
    | ho_farmer   | Farming   | farmer | -       |
    | ho_farmer2  | Farming   | farmer | -       |
    | ho_leader   | -         | -      | Hunting |
    | ho_leader2  | -         | -      | Farming |
    | ho_stranger | -         | -      | -       |

    All of them see own documents only. The clock of each test stands at Monday, 2 March 2026, noon,
    and moves by `_go_to`. Handovers open by themselves after the first order.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_funnel()
        cls.company.write(
            {'growth_handover_trigger': 'order', 'growth_handover_since': '2026-01-01'}
        )
        # Nothing but the teams of the tests
        cls.env['crm.team.member'].search(Domain.TRUE).action_archive()
        (
            cls.hunter,
            cls.hunter2,
            cls.farmer,
            cls.farmer2,
            cls.leader,
            cls.leader2,
            cls.stranger,
        ) = (
            cls._create_user(f'ho_{login}', 'sales_team.group_sale_salesman')
            for login in (
                'hunter',
                'hunter2',
                'farmer',
                'farmer2',
                'leader',
                'leader2',
                'stranger',
            )
        )
        cls.hunting = cls._create_team("Hunting", 'hunter', cls.leader, cls.hunter | cls.hunter2)
        cls.farming = cls._create_team("Farming", 'farmer', cls.leader2, cls.farmer | cls.farmer2)
        cls.customer = cls._create_won("Won Customer")

    @classmethod
    def _create_team(cls, name, role, leader, members, company=None):
        """A team whose members take 30 customers in 30 days."""
        company = company or cls.company
        team = cls.env['crm.team'].create(
            {
                'name': name,
                'company_id': company.id,
                'growth_role': role,
                'user_id': leader.id,
            }
        )
        team.crm_team_member_ids = [
            Command.create({'user_id': user.id, 'assignment_max': 30}) for user in members
        ]
        return team

    @classmethod
    def _create_won(cls, name, moment=WON, **vals):
        """A customer that bought for the first time, from ho_hunter."""
        customer = cls._create_customer(name, **{'user_id': cls.hunter.id, **vals})
        cls._create_sale(customer, moment)
        return customer

    @classmethod
    def _create_sale(cls, customer, moment=WON, amount=100, **vals):
        return cls._create_order(
            customer,
            amount,
            moment,
            **{'user_id': cls.hunter.id, 'team_id': cls.hunting.id, **vals},
        )

    @classmethod
    def _member(cls, user):
        return cls.env['crm.team.member'].search([('user_id', '=', user.id)])

    @classmethod
    def _as(cls, records, user):
        """The records of a person at the screen, where changes are tracked."""
        return records.with_user(user).with_context(tracking_disable=False, lang=user.lang)

    def _prepare(self, customer=None, user=None, **vals):
        """A handover that the hunter opens by hand."""
        return (
            self._as(self.env['growth.handover'], user or self.hunter)
            .create({'partner_id': (customer or self.customer).id, **vals})
            .with_env(self.env)
        )

    def _offer(self, handover=None, user=None, **vals):
        """A handover with everything done, offered to ho_farmer unless somebody else is named."""
        handover = handover or self._prepare(**{'farmer_id': self.farmer.id, **vals})
        self._as(handover.item_ids, user or self.hunter).is_done = True
        self._as(handover, user or self.hunter).action_offer()
        return handover

    def _accept(self, handover=None, user=None, **vals):
        handover = handover or self._offer(**vals)
        self._as(handover, user or handover.farmer_id).action_accept()
        return handover

    def _refuse(self, handover, user=None, reason="Too far away"):
        user = user or handover.farmer_id
        action = self._as(handover, user).action_refuse()
        self.env['growth.handover.refuse'].with_user(user).with_context(**action['context']).create(
            {'reason': reason}
        ).action_refuse()
        return handover

    def _undo(self, handover, user=None):
        self._as(handover, user or handover.farmer_id).action_undo()
        return handover

    def _run(self):
        """Let the scheduler run the job once, after the segmentation of the day."""
        self.env.flush_all()
        self._refresh(as_of=None)
        with self.enter_registry_test_mode():
            self.env.ref('sales_growth.ir_cron_growth_handover').method_direct_trigger()
        self.env.invalidate_all()

    def _handovers(self, customers=None):
        return self.env['growth.handover'].search(
            [('partner_id', 'in', (self.customer if customers is None else customers).ids)],
            order='id',
        )

    def _asked(self, handover, done=False):
        """Logins and summaries of what people are asked to do about a handover."""
        activities = (
            self.env['mail.activity']
            .with_context(active_test=False)
            .search(
                [
                    ('res_model', '=', 'growth.handover'),
                    ('res_id', 'in', handover.ids),
                    ('active', '=', not done),
                ],
                order='id',
            )
        )
        return [(activity.user_id.login, activity.summary) for activity in activities]

    def _bodies(self, record):
        return " ".join(record.message_ids.mapped('body'))

    def _farmer_of(self, customer=None, company=None):
        return self._customer(customer or self.customer, company).farmer_id

    def _last_message(self):
        self.env.flush_all()
        return self.env['mail.message'].search(Domain.TRUE, order='id desc', limit=1)

    def _told_since(self, last):
        """Who got a notification of a message after another, the contact once for each."""
        # Tracked changes become messages when the transaction ends.
        self.env.cr.precommit.run()
        messages = self.env['mail.message'].search([('id', '>', last.id)], order='id')
        return [
            notification.res_partner_id for notification in messages.notification_ids.sorted('id')
        ]
