import { registry } from "@web/core/registry";
import { SegmentMatrixController } from "./segment_matrix_controller";
import { SegmentMatrixModel } from "./segment_matrix_model";

export const segmentMatrixView = {
    type: "graph",
    Controller: SegmentMatrixController,
    Model: SegmentMatrixModel,
    // Rows and columns are given: there is nothing to group by.
    searchMenuTypes: ["filter", "favorite"],

    props: (genericProps, view) => ({ ...genericProps, Model: view.Model }),
};

registry.category("views").add("growth_segment_matrix", segmentMatrixView);
