import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/**
 * Forms save what was begun when the page is left. A check-in is made by its button alone, or
 * closing the page would say something that nobody has said.
 */
export class OkrCheckInFormController extends FormController {
    /**
     * @override
     */
    async beforeUnload(ev) {
        if (this.model.root.dirty) {
            ev.preventDefault();
            ev.returnValue = "Unsaved changes";
        }
    }
}

export const okrCheckInFormView = { ...formView, Controller: OkrCheckInFormController };

registry.category("views").add("growth_okr_check_in_form", okrCheckInFormView);
