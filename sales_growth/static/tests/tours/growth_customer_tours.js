import { registry } from "@web/core/registry";

// A salesperson looks up an important customer and reads why it is one.
registry.category("web_tour.tours").add("growth_customer_read", {
    steps: () => [
        {
            content: "the customers stand in the order of their value",
            trigger: ".o_data_row:first:contains('Golden Mills'):contains('AX')",
        },
        {
            content: "the salesperson cannot recompute",
            trigger: ".o_control_panel:not(:has(button:contains('Recompute')))",
        },
        {
            content: "open the filters",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "low priority only",
            trigger: ".o_filter_menu .o_menu_item:contains('Low Priority')",
            run: "click",
        },
        {
            trigger: ".o_list_view:not(:contains('Golden Mills')):contains('Small Bakery')",
        },
        {
            content: "take the filter away",
            trigger: ".o_searchview_facet:contains('Low Priority') .o_facet_remove",
            run: "click",
        },
        {
            content: "open the customer",
            trigger: ".o_data_row:contains('Golden Mills') .o_data_cell[name=partner_id]",
            run: "click",
        },
        {
            content: "the reason is given in words",
            trigger:
                ".o_field_widget[name=explanation]:contains('number 1 by revenue'):contains('X: number of orders 4')",
        },
        {
            content: "the segment is not the salesperson's to change",
            trigger: ".o_form_view:not(:has(.o_field_widget[name=manual_segment_id]))",
        },
        {
            content: "see the orders behind it",
            trigger: "button[name=action_view_orders]",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:nth-child(4)",
        },
    ],
});

// A manager sets a segment by hand: not without a reason, and the move is kept.
registry.category("web_tour.tours").add("growth_customer_manual", {
    steps: () => [
        {
            content: "open the small customer",
            trigger: ".o_data_row:contains('Small Bakery') .o_data_cell[name=partner_id]",
            run: "click",
        },
        {
            content: "choose a segment",
            trigger: ".o_field_widget[name=manual_segment_id] input",
            run: "edit AX",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('AX')",
            run: "click",
        },
        {
            content: "try without a reason",
            trigger: ".o_form_button_save:visible",
            run: "click",
        },
        {
            content: "the reason is asked for",
            trigger: ".o_field_invalid[name=manual_reason]",
        },
        {
            trigger: ".o_field_widget[name=manual_reason] input",
            run: "edit Opens forty shops next year",
        },
        {
            trigger: ".o_form_button_save:visible",
            run: "click",
        },
        {
            content: "the figures say something else, which is shown",
            trigger: ".alert:contains('The segment was set by hand')",
        },
        {
            content: "the move is kept with its reason",
            trigger:
                ".o_field_widget[name=move_ids] .o_data_row:contains('CZ'):contains('AX'):contains('Opens forty shops')",
        },
        {
            content: "and it can be taken back",
            trigger: "button[name=action_remove_manual_segment]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=segment_id]:contains('CZ')",
        },
        {
            content: "back to the list",
            trigger: ".o_back_button, .breadcrumb-item a",
            run: "click",
        },
        {
            content: "recompute",
            trigger: "button[name=action_refresh]",
            run: "click",
        },
        {
            trigger: ".o_notification:contains('2 customers segmented')",
        },
    ],
});
