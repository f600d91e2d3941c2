import { registry } from "@web/core/registry";

import { openMenu } from "./growth_tour_steps";

const OKR = "sales_growth.growth_okr_menu";

const ROW = "[name=key_result_ids] .o_selected_row";

function showsState(label) {
    return {
        content: `it is ${label}`,
        trigger: `.o_arrow_button_current:contains('${label}')`,
    };
}

// A salesperson plans an objective below that of the team, with a key result in per cent, and asks
// for the yes of the leader.
registry.category("web_tour.tours").add("growth_okr_propose", {
    steps: () => [
        ...openMenu("growth_okr_objective_menu", OKR),
        {
            content: "the tree comes first",
            trigger: ".o_hierarchy_view .o_hierarchy_node:contains('Grow in the North')",
        },
        {
            trigger: ".o_hierarchy_button_add",
            run: "click",
        },
        {
            trigger: ".o_form_view [name=name] input",
            run: "edit Learn to Sell Services",
        },
        {
            trigger: "[name=why] textarea",
            run: "edit Machines alone do not feed us",
        },
        {
            trigger: "[name=parent_id] input",
            run: "edit Grow in",
        },
        {
            trigger: ".ui-autocomplete a:contains('Grow in the North')",
            run: "click",
        },
        {
            trigger: "[name=key_result_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            trigger: `${ROW} [name=name] input`,
            run: "edit Share of services",
        },
        {
            trigger: `${ROW} [name=kind] input`,
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains('Percentage')",
            run: "click",
        },
        {
            content: "zero, in per cent now",
            trigger: `${ROW} [name=baseline] input:value(0%)`,
            run: "edit 30",
        },
        {
            content: "from more to less: nobody need tell the direction",
            trigger: `${ROW} [name=target] input`,
            run: "edit 12.5",
        },
        {
            trigger: `${ROW} [name=unit]`,
            run: "click",
        },
        {
            trigger: "button[name=action_propose]",
            run: "click",
        },
        showsState("Proposed"),
        {
            content: "the text is locked, and it is not for who proposed to decide",
            trigger:
                ".o_form_view:not(:has([name=name] input)):not(:has(button[name=action_accept])) button[name=action_withdraw]",
        },
        {
            content: "as it was typed",
            trigger: "[name=key_result_ids] .o_data_row:contains('30.0 %'):contains('12.5 %')",
        },
    ],
});

// The leader finds the proposal in the tree and accepts it; it runs, as its cycle does.
registry.category("web_tour.tours").add("growth_okr_accept", {
    steps: () => [
        ...openMenu("growth_okr_objective_menu", OKR),
        {
            trigger:
                ".o_hierarchy_node:contains('Grow in the North') button[name=hierarchy_search_subsidiaries]",
            run: "click",
        },
        {
            trigger: ".o_hierarchy_node:contains('Learn to Sell Services') .o_growth_okr_card",
            run: "click",
        },
        {
            trigger: "button[name=action_accept]",
            run: "click",
        },
        showsState("Running"),
        {
            content: "now one can check in, and it counts for the progress",
            trigger:
                "[name=key_result_ids] .o_data_row:has(button[name=action_check_in]) .o_growth_okr_progress",
        },
    ],
});

// The leader wants more before saying yes.
registry.category("web_tour.tours").add("growth_okr_ask_changes", {
    steps: () => [
        {
            trigger: "button[name=action_ask_changes]",
            run: "click",
        },
        {
            trigger: ".modal [name=note] textarea",
            run: "edit Who teaches whom?",
        },
        {
            trigger: ".modal button[name=action_decide]:contains('Ask for Changes')",
            run: "click",
        },
        {
            trigger: ".o_form_view .alert-warning:contains('Changes were asked for')",
        },
        {
            content: "the reason stands in the conversation",
            trigger: ".o-mail-Message:contains('Who teaches whom?')",
        },
    ],
});

// A manager reviews a cycle: a planning error needs its cause and lesson, then the cycle is closed
// and the next one takes over what is left.
registry.category("web_tour.tours").add("growth_okr_review", {
    steps: () => [
        ...openMenu("growth_okr_cycle_menu", OKR),
        {
            trigger: ".o_data_row:contains('Reviewed Month') [name=name]",
            run: "click",
        },
        {
            content: "it has ended: nothing is to be confirmed",
            trigger: "button.btn-primary[name=action_review]",
            run: "click",
        },
        showsState("In Review"),
        {
            trigger: ".alert-warning:contains('still wait for their verdict: 1')",
        },
        {
            trigger: ".o_data_row:contains('Sell More') button[name=action_judge]",
            run: "click",
        },
        {
            content: "not without the cause and the lesson",
            trigger: ".modal:contains('Planning Error') button[name=action_judge]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_invalid[name=lesson]",
        },
        {
            trigger: ".modal [name=cause] .o_radio_item:contains('Resources Not Counted') input",
            run: "click",
        },
        {
            trigger: ".modal [name=lesson] textarea",
            run: "edit Count the holidays first",
        },
        {
            trigger: ".modal button[name=action_judge]",
            run: "click",
        },
        {
            trigger:
                ".o_data_row:contains('Sell More'):contains('Planning Error'):contains('Judged'):not(:has(button[name=action_judge]))",
        },
        {
            trigger: "button[name=action_close]",
            run: "click",
        },
        showsState("Closed"),
        {
            trigger: "button[name=action_next]",
            run: "click",
        },
        {
            content: "what was not reached is taken over",
            trigger: ".modal [name=objective_ids] .o_data_row:contains('Sell More')",
        },
        {
            content: "not into the cycle that is running already",
            trigger: ".modal [name=next_cycle_id] input",
            run: "clear && click body",
        },
        {
            trigger: ".modal [name=name] input",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_create_cycle]",
            run: "click",
        },
        showsState("Planning"),
        {
            trigger: ".o_data_row:contains('Sell More'):contains('Draft')",
        },
    ],
});
