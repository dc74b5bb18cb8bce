"""Examine any number of files and runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmavl.errors import DataError

from .annotation import Annotation, read_annotation
from .boxes import check_boxes
from .finding import Finding
from .lists import check_pairs, check_repeats, check_splits
from .media import check_copies, check_entries
from .runs import check_run, find_runs


@dataclass
class Examination:
    """What was examined, and what is wrong.

    Attributes:
        files (list[dict]): Of each ``path``, ``kind``, ``clips`` and ``boxes`` (how many).
        findings (list[Finding]): In the order of the files, then of the pairs of files.
        unusable (list[tuple[str, str]]): Path and reason of what could not be read.
    """

    files: list[dict] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unusable: list[tuple[str, str]] = field(default_factory=list)

    @property
    def problems(self) -> list[Finding]:
        """Findings that are not only notes."""
        return [finding for finding in self.findings if finding.problem]


def examine(
    paths: Sequence[str | Path],
    layout: str = '',
    data_root: str | Path | None = None,
    media: bool = True,
    workers: int = 1,
) -> Examination:
    """Examine manifests, published annotations, lists, and work directories.

    Args:
        paths (Sequence[str | Path]): Files, and folders of runs.
        layout (str): Read boxes as 'xywh' or 'xyxy'; '' as each kind of file has them.
        data_root (str | Path, optional): Of manifests' media. Defaults to each one's folder.
        media (bool): Look at the media of manifests. Defaults to True.
        workers (int): Processes that decode media. Defaults to 1.

    Returns:
        Examination: What is wrong; a file that cannot be read does not end it.
    """
    result = Examination()
    annotations = []
    for path in map(Path, paths):
        try:
            if path.is_dir():
                runs = find_runs(path)
                result.files.append({'path': str(path), 'kind': 'runs', 'runs': len(runs)})
                result.findings += [finding for run in runs for finding in check_run(run)]
                continue
            annotation = read_annotation(path)
        except (DataError, OSError) as error:
            result.unusable.append((str(path), str(error)))
            continue
        annotations.append(annotation)
        result.files.append(_describe(annotation))
        root = (data_root or path.parent) if media else None
        result.findings += _check(annotation, layout or annotation.layout, root, workers)
    result.findings += check_splits(annotations)
    return result


def _describe(annotation: Annotation) -> dict:
    return {
        'path': str(annotation.path),
        'kind': annotation.kind,
        'clips': len(set(annotation.ids)),
        'boxes': len(annotation.boxes),
    }


def _check(
    annotation: Annotation, layout: str, data_root: str | Path | None, workers: int
) -> Iterator[Finding]:
    if len(annotation.boxes):
        found = check_boxes(str(annotation.path), annotation.boxes, layout)
        # single boxes of a manifest are named by the checks of its entries
        whole = annotation.manifest is None
        yield from (f for f in found if whole or (f.kind == 'box format' and f.problem))
    yield from check_pairs(annotation)
    yield from check_repeats(annotation)
    if annotation.manifest is not None:
        yield from check_entries(annotation, data_root, workers)
        if data_root is not None:
            yield from check_copies(annotation, data_root)
