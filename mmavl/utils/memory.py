"""Peak memory of a process."""

import resource
import sys

import torch


def peak_memory() -> int:
    """The most memory that this process has had at once, in bytes: on its GPU if it uses one."""
    if torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return torch.cuda.max_memory_allocated()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == 'darwin' else 1024 * peak
