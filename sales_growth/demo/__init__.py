from . import growth_demo
from . import growth_demo_refusals
from . import growth_demo_funnel
from . import growth_demo_coaching
from . import growth_demo_contacts
from . import growth_demo_teams
from . import growth_demo_churn
from . import growth_demo_okr
