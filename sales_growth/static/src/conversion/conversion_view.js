import { registry } from "@web/core/registry";
import { ConversionController } from "./conversion_controller";
import { ConversionModel } from "./conversion_model";

export const conversionView = {
    type: "graph",
    Controller: ConversionController,
    Model: ConversionModel,
    // Salespeople and steps are given: there is nothing to group by.
    searchMenuTypes: ["filter", "favorite"],

    props: (genericProps, view) => ({ ...genericProps, Model: view.Model }),
};

registry.category("views").add("growth_conversion", conversionView);
