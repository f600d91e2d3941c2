from markupsafe import Markup

from odoo import api, fields, models

ACTIVITY_TYPE = 'sales_growth.mail_activity_type_handover'
# Working days are nobody's business here: the meeting is due when the answer is.
PREPARATION_DAYS = 2


class GrowthHandover(models.Model):
    """What people are told and asked to do, and when."""

    _inherit = 'growth.handover'

    # ------------------------------------------------------------
    # ACTIVITIES
    # ------------------------------------------------------------

    @api.model
    def _get_activity_type(self):
        return self.env.ref(ACTIVITY_TYPE, raise_if_not_found=False) or self.env.ref(
            'mail.mail_activity_data_todo'
        )

    @api.model
    def _get_meeting_type(self):
        return (
            self.env.ref('mail.mail_activity_data_meeting', raise_if_not_found=False)
            or self._get_activity_type()
        )

    def _schedule_preparation(self):
        """Ask those who hand over to prepare."""
        self._schedule(
            lambda handover: handover.hunter_id,
            lambda handover: handover.env._(
                "Prepare the handover: %s", handover.partner_id.display_name
            ),
            lambda handover: fields.Date.add(handover.date, days=PREPARATION_DAYS),
        )

    def _schedule_answer(self):
        """Ask the farmers to accept, and those who hand over for the joint meeting."""
        self._schedule(
            lambda handover: handover.farmer_id,
            lambda handover: handover.env._(
                "Accept the customer: %s", handover.partner_id.display_name
            ),
            lambda handover: handover.deadline,
        )
        self._schedule(
            lambda handover: handover.hunter_id,
            lambda handover: handover.env._(
                "Joint meeting with %(customer)s and %(farmer)s",
                customer=handover.partner_id.display_name,
                farmer=handover.farmer_id.name,
            ),
            lambda handover: handover.deadline,
            activity_type=self._get_meeting_type(),
        )

    def _schedule_decision(self, reason):
        """Ask the leaders what becomes of refused customers.

        :param str reason: in the farmer's words
        """
        self._schedule(
            lambda handover: handover._get_leader(),
            lambda handover: handover.env._(
                "%(farmer)s refused %(customer)s: choose another farmer or cancel",
                farmer=handover.farmer_id.name,
                customer=handover.partner_id.display_name,
            ),
            lambda handover: handover.company_id._growth_day(fields.Datetime.now()),
            note=reason,
        )

    def _schedule_reminder(self):
        """Tell the leaders that nobody accepted in time."""
        self._schedule(
            lambda handover: handover._get_leader(),
            lambda handover: handover.env._(
                "%(farmer)s has not answered yet: %(customer)s",
                farmer=handover.farmer_id.name,
                customer=handover.partner_id.display_name,
            ),
            lambda handover: handover.company_id._growth_day(fields.Datetime.now()),
        )

    def _get_leader(self):
        """Who decides when hunter and farmer do not agree, or when the hunter has left: a team
        leader, else who hands over, else the farmer.

        :rtype: res.users
        """
        self.ensure_one()
        leaders = self.hunter_team_id.user_id | self.team_id.user_id
        leaders = leaders.filtered(self._is_here) - self.farmer_id
        return leaders[:1] or self.hunter_id.filtered(self._is_here) or self.farmer_id

    def _schedule(self, get_user, get_summary, get_deadline, activity_type=None, note=""):
        """Make an activity on each handover, in the language of who is to do it; the leader stands
        in for who has left.

        :param get_user: takes a handover
        :param get_summary: takes a handover in the language of the user
        :param get_deadline: takes a handover
        :param mail.activity.type activity_type: that of handovers when omitted
        :param str note: plain text
        """
        activity_type = activity_type or self._get_activity_type()
        model_id = self.env['ir.model']._get_id(self._name)
        # Whoever gets many at once reads them in the list of activities, not one email for each.
        Activity = self.env['mail.activity'].with_context(mail_activity_quick_update=len(self) > 1)
        Activity.sudo().create(
            [
                {
                    'res_model_id': model_id,
                    'res_id': handover.id,
                    'user_id': user.id,
                    'activity_type_id': activity_type.id,
                    'summary': get_summary(handover.with_context(lang=user.lang)),
                    'date_deadline': get_deadline(handover),
                    'note': note and Markup("<p>%s</p>") % note,
                    'automated': True,
                }
                for handover in self
                if (
                    user := get_user(handover).filtered(handover._is_here) or handover._get_leader()
                )
            ]
        )

    def _finish_activities(self, feedback):
        """Close what was asked about the handovers: the joint meeting stays, as it helps after
        the customer was accepted, too.

        :param str feedback:
        """
        self.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self._get_activity_type()
        ).action_feedback(feedback=feedback)

    def _call_meetings_off(self):
        """Take away the joint meetings that were to be with a farmer who does not get the
        customer."""
        self.activity_ids.filtered(
            lambda activity: (
                activity.automated and activity.activity_type_id == self._get_meeting_type()
            )
        ).unlink()

    # ------------------------------------------------------------
    # MESSAGES
    # ------------------------------------------------------------

    def _tell_accepted(self):
        """Write into the chatter of handovers and customers what happened, and tell who handed
        over."""
        self._log_on_customers(
            {
                handover.id: self.env._(
                    "Handed over from %(hunter)s to %(farmer)s.",
                    hunter=handover.hunter_id.name,
                    farmer=handover.farmer_id.name,
                )
                for handover in self
            }
        )
        self._tell(
            self.env._("Accepted by %s.", self.env.user.name), lambda handover: handover.hunter_id
        )

    def _tell_undone(self):
        self._log_on_customers(
            {
                handover.id: self.env._(
                    "The handover from %(hunter)s to %(farmer)s was undone.",
                    hunter=handover.hunter_id.name,
                    farmer=handover.farmer_id.name,
                )
                for handover in self
            }
        )
        self._tell(
            self.env._("Undone by %s.", self.env.user.name),
            lambda handover: handover.hunter_id | handover.farmer_id,
        )

    def _tell(self, title, get_people):
        """Write into the chatter what happened and what moved, and tell people: each of them once,
        of however many customers.

        :param str title:
        :param get_people: takes a handover, says who is told beside who did it
        """
        bodies = {handover.id: handover._describe_moves(title) for handover in self}
        partners = {
            # Whoever has left gets no mail.
            handover: (get_people(handover) - self.env.user).filtered('active').partner_id
            for handover in self
        }
        if len(self) == 1:
            self.message_post(body=bodies[self.id], partner_ids=partners[self].ids)
            return
        self._message_log_batch(bodies=bodies)
        for partner in self.browse().hunter_id.partner_id.union(*partners.values()):
            handovers = self.filtered(
                lambda handover, partner=partner: partner in partners[handover]
            )
            names = Markup().join(
                Markup("<li>%s</li>") % handover.display_name for handover in handovers
            )
            handovers[:1].message_notify(
                body=Markup("<p>%s</p><ul>%s</ul>") % (title, names), partner_ids=partner.ids
            )

    def _log_on_customers(self, bodies):
        """
        :param dict bodies: text by id of the handover
        """
        by_partner = {handover.partner_id.id: bodies[handover.id] for handover in self}
        self.partner_id._message_log_batch(bodies=by_partner)
