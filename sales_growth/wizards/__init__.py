from . import base_partner_merge
from . import growth_segment_transition_wizard
from . import res_config_settings
