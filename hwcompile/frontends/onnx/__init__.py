"""The operators of ONNX and QONNX, one file per kind."""
