import { KeepLast } from "@web/core/utils/concurrency";
import { Model } from "@web/model/model";

export class SegmentMatrixModel extends Model {
    /**
     * @param {Object} params
     * @param {string} params.resModel
     */
    setup({ resModel }) {
        this.resModel = resModel;
        this.keepLast = new KeepLast();
        /** @type {Object | null} see `get_matrix` on the server */
        this.matrix = null;
        /** @type {Object[]} see `get_pareto` on the server */
        this.points = [];
        this.linesWithoutCost = 0;
    }

    /**
     * @override
     */
    async load({ domain, context }) {
        const [matrix, points] = await this.keepLast.add(
            Promise.all([
                this.orm.call(this.resModel, "get_matrix", [domain], { context }),
                this.orm.call(this.resModel, "get_pareto", [domain], { context }),
            ])
        );
        this.matrix = matrix;
        this.points = points;
        this.loadLinesWithoutCost(context);
    }

    /**
     * Not waited for: counting lines may take longer than everything else on the screen.
     */
    async loadLinesWithoutCost(context) {
        this.linesWithoutCost = await this.orm.call(this.resModel, "get_lines_without_cost", [], {
            context,
        });
        this.notify();
    }

    /**
     * @override
     */
    hasData() {
        return this.matrix.customer_count + this.matrix.unclassified_count > 0;
    }

    get isComputed() {
        return Boolean(this.matrix.first_day);
    }
}
