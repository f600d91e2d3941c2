from datetime import date

from odoo.tests import Form
from odoo.tools.safe_eval import safe_eval

from .common_okr import OkrCommon


class TestOkrObjectiveForm(OkrCommon):
    """What the form does while an objective is typed."""

    def _open(self, objective, user):
        return Form(self._as(objective, user))

    def test_naming_somebody_else_can_be_taken_back(self):
        objective = self._create_objective()
        with self._open(objective, self.seller) as form:
            form.owner_id = self.peer
            form.owner_id = self.seller
            form.name = "Typed to the end"
        self.assertRecordValues(
            objective, [{'owner_id': self.seller.id, 'name': "Typed to the end"}]
        )

    def test_deadline_follows_the_cycle(self):
        form = self._open(self.Objective, self.seller)
        form.name = "New"
        form.cycle_id = self.quarter
        self.assertEqual(form.date_deadline, date(2026, 6, 30))
        form.cycle_id = self.year
        self.assertEqual(form.date_deadline, date(2026, 12, 31))
        form.date_deadline = '2026-05-31'
        form.cycle_id = self.quarter
        self.assertEqual(str(form.date_deadline), '2026-05-31')
        objective = self._create_objective()
        with self._open(objective, self.seller) as form:
            form.cycle_id = self.year
        self.assertEqual(str(objective.date_deadline), '2026-12-31')

    def test_what_can_stand_above(self):
        later = self._create_cycle('quarter', '2026-07-01')
        above = self._create_objective(self.boss, name="Same name", cycle=self.year)
        beside = self._create_objective(self.boss, name="Same name")
        self._create_objective(self.boss, name="Same name", cycle=later)
        settled = self._create_objective(self.boss, name="Same name", cycle=self.year)
        self._decide(settled, 'cancel')
        objective = self._create_objective(name="Same name")
        below = self._create_objective(name="Same name", parent_id=objective.id)
        form = self._open(objective, self.seller)
        Objective = self._as(self.Objective, self.seller).with_context(growth_okr_with_cycle=True)

        def offered(record_id):
            domain = safe_eval(
                self.Objective._fields['parent_id'].domain,
                {
                    'id': record_id,
                    'company_id': self.company.id,
                    'date_from': form.date_from,
                    'cycle_date_to': form.cycle_date_to,
                },
            )
            return dict(Objective.name_search("Same name", domain))

        others = {above.id: "Same name (2026)", beside.id: "Same name (Q2 2026)"}
        self.assertEqual(offered(objective.id), others)
        # Nothing is its own as long as it is new.
        own = (objective | below).ids
        self.assertEqual(offered(False), {**others, **dict.fromkeys(own, "Same name (Q2 2026)")})

    def test_locked_text(self):
        objective = self._propose(self._create_objective())
        form = self._open(objective, self.seller)
        with self.assertRaisesRegex(AssertionError, "readonly"):
            form.name = "Too late"

    def test_others_only_read(self):
        form = self._open(self._create_objective(), self.stranger)
        for fname in ('name', 'owner_id', 'date_deadline', 'is_private'):
            with self.subTest(fname), self.assertRaisesRegex(AssertionError, "readonly"):
                form[fname] = form[fname]

    def test_direction_follows_the_ends(self):
        form = Form(self._as(self.Objective, self.seller))
        form.name = "Typed"
        with form.key_result_ids.new() as key_result:
            key_result.name = "Complaints"
            key_result.baseline = 20
            self.assertEqual(key_result.direction, 'decrease')
            key_result.target = 60
            self.assertEqual(key_result.direction, 'increase')
            key_result.direction = 'range'
            key_result.range_min, key_result.range_max = 2, 5
            key_result.target = 0
            self.assertEqual(key_result.direction, 'range')
        self.assertEqual(form.save().key_result_ids.direction, 'range')
