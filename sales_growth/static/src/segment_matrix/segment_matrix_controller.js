import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { Domain } from "@web/core/domain";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { useModelWithSampleData } from "@web/model/model";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { SearchBar } from "@web/search/search_bar/search_bar";
import { useSearchBarToggler } from "@web/search/search_bar/search_bar_toggler";
import { formatInteger } from "@web/views/fields/formatters";
import { standardViewProps } from "@web/views/standard_view_props";
import { ParetoChart } from "./pareto_chart";
import { SegmentMatrix } from "./segment_matrix";
import { formatAmount } from "./segment_matrix_format";

const HAS_SEGMENT = [
    ["abc_class", "!=", false],
    ["xyz_class", "!=", false],
];
const NO_SEGMENT = ["|", ["abc_class", "=", false], ["xyz_class", "=", false]];

export class SegmentMatrixController extends Component {
    static template = "sales_growth.SegmentMatrixView";
    static components = { Layout, ParetoChart, SearchBar, SegmentMatrix };
    static props = { ...standardViewProps, Model: Function };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ isRecomputing: false });
        this.model = useModelWithSampleData(
            this.props.Model,
            { resModel: this.props.resModel },
            { lazy: !this.env.config.isReloadingController && !this.env.inDialog }
        );
        this.searchBarToggler = useSearchBarToggler();
        useSetupAction({ rootRef: useRef("root") });
        onWillStart(async () => {
            this.canRecompute = await user.hasGroup("sales_team.group_sale_manager");
        });
    }

    get isEmpty() {
        return this.model.isReady && !this.model.isComputed;
    }

    get matrix() {
        return this.model.matrix;
    }

    get tiers() {
        return this.props.fields.tier.selection;
    }

    /**
     * What the figures are about, as pairs of label and text.
     */
    get summary() {
        const { company_name, currency_id, customer_count, first_day, last_day, metric, value } =
            this.matrix;
        const day = (date) => formatDate(deserializeDate(date));
        return [
            { name: "customers", label: _t("Customers"), text: formatInteger(customer_count) },
            { name: "value", label: metric, text: formatAmount(value, currency_id) },
            { name: "window", label: _t("Window"), text: `${day(first_day)} – ${day(last_day)}` },
            ...(user.allowedCompanies.length > 1
                ? [{ name: "company", label: _t("Company"), text: company_name }]
                : []),
        ];
    }

    get linesWithoutCostText() {
        const count = this.model.linesWithoutCost;
        return count === 1
            ? _t("1 line has no cost: its profit equals its amount.")
            : _t("%(count)s lines have no cost: their profit equals their amount.", {
                  count: formatInteger(count),
              });
    }

    get unclassifiedText() {
        const count = this.matrix.unclassified_count;
        return count === 1
            ? _t("1 customer has no segment: nothing bought in the window, or too new to judge.")
            : _t(
                  "%(count)s customers have no segment: nothing bought in the window, or too new " +
                      "to judge.",
                  { count: formatInteger(count) }
              );
    }

    /**
     * @param {Object} cell of the matrix, or the total of a row, of a column or of everything
     */
    openSegment({ abc_class, xyz_class }) {
        const domain = [...HAS_SEGMENT];
        if (abc_class) {
            domain.push(["abc_class", "=", abc_class]);
        }
        if (xyz_class) {
            domain.push(["xyz_class", "=", xyz_class]);
        }
        const segment = `${abc_class || ""}${xyz_class || ""}`;
        const name = segment ? _t("%(segment)s customers", { segment }) : _t("All segments");
        return this.openCustomers(domain, name);
    }

    /**
     * @param {string} abcClass an area of the Pareto curve
     */
    openCurveArea(abcClass) {
        // What get_pareto takes for its curve.
        const domain = [
            ["computed_abc_class", "=", abcClass],
            ["value", ">", 0],
        ];
        return this.openCustomers(domain, _t("%(segment)s customers", { segment: abcClass }));
    }

    openUnclassified() {
        return this.openCustomers(NO_SEGMENT, _t("Customers without a segment"));
    }

    async openLinesWithoutCost() {
        await this.action.doAction(
            await this.orm.call(this.props.resModel, "action_view_lines_without_cost", [])
        );
    }

    async openCustomers(domain, name) {
        const action = await this.action.loadAction("sales_growth.growth_customer_action");
        await this.action.doAction({
            ...action,
            name,
            display_name: name,
            // The matrix is of one company, whatever else is selected.
            domain: Domain.and([
                this.props.domain,
                [["company_id", "=", user.activeCompany.id]],
                domain,
            ]).toList(),
            // The filters that the action starts with would hide customers that were counted.
            context: {},
        });
    }

    async recompute() {
        this.state.isRecomputing = true;
        try {
            await this.action.doAction(
                await this.orm.call(this.props.resModel, "action_refresh", [[]])
            );
        } finally {
            this.state.isRecomputing = false;
        }
    }
}
