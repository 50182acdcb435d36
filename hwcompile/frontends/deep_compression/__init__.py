"""Networks that Deep Compression's authors published, as QONNX models that compile."""
