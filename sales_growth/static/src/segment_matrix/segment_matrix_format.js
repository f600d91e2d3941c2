import { _t } from "@web/core/l10n/translation";
import { formatInteger, formatMonetary, formatPercentage } from "@web/views/fields/formatters";

const COMPACT_FROM = 1000;
const MILLION = 1000000;

export function formatAmount(value, currencyId) {
    return formatMonetary(value, { currencyId });
}

/**
 * Fits a cell of the matrix however large the amount is: 1.23M instead of 1,234,567.89.
 */
export function formatCompactAmount(value, currencyId) {
    const size = Math.abs(value);
    if (size < COMPACT_FROM) {
        return formatAmount(value, currencyId);
    }
    const decimals = size < MILLION ? 1 : 2;
    return formatMonetary(value, { currencyId, humanReadable: true, digits: [false, decimals] });
}

/**
 * @param {number} value a fraction: 0.5 is shown as 50.0%
 */
export function formatShare(value) {
    return formatPercentage(value, { digits: [false, 1], trailingZeros: true });
}

export function formatCustomerCount(count) {
    return count === 1
        ? _t("1 customer")
        : _t("%(count)s customers", { count: formatInteger(count) });
}
