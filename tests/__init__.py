from fish_openai.waiting import wait_briefly

wait_briefly()
