"""Conversion of downloaded media and published annotations to manifests; used by the tools."""
