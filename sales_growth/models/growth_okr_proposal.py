from odoo import api, fields, models
from odoo.fields import Domain


class GrowthOkrObjective(models.Model):
    """Proposals follow those who decide on them: when a team gets another leader, or somebody
    another team, the activity goes along."""

    _inherit = 'growth.okr.objective'

    # Kept apart from the activity, which may be done or passed on by hand: then it stays so.
    asked_id = fields.Many2one(
        comodel_name='res.users',
        string="Asked to Decide",
        readonly=True,
        copy=False,
        ondelete='set null',
        export_string_translation=False,
    )

    def _ask_leader(self):
        result = super()._ask_leader()
        for leader, objectives in self.grouped('leader_id').items():
            objectives.asked_id = leader
        return result

    @api.model
    def _hand_on_proposals(self, company):
        """Ask those who decide now instead of those who did when it was proposed.

        :param res.company company:
        """
        proposed = self.search(
            Domain('company_id', '=', company.id) & Domain('state', '=', 'proposed')
        )
        moved = proposed.filtered(lambda each: each.leader_id != each.asked_id)
        if moved:
            moved._unask_leader()
            moved._ask_leader()
