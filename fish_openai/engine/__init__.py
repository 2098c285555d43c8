"""One thread that owns every tensor: admits requests, steps all rows, hands out samples."""

from fish_openai.waiting import wait_briefly

wait_briefly()
