"""The official OpenAI client against `/v1/models`."""

import pytest
from openai import NotFoundError, OpenAI


def test_models_are_listed(openai: OpenAI) -> None:
    models = {model.id: model for model in openai.models.list()}
    assert {"fake/minnow", "tts-1", "tts-1-hd", "gpt-4o-mini-tts"} <= models.keys()
    assert {model.object for model in models.values()} == {"model"}


def test_model_with_a_slash_in_its_id_is_retrieved(openai: OpenAI) -> None:
    assert openai.models.retrieve("fake/minnow").id == "fake/minnow"


def test_unknown_model_cannot_be_retrieved(openai: OpenAI) -> None:
    with pytest.raises(NotFoundError) as caught:
        openai.models.retrieve("fake_id")
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"
