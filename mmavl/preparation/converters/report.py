"""The report of a conversion: everything that was left out, and why."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mmavl.datasets.manifest import check_manifest, write_manifest
from mmavl.utils.files import atomic_write

from .boxes import drop_bad_frames
from .media import Outcome


@dataclass(frozen=True)
class Finding:
    """One problem of a conversion.

    Attributes:
        split (str): The manifest; '' for a file that belongs to none.
        clip_id (str): The clip; '' for a finding about the whole split.
        cause (str): E.g. 'missing', 'broken', 'no audio', 'short', 'silent', 'duplicate'.
        detail (str): The cause with file and values.
        kept (bool): Whether the clip is in the manifest nevertheless.
    """

    split: str
    clip_id: str
    cause: str
    detail: str
    kept: bool = False


@dataclass
class Report:
    """Findings of a conversion, and the number of clips in each manifest.

    Attributes:
        findings (list[Finding]): In the order in which they were added.
        usable (dict[str, int]): Split -> clips in its manifest.
    """

    findings: list[Finding] = field(default_factory=list)
    usable: dict[str, int] = field(default_factory=dict)

    def add(self, split: str, clip_id: str, cause: str, detail: str, kept: bool = False) -> None:
        """Add a finding; see :class:`Finding`."""
        self.findings.append(Finding(split, clip_id, cause, detail, kept))

    def add_unreadable(self, errors: Iterable[OSError]) -> None:
        """Add folders of media that could not be read."""
        for error in errors:
            self.add('', '', 'unreadable folder', str(error))

    def add_outcome(self, split: str, clip_id: str, outcome: Outcome | None) -> Outcome | None:
        """Add the problems of a clip's conversion.

        Returns:
            Outcome | None: The outcome if the clip can be used.
        """
        if outcome is None:
            self.add(split, clip_id, 'not converted', 'its shard was not run')
            return None
        if outcome.cause:
            self.add(split, clip_id, outcome.cause, outcome.detail)
        elif outcome.note:
            self.add(split, clip_id, outcome.note.partition(':')[0], outcome.note, kept=True)
        if outcome.more:
            files = ', '.join(outcome.more)
            detail = f'{files}: not used, since another file of this id was used'
            self.add(split, clip_id, 'duplicate', detail, kept=not outcome.cause)
        return None if outcome.cause else outcome

    def write_split(self, path: Path, split: str, metainfo: dict, entries: Iterable[dict]) -> int:
        """Write the manifest of the entries that pass the checks, and report the others.

        Args:
            path (Path): The manifest; it is not written if no entry passes.
            split (str): Its split.
            metainfo (dict): Its metainfo, without the split.
            entries (Iterable[dict]): Its ``data_list``.

        Returns:
            int: The number of entries written.
        """
        listed = list(entries)
        manifest = {'metainfo': {**metainfo, 'split': split}, 'data_list': listed}
        for entry in listed:
            for problem in drop_bad_frames(entry, metainfo['classes']):
                detail = f'{problem.message}: the frame is left out'
                self.add(split, entry['clip_id'], 'bad box', detail, kept=True)
        problems = check_manifest(manifest)
        for number, clip_problems in problems.items():
            clip_id = listed[number]['clip_id']
            for problem in clip_problems:
                self.add(split, clip_id, problem.kind, problem.message)
        kept = [e for number, e in enumerate(listed) if number not in problems]
        self.usable[split] = len(kept)
        if kept:
            write_manifest(path, {**manifest, 'data_list': kept})
        else:
            path.unlink(missing_ok=True)
        return len(kept)

    def write(self, path: Path) -> None:
        """Write the report as JSON: ``usable``, ``counts`` by split and cause, ``findings``."""
        counts: dict[str, Counter] = {}
        for finding in self.findings:
            counts.setdefault(finding.split, Counter())[_title(finding)] += 1
        content = {
            'usable': self.usable,
            'counts': counts,
            'findings': [asdict(finding) for finding in self.findings],
        }
        with atomic_write(path) as file:
            json.dump(content, file, indent=1)

    def lines(self) -> list[str]:
        """One line for each split: its number of clips, and its findings by cause."""
        lines = []
        for split in dict.fromkeys([*self.usable, *(f.split for f in self.findings)]):
            causes_found = Counter(_title(f) for f in self.findings if f.split == split)
            causes = ', '.join(f'{count} {title}' for title, count in causes_found.most_common())
            count = self.usable.get(split)
            usable = 'no manifest' if not count else f'{count} clips'
            parts = [usable if split else '', causes]
            lines.append(f'{split or "files"}: {"; ".join(filter(None, parts))}')
        return lines


def _title(finding: Finding) -> str:
    return f'{finding.cause} (kept)' if finding.kept else finding.cause
