"""fish-speech 0.1.0 itself: the oracle of the parity tests, the benchmarks' baseline, an engine to choose."""
