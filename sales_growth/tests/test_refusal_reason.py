from datetime import datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_refusal import RefusalCommon


@tagged('post_install', '-at_install')
class TestRefusalReason(RefusalCommon):
    """An excuse stays unresolved until the real reason replaces it; the trail is kept."""

    def test_an_excuse_is_unresolved_until_the_real_reason(self):
        lead = self._create_lead().with_user(self.user_own)
        refusal = self._lose(lead, reason=self.excuse, note="We have one")
        self.assertTrue(refusal.is_unresolved)
        self.assertTrue(lead.is_reason_unresolved)
        found = self.env['crm.lead'].with_user(self.user_own).with_context(active_test=False)
        self.assertIn(lead, found.search([('is_reason_unresolved', '=', True)]))
        action = lead.action_state_reason()
        Wizard = self.env[action['res_model']].with_user(self.user_own)
        wizard = Form(Wizard.with_context(**action['context']))
        self.assertEqual(wizard.former_reason_id, self.excuse)
        self.assertFalse(wizard.note, "the note on an excuse is none of the real reason")
        wizard.lost_reason_id = self.reason
        wizard.note = "Too small for them"
        with freeze_time('2026-05-05 10:00:00'):
            wizard.save().action_apply()
        self.assertFalse(refusal.is_unresolved)
        self.assertFalse(lead.is_reason_unresolved)
        self.assertNotIn(lead, found.search([('is_reason_unresolved', '=', True)]))
        self.assertEqual(refusal.reason_id, self.reason)
        self.assertEqual(refusal.note, "Too small for them")
        self.assertEqual(lead.lost_reason_id, self.reason)
        self.assertRecordValues(
            refusal.statement_ids,
            [
                {
                    'date': datetime(2026, 5, 5, 10),
                    'user_id': self.user_own.id,
                    'from_reason_id': self.excuse.id,
                    'to_reason_id': self.reason.id,
                    'note': "We have one",
                }
            ],
        )

    def test_an_excuse_cannot_replace_an_excuse(self):
        refusal = self._lose(self._create_lead(), reason=self.excuse)
        other = self._create_reason("Call me later", is_excuse=True)
        wizard = (
            self.env['growth.refusal.reason.wizard']
            .with_user(self.user_own)
            .create({'refusal_ids': refusal.ids, 'lost_reason_id': other.id})
        )
        with self.assertRaises(UserError) as error:
            wizard.action_apply()
        self.assertIn("an excuse too", str(error.exception))
        self.assertEqual(refusal.reason_id, self.excuse)

    def test_correcting_the_reason_on_the_lead_keeps_the_trail(self):
        lead = self._create_lead().with_user(self.user_own)
        refusal = self._lose(lead, reason=self.excuse)
        lead.lost_reason_id = self.reason
        self.assertEqual(refusal.reason_id, self.reason)
        self.assertEqual(refusal.statement_ids.from_reason_id, self.excuse)

    def test_the_real_reason_asks_for_what_it_needs(self):
        refusal = self._lose(self._create_lead(), reason=self.excuse)
        price = self._create_reason("Price", require_prices=True)
        wizard = (
            self.env['growth.refusal.reason.wizard']
            .with_user(self.user_own)
            .create({'refusal_ids': refusal.ids, 'lost_reason_id': price.id})
        )
        with self.assertRaises(UserError):
            wizard.action_apply()
        self.assertEqual(refusal.reason_id, self.excuse)

    def test_a_recovered_excuse_needs_no_answer(self):
        lead = self._create_lead()
        refusal = self._lose(lead, reason=self.excuse)
        lead.action_set_won()
        self.assertFalse(refusal.is_unresolved)

    def test_several_refusals_need_no_prices(self):
        price = self._create_reason("Price", category='price', require_prices=True)
        leads = self._create_lead("one") | self._create_lead("two")
        self._lose(leads, reason=self.excuse)
        refusals = self._refusals(leads)
        self._restate(refusals, price)
        self.assertEqual(refusals.reason_id, price)
        # Also where some of several leads are lost already.
        leads |= self._create_lead("three")
        self._lose(leads, reason=self._create_reason("Dear", require_prices=True))
        self.assertEqual(len(self._refusals(leads)), 3)
        self.assertEqual(self._refusals(leads).reason_id.name, "Dear")

    def test_the_trail_keeps_all_that_was_said(self):
        rival = self.env['growth.competitor'].create({'name': "Rival"})
        price = self._create_reason("Price", category='price')
        refusal = self._lose(
            self._create_lead(),
            reason=price,
            competitor_id=rival.id,
            our_price=10,
            their_price=9,
            requested_product="Chair",
            note="First",
        )
        self._restate(refusal, price, our_price=8, note="Second")
        self.assertRecordValues(refusal, [{'our_price': 8, 'their_price': 9, 'note': "Second"}])
        self.assertRecordValues(
            refusal.statement_ids,
            [
                {
                    'from_reason_id': price.id,
                    'to_reason_id': price.id,
                    'competitor_id': rival.id,
                    'our_price': 10,
                    'their_price': 9,
                    'requested_product': "Chair",
                    'note': "First",
                }
            ],
        )
        self._restate(refusal, price)
        self.assertEqual(len(refusal.statement_ids), 1, "nothing new, nothing to keep")
        # A reason that does not change through the lead says nothing new either.
        refusal.lead_id.with_user(self.user_own).with_context(
            growth_refusal={'our_price': 77}
        ).lost_reason_id = price
        self.assertEqual(refusal.our_price, 8)

    def test_one_of_two_merged_excuses(self):
        price = self._create_reason("Price", category='price', require_prices=True)
        leads = self._create_lead("One") | self._create_lead("Two") | self._create_lead("Three")
        self._lose(leads[:2], reason=self.excuse)
        self._lose(leads[2])
        refusals = self._refusals(leads)
        leads.with_user(self.user_own).merge_opportunity()
        lead = leads.exists().with_user(self.user_own)
        one, two = refusals.filtered('is_unresolved')
        self.assertEqual(
            lead.action_state_reason()['context']['default_refusal_ids'], (one | two).ids
        )
        self._restate(one, price, our_price=10, their_price=9)
        self.assertEqual((one.reason_id, two.reason_id), (price, self.excuse))

    def test_lead_and_refusal_say_the_same(self):
        lead = self._create_lead()
        refusal = self._lose(lead)
        lead.user_id = self.user_all
        other = self._create_reason("Other")
        self._restate(refusal, other)
        self.assertEqual(lead.lost_reason_id, other, "restated by the former salesperson")
        self.company.growth_refusal_policy = 'optional'
        lead.with_user(self.user_all).lost_reason_id = False
        self.assertEqual(refusal.reason_id, other, "what was said stays")
        lead.with_user(self.user_all).lost_reason_id = self.reason
        self.assertEqual(refusal.reason_id, self.reason)

    def test_a_correction_on_the_lead_reaches_refusals_of_others(self):
        lead = self._create_lead(user_id=self.user_all.id)
        refusal = self._lose(lead, self.user_all)
        lead.user_id = False
        other = self._create_reason("Other")
        lead.with_user(self.user_own).lost_reason_id = other
        self.assertEqual(refusal.reason_id, other)
        self.assertEqual(refusal.statement_ids.user_id, self.user_own)

    def test_corrections_are_asked_for_no_more_than_losses(self):
        price = self._create_reason("Price", require_prices=True)
        self.company.growth_refusal_policy = 'optional'
        lead = self._create_lead()
        refusal = self._lose(lead)
        lead.with_user(self.user_own).lost_reason_id = price
        self.assertEqual(refusal.reason_id, price)
        self._restate(refusal, self.reason)
        self._restate(refusal, price)
        self.company.growth_refusal_policy = 'required'
        self._restate(refusal, self.reason)
        with self.assertRaises(UserError):
            lead.with_user(self.user_own).lost_reason_id = price
        lead.with_user(self.user_own).with_context(import_file=True).lost_reason_id = price
        self.assertEqual(refusal.reason_id, price)

    def test_stating_the_reason_of_a_foreign_refusal(self):
        lead = self._create_lead(user_id=self.user_all.id)
        refusal = self._lose(lead, self.user_all, self.excuse)
        Wizard = self.env['growth.refusal.reason.wizard'].with_user(self.user_own)
        with self.assertRaises(AccessError):
            Wizard.create({'refusal_ids': refusal.ids, 'lost_reason_id': self.reason.id})
        wizard = Wizard.sudo().create(
            {'refusal_ids': refusal.ids, 'lost_reason_id': self.reason.id}
        )
        with self.assertRaises(UserError):
            wizard.sudo(False).action_apply()
        self.assertEqual(refusal.reason_id, self.excuse)
