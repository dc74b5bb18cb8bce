"""MLflow as a visualization backend."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.visualization import MLflowVisBackend
from mmengine.visualization.vis_backend import force_init_env

from mmavl.registry import VISBACKENDS


@VISBACKENDS.register_module()
class MLflowBackend(MLflowVisBackend):
    """mmengine's MLflow backend, which works without a server and keeps pictures by step.

    mmengine stores runs in files, which MLflow no longer supports, and names pictures without a
    file type, which MLflow refuses.

    Args:
        save_dir (str): Folder of the run; takes ``mlflow.db`` and the artifacts, unless
            MLFLOW_TRACKING_URI names another place.
        **kwargs: See mmengine's ``MLflowVisBackend``.
    """

    def __init__(self, save_dir: str, **kwargs: Any) -> None:
        if 'MLFLOW_TRACKING_URI' in os.environ:
            kwargs.setdefault('tracking_uri', os.environ['MLFLOW_TRACKING_URI'])
        else:
            folder = Path(save_dir).resolve()
            kwargs.setdefault('tracking_uri', f'sqlite:///{folder / "mlflow.db"}')
            kwargs.setdefault('exp_name', 'mmavl')
            kwargs.setdefault('artifact_location', (folder / 'mlflow_artifacts').as_uri())
        super().__init__(save_dir, **kwargs)

    @force_init_env
    def add_image(self, name: str, image: np.ndarray, step: int = 0, **kwargs: Any) -> None:
        """Log a picture, RGB uint8 [H, W, 3]."""
        self._mlflow.log_image(image, key=name, step=step)
