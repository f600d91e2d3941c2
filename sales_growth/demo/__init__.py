from . import growth_demo
from . import growth_demo_refusals
