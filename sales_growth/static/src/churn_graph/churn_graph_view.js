import { registry } from "@web/core/registry";
import { GraphModel } from "@web/views/graph/graph_model";
import { graphView } from "@web/views/graph/graph_view";

const ACTUAL = "churn_rate";
const NORMAL = "normal_rate";

/**
 * Odoo's graphs show one measure. What is lost says little without what is normal, so this one draws
 * both, wherever the lines are not those of several groups already.
 */
export class ChurnGraphModel extends GraphModel {
    async _loadDataPoints(metaData) {
        if (metaData.measure !== ACTUAL || metaData.groupBy.length > 1) {
            return super._loadDataPoints(metaData);
        }
        const [[actual, currencies], [normal]] = await Promise.all([
            super._loadDataPoints(metaData),
            super._loadDataPoints({ ...metaData, measure: NORMAL }),
        ]);
        for (const dataPoint of normal) {
            dataPoint.isNormal = true;
        }
        return [[...actual, ...normal], currencies];
    }

    _getDatasetLabel(dataPoint) {
        if (dataPoint.isNormal) {
            return this.metaData.fields[NORMAL].string;
        }
        return super._getDatasetLabel(dataPoint);
    }

    _getProcessedDataPoints() {
        const dataPoints = super._getProcessedDataPoints();
        if (this.metaData.mode !== "pie") {
            return dataPoints;
        }
        return dataPoints.filter((dataPoint) => !dataPoint.isNormal);
    }
}

registry.category("views").add("growth_churn_graph", { ...graphView, Model: ChurnGraphModel });
