"""Programs that measure; `README.md` says what each of them does."""

from fish_openai.waiting import wait_briefly

wait_briefly()
