"""A round speaks one frame for every row that can, and hands out what is ready."""

import pytest

from fish_openai.engine.pacing import Moment
from fish_openai.engine.request import Usage
from fish_openai.errors import EngineFault
from tests.engine.recorder import run
from tests.engine.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_request_is_spoken_frame_by_frame_in_growing_chunks(stage: Stage) -> None:
    stage.submit("60")
    run(stage.stepper)
    stage.assert_done(0, 60)
    assert [len(chunk) for chunk in stage.recorders[0].chunks] == [4, 8, 16, 24, 8]
    stage.assert_empty()


def test_sentences_are_spoken_one_after_the_other(stage: Stage) -> None:
    stage.submit("3 5 1")
    run(stage.stepper)
    stage.assert_done(0, 9)
    assert stage.backend.named("begin_turn") == [[0], [0]]
    usage = stage.recorders[0].usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_frames) == (9, 9)


def test_a_whole_answer_is_handed_out_only_when_a_sentence_is_complete(stage: Stage) -> None:
    stage.submit("30 30", is_whole=True)
    stage.rounds(25)
    assert not stage.heard(0)
    run(stage.stepper)
    stage.assert_done(0, 60)


def test_rows_share_every_step(stage: Stage) -> None:
    stage.submit("90", "90", "90")
    stage.rounds(5)
    assert stage.backend.named("step")[2:] == [[0, 1, 2]] * 3
    assert stage.stepper.num_frames == 1 + 2 + 3 * 3


def test_while_nobody_speaks_a_prompt_is_read_at_once(stage: Stage) -> None:
    stage.backend.blocks = 5
    stage.submit("9")
    stage.rounds(1)
    assert len(stage.backend.named("read")) == 5
    assert stage.backend.named("step") == [[0]]


def test_reading_a_prompt_holds_nobody_up_for_more_than_a_block(stage: Stage) -> None:
    stage.submit("90")
    stage.rounds(1)
    stage.backend.blocks = 3
    stage.submit("90")
    before = len(stage.backend.events)
    stage.rounds(3)
    methods = [event for event in stage.backend.events[before:] if event[0] in ("read", "step")]
    assert methods == [("read", [1]), ("step", [0])] * 2 + [("read", [1]), ("step", [0, 1])]


def test_the_next_sentence_of_a_listener_is_read_before_all_of_a_newcomers_prompt(
    stage: Stage,
) -> None:
    stage.submit("9 9")
    stage.rounds(5)
    stage.backend.blocks = 8
    stage.submit("9", "9")
    stage.rounds(3)
    stage.backend.blocks = 1
    run(stage.stepper)
    events = [event for event in stage.backend.events if event[0] in ("begin_turn", "read")]
    begun = events.index(("begin_turn", [0]))
    assert events[begun + 1] == ("read", [0])


def test_prompts_are_read_in_the_order_in_which_requests_came(stage: Stage) -> None:
    stage.submit("9", "9", "9", "9")
    run(stage.stepper)
    assert stage.backend.named("read") == [[0], [1], [2], [3]]


def test_rows_of_equal_chunks_are_decoded_together(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = stage.submit("90", "90")
    stage.rounds(1)
    with monkeypatch.context() as patch:
        patch.setattr(Moment, "has_to_wait", lambda _, row, **__: row is first)
        patch.setattr(Moment, "may_go_on", lambda _, row, **__: row is not first)
        stage.rounds(1)  # the first waits for the second
    stage.rounds(3)
    assert stage.backend.named("decode") == [[0, 1]]


def test_a_waiting_row_takes_the_place_of_one_that_ends() -> None:
    stage = Stage(num_rows=1)
    stage.submit("2", "3")
    run(stage.stepper)
    stage.assert_done(0, 2)
    stage.assert_done(1, 3)
    in_and_out = [event for event in stage.backend.events if event[0] in ("join", "leave")]
    assert in_and_out == [("join", [0]), ("leave", [0]), ("join", [1]), ("leave", [1])]


def test_the_callers_limit_ends_a_request_at_its_frame(stage: Stage) -> None:
    stage.submit("100 100", max_frames=6)
    run(stage.stepper)
    stage.assert_done(0, 6)


def test_a_round_says_whether_there_was_anything_to_do(stage: Stage) -> None:
    assert not stage.stepper.round(), "with no row at all the thread may sleep"
    stage.submit("2")
    assert stage.stepper.round()
    run(stage.stepper)
    assert not stage.stepper.round()


def test_a_row_that_is_not_done_in_time_is_given_up_wherever_it_is() -> None:
    stage = Stage(num_rows=1)
    running, waiting, patient = stage.submit("90", "90", "9")
    running.deadline = waiting.deadline = 10.0
    stage.rounds(5)
    stage.now = 11.0
    run(stage.stepper)
    stage.assert_failed(0, "took too long")
    stage.assert_failed(1, "took too long")
    stage.assert_done(2, 9)
    assert patient.num_frames == 9
    stage.assert_empty()


def test_aborting_frees_a_row_wherever_it_is() -> None:
    stage = Stage(num_rows=2)
    stage.submit("90")
    stage.rounds(1)
    stage.backend.blocks = 9
    stage.submit("90", "90")
    stage.rounds(2)
    for row in (*stage.stepper.table.rows, *stage.stepper.waiting):
        stage.stepper.abort(row)
        stage.stepper.check_integrity()
    stage.assert_empty()
    assert all(not recorder.endings for recorder in stage.recorders.values())


def test_the_longest_time_of_a_request_is_that_of_all_its_turns_played(stage: Stage) -> None:
    (row,) = stage.submit("10 1")
    assert stage.stepper.longest_s(row) == (64 + 64) * stage.backend.info.frame_s


def test_an_error_of_ours_ends_one_row(stage: Stage) -> None:
    rows = stage.submit("9", "9")
    stage.rounds(2)
    stage.stepper.fail(rows[0], EngineFault("for a reason"))
    run(stage.stepper)
    stage.assert_failed(0, "for a reason")
    stage.assert_done(1, 9)


def test_pauses_are_heard_where_they_were_asked_for(stage: Stage) -> None:
    stage.submit("_1 3 _2 2 _3")
    run(stage.stepper)
    assert stage.heard(0) == [-1, 0, 1, 2, -1, -1, 3, 4, -1, -1, -1]
    assert stage.recorders[0].usage == Usage(input_tokens=5, output_frames=5)


def test_pauses_are_the_same_wherever_the_chunks_of_a_stream_end(stage: Stage) -> None:
    stage.submit("4 _2 9 _1 30 _5 2", "90", "4 _2 9 _1 30 _5 2")
    run(stage.stepper)
    assert stage.heard(0) == stage.heard(2)
    assert len(stage.heard(0)) == 45 + 8


def test_silence_alone_needs_no_row() -> None:
    stage = Stage(num_rows=1)
    stage.submit("90")
    stage.rounds(1)
    stage.submit("_5")
    assert stage.recorders[1].endings == ["done"]
    assert stage.heard(1) == [-1] * 5
    assert stage.recorders[1].usage == Usage(input_tokens=0, output_frames=0)


def test_a_long_pause_gives_a_row_more_time(stage: Stage) -> None:
    (short,) = stage.submit("1")
    (long,) = stage.submit("1 _16000")
    assert stage.stepper.longest_s(long) == stage.stepper.longest_s(short) + 1
