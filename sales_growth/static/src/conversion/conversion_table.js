import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatInteger } from "@web/views/fields/formatters";
import { formatAmount, formatCompactAmount } from "../segment_matrix/segment_matrix_format";
import {
    describeCell,
    formatCases,
    formatDays,
    formatGap,
    formatPlan,
    formatRate,
    hasCases,
    NOTHING,
} from "./conversion_format";

// What may well be chance gets no color.
const VERDICT_CLASSES = { below_plan: "text-danger", on_plan: "text-success" };

/**
 * The figures behind the bars: a row per salesperson and what all of them make together.
 */
export class ConversionTable extends Component {
    static template = "sales_growth.ConversionTable";
    static props = {
        data: Object, // see `get_salespeople` on the server
        isAverageTeam: Boolean,
        openLeads: Function,
        openRows: Function,
    };

    setup() {
        this.hasCases = hasCases;
        this.nothing = NOTHING;
    }

    get rows() {
        const { average, salespeople } = this.props.data;
        const all = { ...average, key: "average", isAverage: true, cells: this.averageCells };
        return [
            ...(Object.keys(all.cells).length ? [all] : []),
            ...salespeople.map((person) => ({ ...person, key: person.id || "nobody" })),
        ];
    }

    /**
     * Together with all the leads that stand there. How many a team has is not told to its members.
     */
    get averageCells() {
        const { average, salespeople } = this.props.data;
        if (this.props.isAverageTeam) {
            return average.cells;
        }
        const cells = {};
        for (const { cells: own } of [average, ...salespeople]) {
            for (const [stepId, cell] of Object.entries(own)) {
                cells[stepId] ||= {
                    ...(average.cells[stepId] || cell),
                    open_count: 0,
                    open_value: 0,
                };
                cells[stepId].open_count += cell.open_count || 0;
                cells[stepId].open_value += cell.open_value || 0;
            }
        }
        return cells;
    }

    getPlan({ plan, expected_count }) {
        return _t("Plan %(plan)s · %(count)s of 100 prospects", {
            plan: formatPlan(plan),
            count: formatInteger(expected_count),
        });
    }

    getPlanTitle({ expected_count }) {
        return _t("When all goes to plan, %(count)s of 100 prospects pass this step.", {
            count: formatInteger(expected_count),
        });
    }

    getRate(cell) {
        return formatRate(cell.conversion);
    }

    getGap(cell) {
        return cell.gap === false ? "" : formatGap(cell.gap);
    }

    getGapClass(cell) {
        return VERDICT_CLASSES[cell.verdict] || "text-muted";
    }

    getCases(cell) {
        return formatCases(cell, this.props.data.reading);
    }

    getDays(cell) {
        return cell.days === false ? "" : formatDays(cell.days);
    }

    getTitle(cell) {
        return describeCell(cell, this.props.data).join("\n");
    }

    getLabel(row, step, cell) {
        return `${row.name}, ${step.name}: ${describeCell(cell, this.props.data).join(". ")}`;
    }

    getLoad(cell) {
        return _t("%(count)s open today", { count: formatInteger(cell.open_count) });
    }

    getLoadValue(cell) {
        return formatCompactAmount(cell.open_value, this.props.data.currency_id);
    }

    getLoadTitle(cell) {
        return _t("Open leads that stand at this step today: %(count)s, worth %(value)s", {
            count: formatInteger(cell.open_count),
            value: formatAmount(cell.open_value, this.props.data.currency_id),
        });
    }
}
