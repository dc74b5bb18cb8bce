"""Bringing waveforms to a fixed length."""

import numpy as np

from mmavl.registry import TRANSFORMS

from .crop import check_crop, crop_start


@TRANSFORMS.register_module()
class CropPadAudio:
    """Crop or pad the waveform to a fixed length, so that a batch can be stacked.

    Args:
        seconds (float): The target length.
        crop (str): Which part of a longer waveform to keep: 'random', 'centre' or 'start'.
            Defaults to 'random'; use 'centre' for testing.
        pad (str): How to fill up a shorter one: 'zero' for silence, 'repeat' to repeat the
            waveform. Defaults to 'zero'.
    """

    def __init__(self, seconds: float, crop: str = 'random', pad: str = 'zero') -> None:
        check_crop(crop)
        if pad not in ('zero', 'repeat'):
            raise ValueError(f"pad={pad!r} must be 'zero' or 'repeat'")
        self.seconds = seconds
        self.crop = crop
        self.pad = pad

    def __call__(self, results: dict) -> dict:
        """Crop or pad the waveform."""
        if 'waveform' not in results:
            return results
        wave = results['waveform']
        wanted = round(self.seconds * results['sample_rate'])
        if len(wave) > wanted:
            start = round(crop_start(len(wave), wanted, self.crop))
            wave = wave[start : start + wanted]
        elif self.pad == 'zero':
            wave = np.pad(wave, (0, wanted - len(wave)))
        else:
            wave = np.resize(wave, wanted)
        results['waveform'] = wave
        return results
