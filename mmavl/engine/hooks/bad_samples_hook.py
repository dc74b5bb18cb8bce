"""Remembering the samples that cannot be read, for as long as a run takes."""

from mmengine.dist import barrier, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmavl.datasets import AVDataset
from mmavl.datasets.bad_samples import (
    BadSample,
    bad_samples_file,
    by_cause,
    cause_line,
    read_bad_samples,
)
from mmavl.datasets.parts import av_datasets
from mmavl.registry import HOOKS


@HOOKS.register_module()
class BadSamplesHook(Hook):
    """Record the training's bad samples in ``results/bad_samples.jsonl``, and log their causes.

    The loading processes of all training processes add to the file. After each epoch, all
    training processes know its samples, and so does a run that is resumed: none opens them again.
    A new run starts with an empty file.
    """

    def __init__(self) -> None:
        self._logged = 0

    def before_train(self, runner: Runner) -> None:
        """Start the file, or read it if the run continues."""
        file = bad_samples_file(runner.work_dir)
        if runner.iter == 0 and is_main_process():
            file.unlink(missing_ok=True)
        barrier()
        self._share(runner)
        known = len(read_bad_samples(file))
        if known:
            runner.logger.info(
                f'{known} bad samples are known and not opened again: delete {file} to try them'
            )

    def after_train_epoch(self, runner: Runner) -> None:
        """Log how many samples are bad so far, and why, if there are new ones."""
        self._share(runner)
        samples = read_bad_samples(bad_samples_file(runner.work_dir))
        if len(samples) > self._logged:
            self._logged = len(samples)
            causes = cause_line(by_cause(samples))
            runner.logger.warning(f'{len(samples)} bad samples so far: {causes}')

    @staticmethod
    def _share(runner: Runner) -> None:
        """Tell each dataset the samples that are in the file, also those of other processes."""
        file = bad_samples_file(runner.work_dir)
        known = read_bad_samples(file)
        for dataset in av_datasets(runner.train_dataloader.dataset):
            if isinstance(dataset, AVDataset):
                dataset.bad_samples.record_in(file, [s for s in known if _is_from(s, dataset)])


def _is_from(sample: BadSample, dataset: AVDataset) -> bool:
    """Whether a sample is one of a dataset's, whose manifest may have changed since."""
    same = sample.manifest == dataset.ann_file and sample.index < len(dataset)
    return same and dataset.get_data_info(sample.index, frame=0)['clip_id'] == sample.clip_id
