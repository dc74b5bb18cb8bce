from ..datasets.conftest import data_root, manifest

__all__ = ['data_root', 'manifest']
