model = dict(
    type='NMFMFCC',
    data_preprocessor=dict(type='SeparationDataPreprocessor', num_sources=2),
)
