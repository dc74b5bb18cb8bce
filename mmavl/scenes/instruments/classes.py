"""The classes of InstrumentScenes, those of AudioSet-instrument, and their families."""

CLASSES = (
    'Banjo',
    'Cello',
    'Drum',
    'Guitar',
    'Harp',
    'Harmonica',
    'Oboe',
    'Piano',
    'Saxophone',
    'Trombone',
    'Trumpet',
    'Violin',
    'Flute',
    'Accordion',
    'Horn',
)

#: Family -> its classes, which look and sound alike at first.
GROUPS = {
    'strings': ('Banjo', 'Cello', 'Guitar', 'Harp', 'Violin'),
    'wind': ('Flute', 'Oboe', 'Saxophone', 'Trombone', 'Trumpet', 'Horn', 'Harmonica'),
    'keys_percussion': ('Piano', 'Accordion', 'Drum'),
}

FAMILY = {name: family for family, members in GROUPS.items() for name in members}
