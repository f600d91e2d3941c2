import { registry } from "@web/core/registry";

// A manager compares the segments of two days and opens who is behind a number.
registry.category("web_tour.tours").add("growth_segment_compare", {
    steps: () => [
        {
            content: "the log of moves as a pivot",
            trigger: ".o_pivot:contains('AZ'):contains('AX')",
        },
        {
            content: "open the menu",
            trigger: ".o_menu_sections button[data-menu-xmlid='crm.crm_menu_report']",
            run: "click",
        },
        {
            content: "compare two days",
            trigger: ".dropdown-item[data-menu-xmlid='sales_growth.growth_segment_transition_menu']",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=date_from] input",
            run: "edit 04/01/2026",
        },
        {
            trigger: ".modal button[name=action_compare]",
            run: "click",
        },
        {
            trigger: ".o_last_breadcrumb_item:contains('04/01/2026 to 06/30/2026')",
        },
        {
            content: "from AZ to AX: one customer",
            trigger: ".o_pivot .o_pivot_cell_value:contains('1')",
        },
        {
            content: "as a list",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains('Golden Mills'):contains('AZ'):contains('AX')",
        },
    ],
});

// A manager moves a cell of the matrix to another tier.
registry.category("web_tour.tours").add("growth_segment_policy", {
    steps: () => [
        {
            content: "nine cells",
            trigger: ".o_list_view .o_data_row:nth-child(9):contains('CZ')",
        },
        {
            trigger: ".o_data_row:contains('AZ') .o_data_cell[name=name]",
            run: "click",
        },
        {
            content: "large but not yet repeating: golden here",
            trigger: ".o_field_widget[name=tier] input, .o_field_widget[name=tier] select",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains('Golden')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=contact_cadence_days] input",
            run: "edit 10",
        },
        {
            trigger: ".o_form_button_save:visible",
            run: "click",
        },
        {
            trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))",
        },
    ],
});

// An administrator changes the cuts: wrong ones are refused with the reason.
registry.category("web_tour.tours").add("growth_segment_settings", {
    steps: () => [
        {
            trigger: "#growth_segmentation, .o_setting_box .o_field_widget[name=growth_abc_share_a] input",
        },
        {
            trigger: ".o_field_widget[name=growth_abc_share_a] input",
            run: "edit 97",
        },
        {
            trigger: "button.o_form_button_save",
            run: "click",
        },
        {
            trigger: ".modal:contains('The ABC cuts by share of value must be in order')",
        },
        {
            trigger: ".modal .btn-close, .modal footer button.btn-primary",
            run: "click",
        },
        {
            content: "nothing that was entered is lost",
            trigger: ".o_field_widget[name=growth_abc_share_b] input",
            run: "edit 99",
        },
        {
            trigger: "button.o_form_button_save",
            run: "click",
        },
        {
            content: "saved: the settings are left for the page below",
            trigger: "body:not(:has(.o_form_dirty)):not(:has(.modal))",
        },
    ],
});
