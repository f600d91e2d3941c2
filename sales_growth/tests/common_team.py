from odoo.fields import Command, Domain

from .common import SalesGrowthCommon


class TeamCommon(SalesGrowthCommon):
    """Teams and their members, customers whose state the hub knows, and leads that nobody has.

    | login          | member of       | role                   |
    |----------------|-----------------|------------------------|
    | growth_hunter  | Hunting         | hunter, as the team    |
    | growth_farmer  | Farming         | farmer, as the team    |
    | growth_other   | Farming         | farmer, as the team    |

    Both teams route by customer; each member may get 30 leads a day.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Nothing but the leads and the teams of the tests
        cls.env['crm.team'].search(Domain.TRUE).assignment_optout = True
        cls.env['crm.lead'].search([('user_id', '=', False)]).user_id = cls.env.user
        cls.env['ir.config_parameter'].set_param('sales_team.membership_multi', True)
        cls.hunter, cls.farmer, cls.other = (
            cls._create_user(login, 'sales_team.group_sale_salesman')
            for login in ('growth_hunter', 'growth_farmer', 'growth_other')
        )
        cls.hunting = cls._create_team("Hunting", cls.hunter, growth_role='hunter')
        cls.farming = cls._create_team("Farming", cls.farmer | cls.other, growth_role='farmer')
        (cls.hunting | cls.farming).growth_is_routed = True
        cls.customer = cls._create_customer("Buyer")
        cls.prospect = cls._create_customer("Stranger")
        cls.known = cls._know(cls.customer, farmer_id=cls.farmer.id)

    @classmethod
    def _create_team(cls, name, users, **vals):
        team = cls.env['crm.team'].create(
            {'name': name, 'company_id': cls.company.id, 'use_leads': True, **vals}
        )
        team.crm_team_member_ids = [
            Command.create({'user_id': user.id, 'assignment_max': 900}) for user in users
        ]
        return team

    @classmethod
    def _know(cls, partner, lifecycle='repeat', company=None, **vals):
        """The hub's row of a customer, in the state that the run would find."""
        return (
            cls.env['growth.customer']
            .sudo()
            .create(
                {
                    'partner_id': partner.id,
                    'company_id': (company or cls.company).id,
                    'lifecycle': lifecycle,
                    **vals,
                }
            )
        )

    @classmethod
    def _ask(cls, partner=None, number=1, **vals):
        """Leads that came in and that nobody has."""
        return cls.env['crm.lead'].create(
            [
                {
                    'name': f"Request {count}",
                    'type': 'lead',
                    'partner_id': partner and partner.id,
                    'user_id': False,
                    'team_id': False,
                    **vals,
                }
                for count in range(number)
            ]
        )

    def _member(self, team, user):
        return team.crm_team_member_ids.filtered(lambda member: member.user_id == user)
