import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

import { RatePivotModel } from "./rate_pivot_view";

/**
 * Bare numbers over the columns of a cohort do not tell that they are quarters.
 */
export class CohortPivotModel extends RatePivotModel {
    _sanitizeLabel(value, groupBy, config) {
        const label = super._sanitizeLabel(value, groupBy, config);
        return groupBy === "age" ? _t("Q+%s", label) : label;
    }
}

const ratePivotView = registry.category("views").get("growth_rate_pivot");
registry.category("views").add("growth_cohort_pivot", {
    ...ratePivotView,
    Model: CohortPivotModel,
});
