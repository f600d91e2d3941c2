import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

const MOST = 10;

/**
 * How sure somebody is, from 0 to 10: a row of buttons, of which one is pressed.
 */
export class OkrConfidenceField extends Component {
    static template = "sales_growth.OkrConfidenceField";
    static props = { ...standardFieldProps };

    get steps() {
        return [...Array(MOST + 1).keys()];
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get text() {
        return _t("%(value)s of %(most)s", { value: this.value, most: MOST });
    }

    /** Several fields of the same name may stand on one page. */
    get group() {
        return `${this.props.record.id}_${this.props.id || this.props.name}`;
    }

    choose(step) {
        return this.props.record.update({ [this.props.name]: step });
    }
}

export const okrConfidenceField = {
    component: OkrConfidenceField,
    displayName: _t("Confidence From 0 to 10"),
    supportedTypes: ["integer"],
};

registry.category("fields").add("growth_okr_confidence", okrConfidenceField);
