import { Component, onWillStart, useRef } from "@odoo/owl";
import { Domain } from "@web/core/domain";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { download } from "@web/core/network/download";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { useModelWithSampleData } from "@web/model/model";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { SearchBar } from "@web/search/search_bar/search_bar";
import { useSearchBarToggler } from "@web/search/search_bar/search_bar_toggler";
import { standardViewProps } from "@web/views/standard_view_props";
import { ConversionChart } from "./conversion_chart";
import { ConversionChoice } from "./conversion_choice";
import { ConversionCoaching } from "./conversion_coaching";
import { ConversionTable } from "./conversion_table";

const EXPORT_URL = "/sales_growth/conversion.xlsx";

export class ConversionController extends Component {
    static template = "sales_growth.ConversionView";
    static components = {
        ConversionChart,
        ConversionChoice,
        ConversionCoaching,
        ConversionTable,
        Layout,
        SearchBar,
    };
    static props = { ...standardViewProps, Model: Function };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.model = useModelWithSampleData(
            this.props.Model,
            { resModel: this.props.resModel },
            { lazy: !this.env.config.isReloadingController && !this.env.inDialog }
        );
        this.searchBarToggler = useSearchBarToggler();
        useSetupAction({ rootRef: useRef("root") });
        onWillStart(async () => {
            const [seesAll, mayExport, isManager] = await Promise.all([
                user.hasGroup("sales_team.group_sale_salesman_all_leads"),
                user.hasGroup("base.group_allow_export"),
                user.hasGroup("sales_team.group_sale_manager"),
            ]);
            this.isAverageTeam = !seesAll;
            this.canExport = mayExport || isManager;
        });
    }

    get data() {
        return this.model.data;
    }

    /**
     * The days of the figures, and the company when there are several.
     */
    get periodText() {
        const { company_name, date_from, date_to } = this.data;
        const day = (date) => formatDate(deserializeDate(date));
        const period = date_from
            ? `${day(date_from)} – ${day(date_to)}`
            : _t("until %(day)s", { day: day(date_to) });
        return user.allowedCompanies.length > 1 ? `${period} · ${company_name}` : period;
    }

    /**
     * @param {Object} row of a salesperson, or of all of them together
     */
    getPersonDomain(row) {
        return row.isAverage ? [] : [["user_id", "=", row.id]];
    }

    getTeamDomain() {
        const { teamId } = this.model.shownChoice;
        return teamId ? [["team_id", "=", teamId]] : [];
    }

    getName(row, step) {
        return `${row.name} · ${step.name}`;
    }

    /**
     * The leads behind a rate.
     */
    async openRows(row, step) {
        const { date_from, date_to, reading } = this.data;
        const action = await this.action.loadAction("sales_growth.growth_conversion_report_action");
        await this.openList({
            ...action,
            display_name: this.getName(row, step),
            domain: Domain.and([
                this.props.domain,
                [
                    ["step_id", "=", step.id],
                    ["date", "<=", date_to],
                    ...(date_from ? [["date", ">=", date_from]] : []),
                ],
                this.getPersonDomain(row),
                this.getTeamDomain(),
            ]).toList(),
            context: reading === "event" ? { search_default_reading_event: 1 } : {},
        });
    }

    /**
     * The leads that stand at a step today.
     */
    async openLeads(row, step) {
        await this.openList({
            type: "ir.actions.act_window",
            name: this.getName(row, step),
            res_model: "crm.lead",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: [
                ["growth_step_id", "=", step.id],
                ["won_status", "!=", "lost"],
                ...this.getPersonDomain(row),
                ...this.getTeamDomain(),
            ],
        });
    }

    openList(action) {
        return this.action.doAction(action, { viewType: "list" });
    }

    /**
     * @param {Object} pair see `get_pairs` on the server
     */
    async startCoaching({ pupil_id, teacher_id, steps }) {
        const stepIds = steps.filter((step) => !step.is_coached).map((step) => step.id);
        const { days } = this.model.shownChoice;
        await this.action.doAction(
            await this.orm.call(this.props.resModel, "action_coach", [
                pupil_id,
                teacher_id,
                stepIds,
                days,
            ])
        );
    }

    async exportFile() {
        const { days, teamId, reading } = this.model.shownChoice;
        const form = document.createElement("form");
        form.method = "GET";
        form.action = `${EXPORT_URL}?${new URLSearchParams({
            company_id: user.activeCompany.id,
            domain: JSON.stringify(this.props.domain),
            funnel_id: this.data.funnel_id,
            team_id: teamId || "",
            days,
            reading,
        })}`;
        await download({ form });
    }
}
