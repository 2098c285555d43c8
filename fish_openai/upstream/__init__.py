"""fish-speech 0.1.0 itself: the parity tests' oracle, the benchmarks' baseline, an engine to choose."""

from fish_openai.waiting import wait_briefly

wait_briefly()
