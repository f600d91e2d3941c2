import logging
from collections import namedtuple
from datetime import timedelta

from psycopg2 import errors

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import mute_logger

_logger = logging.getLogger(__name__)

# A value that is wanted. `key` tells it apart; `user` is whose rights count, and for the scope
# 'user' also whose records; `scope` is 'user', 'team' or 'company', `team` for the scope 'team'
# alone. Both days belong to the period, which a measure without a date knows nothing of; a missing
# day leaves it open.
MeasureRequest = namedtuple(
    'MeasureRequest', 'key measure company user scope team date_from date_to'
)
# What was found. Money is in the currency of the company and rates are fractions; neither value nor
# error: there was nothing to measure yet.
MeasureValue = namedtuple('MeasureValue', 'value error')
# Requests that one query answers: `subjects` tells whose records are read, by which rules; `filter`
# is the filter of the measure for all of them.
Batch = namedtuple('Batch', 'request user filter subjects requests')
# A group of records: id of the person or team (False: all together), day and currency where these
# are told apart, and what was asked for.
Row = namedtuple('Row', 'subject day currency amounts')

SUBJECT_FIELDS = {'user': 'user_field', 'team': 'team_field', 'company': None}
# What the ORM and the database say of values that a field cannot be compared with
MISMATCHES = (
    TypeError,
    ValueError,
    errors.DatatypeMismatch,
    errors.DatetimeFieldOverflow,
    errors.InvalidDatetimeFormat,
    errors.InvalidTextRepresentation,
    errors.NumericValueOutOfRange,
    errors.UndefinedFunction,
)
# What a period without records has none of, rather than nothing to tell.
COUNTED = ('count', 'count_distinct', 'sum')
# What can be told of each day of a period, to be added up
ADDITIVE = ('count', 'sum')


class GrowthOkrMeasure(models.Model):
    """Reads measures for key results: one grouped query for a measure, company and period, however
    many people it is for, as long as they have the same rights."""

    _inherit = 'growth.okr.measure'

    # ------------------------------------------------------------
    # VALUES
    # ------------------------------------------------------------

    @api.model
    def _get_values(self, requests):
        """What measures come to. A measure that cannot be read says why, and stops no other.

        :param list[MeasureRequest] requests:
        :return: by key; values are floats, or None
        :rtype: dict[Hashable, MeasureValue]
        """
        return self._answer(requests, lambda batch: batch.request.measure._read_values(batch))

    @api.model
    def _get_daily(self, requests):
        """What each day of the period adds, the first one first.

        :param list[MeasureRequest] requests: of measures that add up over days, with both days
        :return: by key; values are lists of floats
        :rtype: dict[Hashable, MeasureValue]
        """
        return self._answer(requests, lambda batch: batch.request.measure._read_daily(batch))

    @api.model
    def _get_request_action(self, request):
        """The records behind a value, for whoever opens them, with the own rights.

        :param MeasureRequest request:
        :raise UserError: when the measure cannot be read
        :rtype: dict
        """
        measure = request.measure
        measure._check_binding()
        self._check_scope(request)
        domain = measure._get_frame(request) & measure._parse_domain()
        if subject_field := measure._get_subject_field(request):
            domain &= Domain(subject_field, '=', self._get_subject(request))
        return {
            'type': 'ir.actions.act_window',
            'name': measure.name,
            'res_model': measure.model,
            'domain': list(domain),
            'context': {'create': False, 'active_test': not measure.includes_archived},
            'view_mode': 'list,form',
            'views': [(False, 'list'), (False, 'form')],
        }

    # ------------------------------------------------------------
    # BATCHES
    # ------------------------------------------------------------

    @api.model
    def _answer(self, requests, read):
        """
        :param read: function from a batch to the values of its subjects, by id
        :rtype: dict[Hashable, MeasureValue]
        """
        answers = {}
        # What is not written yet would be lost with the savepoint of a measure that fails.
        self.env.flush_all()
        for batch in self._get_batches(requests, answers):
            try:
                with mute_logger('odoo.sql_db'), self.env.cr.savepoint(flush=False):
                    values = read(batch)
            except Exception as error:  # a measure may ask for anything, and none stops the others
                for request in batch.requests:
                    answers[request.key] = self._explain(request, error)
            else:
                for request in batch.requests:
                    answers[request.key] = MeasureValue(values(self._get_subject(request)), None)
        return answers

    @api.model
    def _get_batches(self, requests, answers):
        """
        :param dict answers: what cannot be asked is answered here
        :rtype: list[Batch]
        """
        batches = {}
        reaches = {}
        rights = {}
        for request in requests:
            try:
                self._check_request(request)
                who = (request.measure, request.user, request.company)
                if request.measure not in reaches:
                    reaches[request.measure] = request.measure._get_checked_reach()
                reach = reaches[request.measure]
                if isinstance(reach, UserError):
                    raise reach
                if who not in rights:
                    rights[who] = request.measure._get_rights(
                        request.user.sudo(), request.company, reach
                    )
                self._deal(batches, request, rights[who], reach)
            except Exception as error:  # rules of other apps can be as broken as measures
                answers[request.key] = self._explain(request, error)
        return [batch for alike in batches.values() for batch in alike]

    @api.model
    def _deal(self, batches, request, rights, reach):
        """Add a request to those that one query answers."""
        measure = request.measure
        period = (request.date_from, request.date_to) if measure.date_field else None
        alike = batches.setdefault(
            (measure, request.company, request.scope, period, rights.key), []
        )
        subject = self._get_subject(request)
        rules = rights.rules
        if subject:
            rules = self._know(rules, measure._get_subject_field(request), subject)
        for batch in alike:
            # The same team may be read for people who see more of it, or less.
            if repr(batch.subjects.setdefault(subject, rules)) == repr(rules):
                batch.requests.append(request)
                return
        domain = measure._parse_domain()
        if reach.models and not rights.user:
            domain = measure._apply_filter(domain, request.user.sudo())
        alike.append(Batch(request, rights.user, domain, {subject: rules}, [request]))

    def _get_checked_reach(self):
        """
        :return: what the measure looks at, or why it cannot be read
        :rtype: Reach | UserError
        """
        try:
            self._check_binding()
        except UserError as error:
            return error
        return self._get_reach()

    @api.model
    def _check_request(self, request):
        """
        :raise UserError: when nobody's rights can be used, or as `_check_scope`
        """
        user = request.user.sudo()
        if not user.active:
            raise UserError(
                self.env._(
                    "The user %s is archived: nothing can be read with these rights.", user.name
                )
            )
        if request.company not in user.company_ids:
            raise UserError(
                self.env._(
                    "%(user)s does not work for %(company)s.",
                    user=user.name,
                    company=request.company.sudo().name,
                )
            )
        self._check_scope(request)

    @api.model
    def _check_scope(self, request):
        """
        :raise UserError: when the measure knows no such scope, or the team is missing
        """
        if request.scope == 'team' and not request.team:
            raise UserError(self.env._("No sales team was chosen to measure."))
        if request.scope != 'company' and not self._get_subject_field(request):
            measure = request.measure.display_name
            raise UserError(
                self.env._("“%s” does not tell whose records they are.", measure)
                if request.scope == 'user'
                else self.env._("“%s” does not tell which team its records are of.", measure)
            )

    @api.model
    def _get_subject_field(self, request):
        setting = SUBJECT_FIELDS[request.scope]
        return setting and request.measure[setting]

    @api.model
    def _get_subject(self, request):
        """
        :return: id of the person or team whose records are meant, False for all
        :rtype: int | bool
        """
        if request.scope == 'company':
            return False
        return request.team.id if request.scope == 'team' else request.user.id

    @api.model
    def _explain(self, request, error):
        """
        :return: the error in words for whom the value is wanted
        :rtype: MeasureValue
        """
        measure = request.measure.display_name
        if isinstance(error, AccessError):
            message = self.env._(
                "%(user)s may not read what “%(measure)s” is made of.",
                user=request.user.sudo().name,
                measure=measure,
            )
        elif isinstance(error, UserError):
            message = str(error)
        else:
            _logger.info("Measure %s cannot be read", request.measure.id, exc_info=error)
            message = (
                self.env._(
                    "“%s” cannot be read: its filter compares a field with a value of another "
                    "kind, such as a number with a word. Ask a sales administrator to look at the "
                    "measure.",
                    measure,
                )
                if isinstance(error, MISMATCHES)
                else self.env._(
                    "“%s” cannot be read. Ask a sales administrator to look at the measure.",
                    measure,
                )
            )
        return MeasureValue(None, message)

    # ------------------------------------------------------------
    # READING
    # ------------------------------------------------------------

    def _read_values(self, batch):
        """
        :return: function from a subject to its value
        :rtype: Callable[[int | bool], float | None]
        """
        rows = self._read_rows(batch)
        own = batch.request.company.sudo().currency_id
        foreign = {row.currency.id for row in rows if row.currency and row.currency != own}
        if foreign:
            # By day, as each has its rate: only where there is something to convert.
            rows = [row for row in rows if not row.currency or row.currency == own]
            rows += self._read_rows(batch, bool(self.date_field), foreign)
        found = {}
        for row in rows:
            found.setdefault(row.subject, []).append(self._convert_amounts(batch, row))
        return lambda subject: self._conclude(found.get(subject, []))

    def _read_daily(self, batch):
        """
        :return: function from a subject to what each day adds
        :rtype: Callable[[int | bool], list[float]]
        """
        first_day, last_day = batch.request.date_from, batch.request.date_to
        if not self.date_field or self.aggregation not in ADDITIVE or not (first_day and last_day):
            raise UserError(
                self.env._("“%s” cannot be told day by day: it does not add up.", self.display_name)
            )
        length = max((last_day - first_day).days + 1, 0)
        found = {}
        for row in self._read_rows(batch, by_day=True):
            days = found.setdefault(row.subject, [0.0] * length)
            days[(row.day - first_day).days] += self._convert_amounts(batch, row)[0]
        return lambda subject: found.get(subject, [0.0] * length)

    def _conclude(self, groups):
        """
        :param list[list[float]] groups: what was found, in one or several groups
        :rtype: float | None
        """
        if self.aggregation in COUNTED:
            return float(sum(amount for (amount,) in groups))
        if self.aggregation == 'avg':
            number = sum(number for _total, number in groups)
            return sum(total for total, _number in groups) / number if number else None
        # The ORM has False for what is not there.
        amounts = [amount for (amount,) in groups if amount is not None and amount is not False]
        if not amounts:
            return None
        return float(min(amounts) if self.aggregation == 'min' else max(amounts))

    def _convert_amounts(self, batch, row):
        """
        :return: the amounts of a row in the currency of the company
        :rtype: list[float]
        """
        company = batch.request.company.sudo()
        if not row.currency or row.currency == company.currency_id:
            return row.amounts
        day = row.day or company._growth_day(fields.Datetime.now())
        amount, *number = row.amounts
        return [
            row.currency._convert(amount, company.currency_id, company, day, round=False),
            *number,
        ]

    def _read_rows(self, batch, by_day=False, currency_ids=None):
        """
        :param bool by_day: whether each day is apart
        :param set[int] currency_ids: amounts in these currencies alone
        :rtype: list[Row]
        """
        model, domain = self._get_query(batch)
        subject_field = self._get_subject_field(batch.request)
        currency = self._get_currency_field()
        if currency_ids:
            domain &= Domain(currency, 'in', sorted(currency_ids))
        groupby = [
            spec for spec in (subject_field, by_day and f'{self.date_field}:day', currency) if spec
        ]
        rows = []
        for group in model._read_group(domain, groupby, self._get_aggregates()):
            values = list(group)
            rows.append(
                Row(
                    subject=values.pop(0).id if subject_field else False,
                    day=fields.Date.to_date(values.pop(0)) if by_day else None,
                    currency=values.pop(0) if currency else None,
                    amounts=values,
                )
            )
        return rows

    def _get_query(self, batch):
        """
        :return: the model to ask, and for which records
        :rtype: tuple[BaseModel, Domain]
        """
        request = batch.request
        domain = self._get_frame(request) & batch.filter
        subject_field = self._get_subject_field(request)
        by_rules = {}
        for subject, rules in batch.subjects.items():
            by_rules.setdefault(repr(rules), (rules, []))[1].append(subject)
        domain &= Domain.OR(
            self._apply_rules(rules)
            & (Domain(subject_field, 'in', subjects) if subject_field else Domain.TRUE)
            for rules, subjects in by_rules.values()
        )
        # With the rights of the system only where those of the people stand in the conditions.
        model = self._get_model(request.company, batch.user, su=not batch.user)
        if self._asks_for_archived(model):
            model = model.with_context(active_test=False)
        return model, domain

    def _asks_for_archived(self, model):
        """Whether the filter says itself which records count, the archived or the others."""
        return any(
            condition.field_expr == model._active_name
            for condition in self._parse_domain().iter_conditions()
        )

    def _get_frame(self, request):
        """The records of the company and the period, whatever the filter is.

        :rtype: Domain
        """
        model = self.env[self.model]
        domain = Domain.TRUE
        company_field = model._fields.get('company_id')
        if company_field and company_field.comodel_name == 'res.company':
            domain &= Domain('company_id', '=', request.company.id)
        if not self.date_field:
            return domain
        first, last = request.date_from, request.date_to
        if self.only_finished:
            today = request.company.sudo()._growth_day(fields.Datetime.now())
            last = min(last or today, today.replace(day=1) - timedelta(days=1))
        operator = '<='
        if model._fields[self.date_field].type == 'datetime':
            day_start = self.env['growth.sales.facts']._day_start
            company = request.company.sudo()
            first = first and day_start(company, first)
            last = last and day_start(company, last + timedelta(days=1))
            operator = '<'
        if first:
            domain &= Domain(self.date_field, '>=', first)
        if last:
            domain &= Domain(self.date_field, operator, last)
        return domain
