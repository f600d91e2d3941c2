from datetime import date

import pandas  # noqa: F401 - it cannot be imported any more once a test stops the clock

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

AS_OF = date(2026, 6, 30)


class SalesGrowthCommon(TransactionCase):
    """A company of its own with three people, and orders made in one line.

    | login        | rights                   | sees                          |
    |--------------|--------------------------|-------------------------------|
    | growth_own   | User: Own Documents Only | own and unassigned customers  |
    | growth_all   | User: All Documents      | all customers of the company  |
    | growth_admin | Administrator            | all, may set segments by hand |

    The window of the tests is 2025-07-01 to 2026-06-30.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context=dict(cls.env.context, tracking_disable=True, no_reset_password=True, tz='UTC')
        )
        cls.usd = cls.env.ref('base.USD')
        cls.eur = cls.env.ref('base.EUR')
        cls.usd.active = cls.eur.active = True
        cls.company = cls._create_company("Growth Test Company")
        cls.env.user.write(
            {
                'company_ids': [Command.link(cls.company.id)],
                'company_id': cls.company.id,
            }
        )
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=cls.company.ids))
        cls.company = cls.company.with_env(cls.env)
        cls.product = cls.env['product.product'].create(
            {
                'name': "Growth Test Product",
                'type': 'service',
                'standard_price': 0.0,
                'taxes_id': False,
                'company_id': False,
            }
        )
        cls.user_own = cls._create_user('growth_own', 'sales_team.group_sale_salesman')
        cls.user_all = cls._create_user('growth_all', 'sales_team.group_sale_salesman_all_leads')
        cls.user_admin = cls._create_user('growth_admin', 'sales_team.group_sale_manager')

    @classmethod
    def _create_company(cls, name, currency=None):
        company = cls.env['res.company'].create(
            {
                'name': name,
                'currency_id': (currency or cls.usd).id,
                'growth_metric': 'revenue',
            }
        )
        company.partner_id.tz = 'UTC'
        return company

    @classmethod
    def _create_user(cls, login, groups):
        return new_test_user(
            cls.env,
            login,
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            tz='UTC',
        )

    @classmethod
    def _create_customer(cls, name, **vals):
        return cls.env['res.partner'].create({'name': name, 'is_company': True, **vals})

    @classmethod
    def _create_order(cls, partner, amount, moment='2026-03-15 12:00:00', cost=0.0, **vals):
        """A confirmed order of one line; a negative amount is a credit."""
        company = vals.pop('company', cls.company)
        return (
            cls.env['sale.order']
            .with_company(company)
            .create(
                {
                    'company_id': company.id,
                    'partner_id': partner.id,
                    'state': 'sale',
                    'date_order': moment,
                    'order_line': [
                        Command.create(
                            {
                                'product_id': cls.product.id,
                                'product_uom_qty': 1 if amount >= 0 else -1,
                                'price_unit': abs(amount),
                                'purchase_price': cost,
                                'tax_ids': False,
                            }
                        )
                    ],
                    **vals,
                }
            )
        )

    @classmethod
    def _create_orders(cls, partner, amounts, **vals):
        """Orders of some amounts, one a month, the last in June 2026."""
        for months_ago, amount in enumerate(reversed(amounts)):
            moment = f"{2026 - (months_ago > 5)}-{(6 - months_ago - 1) % 12 + 1:02}-10 12:00:00"
            cls._create_order(partner, amount, moment, **vals)

    @classmethod
    def _create_lead(cls, name="Lead", **vals):
        """An opportunity of growth_own that is neither won nor lost."""
        return cls.env['crm.lead'].create(
            {
                'name': name,
                'type': 'opportunity',
                'company_id': cls.company.id,
                'user_id': cls.user_own.id,
                'team_id': False,
                'probability': 30.0,
                **vals,
            }
        )

    @classmethod
    def _create_reason(cls, name="Reason", **vals):
        return cls.env['crm.lost.reason'].create({'name': name, **vals})

    @classmethod
    def _refresh(cls, company=None, as_of=AS_OF):
        return cls.env['growth.customer']._refresh(company or cls.company, as_of)

    def _customer(self, partner, company=None):
        return self.env['growth.customer'].search(
            [
                ('partner_id', '=', partner.id),
                ('company_id', '=', (company or self.company).id),
            ]
        )

    def _segment(self, name):
        return self.env.ref(f'sales_growth.growth_segment_{name.lower()}')
