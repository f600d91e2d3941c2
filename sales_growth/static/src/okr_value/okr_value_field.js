import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/views/fields/input_field_hook";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { formatValue, isCounted, parseValue } from "./okr_value_format";

import { Component } from "@odoo/owl";

/**
 * A value of a key result, typed in what the key result is measured in.
 */
export class OkrValueField extends Component {
    static template = "sales_growth.OkrValueField";
    static props = { ...standardFieldProps };

    setup() {
        useInputField({
            getValue: () => this.text,
            refName: "input",
            parse: (text) => parseValue(this.data, text),
        });
    }

    get data() {
        return this.props.record.data;
    }

    get isCounted() {
        return isCounted(this.data);
    }

    get text() {
        return formatValue(this.data, this.props.name);
    }
}

export const okrValueField = {
    component: OkrValueField,
    displayName: _t("Value of a Key Result"),
    supportedTypes: ["float"],
    fieldDependencies: [{ name: "kind", type: "selection" }],
};

registry.category("fields").add("growth_okr_value", okrValueField);
