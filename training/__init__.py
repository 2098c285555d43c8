"""How minnow, the small demo checkpoint, is made: speech, codec, language model, export.

Each stage is a program, `python -m training.STAGE --help`; docs/minnow.md has the commands in order.
"""
