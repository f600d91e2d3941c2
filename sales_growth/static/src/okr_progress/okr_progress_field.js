import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatPercentage } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

const PACE_CLASSES = {
    early: "o_growth_okr_early",
    ahead: "bg-info",
    on_track: "bg-success",
    behind: "bg-warning",
    off_track: "bg-danger",
};

/**
 * A fraction as a bar in the colour of its pace, with a mark where it should be by now. Beyond its
 * ends the bar is full or empty, the number beside it goes on.
 */
export class OkrProgressField extends Component {
    static template = "sales_growth.OkrProgressField";
    static props = {
        ...standardFieldProps,
        expectedField: { type: String, optional: true },
        paceField: { type: String, optional: true },
    };

    get data() {
        return this.props.record.data;
    }

    get value() {
        return this.data[this.props.name] || 0;
    }

    get text() {
        return formatPercentage(this.value, { digits: [16, 0] });
    }

    get barStyle() {
        return `width: ${this.toWidth(this.value)}%`;
    }

    get barClass() {
        return PACE_CLASSES[this.data[this.props.paceField]] || "bg-primary";
    }

    get expected() {
        return this.data[this.props.expectedField];
    }

    /** Nothing is expected of what does not run. */
    get isMarked() {
        const { expectedField, paceField } = this.props;
        return Boolean(expectedField && (!paceField || this.data[paceField]));
    }

    get markStyle() {
        return `left: ${this.toWidth(this.expected)}%`;
    }

    get title() {
        return this.isMarked
            ? _t("%(progress)s reached, %(expected)s expected by now", {
                  progress: this.text,
                  expected: formatPercentage(this.expected, { digits: [16, 0] }),
              })
            : _t("%s reached", this.text);
    }

    toWidth(fraction) {
        return 100 * Math.min(Math.max(fraction || 0, 0), 1);
    }
}

export const okrProgressField = {
    component: OkrProgressField,
    displayName: _t("Progress With Expectation"),
    supportedTypes: ["float"],
    supportedOptions: [
        {
            label: _t("Expected progress"),
            name: "expected",
            type: "field",
            availableTypes: ["float"],
        },
        {
            label: _t("Pace, for the colour"),
            name: "pace",
            type: "field",
            availableTypes: ["selection"],
        },
    ],
    extractProps: ({ options }) => ({
        expectedField: options.expected,
        paceField: options.pace,
    }),
    fieldDependencies: ({ options }) =>
        [
            { name: options.expected, type: "float" },
            { name: options.pace, type: "selection" },
        ].filter(({ name }) => name),
};

registry.category("fields").add("growth_okr_progress", okrProgressField);
