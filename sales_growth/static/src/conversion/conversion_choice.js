import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

const PERIODS = [
    { days: 7, label: _t("Last 7 Days") },
    { days: 28, label: _t("Last 4 Weeks") },
    { days: 90, label: _t("Last 90 Days") },
    { days: 365, label: _t("Last 12 Months") },
    { days: 0, label: _t("All") },
];
const READINGS = [
    {
        name: "entry",
        label: _t("By entry"),
        title: _t("Of the leads that came to the step in the period: how many have passed by now."),
    },
    {
        name: "event",
        label: _t("Events in the period"),
        title: _t("How many leads came to the step, passed it and were lost there in the period."),
    },
];

/**
 * The row above the figures: what they are of, and the file that they can be had as.
 */
export class ConversionChoice extends Component {
    static template = "sales_growth.ConversionChoice";
    static props = {
        choice: Object,
        data: Object,
        choose: Function,
        exportFile: { type: Function, optional: true },
        period: String,
    };

    setup() {
        this.periods = PERIODS;
        this.readings = READINGS;
    }

    onPeriodChange(ev) {
        this.props.choose({ days: Number(ev.target.value) });
    }

    onTeamChange(ev) {
        // Without a choice, the server takes the funnel that the team works by.
        this.props.choose({ teamId: Number(ev.target.value) || false, funnelId: false });
    }

    onFunnelChange(ev) {
        this.props.choose({ funnelId: Number(ev.target.value) });
    }
}
