"""Lists: pairs that do not match, clips listed twice, ids shared between splits."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from .annotation import Annotation
from .finding import Finding, examples

#: An id of YouTube, alone or with what names of clips and frames add to it.
_YOUTUBE = re.compile(r'([\w-]{11})(?:[_.].*)?', re.ASCII)
_ROLES = ('train', 'val', 'test', 'boxes')
#: Files with boxes are what one evaluates on, so they may overlap with these.
_MAY_OVERLAP = {frozenset({'boxes', 'val'}), frozenset({'boxes', 'test'})}


def check_pairs(annotation: Annotation) -> Iterator[Finding]:
    """Check a list of pairs.

    Published code has looked boxes up under the partner's name, which is only right where the
    partner's own row names the clip.

    Yields:
        Finding: Partners that name another clip or have no row, pairs of one class, and pairs
        of one video.
    """
    path, pairs = str(annotation.path), annotation.pairs
    if not pairs:
        return
    partner = {clip: other for clip, _, other, _ in pairs}
    lonely = [other for _, _, other, _ in pairs if other not in partner]
    if lonely:
        text = f'partners without a row of their own: {examples(lonely)}'
        yield Finding(path, 'pairs', text, len(lonely), len(pairs))
    turned = [(a, b) for a, _, b, _ in pairs if b in partner and partner[b] != a]
    if turned:
        a, b = turned[0]
        text = (
            f'pairs are not symmetric: {a!r} is with {b!r}, whose own partner is {partner[b]!r}; '
            "take each row's boxes and frames by its own two names, never by a partner's row"
        )
        yield Finding(path, 'pairs', text, len(turned), len(pairs))
    same = [clip for clip, kind, _, other in pairs if kind == other]
    if same:
        text = f'both clips of a pair have the same class: {same[0]!r}'
        yield Finding(path, 'pairs', text, len(same), len(pairs))
    video = [a for a, _, b, _ in pairs if youtube_id(a) and youtube_id(a) == youtube_id(b)]
    if video:
        text = f'both clips of a pair are from one video: {examples(video)}'
        yield Finding(path, 'pairs', text, len(video), len(pairs))


def check_repeats(annotation: Annotation) -> Iterator[Finding]:
    """Clips that a list has twice; COCO-like ids and manifests are checked elsewhere."""
    if annotation.manifest is not None:
        return
    twice = [clip for clip, count in Counter(annotation.ids).items() if count > 1]
    if twice:
        text = f'clips are listed more than once: {examples(twice)}'
        yield Finding(str(annotation.path), 'duplicate', text, len(twice), len(annotation.ids))


def check_splits(annotations: Sequence[Annotation]) -> Iterator[Finding]:
    """Compare files of different splits.

    Yields:
        Finding: Clips, and other clips of the same video, that two splits share. A file's split
        is that of its metainfo, else the word train, val, test or boxes in its name.
    """
    for first, second in combinations(annotations, 2):
        roles = {role_of(first), role_of(second)}
        if '' in roles or len(roles) < 2 or frozenset(roles) in _MAY_OVERLAP:
            continue
        theirs = set(second.ids)
        shared = [clip for clip in dict.fromkeys(first.ids) if clip in theirs]
        if shared:
            text = f'clips are also in {second.path}: {examples(shared)}'
            yield Finding(str(first.path), 'shared ids', text, len(shared), len(first.ids))
        videos = {youtube_id(clip) for clip in theirs} - {''}
        more = [c for c in dict.fromkeys(first.ids) if c not in theirs and youtube_id(c) in videos]
        if more:
            text = f'other parts of the same videos are in {second.path}: {examples(more)}'
            yield Finding(str(first.path), 'shared ids', text, len(more), len(first.ids))


def role_of(annotation: Annotation) -> str:
    """'train', 'val', 'test', 'boxes', or '' where nothing says it."""
    split = (annotation.manifest or {}).get('metainfo', {}).get('split', '')
    for text in (str(split), annotation.path.stem):
        words = re.split(r'[^a-z]+', text.lower())
        role = next((role for role in _ROLES if role in words), '')
        if role:
            return role
    return ''


def youtube_id(clip: str) -> str:
    """The video of a clip, '' where its name holds no id of YouTube."""
    match = _YOUTUBE.fullmatch(clip)
    return match[1] if match else ''
