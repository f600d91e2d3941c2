from . import base_partner_merge
from . import growth_refusal_stated
from . import crm_lead_lost
from . import growth_handover_refuse
from . import growth_refusal_reason_wizard
from . import growth_segment_transition_wizard
from . import growth_split_forecast
from . import res_config_settings
