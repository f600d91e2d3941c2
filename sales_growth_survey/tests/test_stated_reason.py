from odoo.fields import Command
from odoo.tests import tagged

from .common_survey import GrowthSurveyCommon


@tagged('post_install', '-at_install')
class TestStatedReason(GrowthSurveyCommon):
    """How many answered surveys named a reason."""

    def _stated(self, user, **context):
        self.env.invalidate_all()
        return {
            name: (reason.stated_count, reason.stated_share)
            for name in ('price', 'quality', 'service', 'moved')
            if (reason := self._reason(name).with_user(user).with_context(**context))
        }

    def test_share_of_answered_surveys(self):
        # Two options for one reason are one answer that names it.
        self._question('improve_extra').growth_reason_id = self._reason('price')
        self._answer(self._invited(case=self.case), 5, ['price', 'extra', 'service'])
        self._answer(self._invited(case=self.case), 5, ['price'])
        self._answer(self._invited(case=self.case), 5, ['range'])
        self._answer(self._invited(case=self.case), 9)
        self._answer(self._invited(case=self.case, test_entry=True), 9, ['product'])
        self._invited(case=self.case)
        stated = {
            'price': (2, 0.5),
            'quality': (0, 0.0),
            'service': (1, 0.25),
            'moved': (0, 0.0),
        }
        for user in (self.user_own, self.user_all, self.user_admin):
            self.assertEqual(self._stated(user), stated)

    def test_each_sees_their_own_and_companies_are_apart(self):
        other = self._create_company("Second Company")
        foreign = self._create_customer("Not Mine", user_id=self.user_all.id)
        self._answer(self._invited(case=self.case), 5, ['price'])
        self._answer(
            self._invited(foreign, case=self._open_case(foreign, user_id=self.user_all.id)), 5
        )
        self._answer(self._invited(case=self._open_case(self.customer, other)), 5, ['product'])
        self.assertEqual(self._stated(self.user_own)['price'], (1, 1.0))
        self.assertEqual(self._stated(self.user_all)['price'], (1, 0.5))
        self.assertEqual(self._stated(self.user_all)['quality'], (0, 0.0))
        self.user_all.company_ids = [Command.link(other.id)]
        there = self._stated(self.user_all, allowed_company_ids=other.ids)
        self.assertEqual((there['price'], there['quality']), ((0, 0.0), (1, 1.0)))

    def test_without_surveys_nothing_is_stated(self):
        self.assertEqual(self._stated(self.user_admin)['price'], (0, 0.0))
