"""The record of one clip that travels from the dataset through the model to the metrics."""

from mmengine.structures import BaseDataElement


class AVDataSample(BaseDataElement):
    """Reference and prediction of one audio-visual pair (a clip's sound and one of its frames).

    C is the number of tag classes, n of boxes, K of predicted maps.

    Reference fields:
        - ``gt_tags`` (Tensor): float [C], multi-hot or pseudo-label probabilities.
        - ``gt_visual_tags`` (Tensor): float [C], only where the frame's tags differ.
        - ``gt_instances`` (InstanceData): ``bboxes`` float [n, 4] xyxy in input pixels,
          ``labels`` long [n] (tag level), ``sounding`` bool [n], ``families`` long [n] (-1:
          no group known), ``names`` list of n class names as the manifest has them.
        - ``gt_map`` (Tensor): float [H, W] in [0, 1], where the reference is a consensus map.

    Prediction fields:
        - ``pred_tags`` (Tensor): float [C], probabilities heard.
        - ``pred_visual_tags`` (Tensor): float [C], probabilities seen.
        - ``pred_avc`` (Tensor): float [2], probability of correspondence of the clip's own pair
          and of its audio with another clip's image (nan where there was no other clip).
        - ``pred_maps`` (PixelData): ``data`` float [K, h, w], at feature resolution.
        - ``map_labels`` (Tensor): long [K], the class of each map; -1 is class-agnostic.
        - ``pred_labels`` (Tensor): long [M], the classes the model says are sounding.
        - ``pred_kinds`` (Tensor): float [K'], probability of each finer name if its class sounds.
        - ``pred_instances`` (InstanceData): ``bboxes`` float [n, 4] xyxy in pixels of the
          original frame, ``labels`` long [n], ``names`` list of n; around what sounds.

    Meta: ``clip_id``, ``frame_index``, ``img_path``, ``audio_path``, ``ori_shape`` (H, W),
    ``input_shape`` (H, W).
    """
