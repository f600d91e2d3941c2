import { registry } from "@web/core/registry";

import { openMenu } from "@sales_growth/../tests/tours/growth_tour_steps";

const tours = registry.category("web_tour.tours");

// A salesperson states why a customer leaves, decides, and begins to win them back.
tours.add("growth_winback", {
    steps: () => [
        ...openMenu("growth_winback_menu"),
        {
            trigger: ".o_data_row:contains('Golden Leaver') .o_data_cell[name=partner_id]",
            run: "click",
        },
        {
            trigger: ".alert-info:contains('no record yet'):contains('assumed in the settings')",
        },
        {
            trigger: "[name=reason_id] input",
            run: "edit Price",
        },
        {
            trigger: ".o-autocomplete--dropdown-item a:contains('Price')",
            run: "click",
        },
        {
            content: "whose reason it is comes along",
            trigger: "[name=side] input:value(Ours)",
        },
        {
            trigger: "[name=decision] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains('Win Back')",
            run: "click",
        },
        {
            trigger: "[name=why] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains('Order Frequency')",
            run: "click",
        },
        {
            trigger: "button[name=action_start_win_back]",
            run: "click",
        },
        {
            content: "the suggested method, and whose it is",
            trigger: ".modal [name=method_id] input:value(Personal guarantee of the head)",
        },
        {
            trigger: ".modal [name=method_id] input",
            run: "edit A personal meeting",
        },
        {
            trigger: ".o-autocomplete--dropdown-item a:contains('A personal meeting')",
            run: "click",
        },
        {
            trigger: ".modal [name=user_id] input:value(growth_own)",
        },
        {
            trigger: ".modal button[name=action_start]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains('Winning Back')",
        },
        {
            trigger: "[name=attempt_ids] .o_data_row:contains('A personal meeting'):contains('Under Way')",
        },
        {
            content: "the steps are planned",
            trigger: ".o-mail-Activity:contains('Call to agree on a date')",
        },
        {
            trigger: ".o-mail-Activity:contains('Send the minutes')",
        },
    ],
});

// Several customers at once: who pays most begins, the others stay on the list.
tours.add("growth_winback_several", {
    steps: () => [
        ...openMenu("growth_winback_menu"),
        {
            content: "what pays most stands first",
            trigger: ".o_data_row:first:contains('Golden Leaver')",
        },
        {
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: ".o_control_panel button[name=action_start_win_back]",
            run: "click",
        },
        {
            trigger: ".modal:contains('Customers: 4'):contains('What pays most')",
        },
        {
            trigger: ".modal [name=method_id] input",
            run: "edit A gift",
        },
        {
            trigger: ".o-autocomplete--dropdown-item a:contains('A gift')",
            run: "click",
        },
        {
            trigger: ".modal [name=why] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains('Order Size')",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_start]",
            run: "click",
        },
        {
            trigger: ".o_notification:contains('begun: 2'):contains('Waiting on the list: 2')",
        },
        {
            trigger: ".o_data_row:contains('Golden Leaver'):contains('Winning Back')",
        },
    ],
});
