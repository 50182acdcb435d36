"""Models of hls4ml; nothing here imports hls4ml, whose graphs are read as they are."""
