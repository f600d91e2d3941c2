from odoo import api, models
from odoo.exceptions import LockError, UserError
from odoo.tools.misc import clean_context


class GrowthButtonMixin(models.AbstractModel):
    """Records whose state changes by buttons alone, with a `state` and a thread."""

    _name = 'growth.button.mixin'
    _description = "Changes by Buttons"

    def _take(self, *states):
        """Lock records that are about to change, so that two people cannot decide at once.

        :param states: they must be in one of these
        :raise UserError: when somebody else is at work on one of them, or was faster
        """
        self.check_access('write')
        try:
            self.sudo().lock_for_update(allow_referencing=True)
        except LockError:
            raise UserError(
                self.env._(
                    "Somebody else is at work on this right now. Reload the page in a moment."
                )
            ) from None
        self.invalidate_recordset(['state'])
        self._check_state(*states)

    def _check_state(self, *states):
        """
        :raise UserError: names the records that are in none of these states
        """
        if others := self.filtered(lambda record: record.state not in states):
            labels = dict(self._fields['state']._description_selection(self.env))
            raise UserError(
                self.env._(
                    "This is not possible any more: %s.",
                    ", ".join(
                        f"{record.display_name} ({labels[record.state]})" for record in others
                    ),
                )
            )

    def _without_defaults(self):
        """The records, deaf to the defaults that a caller may have sent along.

        :rtype: odoo.models.Model
        """
        return self.with_env(self.env(context=clean_context(self.env.context)))

    def _as_system(self):
        """The records with the rights of the system, for what their buttons do; deaf to defaults.

        :rtype: odoo.models.Model
        """
        return self._without_defaults().sudo()

    @api.model
    def _get_thread_fields(self):
        """Names of the fields by which people write messages and plan activities.

        :rtype: set[str]
        """
        return {fname for fname in self._fields if fname.startswith(('message_', 'activity_'))}
