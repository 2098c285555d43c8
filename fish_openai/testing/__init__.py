"""What tests and benchmarks need and no product run does: checkpoints with random weights."""

from fish_openai.waiting import wait_briefly

wait_briefly()
