from odoo.tests import tagged

from .common_contact import NOON, ContactCommon


@tagged('post_install', '-at_install')
class TestContactHistory(ContactCommon):
    """What is known about activities and quotations of before the addon."""

    def _forget(self, records, fname):
        for record in records:
            self._set_moment(record, fname, None)

    def _done_before(self, date_done, write_date):
        activity = self._do(self.lead)
        self._forget(activity, 'growth_date_done')
        self._set_moment(activity, 'date_done', date_done)
        self._set_moment(activity, 'write_date', write_date)
        return activity

    def _message(self, record, moment, **vals):
        return self.env['mail.message'].create(
            {
                'model': record._name,
                'res_id': record.id,
                'date': moment,
                'author_id': self.user_own.partner_id.id,
                **vals,
            }
        )

    def _fill(self, model, records, fname):
        self.env.flush_all()
        getattr(self.env[model], f'_fill_{fname}')()
        records.invalidate_recordset()
        return [value and str(value) for value in records.mapped(fname)]

    def test_activities(self):
        with_message = self._done_before('2026-05-04', '2026-06-01 08:00:00')
        self._message(self.lead, '2026-05-04 22:15:00', mail_activity_type_id=self.call.id)
        self._message(self.lead, '2026-05-03 22:15:00', mail_activity_type_id=self.call.id)
        changed_then = self._done_before('2026-05-06', '2026-05-06 09:30:00')
        changed_later = self._done_before('2026-05-07', '2026-06-02 08:00:00')
        seen = self._do(self.lead, NOON)
        to_do = self._schedule(self.lead)
        activities = with_message | changed_then | changed_later | seen
        for _again in range(2):
            self.assertEqual(
                self._fill('mail.activity', activities, 'growth_date_done'),
                ['2026-05-04 22:15:00', '2026-05-06 09:30:00', '2026-05-07 12:00:00', NOON],
            )
        self.assertFalse(to_do.growth_date_done)

    def test_quotations(self):
        def quote(state):
            return self._create_order(
                self.customer, 10, '2026-05-20 12:00:00', state=state, user_id=self.user_own.id
            )

        sent, mailed, order, direct, cancelled, draft = orders = self.env['sale.order'].concat(
            *map(quote, ('sent', 'sent', 'sale', 'sale', 'cancel', 'draft'))
        )
        marked = {'subtype_id': self.env.ref('sale.mt_order_sent').id}
        to_customer = {
            'subtype_id': self.env.ref('mail.mt_comment').id,
            'message_type': 'comment',
        }
        self._message(sent, '2026-05-11 09:00:00', **marked)
        self._message(sent, '2026-05-14 09:00:00', **marked)
        self._message(mailed, '2026-05-12 09:00:00', **to_customer)
        self._message(mailed, '2026-05-10 09:00:00', author_id=self.customer.id, **to_customer)
        self._message(mailed, '2026-05-09 09:00:00', message_type='comment')
        self._message(order, '2026-05-13 09:00:00', **to_customer)
        self._message(direct, '2026-05-25 09:00:00', **to_customer)
        self._message(cancelled, '2026-05-15 09:00:00', **marked)
        self._message(draft, '2026-05-16 09:00:00', **to_customer)
        self._forget(orders, 'growth_sent_date')
        for _again in range(2):
            self.assertEqual(
                self._fill('sale.order', orders, 'growth_sent_date'),
                [
                    '2026-05-11 09:00:00',
                    '2026-05-12 09:00:00',
                    '2026-05-13 09:00:00',
                    '2026-05-20 12:00:00',
                    '2026-05-15 09:00:00',
                    False,
                ],
            )
