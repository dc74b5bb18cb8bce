"""The base class of all models that mmengine's Runner trains and tests."""

from abc import abstractmethod

from mmengine.model import BaseModel
from torch import Tensor
from torch.nn.parameter import is_lazy

from mmavl.errors import ConfigError
from mmavl.structures import AVDataSample
from mmavl.utils.distributed import mean_over_ranks


class AVModel(BaseModel):
    """A model with three modes: 'loss', 'predict' and 'tensor'.

    A subclass implements :meth:`loss`, :meth:`predict` and :meth:`extract`; mmengine's Runner
    calls the rest.

    Args:
        data_preprocessor: Config. Defaults to None.
        init_cfg: mmengine's initialisation config. Defaults to None.
    """

    def __init__(
        self, data_preprocessor: dict | None = None, init_cfg: dict | None = None
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)

    @property
    def least_batch(self) -> int:
        """The fewest clips of a batch in training, of all processes together."""
        return 1

    @property
    def trains_on(self) -> tuple[str, ...]:
        """Annotations without which it learns nothing, of 'tags' and 'boxes'."""
        return ()

    @property
    def needs_classes(self) -> bool:
        """Whether its outputs are per class, so that they mean nothing without class names."""
        return True

    def forward(
        self,
        inputs: dict[str, Tensor],
        data_samples: list[AVDataSample] | None = None,
        mode: str = 'tensor',
    ) -> dict[str, Tensor] | list[AVDataSample]:
        """Run the model.

        Args:
            inputs: The output of the model's data preprocessor.
            data_samples: The samples; not needed in mode 'tensor'.
            mode: 'loss' returns a dict of scalars, 'predict' the samples with predictions,
                'tensor' a dict of tensors.

        Raises:
            ValueError: The mode is unknown.
        """
        samples = [] if data_samples is None else data_samples
        if mode == 'loss':
            return self.loss(inputs, samples)
        if mode == 'predict':
            return self.predict(inputs, samples)
        if mode == 'tensor':
            return self.extract(inputs)
        raise ValueError(f"mode must be 'loss', 'predict' or 'tensor', not {mode!r}")

    def init_weights(self) -> None:
        """Initialise the weights, see mmengine.

        Raises:
            ConfigError: A lazy module, such as ``LazyConv2d``, does not know its shape yet.
        """
        lazy = [name for name, p in self.named_parameters() if is_lazy(p)]
        if lazy:
            raise ConfigError(
                f'{type(self).__name__}: {", ".join(lazy)}: a lazy module has no weights to '
                'initialise: give its input channels (Conv2d in place of LazyConv2d)'
            )
        super().init_weights()

    @abstractmethod
    def extract(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return named tensors, without using samples."""

    @abstractmethod
    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """Return named losses."""

    @abstractmethod
    def predict(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> list[AVDataSample]:
        """Fill the prediction fields of the samples."""

    def parse_losses(self, losses: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Sum the losses; the logged values are means over all processes."""
        total, log = super().parse_losses(losses)
        return total, type(log)((name, mean_over_ranks(value)) for name, value in log.items())
