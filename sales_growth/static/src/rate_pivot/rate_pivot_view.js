import { registry } from "@web/core/registry";
import { PivotModel } from "@web/views/pivot/pivot_model";
import { pivotView } from "@web/views/pivot/pivot_view";

/**
 * A rate of nothing is `false`, which Odoo would write into the Excel file as such.
 */
export class RatePivotModel extends PivotModel {
    exportData() {
        const data = super.exportData();
        for (const cell of data.rows.flatMap((row) => row.values)) {
            if (cell.value === false) {
                cell.value = "";
            }
        }
        return data;
    }
}

registry.category("views").add("growth_rate_pivot", { ...pivotView, Model: RatePivotModel });
