from . import growth_demo
