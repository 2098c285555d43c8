"""What tests and benchmarks need and no product run does: checkpoints with random weights."""
