"""Exporting models: as one safetensors file with its config, or as ONNX."""
