import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { KeepLast } from "@web/core/utils/concurrency";
import { Model } from "@web/model/model";

const STORAGE_KEY = "growth_conversion";
const FIRST_CHOICE = { days: 90, teamId: false, funnelId: false, reading: "entry" };

/**
 * What was chosen on the screen, kept for when the page is loaded again or returned to. Teams and
 * funnels are a company's own.
 */
const memory = {
    get key() {
        return `${STORAGE_KEY},${user.userId},${user.activeCompany.id}`;
    },
    read() {
        return JSON.parse(browser.sessionStorage.getItem(this.key));
    },
    write(choice) {
        browser.sessionStorage.setItem(this.key, JSON.stringify(choice));
    },
    forget() {
        browser.sessionStorage.removeItem(this.key);
    },
};

export class ConversionModel extends Model {
    /**
     * @param {Object} params
     * @param {string} params.resModel
     */
    setup({ resModel }) {
        this.resModel = resModel;
        this.keepLast = new KeepLast();
        this.searchParams = null;
        this.choice = memory.read() || FIRST_CHOICE;
        /** What `data` was asked for with, while `choice` may be on its way. */
        this.shownChoice = this.choice;
        /** @type {Object | null} see `get_salespeople` on the server */
        this.data = null;
    }

    /**
     * @override
     */
    async load(searchParams) {
        this.searchParams = searchParams;
        try {
            await this.fetch();
        } catch (error) {
            memory.forget();
            if (this.data || this.choice === FIRST_CHOICE) {
                throw error;
            }
            // What is remembered may be deleted by now.
            this.choice = FIRST_CHOICE;
            await this.fetch();
        }
    }

    async fetch() {
        const { domain, context } = this.searchParams;
        const choice = this.choice;
        const { days, teamId, funnelId, reading } = choice;
        this.data = await this.keepLast.add(
            this.orm.call(this.resModel, "get_salespeople", [domain], {
                context,
                days,
                reading,
                team_id: teamId,
                funnel_id: funnelId,
            })
        );
        this.shownChoice = choice;
        memory.write(choice);
    }

    /**
     * @param {Object} change some of `days`, `teamId`, `funnelId` and `reading`
     */
    async choose(change) {
        this.choice = { ...this.choice, ...change };
        this.notify();
        try {
            await this.load(this.searchParams);
        } catch (error) {
            this.choice = this.shownChoice;
            throw error;
        } finally {
            this.notify();
        }
    }

    /**
     * @override
     */
    hasData() {
        return this.data.salespeople.length > 0;
    }
}
