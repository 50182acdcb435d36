"""What ONNX and its relatives say about nodes: rules, attributes, axes of frames, constants."""
