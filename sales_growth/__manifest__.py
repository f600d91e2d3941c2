{
    "name": "Sales Growth",
    "version": "19.0.2.0.0",
    "category": "Sales/CRM",
    "summary": "Know which customers matter and why prospects say no, inside the CRM",
    "author": "Sales Growth contributors",
    "license": "LGPL-3",
    "depends": [
        "crm",
        "sale_crm",
        "sale_margin",
    ],
    "external_dependencies": {"python": ["pandas", "xlsxwriter"]},
    "data": [
        "security/ir.model.access.csv",
        "security/growth_security.xml",

        "data/crm_lost_reason_data.xml",
        "data/growth_segment_data.xml",
        "data/ir_cron_data.xml",

        "wizards/crm_lead_lost_views.xml",
        "wizards/growth_refusal_reason_wizard_views.xml",
        "wizards/growth_segment_transition_wizard_views.xml",
        "wizards/res_config_settings_views.xml",

        "views/crm_lead_views.xml",
        "views/crm_lost_reason_views.xml",
        "views/crm_team_member_views.xml",
        "views/growth_competitor_views.xml",
        "views/growth_customer_views.xml",
        "views/growth_refusal_views.xml",
        "views/growth_refusal_signal_views.xml",
        "views/growth_segment_views.xml",
        "views/growth_segment_move_views.xml",
        "views/growth_segment_matrix_views.xml",
        "views/res_partner_views.xml",
        "views/res_users_views.xml",

        "reports/growth_segment_transition_views.xml",

        "views/sales_growth_menus.xml",
    ],
    "demo": [
        "demo/growth_demo_data.xml",
        "demo/res.users.csv",
        "demo/crm.team.member.csv",
        "demo/product.product.csv",
        "demo/growth.competitor.csv",
        "demo/res.partner-customers.csv",
        "demo/res.partner-contacts.csv",
        "demo/growth_demo_records.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "sales_growth/static/src/**/*",
            ("remove", "sales_growth/static/src/refusal_pivot/**/*"),
        ],
        "web.assets_backend_lazy": [
            "sales_growth/static/src/refusal_pivot/**/*",
        ],
        "web.assets_tests": [
            "sales_growth/static/tests/tours/**/*",
        ],
    },
    "pre_init_hook": "pre_init_hook",
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
    "application": True,
}
