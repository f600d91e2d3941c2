import { registry } from "@web/core/registry";

import { openMenu } from "@sales_growth/../tests/tours/growth_tour_steps";

const OKR = "sales_growth.growth_okr_menu";

function goTo(view) {
    return {
        trigger: `.o_cp_switch_buttons .o_switch_view.o_${view}`,
        run: "click",
    };
}

registry.category("web_tour.tours").add("growth_okr_report", {
    steps: () => [
        ...openMenu("growth_okr_verdict_report_menu", OKR),
        {
            content: "one of one is 100 %, and the one stands beside it",
            trigger: ".o_pivot tbody tr:contains('Total'):contains('3'):contains('33.33%')",
        },
        {
            trigger: ".o_pivot tbody tr:contains('ok_seller'):contains('1'):contains('100.00%')",
        },
        goTo("graph"),
        {
            trigger: ".o_graph_canvas_container canvas",
        },
        goTo("list"),
        {
            trigger: ".o_data_row:contains('Count the people first')",
        },
        {
            content: "private ones are not told of",
            trigger: ".o_list_view:not(:contains('Secret'))",
        },
        {
            content: "a row opens the objective",
            trigger: ".o_data_row:contains('Count the people first') .o_data_cell[name='verdict']",
            run: "click",
        },
        {
            trigger: ".o_form_view:contains('Customers')",
        },
        ...openMenu("growth_okr_history_menu", OKR),
        {
            content: "look at cycles that are over, too",
            trigger: ".o_searchview_facet:contains('Running Cycles') .o_facet_remove",
            run: "click",
        },
        {
            trigger: ".o_graph_canvas_container canvas",
        },
        goTo("pivot"),
        {
            trigger: ".o_pivot thead:contains('Actual'):contains('Should Be')",
        },
        goTo("list"),
        {
            trigger: ".o_data_row:contains('Turnover') .o_data_cell[name='series']",
            run: "click",
        },
        {
            content: "a row opens the key result",
            trigger: ".o_form_view:contains('Turnover')",
        },
        ...openMenu("growth_okr_cycle_menu", OKR),
        {
            trigger: ".o_data_row:contains('Q2 2026') .o_data_cell[name='name']",
            run: "click",
        },
        {
            trigger: "button[name='action_view_history']",
            run: "click",
        },
        {
            trigger: ".o_breadcrumb:contains('Progress Over Time')",
        },
        {
            trigger: ".o_graph_canvas_container canvas",
        },
        {
            trigger: ".o_breadcrumb a:contains('Q2 2026')",
            run: "click",
        },
        {
            content: "print the review",
            trigger: ".o_cp_action_menus button",
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu .o_menu_item:contains('Cycle Review')",
            run: "click",
        },
        {
            content: "where nothing makes PDF files it is shown",
            trigger: ":iframe .o_growth_okr_review:contains('Count the people first')",
        },
        {
            trigger: ":iframe .o_growth_okr_review button:contains('Print This Page')",
        },
    ],
});
