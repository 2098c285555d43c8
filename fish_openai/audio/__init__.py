"""Samples and bytes: uploads, sample rates, speed, and the six formats of a response."""
