import { onWillStart, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";

/**
 * A chart on the canvas that the template calls "canvas", for as long as there is one. It is drawn
 * when the library is loaded, and anew whenever what it depends on changes.
 *
 * @param {Function} getConfig gives what `Chart` takes
 * @param {Function} getDependencies gives an array
 * @returns {Object} `canvas` and `chart`, null while there is none, and `readStyle`
 */
export function useChart(getConfig, getDependencies) {
    const ref = useRef("canvas");
    const drawing = {
        chart: null,
        get canvas() {
            return ref.el;
        },
        readStyle: (prefix) => readStyle(ref.el, prefix),
    };
    onWillStart(() => loadBundle("web.chartjs_lib"));
    useEffect(() => {
        drawing.chart = ref.el ? new Chart(ref.el, getConfig()) : null;
        return () => drawing.chart?.destroy();
    }, getDependencies);
    return drawing;
}

/**
 * The stylesheet decides on the colors, so that they are those of the color scheme.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {string} prefix of the variables of its stylesheet
 * @returns {Object} `text` and `font`, and `read`, a function from the name of a variable
 */
function readStyle(canvas, prefix) {
    const style = getComputedStyle(canvas);
    return {
        text: style.color,
        font: style.fontFamily,
        read: (name) => style.getPropertyValue(`--${prefix}-${name}`).trim(),
    };
}
