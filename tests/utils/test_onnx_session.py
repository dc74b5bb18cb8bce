import zipfile

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mmavl.errors import ConfigError
from mmavl.utils.onnx_session import OnnxSession

pytest.importorskip('onnxruntime')


def save(path, nodes, inputs, outputs, constants=()):
    values = [numpy_helper.from_array(np.array(v), name) for name, v in constants]
    graph = helper.make_graph(nodes, 'toy', inputs, outputs, values)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8), path
    )
    return path


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def doubling(path, batch='n'):
    """x -> 2x, float, [batch, 3]."""
    return save(
        path,
        [helper.make_node('Mul', ['x', 'two'], ['y'])],
        [value('x', TensorProto.FLOAT, [batch, 3])],
        [value('y', TensorProto.FLOAT, [batch, 3])],
        [('two', np.float32(2))],
    )


@pytest.mark.parametrize('batch', ['n', 1])
def test_a_float_graph_is_run_for_any_batch(tmp_path, batch):
    session = OnnxSession(doubling(tmp_path / 'x.onnx', batch))
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert session(x).tolist() == (2 * x).tolist()


def test_a_zip_is_looked_into(tmp_path):
    doubling(tmp_path / 'inner.onnx')
    with zipfile.ZipFile(tmp_path / 'x.zip', 'w') as archive:
        archive.write(tmp_path / 'inner.onnx', 'folder/inner.onnx')
    assert OnnxSession(tmp_path / 'x.zip')(np.ones((1, 3), np.float32)).tolist() == [[2, 2, 2]]
    with zipfile.ZipFile(tmp_path / 'empty.zip', 'w') as archive:
        archive.writestr('readme', '')
    with pytest.raises(ConfigError, match=r'empty\.zip contains no \.onnx file'):
        OnnxSession(tmp_path / 'empty.zip')


def test_quantised_ends_are_coded_with_the_graphs_own_scales(tmp_path):
    path = save(
        tmp_path / 'x.onnx',
        [
            helper.make_node('DequantizeLinear', ['x', 'in_scale', 'in_zero'], ['a']),
            helper.make_node('QuantizeLinear', ['a', 'out_scale', 'out_zero'], ['y']),
        ],
        [value('x', TensorProto.UINT8, ['n', 4])],
        [value('y', TensorProto.UINT8, ['n', 4])],
        [
            ('in_scale', np.float32(0.5)),
            ('in_zero', np.uint8(100)),
            ('out_scale', np.float32(2)),
            ('out_zero', np.uint8(10)),
        ],
    )
    # 0.5 steps from -50 to 77.5 come in, steps of 2 from -20 go out
    found = OnnxSession(path)(np.array([[3.2, -100.0, 7.9, 500.0]], np.float32))
    assert found.tolist() == [[4.0, -20.0, 8.0, 78.0]]


def test_codes_without_a_scale_and_second_inputs_are_refused(tmp_path):
    codes = [value('x', TensorProto.UINT8, [1])], [value('y', TensorProto.UINT8, [1])]
    path = save(tmp_path / 'x.onnx', [helper.make_node('Identity', ['x'], ['y'])], *codes)
    with pytest.raises(
        ConfigError, match=r"'x' is tensor\(uint8\), but the graph does not give its scale"
    ):
        OnnxSession(path)
    ends = [value(name, TensorProto.FLOAT, [1]) for name in 'xyz']
    path = save(
        tmp_path / 'y.onnx', [helper.make_node('Add', ['x', 'y'], ['z'])], ends[:2], ends[2:]
    )
    with pytest.raises(ConfigError, match=r"must have one input, not \['x', 'y'\]"):
        OnnxSession(path)


def test_a_zip_that_unpacks_to_gigabytes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr('mmavl.utils.onnx_session.LARGEST', 10**6)
    with zipfile.ZipFile(tmp_path / 'x.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('x.onnx', bytes(2 * 10**6))
    with pytest.raises(ConfigError, match=r'x\.zip unpacks to 2,000,000 bytes in 1 files'):
        OnnxSession(tmp_path / 'x.zip')


def test_damaged_files_are_named(tmp_path):
    path = doubling(tmp_path / 'x.onnx')
    content = path.read_bytes()
    with zipfile.ZipFile(tmp_path / 'x.zip', 'w') as archive:
        archive.writestr('x.onnx', content)
    packed = (tmp_path / 'x.zip').read_bytes()
    changed = packed.replace(b'toy', b'tex')  # its check sum is now another one
    for name, broken in (
        ('x.onnx', b'nothing of the kind'),
        ('x.onnx', content[:-20]),
        ('x.zip', packed[:100]),
        ('x.zip', changed),
    ):
        (tmp_path / name).write_bytes(broken)
        with pytest.raises(ConfigError, match=rf'{name}.* damaged') as error:
            OnnxSession(tmp_path / name)
        assert len(str(error.value).splitlines()) == 1


def test_weights_outside_of_its_folder_are_not_read(tmp_path):
    (tmp_path / 'secret').write_bytes(bytes(4))
    (tmp_path / 'model').mkdir()
    path = doubling(tmp_path / 'model/x.onnx')
    model = onnx.load(path)
    (two,) = model.graph.initializer
    two.data_location = TensorProto.EXTERNAL
    two.ClearField('raw_data')
    for place in ('../secret', str(tmp_path / 'secret')):
        del two.external_data[:]
        two.external_data.add(key='location', value=place)
        path.write_bytes(model.SerializeToString())
        with pytest.raises(ConfigError, match=r'x\.onnx is damaged or not an ONNX file'):
            OnnxSession(path)
