from collections import Counter
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from .growth_churn_case import OPEN_STATES

WEEK = timedelta(days=7)


class GrowthChurnCase(models.Model):
    """How attempts to win customers back begin: who does it, within the cap of the week, with which
    steps."""

    _inherit = 'growth.churn.case'

    attempt_id = fields.Many2one(
        comodel_name='growth.winback.attempt',
        string="Attempt Under Way",
        compute='_compute_attempt_id',
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('attempt_ids.result')
    @api.depends_context('uid')
    def _compute_attempt_id(self):
        under_way = {
            attempt.case_id: attempt
            for attempt in self.env['growth.winback.attempt'].search(
                [('case_id', 'in', self.ids), ('result', '=', 'open')]
            )
        }
        for case in self:
            case.attempt_id = under_way.get(case._origin)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_start_win_back(self):
        """Ask how to win customers back; each method of several cases is the suggested one."""
        self.check_access('write')
        self._check_state(*OPEN_STATES)
        wanted = self._filtered_wanted()
        if not (idle := wanted.filtered(lambda case: not case.attempt_id)):
            raise UserError(
                self.env._(
                    "An attempt is under way already: %s. Say first what came of it.",
                    ", ".join(self.attempt_id.mapped('display_name')),
                )
            )
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Start Win-Back"),
            'res_model': 'growth.winback.start',
            'view_mode': 'form',
            'target': 'new',
            'context': {
                'default_case_ids': idle.ids,
                'default_left_out': ", ".join((self - wanted).mapped('display_name')),
            },
        }

    def action_fail_attempt(self):
        self.ensure_one()
        if not self.attempt_id:
            raise UserError(
                self.env._("No attempt is under way: %s.", self.partner_id.display_name)
            )
        return self.attempt_id.action_fail()

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _start_attempts(self, day, method=None, user=None, cost=None, why=None, note=None):
        """Begin an attempt for each case: of several, those that pay most, as many as the cap of
        who does it allows.

        :param date day: on which they begin
        :param growth.winback.method method: chosen, else suggested, when omitted
        :param res.users user: who does it; by the method when omitted
        :param float cost: of each; that of the method when omitted
        :param str why: what undecided customers are won back for
        :param str note:
        :return: the cases that are wanted, and those of them that begin: the others wait, as their
            people begin enough in this week
        :rtype: tuple[growth.churn.case, growth.churn.case]
        :raise UserError: when none can begin
        """
        self._take(*OPEN_STATES)
        wanted = self._filtered_wanted()
        wanted._check_idle()
        wanted._check_day(day)
        methods = {
            case: method or case.method_id.filtered('active') or case.suggested_method_id
            for case in wanted
        }
        self._check_methods(methods.values())
        if user:
            self.env['growth.winback.method']._check_sellers(user)
        users = {case: user or methods[case]._get_performer(case) for case in wanted}
        cases = wanted._filtered_within_cap(users, day)
        # Whatever else is wrong with it, a decision says why.
        cases._decide_to_win_back(why)
        cases._as_system()._begin(
            {
                case.id: {
                    'case_id': case.id,
                    'method_id': methods[case].id,
                    'user_id': users[case].id,
                    'date': day,
                    'cost': methods[case].cost if cost is None else cost,
                    'note': note,
                }
                for case in cases
            }
        )
        return wanted, cases

    def _begin(self, values):
        """
        :param dict values: of the attempt of each case, by its id
        """
        attempts = self.env['growth.winback.attempt'].create([values[case.id] for case in self])
        for method, group in attempts.grouped('method_id').items():
            group.case_id.write({'state': 'working', 'method_id': method.id})
        self.filtered(lambda case: not case.user_id).user_id = self.env.uid
        for method, user, day in {
            (attempt.method_id, attempt.user_id, attempt.date) for attempt in attempts
        }:
            group = attempts.filtered_domain(
                [('method_id', '=', method.id), ('user_id', '=', user.id), ('date', '=', day)]
            )
            group.case_id._plan_steps(method.plan_id, user, day)
        self._message_log_batch(
            bodies={
                attempt.case_id.id: self.env._(
                    "Win-back attempt: %(method)s, by %(user)s.",
                    method=attempt.method_id.name,
                    user=attempt.user_id.name,
                )
                for attempt in attempts
            }
        )

    def _plan_steps(self, plan, user, day):
        """Make the activities of a plan on all cases, in the language of who does it. Odoo's own
        wizard would go case by case.

        :param mail.activity.plan plan:
        :param res.users user: who takes the steps that the plan gives to nobody
        :param date day: from which the steps are counted
        """
        # Whoever gets many at once reads them in the list of activities, not one email for each.
        cases = self.with_context(mail_activity_quick_update=len(self) > 1)
        # Odoo names the document of each activity one by one, from the cache when it is there.
        cases.mapped('display_name')
        for template in plan.template_ids:
            # One plan has one company or none, and who is named by it is the same for all.
            found = template._determine_responsible(user, cases[:1])['responsible']
            responsible = found or user
            cases.with_context(lang=responsible.lang).activity_schedule(
                activity_type_id=template.activity_type_id.id,
                summary=template.summary,
                note=template.note,
                user_id=responsible.id,
                date_deadline=template._get_date_deadline(day),
            )

    def _decide_to_win_back(self, why):
        """
        :param str why: what undecided customers are won back for
        """
        undecided = self.filtered(lambda case: case.decision != 'win_back')
        if not undecided:
            return
        undecided.write({'decision': 'win_back', **({'why': why} if why else {})})

    # ------------------------------------------------------------
    # BUSINESS: THE CAP OF A WEEK
    # ------------------------------------------------------------

    def _filtered_within_cap(self, users, day):
        """Those that people can begin in the week of a day: what pays most comes first.

        :param dict users: who does it, by case
        :param date day:
        :raise UserError: when there is none
        """
        started = full = self.browse()
        ordered = self.sorted(lambda case: (-case.payoff, case.id))
        for (company, user), cases in ordered.grouped(
            lambda case: (case.company_id, users[case])
        ).items():
            room = len(cases)
            if cap := company.sudo().growth_winback_cap:
                room = max(0, cap - self._count_begun(company, user, day)[_monday(day)])
            started |= cases[:room]
            full |= cases[room:]
        if not started:
            self._refuse_full(full[:1], users[full[:1]], day)
        return started

    def _count_begun(self, company, user, day):
        """How many attempts a user begins in the week of a day and in each later one.

        :return: number by Monday
        :rtype: Counter[date]
        """
        attempts = (
            self.env['growth.winback.attempt']
            .sudo()
            ._read_group(
                Domain('company_id', '=', company.id)
                & Domain('user_id', '=', user.id)
                & Domain('date', '>=', _monday(day)),
                ['date:day'],
                ['__count'],
            )
        )
        begun = Counter()
        for date, count in attempts:
            begun[_monday(date)] += count
        return begun

    def _refuse_full(self, case, user, day):
        company = case.company_id
        cap = company.sudo().growth_winback_cap
        begun = self._count_begun(company, user, day)
        free = _monday(day)
        while begun[free] >= cap:
            free += WEEK
        raise UserError(
            self.env._(
                "%(user)s begins %(count)s win-back attempts in the week of %(monday)s already, "
                "and the settings allow %(cap)s. There is room from %(free)s on: choose a later "
                "day or somebody else.",
                user=user.sudo().name,
                count=begun[_monday(day)],
                monday=format_date(self.env, _monday(day)),
                cap=cap,
                free=format_date(self.env, free),
            )
        )

    # ------------------------------------------------------------
    # BUSINESS: WHAT MUST BE RIGHT
    # ------------------------------------------------------------

    def _filtered_wanted(self):
        """Those whose customers are to be won back.

        :raise UserError: when there is none
        """
        # Since the job ran, somebody may have asked for no contact.
        self._suggest()
        decided = self.filtered(
            lambda case: case.customer_id.sudo().no_win_back or case.decision in ('leave', 'never')
        )
        unwanted = self.filtered(lambda case: case.proposal == 'never') - decided
        if wanted := self - decided - unwanted:
            return wanted
        if decided:
            raise UserError(
                self.env._(
                    "It was decided not to win these customers back: %s. Decide anew first; where "
                    "the customer is marked “Never Win Back”, a manager can lift that.",
                    ", ".join(decided.mapped('display_name')),
                )
            )
        raise UserError(
            self.env._(
                "These customers are archived or not to be contacted, so nobody wins them back: "
                "%s.",
                ", ".join(unwanted.mapped('display_name')),
            )
        )

    def _check_idle(self):
        if busy := self.filtered('attempt_id'):
            raise UserError(
                self.env._(
                    "An attempt is under way already: %s. Say first what came of it.",
                    ", ".join(busy.attempt_id.mapped('display_name')),
                )
            )

    def _check_day(self, day):
        now = fields.Datetime.now()
        for company in self.company_id:
            today = company._growth_day(now)
            if day < today:
                raise ValidationError(
                    self.env._(
                        "An attempt begins today (%s) or later.", format_date(self.env, today)
                    )
                )

    def _check_methods(self, methods):
        if not all(methods):
            raise UserError(
                self.env._("There is no method to suggest. Choose one, or ask a manager for one.")
            )


def _monday(day):
    return day - timedelta(days=day.weekday())
