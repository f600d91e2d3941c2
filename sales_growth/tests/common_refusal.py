from .common import SalesGrowthCommon


class RefusalCommon(SalesGrowthCommon):
    """A customer with a segment, a team, stages and reasons, and leads lost in one line."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.env['crm.team'].create(
            {'name': "Growth Team", 'company_id': cls.company.id, 'user_id': cls.user_all.id}
        )
        cls.stage = cls.env['crm.stage'].create({'name': "Talks", 'sequence': 5})
        cls.won_stage = cls.env['crm.stage'].create(
            {'name': "Deal", 'sequence': 90, 'is_won': True}
        )
        cls.source = cls.env['utm.source'].create({'name': "Fair"})
        cls.customer = cls._create_customer("Refuser")
        cls._create_order(cls.customer, 100)
        cls._refresh()
        cls.contact = cls.env['res.partner'].create(
            {'name': "Buyer of Refuser", 'parent_id': cls.customer.id}
        )
        cls.reason = cls._create_reason("Too small", category='other')
        cls.excuse = cls._create_reason("Has somebody", category='competitor', is_excuse=True)

    def _refusals(self, leads):
        return self.env['growth.refusal'].search([('lead_id', 'in', leads.ids)])

    def _lose(self, lead, user=None, reason=None, **refusal):
        lead.with_user(user or self.user_own).action_set_lost(
            lost_reason_id=(reason or self.reason).id, refusal=refusal
        )
        return self._refusals(lead)[:1]

    def _restate(self, refusals, reason, **stated):
        self.env['growth.refusal.reason.wizard'].with_user(self.user_own).create(
            {'refusal_ids': refusals.ids, 'lost_reason_id': reason.id, **stated}
        ).action_apply()
