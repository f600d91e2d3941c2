from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import SalesGrowthCommon
from .common_okr_measure import OkrMeasureMixin


@tagged('post_install', '-at_install')
class TestOkrMeasure(OkrMeasureMixin, SalesGrowthCommon):
    """What can be measured, and what is refused in words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(user=cls.user_admin)
        cls.measure = cls._create_measure(
            domain="[('partner_id.name', 'ilike', 'dealer')]", date_field='date_order'
        )
        cls.measures = {
            model: cls._create_measure(model=model)
            for model in (
                'crm.lead',
                'growth.churn.report',
                'growth.conversion.report',
                'growth.nps.answer',
            )
        }

    def assertRefused(self, message, **vals):
        """A measure is not saved, for this reason, and neither is a change of one that is."""
        with self.assertRaisesRegex(ValidationError, message):
            self._create_measure(**vals)
        measure = self.measures.get(vals.get('model'), self.measure)
        before = measure.read(vals.keys())
        with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
            measure.write(vals)
        self.assertEqual(measure.read(vals.keys()), before)

    def test_saved(self):
        self.assertFalse(self.measure.problem)
        self.assertEqual(self.measure.domain, "[('partner_id.name', 'ilike', 'dealer')]")

    def test_shipped_can_be_read(self):
        shipped = self.env(su=True)['ir.model.data'].search(
            [('module', '=', 'sales_growth'), ('model', '=', 'growth.okr.measure')]
        )
        measures = self.env['growth.okr.measure'].browse(shipped.mapped('res_id'))
        self.assertEqual(len(measures), 18)
        for measure in measures:
            with self.subTest(measure=measure.name):
                self.assertFalse(measure.problem)
                measure._check_definition()

    def test_unknown_model(self):
        self.assertRefused("no records “no.such.model”", model='no.such.model')

    def test_transient_and_abstract_model(self):
        self.assertRefused("no records", model='crm.lead.lost')
        self.assertRefused("no records", model='growth.sales.facts')

    def test_domain_with_syntax_errors(self):
        for domain in ("[('name', '=', 'x'", "('name' = 1)", "[(]"):
            with self.subTest(domain=domain):
                self.assertRefused("not written correctly", domain=domain)

    def test_domain_with_words(self):
        for domain in (
            "[('user_id', '=', uid)]",
            "[('date_order', '>', context_today())]",
            "[('id', 'in', [].__class__)]",
        ):
            with self.subTest(domain=domain):
                self.assertRefused("fixed values", domain=domain)

    def test_domain_that_is_none(self):
        for domain in ("5", "'x'", "[('a',)]", "['&', ('id', '>', 1)]", "[('name', 'like')]"):
            with self.subTest(domain=domain):
                self.assertRefused("fixed values", domain=domain)

    def test_domain_on_missing_fields(self):
        self.assertRefused("no_field", domain="[('no_field', '=', 1)]")
        self.assertRefused("no_deep", domain="[('partner_id.user_id.no_deep', '=', 1)]")
        self.assertRefused("no_deep", domain="[('order_line', 'any', [('no_deep', '=', 1)])]")

    def test_domain_with_bad_operator(self):
        self.assertRefused("=>", domain="[('amount_total', '=>', 1)]")
        # By this one records would be found that nobody may see.
        self.assertRefused("any!", domain="[('partner_id', 'any!', [])]")

    def test_domain_with_bad_value(self):
        self.assertRefused("someday", domain="[('date_order', '>', 'someday')]")
        # Nobody but the database knows about these.
        self.assertRefused("abc", domain="[('amount_total', '>', 'abc')]")
        self.assertRefused("abc", domain="[('partner_id.color', '>', 'abc')]")

    def test_domain_with_values_of_another_type(self):
        """What the framework puts together with other conditions, or leaves to the database."""
        for domain in (
            "[('id', '=', 'x')]",
            "[('id', 'in', ['x', 1])]",
            "[('user_id', '=', 2.5), ('id', '>', 'x')]",
            "[('user_id.login_date', '>', 'abc')]",
            "[('date_deadline', '=', 'abc')]",
            "[('date_deadline', 'in', ['abc', False])]",
            "[('user_id', 'in', [['x']])]",
            "[('user_id', '>', 'x')]",
            "[('partner_id.id', '=', 'x')]",
            "['|', ('id', '=', 'x'), ('id', '=', 5)]",
            "['!', ('id', '=', 'x')]",
        ):
            with self.subTest(domain=domain):
                self.assertRefused("is wrong|cannot be read", model='crm.lead', domain=domain)

    def test_domain_by_names(self):
        """A text stands for those who are called so."""
        self._create_measure(model='crm.lead', domain="[('user_id', 'in', ['x', 'y'])]")
        self._create_measure(model='crm.lead', domain="[('id', '=', 5)]")

    def test_domain_relative_to_today(self):
        self.measure.domain = "[('date_order', '>', 'today -30d')]"
        self.assertFalse(self.measure.problem)

    def test_empty_domain(self):
        self.measure.domain = False
        self.assertFalse(self.measure.problem)

    def test_date_field(self):
        self.assertRefused("not a date", date_field='name')
        self.assertRefused("no field “nothing”", date_field='nothing')
        # It is a date, but nobody can look for it in the database.
        self.assertRefused("cannot be read", model='crm.lead', date_field='activity_date_deadline')

    def test_measure_field(self):
        self.assertRefused("choose the field", aggregation='sum')
        self.assertRefused("no field", aggregation='sum', measure_field='nothing')
        self.assertRefused("not a number", aggregation='sum', measure_field='name')
        self.assertRefused("not a number", aggregation='max', measure_field='date_order')
        self.assertRefused(
            "cannot be added up", aggregation='sum', measure_field='amount_undiscounted'
        )
        self.assertRefused("told apart", aggregation='count_distinct', measure_field='order_line')
        self.assertRefused("no rate", aggregation='rate', measure_field='amount_total')

    def test_scores_are_not_averaged(self):
        self.assertRefused(
            "cannot be added up",
            model='growth.nps.answer',
            aggregation='avg',
            measure_field='score',
        )

    def test_rate_is_not_averaged(self):
        for model, fname in (
            ('growth.churn.report', 'churn_rate'),
            ('growth.nps.answer', 'nps'),
            # A median, though it is a column.
            ('growth.conversion.report', 'days'),
        ):
            for aggregation in ('avg', 'sum', 'max'):
                with self.subTest(fname=fname, aggregation=aggregation):
                    self.assertRefused(
                        "Rate of the Report",
                        model=model,
                        aggregation=aggregation,
                        measure_field=fname,
                    )
            self._create_measure(model=model, aggregation='rate', measure_field=fname)

    def test_user_and_team_field(self):
        self.assertRefused("not a salesperson", user_field='partner_id')
        self.assertRefused("not a salesperson", user_field='name')
        self.assertRefused("not a sales team", team_field='user_id')
        self.assertRefused("no field", team_field='nothing')

    def test_what_the_author_may_not_see(self):
        self.assertFalse(self.env['ir.config_parameter'].has_access('read'))
        with self.assertRaisesRegex(ValidationError, "may not see yourself"):
            self._create_measure(model='ir.config_parameter', user_field=False)
        self.patch(
            self.env['sale.order']._fields['amount_total'], 'groups', 'base.group_erp_manager'
        )
        for vals in (
            {'aggregation': 'sum', 'measure_field': 'amount_total'},
            {'domain': "[('amount_total', '>', 100)]"},
            {'model': 'sale.order.line', 'domain': "[('order_id.amount_total', '>', 100)]"},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(ValidationError, "may not see yourself"),
            ):
                self._create_measure(**{'user_field': False, **vals})

    def test_models_to_choose(self):
        models = dict(self.measure._selection_model())
        self.assertEqual(models['sale.order'], "Sales Order")
        self.assertIn('growth.churn.report', models)
        self.assertFalse(
            models.keys() & {'ir.config_parameter', 'crm.lead.lost', 'growth.rate.mixin'}
        )

    def test_model_that_is_gone(self):
        """An app was uninstalled: its measure keeps what it says, and says what is wrong."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE growth_okr_measure SET model = 'gone.model' WHERE id = %s", [self.measure.id]
        )
        self.measure.invalidate_recordset()
        self.assertEqual(self.measure.model, 'gone.model')
        self.assertIn("gone.model", self.measure.problem)
        # The form would look for its fields.
        self.assertFalse(self.measure.can_choose)
        self.measure.name = "Renamed"
        self.assertEqual(self.measure.date_field, 'date_order')

    def test_form(self):
        with Form(self.env['growth.okr.measure']) as form:
            form.name = "Big Orders"
            form.model = 'sale.order'
            form.aggregation = 'sum'
            form.measure_field = 'amount_untaxed'
            form.date_field = 'date_order'
            form.domain = "[('amount_untaxed', '>', 100)]"
        self.assertFalse(form.record.problem)

    def test_only_managers_write(self):
        measure = self.measure.with_user(self.user_own)
        self.assertEqual(measure.name, "Measure")
        self.assertFalse(measure.problem)
        with self.assertRaises(AccessError):
            measure.name = "Mine"
        with self.assertRaises(AccessError):
            measure.copy()
        with self.assertRaises(AccessError):
            measure.unlink()

    def test_people_outside_sales(self):
        user = new_test_user(
            self.env(su=True),
            'growth_outside',
            groups='base.group_user',
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self.measure.with_user(user).read(['name'])

    def test_in_use_it_is_not_deleted(self):
        today = self.company._growth_day(fields.Datetime.now())
        cycle = self.env['growth.okr.cycle'].create({'period': 'year', 'date_from': today})
        self.env['growth.okr.objective'].create(
            {
                'name': "Objective",
                'cycle_id': cycle.id,
                'owner_id': self.user_own.id,
                'key_result_ids': [
                    Command.create(
                        {
                            'name': "Fed by it",
                            'target': 10,
                            'source': 'measure',
                            'measure_id': self.measure.id,
                            'scope': 'company',
                        }
                    )
                ],
            }
        )
        with self.assertRaisesRegex(UserError, "are fed by this: Fed by it. Archive the measure"):
            self.measure.with_user(self.user_admin).unlink()
        self.measure.copy().with_user(self.user_admin).unlink()

    def test_other_company(self):
        other = self.env(su=True)['res.company'].create({'name': "Other"})
        self.measure.sudo().company_id = other
        Measure = self.env['growth.okr.measure'].with_user(self.user_own)
        self.assertNotIn(self.measure.id, Measure.search([]).ids)
