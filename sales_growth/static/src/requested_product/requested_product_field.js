import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/**
 * What a customer asked for, in free text. While it is typed, products of the catalogue are
 * suggested; choosing one also fills `product_id`, typing on empties it again.
 */
export class RequestedProductField extends Component {
    static template = "sales_growth.RequestedProductField";
    static components = { AutoComplete };
    static props = { ...standardFieldProps, placeholder: { type: String, optional: true } };

    setup() {
        this.orm = useService("orm");
    }

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    get isCarried() {
        return Boolean(this.props.record.data.product_id);
    }

    get sources() {
        return [{ options: (request) => this.suggest(request.trim()), placeholder: _t("Searching…") }];
    }

    async suggest(text) {
        if (!text) {
            return [];
        }
        const products = await this.orm.call("growth.refusal", "get_matching_products", [text]);
        return products.map((product) => ({
            cssClass: "o_growth_product_suggestion",
            label: product.name,
            onSelect: () => this.choose(product),
        }));
    }

    choose(product) {
        return this.props.record.update({
            [this.props.name]: product.name,
            product_id: { id: product.id, display_name: product.name },
        });
    }

    onChange({ inputValue, isOptionSelected }) {
        if (!isOptionSelected && inputValue !== this.value) {
            return this.props.record.update({ [this.props.name]: inputValue, product_id: false });
        }
    }
}

export const requestedProductField = {
    component: RequestedProductField,
    displayName: _t("Requested Product"),
    supportedTypes: ["char"],
    extractProps: ({ placeholder }) => ({ placeholder }),
};

registry.category("fields").add("growth_requested_product", requestedProductField);
