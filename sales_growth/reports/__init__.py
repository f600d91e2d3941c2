from . import growth_contact_report
from . import growth_contact_facts
from . import growth_conversion_report
from . import growth_conversion_salespeople
from . import growth_conversion_export
from . import growth_conversion_export_chart
from . import growth_segment_transition
