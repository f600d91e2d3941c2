from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Command, Domain

from .crm_lead_role import UNCHECKED

# What moves, in this order: the setting that switches it, None where nothing does.
MOVED = {
    'growth.customer': None,
    'res.partner': 'growth_handover_salesperson',
    'crm.lead': 'growth_handover_leads',
    'sale.order': 'growth_handover_quotations',
    'mail.activity': 'growth_handover_activities',
    'calendar.event': 'growth_handover_meetings',
}
# Fields of the salesperson and of the team, None where there is no team.
OWNERS = {
    'growth.customer': ('farmer_id', 'farmer_team_id'),
    'res.partner': ('user_id', None),
    'crm.lead': ('user_id', 'team_id'),
    'sale.order': ('user_id', 'team_id'),
    'mail.activity': ('user_id', None),
    'calendar.event': ('user_id', None),
}


class GrowthHandoverMove(models.Model):
    """A record that went from hunter to farmer, and whether it came back."""

    _name = 'growth.handover.move'
    _description = "Handed Over Record"
    _order = 'handover_id, id'
    _rec_name = 'record_name'

    handover_id = fields.Many2one(
        comodel_name='growth.handover', required=True, index=True, ondelete='cascade'
    )
    res_model = fields.Selection(
        selection=[
            ('growth.customer', "Farmer of the Customer"),
            ('res.partner', "Salesperson of the Contact"),
            ('crm.lead', "Open Lead"),
            ('sale.order', "Open Quotation"),
            ('mail.activity', "Open Activity"),
            ('calendar.event', "Future Meeting"),
        ],
        string="Kind",
        required=True,
        readonly=True,
    )
    res_id = fields.Many2oneReference(
        model_field='res_model', string="Record", required=True, readonly=True
    )
    record_name = fields.Char(string="Name", readonly=True)
    from_user_id = fields.Many2one(comodel_name='res.users', string="Was With", readonly=True)
    from_team_id = fields.Many2one(comodel_name='crm.team', string="Was in Team", readonly=True)
    from_date = fields.Date(
        string="Was With Since", readonly=True, help="Known of the farmer of a customer."
    )
    state = fields.Selection(
        selection=[
            ('moved', "Moved"),
            ('returned', "Given Back"),
            ('kept', "Changed Since, Kept"),
        ],
        required=True,
        readonly=True,
        default='moved',
    )


class GrowthHandover(models.Model):
    """What goes to the farmer when a customer is accepted, and comes back when it is undone.

    Done with the rights of the system: a salesperson with own documents cannot see what the
    other one has. What is found is limited to the two people, the customer and the company.
    """

    _inherit = 'growth.handover'

    # ------------------------------------------------------------
    # THERE
    # ------------------------------------------------------------

    def _move_records(self):
        """Give the farmers what the settings say, and write down what it was."""
        owners = {model: {} for model in MOVED}
        for (company, hunter), handovers in self.grouped(
            lambda handover: (handover.company_id, handover.hunter_id)
        ).items():
            found = handovers._find_records(company, hunter)
            for model, records in found.items():
                owners[model] |= handovers._get_handovers(records)
        self._log_moves(owners)
        for handover_by_record in owners.values():
            self._give_to_farmers(handover_by_record)
        for company, handovers in self.grouped('company_id').items():
            customers = self.env['growth.customer']._ensure(company, handovers.partner_id)
            customers.farmer_since = company._growth_day(fields.Datetime.now())

    @api.model
    def _give_to_farmers(self, owners):
        """
        :param dict owners: handovers by records of one model
        """
        if not owners:
            return
        records = next(iter(owners)).browse().concat(*owners)
        for (farmer, team, hunter), group in records.grouped(
            lambda record: (
                owners[record].farmer_id,
                owners[record].team_id,
                # Who is taken off the meeting
                owners[record].hunter_id if record._name == 'calendar.event' else None,
            )
        ).items():
            self._give(group, farmer, team or None, hunter)

    def _find_records(self, company, hunter):
        """The records of the handovers' customers that the hunter has in the company.

        :rtype: dict[str, models.Model]
        """
        customers = self.env['growth.customer']._ensure(company, self.partner_id)
        contacts = (
            self.env['res.partner']
            .with_context(active_test=False)
            .search([('commercial_partner_id', 'in', self.partner_id.ids)])
        )
        theirs = Domain('user_id', '=', hunter.id)
        # Odoo has one salesperson for all companies: who sells to a customer in another one, too,
        # keeps the contact and what is planned with it, and with it sees the customer there.
        elsewhere = self._find_sold_elsewhere(company, hunter)
        contacts_here = contacts.filtered(
            lambda contact: contact.commercial_partner_id not in elsewhere
        )
        own = contacts_here.filtered(
            lambda contact: (
                contact.user_id == hunter
                or not (contact.user_id or contact.parent_id)
                and contact in self.partner_id
            )
        )
        leads = self.env['crm.lead'].search(
            theirs
            & Domain('partner_id', 'in', contacts.ids)
            & Domain('company_id', 'in', (company.id, False))
            & self._get_open_domain('crm.lead')
        )
        quotations = self.env['sale.order'].search(
            theirs
            & Domain('partner_id', 'in', contacts.ids)
            & Domain('company_id', '=', company.id)
            & self._get_open_domain('sale.order')
        )
        found = {
            'growth.customer': customers,
            'res.partner': own,
            'crm.lead': leads,
            'sale.order': quotations,
        }
        for model, setting in MOVED.items():
            if model in found and setting and not company[setting]:
                found[model] = found[model].browse()
        # What stays with the hunter keeps its activities.
        places = [
            ('res.partner', contacts_here.ids),
            ('crm.lead', found['crm.lead'].ids),
            ('sale.order', found['sale.order'].ids),
        ]
        if company.growth_handover_activities:
            found['mail.activity'] = self.env['mail.activity'].search(
                theirs & self._get_place_domain(places)
            )
        if company.growth_handover_meetings:
            meetings = self.env['calendar.event'].search(
                theirs
                & self._get_open_domain('calendar.event')
                & (
                    Domain('partner_ids', 'in', contacts.ids)
                    | Domain('opportunity_id', 'in', found['crm.lead'].ids)
                    | self._get_place_domain(places)
                )
            )
            found['calendar.event'] = meetings.filtered(
                lambda meeting: (
                    # Where a meeting does not say, the calendar of the organizer does.
                    meeting.effective_privacy != 'private' and not self._is_about_others(meeting)
                )
            )
        return found

    def _find_sold_elsewhere(self, company, hunter):
        """The customers that the hunter sells to in other companies.

        :rtype: res.partner
        """
        groups = self.env['sale.order']._read_group(
            [
                ('commercial_partner_id', 'in', self.partner_id.ids),
                ('company_id', 'in', (hunter.company_ids - company).ids),
                ('user_id', '=', hunter.id),
                ('state', '=', 'sale'),
            ],
            groupby=['commercial_partner_id'],
        )
        return self.env['res.partner'].union(*(partner for (partner,) in groups))

    def _is_about_others(self, meeting):
        """Whether a meeting is with other customers, too, or about a record of one.

        :rtype: bool
        """
        place = self._get_place(meeting)
        customer = place and self._get_customer(place)
        guests = meeting.partner_ids.filtered(lambda partner: not partner.user_ids)
        return bool(
            (customer and customer not in self.partner_id)
            or guests.commercial_partner_id - self.partner_id
        )

    @api.model
    def _get_place_domain(self, places):
        """Activities or meetings on some records.

        :param list places: pairs of a model and ids of records
        :rtype: Domain
        """
        return Domain.OR(
            Domain('res_model', '=', model) & Domain('res_id', 'in', ids) for model, ids in places
        )

    @api.model
    def _get_open_domain(self, model):
        """Records of a model that are still to be worked on.

        :param str model: of `MOVED`
        :rtype: Domain
        """
        if model == 'crm.lead':
            return Domain('won_status', '=', 'pending') & Domain('active', '=', True)
        if model == 'sale.order':
            return Domain('state', 'in', ('draft', 'sent'))
        if model == 'mail.activity':
            return Domain('active', '=', True)
        if model == 'calendar.event':
            # Somebody's private meetings stay theirs.
            return (
                Domain('start', '>=', fields.Datetime.now())
                & Domain('active', '=', True)
                & Domain('privacy', '!=', 'private')
            )
        return Domain.TRUE

    def _get_handovers(self, records):
        """The handover with which each of some records goes.

        :param models.Model records: of one model
        :rtype: dict[models.Model, growth.handover]
        """
        handovers = {handover.partner_id: handover for handover in self}
        return {record: handovers.get(self._get_customer(record), self[:1]) for record in records}

    @api.model
    def _log_moves(self, owners):
        """Write down who has records now that are about to move.

        :param dict owners: by model, handovers by record
        """
        vals_list = []
        for model, handovers in owners.items():
            user_field, team_field = OWNERS[model]
            vals_list += [
                {
                    'handover_id': handover.id,
                    'res_model': model,
                    'res_id': record.id,
                    'record_name': record.display_name,
                    'from_user_id': record[user_field].id,
                    'from_team_id': team_field and record[team_field].id,
                    'from_date': model == 'growth.customer' and record.farmer_since,
                }
                for record, handover in handovers.items()
            ]
        self.env['growth.handover.move'].create(vals_list)

    def _get_customer(self, record):
        """The customer of the handovers that a record belongs to.

        :rtype: res.partner
        """
        if record._name == 'growth.customer':
            return record.partner_id
        if record._name == 'res.partner':
            return record.commercial_partner_id
        if record._name == 'mail.activity':
            return self._get_customer(self.env[record.res_model].browse(record.res_id))
        if record._name == 'calendar.event':
            place = self._get_place(record)
            customer = place and self._get_customer(place)
            if customer and customer in self.partner_id:
                return customer
            return (record.partner_ids.commercial_partner_id & self.partner_id)[:1]
        return record.partner_id.commercial_partner_id

    @api.model
    def _get_place(self, meeting):
        """The record that a meeting is about, empty where it is none that moves.

        :rtype: models.Model
        """
        if meeting.res_model in OWNERS and meeting.res_id:
            return self.env[meeting.res_model].browse(meeting.res_id).exists()
        return meeting.opportunity_id

    @api.model
    def _give(self, records, user, team, former):
        """Give records to a salesperson, without a notification for each.

        :param models.Model records: of one model
        :param res.users user: who gets them, nobody when empty
        :param crm.team team: whose they are then; None leaves that to Odoo
        :param res.users former: whose place the user takes at meetings, None for other records
        """
        if not records:
            return
        user_field, team_field = OWNERS[records._name]
        records = records.with_context(
            dont_notify=True,
            skip_attendee_notification=True,
            mail_activity_quick_update=True,
            mail_auto_subscribe_no_notify=True,
            growth_role_check=UNCHECKED,
        )
        vals = {user_field: user.id}
        if team_field and (team is not None or records._name == 'growth.customer'):
            vals[team_field] = team.id if team else False
        if records._name == 'crm.lead':
            self._give_leads(records, vals)
        elif records._name == 'calendar.event':
            self._give_meetings(records, vals, former, user)
        else:
            records.write(vals)

    @api.model
    def _give_leads(self, leads, vals):
        # A new salesperson would make it a lead assigned today: it would eat up the quota of the
        # farmer's day, and its time to assignment would be wrong.
        dates = {lead: lead.date_open for lead in leads}
        leads.write(vals)
        for date, group in leads.grouped(dates.get).items():
            group.write({'date_open': date})

    @api.model
    def _give_meetings(self, meetings, vals, former, user):
        # Where both are invited, they meet the customer together.
        joint = meetings.filtered(lambda meeting: user.partner_id in meeting.partner_ids)
        joint.write({**vals})
        (meetings - joint).write(
            {
                **vals,
                'partner_ids': [
                    Command.unlink(former.partner_id.id),
                    Command.link(user.partner_id.id),
                ],
            }
        )

    # ------------------------------------------------------------
    # AND BACK
    # ------------------------------------------------------------

    def _give_back(self):
        """Give back what nobody changed since: what is still open and with the farmer."""
        for handover in self:
            for model, moves in handover.move_ids.grouped('res_model').items():
                handover._give_back_records(model, moves)

    def _give_back_records(self, model, moves):
        self.ensure_one()
        user_field, team_field = OWNERS[model]
        records = self.env[model].with_context(active_test=False).browse(moves.mapped('res_id'))
        given = Domain(user_field, '=', self.farmer_id.id)
        if team_field and self.team_id:
            given &= Domain(team_field, '=', self.team_id.id)
        unchanged = records.exists().filtered_domain(given & self._get_open_domain(model))
        returned = moves.filtered(lambda move: move.res_id in unchanged.ids)
        returned.state = 'returned'
        (moves - returned).state = 'kept'
        for (user, team), group in returned.grouped(
            lambda move: (move.from_user_id, move.from_team_id)
        ).items():
            self._give(unchanged.browse(group.mapped('res_id')), user, team, self.farmer_id)
        if model == 'growth.customer':
            unchanged.farmer_since = moves[:1].from_date

    def _describe_moves(self, title):
        """What moved and what came back, in numbers.

        :param str title: first line
        :rtype: Markup
        """
        self.ensure_one()
        kinds = dict(self.move_ids._fields['res_model']._description_selection(self.env))
        states = dict(self.move_ids._fields['state']._description_selection(self.env))
        lines = [
            Markup("<li>%s: %s, %s</li>") % (kinds[model], len(moves), states[state])
            for (model, state), moves in self.move_ids.grouped(
                lambda move: (move.res_model, move.state)
            ).items()
        ]
        return Markup("<p>%s</p><ul>%s</ul>") % (title, Markup().join(lines))
