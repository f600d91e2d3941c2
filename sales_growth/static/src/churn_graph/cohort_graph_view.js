import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { GraphModel } from "@web/views/graph/graph_model";
import { graphView } from "@web/views/graph/graph_view";

/**
 * Bare numbers below the curve of a cohort do not tell that they are quarters.
 */
export class CohortGraphModel extends GraphModel {
    async _loadDataPoints(metaData) {
        const [dataPoints, currencies] = await super._loadDataPoints(metaData);
        const place = metaData.groupBy.findIndex((groupBy) => groupBy.fieldName === "age");
        if (place >= 0) {
            for (const { labels } of dataPoints) {
                labels[place] = _t("Q+%s", labels[place]);
            }
        }
        return [dataPoints, currencies];
    }
}

registry.category("views").add("growth_cohort_graph", { ...graphView, Model: CohortGraphModel });
