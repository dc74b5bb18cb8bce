"""mmengine metrics: they gather predictions and hand them to ``mmavl.evaluation``."""

from .localization_metric import LocalizationMetric
from .separation_metric import SeparationMetric
from .tag_metric import TagMetric

__all__ = ['LocalizationMetric', 'SeparationMetric', 'TagMetric']
