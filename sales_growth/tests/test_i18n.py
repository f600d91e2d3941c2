import re
from pathlib import Path

import polib

from odoo.tests import tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import TRANSLATED_ATTRS, TranslationModuleReader

from .common import SalesGrowthCommon

FOLDER = Path(file_path('sales_growth/i18n'))
TEMPLATE = FOLDER / 'sales_growth.pot'
PLACEHOLDER = re.compile(r'%\(\w+\)s|%s')
TAG = re.compile(r'<[^>]+>')
# What a tag says is translated with it, as Odoo does: to whom a screen is read, and as a hint.
SAID = re.compile(rf'\b({"|".join(map(re.escape, sorted(TRANSLATED_ATTRS)))})="[^"]*"')
EXPLANATION = 'code:addons/sales_growth/models/growth_customer_explanation.py'
# What is Latin in every language: the classes, and names of the methods.
LATIN = {'ABC', 'XYZ', *(abc + xyz for abc in 'ABC' for xyz in 'XYZ')}


def read(path):
    """The entries of a file by term."""
    return {entry.msgid: entry for entry in polib.pofile(str(path))}


def translations():
    return sorted(FOLDER.glob('*.po'))


def is_code(entry):
    return any(place.startswith('code:') for place, _line in entry.occurrences)


@tagged('post_install', '-at_install')
class TestTranslations(SalesGrowthCommon):
    def test_template_has_the_terms_of_the_code(self):
        exported = {
            term
            for _module, kind, name, _record, term, *_rest in TranslationModuleReader(
                self.env.cr, ['sales_growth']
            )
            # Demo data, where it is installed, is not for translators.
            if kind != 'model'
            or name.startswith(('ir.', 'growth.', 'crm.lost.reason', 'mail.activity.type'))
        }
        template = read(TEMPLATE).keys()
        self.assertFalse(exported - template, "Terms are missing. Run: make i18n")
        self.assertFalse(template - exported, "Terms are gone. Run: make i18n")

    def test_no_key_is_taken_for_a_term(self):
        # Between tuples of terms, Odoo's export takes a string in parentheses for a term.
        self.assertFalse([term for term in read(TEMPLATE) if re.fullmatch(r'[a-z]+_\w+', term)])

    def test_translations_are_complete(self):
        self.assertIn(FOLDER / 'ru.po', translations())
        template = read(TEMPLATE)
        for path in translations():
            with self.subTest(path.name):
                entries = read(path)
                self.assertEqual(entries.keys(), template.keys())
                self.assertFalse(
                    [
                        term
                        for term, entry in entries.items()
                        if not entry.translated() or entry.obsolete
                    ]
                )

    def test_translations_keep_placeholders_and_tags(self):
        for path in translations():
            for term, entry in read(path).items():
                with self.subTest(path.name, term=term):
                    for pattern in (PLACEHOLDER, TAG):
                        self.assertCountEqual(
                            pattern.findall(SAID.sub(r'\1', entry.msgstr)),
                            pattern.findall(SAID.sub(r'\1', term)),
                        )
                    if is_code(entry) and PLACEHOLDER.search(term):
                        self.assertEqual(entry.msgstr.count('%%'), term.count('%%'))
                        rest = PLACEHOLDER.sub("", entry.msgstr.replace('%%', ""))
                        self.assertNotIn('%', rest)


@tagged('post_install', '-at_install')
class TestRussianExplanation(SalesGrowthCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('ru_RU')
        cls.env['ir.module.module']._load_module_terms(['sales_growth'], ['ru_RU'])
        cls.best = cls._create_customer("Best")
        cls.second = cls._create_customer("Second")
        cls.third = cls._create_customer("Third")
        cls._create_orders(cls.best, [200, 200, 200, 200])
        cls._create_orders(cls.second, [60, 60])
        cls._create_order(cls.third, 40)
        cls._create_order(cls._create_customer("Newcomer"), 20, '2026-06-20 12:00:00')
        cls._create_orders(cls._create_customer("Loser"), [20, -60])
        cls._create_order(cls._create_customer("Former"), 500, '2024-01-10 12:00:00')
        cls._create_order(cls._create_customer("Credits"), -10)

    def _explain(self, **settings):
        """What all customers are told under some settings, in Russian, and what is said of them to
        those who see no shares."""
        self.company.write(settings)
        self._refresh()
        explanations = []
        for user in (self.user_admin, self.user_own):
            self.env.invalidate_all()
            explanations += (
                self.env['growth.customer']
                .with_user(user)
                .with_context(lang='ru_RU')
                .search([('company_id', '=', self.company.id)])
                .mapped('explanation')
            )
        return explanations

    def _explain_everything(self):
        explanations = []
        for abc_method in ('share', 'customers', 'threshold'):
            explanations += self._explain(
                growth_abc_method=abc_method, growth_abc_threshold_a=500, growth_abc_threshold_b=100
            )
        self._customer(self.second).write(
            {
                'manual_segment_id': self._segment('AX').id,
                'manual_reason': "стратегический партнер",
            }
        )
        self._customer(self.third).write(
            {
                'manual_segment_id': self._segment('AY').id,
                'manual_reason': "тендер",
                'manual_until': '2126-12-31',
            }
        )
        for bucket in ('month', 'quarter'):
            explanations += self._explain(growth_xyz_method='variation', growth_xyz_bucket=bucket)
        return explanations

    def test_every_sentence_is_russian(self):
        explanations = self._explain_everything()
        for text in explanations:
            with self.subTest(text):
                self.assertLessEqual(set(re.findall(r'[A-Za-z]{2,}', text)), LATIN)
        # Whatever can be said was said, so that nothing escapes the check above.
        for entry in read(FOLDER / 'ru.po').values():
            if EXPLANATION in dict(entry.occurrences):
                parts = PLACEHOLDER.split(entry.msgstr)
                sentence = ".+".join(re.escape(part.replace('%%', '%')) for part in parts)
                with self.subTest(entry.msgid):
                    self.assertTrue(any(re.search(sentence, text) for text in explanations))

    def test_explanation_reads_as_one_text(self):
        self._explain()
        explanation = self._customer(self.best).with_context(lang='ru_RU').explanation
        self.assertEqual(
            explanation.replace("\N{NO-BREAK SPACE}", " "),
            "A: место 1 по показателю «выручка» ($ 800,00), доля накопленным итогом — 81,6 %. "
            "Класс A продолжается, пока не набрано 80,0 % итога. "
            "X: количество заказов — 4; X — от 3, Y — от 2. "
            "Период анализа: с 01.07.2025 по 30.06.2026.",
        )
