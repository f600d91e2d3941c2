from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import float_round
from odoo.tools.misc import format_date

from ..analysis import okr
from .growth_okr_objective import OPEN_STATES

# What can be given up: everything that has no end yet.
UNSETTLED_STATES = ('draft', 'changes', 'proposed', 'accepted', 'running', 'declined')


class GrowthOkrObjective(models.Model):
    """The way of an objective: proposed, decided, run, judged.

    Whoever decides need not be able to write the text: so the state is written with the rights of
    the system, after the person's own were checked.
    """

    _inherit = 'growth.okr.objective'

    # ------------------------------------------------------------
    # ACTIONS: PROPOSE
    # ------------------------------------------------------------

    def action_propose(self):
        """Ask the leader to say yes."""
        self._take(*OPEN_STATES)
        self._check_complete()
        self._check_may_go_on()
        objectives = self._as_system()
        objectives.write({'state': 'proposed', 'author_id': self.env.uid})
        objectives._ask_leader()
        return True

    def action_withdraw(self):
        """Take the proposal back, to change its text."""
        self._take('proposed')
        objectives = self._as_system()
        objectives.state = 'draft'
        objectives._unask_leader()
        return True

    # ------------------------------------------------------------
    # ACTIONS: DECIDE
    # ------------------------------------------------------------

    def action_accept(self):
        """Say yes: it runs as soon as its cycle does."""
        self._take_decision('proposed', *OPEN_STATES)
        self._check_complete()
        self._check_may_go_on()
        objectives = self._as_system()
        objectives._unask_leader()
        objectives._find_author()
        objectives.state = 'accepted'
        objectives._notify_owner(self.env._("The objective was accepted."))
        objectives.filtered(lambda each: each.cycle_id.state in ('running', 'review'))._run()
        return True

    def action_ask_changes(self):
        """Ask what is to be changed."""
        self._check_decision('proposed', 'accepted', 'running')
        self._check_cycle_open()
        return self._action_decide('changes', self.env._("Ask for Changes"))

    def action_decline(self):
        """Ask why not."""
        self._check_decision('proposed')
        self._check_not_reviewed()
        return self._action_decide('declined', self.env._("Decline"))

    def action_cancel(self):
        """Ask why it is given up."""
        self.check_access('write')
        self._check_state(*UNSETTLED_STATES)
        self._check_not_reviewed()
        return self._action_decide('cancelled', self.env._("Give Up"))

    def action_reopen(self):
        """Take up again what was declined or given up: as a draft."""
        self._take('declined', 'cancelled')
        self._check_may_hang()
        self._as_system().state = 'draft'
        return True

    # ------------------------------------------------------------
    # ACTIONS: JUDGE
    # ------------------------------------------------------------

    def action_judge(self):
        """Ask for the verdict: of a planning error, cause and lesson."""
        self.ensure_one()
        self.check_access('write')
        self._check_state('running')
        self._as_system().key_result_ids._bring_up_to_date()
        self._check_judgeable()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_okr_judge_action'
        )
        return {**action, 'context': {'default_objective_id': self.id}}

    def action_unjudge(self):
        """Take a verdict back, as long as the cycle is not closed."""
        self._take('closed')
        if closed := self.cycle_id.filtered(lambda cycle: cycle.state == 'closed'):
            raise UserError(
                self.env._(
                    "The cycle is closed, its verdicts stand: %s.",
                    ", ".join(closed.mapped('name')),
                )
            )
        if judged := self.sudo().parent_id.filtered(lambda each: each.state == 'closed'):
            raise UserError(
                self.env._(
                    "It counted there: take back the verdict on the objective above first: %s.",
                    judged._get_names_for(self.env.user),
                )
            )
        self._as_system().write(
            {
                'state': 'running',
                'verdict': False,
                'cause': False,
                'lesson': False,
                'final_progress': 0.0,
                'closed_date': False,
                'closed_by_id': False,
            }
        )
        return True

    # ------------------------------------------------------------
    # BUSINESS: DECIDE
    # ------------------------------------------------------------

    def _take_decision(self, *states):
        """Lock objectives about which somebody decides.

        :param states: they must be in one of these
        :raise AccessError: when it is not for the user to decide
        :raise UserError: when somebody else is at work on one of them, or was faster
        """
        self._check_decision(*states)
        self._as_system()._take(*states)

    def _check_decision(self, *states):
        self.check_access('read')
        if others := self.filtered(lambda each: not each.can_decide):
            raise AccessError(
                self.env._(
                    "Whether these are accepted is decided by their leader or a sales manager: %s.",
                    ", ".join(others.mapped('name')),
                )
            )
        self._check_state(*states)

    def _decide(self, state, note):
        """Decide with a word of explanation.

        :param str state: 'changes', 'declined' or 'cancelled'
        :param str note: why
        """
        if state == 'cancelled':
            self._take(*UNSETTLED_STATES)
            self._check_not_reviewed()
        elif state == 'declined':
            self._take_decision('proposed')
            self._check_not_reviewed()
        else:
            self._take_decision('proposed', 'accepted', 'running')
            # Nobody could propose it again, and nobody would judge it.
            self._check_cycle_open()
        objectives = self._as_system()
        objectives._unask_leader()
        objectives._end_reminders()
        if state == 'cancelled':
            objectives.key_result_ids.initiative_ids.filtered(
                lambda each: each.state == 'open'
            ).action_drop()
        objectives.state = state
        headers = {
            'changes': self.env._("Changes were asked for: %s", note),
            'declined': self.env._("The objective was declined: %s", note),
            'cancelled': self.env._("The objective was given up: %s", note),
        }
        objectives._notify_owner(headers[state])

    def _action_decide(self, decision, title):
        action = self.env['ir.actions.act_window']._for_xml_id(
            'sales_growth.growth_okr_decide_action'
        )
        return {
            **action,
            'name': title,
            'context': {'default_objective_ids': self.ids, 'default_decision': decision},
        }

    def _run(self):
        """Let what was accepted run: from now on progress is expected."""
        now = fields.Datetime.now()
        # In the review it does not begin anew.
        reviewed = self._filtered_reviewed()
        reviewed.state = 'running'
        for company, objectives in (self - reviewed).grouped('company_id').items():
            objectives.write({'state': 'running', 'running_date': company._growth_day(now)})
        # The job goes on with the day of what runs alone.
        self.key_result_ids._stand_anew('expected')

    def _find_author(self):
        """Whose planning it was that nobody has proposed: of who wrote it, else who accepts it."""
        for objective in self.filtered(lambda each: not each.author_id):
            writer = objective.create_uid
            is_person = writer and writer.id != SUPERUSER_ID
            objective.author_id = writer if is_person else self.env.user

    def _filtered_reviewed(self):
        """Those that ran, now or before, whose verdict is due.

        :rtype: growth.okr.objective
        """
        return self.filtered(lambda each: each.running_date and each.cycle_id.state == 'review')

    def _check_not_reviewed(self):
        """
        :raise UserError: when somebody would take away what ran, to escape the verdict
        """
        if over := self._filtered_reviewed():
            raise UserError(
                self.env._(
                    "The cycle is being reviewed: what ran is judged, neither given up nor moved: "
                    "%s. What does not run since changes were asked for is accepted again first.",
                    ", ".join(over.mapped('name')),
                )
            )

    def _check_may_go_on(self):
        """As `_check_may_hang`; but what ran comes to its verdict, though its cycle takes nothing
        new any more.

        :raise UserError:
        """
        reviewed = self._filtered_reviewed()
        (self - reviewed)._check_may_hang()
        if judged := reviewed.sudo().parent_id.filtered(lambda each: each.state == 'closed'):
            raise UserError(
                self.env._(
                    "It would count there: take back the verdict on the objective above first: %s.",
                    judged._get_names_for(self.env.user),
                )
            )

    def _check_complete(self):
        """
        :raise UserError: when nobody could tell whether the objective is reached
        """
        if bare := self.filtered(lambda each: not (each.key_result_ids or each.child_ids)):
            raise UserError(
                self.env._(
                    "By what will it be seen? Give these a key result, or objectives below: %s.",
                    ", ".join(bare.mapped('name')),
                )
            )
        key_results = self.key_result_ids
        if stepless := key_results.filtered(
            lambda each: each.kind == 'milestones' and not each.milestone_ids
        ):
            raise UserError(
                self.env._(
                    "These are counted by milestones and have none yet: %s.",
                    ", ".join(stepless.mapped('name')),
                )
            )
        if unfed := key_results.filtered(
            lambda each: each.source == 'measure' and not each.measure_id.active
        ):
            raise UserError(
                self.env._(
                    "Their measure is archived or gone, nothing would be measured: %s. Choose "
                    "another one.",
                    ", ".join(unfed.mapped('name')),
                )
            )

    # ------------------------------------------------------------
    # BUSINESS: TELL
    # ------------------------------------------------------------

    def _ask_leader(self):
        for leader, objectives in self.filtered('leader_id').grouped('leader_id').items():
            objectives.activity_schedule(
                'sales_growth.mail_activity_type_okr_proposal', user_id=leader.id
            )

    def _unask_leader(self):
        self.activity_unlink(['sales_growth.mail_activity_type_okr_proposal'])

    def _end_reminders(self):
        """Nobody checks in any more."""
        self.activity_unlink(['sales_growth.mail_activity_type_okr_check_in'])

    def _notify_owner(self, text):
        """Tell who is responsible, unless they did it themselves.

        :param str text: plain
        """
        for objective in self:
            people = (objective.owner_id | objective.author_id) - self.env.user
            objective.message_post(
                body=text,
                partner_ids=people.partner_id.ids,
                author_id=self.env.user.partner_id.id,
                subtype_xmlid='mail.mt_note',
            )

    # ------------------------------------------------------------
    # BUSINESS: JUDGE
    # ------------------------------------------------------------

    def _check_judgeable(self):
        """
        :raise UserError: when it is too early, or what stands below has no verdict yet
        """
        self.check_access('write')
        self._check_state('running')
        if waiting := self._as_system().child_ids._filtered_unjudged():
            raise UserError(
                self.env._(
                    "Judge what stands below first, as it counts here: %s.",
                    waiting._get_names_for(self.env.user),
                )
            )
        for objective in self:
            today = objective.company_id._growth_day(fields.Datetime.now())
            if (
                objective.cycle_id.state != 'review'
                and today <= objective.date_deadline
                and not objective._is_reached()
            ):
                raise UserError(
                    self.env._(
                        "%(objective)s runs until %(day)s: it is judged when it is reached, when "
                        "its deadline has passed or when its cycle is reviewed.",
                        objective=objective.name,
                        day=format_date(self.env, objective.date_deadline),
                    )
                )

    def _filtered_unjudged(self):
        """Those that come to their verdict before the one above.

        :rtype: growth.okr.objective
        """
        return self.filtered(
            lambda each: (
                each.state in ('proposed', 'accepted', 'running')
                or (each.state == 'changes' and each.running_date)
            )
        )

    def _is_reached(self):
        """Whether everything is reached for which it was set, below as well.

        :rtype: bool
        """
        self.ensure_one()
        counted = self._as_system()
        return counted.progress >= 1 and all(
            key_result._is_reached() for key_result in counted.key_result_ids
        )

    def _get_verdict(self):
        """
        :return: one of `analysis.okr`
        :rtype: str | None
        """
        self.ensure_one()
        return okr.verdict(self.progress, self.kind, **self.company_id._growth_okr_thresholds())

    def _judge(self, cause, lesson):
        """Close an objective with the verdict that its progress earns.

        :param cause: of a planning error
        :param lesson: what is learned
        :raise UserError: when a planning error has no cause or lesson
        """
        self.ensure_one()
        self._take('running')
        objective = self._as_system()
        # The last day counts, whenever the job ran on it.
        objective.key_result_ids._bring_up_to_date()
        self._check_judgeable()
        verdict = objective._get_verdict()
        if verdict == 'planning_error' and not (cause and lesson and lesson.strip()):
            raise UserError(
                self.env._(
                    "%s: less was reached than a good plan allows. Say what the cause was, and "
                    "the lesson.",
                    objective.name,
                )
            )
        now = fields.Datetime.now()
        objective.write(
            {
                'state': 'closed',
                'verdict': verdict,
                'final_progress': objective.progress,
                'cause': verdict == 'planning_error' and cause,
                'lesson': lesson,
                'closed_date': objective.company_id._growth_day(now),
                'closed_by_id': self.env.uid,
            }
        )
        objective._end_reminders()
        labels = dict(objective._fields['verdict']._description_selection(self.env))
        objective._notify_owner(
            self.env._(
                "Judged: %(verdict)s, %(progress)s %% reached.",
                verdict=labels[verdict],
                progress=int(float_round(objective.progress * 100, precision_digits=0)),
            )
        )
