import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { groupBy } from "@web/core/utils/arrays";
import {
    formatAmount,
    formatCompactAmount,
    formatCustomerCount,
    formatShare,
} from "./segment_matrix_format";

const ABC_CAPTIONS = {
    A: _t("Most of the value"),
    B: _t("The next part"),
    C: _t("The rest"),
};
const XYZ_CAPTIONS = {
    X: _t("Regular"),
    Y: _t("Variable"),
    Z: _t("Irregular"),
};

/**
 * The nine cells with the totals of their rows and columns. Each of them opens its customers.
 */
export class SegmentMatrix extends Component {
    static template = "sales_growth.SegmentMatrix";
    static props = {
        cells: Array,
        currencyId: Number,
        metric: String,
        tiers: Array,
        openCustomers: Function,
    };

    get columns() {
        return this.sum("xyz_class", XYZ_CAPTIONS);
    }

    get rows() {
        return this.sum("abc_class", ABC_CAPTIONS);
    }

    get total() {
        return this.addUp(this.props.cells);
    }

    /**
     * @param {"abc_class" | "xyz_class"} axis
     * @param {Object} captions
     */
    sum(axis, captions) {
        return Object.entries(groupBy(this.props.cells, axis)).map(([letter, cells]) => ({
            ...this.addUp(cells),
            cells,
            letter,
            caption: captions[letter],
            [axis]: letter,
        }));
    }

    addUp(cells) {
        const add = (key) => cells.reduce((sum, cell) => sum + cell[key], 0);
        return {
            customer_count: add("customer_count"),
            value: add("value"),
            value_share: add("value_share"),
        };
    }

    getCellName({ abc_class = "", xyz_class = "" }) {
        return `${abc_class}${xyz_class}`;
    }

    getTierName(tier) {
        return this.props.tiers.find(([key]) => key === tier)?.[1];
    }

    getFigures(cell) {
        return {
            count: formatCustomerCount(cell.customer_count),
            value: formatCompactAmount(cell.value, this.props.currencyId),
            share: formatShare(cell.value_share),
        };
    }

    /**
     * The same figures as in the cell, none of them shortened.
     */
    getTitle(cell) {
        const name = this.getCellName(cell) || _t("Total");
        const tier = this.getTierName(cell.tier);
        const value = formatAmount(cell.value, this.props.currencyId);
        return [
            tier ? `${name} · ${tier}` : name,
            formatCustomerCount(cell.customer_count),
            `${this.props.metric}: ${value}`,
            _t("Share: %(share)s", { share: formatShare(cell.value_share) }),
        ].join("\n");
    }
}
