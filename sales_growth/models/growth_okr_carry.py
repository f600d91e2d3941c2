from odoo import fields, models
from odoo.fields import Command, Domain
from odoo.tools import float_compare

from .growth_okr_key_result import COUNTED_KINDS, DIGITS


class GrowthOkrCycle(models.Model):
    """What the next cycle takes over from the one before."""

    _inherit = 'growth.okr.cycle'

    def _get_following_domain(self):
        """Cycles into which this one can be carried over.

        :rtype: Domain
        """
        self.ensure_one()
        return (
            Domain('company_id', '=', self.company_id.id)
            & Domain('state', 'in', ('draft', 'running'))
            & Domain('date_from', '>', self.date_to)
        )

    def _carry_over(self, objectives, following):
        """Plan objectives anew for the next cycle, with what is left of their key results. Those
        whose objective above comes along stay below it.

        :param growth.okr.objective objectives: those of this cycle count that were not turned down,
            and do not stand in the next one already
        :param growth.okr.cycle following:
        :return: the new objectives, as drafts
        :rtype: growth.okr.objective
        """
        self.ensure_one()
        carried = following.objective_ids.filtered('carried_from_id')
        copies = {each.carried_from_id: each for each in carried}
        objectives = objectives.filtered(
            lambda each: (
                each.cycle_id == self
                and each.state not in ('declined', 'cancelled')
                and each not in copies
            )
        )
        new = self.env['growth.okr.objective']
        # From above to below, so that each finds its new place.
        levels = objectives.grouped(lambda each: each.parent_path.count('/'))
        for _depth, level in sorted(levels.items()):
            vals_list = []
            for objective in level:
                parent = copies.get(objective.parent_id) or objective.parent_id
                if not parent._can_take_on(following):
                    parent = parent.browse()
                vals_list.append(objective._prepare_carried(following, parent))
            created = level._as_system().create(vals_list)
            copies.update(zip(level, created, strict=True))
            new |= created
        return new


class GrowthOkrObjective(models.Model):
    _inherit = 'growth.okr.objective'

    def _is_unfinished(self):
        """Whether there is something left to do for it in the next cycle.

        :rtype: bool
        """
        self.ensure_one()
        if self.state == 'closed':
            return self.verdict in ('short', 'planning_error')
        return self.state not in ('declined', 'cancelled') and not self._is_reached()

    def _can_take_on(self, cycle):
        """Whether objectives of a cycle can stand below this one.

        :param growth.okr.cycle cycle:
        :rtype: bool
        """
        return bool(
            self
            and self.state not in ('closed', 'declined', 'cancelled')
            and self.cycle_id._contains(cycle)
            and self.date_deadline >= cycle.date_from
        )

    def _prepare_carried(self, cycle, parent):
        """An objective as it is planned anew for another cycle, with what is left of its key
        results.

        :param growth.okr.cycle cycle:
        :param growth.okr.objective parent: empty for none
        :rtype: dict
        """
        self.ensure_one()
        owner = self.owner_id._growth_filtered_sellers(cycle.company_id) or self.env.user
        vals = self.with_context(active_test=False).copy_data(
            {
                'name': self.name,
                'cycle_id': cycle.id,
                'parent_id': parent.id,
                'date_deadline': min(filter(None, (cycle.date_to, parent.date_deadline))),
                'owner_id': owner.id,
                'key_result_ids': [],
                'aligned_key_result_ids': [],
            }
        )[0]
        left = [key_result._prepare_carried(owner) for key_result in self.key_result_ids]
        return {
            **vals,
            'carried_from_id': self.id,
            'key_result_ids': [Command.create(vals) for vals in left if vals],
        }


class GrowthOkrKeyResult(models.Model):
    _inherit = 'growth.okr.key.result'

    def _is_unfinished(self):
        self.ensure_one()
        return self.direction == 'range' or not self._is_reached()

    def _prepare_carried(self, owner):
        """What is left of a key result in another cycle. What adds up over the days of a cycle
        keeps its baseline and has the rest as target, or all of it while it is not over; what is
        where it is goes on from there to the same target.

        :param res.users owner: who takes it over when its own is gone
        :return: None when nothing is left
        :rtype: dict | None
        """
        self.ensure_one()
        if not self._is_unfinished():
            return None
        own = self.owner_id._growth_filtered_sellers(self.company_id)
        vals = self.copy_data({'owner_id': (own or owner).id})[0]
        del vals['objective_id']
        vals['milestone_ids'] = [
            Command.create({'name': each.name, 'weight': each.weight})
            for each in self.milestone_ids
            # Those of another kind were left behind when it was drafted.
            if self.kind == 'milestones' and not each.is_done
        ]
        if self.kind not in COUNTED_KINDS:
            vals.update(self._get_carried_ends())
            is_over = not float_compare(vals['target'], vals['baseline'], precision_digits=DIGITS)
            if is_over and self.direction != 'range':
                return None
        return vals

    def _get_carried_ends(self):
        """
        :return: baseline or target of what is left
        :rtype: dict[str, float]
        """
        self.ensure_one()
        if self.adds_up:
            today = self.company_id._growth_day(fields.Datetime.now())
            # Before the end nobody knows the rest.
            rest = 1.0 if today <= self.date_deadline else min(1.0, 1.0 - self.progress)
            return {'target': self.baseline + rest * (self.target - self.baseline)}
        return {'baseline': self.current}
