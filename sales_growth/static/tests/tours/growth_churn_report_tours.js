import { registry } from "@web/core/registry";

import { openMenu } from "@sales_growth/../tests/tours/growth_tour_steps";

const tours = registry.category("web_tour.tours");
const REPORTING = "crm.crm_menu_report";

function openReport(name, title) {
    return [
        ...openMenu(name, REPORTING),
        {
            trigger: `.o_control_panel:contains('${title}')`,
        },
    ];
}

function seeRow(text) {
    return {
        trigger: `.o_pivot tbody tr:contains('${text}')`,
    };
}

function removeFilter(label) {
    return {
        content: "look at other times, too",
        trigger: `.o_searchview_facet:contains('${label}') .o_facet_remove`,
        run: "click",
    };
}

function groupRows(label) {
    return [
        {
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            trigger: `.o_group_by_menu .o_menu_item:contains(/^${label}$/)`,
            run: "click",
        },
        {
            content: "close the menu",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
    ];
}

// Which measure a graph draws stands in its menu alone, the rest is a picture.
function drawnMeasure(label) {
    return [
        {
            trigger: ".o_graph_view button:contains('Measures')",
            run: "click",
        },
        {
            trigger: `.o_menu_item.selected:contains(/^${label}$/)`,
        },
        {
            content: "close the menu",
            trigger: ".o_graph_view button:contains('Measures')",
            run: "click",
        },
    ];
}

// Who sees own customers alone looks at how many of them are lost, and at one of the losses.
tours.add("growth_churn_reports_own", {
    steps: () => [
        ...openReport("growth_churn_report_menu", "Churn Analysis"),
        removeFilter("Last 12 Months"),
        ...groupRows("Salesperson"),
        seeRow("growth_own"),
        {
            content: "nobody else is seen",
            trigger: ".o_pivot:not(:contains('growth_all'))",
        },
        {
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_group_header:contains('growth_own')",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains('Gone'):contains('Price') .o_data_cell[name=event]",
            run: "click",
        },
        {
            content: "the row opens its case",
            trigger: ".o_form_view .o_breadcrumb:contains('Gone')",
        },
        ...openReport("growth_churn_cohort_menu", "Churn by Cohort"),
        removeFilter("Cohorts of 3 Years"),
        seeRow("Q1 2025"),
        ...openReport("growth_winback_report_menu", "Win-Back Analysis"),
        removeFilter("Last 12 Months"),
        seeRow("Gift"),
    ],
});

// Who sees all compares salespeople, looks at the reasons, and draws the curve.
tours.add("growth_churn_reports_all", {
    steps: () => [
        ...openReport("growth_churn_report_menu", "Churn Analysis"),
        removeFilter("Last 12 Months"),
        ...groupRows("Salesperson"),
        seeRow("growth_all"),
        seeRow("growth_own"),
        removeFilter("Salesperson"),
        ...groupRows("Reason \\(no rates\\)"),
        seeRow("Price"),
        {
            content: "a reason has no rate",
            trigger: ".o_pivot tbody tr:contains('Price'):not(:contains('%'))",
        },
        removeFilter("Reason"),
        {
            trigger: ".o_switch_view.o_graph",
            run: "click",
        },
        {
            trigger: ".o_graph_renderer canvas",
        },
        ...drawnMeasure("Churn a Month"),
        ...groupRows("Reason \\(no rates\\)"),
        ...drawnMeasure("Lost Customers"),
        removeFilter("Reason"),
        ...drawnMeasure("Churn a Month"),
        ...openReport("growth_churn_cohort_menu", "Churn by Cohort"),
        removeFilter("Cohorts of 3 Years"),
        {
            trigger: ".o_pivot tbody tr:contains('Q1 2025'):contains('66.67%')",
        },
        {
            content: "the columns say that they are quarters",
            trigger: ".o_pivot thead th:contains(/^Q\\+0$/)",
        },
        ...openReport("growth_winback_report_menu", "Win-Back Analysis"),
        removeFilter("Last 12 Months"),
        {
            trigger: ".o_pivot tbody tr:contains('Gift'):contains('100.00%')",
        },
    ],
});
