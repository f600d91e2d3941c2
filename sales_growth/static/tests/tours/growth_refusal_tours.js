import { registry } from "@web/core/registry";

import { openMenu } from "@sales_growth/../tests/tours/growth_tour_steps";

const tours = registry.category("web_tour.tours");

// A salesperson loses a lead: not without a reason, and the catalogue has what was asked for.
tours.add("growth_refusal_lose", {
    steps: () => [
        {
            content: "lose the lead",
            trigger: ".o_statusbar_buttons button:contains('Lost')",
            run: "click",
        },
        {
            content: "try without a reason",
            trigger: ".modal button[name=action_lost_reason_apply]",
            run: "click",
        },
        {
            content: "the reason is asked for",
            trigger: ".modal .o_field_invalid[name=lost_reason_id]",
        },
        {
            content: "choose the reason",
            trigger: ".modal .o_selection_badge:contains('Product does not fit')",
            run: "click",
        },
        {
            content: "prices are not asked for this reason",
            trigger: ".modal:not(:has(.o_field_widget[name=our_price]))",
        },
        {
            content: "type what the customer asked for",
            trigger: ".modal .o_field_widget[name=requested_product] input",
            run: "edit oak",
        },
        {
            content: "the catalogue has it",
            trigger: ".o_growth_product_suggestion:contains('Oak Chair')",
            run: "click",
        },
        {
            trigger: ".modal .o_growth_carried:contains('We do carry it')",
        },
        {
            trigger: ".modal button[name=action_lost_reason_apply]",
            run: "click",
        },
        {
            content: "the lead is lost",
            trigger: ".o_form_view:not(:has(.modal)) .ribbon:contains('Lost')",
        },
        {
            content: "the refusal is one click away",
            trigger: "button[name=action_view_refusals]:contains('1')",
            run: "click",
        },
        {
            content: "read it",
            trigger: ".o_data_row:contains('Oak for the office') .o_data_cell[name=lead_name]",
            run: "click",
        },
        {
            trigger:
                ".o_form_view .o_field_widget[name=product_id]:contains('Oak Chair')",
        },
        {
            content: "nobody edits the log",
            trigger: ".o_form_view:not(:has(.o_field_widget[name=reason_id] input))",
        },
    ],
});

// A manager loses several leads at once.
tours.add("growth_refusal_mass_lose", {
    steps: () => [
        {
            trigger: ".o_list_view .o_data_row:contains('Oak for the office')",
        },
        {
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: ".o_control_panel button:contains('Mark Lost')",
            run: "click",
        },
        {
            trigger: ".modal .o_selection_badge:contains('No budget')",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_lost_reason_apply]",
            run: "click",
        },
        {
            content: "all are gone from the pipeline",
            trigger: ".o_list_view:not(:has(.o_data_row:contains('Oak for the office')))",
        },
    ],
});

// A salesperson finds out what was behind an excuse.
tours.add("growth_refusal_state_reason", {
    steps: () => [
        {
            content: "the own excuses",
            trigger: ".o_group_header:contains('growth_own')",
        },
        {
            trigger: ".o_data_row:contains('Oak for the office') button[name=action_state_reason]",
            run: "click",
        },
        {
            content: "what was said so far",
            trigger: ".modal .o_field_widget[name=former_reason_id]:contains('Already has a supplier')",
        },
        {
            content: "another excuse is not offered",
            trigger: ".modal:not(:has(.o_selection_badge:contains('Already has a supplier')))",
        },
        {
            trigger: ".modal .o_selection_badge:contains('Price too high')",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=our_price] input",
            run: "edit 100",
        },
        {
            trigger: ".modal .o_field_widget[name=their_price] input",
            run: "edit 90",
        },
        {
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "nothing is unresolved any more",
            trigger: ".o_view_nocontent:contains('Every excuse was resolved')",
        },
    ],
});

// A salesperson takes a lead back for a product that is carried after all.
tours.add("growth_refusal_restore", {
    steps: () => [
        {
            trigger: ".o_data_row:contains('Oak for the office'):contains('Oak Chair')",
        },
        {
            trigger: ".o_data_row button[name=action_restore_lead]",
            run: "click",
        },
        {
            content: "the lead is in the pipeline again",
            trigger: ".o_lead_opportunity_form:not(:has(.ribbon:contains('Lost')))",
        },
        {
            trigger: ".o_lead_opportunity_form button[name=action_view_refusals]:contains('1')",
        },
    ],
});

function pivot(count, share) {
    return [
        ...openMenu("growth_refusal_menu", "crm.crm_menu_report"),
        {
            content: "total",
            trigger: `.o_pivot tbody tr:first td:eq(0):contains('${count}')`,
        },
        {
            content: "share of the reason",
            trigger: `.o_pivot tbody tr:contains('No budget') td:eq(1):contains('${share}')`,
        },
        {
            content: "unfold the reason by salesperson",
            trigger: ".o_pivot tbody tr:contains('No budget') th",
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu .dropdown-item:contains('Salesperson')",
            run: "click",
        },
        {
            content: "shares stay those of the whole table",
            trigger: `.o_pivot tbody tr:contains('growth_own') td:eq(1):contains('${share}')`,
        },
    ];
}

// The same table shows each what is his: two refusals of the own, four of all.
tours.add("growth_refusal_pivot_salesperson", { steps: () => pivot(2, "50.00%") });
tours.add("growth_refusal_pivot_manager", { steps: () => pivot(4, "25.00%") });
