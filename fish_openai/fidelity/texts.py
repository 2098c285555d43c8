"""What is said when nobody names another text: plain sentences, without numbers and names."""

TEXTS = (
    "The door is open.",
    "Your tea is ready, and the bread is still warm.",
    "Please turn left at the bakery, then follow the river.",
    "She put the letter in a drawer and never spoke of it again.",
    "Who has left the window open all night?",
    "The rain had stopped before dawn.",
    "There are three apples and two pears in the bowl.",
    "He walked slowly, because the road was long and dark.",
    "The children were told not to climb the wall.",
    "We will meet again when the leaves fall.",
    "A small boat came down the river in the morning.",
    "Nobody knew who had built the old house on the hill.",
)
