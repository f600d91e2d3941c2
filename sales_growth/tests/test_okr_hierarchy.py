from .common_okr import OkrCommon

SPECIFICATION = {
    'name': {},
    'parent_id': {'fields': {'display_name': {}}},
    'child_ids': {},
}


class TestOkrHierarchy(OkrCommon):
    """The tree of objectives, as each person may see it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._at('2026-04-15'):
            cls.secret = cls._create_running(cls.boss, name="Secret", is_private=True)
            cls.part = cls._as(cls.Objective, cls.boss).create(
                {'name': "Part", 'cycle_id': cls.quarter.id, 'parent_id': cls.secret.id}
            )
            cls.part.owner_id = cls.seller
            cls.plain = cls._create_running(cls.boss, name="Plain")

    def _read(self, user, domain):
        """Names of the objectives and of those above, as the tree gets them."""
        rows = self._as(self.Objective, user).hierarchy_read(
            domain, dict(SPECIFICATION), 'parent_id', 'child_ids'
        )
        return {row['name']: row['parent_id'] and row['parent_id']['display_name'] for row in rows}

    def test_below_what_is_hidden_stands_at_the_top(self):
        self.assertFalse(self.secret.with_user(self.seller).has_access('read'))
        self.assertEqual(
            self._read(self.seller, [('parent_id', '=', False)]), {'Part': False, 'Plain': False}
        )
        self.assertEqual(
            self._read(self.boss, [('parent_id', '=', False)]), {'Secret': False, 'Plain': False}
        )

    def test_one_alone_asks_for_nothing_hidden(self):
        domain = [('name', '=', "Part")]
        self.assertEqual(self._read(self.seller, domain), {'Part': False})
        self.assertEqual(self._read(self.boss, domain), {'Part': "Secret", 'Secret': False})

    def test_several(self):
        domain = [('name', 'in', ("Part", "Plain"))]
        self.assertEqual(self._read(self.seller, domain), {'Part': False, 'Plain': False})
        self.assertEqual(self._read(self.boss, domain), {'Part': "Secret", 'Plain': False})

    def test_others_see_neither(self):
        self.assertEqual(self._read(self.stranger, [('parent_id', '=', False)]), {'Plain': False})
