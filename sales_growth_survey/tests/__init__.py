from . import test_i18n
from . import test_stated_reason
from . import test_survey_answer
from . import test_survey_invite
from . import test_survey_page
from . import test_survey_question
