"""Print what a bug report needs: ``python -m mmavl.collect_env``."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

import torch

import mmavl
from mmavl.utils.autocast import bfloat16_instructions

_PACKAGES = (
    'torch', 'torchvision', 'torchaudio', 'onedl-mmengine', 'mmengine', 'onedl-mmcv', 'mmcv',
    'onedl-mmdetection', 'mmdet', 'timm', 'numpy', 'opencv-python-headless', 'av', 'soundfile',
    'soxr', 'onnx',
)  # fmt: skip


def collect_env() -> dict[str, str]:
    """Gather the versions of everything that matters, and what the hardware can do.

    Returns:
        dict[str, str]: Values by name. Packages that are not installed are left out.
    """
    info = {
        'mmavl': f'{mmavl.__version__} ({os.path.dirname(mmavl.__file__)})',
        'Python': f'{platform.python_version()} ({sys.executable})',
        'System': platform.platform(),
    }
    for package in _PACKAGES:
        try:
            info[package] = version(package)
        except PackageNotFoundError:
            continue
    info['CPU'] = (
        f'{_cpu_name()}, {os.cpu_count()} logical cores, {torch.get_num_threads()} threads'
    )
    info['CPU capability'] = torch.backends.cpu.get_cpu_capability()
    info['CPU fast bfloat16'] = bfloat16_instructions('cpu') or 'no'
    info['CUDA'] = str(torch.version.cuda) if torch.cuda.is_available() else 'not available'
    for index in range(torch.cuda.device_count()):
        info[f'GPU {index}'] = torch.cuda.get_device_name(index)
    if torch.cuda.is_available():
        info['GPU fast bfloat16'] = bfloat16_instructions('cuda') or 'no'
    return info


def _cpu_name() -> str:
    capabilities: dict = getattr(torch.cpu, 'get_capabilities', dict)()
    return capabilities.get('cpu_name') or platform.processor() or platform.machine()


if __name__ == '__main__':
    for name, value in collect_env().items():
        print(f'{name}: {value}')
