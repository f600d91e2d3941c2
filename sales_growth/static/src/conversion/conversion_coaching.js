import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatInteger } from "@web/views/fields/formatters";
import { formatRate } from "./conversion_format";

/**
 * Who teaches whom, and a button that makes it happen.
 */
export class ConversionCoaching extends Component {
    static template = "sales_growth.ConversionCoaching";
    static props = {
        data: Object, // see `get_salespeople` on the server
        start: Function,
    };

    setup() {
        this.state = useState({ isStarting: false });
    }

    get isJudged() {
        return this.props.data.reading === "entry";
    }

    /**
     * Salespeople with the steps where they are below plan and nobody is there to teach them.
     */
    get untaught() {
        const { pairs, salespeople, steps } = this.props.data;
        const taught = new Set(
            pairs.flatMap((pair) => pair.steps.map((step) => `${pair.pupil_id},${step.id}`))
        );
        return salespeople
            .filter(({ id }) => id)
            .map(({ id, name, cells }) => ({
                id,
                name,
                steps: steps
                    .filter((step) => cells[step.id]?.verdict === "below_plan")
                    .filter((step) => !taught.has(`${id},${step.id}`))
                    .map((step) => step.name)
                    .join(", "),
            }))
            .filter((person) => person.steps);
    }

    get emptyText() {
        const { minimum, salespeople } = this.props.data;
        const cells = salespeople.flatMap((person) => Object.values(person.cells));
        return cells.every(({ verdict }) => !verdict || verdict === "not_enough")
            ? _t(
                  "Not enough cases for a verdict: it takes %(minimum)s leads per step (a company " +
                      "setting).",
                  { minimum: formatInteger(minimum) }
              )
            : _t("Nobody is clearly below plan.");
    }

    getRates(pair, step) {
        return _t("%(teacher)s %(teacher_rate)s, %(pupil)s %(pupil_rate)s", {
            teacher: pair.teacher_name,
            teacher_rate: formatRate(step.teacher_conversion),
            pupil: pair.pupil_name,
            pupil_rate: formatRate(step.pupil_conversion),
        });
    }

    canStart(pair) {
        return this.props.data.can_coach && pair.steps.some((step) => !step.is_coached);
    }

    async start(pair) {
        this.state.isStarting = true;
        try {
            await this.props.start(pair);
        } finally {
            this.state.isStarting = false;
        }
    }
}
