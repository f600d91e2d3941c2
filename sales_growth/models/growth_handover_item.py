from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import clean_context


class GrowthHandoverItem(models.Model):
    """One line of the checklist of a handover."""

    _name = 'growth.handover.item'
    _description = "Handover To-Do"
    _order = 'sequence, id'

    handover_id = fields.Many2one(
        comodel_name='growth.handover', required=True, index=True, ondelete='cascade'
    )
    name = fields.Char(string="To Do", required=True)
    sequence = fields.Integer(default=10)
    is_required = fields.Boolean(string="Required")
    is_done = fields.Boolean(string="Done")
    done_by_id = fields.Many2one(comodel_name='res.users', string="Done By", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        items = self
        if not self.env.su:
            # Nobody signs for others, not by default either.
            items = self.with_env(self.env(context=clean_context(self.env.context)))
        items = super(GrowthHandoverItem, items).create([self._sign(vals) for vals in vals_list])
        if not self.env.su:
            items.handover_id._check_open()
        return items.with_env(self.env)

    def write(self, vals):
        if not self.env.su:
            self._check_may_write(vals)
        return super().write(self._sign(vals))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_required(self):
        if self.env.su:
            return
        self.handover_id._check_open()
        if required := self.filtered('is_required'):
            raise UserError(
                self.env._(
                    "These have to be done and cannot be removed: %s.",
                    ", ".join(required.mapped('name')),
                )
            )

    def _check_may_write(self, vals):
        """
        :raise AccessError: when what has to be done would go away unseen
        """
        self.handover_id._check_open()
        if 'done_by_id' in vals:
            raise AccessError(self.env._("Who has done it is written down when it is done."))
        if 'handover_id' in vals:
            raise AccessError(
                self.env._("A to-do stays with its handover: make a new one on the other.")
            )
        if {'name', 'is_required'} & vals.keys() and (required := self.filtered('is_required')):
            raise AccessError(
                self.env._(
                    "These have to be done and cannot be changed: %s.",
                    ", ".join(required.mapped('name')),
                )
            )

    @api.model
    def _sign(self, vals):
        if not self.env.su:
            vals = {fname: vals[fname] for fname in vals if fname != 'done_by_id'}
        if 'is_done' not in vals:
            return vals
        return {**vals, 'done_by_id': vals['is_done'] and self.env.uid}

    def _check_done(self):
        """
        :raise UserError: names what is required and not done
        """
        missing = self.filtered(lambda item: item.is_required and not item.is_done)
        if missing:
            raise UserError(
                self.env._(
                    "Before %(customer)s is offered, this has to be done:\n%(items)s",
                    customer=missing.handover_id[:1].partner_id.display_name,
                    items="\n".join(f"- {name}" for name in missing.mapped('name')),
                )
            )
