from freezegun import freeze_time

from odoo.fields import Command
from odoo.tools import SQL

from .common import SalesGrowthCommon

NOON = '2026-06-10 12:00:00'


class ContactCommon(SalesGrowthCommon):
    """A team of growth_own, led by growth_all, and contacts made in one line.

    June 8, 2026 is a Monday.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls._create_team("Growth Team", cls.user_all)
        cls.member = cls._join(cls.team, cls.user_own)
        cls.customer = cls._create_customer("Talker")
        cls.lead = cls._create_lead(team_id=cls.team.id, partner_id=cls.customer.id)
        cls.call = cls._create_type("Ring", category='phonecall')
        cls.Report = cls.env['growth.contact.report']

    @classmethod
    def _create_team(cls, name, leader=None, company=None):
        return cls.env['crm.team'].create(
            {
                'name': name,
                'company_id': (company or cls.company).id,
                'user_id': leader.id if leader else False,
            }
        )

    @classmethod
    def _join(cls, team, user, since='2026-01-01 12:00:00'):
        member = cls.env['crm.team.member'].create({'crm_team_id': team.id, 'user_id': user.id})
        cls._set_moment(member, 'create_date', since)
        return member

    @classmethod
    def _leave(cls, member, moment):
        member.action_archive()
        cls._set_moment(member, 'write_date', moment)

    @classmethod
    def _set_moment(cls, record, fname, moment):
        """Write what the ORM keeps to itself."""
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id = %s",
                SQL.identifier(record._table),
                SQL.identifier(fname),
                moment,
                record.id,
            )
        )
        record.invalidate_recordset()

    @classmethod
    def _create_type(cls, name, **vals):
        return cls.env['mail.activity.type'].create({'name': name, **vals})

    @classmethod
    def _schedule(cls, record, activity_type=None, user=None):
        return record.activity_schedule(
            activity_type_id=(activity_type or cls.call).id, user_id=(user or cls.user_own).id
        )

    @classmethod
    def _do(cls, record, moment=NOON, result="They spoke", activity_type=None, user=None):
        """An activity that its assignee did."""
        activity = cls._schedule(record, activity_type, user)
        with freeze_time(moment):
            activity.action_feedback(feedback=result)
            cls.env.flush_all()
        return activity

    @classmethod
    def _meet(cls, start='2026-06-10 09:00:00', stop='2026-06-10 10:00:00', guests=None, **vals):
        """A meeting of growth_own with the customer."""
        guests = cls.customer if guests is None else guests
        return cls.env['calendar.event'].create(
            {
                'name': "Talk",
                'start': start,
                'stop': stop,
                'user_id': cls.user_own.id,
                'partner_ids': [Command.set((cls.user_own.partner_id | guests).ids)],
                **vals,
            }
        )

    def _contacts(self, domain=(), user=None, moment='2026-06-30 12:00:00'):
        """Day, kind and salesperson of the contacts that a person sees."""
        # Rows that were read before may have another day now.
        self.env.invalidate_all()
        with freeze_time(moment):
            contacts = self.Report.with_user(user or self.user_admin).search(
                [('done', '>', 0), *domain], order='date, id'
            )
            return [
                (contact.date.isoformat(), contact.kind, contact.user_id) for contact in contacts
            ]

    def _days(self, kind='call', **kwargs):
        return [day for day, _kind, _user in self._contacts([('kind', '=', kind)], **kwargs)]
