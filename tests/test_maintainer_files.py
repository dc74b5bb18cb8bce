"""What maintainers and hosts read: citation, workflow, issue forms, policies."""

import os
import re
from pathlib import Path

import pytest
import yaml

import mmavl

ROOT = Path(__file__).parents[1]
FORMS = [ROOT / '.github/ISSUE_TEMPLATE' / name for name in ('bug.yml', 'feature.yml')]


def read(path):
    return yaml.safe_load((ROOT / path).read_text())


def test_the_citation_has_what_the_format_requires():
    citation = read('CITATION.cff')
    assert citation['cff-version'] == '1.2.0'
    assert {'message', 'title', 'authors'} <= citation.keys()
    assert citation['type'] == 'software'
    assert citation['version'] == mmavl.__version__
    assert citation['license'] == 'Apache-2.0'


def test_the_citation_and_the_readme_name_the_same_paper():
    (paper,) = read('CITATION.cff')['references']
    assert paper['type'] == 'conference-paper'
    authors = [f'{a["family-names"]}, {a["given-names"]}' for a in paper['authors']]
    readme = (ROOT / 'README.md').read_text()
    assert f'author={{{" and ".join(authors)}}}' in readme
    assert f'title={{{paper["title"]}}}' in readme
    assert f'year={{{paper["year"]}}}' in readme


def test_the_workflow_runs_what_the_repository_calls_its_continuous_integration():
    workflow = read('.github/workflows/ci.yml')
    (job,) = workflow['jobs'].values()
    assert job['steps'][-1] == {'run': '.ci/run'}
    assert os.access(ROOT / '.ci/run', os.X_OK)
    (python,) = [step['with'] for step in job['steps'] if 'python' in step.get('uses', '')]
    assert (python['python-version'], python['cache']) == ('3.11', 'pip')
    for pattern in python['cache-dependency-path'].split():
        assert list(ROOT.glob(pattern)), pattern
    assert workflow['permissions'] == {'contents': 'read'}


@pytest.mark.parametrize('path', FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_fields_with_names_of_their_own(path):
    form = read(path)
    assert form['name']
    assert form['description']
    fields = [field for field in form['body'] if field['type'] != 'markdown']
    assert len({field['id'] for field in fields}) == len(fields)
    assert all(field['attributes']['label'] for field in fields)


def test_a_bug_report_asks_for_the_environment():
    (field,) = [f for f in read(FORMS[0])['body'] if f['id'] == 'environment']
    assert 'python -m mmavl.collect_env' in field['attributes']['description']
    assert field['validations']['required']


def test_vulnerabilities_are_reported_in_private():
    text = (ROOT / 'SECURITY.md').read_text()
    assert 'private vulnerability reporting' in text
    assert 'docs/security.md' in text


def test_the_glossary_is_sorted_and_has_a_line_for_each_term():
    text = (ROOT / 'CONTRIBUTING.md').read_text()
    section = text[text.index('## Glossary') : text.index('## Release checklist')]
    terms = re.findall(r'^\| ([a-z][\w -]+) \| \S.{15,}\|$', section, re.MULTILINE)[1:]
    assert len(terms) >= 20
    assert terms == sorted(set(terms))


def test_read_the_docs_builds_the_pages_with_requirements_of_the_repository():
    hosted = read('.readthedocs.yaml')
    assert (ROOT / hosted['sphinx']['configuration']).is_file()
    requirements, package = hosted['python']['install']
    assert (ROOT / requirements['requirements']).is_file()
    assert package == {'method': 'pip', 'path': '.'}
    assert hosted['build']['tools']['python'] == '3.11'  # as in .github/workflows/ci.yml
