import { Component } from "@odoo/owl";
import { cookie } from "@web/core/browser/cookie";
import { getColor, hexToRGBA } from "@web/core/colors/colors";
import { _t } from "@web/core/l10n/translation";
import { formatInteger, formatPercentage } from "@web/views/fields/formatters";
import { useChart } from "../chart/use_chart";
import { describeCell } from "./conversion_format";

// More bars beside each other could not be told apart.
const MOST_SALESPEOPLE = 12;
// Characters
const LONGEST_NAME = 24;
// Pixels
const TICK_OVERHANG = 2;
const HATCH = 6;

function shorten(text) {
    return text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text;
}

function countCases({ cells }) {
    return Object.values(cells).reduce((sum, cell) => sum + cell.judged, 0);
}

/**
 * Bars of every salesperson at every step, with the plan marked on each of them.
 */
export class ConversionChart extends Component {
    static template = "sales_growth.ConversionChart";
    static props = {
        data: Object, // see `get_salespeople` on the server
        isAverageShown: Boolean,
        openRows: Function,
    };

    setup() {
        this.drawing = useChart(
            () => this.getConfig(),
            () => [this.props.data]
        );
    }

    get candidates() {
        return this.props.data.salespeople.filter((person) => countCases(person) > 0);
    }

    /**
     * Those with the most cases, in the order of the table.
     */
    get salespeople() {
        const candidates = this.candidates;
        const busiest = [...candidates].sort((a, b) => countCases(b) - countCases(a));
        const chosen = new Set(busiest.slice(0, MOST_SALESPEOPLE));
        return candidates.filter((person) => chosen.has(person));
    }

    /**
     * Who gets bars.
     */
    get series() {
        const { average } = this.props.data;
        const hasAverage = this.props.isAverageShown && Object.keys(average.cells).length > 0;
        return hasAverage ? [...this.salespeople, average] : this.salespeople;
    }

    get restText() {
        const count = this.candidates.length;
        return count > MOST_SALESPEOPLE
            ? _t(
                  "%(shown)s of %(count)s salespeople, those with the most leads; filter to see " +
                      "others.",
                  { shown: formatInteger(MOST_SALESPEOPLE), count: formatInteger(count) }
              )
            : "";
    }

    get hatchText() {
        const { minimum, steps } = this.props.data;
        const isHatched = this.series.some(({ cells }) =>
            steps.some(({ id }) => cells[id]?.verdict === "not_enough" && cells[id].judged)
        );
        return isHatched
            ? _t("Hatched: fewer than %(minimum)s leads, too few for a verdict.", {
                  minimum: formatInteger(minimum),
              })
            : "";
    }

    getTheme() {
        const { text, font, read } = this.drawing.readStyle("GrowthConversion");
        return {
            text,
            font,
            grid: read("grid"),
            average: read("average"),
        };
    }

    getConfig() {
        this.theme = this.getTheme();
        const { steps } = this.props.data;
        return {
            type: "bar",
            data: {
                labels: steps.map((step) => shorten(step.name)),
                datasets: this.series.map((person, index) => this.getDataset(person, index)),
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                font: { family: this.theme.font },
                interaction: { mode: "nearest", axis: "xy", intersect: false },
                plugins: { legend: this.getLegendOptions(), tooltip: this.getTooltipOptions() },
                scales: { x: this.getStepScale(), y: this.getRateScale() },
                onClick: (event) => this.onClick(event),
                onHover: (event) => this.onHover(event),
            },
            plugins: [{ id: "growthPlan", afterDatasetsDraw: (chart) => this.drawPlans(chart) }],
        };
    }

    getDataset(person, index) {
        const color = this.getPersonColor(person, index);
        const cells = this.props.data.steps.map((step) => person.cells[step.id]);
        const hatch = this.getHatch(color);
        return {
            label: person.name,
            person,
            cells,
            color,
            data: cells.map((cell) => (cell && cell.conversion !== false ? cell.conversion : null)),
            backgroundColor: cells.map((cell) => (cell?.verdict === "not_enough" ? hatch : color)),
            borderColor: color,
            borderWidth: cells.map((cell) => (cell?.verdict === "not_enough" ? 1 : 0)),
            borderSkipped: false,
            barPercentage: 0.88,
            maxBarThickness: 64,
            // A rate of zero is a bar too.
            minBarLength: 2,
        };
    }

    getPersonColor(person, index) {
        return person === this.props.data.average
            ? this.theme.average
            : getColor(index, cookie.get("color_scheme"), this.salespeople.length);
    }

    /**
     * @param {string} color six hexadecimal digits
     * @returns {CanvasPattern} pale, with thin stripes of the color
     */
    getHatch(color) {
        const tile = document.createElement("canvas");
        tile.width = tile.height = HATCH;
        const ctx = tile.getContext("2d");
        ctx.fillStyle = hexToRGBA(color, 0.12);
        ctx.fillRect(0, 0, HATCH, HATCH);
        ctx.strokeStyle = hexToRGBA(color, 0.6);
        // The neighbours' ends fill the corners.
        for (const shift of [-HATCH, 0, HATCH]) {
            ctx.moveTo(shift - 1, HATCH + 1);
            ctx.lineTo(shift + HATCH + 1, -1);
        }
        ctx.stroke();
        return this.drawing.canvas.getContext("2d").createPattern(tile, "repeat");
    }

    getStepScale() {
        return {
            ticks: { color: this.theme.text, autoSkip: false },
            grid: { display: false },
            border: { color: this.theme.grid },
        };
    }

    getRateScale() {
        // In a period, more leads may pass a step than come to it.
        const most = this.props.data.reading === "event" ? "suggestedMax" : "max";
        return {
            min: 0,
            [most]: 1,
            ticks: {
                color: this.theme.text,
                callback: (value) => formatPercentage(value, { digits: [false, 0] }),
            },
            grid: { color: this.theme.grid },
            border: { display: false },
        };
    }

    getLegendOptions() {
        const toggle = Chart.defaults.plugins.legend.onClick;
        return {
            align: "start",
            labels: {
                usePointStyle: true,
                generateLabels: (chart) => this.getLegendItems(chart),
            },
            onClick: (event, item, legend) => {
                if (item.datasetIndex !== undefined) {
                    toggle(event, item, legend);
                }
            },
        };
    }

    getLegendItems(chart) {
        const salespeople = chart.data.datasets.map((dataset, datasetIndex) => ({
            datasetIndex,
            text: shorten(dataset.label),
            fillStyle: dataset.color,
            fontColor: this.theme.text,
            lineWidth: 0,
            pointStyle: "rect",
            hidden: !chart.isDatasetVisible(datasetIndex),
        }));
        const plan = {
            text: _t("Plan"),
            strokeStyle: this.theme.text,
            fontColor: this.theme.text,
            lineWidth: 2,
            pointStyle: "line",
        };
        return [...salespeople, plan];
    }

    getTooltipOptions() {
        return {
            displayColors: false,
            callbacks: {
                title: ([item]) =>
                    item &&
                    `${item.dataset.label} · ${this.props.data.steps[item.dataIndex].name}`,
                label: ({ dataset, dataIndex }) =>
                    describeCell(dataset.cells[dataIndex], this.props.data),
            },
        };
    }

    /**
     * A line across each bar, where it should end.
     */
    drawPlans(chart) {
        const { ctx, chartArea, data, scales } = chart;
        ctx.save();
        ctx.strokeStyle = this.theme.text;
        ctx.lineWidth = 2;
        for (const [index, { cells }] of data.datasets.entries()) {
            const bars = chart.isDatasetVisible(index) ? chart.getDatasetMeta(index).data : [];
            for (const [step, bar] of bars.entries()) {
                const cell = cells[step];
                if (cell && cell.conversion !== false && cell.plan !== false) {
                    const reach = bar.width / 2 + TICK_OVERHANG;
                    // The upper half of a line along the edge would be cut off.
                    const top = Math.max(scales.y.getPixelForValue(cell.plan), chartArea.top + 1);
                    ctx.beginPath();
                    ctx.moveTo(bar.x - reach, top);
                    ctx.lineTo(bar.x + reach, top);
                    ctx.stroke();
                }
            }
        }
        ctx.restore();
    }

    /**
     * @param {Object} event of Chart.js
     * @returns {Object | undefined} `person` and `step` of the bar under the mouse
     */
    getBarAt(event) {
        const [element] = this.drawing.chart.getElementsAtEventForMode(
            event.native,
            "nearest",
            { axis: "xy", intersect: true },
            false
        );
        if (!element) {
            return undefined;
        }
        const { person } = this.drawing.chart.data.datasets[element.datasetIndex];
        return person === this.props.data.average
            ? undefined
            : { person, step: this.props.data.steps[element.index] };
    }

    onClick(event) {
        const bar = this.getBarAt(event);
        if (bar) {
            this.props.openRows(bar.person, bar.step);
        }
    }

    onHover(event) {
        this.drawing.canvas.style.cursor = this.getBarAt(event) ? "pointer" : "";
    }
}
