from odoo import models
from odoo.tools import float_compare

from .growth_okr_key_result import DIGITS


class GrowthOkrCycle(models.Model):
    """What the next cycle takes over from the one before."""

    _inherit = 'growth.okr.cycle'

    def _carry_over(self, objectives, following):
        """Plan objectives anew for the next cycle, with what is left of their key results. Those
        whose objective above comes along stay below it.

        :param growth.okr.objective objectives: of this cycle
        :param growth.okr.cycle following:
        :return: the new objectives, as drafts
        :rtype: growth.okr.objective
        """
        self.ensure_one()
        # From above to below, so that each finds its new place.
        copies = {}
        for objective in objectives.sorted(lambda each: each.parent_path.count('/')):
            parent = copies.get(objective.parent_id) or objective.parent_id
            if parent and not (
                parent.cycle_id._contains(following)
                and parent.state not in ('closed', 'declined', 'cancelled')
            ):
                parent = parent.browse()
            copies[objective] = objective._carry(following, parent)
        return self.env['growth.okr.objective'].union(*copies.values())


class GrowthOkrObjective(models.Model):
    _inherit = 'growth.okr.objective'

    def _is_unfinished(self):
        """Whether there is something left to do for it in the next cycle.

        :rtype: bool
        """
        self.ensure_one()
        if self.state == 'closed':
            return self.verdict in ('short', 'planning_error')
        return self.state not in ('declined', 'cancelled') and self.progress < 1

    def _carry(self, cycle, parent):
        """Plan an objective anew, for another cycle.

        :param growth.okr.cycle cycle:
        :param growth.okr.objective parent: empty for none
        :rtype: growth.okr.objective
        """
        self.ensure_one()
        owner = self.owner_id._growth_filtered_sellers(cycle.company_id) or self.env.user
        vals = self.with_context(active_test=False).copy_data(
            {
                'name': self.name,
                'cycle_id': cycle.id,
                'parent_id': parent.id,
                'date_deadline': cycle.date_to if not parent else parent.date_deadline,
                'owner_id': owner.id,
                'key_result_ids': [],
                'aligned_key_result_ids': [],
            }
        )[0]
        if parent:
            vals['date_deadline'] = min(cycle.date_to, parent.date_deadline)
        vals['carried_from_id'] = self.id
        objective = self._as_system().create(vals)
        for key_result in self.key_result_ids.filtered(lambda each: each._is_unfinished()):
            key_result._carry(objective)
        return objective


class GrowthOkrKeyResult(models.Model):
    _inherit = 'growth.okr.key.result'

    def _is_unfinished(self):
        self.ensure_one()
        return self.direction == 'range' or self.progress < 1

    def _adds_up(self):
        """Whether the value begins anew with each cycle: a sum over its days.

        :rtype: bool
        """
        self.ensure_one()
        return bool(
            self.source == 'measure'
            and self.measure_id.date_field
            and self.measure_id.aggregation in ('sum', 'count', 'count_distinct')
        )

    def _carry(self, objective):
        """Plan what is left of a key result for an objective of another cycle. What adds up over
        the days of a cycle keeps its baseline and has the rest as target; what is where it is goes
        on from there to the same target.

        :param growth.okr.objective objective:
        """
        self.ensure_one()
        owner = self.owner_id._growth_filtered_sellers(objective.company_id) or objective.owner_id
        vals = self.copy_data({'objective_id': objective.id, 'owner_id': owner.id})[0]
        if self.kind == 'milestones':
            vals['milestone_ids'] = [
                (0, 0, {'name': each.name, 'weight': each.weight})
                for each in self.milestone_ids
                if not each.is_done
            ]
        elif self.kind != 'yes_no':
            if self._adds_up() and self.direction != 'range':
                vals['target'] = self.target - (self.current - self.baseline)
            else:
                vals['baseline'] = self.current
            if self.direction != 'range' and not float_compare(
                vals['target'], vals['baseline'], precision_digits=DIGITS
            ):
                return
        self._as_system().create(vals)
