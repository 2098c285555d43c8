"""How minnow, the small demo checkpoint, is made: speech, codec, language model, export.

Run the stages in this order, each with `python -m training.STAGE --help`; docs/minnow.md has the commands.
"""
