from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import TranslationModuleReader

from odoo.addons.sales_growth.tests.test_i18n import PLACEHOLDER, TAG, read

FOLDER = Path(file_path('sales_growth_survey/i18n'))


@tagged('post_install', '-at_install')
class TestTranslations(TransactionCase):
    def test_template_has_the_terms_of_the_code(self):
        exported = {
            term
            for _module, _kind, _name, _record, term, *_rest in TranslationModuleReader(
                self.env.cr, ['sales_growth_survey']
            )
        }
        template = read(FOLDER / 'sales_growth_survey.pot').keys()
        self.assertEqual(exported, template, "Terms are missing or gone. Run: make i18n")

    def test_translations_are_complete(self):
        template = read(FOLDER / 'sales_growth_survey.pot').keys()
        translations = sorted(FOLDER.glob('*.po'))
        self.assertIn(FOLDER / 'ru.po', translations)
        for path in translations:
            entries = polib.pofile(str(path))
            self.assertEqual({entry.msgid for entry in entries}, template)
            for entry in entries:
                with self.subTest(path.name, term=entry.msgid):
                    self.assertTrue(entry.translated())
                    for pattern in (PLACEHOLDER, TAG):
                        self.assertCountEqual(
                            pattern.findall(entry.msgstr), pattern.findall(entry.msgid)
                        )
