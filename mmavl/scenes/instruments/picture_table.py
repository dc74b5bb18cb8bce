"""The class of each picture, and the splits in which it may appear.

Each entry was inspected; a name alone is not a label (``cello_mo_01`` and ``cello_mo_02`` are the
same drawing, and GCompris' harp, flute and trombone are openclipart's). A drawing that exists
twice is listed once, so that no picture of a class with two or more is in several splits.

Entries have the form ``source:name``. Sources: ``gcompris`` (instruments.rcc), ``tuxpaint``
(stamps/hobbies/music), ``openclipart`` (recreation/music), and the emoji sets ``noto``,
``twemoji``, ``openmoji``, ``emojione`` and ``fluent-emoji-flat``.
"""

#: Class -> (pictures of train, of val, of test and test_shift).
PICTURES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    'Banjo': (
        ('gcompris:banjo.svg', 'twemoji:banjo', 'openmoji:banjo'),
        ('fluent-emoji-flat:banjo',),
        ('noto:banjo',),
    ),
    'Cello': (
        ('gcompris:cello.svg', 'openclipart:cello_mo_01.png'),
        ('openclipart:cello_ganson.png',),
        ('tuxpaint:string/cello.png',),
    ),
    'Drum': (
        (
            'gcompris:snare_drum.svg',
            'gcompris:drum_kit.svg',
            'gcompris:bongo.svg',
            'tuxpaint:percussion/drum_tomtom_floor.png',
            'openclipart:africandrum_benji_park1.png',
            'openclipart:djambf_ganson.png',
            'twemoji:drum',
            'twemoji:long-drum',
            'openmoji:long-drum',
            'fluent-emoji-flat:long-drum',
        ),
        ('openclipart:drums_jarno_vasamaa_.png', 'emojione:drum', 'openmoji:drum'),
        (
            'gcompris:timpani.svg',
            'tuxpaint:percussion/drumkit.png',
            'openclipart:africandrum_benji_park2.png',
            'fluent-emoji-flat:drum',
            'noto:drum',
            'noto:long-drum',
        ),
    ),
    'Guitar': (
        (
            'gcompris:guitar.svg',
            'tuxpaint:string/guitar2.png',
            'tuxpaint:string/guitar_electric.png',
            'tuxpaint:string/guitar_electric_bass2.svg',
            'openclipart:guitar_jarno_vasamaa1.png',
            'openclipart:guitar_profile_philippe__01.png',
            'twemoji:guitar',
            'emojione:guitar',
            'fluent-emoji-flat:guitar',
        ),
        ('openclipart:electric_guitar_andrea__01r.png', 'openmoji:guitar'),
        (
            'gcompris:electric_guitar.svg',
            'tuxpaint:string/guitar_classical.png',
            'tuxpaint:string/guitar_electric_bass.png',
            'openclipart:guitar_jarno_vasamaa2.png',
            'openclipart:guitar_ganson.png',
            'noto:guitar',
        ),
    ),
    'Harp': (
        ('gcompris:harp.svg', 'openclipart:harp_mo_01.png', 'twemoji:harp'),
        ('openmoji:harp',),
        ('openclipart:harp1_ganson.png', 'noto:harp'),
    ),
    'Harmonica': (('gcompris:harmonica.svg',), (), ()),
    'Oboe': (('openclipart:oboe_ganson.png',), (), ()),
    'Piano': (
        (
            'gcompris:piano.svg',
            'twemoji:musical-keyboard',
            'emojione:musical-keyboard',
            'fluent-emoji-flat:musical-keyboard',
        ),
        ('openmoji:musical-keyboard',),
        ('openclipart:piano_geraint_luff_01.png', 'noto:musical-keyboard'),
    ),
    'Saxophone': (
        (
            'gcompris:saxophone.svg',
            'twemoji:saxophone',
            'openmoji:saxophone',
            'fluent-emoji-flat:saxophone',
        ),
        ('emojione:saxophone',),
        ('openclipart:saxophone_jarno_vasamaa_.png', 'noto:saxophone'),
    ),
    'Trombone': (
        ('gcompris:trombone.svg', 'twemoji:trombone'),
        ('openmoji:trombone',),
        ('noto:trombone',),
    ),
    'Trumpet': (
        (
            'gcompris:trumpet.svg',
            'openclipart:trumpet_pocket_colour_ganso.png',
            'twemoji:trumpet',
            'openmoji:trumpet',
            'fluent-emoji-flat:trumpet',
        ),
        ('emojione:trumpet',),
        (
            'openclipart:trumpet_b_flat_colour_ganso.png',
            'tuxpaint:brass/trumpet.png',
            'noto:trumpet',
        ),
    ),
    'Violin': (
        (
            'gcompris:violin.svg',
            'tuxpaint:string/violin.png',
            'twemoji:violin',
            'openmoji:violin',
            'fluent-emoji-flat:violin',
        ),
        ('emojione:violin',),
        ('tuxpaint:string/violin2.svg', 'openclipart:violin_colour_ganson.png', 'noto:violin'),
    ),
    'Flute': (
        ('gcompris:flute_traversiere.svg', 'twemoji:flute', 'openmoji:flute'),
        ('fluent-emoji-flat:flute',),
        ('noto:flute',),
    ),
    'Accordion': (
        ('gcompris:accordion.svg', 'twemoji:accordion', 'openmoji:accordion'),
        ('fluent-emoji-flat:accordion',),
        ('noto:accordion',),
    ),
    'Horn': (
        (
            'gcompris:horn.svg',
            'twemoji:postal-horn',
            'emojione:postal-horn',
            'fluent-emoji-flat:postal-horn',
        ),
        ('openmoji:postal-horn',),
        ('openclipart:french_horn_ganson.png', 'noto:postal-horn'),
    ),
}

#: Line drawings that are transparent between the lines, which get a white background.
UNFILLED = (
    'openclipart:cello_mo_01.png',
    'openclipart:harp_mo_01.png',
    'openclipart:saxophone_jarno_vasamaa_.png',
)

#: The resource files with the photographs used as backgrounds.
BACKGROUNDS = ('explore_monuments', 'erase', 'explore_world_animals', 'explore_farm_animals')
