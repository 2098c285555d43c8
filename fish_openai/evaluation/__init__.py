"""How good speech is: words a recogniser understands, lengths, and voices told apart.

Everything here hears at 16 kHz and reads from a `Reading`, wherever the speech came from.
"""
