from contextlib import contextmanager
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.fields import Command
from odoo.tools import SQL

from .common import SalesGrowthCommon

# A Monday, at noon (UTC)
START = '2026-03-02 12:00:00'
# What is found in the history exactly as it was when it was seen
SEEN = (
    'company_id',
    'team_id',
    'user_id',
    'author_id',
    'date',
    'day',
    'entry_day',
    'days',
    'stage_id',
    'stage_name',
    'stage_sequence',
    'source_id',
    'segment_id',
    'customer_kind',
    'currency_id',
    'value',
)


class FunnelMixin:
    """A pipeline and the funnel over it, for a company that the class has.

    | stage       | sequence | passes                              |
    |-------------|----------|-------------------------------------|
    | New         | 1001     | nothing                             |
    | Qualified   | 1002     | acquaintance, planned 100 %         |
    | Proposition | 1003     | presentation, planned 80 %          |
    | Won         | 1004     | contract, 80 %, as does an order    |
    | -           |          | payment, 95 %, by a paid invoice    |

    The clock of each test stands at `START`, and moves by `_go_to`.
    """

    @classmethod
    def _set_up_funnel(cls):
        cls.new, cls.qualified, cls.proposition, cls.won = cls.env['crm.stage'].create(
            [
                {'name': "Growth New", 'sequence': 1001},
                {'name': "Growth Qualified", 'sequence': 1002},
                {'name': "Growth Proposition", 'sequence': 1003},
                {'name': "Growth Won", 'sequence': 1004, 'is_won': True},
            ]
        )
        cls.funnel = cls.env['growth.funnel'].search([('company_id', '=', cls.company.id)])
        steps = cls.funnel.step_ids
        cls.acquaintance, cls.presentation, cls.contract, cls.payment = steps
        for step, stage in zip(steps, (cls.qualified, cls.proposition, cls.won), strict=False):
            step.write({'stage_ids': [Command.set(stage.ids)]})

    def setUp(self):
        super().setUp()
        self.clock = self.startPatcher(freeze_time(START))
        # The transaction has a clock of its own, which dates what is created.
        self.startPatcher(patch.object(self.env.cr, 'now', fields.Datetime.now))

    def _go_to(self, moment):
        """
        :param str moment: in UTC; a day alone is its noon
        """
        # What is due is written down before time goes on.
        self.env.flush_all()
        self.clock.move_to(moment if ':' in moment else f"{moment} 12:00:00")

    @classmethod
    @contextmanager
    def _at(cls, moment):
        """For what a class sets up: the clock stands at a moment, as it does in tests."""
        with (
            freeze_time(moment if ':' in moment else f"{moment} 12:00:00"),
            patch.object(cls.env.cr, 'now', fields.Datetime.now),
        ):
            yield
            cls.env.flush_all()

    @classmethod
    def _create_funnel(cls, steps, **vals):
        """
        :param dict steps: what passes each step, by its name
        """
        return cls.env['growth.funnel'].create(
            {
                'name': "Another Funnel",
                'company_id': cls.company.id,
                'step_ids': [
                    Command.create({'name': name, 'sequence': number, **trigger})
                    for number, (name, trigger) in enumerate(steps.items())
                ],
                **vals,
            }
        )

    def _events(self, leads):
        """In the order in which they were written."""
        return self.env['growth.funnel.event'].search([('lead_id', 'in', leads.ids)], order='id')

    def assertPassed(self, lead, *steps, funnel=None):
        """The lead has passed these steps in this order and no others, and stands before the one
        that follows the last; finding that out once more from the log comes to the same."""
        self.assertSteps(lead, *steps, funnel=funnel)
        standing = (lead.growth_step_id, lead.growth_step_date)
        self.env['crm.lead']._growth_stand_again(leads=lead)
        self.assertEqual((lead.growth_step_id, lead.growth_step_date), standing)

    def assertSteps(self, lead, *steps, funnel=None):
        """The lead has passed these steps in this order and no others, and stands before the one
        that follows the last."""
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual([event.step_id for event in self._events(lead)], list(steps))
        path = (funnel or self.funnel).step_ids.sorted()
        passed = [number for number, step in enumerate(path, 1) if step in steps]
        self.assertEqual(lead.growth_step_id, path[max(passed, default=0) :][:1])


class FunnelCommon(FunnelMixin, SalesGrowthCommon):
    """The funnel of the test company, and leads of growth_own that have just come in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_funnel()

    @classmethod
    def _create_lead(cls, name="Lead", **vals):
        stage = cls.env['crm.stage'].browse(vals.get('stage_id', cls.new.id))
        probability = 100.0 if stage.is_won else 30.0
        return super()._create_lead(
            name, **{'stage_id': stage.id, 'probability': probability, **vals}
        )

    @classmethod
    def _create_team(cls, name="Growth Team", members=None, **vals):
        return cls.env['crm.team'].create(
            {
                'name': name,
                'company_id': cls.company.id,
                'member_ids': [Command.set(members.ids)] if members else [],
                **vals,
            }
        )

    def _move(self, leads, stage, user=None):
        leads.with_user(user or self.user_own).write({'stage_id': stage.id})


class BackfillMixin:
    """A history that is forgotten and found again."""

    def _forget(self, leads):
        """As the database looks in which the addon is installed now."""
        # Tracked changes are written down when a transaction ends.
        self.cr.flush()
        self.cr.execute(SQL("DELETE FROM growth_funnel_event WHERE lead_id = ANY(%s)", leads.ids))
        self.cr.execute(
            SQL(
                """
            UPDATE crm_lead
               SET growth_step_id = NULL, growth_step_date = NULL, growth_lost_user_id = NULL,
                   growth_lost_team_id = NULL, growth_lost_date = NULL
             WHERE id = ANY(%s)
            """,
                leads.ids,
            )
        )
        self.env.invalidate_all()

    def _read_seen(self, leads, *unknown):
        """Each field of each event, but for some."""
        self.env.flush_all()
        return {
            (event.lead_id, event.step_id, name): event[name]
            for event in self._events(leads)
            for name in SEEN
            if name not in unknown
        }

    def assertFoundAgain(self, leads, *unknown):
        """The history holds what was seen but for some fields, and leads stand where they did."""
        seen = self._read_seen(leads, *unknown)
        self.assertTrue(seen)
        standing = leads.mapped(lambda lead: (lead.growth_step_id.id, lead.growth_step_date))
        self._forget(leads)
        self.env['growth.funnel.event']._backfill()
        found = self._read_seen(leads, *unknown)
        self.assertEqual(found.keys(), seen.keys())
        self.assertFalse(
            {key: (value, found[key]) for key, value in seen.items() if value != found[key]}
        )
        self.assertEqual(set(self._events(leads).mapped('is_estimated')), {True})
        self.assertEqual(
            leads.mapped(lambda lead: (lead.growth_step_id.id, lead.growth_step_date)), standing
        )
