{
    "name": "Sales Growth: Surveys",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "Ask lost customers why, and all of them whether they recommend you",
    "author": "Sales Growth contributors",
    "license": "LGPL-3",
    "depends": [
        "sales_growth",
        "survey",
    ],
    "data": [
        "security/ir.model.access.csv",
        "security/sales_growth_survey_security.xml",

        "data/growth_churn_survey_data.xml",

        "wizards/survey_invite_views.xml",

        "views/growth_churn_case_views.xml",
        "views/growth_churn_reason_views.xml",
        "views/growth_customer_views.xml",
        "views/growth_nps_answer_views.xml",
        "views/survey_question_views.xml",
        "views/survey_survey_views.xml",
    ],
    "assets": {
        "web.assets_tests": [
            "sales_growth_survey/static/tests/tours/**/*",
        ],
    },
    "auto_install": True,
}
