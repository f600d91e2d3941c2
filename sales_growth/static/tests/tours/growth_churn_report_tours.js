import { registry } from "@web/core/registry";
import { openMenu } from "./growth_tour_steps";

const tours = registry.category("web_tour.tours");
