model = dict(type='RandomLocalizer', data_preprocessor=dict(type='AVDataPreprocessor'))
