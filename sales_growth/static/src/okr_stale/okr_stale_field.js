import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/**
 * A sign beside a key result for which nobody has checked in for long, and nothing beside others.
 */
export class OkrStaleField extends Component {
    static template = "sales_growth.OkrStaleField";
    static props = { ...standardFieldProps };

    get isStale() {
        return this.props.record.data[this.props.name];
    }
}

export const okrStaleField = {
    component: OkrStaleField,
    displayName: _t("Sign of a Stale Key Result"),
    supportedTypes: ["boolean"],
};

registry.category("fields").add("growth_okr_stale", okrStaleField);
