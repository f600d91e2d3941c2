import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const WARNING = ".alert-danger:contains('Came two weeks late')";

// A new quotation for a contact of the customer, up to the choice of the contact.
function quoteTo(contact) {
    return [
        stepUtils.showAppsMenuItem(),
        {
            content: "to the quotations",
            trigger: ".o_app[data-menu-xmlid='sale.sale_menu_root']",
            run: "click",
        },
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "nobody is warned about nobody",
            trigger: ".o_form_view:not(:has(.alert-danger)) [name=partner_id] input",
            run: `edit ${contact}`,
        },
        {
            trigger: `.ui-autocomplete a:contains('${contact}'):contains('Angry Mills')`,
            run: "click",
        },
    ];
}

// A salesperson reports a conflict, is warned while writing a quotation, settles it, and is warned
// no more.
registry.category("web_tour.tours").add("growth_conflict", {
    steps: () => [
        {
            trigger: "button[name=action_report_growth_conflict]",
            run: "click",
        },
        {
            content: "the customer is there already",
            trigger: "[name=partner_id] input:value(Angry Mills)",
        },
        {
            trigger: "[name=name] input",
            run: "edit Came two weeks late",
        },
        {
            trigger: "[name=department] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains('Delivery')",
            run: "click",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "it is saved",
            trigger: "button[name=action_resolve]",
        },
        {
            trigger: ".breadcrumb-item:contains('Angry Mills') a",
            run: "click",
        },
        {
            content: "whoever opens the contact is warned",
            trigger: `${WARNING}:contains('growth_own') button[name=action_view_growth_conflicts]`,
        },
        ...quoteTo("Anna"),
        {
            content: "and before the quotation is saved, whichever contact it is for",
            trigger: `.o_form_view:has([name=state]) ${WARNING} button`,
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains('Came two weeks late') [name=name]",
            run: "click",
        },
        {
            trigger: "button[name=action_resolve]",
            run: "click",
        },
        {
            content: "not without saying how",
            trigger: ".modal:contains('Say how the conflict was resolved') .btn-primary",
            run: "click",
        },
        {
            trigger: "[name=resolution] textarea",
            run: "edit We paid the freight",
        },
        {
            trigger: "button[name=action_resolve]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains('Resolved')",
        },
        {
            content: "what is resolved is closed",
            trigger: ".o_form_view:not(:has([name=resolution] textarea)) button[name=action_reopen]",
        },
        ...quoteTo("Anna"),
        {
            content: "the contact is chosen, and nobody is angry any more",
            trigger: ".o_form_view:has([name=partner_id] input:value(/Anna/)):not(:has(.alert-danger))",
        },
        ...stepUtils.discardForm(),
    ],
});
