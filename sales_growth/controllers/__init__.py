from . import segmentation_export
