import { registry } from "@web/core/registry";

function question(title) {
    return `div.js_question-wrapper:contains("${title}")`;
}

// A customer opens the link of the email and answers, without an account.
registry.category("web_tour.tours").add("growth_survey_answer", {
    steps: () => [
        {
            trigger: "button.btn:contains('Start')",
            run: "click",
        },
        {
            content: "not likely at all",
            trigger: `${question("How likely are you")} label:contains("0"):not(:contains("10"))`,
            run: "click",
        },
        {
            trigger: `${question("What did you not like")} textarea`,
            run: "edit Nobody called back",
        },
        {
            trigger: `${question("What would you improve")} label:contains("service of the managers")`,
            run: "click",
        },
        {
            trigger: "button[value='finish']",
            run: "click",
        },
        {
            trigger: ".modal button:contains('Submit')",
            run: "click",
        },
        {
            trigger: "div:contains('We read every answer')",
        },
    ],
});
