from datetime import date
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command, Domain
from odoo.tools import SQL

from .common_churn import TODAY, ChurnCommon

# What the daily job writes
TABLES = ('growth_customer', 'growth_churn_case', 'growth_churn_digest', 'growth_churn_model')


class ChurnJobCommon(ChurnCommon):
    """The daily job in a company where it ran the day before, with one rule: no purchase for 3
    months is at risk, for 6 months lost.

    Customers are those of growth_own, who sold to them last.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rules = cls.env['growth.churn.rule'].search(Domain.TRUE)
        cls.rules.action_archive()
        cls.recency = cls._switch_on('recency')
        # Otherwise the job would rebuild the past, and tell nobody.
        cls.company.growth_churn_as_of = fields.Date.subtract(TODAY, days=1)

    def setUp(self):
        super().setUp()
        # The transaction has a clock of its own, which dates what is created.
        self.startPatcher(patch.object(self.env.cr, 'now', fields.Datetime.now))

    @classmethod
    def _switch_on(cls, kind, **vals):
        """A shipped rule with some numbers of its own."""
        rule = cls.env.ref(f'sales_growth.growth_churn_rule_{kind}')
        rule.write({'active': True, **vals})
        return rule

    @classmethod
    def _only(cls, kind, **vals):
        """The only rule that is on."""
        cls.rules.action_archive()
        return cls._switch_on(kind, **vals)

    @classmethod
    def _buy(cls, partner, *moments, amount=100, **vals):
        """Confirmed orders, as they are when they were imported; a day alone is its noon."""
        orders = cls.env['sale.order']
        for moment in moments:
            orders |= cls._create_order(
                partner,
                amount,
                moment if ':' in moment else f"{moment} 12:00:00",
                **{'user_id': cls.user_own.id, 'team_id': cls.team.id, **vals},
            )
        return orders

    @classmethod
    def _create_buyer(cls, name, *moments, amount=100, **vals):
        partner = cls._create_customer(name, **vals)
        cls._buy(partner, *moments, amount=amount)
        return partner

    @classmethod
    def _create_pricelist(cls, currency, company=None):
        return cls.env['product.pricelist'].create(
            {
                'name': currency.name,
                'currency_id': currency.id,
                'company_id': (company or cls.company).id,
            }
        )

    @classmethod
    def _detect(cls, day=None, company=None):
        """The job as of a day, today when omitted, without its commits."""
        cls.env.flush_all()
        cls.env['growth.churn.rule']._detect(company or cls.company, day)
        cls.env.invalidate_all()

    def _detect_on(self, moment):
        """Go to a day and let the job run."""
        self._go_to(moment)
        self._detect()

    def _cases(self, *partners, company=None):
        partners = self.env['res.partner'].union(*partners)
        return self.env['growth.churn.case'].search(
            [
                ('partner_id', 'in', partners.ids),
                ('company_id', '=', (company or self.company).id),
            ],
            order='id',
        )

    def assertChurn(self, partner, state, day=None, company=None):
        """
        :param str day: since when, not checked when omitted
        """
        customer = self._customer(partner, company)
        self.assertEqual(customer.churn_state or False, state, partner.name)
        if day:
            self.assertEqual(customer.churn_date, date.fromisoformat(day), partner.name)
        return customer

    def _confirm(self, partner, user=None, amount=100, **vals):
        """An order that a salesperson writes and confirms now."""
        user = user or self.user_own
        order = (
            self.env['sale.order']
            .with_user(user)
            .create(
                {
                    'partner_id': partner.id,
                    'company_id': self.company.id,
                    'order_line': [
                        Command.create(
                            {
                                'product_id': self.product.id,
                                'product_uom_qty': 1,
                                'price_unit': amount,
                                'tax_ids': False,
                            }
                        )
                    ],
                    **vals,
                }
            )
        )
        order.action_confirm()
        return order.with_env(self.env)

    def _told(self, user=None):
        """Login, number of customers and day of each digest that somebody has to do."""
        activities = self.env['mail.activity'].search(
            [('res_model', '=', 'growth.churn.digest')]
            + ([('user_id', '=', user.id)] if user else []),
            order='id',
        )
        digests = self.env['growth.churn.digest'].browse(activities.mapped('res_id'))
        return [
            (activity.user_id.login, len(digest.case_ids), str(activity.date_deadline))
            for activity, digest in zip(activities, digests, strict=True)
        ]

    def _rows(self):
        """Each row that the job writes, and the transaction and place in which it was written."""
        self.env.flush_all()
        rows = []
        for table in TABLES:
            found = self.env.execute_query(
                SQL("SELECT id, ctid::text, xmin::text FROM %s ORDER BY id", SQL.identifier(table))
            )
            rows += [(table, *row) for row in found]
        return rows
