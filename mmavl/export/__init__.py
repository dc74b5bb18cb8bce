"""Taking a model away: one safetensors file with its config, or ONNX."""
