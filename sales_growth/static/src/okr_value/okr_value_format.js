import { formatFloat, formatPercentage } from "@web/views/fields/formatters";
import { parseFloat, parsePercentage } from "@web/views/fields/parsers";

const OPTIONS = { digits: [16, 6], trailingZeros: false };

/**
 * Whether a key result is counted by steps, so that nobody types its ends.
 *
 * @param {Object} data of the key result
 * @returns {boolean}
 */
export function isCounted(data) {
    return ["yes_no", "milestones"].includes(data.kind);
}

/**
 * @param {Object} data of the key result
 * @param {string} name of one of its values
 * @returns {string} as people type it: percentages in per cent
 */
export function formatValue(data, name) {
    const format = data.kind === "percentage" ? formatPercentage : formatFloat;
    return format(data[name], OPTIONS);
}

/**
 * @param {Object} data of the key result
 * @param {string} text as people type it
 * @returns {number} percentages as fractions
 */
export function parseValue(data, text) {
    return data.kind === "percentage"
        ? parsePercentage(text)
        : parseFloat(text, { allowOperation: true });
}
