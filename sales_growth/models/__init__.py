from . import growth_sales_facts
from . import growth_segment
from . import growth_segment_move
from . import growth_customer
from . import res_company
from . import res_partner
from . import sale_order
