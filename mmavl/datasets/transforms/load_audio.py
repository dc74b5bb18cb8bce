"""Loading a clip's sound."""

from mmavl.media.audio import read_audio
from mmavl.registry import TRANSFORMS

from .crop import check_crop, crop_start


@TRANSFORMS.register_module()
class LoadAudio:
    """Load a clip's sound as a mono waveform at a fixed rate.

    Reads ``audio_path`` (an audio file, or a video with an audio track) and ``duration`` if
    known, which helps to detect truncated files. Writes ``waveform`` (float32 [L], nominally in
    [-1, 1]) and ``sample_rate``. Does nothing if the results have no sound, or already have
    ``audio_features``.

    Args:
        sample_rate (int): Target rate in Hz. Defaults to 22050.
        seconds (float, optional): Decode only this much of a longer file. Defaults to the
            whole file, which must then be shorter than ten minutes.
        crop (str): Which part to decode: 'random', 'centre', 'start', or 'frame': the part
            around the clip's frame (its ``time``). Defaults to 'centre'.

    Raises:
        DataError: The file is missing, empty, truncated, without sound or not decodable.
    """

    def __init__(
        self, sample_rate: int = 22050, seconds: float | None = None, crop: str = 'centre'
    ) -> None:
        if crop != 'frame':
            check_crop(crop)
        self.sample_rate = sample_rate
        self.seconds = seconds
        self.crop = crop

    def __call__(self, results: dict) -> dict:
        """Load the sound."""
        if 'audio_features' in results or 'audio_path' not in results:
            return results
        results['waveform'], results['sample_rate'] = read_audio(
            results['audio_path'],
            self.sample_rate,
            self.seconds,
            start=lambda length, wanted: self._start(results, length, wanted),
            expected=results.get('duration', 0.0),
        )
        return results

    def _start(self, results: dict, length: float, wanted: float) -> float:
        if self.crop == 'frame':
            return results['time'] - wanted / 2
        return crop_start(length, wanted, self.crop)
