"""The record of one clip, passed from the dataset through the model to the metrics."""

from mmengine.structures import BaseDataElement


class AVDataSample(BaseDataElement):
    """Reference and prediction for one audio-visual pair (a clip's sound and one of its frames).

    C is the number of tag classes, n of boxes, K of predicted maps.

    Reference fields:
        - ``gt_tags`` (Tensor): float [C], multi-hot or pseudo-label probabilities.
        - ``gt_visual_tags`` (Tensor): float [C], only if the frame's tags differ.
        - ``gt_instances`` (InstanceData): ``bboxes`` float [n, 4] xyxy in input pixels,
          ``labels`` long [n] (tag level), ``sounding`` bool [n], ``families`` long [n] (-1:
          no group), ``names`` list of n class names as in the manifest.
        - ``gt_map`` (Tensor): float [H, W] in [0, 1], if the reference is a consensus map.

    Prediction fields:
        - ``pred_tags`` (Tensor): float [C], probabilities that the classes are audible.
        - ``pred_visual_tags`` (Tensor): float [C], probabilities that they are visible.
        - ``pred_avc`` (Tensor): float [2], probability of correspondence of the clip's pair
          and of its audio with another clip's image (nan if there was no other clip).
        - ``pred_maps`` (PixelData): ``data`` float [K, h, w], at feature resolution.
        - ``map_labels`` (Tensor): long [K], the class of each map; -1 is class-agnostic.
        - ``pred_labels`` (Tensor): long [M], the classes predicted to be sounding.
        - ``pred_kinds`` (Tensor): float [K'], probability of each kind if its class sounds.
        - ``pred_instances`` (InstanceData): ``bboxes`` float [n, 4] xyxy in pixels of the
          original frame, ``labels`` long [n], ``names`` list of n: boxes of sounding objects.

    Meta: ``clip_id``, ``frame_index``, ``negative`` (annotated, nothing sounds), ``img_path``,
    ``audio_path``, ``ori_shape`` (H, W), ``input_shape`` (H, W).
    """
