"""Options that several commands have; imports nothing that takes long."""

from argparse import ArgumentParser

#: Values of every ``dtype`` in a config, and of ``--dtype``.
DTYPES = ('float32', 'bfloat16', 'auto')


def add_dtype_option(parser: ArgumentParser, default: str | None = 'auto') -> None:
    """Add ``--dtype`` to a command that runs a model.

    Args:
        parser (ArgumentParser): Of the command.
        default (str, optional): One of :data:`DTYPES`, or None: what the config says. Defaults to
            'auto'.
    """
    parser.add_argument(
        '--dtype',
        choices=DTYPES,
        default=default,
        help="what the model's layers compute in; auto: bfloat16 where the hardware multiplies "
        f'it, else float32 (default: {default or "as the config says"})',
    )
