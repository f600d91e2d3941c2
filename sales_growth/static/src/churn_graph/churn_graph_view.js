import { registry } from "@web/core/registry";
import { GraphModel } from "@web/views/graph/graph_model";
import { graphView } from "@web/views/graph/graph_view";

const ACTUAL = "churn_rate";
const NORMAL = "normal_rate";
const LOSSES = "lost";
const RATES = [ACTUAL, NORMAL, "yearly_rate"];

/**
 * Odoo's graphs show one measure. What is lost says little without what is normal, so this one draws
 * both, wherever the lines are not those of several groups already. Where there is no rate at all,
 * as of reasons, which are known of losses alone, it draws how many were lost.
 */
export class ChurnGraphModel extends GraphModel {
    _buildMetaData(params) {
        const metaData = super._buildMetaData(params);
        if (metaData.missingRate) {
            if (metaData.measure === LOSSES && !params?.measure) {
                metaData.measure = metaData.missingRate;
            }
            delete metaData.missingRate;
        }
        return metaData;
    }

    async _loadDataPoints(metaData) {
        if (!RATES.includes(metaData.measure)) {
            return super._loadDataPoints(metaData);
        }
        const withNormal = metaData.measure === ACTUAL && metaData.groupBy.length < 2;
        const [[actual, currencies], [normal]] = await Promise.all([
            super._loadDataPoints(metaData),
            withNormal ? super._loadDataPoints({ ...metaData, measure: NORMAL }) : [[]],
        ]);
        if (actual.length && actual.every((dataPoint) => dataPoint.value === false)) {
            metaData.missingRate = metaData.measure;
            metaData.measure = LOSSES;
            delete metaData.allIntegers;
            return super._loadDataPoints(metaData);
        }
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
