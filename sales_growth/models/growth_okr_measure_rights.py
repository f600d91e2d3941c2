from collections import namedtuple

from odoo import api, models
from odoo.fields import Domain
from odoo.models import BaseModel

# What a filter looks at: fields as tuples of model and name, models reached through relations;
# `is_known` is false where this cannot be told from the filter alone.
Reach = namedtuple('Reach', 'fields models is_known')
# What somebody may read of a measure. Whoever has the same `key` may be read for in one query, each
# by the own `rules` on the records; `user` is set where only this one person can.
Rights = namedtuple('Rights', 'key rules user')


class GrowthOkrMeasure(models.Model):
    """What people may read of a measure.

    One query for many people cannot be asked in the name of each of them. It is asked by the system
    instead, with the record rules of each in its conditions, and everything else that would stop
    one of them checked before. Where that is not certain to be the same, people are read for one by
    one, in their own name: models with a security of their own, and filters that search by other
    means than columns.
    """

    _inherit = 'growth.okr.measure'

    def _get_rights(self, user, company, reach):
        """
        :param res.users user: active, and employed by the company
        :param Reach reach: of the measure
        :raise AccessError: when the person may not read the measure at all
        :rtype: Rights
        """
        model = self._get_model(company, user, su=False)
        model.check_access('read')
        for model_name, fname in reach.fields:
            records = model.env[model_name]
            records._check_field_access(records._fields[fname], 'read')
        if not reach.is_known or self._has_own_security(model):
            return Rights(user.id, Domain.TRUE, user)
        Rule = model.env['ir.rule']
        key = []
        for model_name in sorted(reach.models):
            model.env[model_name].check_access('read')
            key.append(repr(Rule._compute_domain(model_name, 'read')))
        return Rights(tuple(key), Rule._compute_domain(self.model, 'read'), None)

    @api.model
    def _has_own_security(self, model):
        """Whether the class of a model limits what people see by more than record rules.

        :rtype: bool
        """
        return any(
            '_search' in vars(parent) or '_check_access' in vars(parent)
            for parent in type(model).mro()
            # What this addon does there is for speed.
            if parent is not BaseModel
            and not parent.__module__.startswith('odoo.addons.sales_growth.')
        )

    def _get_reach(self):
        """What the measure looks at.

        :rtype: Reach
        """
        model = self.env[self.model].sudo()
        fnames = {self.date_field, self.user_field, self.team_field} - {False}
        if self.aggregation != 'count':
            fnames.add(self.measure_field)
        if self.aggregation == 'rate':
            # A rate tells about what it is made of.
            for parts in getattr(model, '_growth_rates', {}).get(self.measure_field, ()):
                fnames.update(parts)
        reach = Reach({(model._name, fname) for fname in fnames}, set(), True)
        is_known = self._follow(model, self._parse_domain(), reach)
        return reach._replace(is_known=is_known)

    @api.model
    def _follow(self, model, domain, reach):
        """Add to a reach what a filter looks at.

        :return: whether that is all of it
        :rtype: bool
        """
        conditions = list(domain.optimize(model).iter_conditions())
        # All of them, as each adds fields.
        return all([self._follow_condition(model, condition, reach) for condition in conditions])

    @api.model
    def _follow_condition(self, model, condition, reach):
        fname = condition.field_expr.partition('.')[0]
        field = model._fields[fname]
        reach.fields.add((model._name, fname))
        if condition.operator in ('any', 'not any'):
            if not isinstance(condition.value, Domain):
                return False
            comodel = model.env[field.comodel_name]
            reach.models.add(comodel._name)
            is_followed = self._follow(comodel, condition.value, reach)
            return is_followed and not field.search and not self._has_own_security(comodel)
        if field.search:
            # A related field is read by the system, whoever asks.
            return bool(field.related and field.compute_sudo)
        if field.relational:
            return condition.operator in ('in', 'not in') and all(
                isinstance(value, int) for value in condition.value
            )
        return True

    # ------------------------------------------------------------
    # RULES OF MANY
    # ------------------------------------------------------------

    @api.model
    def _know(self, rules, fname, record_id):
        """What is left of record rules for the records of which one field is known. Mostly that is
        the same for everybody: "own documents" is true of the own ones.

        :param Domain rules: optimized
        :param str fname: many2one
        :rtype: Domain
        """

        def know(condition):
            if condition.field_expr != fname or condition.operator not in ('in', 'not in'):
                return condition
            if not all(isinstance(value, int) for value in condition.value):
                return condition
            return Domain((record_id in condition.value) == (condition.operator == 'in'))

        return rules.map_conditions(know)

    @api.model
    def _apply_rules(self, rules):
        """Record rules as a condition, as the ORM applies them: by the system and with archived
        records, whatever the rest of the query is.

        :rtype: Domain
        """
        if rules.is_true() or rules.is_false():
            return rules

        def to_sql(model, alias, query):
            model = model.sudo().with_context(active_test=False)
            return rules.optimize_full(model)._to_sql(model, alias, query)

        return Domain.custom(to_sql=to_sql)

    def _apply_filter(self, domain, user):
        """The filter of the measure as somebody applies it: records reached through relations are
        those that this person may read.

        :param res.users user: who has the same rights as all others of the query
        :rtype: Domain
        """

        def to_sql(model, alias, query):
            model = model.with_user(user)
            return domain.optimize_full(model)._to_sql(model, alias, query)

        return Domain.custom(to_sql=to_sql)
