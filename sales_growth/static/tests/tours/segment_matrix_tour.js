/* global Chart */

import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const ROUNDING = 1e-9;

/**
 * Compares what all buttons of the matrix show: the nine cells and the totals.
 *
 * @param {string} content
 * @param {string} total what to wait for in the grand total
 * @param {Object} expected number of customers and share by cell; null for an empty cell
 */
function checkMatrix(content, total, expected) {
    return {
        content,
        trigger: `.o_growth_matrix_grid:has([data-segment=total]:contains(${total}))`,
        run() {
            const found = {};
            for (const button of this.anchor.querySelectorAll("[data-segment]")) {
                const count = button.querySelector(".o_growth_matrix_count").textContent;
                const share = button.querySelector(".o_growth_matrix_share")?.textContent;
                found[button.dataset.segment] = share
                    ? `${count}, ${share}`
                    : button.disabled && null;
            }
            const [shown, wanted] = [found, expected].map((cells) =>
                JSON.stringify(Object.entries(cells).sort(), null, 1)
            );
            if (shown !== wanted) {
                throw new Error(`The matrix shows ${shown}\nbut it should show ${wanted}`);
            }
        },
    };
}

/**
 * @param {string} title of the list
 * @param {string[]} names of exactly the customers that are listed, most valuable first
 */
function checkCustomers(title, names) {
    return {
        content: `the list holds the ${title}: ${names.join(", ")}`,
        trigger: `.o_last_breadcrumb_item:contains(${title})`,
        async run({ waitFor }) {
            await waitFor(`.o_list_view .o_data_row:contains(${names[0]})`);
            const cells = document.querySelectorAll(".o_data_row [name=partner_id]");
            const found = [...cells].map((cell) => cell.textContent.trim());
            if (found.join() !== names.join()) {
                throw new Error(`The list of ${title} holds ${found.join()}`);
            }
        },
    };
}

const backToTheMatrix = {
    content: "back to the matrix",
    trigger: ".o_back_button",
    run: "click",
};

// A salesperson reads the matrix of the customers that are theirs or nobody's.
registry.category("web_tour.tours").add("growth_segment_matrix", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "open CRM",
            trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
            run: "click",
        },
        {
            content: "open the menu",
            trigger: ".o_menu_sections button[data-menu-xmlid='sales_growth.growth_menu']",
            run: "click",
        },
        {
            content: "open the matrix",
            trigger: ".dropdown-item[data-menu-xmlid='sales_growth.growth_segment_matrix_menu']",
            run: "click",
        },
        checkMatrix("all customers of the salesperson", "10 customers", {
            AX: "1 customer, 37.5%",
            AY: "1 customer, 18.8%",
            AZ: "1 customer, 20.0%",
            BX: "1 customer, 7.5%",
            BY: "2 customers, 10.0%",
            BZ: null,
            CX: "1 customer, 2.5%",
            CY: "1 customer, 1.9%",
            CZ: "2 customers, 1.9%",
            A: "3 customers, 76.3%",
            B: "3 customers, 17.5%",
            C: "4 customers, 6.3%",
            X: "3 customers, 47.5%",
            Y: "4 customers, 30.6%",
            Z: "3 customers, 21.9%",
            total: "10 customers, 100.0%",
        }),
        {
            content: "the window of the figures and what they add up to",
            trigger:
                ".o_growth_summary:contains(07/01/2025 – 06/30/2026):contains(Revenue):contains(8,000.00)",
        },
        {
            content: "only managers recompute",
            trigger: ".o_growth_segment_matrix_view:not(:has(.o_growth_recompute))",
        },
        {
            content: "the curve rises with every customer, in order of rank",
            trigger: ".o_growth_pareto canvas",
            run() {
                const { data } = Chart.getChart(this.anchor).data.datasets[0];
                const wanted = [0, 3000, 4600, 6100, 6700, 7200, 7500, 7700, 7850, 7950, 8000];
                const isRight = wanted.every(
                    (value, rank) =>
                        Math.abs(data[rank].x - rank / 10) < ROUNDING &&
                        Math.abs(data[rank].y - value / 8000) < ROUNDING
                );
                if (data.length !== wanted.length || !isRight) {
                    throw new Error(`The curve is ${JSON.stringify(data)}`);
                }
            },
        },
        {
            content: "open the customers of the area in the middle",
            trigger: ".o_growth_pareto canvas",
            run() {
                const { x, y } = Chart.getChart(this.anchor).scales;
                const { left, top } = this.anchor.getBoundingClientRect();
                this.anchor.dispatchEvent(
                    new MouseEvent("click", {
                        bubbles: true,
                        clientX: left + x.getPixelForValue(0.45),
                        clientY: top + y.getPixelForValue(0.5),
                    })
                );
            },
        },
        checkCustomers("B customers", ["Canteen", "Bistro", "Diner"]),
        backToTheMatrix,
        {
            content: "open the customers without a segment",
            trigger: ".o_growth_unclassified:contains(1 customer has no segment) a",
            run: "click",
        },
        checkCustomers("Customers without a segment", ["Former Buyer"]),
        backToTheMatrix,
        {
            content: "open a cell",
            trigger: "button[data-segment=CZ]",
            run: "click",
        },
        checkCustomers("CZ customers", ["Stall One", "Stall Two"]),
        backToTheMatrix,
        {
            content: "open the search menu",
            trigger: ".o_growth_segment_matrix_view .o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "there is nothing to group by",
            trigger: ".o_search_bar_menu:not(:has(.o_group_by_menu))",
        },
        {
            content: "own customers only",
            trigger: ".o_filter_menu .o_menu_item:contains(My Customers)",
            run: "click",
        },
        checkMatrix("the figures follow the filter", "3 customers", {
            AX: "1 customer, 92.3%",
            AY: null,
            AZ: null,
            BX: null,
            BY: null,
            BZ: null,
            CX: null,
            CY: "1 customer, 4.6%",
            CZ: "1 customer, 3.1%",
            A: "1 customer, 92.3%",
            B: null,
            C: "2 customers, 7.7%",
            X: "1 customer, 92.3%",
            Y: "1 customer, 4.6%",
            Z: "1 customer, 3.1%",
            total: "3 customers, 100.0%",
        }),
        {
            content: "open the total of a row",
            trigger: "button[data-segment=C]",
            run: "click",
        },
        checkCustomers("C customers", ["Kiosk", "Stall One"]),
        backToTheMatrix,
        {
            content: "the filter is still there",
            trigger: ".o_searchview_facet:contains(My Customers)",
        },
        {
            content: "and so are its figures; open a cell",
            trigger: ".o_growth_matrix_grid:has([data-segment=total]:contains(3 customers))",
            run: "click [data-segment=CZ]",
        },
        checkCustomers("CZ customers", ["Stall One"]),
    ],
});

// A manager whose company was never segmented computes it on the spot.
registry.category("web_tour.tours").add("growth_segment_matrix_recompute", {
    steps: () => [
        {
            content: "nothing to see yet, but something to do",
            trigger: ".o_view_nocontent:contains(No customer is segmented yet) .o_growth_recompute",
            run: "click",
        },
        {
            content: "what changed is told",
            trigger: ".o_notification:contains(Segments recomputed)",
        },
        checkMatrix("the figures appear in place", "1 customer", {
            AX: null,
            AY: null,
            AZ: "1 customer, 100.0%",
            BX: null,
            BY: null,
            BZ: null,
            CX: null,
            CY: null,
            CZ: null,
            A: "1 customer, 100.0%",
            B: null,
            C: null,
            X: null,
            Y: null,
            Z: "1 customer, 100.0%",
            total: "1 customer, 100.0%",
        }),
        {
            content: "of one company out of two, which is named",
            trigger: ".o_growth_summary [data-name=company]:contains(Growth Fresh Company)",
        },
        {
            content: "it can be done again from above",
            trigger: ".o_control_panel .o_growth_recompute",
        },
    ],
});
