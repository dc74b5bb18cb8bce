# Musical instruments by the labels of two pretrained classifiers: what YAMNet hears (AudioSet) and
# what an ImageNet classifier sees. The 15 of AudioSet-instrument and InstrumentScenes are among
# the classes, with their names and families. All tables are written for TableGroups.
families = dict(
    strings=['Banjo', 'Cello', 'Guitar', 'Harp', 'Violin'],
    wind=[
        'Flute',
        'Harmonica',
        'Horn',
        'Oboe',
        'Saxophone',
        'Trombone',
        'Trumpet',
    ],
    keys_percussion=[
        'Accordion',
        'Chime',
        'Drum',
        'Gong',
        'Maraca',
        'Marimba',
        'Organ',
        'Piano',
        'Steel drum',
    ],
)
classes = [name for members in families.values() for name in members]
families['Music'] = [*classes]

# Finer names of a class, to show in its place where a classifier tells them apart.
kinds = dict(
    Guitar=['Acoustic guitar', 'Electric guitar', 'Bass guitar', 'Ukulele'],
    Drum=['Drum kit', 'Snare drum', 'Timpani', 'Tabla'],
    Piano=['Grand piano', 'Upright piano', 'Electric piano', 'Harpsichord'],
    Chime=['Wind chime', 'Tubular bells'],
    Cello=['Double bass'],
    Marimba=['Vibraphone', 'Glockenspiel'],
    Organ=['Hammond organ'],
)

# Class -> what else stands for it in labels written by hand, in lower case.
aliases = dict(
    Accordion=['squeezebox', 'concertina', 'bandoneon', 'melodeon'],
    Cello=['violoncello', 'double bass', 'contrabass', 'upright bass'],
    Chime=['bell', 'bells', 'chimes'],
    Drum=[
        'drums',
        'drum set',
        'bass drum',
        'tom-tom',
        'conga',
        'congas',
        'bongo',
        'bongos',
        'cajon',
        'djembe',
    ],
    Flute=['transverse flute', 'piccolo', 'recorder'],
    Gong=['tam-tam'],
    Guitar=['resonator guitar', 'steel guitar', 'slide guitar', 'electric bass', 'uke'],
    Harmonica=['mouth organ', 'mouth harp', 'blues harp'],
    Horn=['french horn'],
    Maraca=['maracas', 'shaker', 'guiro'],
    Marimba=['xylophone', 'vibraphone', 'glockenspiel'],
    Oboe=['clarinet'],
    Organ=['pipe organ', 'church organ'],
    Piano=['keyboard', 'digital piano'],
    Saxophone=['sax'],
    Trumpet=['cornet', 'bugle'],
    Violin=['fiddle', 'viola', 'erhu'],
    **{'Steel drum': ['steelpan', 'steel pan']},
)

# Class -> AudioSet's labels.
audio_table = dict(
    Accordion=['Accordion'],
    Banjo=['Banjo'],
    # YAMNet says 'Double bass' of a cello as often as 'Cello', and ImageNet has only the cello.
    Cello=['Cello', 'Double bass'],
    Chime=['Chime', 'Wind chime', 'Tubular bells', 'Bell'],
    # YAMNet calls congas 'Wood block'.
    Drum=[
        'Drum',
        'Drum kit',
        'Snare drum',
        'Rimshot',
        'Drum roll',
        'Bass drum',
        'Timpani',
        'Tabla',
        'Cymbal',
        'Hi-hat',
        'Wood block',
    ],
    Flute=['Flute'],
    Gong=['Gong'],
    Guitar=[
        'Guitar',
        'Electric guitar',
        'Bass guitar',
        'Acoustic guitar',
        'Steel guitar, slide guitar',
        'Tapping (guitar technique)',
        'Strum',
        'Ukulele',
    ],
    Harmonica=['Harmonica'],
    Harp=['Harp'],
    Horn=['French horn'],
    Maraca=['Maraca', 'Rattle (instrument)'],
    Marimba=['Marimba, xylophone', 'Glockenspiel', 'Vibraphone', 'Mallet percussion'],
    # AudioSet has no oboe, and YAMNet calls it a clarinet; ImageNet has no clarinet: one class.
    Oboe=['Clarinet'],
    Organ=['Organ', 'Electronic organ', 'Hammond organ'],
    Piano=['Piano', 'Electric piano', 'Harpsichord'],
    Saxophone=['Saxophone'],
    Trombone=['Trombone'],
    Trumpet=['Trumpet'],
    Violin=['Violin, fiddle'],
    **{'Steel drum': ['Steelpan']},
)

# Class -> ImageNet's labels, as timm spells them.
visual_table = dict(
    Accordion=['accordion, piano accordion, squeeze box'],
    Banjo=['banjo'],
    Cello=['cello, violoncello'],
    Chime=['chime, bell, gong'],
    Drum=['drum, membranophone, tympan', 'drumstick'],
    Flute=['flute, transverse flute'],
    Gong=['gong, tam-tam'],
    # Its guitars are also a ukulele's looks.
    Guitar=['acoustic guitar', 'electric guitar'],
    Harmonica=['harmonica, mouth organ, harp, mouth harp'],
    Harp=['harp'],
    Horn=['French horn, horn'],
    Maraca=['maraca'],
    Marimba=['marimba, xylophone'],
    Oboe=['oboe, hautboy, hautbois'],
    Organ=['organ, pipe organ'],
    Piano=['grand piano, grand', 'upright, upright piano'],
    Saxophone=['sax, saxophone'],
    Trombone=['trombone'],
    Trumpet=['cornet, horn, trumpet, trump'],
    Violin=['violin, fiddle'],
    **{'Steel drum': ['steel drum']},
)

# Family -> AudioSet's labels that name the family, or an instrument that ImageNet does not know.
audio_family_table = dict(
    strings=[
        'Plucked string instrument',
        'Bowed string instrument',
        'String section',
        'Pizzicato',
        'Sitar',
        'Mandolin',
        'Zither',
    ],
    Music=['Music', 'Musical instrument', 'Orchestra'],
    wind=['Brass instrument', 'Wind instrument, woodwind instrument', 'Bagpipes', 'Didgeridoo'],
    keys_percussion=['Keyboard (musical)', 'Synthesizer', 'Percussion', 'Tambourine'],
)

# Family -> ImageNet's labels of instruments that AudioSet does not know.
visual_family_table = dict(
    wind=['bassoon', 'panpipe, pandean pipe, syrinx', 'ocarina, sweet potato'],
)

# Kind -> the labels that tell it from the other kinds of its class, of one list or of both.
audio_kind_table = {
    'Acoustic guitar': ['Acoustic guitar'],
    'Electric guitar': ['Electric guitar'],
    'Bass guitar': ['Bass guitar'],
    'Ukulele': ['Ukulele'],
    'Drum kit': ['Drum kit', 'Cymbal', 'Hi-hat'],
    'Snare drum': ['Snare drum', 'Rimshot', 'Drum roll'],
    'Timpani': ['Timpani'],
    'Tabla': ['Tabla'],
    'Electric piano': ['Electric piano'],
    'Harpsichord': ['Harpsichord'],
    'Wind chime': ['Wind chime'],
    'Tubular bells': ['Tubular bells'],
    'Double bass': ['Double bass'],
    'Vibraphone': ['Vibraphone'],
    'Glockenspiel': ['Glockenspiel'],
    'Hammond organ': ['Hammond organ'],
}
visual_kind_table = {
    'Acoustic guitar': ['acoustic guitar'],
    'Electric guitar': ['electric guitar'],
    'Grand piano': ['grand piano, grand'],
    'Upright piano': ['upright, upright piano'],
}

# What people do with their voices: its place is a face, which FaceDetector finds.
voices = {
    'Singing': ['Singing', 'Choir', 'Child singing', 'Vocal music', 'A capella', 'Rapping'],
}
