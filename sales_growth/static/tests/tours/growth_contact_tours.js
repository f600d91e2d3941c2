import { registry } from "@web/core/registry";

import { openMenu } from "@sales_growth/../tests/tours/growth_tour_steps";

const tours = registry.category("web_tour.tours");

// A salesperson reads the own plan and fact, and nobody else's, and opens what was done.
tours.add("growth_contact_report", {
    steps: () => [
        ...openMenu("growth_contact_report_menu", "crm.crm_menu_report"),
        {
            content: "four calls planned, one made",
            trigger:
                ".o_pivot tbody tr:contains('Call'):contains('4'):contains('1'):contains('-3')",
        },
        {
            content: "nobody else",
            trigger: ".o_pivot tbody:contains('growth_own'):not(:contains('growth_all'))",
        },
        {
            content: "what stands behind it",
            trigger: ".o_pivot tbody tr:contains('Call') td:contains('-3'):last",
            run: "click",
        },
        {
            content: "plan and contact",
            trigger: ".o_list_view:has(.o_data_row:contains('-4')) .o_data_row:contains('Talker')",
        },
        {
            trigger: ".o_data_row:contains('Talker') button[name=action_open_document]",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=name]:has(:value(Lead))",
        },
    ],
});

function choose(name, label) {
    return [
        {
            trigger: `.o_selected_row [name=${name}] input`,
            run: "click",
        },
        {
            trigger: `.o_select_menu_item:contains('${label}')`,
            run: "click",
        },
    ];
}

// A manager plans so many meetings a week for a salesperson.
tours.add("growth_contact_plan", {
    steps: () => [
        ...openMenu("growth_contact_plan_menu", "crm.crm_menu_config"),
        {
            trigger: ".o_view_nocontent:contains('Plan the contacts of your salespeople')",
        },
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        ...choose("kind", "Meeting"),
        {
            trigger: ".o_selected_row [name=number] input",
            run: "edit 3",
        },
        ...choose("period", "Week"),
        {
            trigger: ".o_selected_row [name=user_id] input",
            run: "edit growth_own",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('growth_own')",
            run: "click",
        },
        {
            trigger: ".o_list_button_save",
            run: "click",
        },
        {
            trigger:
                ".o_list_view:not(:has(.o_selected_row)) .o_data_row:contains('Meeting'):contains('3'):contains('Week'):contains('growth_own')",
        },
    ],
});
