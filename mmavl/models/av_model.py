"""The interface of every model that mmengine's Runner trains and tests."""

from abc import abstractmethod

from mmengine.model import BaseModel
from torch import Tensor

from mmavl.structures import AVDataSample
from mmavl.utils.distributed import mean_over_ranks


class AVModel(BaseModel):
    """A model with three modes: 'loss', 'predict' and 'tensor'.

    A subclass gives :meth:`loss`, :meth:`predict` and :meth:`extract`; mmengine's Runner calls
    the rest.

    Args:
        data_preprocessor: Config. Defaults to None.
        init_cfg: mmengine's initialisation config. Defaults to None.
    """

    def __init__(
        self, data_preprocessor: dict | None = None, init_cfg: dict | None = None
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)

    @property
    def needs_classes(self) -> bool:
        """Whether its answers are by class, so that it is of no use without their names."""
        return True

    def forward(
        self,
        inputs: dict[str, Tensor],
        data_samples: list[AVDataSample] | None = None,
        mode: str = 'tensor',
    ) -> dict[str, Tensor] | list[AVDataSample]:
        """Run the model.

        Args:
            inputs: What the model's data preprocessor gives.
            data_samples: The samples; needed except in mode 'tensor'.
            mode: 'loss' gives a dict of scalars, 'predict' the samples with predictions,
                'tensor' a dict of tensors.

        Raises:
            ValueError: Another mode.
        """
        if mode == 'loss':
            return self.loss(inputs, data_samples)
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        if mode == 'tensor':
            return self.extract(inputs)
        raise ValueError(f"mode must be 'loss', 'predict' or 'tensor', not {mode!r}")

    @abstractmethod
    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Tensors by name, without samples."""

    @abstractmethod
    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Named losses."""

    @abstractmethod
    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Fill the prediction fields of the samples."""

    def parse_losses(self, losses: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Sum the losses; what is logged is their mean over all processes."""
        total, log = super().parse_losses(losses)
        return total, type(log)((name, mean_over_ranks(value)) for name, value in log.items())
