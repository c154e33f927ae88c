"""The words of the demo corpus, grouped by meaning, and how they inflect."""

from random import Random

Concept = tuple[str, ...]  # words or phrases that mean the same, the usual one first


USUAL = 0.8  # how often that one is taken; else any of the concept's, the usual one included

# Opinion words by their value: -2 (dreadful) to 2 (brilliant).
ADJECTIVES: dict[int, Concept] = {
    2: ("brilliant", "superb", "magnificent", "dazzling", "masterful", "stunning", "wonderful", "perfect"),
    1: ("pleasant", "charming", "likable", "clever", "funny", "warm", "engaging", "fresh"),
    0: ("ordinary", "average", "conventional", "familiar", "typical", "standard", "plain", "routine"),
    -1: ("dull", "uneven", "slow", "clumsy", "predictable", "thin", "bland", "tired"),
    -2: ("dreadful", "terrible", "unbearable", "horrible", "atrocious", "pathetic", "disastrous", "awful"),
}


VERBS: dict[int, Concept] = {
    2: ("dazzles", "astonishes", "triumphs"),
    1: ("entertains", "amuses", "charms"),
    -1: ("drags", "stumbles", "disappoints"),
    -2: ("collapses", "infuriates", "disgusts"),
}


STRONGER = ("very", "truly", "really", "extremely")


WEAKER = ("somewhat", "rather", "fairly", "slightly")


ASPECTS = (
    "acting", "plot", "script", "story", "ending", "music", "camera", "dialogue", "humour", "editing",
    "director", "actress", "cast", "finale", "hero", "villain",
)  # fmt: skip


GENRES = ("comedy", "drama", "thriller", "romance", "western", "documentary", "musical", "remake")


TAILS = ("from start to finish", "as a whole", "this time", "on a big screen", "once again", "after all")

PEOPLE: tuple[Concept, ...] = (
    ("doctor", "physician"), ("lawyer", "attorney"), ("teacher", "instructor"), ("writer", "author"),
    ("child", "kid"), ("woman", "lady"), ("actor", "performer"), ("visitor", "guest"), ("farmer",),
    ("soldier",), ("pilot",), ("chef",),
)  # fmt: skip


# Verbs are regular and double no consonant: `third_person` and `past` need no table of forms.
DEALINGS: tuple[Concept, ...] = (
    ("help", "assist"), ("phone", "call"), ("follow", "pursue"), ("warn", "alert"), ("hire", "employ"),
    ("praise", "commend"), ("attack", "assault"), ("invite",), ("blame",), ("visit",),
)  # fmt: skip


HANDLINGS: tuple[Concept, ...] = (
    ("repair", "mend"), ("clean", "wash"), ("carry", "transport"), ("examine", "inspect"), ("lift", "raise"),
    ("discover", "locate"), ("destroy", "demolish"), ("display", "exhibit"), ("decorate", "adorn"),
    ("paint",), ("borrow",), ("measure",), ("photograph",), ("order",),
)  # fmt: skip


OBJECTS: tuple[Concept, ...] = (
    ("bicycle", "bike"), ("sofa", "couch"), ("car", "automobile"), ("carpet", "rug"), ("engine", "motor"),
    ("cup", "mug"), ("coat", "jacket"), ("box", "crate"), ("statue", "sculpture"), ("lamp", "lantern"),
    ("piano",), ("clock",), ("mirror",), ("ladder",), ("table",), ("boat",), ("tent",), ("drum",),
)  # fmt: skip


QUALITIES: tuple[Concept, ...] = (
    ("old", "ancient"), ("small", "little"), ("large", "big"), ("broken", "damaged"), ("costly", "expensive"),
    ("strange", "odd"), ("dirty", "filthy"), ("beautiful", "pretty"), ("red",), ("green",), ("heavy",),
    ("wooden",),
)  # fmt: skip


PLACES: tuple[Concept, ...] = (
    ("in the garden", "in the yard"), ("on the beach", "on the shore"), ("in the forest", "in the woods"),
    ("near the river", "by the river"), ("at the market", "at the bazaar"), ("at the station",),
    ("in the kitchen",), ("in the office",), ("on the bridge",), ("at the museum",),
)  # fmt: skip


TIMES: tuple[Concept, ...] = (
    ("at noon", "at midday"), ("at night", "after dark"), ("in the morning", "before noon"),
    ("in the evening", "at dusk"), ("in autumn", "in fall"), ("in winter",), ("in summer",), ("on Monday",),
    ("on Friday",), ("in May",),
)  # fmt: skip


CITIES = ("Paris", "London", "Berlin", "Tokyo", "Delhi", "Chicago", "Rome", "Cairo")


NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "ten")


UNITS = ("days", "weeks", "months")


AIMS: tuple[tuple[Concept, tuple[Concept, ...]], ...] = (
    (("learn", "study"), (("French",), ("Spanish",), ("chemistry",), ("law",), ("medicine",), ("history",))),
    (("buy", "purchase"), (("a flat", "an apartment"), ("a car", "an automobile"), ("a bicycle", "a bike"))),
    (("find", "get"), (("a job", "work"), ("a teacher", "an instructor"), ("a lawyer", "an attorney"))),
    (("start", "found"), (("a company", "a business"), ("a school",), ("a newspaper",), ("a choir",))),
)


def word(rng: Random, concept: Concept) -> str:
    """A word for the concept."""
    return concept[0] if rng.random() < USUAL else rng.choice(concept)


def third_person(verb: str) -> str:
    """The third person of a regular verb: carries, washes, lifts."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(("s", "sh", "ch", "x")) else f"{verb}s"


def past(verb: str) -> str:
    """The past and participle of a regular verb: carried, saved, lifted."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ied"
    return f"{verb}d" if verb.endswith("e") else f"{verb}ed"


def article(noun: str) -> str:
    """The noun with `a` or `an` before it."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
