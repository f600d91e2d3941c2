import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatInteger, formatPercentage } from "@web/views/fields/formatters";
import { useChart } from "../chart/use_chart";
import { formatAmount, formatShare } from "./segment_matrix_format";

const ORIGIN = { x: 0, y: 0 };
const DOTS_UP_TO = 30;
// Pixels
const LETTER_HEIGHT = 22;
const LETTER_WIDTH = 14;
const SHARE_WIDTH = 50;

/**
 * The stretches of the curve where the class stays the same, in order of rank.
 *
 * @param {Object[]} points see `get_pareto` on the server
 * @returns {Object[]} `abcClass`, and shares of customers: `from`, `to`; `value`: share of the
 *  value that is reached at its end
 */
export function getAreas(points) {
    const areas = [];
    for (const point of points) {
        let area = areas.at(-1);
        if (area?.abcClass !== point.abc_class) {
            area = { abcClass: point.abc_class, from: area ? area.to : 0 };
            areas.push(area);
        }
        area.to = point.customer_share;
        area.value = point.cumulative_share;
    }
    return areas;
}

/**
 * Cumulative share of value over the ranked customers, with the areas of the classes. A click on
 * an area opens its customers.
 */
export class ParetoChart extends Component {
    static template = "sales_growth.ParetoChart";
    static props = {
        points: Array,
        currencyId: Number,
        metric: String,
        openCustomers: Function,
    };

    setup() {
        this.drawing = useChart(
            () => this.getConfig(),
            () => [this.props.points]
        );
    }

    get areas() {
        return getAreas(this.props.points);
    }

    get caption() {
        const [first, ...others] = this.areas;
        return others.length
            ? _t("%(customers)s of the customers make %(value)s of the total.", {
                  customers: formatShare(first.to),
                  value: formatShare(first.value),
              })
            : "";
    }

    getTheme() {
        const { text, font, read } = this.drawing.readStyle("GrowthPareto");
        return {
            text,
            font,
            line: read("line"),
            grid: read("grid"),
            areas: { A: read("area-a"), B: read("area-b"), C: read("area-c") },
        };
    }

    getConfig() {
        this.theme = this.getTheme();
        return {
            type: "line",
            data: { datasets: [this.getDataset()] },
            options: {
                animation: false,
                maintainAspectRatio: false,
                parsing: false,
                font: { family: this.theme.font },
                layout: { padding: { top: LETTER_HEIGHT, right: 8 } },
                interaction: { mode: "nearest", axis: "x", intersect: false },
                plugins: { legend: { display: false }, tooltip: this.getTooltipOptions() },
                scales: {
                    x: this.getScaleOptions(_t("Share of customers in order of rank")),
                    y: this.getScaleOptions(
                        _t("Cumulative share (%(metric)s)", { metric: this.props.metric })
                    ),
                },
                onClick: (event) => this.onClick(event),
                onHover: (event) => this.onHover(event),
            },
            plugins: [{ id: "growthAreas", afterDatasetsDraw: (chart) => this.drawAreas(chart) }],
        };
    }

    getDataset() {
        const points = this.props.points.map((point) => ({
            ...point,
            x: point.customer_share,
            y: point.cumulative_share,
        }));
        const data = [ORIGIN, ...points];
        return {
            data,
            borderColor: this.theme.line,
            borderWidth: 2,
            // The line runs along the upper edge: half of it would be cut off there.
            clip: 4,
            fill: "origin",
            segment: {
                backgroundColor: ({ p1DataIndex }) => this.theme.areas[data[p1DataIndex].abc_class],
            },
            pointBackgroundColor: this.theme.line,
            pointBorderWidth: 0,
            pointRadius: points.length <= DOTS_UP_TO ? 3 : 0,
            pointHoverRadius: 5,
        };
    }

    getScaleOptions(title) {
        return {
            type: "linear",
            min: 0,
            max: 1,
            title: { display: true, text: title, color: this.theme.text },
            ticks: {
                stepSize: 0.2,
                color: this.theme.text,
                callback: (value) => formatPercentage(value, { digits: [false, 0] }),
            },
            grid: { color: this.theme.grid },
            border: { display: false },
        };
    }

    getTooltipOptions() {
        return {
            displayColors: false,
            filter: ({ raw }) => raw !== ORIGIN,
            callbacks: {
                title: ([item]) =>
                    item &&
                    _t("%(class)s · rank %(rank)s of %(count)s", {
                        class: item.raw.abc_class,
                        rank: formatInteger(item.raw.rank),
                        count: formatInteger(this.props.points.at(-1).rank),
                    }),
                label: ({ raw }) => [
                    `${this.props.metric}: ${formatAmount(raw.value, this.props.currencyId)}`,
                    _t("Cumulative share: %(share)s", { share: formatShare(raw.y) }),
                    _t("Share of customers: %(share)s", { share: formatShare(raw.x) }),
                ],
            },
        };
    }

    /**
     * Under the tooltip: the letter of each area above it, and the line where it ends.
     */
    drawAreas({ ctx, chartArea, scales }) {
        ctx.save();
        ctx.fillStyle = this.theme.text;
        ctx.strokeStyle = this.theme.text;
        ctx.setLineDash([4, 4]);
        for (const area of this.areas) {
            const start = scales.x.getPixelForValue(area.from);
            const end = scales.x.getPixelForValue(area.to);
            if (end - start >= LETTER_WIDTH) {
                ctx.font = `bold 14px ${this.theme.font}`;
                ctx.textAlign = "center";
                ctx.fillText(area.abcClass, (start + end) / 2, chartArea.top - 6);
            }
            if (area.to < 1) {
                ctx.beginPath();
                ctx.moveTo(end, chartArea.top);
                ctx.lineTo(end, chartArea.bottom);
                ctx.stroke();
            }
            if (area.to < 1 && chartArea.right - end >= SHARE_WIDTH) {
                ctx.font = `12px ${this.theme.font}`;
                ctx.textAlign = "start";
                const height = scales.y.getPixelForValue(area.value);
                ctx.fillText(formatShare(area.value), end + 6, height + 18);
            }
        }
        ctx.restore();
    }

    /**
     * @param {Object} event of Chart.js
     * @returns {Object | undefined} the area under the mouse
     */
    getAreaAt({ x, y }) {
        const { chartArea, scales } = this.drawing.chart;
        if (x < chartArea.left || x > chartArea.right || y > chartArea.bottom) {
            return undefined;
        }
        const share = scales.x.getValueForPixel(x);
        return this.areas.find((area) => share <= area.to);
    }

    onClick(event) {
        const area = this.getAreaAt(event);
        if (area) {
            this.props.openCustomers(area.abcClass);
        }
    }

    onHover(event) {
        this.drawing.canvas.style.cursor = this.getAreaAt(event) ? "pointer" : "";
    }
}
