from lxml import etree

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from .common_okr import OkrCommon


class ButtonsCommon(OkrCommon):
    """Buttons of a form, as a person sees them."""

    def _get_buttons(self, record, user):
        """
        :return: what the header offers: name of the method and the question that is asked before
        :rtype: dict[str, str | None]
        """
        record = self._as(record, user)
        arch = etree.fromstring(record.get_view(view_type='form')['arch'])
        [values] = record.read(load=False)
        values.update(uid=user.id, today=fields.Date.today(), context={})
        return {
            button.get('name'): button.get('confirm')
            for button in arch.xpath('//header/button')
            if not safe_eval(button.get('invisible') or 'False', values)
        }

    def _press(self, record, user, name):
        """Try a button; nothing of it stays."""
        with self.cr.savepoint() as savepoint:
            try:
                getattr(self._as(record, user), name)()
                self.env.flush_all()
            finally:
                savepoint.rollback()
                self.env.invalidate_all()


@tagged('post_install', '-at_install')
class TestOkrButtons(ButtonsCommon):
    def _prepare_all_states(self, **vals):
        """An objective of the seller in each state that has buttons."""
        found = {'draft': self._create_objective(**vals)}
        for state in ('proposed', 'changes', 'declined', 'cancelled'):
            found[state] = self._propose(self._create_objective(**vals))
        self._decide(found['changes'], 'ask_changes')
        self._decide(found['declined'], 'decline')
        self._decide(found['cancelled'], 'cancel')
        for state in ('running', 'closed'):
            found[state] = self._create_running(**vals)
        self._check_in(found['closed'].key_result_ids, 100)
        self._judge(found['closed'])
        return found

    def _check_offered(self, objectives):
        """Whatever is offered can be done; return what is offered, by state and login."""
        offered = {}
        for state, objective in objectives.items():
            for user in (self.seller, self.leader, self.user_admin, self.stranger):
                buttons = set(self._get_buttons(objective, user))
                offered[state, user.login] = buttons
                for name in buttons:
                    with self.subTest(state=state, user=user.login, button=name):
                        self._press(objective, user, name)
        return offered

    def test_running_cycle(self):
        offered = self._check_offered(self._prepare_all_states())
        self.assertIn('action_propose', offered['draft', 'ok_seller'])
        self.assertIn('action_accept', offered['proposed', 'ok_leader'])
        self.assertIn('action_ask_changes', offered['running', 'ok_leader'])
        self.assertIn('action_reopen', offered['declined', 'ok_seller'])
        self.assertIn('action_cancel', offered['running', 'ok_seller'])
        self.assertNotIn('action_judge', offered['running', 'ok_seller'])
        self.assertIn('action_unjudge', offered['closed', 'ok_seller'])
        for (_state, login), buttons in offered.items():
            if login == 'ok_stranger':
                self.assertFalse(buttons)

    def test_reviewed_cycle(self):
        objectives = self._prepare_all_states()
        self._as(self.quarter, self.user_admin).action_review()
        offered = self._check_offered(objectives)
        for login in ('ok_seller', 'ok_leader', 'growth_admin'):
            for state, name in (
                ('draft', 'action_propose'),
                ('draft', 'action_accept'),
                ('changes', 'action_propose'),
                ('proposed', 'action_accept'),
                ('proposed', 'action_ask_changes'),
                ('running', 'action_ask_changes'),
                ('running', 'action_cancel'),
                ('declined', 'action_reopen'),
                ('cancelled', 'action_reopen'),
            ):
                with self.subTest(login=login, state=state, button=name):
                    self.assertNotIn(name, offered[state, login])
        self.assertIn('action_judge', offered['running', 'ok_seller'])
        self.assertIn('action_decline', offered['proposed', 'ok_leader'])

    def test_closed_cycle(self):
        objectives = self._prepare_all_states()
        self._as(self.quarter, self.user_admin).action_review()
        for state in ('draft', 'proposed', 'changes'):
            self._decide(objectives.pop(state), 'cancel')
        self._check_in(objectives['running'].key_result_ids, 100)
        self._judge(objectives.pop('running'))
        self._as(self.quarter, self.user_admin).action_close()
        self.assertFalse(any(self._check_offered(objectives).values()))

    def test_settled_above(self):
        above = self._create_objective(self.boss)
        objectives = self._prepare_all_states(parent_id=above.id)
        # What runs below would have to be judged first.
        running, closed = objectives.pop('running'), objectives.pop('closed')
        self._decide(running, 'cancel')
        self._accept(above)
        self._check_in(above.key_result_ids, 100)
        self._decide(objectives.pop('proposed'), 'decline')
        above.sudo().state = 'running'
        above.sudo().progress = 1.0
        self._judge(above)
        offered = self._check_offered({**objectives, 'closed': closed})
        self.assertNotIn('action_propose', offered['draft', 'ok_seller'])
        self.assertNotIn('action_accept', offered['draft', 'ok_leader'])
        self.assertNotIn('action_reopen', offered['declined', 'ok_seller'])
        self.assertNotIn('action_unjudge', offered['closed', 'ok_seller'])

    def test_judged_from_below(self):
        above = self._create_running(self.boss)
        below = self._create_running(parent_id=above.id)
        self._as(self.quarter, self.user_admin).action_review()
        self.assertFalse(self._as(above, self.boss).can_judge)
        with self._refused(UserError, "Judge what stands below first"):
            self._as(above, self.boss).action_judge()
        self.assertFalse(self._as(below, self.stranger).can_judge)
        self.assertTrue(self._as(below, self.boss).can_judge)
        self._check_in(below.key_result_ids, 100)
        self._judge(below)
        self.assertTrue(self._as(above, self.boss).can_judge)
        self.assertFalse(self._as(below, self.boss).can_judge)

    def test_judged_from_below_what_is_private(self):
        above = self._create_running(self.seller)
        below = self._create_objective(self.seller, parent_id=above.id, is_private=True)
        self._accept(below)
        self._as(self.quarter, self.user_admin).action_review()
        self.env.invalidate_all()
        self.assertFalse(self._as(above, self.seller).can_judge)

    def test_judged_when_its_time_has_come(self):
        early, reached = self._create_running(), self._create_running()
        self._check_in(reached.key_result_ids, 100)
        self.assertFalse(self._as(early, self.seller).can_judge)
        self.assertTrue(self._as(reached, self.seller).can_judge)
        self._go_to('2026-06-30')
        self.assertFalse(self._as(early, self.seller).can_judge)
        self._go_to('2026-07-01')
        self.assertTrue(self._as(early, self.seller).can_judge)

    def test_many_take_as_many_queries(self):
        objectives = self._create_running(self.boss)
        for _number in range(4):
            objectives |= self._create_running(self.boss, parent_id=objectives[0].id)
        self._as(self.quarter, self.user_admin).action_review()
        counts = []
        # The first time finds out who asks.
        for number in (1, 1, len(objectives)):
            self.env.flush_all()
            self.env.invalidate_all()
            mine = self._as(objectives[:number], self.boss)
            mine.mapped('name')
            before = self.env.cr.sql_log_count
            mine.mapped('can_judge')
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1])


@tagged('post_install', '-at_install')
class TestOkrButtonsOfCycles(ButtonsCommon):
    def test_start(self):
        """What begins later is started after a question."""
        begun = self._create_cycle('month', '2026-04-01')
        later = self._create_cycle('month', '2026-05-01')
        self.assertIsNone(self._get_buttons(begun, self.user_admin)['action_start'])
        self.assertIn("begins later", self._get_buttons(later, self.user_admin)['action_start'])
        self.assertNotIn('action_start', self._get_buttons(later, self.seller))

    def test_nothing_is_told_before_the_first_day(self):
        later = self._create_cycle('month', '2026-05-01')
        objective = self._create_running(cycle=later)
        self._as(later, self.user_admin).action_start()
        key_result = objective.key_result_ids
        self.assertEqual(key_result.state, 'running')
        for day, has_begun in (('2026-04-30', False), ('2026-05-01', True)):
            self._go_to(day)
            self.assertEqual(key_result.has_begun, has_begun)
            self.assertEqual(
                'action_check_in' in self._get_buttons(key_result, self.seller), has_begun
            )

    def test_measured_from_the_first_day_on(self):
        later = self._create_cycle('month', '2026-05-01')
        objective = self._create_objective(key_results=0, cycle=later)
        key_result = self._create_key_result(
            objective,
            source='measure',
            measure_id=self.env.ref('sales_growth.growth_okr_measure_revenue').id,
        )
        self._accept(objective)
        self._as(later, self.user_admin).action_start()
        self.assertNotIn('action_refresh', self._get_buttons(key_result, self.seller))
        with self._refused(UserError, "nothing to measure"):
            self._as(key_result, self.seller).action_refresh()
        self._go_to('2026-05-01')
        self.assertIn('action_refresh', self._get_buttons(key_result, self.seller))
        self._press(key_result, self.seller, 'action_refresh')


@tagged('post_install', '-at_install')
class TestOkrWithoutCycles(OkrCommon):
    """A company that has not planned anything yet."""

    def _get_help(self, user):
        Objective = self._as(self.Objective, user)
        return Objective.get_empty_list_help("<p>The usual words</p>")

    def test_help(self):
        for user in (self.seller, self.user_admin):
            self.assertEqual(self._get_help(user), "<p>The usual words</p>")
        (self.quarter | self.year).sudo().state = 'review'
        self.assertIn("a sales manager has planned one", self._get_help(self.seller))
        self.assertNotIn('growth_okr_cycle_action', self._get_help(self.seller))
        self.assertIn('growth_okr_cycle_action', self._get_help(self.user_admin))

    def test_cycles_of_another_company_are_none(self):
        self.assertIn("No cycle is open yet", self._get_help(self.foreigner))
        cycle = self._create_cycle('quarter', '2026-04-01', company=self.other_company)
        self.assertEqual(self._get_help(self.foreigner), "<p>The usual words</p>")
        self.assertEqual(cycle.state, 'draft')

    def test_form(self):
        (self.quarter | self.year).sudo().state = 'closed'
        form = Form(self._as(self.Objective, self.seller))
        self.assertFalse(form.cycle_id)
        self.assertTrue(form.may_hang)
        arch = etree.fromstring(
            self._as(self.Objective, self.seller).get_view(view_type='form')['arch']
        )
        [hint] = arch.xpath("//div[@invisible='id or cycle_id']")
        self.assertIn("a sales manager plans one first", "".join(hint.itertext()))
        # There is nothing that a salesperson could do about it.
        self.assertFalse(hint.xpath('.//a'))
