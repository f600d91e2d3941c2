from . import test_access_rights
from . import test_growth_customer
from . import test_growth_segment
from . import test_res_company
from . import test_res_partner
from . import test_sales_facts
from . import test_sales_facts_invoice
