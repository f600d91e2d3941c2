from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

BATCH = 500


class GrowthCustomer(models.Model):
    """What becomes of farmers' customers that are lost: they stay, or go back to the hunters, in
    both cases with a task to win them back."""

    _inherit = 'growth.customer'

    hunters_since = fields.Date(
        string="With Hunters Since",
        readonly=True,
        help="Day on which a lost customer went back to the hunters.",
    )
    win_back_date = fields.Date(
        string="Win-Back Task Of",
        readonly=True,
        help="Day on which somebody was asked to win this customer back.",
    )

    @api.model
    def _see_to_lost(self, company):
        """Have the lost customers of farmers won back, each once for a loss, in batches.

        :param res.company company:
        :return: whether there was time for all
        :rtype: bool
        """
        today = company._growth_day(fields.Datetime.now())
        domain = (
            Domain('company_id', '=', company.id)
            & Domain('lifecycle', '=', 'lost')
            & Domain('farmer_id', '!=', False)
            & Domain('partner_id.active', '=', True)
            & Domain.custom(
                to_sql=lambda model, alias, query: model._is_not_seen_to_sql(alias, query)
            )
        )
        last_id = 0
        while customers := self.sudo().search(
            domain & Domain('id', '>', last_id), order='id', limit=BATCH
        ):
            last_id = customers[-1].id
            customers._win_back(company, today)
            customers.win_back_date = today
            if not self.env['ir.cron']._commit_progress():
                return False
        return True

    @api.model
    def _is_not_seen_to_sql(self, alias, query):
        done, lost = (
            self._field_to_sql(alias, fname, query) for fname in ('win_back_date', 'lifecycle_date')
        )
        return SQL("(%s IS NULL OR %s < %s)", done, done, lost)

    def _win_back(self, company, today):
        """Decide what becomes of lost customers of one company, and give out the tasks. To be
        extended by who knows more about a loss.

        :param res.company company:
        :param date today: in the company's time zone
        """
        users = {customer: customer._get_keeper() for customer in self}
        if company.growth_return_policy == 'hunter':
            users |= self._return_to_hunters(company, today)
        self._schedule_win_back(users, today)

    def _get_keeper(self):
        """The farmer, the leader of the farmer's team where the farmer left.

        :rtype: res.users
        """
        self.ensure_one()
        return self.farmer_id.filtered('active') or self.farmer_team_id.user_id.filtered('active')

    def _return_to_hunters(self, company, today):
        """Give customers back to hunters, by turn; where no hunter has room, to nobody, so that
        routing finds one for the next lead.

        :return: who has each customer now
        :rtype: dict[growth.customer, res.users]
        """
        Handover = self.env['growth.handover']
        Handover.search(
            [
                ('company_id', '=', company.id),
                ('partner_id', 'in', self.partner_id.ids),
                ('state', '=', 'accepted'),
            ]
        ).write({'state': 'ended'})
        hunters = dict(
            zip(
                self,
                Handover._deal(
                    company,
                    [(customer.partner_id, customer.farmer_id) for customer in self],
                    role='hunter',
                ),
                strict=True,
            )
        )
        for (farmer, hunter), group in self.grouped(
            lambda customer: (customer.farmer_id, hunters[customer])
        ).items():
            # Odoo has one salesperson for all companies: another one's stays.
            theirs = group.partner_id.filtered(
                lambda partner, farmer=farmer: partner.user_id in (farmer, farmer.browse())
            )
            theirs.user_id = hunter
        self.partner_id._message_log_batch(
            bodies={
                customer.partner_id.id: self.env._(
                    "Lost, and given back to the hunters of %s.", company.name
                )
                for customer in self
            }
        )
        for (farmer, team), group in self.grouped(
            lambda customer: (customer.farmer_id, customer.farmer_team_id)
        ).items():
            group.write(
                {
                    'farmer_id': False,
                    'farmer_team_id': False,
                    'farmer_since': False,
                    'last_farmer_id': farmer.id,
                    'last_farmer_team_id': team.id,
                    'hunters_since': today,
                }
            )
        return hunters

    def _schedule_win_back(self, users, today):
        """Ask people to win customers back; whoever gets many reads them in the list of
        activities.

        :param dict users: who is asked about each customer
        :param date today: deadline
        """
        activity_type = self.env.ref('mail.mail_activity_data_call', raise_if_not_found=False)
        model_id = self.env['ir.model']._get_id('res.partner')
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create(
            [
                {
                    'res_model_id': model_id,
                    'res_id': customer.partner_id.id,
                    'user_id': user.id,
                    'activity_type_id': (
                        activity_type or self.env['growth.handover']._get_activity_type()
                    ).id,
                    'summary': customer.with_context(lang=user.lang).env._("Win back"),
                    'date_deadline': today,
                    'automated': True,
                }
                for customer, user in users.items()
                if user
            ]
        )
