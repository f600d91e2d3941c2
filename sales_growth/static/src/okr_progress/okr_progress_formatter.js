import { registry } from "@web/core/registry";
import { formatPercentage } from "@web/views/fields/formatters";

/**
 * For groups of a list, where the bar has no record to be drawn for.
 *
 * @param {number | false} value fraction
 */
function formatProgress(value) {
    return formatPercentage(value, { digits: [false, 0] });
}

registry.category("formatters").add("growth_okr_progress", formatProgress);
