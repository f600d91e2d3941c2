from odoo import api, fields, models
from odoo.exceptions import UserError

CUSTOMER_KINDS = [
    ('new', "New"),
    ('repeat', "Existing"),
]
# Under `growth_correcting` of the context: the log puts itself right. An object, as no caller from
# outside can send one.
CORRECTING = object()


class GrowthFunnelEvent(models.Model):
    """The log of the funnel: a row when a lead passes a step for the first time, kept for ever.

    Nobody edits or deletes it. The events of a lead always are the first steps of its funnel, as
    a step that was skipped is passed with the later one. The step after them is where the lead
    stands, which the lead itself knows (`crm_lead_funnel.py`). With a deleted lead its events go:
    it counts neither as success nor as failure.
    """

    _name = 'growth.funnel.event'
    _description = "Funnel Event"
    _order = 'date desc, id desc'
    _rec_name = 'step_id'
    # Who acted and when are fields of the log, and it is never changed.
    _log_access = False

    lead_id = fields.Many2one(
        comodel_name='crm.lead', required=True, ondelete='cascade', readonly=True
    )
    step_id = fields.Many2one(
        comodel_name='growth.funnel.step',
        required=True,
        index=True,
        ondelete='restrict',
        readonly=True,
    )
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, ondelete='cascade', readonly=True
    )
    team_id = fields.Many2one(
        comodel_name='crm.team',
        string="Sales Team",
        index='btree_not_null',
        ondelete='set null',
        readonly=True,
        help="Sales team of the lead at that time.",
    )
    user_id = fields.Many2one(
        comodel_name='res.users',
        string="Salesperson",
        index='btree_not_null',
        ondelete='set null',
        readonly=True,
        help="Salesperson of the lead at that time.",
    )
    author_id = fields.Many2one(
        comodel_name='res.users',
        string="Done By",
        ondelete='set null',
        readonly=True,
        help="Who did what passed the step.",
    )
    date = fields.Datetime(string="Passed On", required=True, readonly=True)
    # Days in the company's time zone: what periods are counted from.
    day = fields.Date(required=True, readonly=True, export_string_translation=False)
    entry_day = fields.Date(
        string="Came to the Step",
        required=True,
        readonly=True,
        help="Day on which the step before was passed, or the lead was created.",
    )
    days = fields.Integer(
        string="Days in Step",
        required=True,
        readonly=True,
        aggregator='avg',
        help="Days since the step before.",
    )
    stage_id = fields.Many2one(
        comodel_name='crm.stage', index='btree_not_null', ondelete='set null', readonly=True
    )
    # Stages are renamed, moved and deleted: what was there stays readable.
    stage_name = fields.Char(string="Stage Name at That Time", readonly=True)
    stage_sequence = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    source_id = fields.Many2one(comodel_name='utm.source', ondelete='set null', readonly=True)
    segment_id = fields.Many2one(
        comodel_name='growth.segment',
        string="Customer Segment",
        ondelete='set null',
        readonly=True,
        help="Segment of the customer at that time.",
    )
    customer_kind = fields.Selection(
        selection=CUSTOMER_KINDS,
        required=True,
        readonly=True,
        help="Existing: the customer had bought before the lead came.",
    )
    currency_id = fields.Many2one(comodel_name='res.currency', required=True, readonly=True)
    value = fields.Monetary(
        string="Lead Value",
        readonly=True,
        help="Untaxed amount of the quotation, order or invoice that passed the step, else the "
        "expected revenue of the lead at that time.",
    )
    is_estimated = fields.Boolean(
        string="Estimated",
        readonly=True,
        help="Found in the history or imported without being watched: the day and the people may "
        "differ.",
    )
    is_taken_over = fields.Boolean(
        string="Taken Over",
        readonly=True,
        help="The lead had come that far before this funnel looked at it: in another funnel, or "
        "before the step was made. No report counts it.",
    )

    _unique_lead_step = models.UniqueIndex("(lead_id, step_id)")
    # Both readings of the reports take a period.
    _entry_idx = models.Index("(entry_day, user_id, step_id)")
    _day_idx = models.Index("(day, user_id, step_id)")

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def write(self, vals):
        self._check_correcting()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_correcting(self):
        self._check_correcting()

    def _check_correcting(self):
        if self and self.env.context.get('growth_correcting') is not CORRECTING:
            raise UserError(
                self.env._("The history of the funnel cannot be changed: it is what happened.")
            )

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _merge(self, sources, target):
        """Hand the history of leads that are merged to the one that stays, which then passed each
        step when the first of them did.

        :param crm.lead sources: leads that go
        :param crm.lead target: lead that stays
        """
        log = self.sudo().with_context(growth_correcting=CORRECTING)
        events = log.search([('lead_id', 'in', (sources | target).ids)], order='date, id')
        kept = log.browse()
        for history in events.grouped('step_id').values():
            kept |= history[0]
        # Before the others take their place: a lead passes a step once.
        (events - kept).unlink()
        (kept.filtered(lambda event: event.lead_id != target)).write({'lead_id': target.id})
