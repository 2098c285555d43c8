"""How long each stage takes on this machine, and how long it has to take at least."""

from fish_openai.waiting import wait_briefly

wait_briefly()
