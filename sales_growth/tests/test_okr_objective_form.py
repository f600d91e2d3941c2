from odoo.tests import Form

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
