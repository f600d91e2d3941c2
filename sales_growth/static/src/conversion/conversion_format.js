import { _t } from "@web/core/l10n/translation";
import { roundDecimals } from "@web/core/utils/numbers";
import { formatFloat, formatInteger, formatPercentage } from "@web/views/fields/formatters";
import { formatShare } from "../segment_matrix/segment_matrix_format";

export const NOTHING = "–";

const VERDICTS = {
    on_plan: _t("On plan"),
    below_plan: _t("Below plan"),
    unclear: _t("Below plan, but it may be chance"),
    no_plan: _t("There is no plan to compare with"),
};

/**
 * @param {number | false} rate a fraction
 */
export function formatRate(rate) {
    return rate === false ? NOTHING : formatShare(rate);
}

/**
 * Plans are mostly whole per cents.
 *
 * @param {number} plan a fraction
 */
export function formatPlan(plan) {
    return formatPercentage(plan, { digits: [false, 1] });
}

/**
 * @param {number} gap in points
 */
export function formatGap(gap) {
    const rounded = roundDecimals(gap, 1);
    const sign = rounded < 0 ? "−" : rounded > 0 ? "+" : "";
    return `${sign}${formatFloat(Math.abs(rounded), { digits: [false, 1] })}`;
}

/**
 * @param {number} days may be between two whole numbers, as medians are
 */
export function formatDays(days) {
    return _t("%(days)s d", {
        days: formatFloat(days, { digits: [false, 1], trailingZeros: false }),
    });
}

/**
 * @param {Object} cell see `get_salespeople` on the server
 * @param {number} minimum cases that a verdict needs
 */
export function formatVerdict(cell, minimum) {
    if (cell.verdict === "not_enough") {
        return _t("Too few leads for a verdict: %(judged)s of %(minimum)s", {
            judged: formatInteger(cell.judged),
            minimum: formatInteger(minimum),
        });
    }
    return String(VERDICTS[cell.verdict] || "");
}

/**
 * Whether leads came, passed or were lost. The average of a team keeps the numbers of its members.
 *
 * @param {Object} cell
 */
export function hasCases({ entered, passed, lost }) {
    return Boolean(entered || passed || lost);
}

/**
 * How many leads a rate is of.
 *
 * @param {Object} cell
 * @param {"entry" | "event"} reading
 */
export function formatCases(cell, reading) {
    if (!hasCases(cell)) {
        return "";
    }
    if (reading === "event") {
        return _t("%(entered)s came · %(passed)s passed · %(lost)s lost", {
            entered: formatInteger(cell.entered),
            passed: formatInteger(cell.passed),
            lost: formatInteger(cell.lost),
        });
    }
    const figures = {
        passed: formatInteger(cell.passed),
        judged: formatInteger(cell.judged),
        open: formatPercentage(cell.still_open / cell.entered, { digits: [false, 1] }),
    };
    return cell.still_open
        ? _t("%(passed)s of %(judged)s · %(open)s still open", figures)
        : _t("%(passed)s of %(judged)s", figures);
}

function formatTitle(cell, reading) {
    const rate = formatRate(cell.conversion);
    if (!hasCases(cell)) {
        return rate;
    }
    return reading === "event"
        ? _t("%(rate)s: %(cases)s", { rate, cases: formatCases(cell, reading) })
        : _t("%(rate)s: %(passed)s of %(judged)s leads passed", {
              rate,
              passed: formatInteger(cell.passed),
              judged: formatInteger(cell.judged),
          });
}

function formatOpen({ entered, still_open, unripe }) {
    const figures = {
        open: formatInteger(still_open),
        entered: formatInteger(entered),
        unripe: formatInteger(unripe),
    };
    return unripe
        ? _t("Still open: %(open)s of %(entered)s, %(unripe)s of them not judged yet", figures)
        : _t("Still open: %(open)s of %(entered)s", figures);
}

/**
 * Everything that is known about a rate, a line each.
 *
 * @param {Object} cell
 * @param {Object} data see `get_salespeople` on the server
 * @returns {string[]}
 */
export function describeCell(cell, { reading, minimum }) {
    const lines = [formatTitle(cell, reading)];
    if (cell.plan !== false && cell.gap !== false) {
        lines.push(
            _t("Plan %(plan)s, gap %(gap)s points", {
                plan: formatPlan(cell.plan),
                gap: formatGap(cell.gap),
            })
        );
    }
    if (Number.isFinite(cell.low)) {
        lines.push(
            _t("95 % interval: %(low)s – %(high)s", {
                low: formatRate(cell.low),
                high: formatRate(cell.high),
            })
        );
    }
    if (cell.still_open) {
        lines.push(formatOpen(cell));
    }
    if (cell.days !== false) {
        lines.push(_t("Median time in the step: %(days)s", { days: formatDays(cell.days) }));
    }
    return [...lines, formatVerdict(cell, minimum)].filter(Boolean);
}
