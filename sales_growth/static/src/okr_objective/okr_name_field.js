import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { CharField, charField } from "@web/views/fields/char/char_field";

/**
 * Name of an objective in a list: moved in as deep as it stands in the tree, with a lock when it is
 * private.
 */
export class OkrNameField extends CharField {
    static template = "sales_growth.OkrNameField";

    get depth() {
        const path = this.props.record.data.parent_path || "";
        return Math.max(path.split("/").length - 2, 0);
    }

    get isPrivate() {
        return this.props.record.data.is_private;
    }
}

export const okrNameField = {
    ...charField,
    component: OkrNameField,
    displayName: _t("Name of an Objective"),
    fieldDependencies: [
        { name: "parent_path", type: "char" },
        { name: "is_private", type: "boolean" },
    ],
};

registry.category("fields").add("growth_okr_name", okrNameField);
