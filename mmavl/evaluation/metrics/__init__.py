"""mmengine metrics, which gather predictions and pass them to ``mmavl.evaluation``."""

from .localization_metric import LocalizationMetric
from .separation_metric import SeparationMetric
from .tag_metric import TagMetric

__all__ = ['LocalizationMetric', 'SeparationMetric', 'TagMetric']
