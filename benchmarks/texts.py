"""What is spoken under load: sentences of our own, from one word to a paragraph."""

SHORT = (
    "Yes.",
    "Thank you.",
    "The door is open.",
    "Your tea is ready.",
)

MEDIUM = (
    "The next train to the harbour leaves in seven minutes.",
    "She put the letter in a drawer and never spoke of it again.",
    "Please turn left at the bakery, then follow the river.",
    "There are three apples, two pears and a plum in the bowl.",
)

LONG = (
    (
        "The rain had stopped before dawn. When we opened the shutters, the whole valley was covered "
        "with a thin white mist, and only the tower of the church looked out of it."
    ),
    (
        "First warm the milk, but do not let it boil. Then stir in the flour, a little at a time, until "
        "the mixture is smooth. Let it rest for ten minutes before you bake it."
    ),
    (
        "Nobody knew who had built the wall. It ran from the edge of the forest down to the lake, older "
        "than every house in the village, and the children were told not to climb it."
    ),
)

TEXTS = SHORT + MEDIUM + LONG
