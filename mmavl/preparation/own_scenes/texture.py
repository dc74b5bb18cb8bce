"""Backgrounds of coloured clouds, used if there are no photographs."""

import numpy as np

_SHAPE = (320, 426)


def texture(seed: int) -> np.ndarray:
    """Draw clouds with a spectrum like that of photographs, in a few random colours.

    Amplitudes fall with spatial frequency, as in natural images.

    Args:
        seed: Determines the picture.

    Returns:
        np.ndarray: uint8 BGR [320, 426, 3].

    Source: Field, Relations between the statistics of natural images and the response properties
    of cortical cells, 1987.
    """
    rng = np.random.default_rng([seed, 7])
    frequency = np.hypot(np.fft.fftfreq(_SHAPE[0])[:, None], np.fft.rfftfreq(_SHAPE[1])[None])
    frequency[0, 0] = np.inf
    slope = rng.uniform(1.25, 1.75)
    clouds = []
    for _ in range(3):
        spectrum = np.fft.rfft2(rng.standard_normal(_SHAPE)) / frequency**slope
        cloud = np.fft.irfft2(spectrum, _SHAPE)
        clouds.append(cloud / cloud.std())
    mix = rng.normal(0, 5, (3, 3)) + rng.normal(0, 16, (3, 1))  # brightness varies most
    ground = rng.uniform(70, 180) + rng.normal(0, 14, 3)
    picture = ground + np.stack(clouds, axis=-1) @ mix
    return picture.round().clip(0, 255).astype(np.uint8)
