"""Does everything between a text and audio work on this machine."""
