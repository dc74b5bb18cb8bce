import onnx
import pytest
from onnx import TensorProto, helper


@pytest.fixture
def colour_means(tmp_path):
    """Writes an ONNX file that gives the mean over the last two dimensions."""

    def write(name, shape):
        node = helper.make_node('ReduceMean', ['x'], ['y'], axes=[2, 3], keepdims=0)
        ends = [
            helper.make_tensor_value_info('x', TensorProto.FLOAT, shape),
            helper.make_tensor_value_info('y', TensorProto.FLOAT, shape[:2]),
        ]
        graph = helper.make_graph([node], 'toy', ends[:1], ends[1:])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
        onnx.save(model, tmp_path / name)
        return str(tmp_path / name)

    return write
