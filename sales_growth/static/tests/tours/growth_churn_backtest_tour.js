import { registry } from "@web/core/registry";

import { openMenu } from "@sales_growth/../tests/tours/growth_tour_steps";

const tours = registry.category("web_tour.tours");

// A manager tries the rules on the past, leaves one out, and switches the others on.
tours.add("growth_churn_backtest", {
    steps: () => [
        ...openMenu("growth_churn_backtest_menu"),
        {
            trigger: ".modal button[name=action_run]:contains('Run')",
            run: "click",
        },
        {
            trigger: ".modal .alert:contains('Of 5 customers')",
        },
        {
            trigger:
                ".modal .o_data_row:contains('No purchase for 90 days') [name=flagged]:contains('3')",
        },
        {
            content: "leave a rule out",
            trigger: ".modal .o_data_row:contains('Falling') .o_data_cell[name=is_chosen] input",
            run: "click",
        },
        {
            content: "figures of another choice are hidden",
            trigger: ".modal:not(:has(.alert)) button[name=action_run]:contains('Run')",
            run: "click",
        },
        {
            trigger: ".modal .alert:contains('Of 5 customers')",
        },
        {
            trigger: ".modal button[name=action_switch_on]",
            run: "click",
        },
        {
            trigger: ".modal:contains('are switched off') .modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_notification:contains('Switched on')",
        },
    ],
});

// A manager switches a rule off and looks into another one.
tours.add("growth_churn_rules", {
    steps: () => [
        ...openMenu("growth_churn_rule_menu", "crm.crm_menu_config"),
        {
            trigger:
                ".o_data_row:contains('Three or six months') .o_data_cell[name=active] input:checked",
            run: "click",
        },
        {
            trigger:
                ".o_data_row.text-muted:contains('Three or six months') .o_data_cell[name=active] input:not(:checked)",
        },
        {
            trigger: ".o_data_row:contains('Falling') .o_data_cell[name=name]",
            run: "click",
        },
        {
            trigger: ".o_form_view div[name=falling] .o_field_widget[name=share]",
        },
        {
            trigger: ".o_form_view:not(:has(div[name=recency])) .ribbon:contains('Switched Off')",
        },
    ],
});
