import ast

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, Query, mute_logger

NUMBER_TYPES = ('integer', 'float', 'monetary')
# What can be told apart in the database, to be counted without repetition
DISTINCT_TYPES = (*NUMBER_TYPES, 'many2one', 'char', 'selection', 'date', 'datetime')
# What a measure reads depends on these.
BINDING_FIELDS = (
    'model',
    'domain',
    'includes_archived',
    'date_field',
    'only_finished',
    'aggregation',
    'measure_field',
    'user_field',
    'team_field',
)


class GrowthOkrMeasure(models.Model):
    """What key results are fed by: which records of Odoo, and what is counted of them.

    The model is kept by its technical name, so that an app can be uninstalled whatever is measured
    in it: its measures then say that they cannot be read, and read again once it is back. The
    values are read in `growth_okr_measure_reader.py`, with the rights of those whom they are for.
    """

    _name = 'growth.okr.measure'
    _description = "OKR Measure"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=100, export_string_translation=False)
    company_id = fields.Many2one(comodel_name='res.company', ondelete='cascade')
    description = fields.Text(translate=True)
    unit = fields.Selection(
        selection=[
            ('number', "Number"),
            ('percentage', "Percentage"),
            ('money', "Money"),
        ],
        required=True,
        default='number',
        help="What the values are. Percentage: the share of a whole, 0.8 being 80 %. Money: in the "
        "currency of the company.",
    )
    lower_is_better = fields.Boolean(help="As with lost customers: key results aim downwards.")

    # Which records
    model = fields.Selection(
        selection='_selection_model', string="Records", required=True, index=True
    )
    domain = fields.Char(string="Filter", default='[]', help="Only these records count.")
    includes_archived = fields.Boolean(string="Archived Too")
    date_field = fields.Char(
        string="Date",
        help="Records count in the period in which this date is. Empty: all count, as it is on the "
        "day on which it is measured.",
    )
    only_finished = fields.Boolean(
        string="Finished Months Only",
        help="For reports with a row for each month: the running month does not count, as most of "
        "what makes its figure is still to come.",
    )
    user_field = fields.Char(
        string="Salesperson Field",
        help="Whose records they are. Empty: it cannot be measured by person.",
    )
    team_field = fields.Char(
        string="Sales Team Field",
        help="Which sales team they belong to. Empty: it cannot be measured by team.",
    )

    # What is counted of them
    aggregation = fields.Selection(
        selection=[
            ('count', "Number of Records"),
            ('count_distinct', "Number of Different Values"),
            ('sum', "Sum"),
            ('avg', "Average"),
            ('max', "Highest"),
            ('min', "Lowest"),
            ('rate', "Rate of the Report"),
        ],
        required=True,
        default='count',
        help="Rate of the report: what a report works out of its sums, such as a conversion.",
    )
    measure_field = fields.Char(string="Field to Measure")

    # Nobody can choose fields of what is not installed, or closed to oneself.
    can_choose = fields.Boolean(compute='_compute_can_choose', export_string_translation=False)
    problem = fields.Char(
        string="Cannot Be Read", compute='_compute_problem', help="Why it cannot be read now."
    )

    # ------------------------------------------------------------
    # SELECTION
    # ------------------------------------------------------------

    @api.model
    def _selection_model(self):
        """The models that the user may read, as nothing else should be measured.

        :rtype: list[tuple[str, str]]
        """
        # Names of models are no secret, but their list is closed to salespeople.
        known = self.env['ir.model'].sudo().search_fetch(Domain.TRUE, ['model', 'name'])
        names = {model.model: model.name for model in known}
        return sorted(
            (
                (name, names[name])
                for name, model in self.env.items()
                if name in names
                and not model._abstract
                and not model._transient
                and model.has_access('read')
            ),
            key=lambda value: (value[1], value[0]),
        )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('model')
    @api.depends_context('uid')
    def _compute_can_choose(self):
        for measure in self:
            model = self.env.get(measure.model)
            measure.can_choose = model is not None and model.has_access('read')

    @api.depends(*BINDING_FIELDS)
    def _compute_problem(self):
        for measure in self:
            measure.problem = False
            try:
                if measure.model:
                    measure._check_binding()
            except UserError as error:
                measure.problem = str(error)

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains(*BINDING_FIELDS)
    def _check_definition(self):
        for measure in self:
            measure._check_binding()
            measure._try_out()

    def _try_out(self):
        """Let the database look at the query, which alone knows whether it understands values. It
        is done with the rights of the author: nobody measures, by the eyes of others, what is
        closed to oneself.

        :raise ValidationError:
        """
        # Constraints are checked by the system, whoever wrote.
        is_system = self.env.user._is_superuser()
        model = self._get_model(self.company_id or self.env.company, su=is_system)
        groupby = [fname for fname in (self.user_field, self.team_field) if fname]
        if self.date_field:
            groupby.append(f'{self.date_field}:day')
        if currency := self._get_currency_field():
            groupby.append(currency)
        # Nothing is really read. As SQL, for conditions on fields are put together with those of
        # the filter, or swallow them, and the database would not see these.
        domain = self._parse_domain() & Domain.custom(to_sql=lambda *_args: SQL("FALSE"))
        try:
            with mute_logger('odoo.sql_db'), self.env.cr.savepoint():
                model._read_group(domain, groupby, self._get_aggregates())
        except AccessError as error:
            raise ValidationError(
                self.env._("“%s” reads what you may not see yourself.", self.display_name)
            ) from error
        except Exception as error:  # whatever the model and the database may refuse
            raise ValidationError(
                self.env._(
                    "“%(measure)s” cannot be read: %(problem)s",
                    measure=self.display_name,
                    problem=(str(error).splitlines() or [type(error).__name__])[0],
                )
            ) from error

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        used = self.env['growth.okr.key.result'].sudo().search([('measure_id', 'in', self.ids)])
        if not used:
            return
        seen = used.with_env(self.env)._filtered_access('read')
        names = seen.mapped('name')
        if hidden := len(used) - len(seen):
            names.append(self.env._("%s of other companies", hidden))
        raise UserError(
            self.env._(
                "Key results are fed by this: %s. Archive the measure, or let them be fed by "
                "another one first.",
                ", ".join(names),
            )
        )

    # ------------------------------------------------------------
    # BINDING
    # ------------------------------------------------------------

    def _check_binding(self):
        """Whether the measure can be read with what is installed.

        :raise ValidationError: in the user's language
        """
        self.ensure_one()
        model = self.env.get(self.model)
        if model is None or model._abstract or model._transient:
            raise ValidationError(
                self.env._(
                    "“%(measure)s”: there are no records “%(model)s”. Is an app missing?",
                    measure=self.display_name,
                    model=self.model,
                )
            )
        model = model.sudo()
        self._check_domain(model)
        self._check_field(model, 'date_field', ('date', 'datetime'))
        self._check_field(model, 'user_field', ('many2one',), 'res.users')
        self._check_field(model, 'team_field', ('many2one',), 'crm.team')
        if self.aggregation != 'count':
            self._check_measure_field(model)

    def _check_domain(self, model):
        try:
            self._parse_domain().validate(model)
        except UserError:
            raise
        except Exception as error:  # what fields make of a value that they do not take
            raise ValidationError(
                self.env._(
                    "The filter of “%(measure)s” is wrong: %(problem)s",
                    measure=self.display_name,
                    problem=error,
                )
            ) from error

    def _parse_domain(self):
        """
        :raise ValidationError: when it is no filter of fixed values
        :rtype: Domain
        """
        try:
            return Domain(ast.literal_eval((self.domain or '[]').strip()))
        except SyntaxError as error:
            raise ValidationError(
                self.env._(
                    "The filter of “%(measure)s” is not written correctly: %(domain)s",
                    measure=self.display_name,
                    domain=self.domain,
                )
            ) from error
        except (MemoryError, RecursionError, TypeError, ValueError, AttributeError) as error:
            raise ValidationError(
                self.env._(
                    "The filter of “%(measure)s” is not a list of conditions with fixed values: "
                    "%(domain)s\nNeither names such as “uid” nor functions are known here. Days "
                    "counted from today are written as 'today -30d'.",
                    measure=self.display_name,
                    domain=self.domain,
                )
            ) from error

    def _check_field(self, model, setting, types, comodel=None):
        """
        :param str setting: the field of the measure that names the one of the model
        :raise ValidationError: when that is missing there, or of another type
        """
        if not self[setting]:
            return
        field = self._get_field(model, setting)
        if field.type not in types or comodel and field.comodel_name != comodel:
            # As the help does: what each of the settings is for.
            wanted = {
                'date_field': self.env._("a date"),
                'user_field': self.env._("a salesperson"),
                'team_field': self.env._("a sales team"),
            }[setting]
            raise ValidationError(
                self.env._(
                    "“%(measure)s”: “%(field)s” is not %(wanted)s.",
                    measure=self.display_name,
                    field=field._description_string(self.env),
                    wanted=wanted,
                )
            )

    def _get_field(self, model, setting):
        """The field of the model that a setting names.

        :raise ValidationError: when it has none
        :rtype: odoo.fields.Field
        """
        field = model._fields.get(self[setting])
        if field is None:
            raise ValidationError(
                self.env._(
                    "“%(measure)s”: the records “%(model)s” have no field “%(field)s”.",
                    measure=self.display_name,
                    model=model._description,
                    field=self[setting],
                )
            )
        return field

    def _check_measure_field(self, model):
        if not self.measure_field:
            raise ValidationError(
                self.env._("“%s”: choose the field to measure.", self.display_name)
            )
        field = self._get_field(model, 'measure_field')
        is_rate = self._is_rate(model, field)
        message = None
        if self.aggregation == 'rate':
            if not is_rate:
                message = self.env._("it is no rate of a report, choose another way to count")
        elif self.aggregation == 'count_distinct':
            if field.type not in DISTINCT_TYPES or self._select_plain(model, field) is None:
                message = self.env._("its values cannot be told apart")
        elif is_rate:
            message = self.env._("the report works it out by itself, choose “Rate of the Report”")
        elif field.type not in NUMBER_TYPES:
            message = self.env._("it is not a number")
        elif not field.aggregator or self._select_plain(model, field) is None:
            message = self.env._("it cannot be added up over records")
        if message:
            raise ValidationError(
                self.env._(
                    "“%(measure)s” cannot count “%(field)s”: %(reason)s.",
                    measure=self.display_name,
                    field=field._description_string(self.env),
                    reason=message,
                )
            )

    @api.model
    def _is_rate(self, model, field):
        """Whether a model works out the average of a field by itself, as reports do with ratios.

        :rtype: bool
        """
        if field.type not in NUMBER_TYPES or field.aggregator != 'avg':
            return False
        spec = f'{field.name}:avg'
        try:
            own = model._read_group_select(spec, Query(model.env, model._table))
        except (NotImplementedError, TypeError, ValueError):
            return False
        plain = self._select_plain(model, field)
        return plain is None or own != SQL("AVG(%s)", plain)

    @api.model
    def _select_plain(self, model, field):
        """The column of a field, where there is one.

        :rtype: SQL | None
        """
        try:
            return model._field_to_sql(model._table, field.name, Query(model.env, model._table))
        except (NotImplementedError, TypeError, ValueError):
            return None

    # ------------------------------------------------------------
    # WHAT IS READ
    # ------------------------------------------------------------

    def _get_model(self, company, user=None, su=True):
        """The model as the company sees it, whoever asks: its day, its language, its records.

        :param res.users user: with whose rights, when not with those of the system
        :rtype: BaseModel
        """
        company = company.sudo()
        env = self.env(
            user=user or self.env.uid,
            su=su,
            context={
                'allowed_company_ids': company.ids,
                'lang': company.partner_id.lang or 'en_US',
                'tz': company._growth_timezone(),
                'active_test': not self.includes_archived,
            },
        )
        return env[self.model]

    def _get_aggregates(self):
        """What to ask a group of records for.

        :rtype: list[str]
        """
        if self.aggregation == 'count':
            return ['__count']
        if self.aggregation == 'avg':
            # As the parts of an average: it is put together from several groups.
            return [f'{self.measure_field}:sum', f'{self.measure_field}:count']
        aggregate = 'avg' if self.aggregation == 'rate' else self.aggregation
        return [f'{self.measure_field}:{aggregate}']

    def _get_currency_field(self):
        """The field by which amounts are in one currency or another.

        :rtype: str | None
        """
        if self.aggregation in ('count', 'count_distinct', 'rate'):
            return None
        model = self.env[self.model]
        field = model._fields[self.measure_field]
        if field.type != 'monetary':
            return None
        currency = field.get_currency_field(model)
        is_own = model._fields[currency].related == 'company_id.currency_id'
        return None if is_own else currency
