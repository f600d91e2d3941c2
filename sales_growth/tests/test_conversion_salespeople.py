from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common_funnel import FunnelCommon

# Passed out of those who reached the step before, of the sales playbook
IVANOV = (0.80, 0.70, 0.85, 0.95)
SIDOROV = (0.95, 0.90, 0.70, 0.80)


@tagged('post_install', '-at_install')
class TestConversionSalespeople(FunnelCommon):
    """The worked example: two salespeople of one team, all leads of one day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ivanov = cls._create_user('ivanov', 'sales_team.group_sale_salesman')
        cls.sidorov = cls._create_user('sidorov', 'sales_team.group_sale_salesman')
        cls.ivanov.name, cls.sidorov.name = "Ivanov", "Sidorov"
        cls.team = cls._create_team(members=cls.ivanov | cls.sidorov)
        cls.reason = cls._create_reason()
        cls.Report = cls.env['growth.conversion.report']

    def _work(self, user, rates, prospects):
        """Leads of a salesperson that go through the funnel; who does not pass is lost."""
        alive = self.env['crm.lead'].create(
            [
                {
                    'name': f"{user.name} {number}",
                    'type': 'opportunity',
                    'company_id': self.company.id,
                    'user_id': user.id,
                    'team_id': self.team.id,
                    'stage_id': self.new.id,
                    'probability': 30.0,
                    'expected_revenue': 10.0,
                }
                for number in range(prospects)
            ]
        )
        for stage, rate in zip((self.qualified, self.proposition, self.won), rates, strict=False):
            passed = alive[: round(len(alive) * rate)]
            (alive - passed).action_set_lost(lost_reason_id=self.reason.id)
            passed.write({'stage_id': stage.id})
            alive = passed
        paid = alive[: round(len(alive) * rates[-1])]
        paid._growth_reach(lambda path, lead: path.invoice_index)

    def _work_both(self, prospects=100):
        self._work(self.ivanov, IVANOV, prospects)
        self._work(self.sidorov, SIDOROV, prospects)
        # The ripening time of those that are not paid is over.
        self._go_to('2026-04-15')

    def _person(self, payload, user):
        [person] = [person for person in payload['salespeople'] if person['id'] == user.id]
        return person

    # ------------------------------------------------------------
    # THE WORKED EXAMPLE
    # ------------------------------------------------------------

    def test_hundred_prospects_each_give_the_four_pairs(self):
        self._work_both()
        payload = self.Report.with_user(self.user_all).get_salespeople()
        steps = [step['id'] for step in payload['steps']]
        ivanov = self._person(payload, self.ivanov)['cells']
        sidorov = self._person(payload, self.sidorov)['cells']
        self.assertEqual([ivanov[step]['judged'] for step in steps], [100, 80, 56, 48])
        self.assertEqual([sidorov[step]['judged'] for step in steps], [100, 95, 86, 60])
        self.assertEqual(
            [ivanov[step]['verdict'] for step in steps],
            ['below_plan', 'below_plan', 'on_plan', 'on_plan'],
        )
        self.assertEqual(
            [sidorov[step]['verdict'] for step in steps],
            ['on_plan', 'on_plan', 'below_plan', 'below_plan'],
        )
        self.assertAlmostEqual(ivanov[steps[1]]['gap'], -10.0)
        self.assertCountEqual(
            [
                (pair['teacher_id'], pair['pupil_id'], [step['id'] for step in pair['steps']])
                for pair in payload['pairs']
            ],
            [
                (self.sidorov.id, self.ivanov.id, steps[:2]),
                (self.ivanov.id, self.sidorov.id, steps[2:]),
            ],
        )
        self.assertIn(
            "Sidorov teaches Ivanov: Acquaintance, Presentation and Terms",
            [pair['sentence'] for pair in payload['pairs']],
        )

    def test_five_prospects_each_give_no_verdict(self):
        self._work_both(prospects=5)
        payload = self.Report.with_user(self.user_all).get_salespeople()
        cells = [cell for person in payload['salespeople'] for cell in person['cells'].values()]
        self.assertEqual(len(cells), 8)
        self.assertEqual({cell['verdict'] for cell in cells}, {'not_enough'})
        self.assertFalse(payload['pairs'])

    def test_plan_of_hundred_prospects(self):
        steps = self.Report.get_salespeople()['steps']
        self.assertEqual([round(step['expected_count']) for step in steps], [100, 80, 64, 61])

    def test_settings_move_the_verdict(self):
        self._work_both()
        self.company.growth_verdict_count = 101
        self.assertFalse(self.Report.get_salespeople()['pairs'])
        self.company.write({'growth_verdict_count': 20, 'growth_verdict_tolerance': 12.0})
        pairs = self.Report.get_salespeople()['pairs']
        self.assertEqual(
            [(pair['pupil_id'], [step['name'] for step in pair['steps']]) for pair in pairs],
            [(self.ivanov.id, ["Acquaintance"]), (self.sidorov.id, ["Payment"])],
        )

    # ------------------------------------------------------------
    # CHOICE
    # ------------------------------------------------------------

    def test_open_leads_are_not_judged_before_they_are_ripe(self):
        self._work_both()
        self._go_to('2026-03-10')
        payment = self.payment.id
        cell = self._person(self.Report.get_salespeople(), self.sidorov)['cells'][payment]
        self.assertEqual((cell['entered'], cell['unripe'], cell['judged']), (60, 12, 48))
        self.assertEqual(cell['conversion'], 1.0)
        self._go_to('2026-04-01')
        cell = self._person(self.Report.get_salespeople(), self.sidorov)['cells'][payment]
        self.assertEqual((cell['judged'], cell['conversion']), (60, 0.8))

    def test_period(self):
        self._work_both()
        self.assertFalse(self.Report.get_salespeople(days=7)['average']['cells'])
        self.assertTrue(self.Report.get_salespeople(days=0)['average']['cells'])
        payload = self.Report.get_salespeople(days=45)
        self.assertEqual((payload['date_from'], payload['date_to']), ('2026-03-02', '2026-04-15'))
        self.assertTrue(payload['average']['cells'])
        self.assertFalse(self.Report.get_salespeople(days=44)['average']['cells'])

    def test_team_and_its_funnel(self):
        self._work_both()
        other = self._create_team("Other Team")
        funnel = self._create_funnel(
            {"Order": {'order_confirmed': True}}, name="Short", team_id=other.id
        )
        payload = self.Report.get_salespeople(team_id=self.team.id)
        self.assertEqual(payload['funnel_id'], self.funnel.id)
        self.assertEqual(len(payload['salespeople']), 2)
        payload = self.Report.get_salespeople(team_id=other.id)
        self.assertEqual(payload['funnel_id'], funnel.id)
        self.assertFalse(payload['salespeople'])
        payload = self.Report.get_salespeople(funnel_id=funnel.id)
        self.assertEqual([step['name'] for step in payload['steps']], ["Order"])

    def test_events_of_the_period_get_no_verdict(self):
        self._work_both()
        payload = self.Report.get_salespeople(reading='event')
        cell = self._person(payload, self.ivanov)['cells'][self.presentation.id]
        self.assertEqual((cell['entered'], cell['passed'], cell['judged']), (80, 56, 80))
        self.assertAlmostEqual(cell['conversion'], 0.7)
        self.assertIs(cell['verdict'], False)
        self.assertFalse(payload['pairs'])

    def test_load(self):
        self._work_both()
        payload = self.Report.get_salespeople()
        cell = self._person(payload, self.sidorov)['cells'][self.payment.id]
        self.assertEqual((cell['open_count'], cell['open_value']), (12, 120.0))
        self._create_lead("Idle", user_id=self.user_all.id)
        payload = self.Report.get_salespeople(days=1)
        cell = self._person(payload, self.user_all)['cells'][self.acquaintance.id]
        self.assertEqual((cell['open_count'], cell['verdict']), (1, 'not_enough'))
        # Leads that came before the period are load all the same.
        cell = self._person(payload, self.sidorov)['cells'][self.payment.id]
        self.assertEqual((cell['entered'], cell['open_count'], cell['conversion']), (0, 12, False))

    def test_load_follows_the_filters(self):
        self._work_both()
        domain = [('user_id', '=', self.ivanov.id)]
        [person] = self.Report.get_salespeople(domain=domain)['salespeople']
        self.assertEqual(person['id'], self.ivanov.id)

    def test_archived_leads_are_no_load_and_still_open(self):
        lead = self._create_lead("Put away")
        lead.action_archive()
        [person] = self.Report.get_salespeople()['salespeople']
        cell = person['cells'][self.acquaintance.id]
        self.assertEqual((cell['still_open'], cell['open_count']), (1, 0))

    def test_unassigned(self):
        self._create_lead("Nobody's", user_id=False)
        [person] = self.Report.get_salespeople()['salespeople']
        self.assertEqual((person['id'], person['name']), (False, "Unassigned"))

    def test_nothing(self):
        payload = self.Report.get_salespeople()
        self.assertEqual(payload['salespeople'], [])
        self.assertEqual(payload['average']['cells'], {})
        self.assertEqual(payload['pairs'], [])

    def test_bad_choice(self):
        for params in (
            {'days': -1},
            {'days': 'many'},
            {'days': 10**9},
            {'reading': 'tea leaves'},
            {'team_id': 10**8},
            {'funnel_id': 10**8},
        ):
            with self.subTest(**params), self.assertRaises(UserError):
                self.Report.get_salespeople(**params)

    def test_company_without_funnel(self):
        self.funnel.active = False
        with self.assertRaisesRegex(UserError, "has no funnel yet"):
            self.Report.get_salespeople()

    def test_query_count_does_not_depend_on_leads(self):
        self._work(self.ivanov, IVANOV, 30)

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Report.with_user(self.user_all).get_salespeople()
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        self._work(self.ivanov, IVANOV, 200)
        self.assertEqual(count(), few)

    # ------------------------------------------------------------
    # WHO SEES WHAT
    # ------------------------------------------------------------

    def test_salesperson_sees_own_figures_and_the_rates_of_the_team(self):
        self._work_both()
        payload = self.Report.with_user(self.ivanov).get_salespeople()
        self.assertEqual([person['id'] for person in payload['salespeople']], [self.ivanov.id])
        self.assertFalse(payload['pairs'])
        self.assertFalse(payload['can_coach'])
        self.assertNotIn('Sidorov', str(payload))
        average = payload['average']['cells'][self.acquaintance.id]
        self.assertEqual(average['conversion'], 0.875)
        # Counts would tell the only colleague's.
        self.assertEqual(set(average), {'conversion', 'plan', 'gap', 'days'})

    def test_the_average_answers_no_questions_about_colleagues(self):
        """It is read with more rights than the reader has: nothing of it may follow the search."""
        self._work_both()
        lead = self.env['crm.lead'].search([('user_id', '=', self.sidorov.id)], limit=1)
        lead.email_from = 'secret@example.com'
        report = self.Report.with_user(self.ivanov)
        whole = report.get_salespeople()['average']
        for domain in (
            [('user_id', '=', self.sidorov.id)],
            [('user_id.login', '=', 'sidorov')],
            [('lead_id', 'in', lead.ids)],
            [('lead_id.email_from', '=like', 'secret%')],
            [('value', '>', 5)],
        ):
            with self.subTest(domain=domain):
                self.assertEqual(report.get_salespeople(domain=domain)['average'], whole)
        # Two periods of a day's difference would tell the figures of that day.
        for days, as_good_as in ((44, 90), (80, 90), (8, 28), (3000, 0)):
            with self.subTest(days=days):
                self.assertEqual(
                    report.get_salespeople(days=days)['average'],
                    report.get_salespeople(days=as_good_as)['average'],
                )

    def test_salesperson_is_told_no_other_teams_average(self):
        self._work_both()
        loner = self._create_user('loner', 'sales_team.group_sale_salesman')
        payload = self.Report.with_user(loner).get_salespeople(team_id=self.team.id)
        self.assertFalse(payload['salespeople'])
        self.assertFalse(payload['average']['cells'])

    def test_manager_allows_colleagues_by_name(self):
        self._work_both()
        self.company.growth_show_colleagues = True
        payload = self.Report.with_user(self.ivanov).get_salespeople()
        self.assertEqual(len(payload['salespeople']), 2)

    def test_team_leader_sees_the_team(self):
        self._work_both()
        self.team.user_id = self.user_own
        payload = self.Report.with_user(self.user_own).get_salespeople()
        self.assertEqual(len(payload['salespeople']), 2)
        self.assertEqual(len(payload['pairs']), 2)

    # ------------------------------------------------------------
    # COACHING
    # ------------------------------------------------------------

    def _coach(self, user=None):
        return self.env['growth.funnel.coaching'].browse(
            self.Report.with_user(user or self.user_all).action_coach(
                self.ivanov.id, self.sidorov.id, [self.acquaintance.id, self.presentation.id]
            )['res_id']
        )

    def test_one_click_makes_the_activity(self):
        self._work_both()
        coaching = self._coach()
        self.assertRecordValues(
            coaching.line_ids,
            [
                {'step_id': self.acquaintance.id, 'before_judged': 100, 'before_passed': 80},
                {'step_id': self.presentation.id, 'before_judged': 80, 'before_passed': 56},
            ],
        )
        activity = coaching.activity_ids
        self.assertEqual(activity.user_id, self.sidorov)
        self.assertEqual(activity.summary, "Teach Ivanov: Acquaintance, Presentation and Terms")
        self.assertEqual(str(activity.date_deadline), '2026-04-22')
        self.assertEqual((coaching.state, str(coaching.date_end)), ('running', '2026-05-13'))
        self.assertEqual(coaching.team_id, self.team)

    def test_running_coaching_is_not_started_twice(self):
        self._work_both()
        self._coach()
        pairs = self.Report.get_salespeople()['pairs']
        [pair] = [pair for pair in pairs if pair['pupil_id'] == self.ivanov.id]
        self.assertTrue(all(step['is_coached'] for step in pair['steps']))
        with self.assertRaisesRegex(UserError, "is being taught already"):
            self._coach()

    def test_before_and_after(self):
        self._work_both()
        coaching = self._coach()
        line = coaching.line_ids[0]
        # The day of the coaching itself is neither before nor after.
        self._work(self.ivanov, (0.0, 0.0, 0.0, 0.0), 7)
        self._go_to('2026-04-16')
        self._work(self.ivanov, (0.95, 0.9, 0.85, 0.95), 80)
        self._go_to('2026-05-13')
        self._work(self.ivanov, (1.0, 0.9, 0.85, 0.95), 20)
        self._go_to('2026-05-14')
        self._work(self.ivanov, (0.0, 0.0, 0.0, 0.0), 9)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(coaching.state, 'done')
        self.assertEqual((line.after_judged, line.after_passed), (100, 96))
        self.assertAlmostEqual(line.change, 16.0)
        self.assertEqual(line.outcome, 'better')

    def test_no_outcome_before_the_first_case(self):
        self._work_both()
        line = self._coach().line_ids[0]
        self.assertEqual((line.after_judged, line.outcome, line.change), (0, False, 0.0))

    def test_who_sees_a_coaching(self):
        self._work_both()
        coaching = self._coach()
        stranger = self._create_user('stranger', 'sales_team.group_sale_salesman')
        for user, sees in (
            (self.ivanov, True),
            (self.sidorov, True),
            (self.user_all, True),
            (stranger, False),
        ):
            with self.subTest(user=user.login):
                found = self.env['growth.funnel.coaching'].with_user(user).search([])
                self.assertEqual(bool(found), sees)
                lines = self.env['growth.funnel.coaching.line'].with_user(user).search([])
                self.assertEqual(len(lines), 2 * sees)
        self.team.user_id = stranger
        self.assertEqual(
            self.env['growth.funnel.coaching'].with_user(stranger).search([]), coaching
        )
        self.assertTrue(coaching.with_user(self.ivanov).line_ids[0].before_rate)

    def test_salesperson_starts_no_coaching(self):
        self._work_both()
        with self.assertRaises(AccessError):
            self._coach(self.ivanov)

    def test_nobody_teaches_himself(self):
        with self.assertRaises(ValidationError):
            self.Report.action_coach(self.ivanov.id, self.ivanov.id, [self.acquaintance.id])

    def test_bad_coaching(self):
        public = self.env.ref('base.public_user')
        for pupil_id, step_ids in (
            (10**8, self.acquaintance.ids),
            (0, self.acquaintance.ids),
            (public.id, self.acquaintance.ids),
            (self.ivanov.id, []),
            (self.ivanov.id, 'steps'),
        ):
            with self.subTest(pupil=pupil_id, steps=step_ids), self.assertRaises(UserError):
                self.Report.action_coach(pupil_id, self.sidorov.id, step_ids)
