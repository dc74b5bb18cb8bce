"""Many runs of many configs: trained, tested and compared."""

from .scheduler import Failure, run_trials
from .trial import Stage, Trial, read_outcome

__all__ = ['Failure', 'Stage', 'Trial', 'read_outcome', 'run_trials']
