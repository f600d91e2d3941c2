/**
 * Steps through the menu of CRM.
 *
 * @param {string} name of the menu item, of this addon
 * @param {string} [section] of the menu bar
 */
export function openMenu(name, section = "sales_growth.growth_menu") {
    return [
        {
            content: "through the menu",
            trigger: `button[data-menu-xmlid='${section}']`,
            run: "click",
        },
        {
            trigger: `a[data-menu-xmlid='sales_growth.${name}']`,
            run: "click",
        },
    ];
}
