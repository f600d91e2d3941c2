from . import growth_segment_transition
