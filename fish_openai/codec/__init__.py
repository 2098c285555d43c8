"""The DAC audio codec: samples to codes and back, exactly and in pieces of any size."""

from fish_openai.waiting import wait_briefly

wait_briefly()
