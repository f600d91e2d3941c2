/* global Chart */

import { download } from "@web/core/network/download";
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

function compare(what, found, wanted) {
    const [shown, expected] = [found, wanted].map((value) => JSON.stringify(value, null, 1));
    if (shown !== expected) {
        throw new Error(`${what} ${shown}\nbut it should be ${expected}`);
    }
}

/**
 * Compares what the whole table shows.
 *
 * @param {string} content
 * @param {string} trigger what to wait for on the screen
 * @param {Object} expected by salesperson, a text per step: rate, gap, color of the gap, and cases
 */
function checkTable(content, trigger, expected) {
    const find = (cell, name) => cell.querySelector(`.o_growth_${name}`);
    const read = (cell, name) => find(cell, name)?.textContent.trim();
    const readColor = (cell) => find(cell, "gap")?.className.match(/text-(\w+)/)[1];
    const readCell = (cell) =>
        [read(cell, "rate"), read(cell, "gap"), readColor(cell), read(cell, "cases")]
            .filter(Boolean)
            .join(" ");
    return {
        content,
        trigger: `.o_growth_conversion_view:has(${trigger}) .o_growth_conversion_table`,
        run() {
            const found = {};
            for (const row of this.anchor.querySelectorAll("tbody tr")) {
                const cells = [...row.querySelectorAll("td")];
                found[row.querySelector("th").textContent] = cells.map(readCell);
            }
            compare("The table is", found, expected);
        },
    };
}

/**
 * @param {string} content
 * @param {Object} expected by salesperson, the rate of each step in per cent, rounded; null for
 *  none, and with a question mark where there are too few cases
 */
function checkBars(content, expected) {
    return {
        content,
        trigger: ".o_growth_conversion_chart canvas",
        run() {
            const found = {};
            const { datasets } = Chart.getChart(this.anchor).data;
            for (const { label, data, backgroundColor } of datasets) {
                found[label] = data.map((rate, step) => {
                    const mark = backgroundColor[step] instanceof CanvasPattern ? "?" : "";
                    return rate === null ? null : `${Math.round(100 * rate)}${mark}`;
                });
            }
            compare("The bars are", found, expected);
        },
    };
}

function getBar(canvas, salesperson, step) {
    const chart = Chart.getChart(canvas);
    const index = chart.data.datasets.findIndex(({ label }) => label === salesperson);
    return chart.getDatasetMeta(index).data[step];
}

/**
 * @param {string} name
 * @param {number} count of exactly the rows that are listed
 */
function checkList(name, count) {
    return [
        {
            content: `the list ${name} holds ${count}`,
            trigger: `.o_last_breadcrumb_item:contains(${name})`,
        },
        {
            trigger: ".o_list_view .o_data_row",
        },
        {
            trigger: `.o_pager_limit:contains(/^${count}$/)`,
        },
    ];
}

const backToTheScreen = [
    {
        content: "back to the screen",
        trigger: ".o_back_button",
        run: "click",
    },
    {
        trigger: ".o_growth_conversion_view .o_growth_conversion_table",
    },
];

const FIGURES = {
    All: [
        "86.8% −13.2 danger 177 of 204 · 0.5% still open",
        "81.1% +1.1 success 142 of 175 · 19.8% still open",
        "76.1% −3.9 success 108 of 142 · 23.9% still open",
        "86.1% −8.9 danger 93 of 108 · 13.9% still open",
    ],
    Ivanov: [
        "80.0% −20.0 danger 80 of 100",
        "70.0% −10.0 danger 56 of 80 · 30% still open",
        "85.7% +5.7 success 48 of 56 · 14.3% still open",
        "93.8% −1.3 success 45 of 48 · 6.3% still open",
    ],
    // Far below plan, or far from judged: too few cases for a color.
    Newcomer: [
        "50.0% −50.0 muted 2 of 4 · 20% still open",
        "– 0 of 0 · 100% still open",
        "",
        "",
    ],
    Sidorov: [
        "95.0% −5.0 success 95 of 100",
        "90.5% +10.5 success 86 of 95 · 9.5% still open",
        "69.8% −10.2 danger 60 of 86 · 30.2% still open",
        "80.0% −15.0 danger 48 of 60 · 20% still open",
    ],
};

// A manager reads the worked example, chooses what is shown and opens what is behind it.
tours.add("growth_conversion_read", {
    steps: () => [
        checkTable("ninety days by entry", "tr:contains(Sidorov)", FIGURES),
        {
            content: "with the plan and what it comes to",
            trigger:
                ".o_growth_conversion_table thead th:contains(Payment):contains(Plan 95% · 61 of 100 prospects)",
        },
        {
            content: "and what stands there now",
            trigger:
                "tr:contains(Ivanov) td:eq(1) .o_growth_load:contains(24 open today):contains(24.0k)",
        },
        checkBars("the bars are those of the table", {
            Ivanov: ["80", "70", "86", "94"],
            Newcomer: ["50?", null, null, null],
            Sidorov: ["95", "91", "70", "80"],
        }),
        {
            content: "the plan is marked above a bar that ends below it",
            trigger: ".o_growth_conversion_chart canvas",
            run() {
                const chart = Chart.getChart(this.anchor);
                const ratio = chart.currentDevicePixelRatio;
                const bar = getBar(this.anchor, "Ivanov", 1);
                const height = chart.scales.y.getPixelForValue(0.8);
                const pixel = chart.ctx.getImageData(bar.x * ratio, height * ratio, 1, 1).data;
                if (height >= bar.y || Math.max(...pixel.slice(0, 3)) > 100 || pixel[3] < 200) {
                    throw new Error(`There is no mark at ${height}: ${pixel}`);
                }
            },
        },
        {
            content: "too few cases are told",
            trigger: ".o_growth_bars:contains(Hatched: fewer than 20 leads)",
        },
        {
            content: "who teaches whom",
            trigger:
                ".o_growth_pair:contains(Sidorov teaches Ivanov: Acquaintance, Presentation and Terms):contains(Sidorov 90.5%, Ivanov 70.0%)",
        },
        {
            trigger: ".o_growth_pair:contains(Ivanov teaches Sidorov: First Contract, Payment)",
        },
        {
            content: "open what is behind a bar",
            trigger: ".o_growth_conversion_chart canvas",
            run() {
                const { x, y, base } = getBar(this.anchor, "Sidorov", 3);
                const { left, top } = this.anchor.getBoundingClientRect();
                this.anchor.dispatchEvent(
                    new MouseEvent("click", {
                        bubbles: true,
                        clientX: left + x,
                        clientY: top + (y + base) / 2,
                    })
                );
            },
        },
        ...checkList("Sidorov · Payment", 60),
        ...backToTheScreen,
        {
            content: "open the leads that stand at a step",
            trigger: "tr:contains(Sidorov) td:eq(2) .o_growth_load:contains(26 open today)",
            run: "click",
        },
        ...checkList("Sidorov · First Contract", 26),
        ...backToTheScreen,
        {
            content: "of all together",
            trigger: "tr:contains(All) td:eq(1) .o_growth_load:contains(35 open today)",
            run: "click",
        },
        ...checkList("All · Presentation and Terms", 35),
        ...backToTheScreen,
        {
            content: "what happened",
            trigger: ".o_growth_reading [data-reading=event]",
            run: "click",
        },
        checkTable("nothing is judged", "[data-salesperson]:contains(came)", {
            All: [
                "86.3% −13.7 muted 205 came · 177 passed · 27 lost",
                "80.2% +0.2 muted 177 came · 142 passed · 0 lost",
                "76.1% −3.9 muted 142 came · 108 passed · 0 lost",
                "86.1% −8.9 muted 108 came · 93 passed · 0 lost",
            ],
            Ivanov: [
                "80.0% −20.0 muted 100 came · 80 passed · 20 lost",
                "70.0% −10.0 muted 80 came · 56 passed · 0 lost",
                "85.7% +5.7 muted 56 came · 48 passed · 0 lost",
                "93.8% −1.3 muted 48 came · 45 passed · 0 lost",
            ],
            Newcomer: [
                "40.0% −60.0 muted 5 came · 2 passed · 2 lost",
                "0.0% −80.0 muted 2 came · 0 passed · 0 lost",
                "",
                "",
            ],
            Sidorov: [
                "95.0% −5.0 muted 100 came · 95 passed · 5 lost",
                "90.5% +10.5 muted 95 came · 86 passed · 0 lost",
                "69.8% −10.2 muted 86 came · 60 passed · 0 lost",
                "80.0% −15.0 muted 60 came · 48 passed · 0 lost",
            ],
        }),
        {
            content: "and nobody teaches",
            trigger: ".o_growth_verdicts:has(.o_growth_no_verdict):not(:has(.o_growth_pair))",
        },
        {
            content: "open the events of a step",
            trigger: "tr:contains(Ivanov) td:eq(0) .o_growth_rate",
            run: "click",
        },
        {
            content: "they are the events of the period",
            trigger: ".o_searchview_facet:contains(Events in the Period)",
        },
        // 100 came, 80 passed and 20 were lost.
        ...checkList("Ivanov · Acquaintance", 200),
        ...backToTheScreen,
        {
            content: "the reading was kept",
            trigger: ".o_growth_reading [data-reading=event][aria-pressed=true]",
        },
        {
            trigger: ".o_growth_reading [data-reading=entry]",
            run: "click",
        },
        {
            trigger: ".o_growth_period",
            run: "selectByLabel Last 4 Weeks",
        },
        checkTable("only the newcomer's leads came in these weeks", ".o_growth_dates:contains(02/06/2026)", {
            All: [FIGURES.Newcomer[0], FIGURES.Newcomer[1], "–", "–"],
            Ivanov: ["", "–", "–", "–"],
            Newcomer: FIGURES.Newcomer,
            Sidorov: ["", "–", "–", "–"],
        }),
        {
            content: "too few for a verdict",
            trigger: ".o_growth_no_pair:contains(it takes 20 leads per step)",
        },
        {
            content: "the load is today's",
            trigger: "tr:contains(Ivanov) td:eq(1) .o_growth_load:contains(24 open today)",
        },
        {
            trigger: ".o_growth_team",
            run: "selectByLabel Growth Team Without Leads",
        },
        {
            content: "a team without leads",
            trigger: ".o_view_nocontent:contains(No lead to show)",
        },
        {
            content: "there is no file of nothing",
            trigger: ".o_growth_choice:not(:has(.o_growth_export))",
        },
        {
            trigger: ".o_growth_team",
            run: "selectByLabel Growth Team",
        },
        {
            trigger: ".o_growth_period",
            run: "selectByLabel Last 12 Months",
        },
        checkTable("the team's leads are all there are", ".o_growth_dates:contains(03/06/2025)", FIGURES),
        {
            content: "download what is shown",
            trigger: ".o_growth_export",
            async run(helpers) {
                const original = download._download;
                let form;
                download._download = async (options) => {
                    form = options.form;
                };
                try {
                    await helpers.click();
                } finally {
                    download._download = original;
                }
                const { pathname, searchParams } = new URL(form.action);
                const choice = Object.fromEntries(searchParams);
                const { company_id, funnel_id, team_id, ...others } = choice;
                compare("The file is of", [form.method, pathname, others], [
                    "get",
                    "/sales_growth/conversion.xlsx",
                    { domain: "[]", days: "365", reading: "entry" },
                ]);
                if (![company_id, funnel_id, team_id].every(Number)) {
                    throw new Error(`The file is of ${searchParams}`);
                }
            },
        },
        {
            content: "filter by a salesperson",
            trigger: ".o_searchview_input",
            run: "edit Ivanov",
        },
        {
            trigger: ".o_searchview_autocomplete .o-dropdown-item:contains(Salesperson)",
            run: "click",
        },
        {
            content: "nobody is left to teach him",
            trigger:
                ".o_growth_untaught:contains(Ivanov):contains(Acquaintance, Presentation and Terms)",
        },
        checkBars("and only he has bars", { Ivanov: ["80", "70", "86", "94"] }),
        {
            content: "open what is behind a rate",
            trigger: "tr:contains(Ivanov) td:eq(1) .o_growth_rate",
            run: "click",
        },
        ...checkList("Ivanov · Presentation and Terms", 80),
        {
            content: "and a lead of it",
            trigger: ".o_data_row:contains(Ivanov 0) .o_data_cell[name=lead_id]",
            run: "click",
        },
        {
            trigger: ".o_lead_opportunity_form",
        },
    ],
});

// A manager lets one salesperson teach the other.
tours.add("growth_conversion_coach", {
    steps: () => [
        {
            trigger: ".o_growth_pair:contains(Sidorov teaches Ivanov) .o_growth_coach",
            run: "click",
        },
        {
            content: "the coaching is opened",
            trigger: ".o_last_breadcrumb_item:contains(Sidorov teaches Ivanov)",
        },
        ...backToTheScreen,
        {
            content: "its steps are not to be taught again",
            trigger:
                ".o_growth_pair:contains(Sidorov teaches Ivanov):not(:has(.o_growth_coach))",
            run() {
                const badges = this.anchor.querySelectorAll("li .o_growth_coached");
                compare("Steps being taught:", badges.length, 2);
            },
        },
        {
            content: "those of the other are not",
            trigger:
                ".o_growth_pair:contains(Ivanov teaches Sidorov):has(.o_growth_coach):not(:has(.o_growth_coached))",
        },
    ],
});

// A salesperson sees what is theirs beside the average of the team.
tours.add("growth_conversion_own", {
    steps: () => [
        checkTable("nobody else, and no numbers of the team", "tr:contains(Ivanov)", {
            "Team Average": [
                "86.8% −13.2 muted",
                "81.1% +1.1 muted",
                "76.1% −3.9 muted",
                "86.1% −8.9 muted",
            ],
            Ivanov: FIGURES.Ivanov,
        }),
        checkBars("the average stands beside the own bars", {
            Ivanov: ["80", "70", "86", "94"],
            "Team Average": ["87", "81", "76", "86"],
        }),
        {
            content: "what is weak is told, but not who does it better",
            trigger:
                ".o_growth_verdicts:has(.o_growth_untaught:contains(Ivanov)):not(:has(.o_growth_pair)):not(:has(.o_growth_coach))",
        },
        {
            content: "files are not for everybody",
            trigger: ".o_growth_choice:not(:has(.o_growth_export))",
        },
        {
            content: "the average opens nothing",
            trigger: "tr:contains(Team Average):not(:has(button))",
        },
        {
            content: "open what is behind an own rate",
            trigger: "tr:contains(Ivanov) td:eq(0) .o_growth_rate",
            run: "click",
        },
        ...checkList("Ivanov · Acquaintance", 100),
        ...backToTheScreen,
        {
            content: "open the own leads",
            trigger: "tr:contains(Ivanov) td:eq(3) .o_growth_load:contains(3 open today)",
            run: "click",
        },
        ...checkList("Ivanov · Payment", 3),
    ],
});

tours.add("growth_conversion_many", {
    steps: () => [
        {
            content: "not everybody gets bars",
            trigger: ".o_growth_conversion_rest:contains(12 of 14 salespeople)",
        },
        {
            content: "those with the fewest leads get none",
            trigger: ".o_growth_conversion_chart canvas",
            run() {
                const names = Chart.getChart(this.anchor).data.datasets.map(({ label }) => label);
                compare("The bars are of", names, [
                    "Ivanov",
                    "Newcomer",
                    ...["02", "03", "04", "05", "06", "07", "08", "09", "10"].map(
                        (number) => `Seller ${number}`
                    ),
                    "Sidorov",
                ]);
            },
        },
        {
            content: "the table has all",
            trigger: ".o_growth_conversion_table:has(tr:contains(Seller 00)):has(tr:contains(Seller 01))",
        },
    ],
});

tours.add("growth_conversion_empty", {
    steps: () => [
        {
            trigger: ".o_view_nocontent:contains(No lead to show)",
        },
        {
            content: "another period can still be chosen",
            trigger: ".o_growth_period",
            run: "selectByLabel All",
        },
        {
            trigger: ".o_growth_dates:contains(until 03/05/2026)",
        },
    ],
});
