from . import conversion_export
from . import okr_export
from . import segmentation_export
