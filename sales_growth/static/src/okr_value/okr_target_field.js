import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/views/fields/input_field_hook";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { formatValue, isCounted, parseValue } from "./okr_value_format";

import { Component } from "@odoo/owl";

/**
 * Where a key result is to arrive: at its target, or within its range.
 */
export class OkrTargetField extends Component {
    static template = "sales_growth.OkrTargetField";
    static props = { ...standardFieldProps };

    setup() {
        for (const fieldName of [this.props.name, "range_min", "range_max"]) {
            useInputField({
                getValue: () => formatValue(this.data, fieldName),
                refName: fieldName,
                fieldName,
                parse: (text) => parseValue(this.data, text),
            });
        }
    }

    get data() {
        return this.props.record.data;
    }

    get isCounted() {
        return isCounted(this.data);
    }

    get isRange() {
        return this.data.direction === "range";
    }

    get text() {
        return this.isRange
            ? `${formatValue(this.data, "range_min")} – ${formatValue(this.data, "range_max")}`
            : formatValue(this.data, this.props.name);
    }
}

export const okrTargetField = {
    component: OkrTargetField,
    displayName: _t("Target of a Key Result"),
    supportedTypes: ["float"],
    fieldDependencies: [
        { name: "kind", type: "selection" },
        { name: "direction", type: "selection" },
        { name: "range_min", type: "float", readonly: false },
        { name: "range_max", type: "float", readonly: false },
    ],
};

registry.category("fields").add("growth_okr_target", okrTargetField);
