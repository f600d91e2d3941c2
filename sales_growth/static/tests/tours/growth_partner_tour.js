import { registry } from "@web/core/registry";

// A salesperson finds the golden contacts and comes from a contact to its growth record.
registry.category("web_tour.tours").add("growth_partner", {
    steps: () => [
        {
            trigger: ".o_switch_view.o_kanban",
            run: "click",
        },
        {
            content: "the badge stands on the cards",
            trigger: ".o_kanban_record:contains('Golden Mills'):contains('AX')",
        },
        {
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains('Golden Mills'):contains('AX')",
        },
        {
            content: "open the filters of the contacts",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            trigger: ".o_filter_menu .o_menu_item:contains('Golden')",
            run: "click",
        },
        {
            trigger: ".o_list_view:not(:contains('Small Bakery')) .o_data_row:contains('Golden')",
        },
        {
            content: "group them by segment",
            trigger: ".o_group_by_menu .o_menu_item:contains('Segment')",
            run: "click",
        },
        {
            content: "the company and the person below it are in one segment",
            trigger: ".o_group_header:contains('AX (2)')",
            run: "click",
        },
        {
            content: "open the person",
            trigger: ".o_data_row:contains('Anna of Golden') .o_data_cell[name=complete_name]",
            run: "click",
        },
        {
            content: "the class stands on the smart button",
            trigger: "button[name=action_view_growth_customer]:contains('AX')",
            run: "click",
        },
        {
            content: "the record of the company",
            trigger: ".o_field_widget[name=partner_id]:contains('Golden Mills')",
        },
    ],
});
