"""Command-line options shared by several commands; fast to import."""

from argparse import ArgumentParser

#: Valid values of ``dtype`` in a config, and of ``--dtype``.
DTYPES = ('float32', 'bfloat16', 'auto')


def add_dtype_option(parser: ArgumentParser, default: str | None = 'auto') -> None:
    """Add ``--dtype`` to a command that runs a model.

    Args:
        parser (ArgumentParser): Parser of the command.
        default (str, optional): One of :data:`DTYPES`, or None to use the config's. Defaults to
            'auto'.
    """
    parser.add_argument(
        '--dtype',
        choices=DTYPES,
        default=default,
        help="number format of the model's layers; auto: bfloat16 if the hardware supports "
        f'it, else float32 (default: {default or "set by the config"})',
    )
