"""Does everything between a text and audio work on this machine."""

from fish_openai.waiting import wait_briefly

wait_briefly()
