from . import growth_churn_case
from . import growth_churn_reason
from . import growth_customer
from . import growth_nps_answer
from . import survey_question
from . import survey_question_answer
from . import survey_survey
from . import survey_user_input
