import { registry } from "@web/core/registry";

function checkIn(name) {
    return {
        content: `check in for ${name}`,
        trigger: `.o_kanban_record:contains('${name}') button[name=action_check_in]`,
        run: "click",
    };
}

// A salesperson says where the own key results stand, ticks a milestone, and plans and does an
// initiative.
registry.category("web_tour.tours").add("growth_okr_check_in", {
    steps: () => [
        checkIn("Orders won"),
        {
            content: "where it comes from and goes to",
            trigger: ".modal .oe_title:contains('Orders won'):contains('100 orders')",
        },
        {
            trigger: ".modal [name=value] input",
            run: "edit 40",
        },
        {
            trigger: ".modal input[data-value='7'] + label",
            run: "click",
        },
        {
            trigger: ".modal [name=comment] textarea",
            run: "edit The fair helped",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "the card tells the new progress",
            trigger:
                ".o_kanban_record:contains('Orders won'):contains(/40\\s+100 orders/)" +
                ":contains('40%') [title=Confidence]:contains('7/10')",
        },
        checkIn("Second desk"),
        {
            content: "nobody is asked for what Odoo counts",
            trigger: ".modal:not(:has([name=value] input)) .alert:contains('Odoo counts them')",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_kanban_record:contains('Second desk') [title=Confidence]:contains('5/10')",
        },
        {
            trigger: ".o_kanban_record:contains('Second desk') .fw-bolder",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains('Find the place') .o_data_cell[name=name]",
            run: "click",
        },
        {
            trigger: ".o_selected_row [name=is_done] input",
            run: "click",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "three quarters by weight",
            trigger: ".o_form_saved [name=progress]:contains('75%')",
        },
        {
            trigger: ".o_growth_okr_chart canvas[aria-label*='75%']",
        },
        {
            trigger: "a[name=initiatives]",
            run: "click",
        },
        {
            trigger: "[name=initiative_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            trigger: "[name=initiative_ids] .o_selected_row [name=name] input",
            run: "edit Call the landlord",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger:
                ".o_form_saved .o_data_row:contains('Call the landlord'):contains('To Do') " +
                "button[name=action_done]",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains('Call the landlord'):contains('Done')",
        },
        {
            trigger: ".oe_title [name=objective_id] a",
            run: "click",
        },
        {
            content: "the reminder of the objective is done",
            trigger: ".o-mail-Message:contains('Check In on Key Results')",
        },
        {
            trigger: "body:not(:has(.o-mail-Activity))",
        },
    ],
});

// Values are typed as people write them: in per cent, in money, and as a yes.
registry.category("web_tour.tours").add("growth_okr_check_in_kinds", {
    steps: () => [
        checkIn("Answers"),
        {
            trigger: ".modal [name=value] input:value(20%)",
            run: "edit 35",
        },
        {
            trigger: ".modal [name=comment] textarea",
            run: "click",
        },
        {
            content: "how far that is, before it is said",
            trigger: ".modal [name=progress]:contains('50%')",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "what it is measured in is told once",
            trigger: ".o_kanban_record:contains('Answers'):contains(/35.0\\s+50.0 %/):contains('50%')",
        },
        checkIn("Profit"),
        {
            trigger: ".modal .o_row:contains('USD') [name=value] input:value(1,000)",
            run: "edit 2,500.50",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_kanban_record:contains('Profit'):contains('2,500.50')",
        },
        checkIn("Contract"),
        {
            trigger: ".modal [name=is_reached] input",
            run: "click",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_kanban_record:contains('Contract'):contains('100%')",
        },
        {
            content: "again: what was said before is told, and taken back",
            trigger: ".o_kanban_record:contains('Contract') button[name=action_check_in]",
            run: "click",
        },
        {
            trigger: ".modal [name=previous_text]:contains('confidence 5 of 10')",
        },
        {
            trigger: ".modal [name=is_reached] input",
            run: "click",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_kanban_record:contains('Contract') .o_growth_okr_number:contains(/^0%$/)",
        },
    ],
});

// Who is not responsible reads it all, and changes nothing.
registry.category("web_tour.tours").add("growth_okr_check_in_others", {
    steps: () => [
        {
            trigger: ".o_form_view [name=milestone_ids] .o_data_row:contains('Find the place')",
        },
        {
            content: "nothing to say and nothing to add",
            trigger:
                ".o_form_view:not(:has(button[name=action_check_in])):not(:has(.o_field_x2many_list_row_add))",
        },
        {
            trigger: ".breadcrumb-item:contains('Key Results') a",
            run: "click",
        },
        {
            trigger:
                ".o_list_view .o_data_row:contains('Second desk'):not(:has(button[name=action_check_in]))",
        },
    ],
});
