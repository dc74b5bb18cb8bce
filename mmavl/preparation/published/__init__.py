"""Reading annotation files published by the paper's authors and for related methods."""

from .flickr import read_flickr_boxes, read_name_list
from .instruments import InstrumentRelease, read_instrument_release
from .music import read_music_boxes, read_video_list
from .reading import Duplicates
from .references import (
    read_audioset_instrument,
    read_music,
    read_soundnet_flickr,
    read_vggss,
)
from .vggss import VggssBoxes, read_vggss_boxes

__all__ = [
    'Duplicates',
    'InstrumentRelease',
    'VggssBoxes',
    'read_audioset_instrument',
    'read_flickr_boxes',
    'read_instrument_release',
    'read_music',
    'read_music_boxes',
    'read_name_list',
    'read_soundnet_flickr',
    'read_vggss',
    'read_vggss_boxes',
    'read_video_list',
]
