import { registry } from "@web/core/registry";
import { formatPercentage } from "@web/views/fields/formatters";

/**
 * For pivots: where nobody can be judged yet the rate is empty. Odoo's percentage would say 0 %.
 *
 * @param {number | false} value fraction
 * @param {Object} [options] of formatPercentage
 */
function formatRate(value, options) {
    return value === false ? "" : formatPercentage(value, options);
}
formatRate.extractOptions = formatPercentage.extractOptions;

registry.category("formatters").add("growth_rate", formatRate);
