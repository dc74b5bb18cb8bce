import pytest

from mmavl.cli import main, new_project
from mmavl.cli.new_project import write_project


def test_a_project_is_named_after_its_folder_in_paths_and_contents(tmp_path, capsys):
    folder = tmp_path / 'a b/My-Method 2'
    assert main(['new-project', str(folder)]) == 0
    assert f"cd '{folder}'" in capsys.readouterr().out
    files = {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}
    assert {
        'README.md', 'pyproject.toml', 'my_method_2/__init__.py', 'tests/test_components.py',
        'configs/my_method_2_scenes.py',
    } <= files  # fmt: skip
    for path in files:
        assert 'example' not in path
        text = (folder / path).read_text()
        assert 'av_example' not in text
        assert 'av-example' not in text
    assert 'name = "my-method-2"' in (folder / 'pyproject.toml').read_text()
    assert sorted(path.name for path in (tmp_path / 'a b').iterdir()) == ['My-Method 2']


@pytest.mark.parametrize(
    ('name', 'said'),
    [
        ('torch', "there is a package 'torch' already"),
        ('json', "there is a package 'json' already"),
        ('3d', "'3d' cannot be the name of a package"),
        ('class', "'class' cannot be the name of a package"),
        ('here', 'exists already'),
    ],
)
def test_a_name_that_cannot_be_a_new_package_is_refused(tmp_path, name, said, capsys):
    (tmp_path / 'here').mkdir()
    assert main(['new-project', str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ['here']


def test_an_interrupted_project_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(new_project, '_renamed', interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_project(tmp_path / 'mine')
    assert list(tmp_path.iterdir()) == []
