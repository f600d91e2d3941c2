import { registry } from "@web/core/registry";

import { openMenu } from "@sales_growth/../tests/tours/growth_tour_steps";

const tours = registry.category("web_tour.tours");

function openHandover(customer) {
    return [
        ...openMenu("growth_handover_menu"),
        {
            trigger: `.o_kanban_record:contains('${customer}')`,
            run: "click",
        },
    ];
}

function seeState(name) {
    return {
        trigger: `.o_arrow_button_current:contains('${name}')`,
    };
}

function tick(name) {
    return [
        {
            content: "a row is edited once it is chosen",
            trigger: `.o_data_row:contains('${name}') .o_data_cell[name=name]`,
            run: "click",
        },
        {
            trigger: `.o_selected_row:has([name=name]) [name=is_done] input`,
            run: "click",
        },
    ];
}

function confirmDialog() {
    return {
        trigger: ".modal-footer .btn-primary",
        run: "click",
    };
}

// A hunter hands a customer over from the customer's own page: nothing goes before it is prepared.
tours.add("growth_hand_over", {
    steps: () => [
        ...openMenu("growth_customer_menu"),
        {
            trigger: ".o_data_row .o_data_cell:contains('Won Customer')",
            run: "click",
        },
        {
            trigger: "button[name=action_hand_over]:contains('Hand Over')",
            run: "click",
        },
        {
            content: "the customer is there already",
            trigger: ".o_form_view [name=partner_id]:has(input:value(Won Customer))",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "the next farmer in turn",
            trigger: ".o_field_widget[name=farmer_id]:has(input:value(ho_farmer))",
        },
        {
            trigger: "button[name=action_offer]",
            run: "click",
        },
        {
            content: "what has to be done first",
            trigger: ".modal:contains('who decides') .modal-footer .btn-primary",
            run: "click",
        },
        ...tick("who decides"),
        ...tick("what was agreed"),
        {
            trigger: ".nav-link:contains('About the Customer')",
            run: "click",
        },
        {
            trigger: "[name=note] .odoo-editor-editable",
            run: "editor They order on Mondays",
        },
        {
            trigger: "button[name=action_offer]",
            run: "click",
        },
        seeState("To Accept"),
        {
            content: "the farmer has to answer, not the hunter",
            trigger: ".o_form_view:not(:has(button[name=action_accept]))",
        },
    ],
});

// A farmer reads about the customer, accepts, and sees what came along.
tours.add("growth_handover_accept", {
    steps: () => [
        ...openHandover("Won Customer"),
        {
            trigger: ".nav-link:contains('About the Customer')",
            run: "click",
        },
        {
            trigger: "[name=note]:contains('They order on Mondays')",
        },
        {
            trigger: "button[name=action_accept]",
            run: "click",
        },
        seeState("Accepted"),
        {
            trigger: ".nav-link:contains('What Moved')",
            run: "click",
        },
        {
            trigger: "[name=move_ids] .o_data_row:contains('Open Lead'):contains('Second Machine')",
        },
    ],
});

// A farmer refuses, and cannot do so without saying why.
tours.add("growth_handover_refuse", {
    steps: () => [
        ...openHandover("Won Customer"),
        {
            trigger: "button[name=action_refuse]",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_refuse]",
            run: "click",
        },
        {
            trigger: ".modal [name=reason].o_field_invalid textarea",
            run: "edit Too far away",
        },
        {
            trigger: ".modal button[name=action_refuse]",
            run: "click",
        },
        seeState("Refused by Farmer"),
        {
            trigger: ".alert:contains('ho_farmer'):contains('Too far away')",
        },
    ],
});

// The leader of the hunters offers it to another farmer.
tours.add("growth_handover_decide", {
    steps: () => [
        ...openHandover("Won Customer"),
        {
            trigger: "[name=farmer_id] input",
            run: "edit ho_farmer2",
        },
        {
            trigger: ".ui-autocomplete a:contains('ho_farmer2')",
            run: "click",
        },
        {
            content: "who refused is not who was chosen now",
            trigger: ".alert:contains('ho_farmer'):not(:contains('ho_farmer2'))",
        },
        {
            trigger: "button[name=action_offer]",
            run: "click",
        },
        seeState("To Accept"),
    ],
});

// A farmer accepted by mistake.
tours.add("growth_handover_undo", {
    steps: () => [
        ...openMenu("growth_handover_menu"),
        {
            content: "what is decided is not in the way",
            trigger: ".o_searchview_facet:contains('Not Decided') .o_facet_remove",
            run: "click",
        },
        {
            trigger: ".o_kanban_record:contains('Won Customer')",
            run: "click",
        },
        {
            trigger: ".alert:contains('This can be undone until')",
        },
        {
            trigger: "button[name=action_undo]",
            run: "click",
        },
        confirmDialog(),
        seeState("Undone"),
        {
            trigger: ".nav-link:contains('What Moved')",
            run: "click",
        },
        {
            trigger: "[name=move_ids] .o_data_row:contains('Second Machine'):contains('Given Back')",
        },
    ],
});

// A hunter opens a deal with a farmer's customer, and reads whose it is.
tours.add("growth_role_hint", {
    steps: () => [
        {
            trigger: ".o_kanban_record:contains('Second Machine')",
            run: "click",
        },
        {
            trigger: ".o_form_view .alert:contains('ho_farmer'):contains('keeps this customer')",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=growth_lifecycle] .badge",
        },
    ],
});

// What hunters and farmers brought, of whom one may see, and the order behind it.
tours.add("growth_team_report", {
    steps: () => [
        ...openMenu("growth_team_report_menu", "crm.crm_menu_report"),
        {
            trigger: ".o_pivot tbody tr:contains('Hunter') td:contains('100')",
        },
        {
            trigger: ".o_pivot tbody tr:contains('ho_hunter') td:contains('100'):first",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains('Won Customer')",
        },
    ],
});

// A manager asks how much of the time should go into hunting.
tours.add("growth_split_forecast", {
    steps: () => [
        ...openMenu("growth_split_forecast_menu"),
        {
            trigger: ".modal .alert:contains('were lost from')",
        },
        {
            trigger: ".modal button[name=action_view_active]",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains('Won Customer')",
        },
    ],
});

// A farmer sees how the own handovers went.
tours.add("growth_handover_report", {
    steps: () => [
        ...openMenu("growth_handover_report_menu", "crm.crm_menu_report"),
        {
            trigger: ".o_pivot tbody tr:contains('ho_farmer')",
        },
        ...openMenu("growth_retention_report_menu", "crm.crm_menu_report"),
        {
            trigger: ".o_control_panel:contains('Retention')",
        },
    ],
});
