"""A visualization backend that never leaves incomplete pictures."""

from pathlib import Path

import numpy as np
from mmengine.visualization import LocalVisBackend
from mmengine.visualization.vis_backend import force_init_env

from mmavl.registry import VISBACKENDS

from .drawing import write_png


@VISBACKENDS.register_module()
class AtomicVisBackend(LocalVisBackend):
    """mmengine's local backend, which additionally raises on a full disk instead of continuing.

    Args:
        save_dir (str): Folder of the run.
        **kwargs: See mmengine's ``LocalVisBackend``.
    """

    @force_init_env
    def add_image(self, name: str, image: np.ndarray, step: int = 0, **kwargs) -> None:
        """Write ``<name>_<step>.png``, RGB uint8 [H, W, 3].

        Raises:
            OSError: The picture cannot be written.
        """
        write_png(Path(self._img_save_dir, f'{name}_{step}.png'), image)
