from datetime import date

from odoo.tests import tagged

from .common_churn import TODAY
from .common_churn_job import ChurnJobCommon


@tagged('post_install', '-at_install')
class TestChurnCustomer(ChurnJobCommon):
    """What becomes of cases when contacts are archived, deleted, merged, or part of a company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lost = cls._create_buyer("Lost", '2025-01-10', '2025-11-01')
        cls.twin = cls._create_buyer("Twin", '2025-01-12', '2025-10-01')

    def _merge(self, source, target):
        self.env['base.partner.merge.automatic.wizard'].sudo().create({})._merge(
            (source | target).ids, target
        )
        self.env.invalidate_all()

    # ------------------------------------------------------------
    # ARCHIVED AND DELETED
    # ------------------------------------------------------------

    def test_archived_contacts_get_no_case(self):
        self.lost.active = False
        self._detect()
        self.assertChurn(self.lost, 'lost')
        self.assertFalse(self._cases(self.lost))
        self.assertEqual(self._told(), [('growth_own', 1, '2026-06-03')])

    def test_nobody_is_told_of_who_was_archived_since(self):
        risky = self._create_buyer("Risky", '2025-01-10', '2026-01-09')
        self._detect()
        risky.active = False
        self._detect_on('2026-07-10')
        self.assertEqual(self._cases(risky).level, 'lost')
        self.assertEqual([day for *_rest, day in self._told()], ['2026-06-03'])
        risky.active = True
        self._detect_on('2026-07-11')
        # The list of before, which nobody has seen to, is on the new one.
        self.assertEqual(self._told(), [('growth_own', 3, '2026-07-11')])

    def test_a_contact_is_deleted_with_its_case_and_what_was_planned(self):
        self._only('inquiry')
        partner = self._create_customer("Asker")
        leads = self.env['crm.lead'].create(
            [
                {
                    'name': "Inquiry",
                    'partner_id': partner.id,
                    'company_id': self.company.id,
                    'user_id': self.user_own.id,
                }
            ]
            * 4
        )
        self._detect()
        case = self._cases(partner)
        self._start(case, method_id=self.gift.id)
        self.assertTrue(self._steps(case))
        messages = case.message_ids
        self.assertTrue(messages)
        leads.unlink()
        case_id = case.id
        partner.unlink()
        self.env.invalidate_all()
        self.assertFalse(case.exists())
        self.assertFalse(messages.exists())
        self.assertFalse(
            self.env['mail.activity']
            .with_context(active_test=False)
            .search([('res_model', '=', 'growth.churn.case'), ('res_id', '=', case_id)])
        )
        self._detect_on('2026-06-04')

    # ------------------------------------------------------------
    # MERGED
    # ------------------------------------------------------------

    def test_of_two_open_cases_the_one_worked_on_goes_on(self):
        self._detect()
        going, staying = self._cases(self.lost), self._cases(self.twin)
        self._start(going, method_id=self.gift.id)
        self._merge(self.lost, self.twin)
        self.assertRecordValues(
            going | staying,
            [
                {
                    'state': 'working',
                    'partner_id': self.twin.id,
                    'customer_id': self._customer(self.twin).id,
                    'closed_date': False,
                },
                {
                    'state': 'over',
                    'partner_id': self.twin.id,
                    'customer_id': self._customer(self.twin).id,
                    'closed_date': TODAY,
                },
            ],
        )
        self._detect_on('2026-06-04')
        self.assertEqual(self._cases(self.twin).mapped('state'), ['working', 'over'])
        self.assertEqual(self._attempts(going).mapped('result'), ['open'])

    def test_of_two_open_cases_the_older_goes_on(self):
        self._detect()
        self._cases(self.lost).date = '2026-06-01'
        going = self._cases(self.lost)
        self._merge(self.lost, self.twin)
        self.assertEqual(self._cases(self.twin).mapped('state'), ['new', 'over'])
        self.assertEqual(self._cases(self.twin)[0], going)

    def test_a_merged_customer_who_is_given_up_stays_so(self):
        for first, second in ((self.lost, self.twin), (self.twin, self.lost)):
            with self.subTest(first.name), self.env.cr.savepoint() as savepoint:
                self._detect()
                self._start(self._cases(first), method_id=self.gift.id)
                self._merge(second, first)
                case = self._cases(first).filtered('is_open').with_user(self.user_own)
                case.write({'decision': 'leave', 'why': 'size'})
                case.action_close()
                states = ['lost', 'over'] if first == self.lost else ['over', 'lost']
                self._detect_on('2026-06-04')
                self.assertEqual(self._cases(first).mapped('state'), states)
                self._detect_on('2026-07-04')
                self.assertEqual(self._cases(first).mapped('state'), states)
                self._go_to('2026-06-03')
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_the_other_one_bought_since(self):
        self._buy(self.twin, '2026-05-20')
        self._detect()
        case = self._cases(self.lost)
        self.assertFalse(self._cases(self.twin))
        self._merge(self.lost, self.twin)
        self._detect_on('2026-06-04')
        self.assertEqual(self._cases(self.twin), case)
        self.assertEqual(case.state, 'over', "it was never lost")
        self.assertChurn(self.twin, 'active', '2026-05-20')

    def test_a_case_follows_to_a_contact_that_has_no_record_yet(self):
        self._detect()
        case = self._cases(self.lost)
        stranger = self._create_customer("Stranger")
        self._merge(self.lost, stranger)
        self.assertRecordValues(
            case,
            [
                {
                    'state': 'new',
                    'partner_id': stranger.id,
                    'customer_id': self._customer(stranger).id,
                }
            ],
        )
        self._detect_on('2026-06-04')
        self.assertEqual(self._cases(stranger), case)
        self.assertEqual(case.state, 'new')

    def test_who_is_never_to_be_won_back_stays_so(self):
        self._detect()
        self._customer(self.lost).no_win_back = True
        self._merge(self.lost, self.twin)
        self.assertTrue(self._customer(self.twin).no_win_back)
        self._detect_on('2026-06-04')
        self.assertEqual(self._cases(self.twin).filtered('is_open').proposal, 'never')

    def test_cases_of_another_company_stay_apart(self):
        other = self._create_company("Other")
        other.growth_churn_as_of = '2026-06-02'
        self._buy(self.lost, '2025-01-10', '2025-11-01', company=other, team_id=False)
        self._detect(company=self.company | other)
        theirs = self._cases(self.lost, company=other)
        self._merge(self.lost, self.twin)
        self.assertEqual((theirs.state, theirs.partner_id), ('new', self.twin))
        self.assertEqual(theirs.customer_id.company_id, other)
        self.assertEqual(len(self._cases(self.twin).filtered('is_open')), 1)

    # ------------------------------------------------------------
    # PART OF A COMPANY
    # ------------------------------------------------------------

    def test_a_person_who_becomes_part_of_a_company(self):
        person = self._create_buyer("Person", '2025-01-10', '2025-11-01', is_company=False)
        parent = self._create_customer("Parent Company", user_id=self.user_own.id)
        self._detect()
        case = self._cases(person)
        person.with_user(self.user_admin).parent_id = parent
        self.assertRecordValues(
            case,
            [
                {
                    'state': 'new',
                    'partner_id': parent.id,
                    'customer_id': self._customer(parent).id,
                }
            ],
        )
        self._detect_on('2026-06-04')
        self.assertEqual(self._cases(parent), case)
        self.assertFalse(self._cases(person))
        self.assertChurn(parent, 'lost')
        self._confirm(person)
        self.assertEqual(case.state, 'won')

    def test_a_person_who_becomes_part_of_a_company_that_is_lost(self):
        person = self._create_buyer("Person", '2025-01-10', '2025-11-01', is_company=False)
        self._detect()
        person.with_user(self.user_admin).parent_id = self.lost
        cases = self._cases(self.lost)
        self.assertEqual(sorted(cases.mapped('state')), ['new', 'over'])
        self._detect_on('2026-06-04')
        self.assertEqual(self._cases(self.lost), cases)

    def test_who_changes_company_leaves_the_history(self):
        contact = self.env['res.partner'].create({'name': "Anna", 'parent_id': self.lost.id})
        self._buy(contact, '2025-11-20')
        self._detect()
        case = self._cases(self.lost)
        contact.parent_id = self.twin
        self._detect_on('2026-06-04')
        self.assertEqual(case.partner_id, self.lost)
        self.assertEqual(case.last_order_date, date(2025, 11, 20))
        self.assertChurn(self.lost, 'lost', '2026-05-21')
