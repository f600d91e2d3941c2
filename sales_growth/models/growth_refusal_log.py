from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from .growth_refusal import STATED_FIELDS


class GrowthRefusal(models.Model):
    """How the log is written: `crm.lead` tells when leads are lost, restored, won or merged."""

    _inherit = 'growth.refusal'

    @api.model
    def _log(self, leads, stated):
        """Write down that some leads were lost just now.

        :param crm.lead leads: leads that became lost
        :param dict stated: of `_get_stated`
        :rtype: growth.refusal
        """
        customers = self.env['growth.customer']._get_hub(
            leads.partner_id, leads.company_id | self.env.company
        )
        # The log is closed to users: it is written for them.
        refusals = self.sudo().create(
            [self._prepare_vals(lead, stated, customers) for lead in leads]
        )
        refusals._take_over_no_contact(stated)
        return refusals

    @api.model
    def _get_open(self, leads):
        """The refusals of lost leads that the user may see.

        :rtype: growth.refusal
        """
        return self.search([('lead_id', 'in', leads.ids), ('outcome', '=', 'open')])

    def _take_over_no_contact(self, stated):
        """Remember for all subjects that the customers asked not to be contacted."""
        if stated.get('is_no_contact'):
            self.sudo().partner_id.growth_no_contact = True

    @api.model
    def _prepare_vals(self, lead, stated, customers):
        """Values of the refusal of a lead that is lost now.

        :param dict stated: of `_get_stated`
        :param dict customers: of `growth.customer._get_hub`
        :rtype: dict
        """
        company = lead.company_id or self.env.company
        customer = lead.partner_id.commercial_partner_id
        # An imported lead was lost some other day, which the file may tell.
        is_imported = self.env.context.get('import_file', False)
        moment = lead.date_closed if is_imported and lead.date_closed else fields.Datetime.now()
        day = company._growth_day(moment)
        hub = customers.get((company.id, customer.id))
        return {
            'lead_id': lead.id,
            'lead_name': lead.name,
            'lead_type': lead.type,
            'company_id': company.id,
            'partner_id': customer.id,
            'customer_name': customer.name or lead.partner_name or lead.contact_name,
            'segment_id': hub and hub.segment_id.id,
            'team_id': lead.team_id.id,
            'user_id': lead.user_id.id,
            'author_id': self.env.uid,
            'stage_id': lead.stage_id.id,
            'stage_name': lead.stage_id.name,
            'stage_sequence': lead.stage_id.sequence,
            'source_id': lead.source_id.id,
            'currency_id': company.currency_id.id,
            'expected_revenue': lead.expected_revenue,
            'date': moment,
            'day': day,
            'is_estimated': is_imported,
            'reason_id': lead.lost_reason_id.id,
            **stated,
            **self._prepare_follow_up(lead.lost_reason_id, day, is_imported),
        }

    @api.model
    def _get_stated(self, vals):
        """What people stated, reduced to what they may state and completed.

        :param dict vals: values of `STATED_FIELDS`; others are left out
        :rtype: dict
        """
        if not isinstance(vals or {}, dict):
            raise UserError(
                self.env._(
                    "What was said about a refusal is given by field: %s.", ", ".join(STATED_FIELDS)
                )
            )
        stated = {fname: vals[fname] for fname in STATED_FIELDS if (vals or {}).get(fname)}
        if 'note' in stated:
            stated['note'] = html2plaintext(str(stated['note'])).strip()
        if 'competitor_id' in stated:
            self._browse_stated('growth.competitor', stated['competitor_id'])
        if 'product_id' in stated:
            product = self._browse_stated('product.product', stated['product_id'])
            stated.setdefault('requested_product', product.name)
        elif 'requested_product' in stated:
            stated['product_id'] = self._find_product(stated['requested_product']).id
        return stated

    @api.model
    def _browse_stated(self, model, record_id):
        """A record that was stated: one that is there, and that the user may see."""
        record = self.env[model].browse(isinstance(record_id, int) and record_id).exists()
        if not record:
            raise UserError(
                self.env._(
                    "There is no %(model)s %(id)s (any more).",
                    model=self.env['ir.model']._get(model).name,
                    id=record_id,
                )
            )
        record.check_access('read')
        return record

    @api.model
    def _reopen(self, leads):
        """Close the open refusals of leads that are not lost any more."""
        self.sudo()._get_open(leads)._mark_reopened()

    def _mark_reopened(self):
        self._stop_follow_up('reopened')
        self.write({'outcome': 'reopened', 'reopened_date': fields.Datetime.now()})

    @api.model
    def _recover(self, leads):
        """Close the last refusal of each lead that was won after all.

        The ones before were refused again: they stay reopened, so that no revenue counts twice.
        """
        now = fields.Datetime.now()
        refusals = self.sudo().search([('lead_id', 'in', leads.ids)])
        for history in refusals.grouped('lead_id').values():
            history.filtered(lambda refusal: refusal.outcome == 'open')._mark_reopened()
            last = history[0]
            last.write(
                {
                    'outcome': 'recovered',
                    'recovered_date': now,
                    'recovered_revenue': last._get_lead_revenue(),
                    'days_to_recover': (now - last.date).days,
                }
            )

    @api.model
    def _lose_recovery(self, leads):
        """Take back that refusals were recovered, of leads that are not won any more."""
        refusals = self.sudo().search([('lead_id', 'in', leads.ids), ('outcome', '=', 'recovered')])
        refusals.write(
            {
                'outcome': 'reopened',
                'recovered_date': False,
                'recovered_revenue': 0.0,
                'days_to_recover': 0,
            }
        )

    @api.model
    def _update_recovered_revenue(self, leads):
        """Follow the expected revenue of leads that are won, which the order corrects."""
        refusals = self.sudo().search([('lead_id', 'in', leads.ids), ('outcome', '=', 'recovered')])
        for refusal in refusals:
            refusal.recovered_revenue = refusal._get_lead_revenue()

    def _get_lead_revenue(self):
        """Expected revenue of the lead in the currency of the refusal: since then the lead may
        have gone to a company with another one.

        :rtype: float
        """
        self.ensure_one()
        company = self.lead_id.company_id or self.company_id
        return company.currency_id._convert(
            self.lead_id.expected_revenue, self.currency_id, self.company_id, fields.Date.today()
        )

    @api.model
    def _merge(self, sources, target):
        """Hand the history of leads that are merged to the one that stays.

        :param crm.lead sources: leads that go
        :param crm.lead target: lead that stays
        """
        refusals = self.sudo().search([('lead_id', 'in', sources.ids)])
        still_open = refusals.filtered(lambda refusal: refusal.outcome == 'open')
        refusals.write({'lead_id': target.id})
        if target.won_status == 'lost':
            still_open._stop_follow_up('merged')
        else:
            still_open._mark_reopened()
