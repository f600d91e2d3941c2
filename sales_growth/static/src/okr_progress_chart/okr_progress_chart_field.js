import { Component } from "@odoo/owl";
import { formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatPercentage } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useChart } from "../chart/use_chart";

const { DateTime } = luxon;

function formatProgress(value) {
    return formatPercentage(value, { digits: [false, 0] });
}

/**
 * How far a key result came day by day, beside how far it should have come, up to its deadline.
 */
export class OkrProgressChartField extends Component {
    static template = "sales_growth.OkrProgressChartField";
    static props = { ...standardFieldProps };

    setup() {
        this.drawing = useChart(
            () => this.getConfig(),
            () => [this.data]
        );
    }

    /** See `chart` of the model. */
    get data() {
        return this.props.record.data[this.props.name];
    }

    /** Steps that are counted are done at a stroke. */
    toStepped(isStepped) {
        return isStepped && "before";
    }

    get label() {
        const last = this.data.points.at(-1);
        return _t("Progress %(progress)s on %(day)s, expected %(expected)s", {
            progress: formatProgress(last.progress),
            day: formatDate(DateTime.fromISO(last.day)),
            expected: formatProgress(last.expected),
        });
    }

    getTheme() {
        const { text, font, read } = this.drawing.readStyle("GrowthOkrChart");
        return {
            text,
            font,
            line: read("line"),
            area: read("area"),
            expected: read("expected"),
            grid: read("grid"),
        };
    }

    getConfig() {
        this.theme = this.getTheme();
        return {
            type: "line",
            data: { datasets: [this.getProgressDataset(), this.getExpectedDataset()] },
            options: {
                animation: false,
                maintainAspectRatio: false,
                parsing: false,
                font: { family: this.theme.font },
                interaction: { mode: "nearest", axis: "x", intersect: false },
                plugins: { legend: this.getLegendOptions(), tooltip: this.getTooltipOptions() },
                scales: { x: this.getDayScale(), y: this.getProgressScale() },
            },
            plugins: [{ id: "growthToday", beforeDatasetsDraw: (chart) => this.drawToday(chart) }],
        };
    }

    getProgressDataset() {
        const { line, area } = this.theme;
        return {
            label: _t("Progress"),
            data: this.data.points.map((point) => ({
                ...point,
                x: this.toMoment(point.day),
                y: point.progress,
            })),
            stepped: this.toStepped(this.data.is_stepped),
            borderColor: line,
            borderWidth: 2,
            // Along the edges half of the line would be cut off.
            clip: 4,
            fill: "origin",
            backgroundColor: area,
            pointBackgroundColor: line,
            pointBorderWidth: 0,
            // What people said stands out from what was measured day by day.
            pointRadius: this.data.points.map((point) => (point.is_told ? 3 : 0)),
            pointHoverRadius: 5,
        };
    }

    getExpectedDataset() {
        return {
            label: _t("Expected"),
            data: this.data.expected.map(({ day, share }) => ({
                x: this.toMoment(day),
                y: share,
            })),
            stepped: this.toStepped(this.data.is_expected_stepped),
            borderColor: this.theme.expected,
            borderDash: [5, 4],
            borderWidth: 2,
            clip: 4,
            pointRadius: 0,
            pointHitRadius: 0,
            pointHoverRadius: 0,
        };
    }

    getDayScale() {
        const { expected, points } = this.data;
        const deadline = this.toMoment(expected.at(-1).day);
        return {
            type: "time",
            min: this.toMoment(expected[0].day),
            max: Math.max(deadline, this.toMoment(points.at(-1).day)),
            time: { minUnit: "day" },
            ticks: { color: this.theme.text, maxRotation: 0, autoSkipPadding: 16 },
            grid: { display: false },
            border: { color: this.theme.grid },
        };
    }

    getProgressScale() {
        return {
            suggestedMin: 0,
            suggestedMax: 1,
            ticks: {
                color: this.theme.text,
                maxTicksLimit: 6,
                callback: (value) => formatProgress(value),
            },
            grid: { color: this.theme.grid },
            border: { display: false },
        };
    }

    getLegendOptions() {
        return {
            align: "end",
            // A box without height is a line, dashed as the one it stands for.
            labels: { color: this.theme.text, boxWidth: 28, boxHeight: 0, padding: 8 },
        };
    }

    getTooltipOptions() {
        return {
            displayColors: false,
            filter: ({ datasetIndex }) => datasetIndex === 0,
            callbacks: {
                title: ([item]) => item && formatDate(DateTime.fromISO(item.raw.day)),
                label: ({ raw }) => [
                    _t("%(value)s: %(progress)s reached", {
                        value: raw.value,
                        progress: formatProgress(raw.progress),
                    }),
                    _t("Expected: %(share)s", { share: formatProgress(raw.expected) }),
                ],
            },
        };
    }

    drawToday({ ctx, chartArea, scales }) {
        const left = scales.x.getPixelForValue(this.toMoment(this.data.today));
        if (left < chartArea.left || left > chartArea.right) {
            return;
        }
        ctx.save();
        ctx.strokeStyle = this.theme.grid;
        ctx.beginPath();
        ctx.moveTo(left, chartArea.top);
        ctx.lineTo(left, chartArea.bottom);
        ctx.stroke();
        ctx.restore();
    }

    /**
     * @param {string} day ISO date
     * @returns {number} milliseconds
     */
    toMoment(day) {
        return DateTime.fromISO(day).toMillis();
    }
}

export const okrProgressChartField = {
    component: OkrProgressChartField,
    displayName: _t("Progress by Day"),
    supportedTypes: ["json"],
};

registry.category("fields").add("okr_progress_chart", okrProgressChartField);
