import { registry } from "@web/core/registry";
import { PivotModel } from "@web/views/pivot/pivot_model";
import { pivotView } from "@web/views/pivot/pivot_view";

const SHARE = "refusal_share";

/**
 * The server knows the share within what it is asked for, and an unfolded group is asked for alone:
 * here all shares are of the total of the table, whichever way it was unfolded.
 */
export class RefusalPivotModel extends PivotModel {
    _getCellValue(groupId, measure, config) {
        const value = super._getCellValue(groupId, measure, config);
        if (measure !== SHARE || value === undefined) {
            return value;
        }
        const { counts } = config.data;
        const total = counts[JSON.stringify([[], []])];
        return total ? counts[JSON.stringify(groupId)] / total : 0;
    }
}

registry.category("views").add("growth_refusal_pivot", { ...pivotView, Model: RefusalPivotModel });
