"""Loading a clip's frame."""

from mmavl.media.image import read_image
from mmavl.media.video import read_video_frame
from mmavl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadFrame:
    """Load the frame of a clip from its image file or video.

    Reads ``img_path``, or else ``video`` and ``time`` (seconds). Writes ``image`` (uint8 RGB
    [H, W, 3]) and ``ori_shape`` (H, W). Does nothing if the results have no picture, or already
    have ``image_features``.

    Raises:
        DataError: The file is missing, empty, truncated or not readable as an image.
    """

    def __call__(self, results: dict) -> dict:
        """Load the frame."""
        if 'image_features' in results:
            return results
        if 'img_path' in results:
            results['image'] = read_image(results['img_path'])
        elif 'video' in results:
            results['image'] = read_video_frame(results['video'], results['time'])
        else:
            return results
        results['ori_shape'] = results['image'].shape[:2]
        return results
