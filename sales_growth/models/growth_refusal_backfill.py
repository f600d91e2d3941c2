from odoo import api, models
from odoo.tools import SQL

# Words that tell the category of a reason that was there before, in English and Russian. A first
# guess for the administrator to correct: nothing depends on it afterwards.
CATEGORY_WORDS = [
    ('budget', ('budget', 'money', 'бюджет', 'денег')),
    ('price', ('expensive', 'price', 'cost', 'дорог', 'цен')),
    ('competitor', ('competitor', 'supplier', 'конкурент', 'поставщик')),
    ('timing', ('later', 'postpone', 'not planned', 'позже', 'отлож', 'не планир')),
    ('terms', ('deliver', 'stock', 'terms', 'payment', 'достав', 'налич', 'услов', 'срок')),
    ('product', ('product', 'feature', 'quality', 'skill', 'товар', 'продукт', 'качеств')),
    ('interest', ('interest', 'respon', 'интерес', 'отвеча')),
]


class GrowthRefusal(models.Model):
    _inherit = 'growth.refusal'

    @api.model
    def _backfill(self):
        """Write down the leads that were lost before anybody watched. Run at install and upgrade;
        running it again changes nothing.

        What is not known any more stays empty (who lost the lead, the segment then), and nothing
        of it is followed up: it would flood the salespeople.

        :return: number of refusals written
        :rtype: int
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
            INSERT INTO growth_refusal (
                lead_id, lead_name, lead_type, company_id, partner_id, customer_name, team_id,
                user_id, stage_id,
                stage_name, stage_sequence, source_id, currency_id, expected_revenue, date,
                is_estimated, reason_id, category, is_carried, is_unresolved, is_no_contact,
                outcome, day, follow_up_state, create_uid, create_date, write_uid,
                write_date
            )
            SELECT lead.id, lead.name, lead.type, company.id, customer.id,
                   COALESCE(customer.name, lead.partner_name, lead.contact_name), lead.team_id,
                   lead.user_id, lead.stage_id,
                   COALESCE(stage.name->>%(lang)s, stage.name->>'en_US'), stage.sequence,
                   lead.source_id, company.currency_id, lead.expected_revenue, moment.lost,
                   TRUE, reason.id, reason.category, FALSE,
                   reason.id IS NULL OR COALESCE(reason.is_excuse, FALSE), FALSE, 'open',
                   moment.lost::date, 'none', %(uid)s, moment.now, %(uid)s, moment.now
              FROM crm_lead AS lead
              JOIN LATERAL (
                SELECT COALESCE(lead.date_closed, lead.write_date) AS lost,
                       NOW() AT TIME ZONE 'UTC' AS now
              ) AS moment ON TRUE
         LEFT JOIN res_users AS seller ON seller.id = lead.user_id
              JOIN res_company AS company
                ON company.id = COALESCE(lead.company_id, seller.company_id, %(company)s)
         LEFT JOIN res_partner AS contact ON contact.id = lead.partner_id
         LEFT JOIN res_partner AS customer ON customer.id = contact.commercial_partner_id
         LEFT JOIN crm_stage AS stage ON stage.id = lead.stage_id
         LEFT JOIN crm_lost_reason AS reason ON reason.id = lead.lost_reason_id
             WHERE lead.won_status = 'lost'
               AND NOT EXISTS (
                    SELECT 1 FROM growth_refusal AS refusal WHERE refusal.lead_id = lead.id
               )
          ORDER BY moment.lost, lead.id
            """,
                lang=self.env.lang or 'en_US',
                company=self.env.company.id,
                uid=self.env.uid,
            )
        )
        count = self.env.cr.rowcount
        self.invalidate_model()
        return count

    @api.model
    def _guess_categories(self):
        """Give the reasons that were there before the category that their name speaks of.

        For the moment when categories come: later, "other" may be what somebody chose.
        """
        reasons = self.env['crm.lost.reason'].with_context(active_test=False, lang=None)
        shipped = self.env['ir.model.data'].search(
            [('module', '=', 'sales_growth'), ('model', '=', 'crm.lost.reason')]
        )
        for reason in reasons.search(
            [('category', '=', 'other'), ('id', 'not in', shipped.mapped('res_id'))]
        ):
            names = [
                reason.with_context(lang=code).name.lower()
                for code, _name in self.env['res.lang'].get_installed()
            ]
            reason.category = next(
                (
                    category
                    for category, words in CATEGORY_WORDS
                    if any(word in name for word in words for name in names)
                ),
                'other',
            )
