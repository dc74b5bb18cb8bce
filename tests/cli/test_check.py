import json

from mmavl.cli import main


def write(path, boxes):
    path.write_text(json.dumps([{'file': 'a', 'class': 'x', 'bbox': box} for box in boxes]))
    return str(path)


def test_exit_codes_say_whether_something_is_wrong(tmp_path, capsys):
    path = write(tmp_path / 'x.json', [[0.6, 0.1, 0.3, 0.8]])
    assert main(['check', path]) == 0
    assert 'note' in capsys.readouterr().out
    assert main(['check', path, '--boxes', 'xyxy']) == 1
    assert 'problem: ' in capsys.readouterr().out
    assert main(['check', path, str(tmp_path / 'none.json')]) == 1
    assert 'none.json' in capsys.readouterr().err
    assert main(['check', str(tmp_path / 'none.json')]) == 2


def test_json_holds_files_findings_and_what_could_not_be_read(tmp_path, capsys):
    path = write(tmp_path / 'x.json', [[0.6, 0.1, 0.3, 0.8]])
    main(['check', path, 'none.json', '--boxes', 'xyxy', '--json'])
    found = json.loads(capsys.readouterr().out)
    assert found['files'] == [{'path': path, 'kind': 'boxes of MUSIC', 'clips': 1, 'boxes': 1}]
    (finding,) = found['findings']
    assert (finding['kind'], finding['count'], finding['of']) == ('box format', 1, 1)
    assert [item['path'] for item in found['unusable']] == ['none.json']
