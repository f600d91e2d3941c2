from datetime import datetime

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_refusal import RefusalCommon


@tagged('post_install', '-at_install')
class TestRefusal(RefusalCommon):
    """Every loss of a lead is written down once and for ever, whichever way it happens."""

    # ------------------------------------------------------------
    # WHAT IS WRITTEN DOWN
    # ------------------------------------------------------------

    @freeze_time('2026-03-10 09:30:00')
    def test_what_was_true_is_kept(self):
        competitor = self.env['growth.competitor'].create({'name': "Rival"})
        lead = self._create_lead(
            "Big deal",
            partner_id=self.contact.id,
            team_id=self.team.id,
            stage_id=self.stage.id,
            source_id=self.source.id,
            expected_revenue=5000.0,
        )
        refusal = self._lose(
            lead,
            self.user_all,
            note="<p>Not now</p>",
            competitor_id=competitor.id,
            our_price=5000.0,
            their_price=4000.0,
        )
        self.assertRecordValues(
            refusal,
            [
                {
                    'lead_id': lead.id,
                    'lead_name': "Big deal",
                    'lead_type': 'opportunity',
                    'company_id': self.company.id,
                    'partner_id': self.customer.id,
                    'customer_name': "Refuser",
                    'segment_id': self._segment('AZ').id,
                    'team_id': self.team.id,
                    'user_id': self.user_own.id,
                    'author_id': self.user_all.id,
                    'stage_id': self.stage.id,
                    'stage_name': "Talks",
                    'stage_sequence': 5,
                    'source_id': self.source.id,
                    'currency_id': self.usd.id,
                    'expected_revenue': 5000.0,
                    'date': datetime(2026, 3, 10, 9, 30),
                    'is_estimated': False,
                    'reason_id': self.reason.id,
                    'category': 'other',
                    'note': "Not now",
                    'competitor_id': competitor.id,
                    'our_price': 5000.0,
                    'their_price': 4000.0,
                    'outcome': 'open',
                    'is_unresolved': False,
                }
            ],
        )
        # Later changes of lead, stage and owner leave the history alone.
        lead.write({'name': "Renamed", 'user_id': self.user_all.id, 'expected_revenue': 1.0})
        self.stage.name = "Negotiation"
        self.assertEqual(refusal.lead_name, "Big deal")
        self.assertEqual(refusal.stage_name, "Talks")
        self.assertEqual(refusal.user_id, self.user_own)
        self.assertEqual(refusal.expected_revenue, 5000.0)

    def test_every_path_is_logged_once(self):
        leads = {
            'wizard': self._create_lead("wizard"),
            'write': self._create_lead("write"),
            'two writes': self._create_lead("two writes"),
            'zero first': self._create_lead("zero first", probability=0),
        }
        wizard = Form(
            self.env['crm.lead.lost']
            .with_user(self.user_own)
            .with_context(default_lead_ids=leads['wizard'].ids)
        )
        wizard.lost_reason_id = self.reason
        wizard.lost_feedback = "<p>Said no</p>"
        wizard.save().action_lost_reason_apply()
        loss = {'active': False, 'probability': 0, 'lost_reason_id': self.reason.id}
        leads['write'].with_user(self.user_own).write(loss)
        leads['two writes'].with_user(self.user_own).write({'active': False})
        self.assertFalse(self._refusals(leads['two writes']))
        leads['two writes'].with_user(self.user_own).write(
            {'probability': 0, 'lost_reason_id': self.reason.id}
        )
        self._lose(leads['zero first'])
        leads['reason'] = self._create_lead("reason", probability=0, automated_probability=0)
        leads['reason'].with_user(self.user_own).write(
            {'active': False, 'lost_reason_id': self.reason.id}
        )
        created = self.env['crm.lead'].with_user(self.user_own).create({'name': "created", **loss})
        leads['created'] = self.env['crm.lead'].browse(created.id)
        for path, lead in leads.items():
            with self.subTest(path=path):
                self.assertEqual(lead.won_status, 'lost')
                refusal = self._refusals(lead)
                self.assertEqual(len(refusal), 1)
                self.assertEqual(refusal.reason_id, self.reason)
                self.assertEqual(refusal.author_id, self.user_own)
        self.assertEqual(self._refusals(leads['wizard']).note, "Said no")

    def test_mass_action_logs_each_lead(self):
        leads = self._create_lead("one") | self._create_lead("two")
        self.env['crm.lead.lost'].with_user(self.user_own).with_context(
            default_lead_ids=leads.ids
        ).create({'lost_reason_id': self.reason.id}).action_lost_reason_apply()
        self.assertEqual(sorted(self._refusals(leads).mapped('lead_name')), ["one", "two"])

    def test_losing_again_is_another_refusal(self):
        lead = self._create_lead()
        self._lose(lead)
        lead.with_user(self.user_own).action_restore()
        self._lose(lead, reason=self.excuse)
        self.assertEqual(self._refusals(lead).mapped('outcome'), ['open', 'reopened'])
        self.assertEqual(self._refusals(lead).reason_id, self.excuse | self.reason)
        self.assertEqual(lead.refusal_count, 2)

    def test_losing_a_lost_lead_again_is_no_other_refusal(self):
        lead = self._create_lead()
        self._lose(lead)
        self._lose(lead, note="Said it again")
        self.assertEqual(len(self._refusals(lead)), 1)

    def test_history_survives_lead_stage_and_team(self):
        lead = self._create_lead(team_id=self.team.id, stage_id=self.stage.id)
        refusal = self._lose(lead)
        lead.unlink()
        self.team.unlink()
        self.stage.unlink()
        self.assertEqual(refusal.lead_name, "Lead")
        self.assertEqual(refusal.stage_name, "Talks")
        self.assertFalse(refusal.lead_id)

    def test_history_follows_merged_contacts(self):
        double = self._create_customer("Refuser Ltd")
        refusal = self._lose(self._create_lead(partner_id=double.id))
        self.env['base.partner.merge.automatic.wizard']._merge(
            (self.customer | double).ids, self.customer
        )
        self.env.invalidate_all()
        self.assertFalse(double.exists())
        self.assertEqual(refusal.partner_id, self.customer)
        self.assertEqual(refusal.customer_name, "Refuser Ltd")

    def test_nobody_can_pretend_to_be_losing(self):
        """What suspends the log while Odoo loses a lead in two steps cannot be sent by RPC."""
        lead = self._create_lead()
        lead.with_user(self.user_own).with_context(growth_losing={'ids': lead.ids}).write(
            {'active': False, 'probability': 0, 'lost_reason_id': self.reason.id}
        )
        self.assertEqual(len(self._refusals(lead)), 1)

    def test_only_what_may_be_stated_is_taken_from_outside(self):
        lead = self._create_lead()
        refusal = self._lose(lead, author_id=self.user_admin.id, outcome='recovered', note="Said")
        self.assertEqual(refusal.author_id, self.user_own)
        self.assertEqual(refusal.outcome, 'open')
        self.assertEqual(refusal.note, "Said")

    def test_a_lead_of_no_company_counts_where_it_was_lost(self):
        lead = self._create_lead(company_id=False)
        self.assertEqual(self._lose(lead).company_id, self.company)

    # ------------------------------------------------------------
    # A REASON IS REQUIRED
    # ------------------------------------------------------------

    def test_no_reason_no_loss(self):
        """Over RPC, by the wizard, by editing the record and by making it."""
        lead = self._create_lead().with_user(self.user_own)
        with self.assertRaises(UserError) as error:
            lead.action_set_lost()
        self.assertIn("Choose why the customer said no: Lead", str(error.exception))
        with self.assertRaises(UserError):
            lead.action_set_lost(lost_reason_id=False)
        with self.assertRaises(UserError):
            lead.write({'active': False, 'probability': 0})
        with self.assertRaises(UserError):
            self.env['crm.lead'].with_user(self.user_own).create(
                {'name': "Lost from the start", 'active': False, 'probability': 0}
            )
        with self.assertRaises(UserError):
            self.env['crm.lead.lost'].with_user(self.user_own).create(
                {'lead_ids': lead.ids}
            ).action_lost_reason_apply()
        self.assertEqual(lead.won_status, 'pending')
        self.assertTrue(lead.active)
        self.assertFalse(self._refusals(lead))

    def test_zero_set_by_hand_and_archived_is_a_loss(self):
        lead = self._create_lead().with_user(self.user_own)
        lead.sudo().automated_probability = 20
        lead.probability = 0
        with self.assertRaises(UserError):
            lead.action_archive()
        self.assertTrue(lead.active)

    def test_archiving_is_not_losing(self):
        """Also where Odoo has no statistics yet, so that every probability is zero."""
        lead = self._create_lead()
        blank = self._create_lead("Blank", probability=0)
        blank.automated_probability = 0
        for record in (lead, blank):
            record.with_user(self.user_own).action_archive()
            self.assertFalse(record.active)
            self.assertEqual(record.won_status, 'pending')
            self.assertFalse(self._refusals(record))
        blank.with_user(self.user_own).action_unarchive()
        self.assertEqual(blank.probability, 0)

    def test_the_reason_of_a_lost_lead_stays(self):
        lead = self._create_lead().with_user(self.user_own)
        self._lose(lead)
        with self.assertRaises(UserError):
            lead.lost_reason_id = False
        self.assertEqual(lead.lost_reason_id, self.reason)

    def test_a_company_may_leave_it_optional(self):
        self.company.growth_refusal_policy = 'optional'
        lead = self._create_lead()
        lead.with_user(self.user_own).action_set_lost()
        refusal = self._refusals(lead)
        self.assertFalse(refusal.reason_id)
        self.assertTrue(refusal.is_unresolved)

    def test_the_setting_is_that_of_the_lead(self):
        other = self._create_company("Optional Company")
        other.growth_refusal_policy = 'optional'
        self.user_own.company_ids = [Command.link(other.id)]
        lead = self._create_lead(company_id=other.id)
        lead.with_user(self.user_own).with_context(
            allowed_company_ids=(self.company | other).ids
        ).action_set_lost()
        self.assertEqual(self._refusals(lead.with_company(other)).company_id, other)

    def test_imports_and_automatic_jobs_are_not_asked(self):
        lead = self._create_lead()
        lead.action_set_lost()
        self.assertFalse(self._refusals(lead).is_estimated)
        result = (
            self.env['crm.lead']
            .with_user(self.user_own)
            .with_context(import_file=True)
            .load(
                ['name', 'active', 'probability', 'date_closed'],
                [["Imported", "0", "0", "2024-05-06 10:00:00"]],
            )
        )
        imported = self._refusals(self.env['crm.lead'].browse(result['ids']))
        self.assertEqual(imported.date, datetime(2024, 5, 6, 10))
        self.assertTrue(imported.is_estimated)
        self.assertEqual(imported.follow_up_state, 'none')

    def test_what_the_reason_asks_for_is_required_too(self):
        reason = self._create_reason(
            "Price",
            category='price',
            require_competitor=True,
            require_prices=True,
            require_note=True,
        )
        lead = self._create_lead()
        with self.assertRaises(UserError) as error:
            self._lose(lead, reason=reason, our_price=10)
        self.assertIn("Competitor", str(error.exception))
        self.assertIn("Their Price", str(error.exception))
        self.assertIn("Note", str(error.exception))
        self.assertNotIn("Our Price", str(error.exception))
        competitor = self.env['growth.competitor'].create({'name': "Cheap"})
        stated = {'competitor_id': competitor.id, 'note': "Cheaper"}
        refusal = self._lose(lead, reason=reason, our_price=10, their_price=9, **stated)
        self.assertEqual(refusal.their_price, 9)
        # A price is one deal's: several leads go without.
        leads = self._create_lead("one") | self._create_lead("two")
        self._lose(leads, reason=reason, **stated)
        self.assertEqual(self._refusals(leads).competitor_id, competitor)

    def test_wizard_forgets_what_another_reason_asked_for(self):
        price = self._create_reason("Price", category='price', require_competitor=True)
        lead = self._create_lead()
        wizard = Form(
            self.env['crm.lead.lost']
            .with_user(self.user_own)
            .with_context(default_lead_ids=lead.ids)
        )
        wizard.lost_reason_id = price
        wizard.competitor_id = self.env['growth.competitor'].create({'name': "Rival"})
        wizard.lost_reason_id = self.reason
        wizard.save().action_lost_reason_apply()
        self.assertFalse(self._refusals(lead).competitor_id)

    def test_wizard_needs_the_reason(self):
        wizard = Form(
            self.env['crm.lead.lost']
            .with_user(self.user_own)
            .with_context(default_lead_ids=self._create_lead().ids)
        )
        with self.assertRaisesRegex(AssertionError, "lost_reason_id is a required field"):
            wizard.save()

    # ------------------------------------------------------------
    # WHAT BECOMES OF IT
    # ------------------------------------------------------------

    def test_restored(self):
        lead = self._create_lead()
        with freeze_time('2026-03-10 09:00:00'):
            refusal = self._lose(lead)
        with freeze_time('2026-04-10 09:00:00'):
            lead.with_user(self.user_own).action_restore()
        self.assertEqual(refusal.outcome, 'reopened')
        self.assertEqual(refusal.reopened_date, datetime(2026, 4, 10, 9))
        self.assertEqual(refusal.reason_id, self.reason)
        self.assertFalse(lead.lost_reason_id)
        self.assertEqual(refusal.follow_up_state, 'stopped')

    def test_restored_by_editing_has_no_reason_left(self):
        lead = self._create_lead()
        self._lose(lead)
        lead.with_user(self.user_own).write({'active': True, 'probability': 10})
        self.assertFalse(lead.lost_reason_id)
        with self.assertRaises(UserError):
            lead.with_user(self.user_own).write({'active': False, 'probability': 0})

    def test_won_after_all(self):
        lead = self._create_lead(expected_revenue=100.0)
        with freeze_time('2026-03-10 09:00:00'):
            first = self._lose(lead)
            lead.action_restore()
        with freeze_time('2026-03-20 09:00:00'):
            last = self._lose(lead)
        with freeze_time('2026-04-01 09:00:00'):
            lead.expected_revenue = 80.0
            lead.with_user(self.user_own).action_set_won()
        self.assertRecordValues(
            last | first,
            [
                {'outcome': 'recovered', 'recovered_revenue': 80.0, 'days_to_recover': 12},
                {'outcome': 'reopened', 'recovered_revenue': 0.0, 'days_to_recover': 0},
            ],
        )
        lead.expected_revenue = 120.0
        self.assertEqual(last.recovered_revenue, 120.0)
        # Not won after all: nothing is recovered.
        lead.with_user(self.user_own).write({'stage_id': self.stage.id, 'probability': 10})
        self.assertEqual(last.outcome, 'reopened')
        self.assertEqual(last.recovered_revenue, 0.0)

    def test_dragged_from_lost_to_won(self):
        lead = self._create_lead(expected_revenue=100.0)
        refusal = self._lose(lead)
        lead.with_user(self.user_own).write({'stage_id': self.won_stage.id})
        self.assertEqual(lead.won_status, 'won')
        self.assertEqual(refusal.outcome, 'recovered')
        self.assertEqual(refusal.recovered_revenue, 100.0)
        self.assertFalse(lead.lost_reason_id)

    def test_merging_keeps_each_history(self):
        target = self._create_lead("Target")
        lost = self._create_lead("Lost")
        self._lose(lost)
        back = self._create_lead("Back")
        self._lose(back)
        back.action_restore()
        refusals = self._refusals(lost | back)
        (target | lost | back).with_user(self.user_own).merge_opportunity()
        survivor = (target | lost | back).exists()
        self.assertEqual(len(survivor), 1)
        self.assertEqual(refusals.lead_id, survivor)
        self.assertEqual(sorted(refusals.mapped('lead_name')), ["Back", "Lost"])
        # The deal goes on, so nothing of it is refused any more.
        self.assertEqual(set(refusals.mapped('outcome')), {'reopened'})

    def test_merging_lost_leads(self):
        leads = self._create_lead("One") | self._create_lead("Two")
        self._lose(leads)
        refusals = self._refusals(leads)
        leads.with_user(self.user_own).merge_opportunity()
        self.assertEqual(len(leads.exists()), 1)
        self.assertEqual(refusals.lead_id, leads.exists())
        self.assertEqual(set(refusals.mapped('outcome')), {'open'})
        self.assertEqual(sorted(refusals.mapped('follow_up_state')), ['stopped', 'waiting'])

    def test_merging_lost_leads_mixes_no_reasons(self):
        price = self._create_reason("Price", category='price', require_prices=True)
        head = self._create_lead("Head")
        other = self._create_lead("Other")
        unsaid = self._create_lead("Unsaid")
        self._lose(head, reason=price, our_price=10, their_price=9)
        self._lose(other, reason=self.excuse)
        unsaid.action_set_lost()
        refusals = self._refusals(head | other | unsaid)
        (head | other | unsaid).with_user(self.user_own).merge_opportunity()
        self.assertEqual(
            {refusal.lead_name: refusal.reason_id for refusal in refusals},
            {"Head": price, "Other": self.excuse, "Unsaid": self.reason.browse()},
        )
        self.assertFalse(refusals.statement_ids)
        # Correcting the lead corrects the refusal it had the reason of, and no other.
        survivor = refusals.lead_id.with_user(self.user_own)
        former = survivor.lost_reason_id
        spare = refusals.filtered(lambda refusal: refusal.reason_id not in (former, price))[:1]
        self._restate(spare, self.reason)
        self.assertEqual(survivor.lost_reason_id, former)
        survivor.lost_reason_id = self._create_reason("Better")
        self.assertEqual((refusals - spare).statement_ids.from_reason_id, former)

    def test_a_copy_is_a_new_try(self):
        lead = self._create_lead()
        self._lose(lead)
        copy = lead.with_user(self.user_own).copy()
        self.assertTrue(copy.active)
        self.assertFalse(copy.lost_reason_id)
        self.assertFalse(self._refusals(copy))
        archived = self._create_lead("Archived", probability=0, automated_probability=0)
        archived.with_user(self.user_own).action_archive()
        copy = archived.with_user(self.user_own).copy()
        self.assertFalse(copy.active)
        self.assertEqual(copy.won_status, 'pending')

    def test_made_in_the_archive_is_not_lost(self):
        Lead = self.env['crm.lead'].with_user(self.user_own)
        self.assertEqual(Lead.create({'name': "Kept", 'active': False}).won_status, 'pending')
        won = Lead.create(
            {'name': "Won", 'active': False, 'stage_id': self.won_stage.id, 'probability': 100}
        )
        self.assertEqual(won.won_status, 'won')

    def test_what_comes_back_from_the_archive_is_as_before(self):
        lead = self._create_lead(probability=0, automated_probability=0)
        lead.with_user(self.user_own).write({'active': False})
        lead.automated_probability = 40
        lead.with_user(self.user_own).write({'active': True})
        self.assertEqual(lead.probability, 40)

    def test_restore_button_of_the_refusal(self):
        lead = self._create_lead()
        refusal = self._lose(lead)
        action = refusal.with_user(self.user_own).action_restore_lead()
        self.assertEqual(action['res_id'], lead.id)
        self.assertEqual(lead.won_status, 'pending')
        refusal = self._lose(lead)
        lead.unlink()
        with self.assertRaises(UserError) as error:
            refusal.with_user(self.user_own).action_restore_lead()
        self.assertIn("was deleted", str(error.exception))

    def test_recovered_in_another_currency(self):
        self.env['res.currency.rate'].create(
            {'currency_id': self.eur.id, 'company_id': self.company.id, 'rate': 0.5}
        )
        other = self._create_company("Euro Company", self.eur)
        lead = self._create_lead(expected_revenue=100, user_id=False)
        refusal = self._lose(lead)
        lead.company_id = other
        lead.with_company(other).action_set_won()
        self.assertEqual(refusal.currency_id, self.usd)
        self.assertEqual(refusal.recovered_revenue, 200)

    def test_nonsense_is_refused(self):
        lead = self._create_lead().with_user(self.user_own)
        with self.assertRaises(UserError):
            lead.action_set_lost(lost_reason_id=self.reason.id, refusal='abc')
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError):
            lead.action_set_lost(lost_reason_id=self.reason.id, refusal={'our_price': -5})
        for nonsense in ('x', 999999999):
            for fname in ('competitor_id', 'product_id'):
                with self.assertRaises(UserError):
                    lead.action_set_lost(lost_reason_id=self.reason.id, refusal={fname: nonsense})
        self.assertFalse(self._refusals(lead))
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError):
            self.reason.follow_up_delay = 120000
            self.env.flush_all()

    # ------------------------------------------------------------
    # THE LOG STAYS AS IT IS
    # ------------------------------------------------------------

    def test_nobody_edits_or_deletes_a_refusal(self):
        refusal = self._lose(self._create_lead())
        for user in (self.user_own, self.user_all, self.user_admin):
            with self.assertRaises(AccessError):
                refusal.with_user(user).write({'note': "never said"})
            with self.assertRaises(AccessError):
                refusal.with_user(user).unlink()
            with self.assertRaises(AccessError):
                self.env['growth.refusal'].with_user(user).create({'lead_name': "Invented"})
        self.assertTrue(refusal.exists())

    def test_a_competitor_has_one_record(self):
        Competitor = self.env['growth.competitor'].with_user(self.user_own)
        Competitor.name_create("Rival")
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError):
            Competitor.create({'name': " rival "})
        rival = Competitor.search([('name', '=', "Rival")]).sudo()
        rival.active = False
        self.assertEqual(Competitor.name_create(" RIVAL ")[0], rival.id)
        self._lose(self._create_lead(), competitor_id=rival.id)
        with self.assertRaises(UserError) as error:
            rival.with_user(self.user_admin).unlink()
        self.assertIn("Archive them instead", str(error.exception))
