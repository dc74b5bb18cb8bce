model = dict(
    type='NMFMFCC',
    assignment='none',
    data_preprocessor=dict(type='SeparationDataPreprocessor', num_sources=2),
)
