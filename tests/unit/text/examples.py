"""What several text tests draw from."""

from hypothesis import settings
from hypothesis import strategies as st

few_examples = settings(derandomize=True, deadline=None, database=None, max_examples=60)

writing = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(
            ("Dr. Who", "e.g.", "3.5", "(excited) ", "。", "！", "...", "\n\n", ". ", "; ")
        ),
        st.sampled_from(("hello", "wort", "天气", "かな", "مرحبا", "привет", "x" * 40)),
    ),
    max_size=12,
).map("".join)
"""Anything people may send: words, sentence ends and markers of several scripts, and rubbish."""
