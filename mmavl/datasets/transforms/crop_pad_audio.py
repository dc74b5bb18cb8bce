"""Bringing waveforms to one length."""

import numpy as np

from mmavl.registry import TRANSFORMS

from .crop import check_crop, crop_start


@TRANSFORMS.register_module()
class CropPadAudio:
    """Cut or fill the waveform to one fixed length, so that a batch can be stacked.

    Args:
        seconds (float): The length to make.
        crop (str): What to keep of a longer waveform: 'random', 'centre' or 'start'. Defaults
            to 'random'; for testing take 'centre'.
        pad (str): What follows a shorter one: 'zero' for silence, 'repeat' for the waveform
            again. Defaults to 'zero'.
    """

    def __init__(self, seconds: float, crop: str = 'random', pad: str = 'zero') -> None:
        check_crop(crop)
        if pad not in ('zero', 'repeat'):
            raise ValueError(f"pad={pad!r} is neither 'zero' nor 'repeat'")
        self.seconds = seconds
        self.crop = crop
        self.pad = pad

    def __call__(self, results: dict) -> dict:
        """Cut or fill the waveform."""
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
