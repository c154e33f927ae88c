"""The grammar of the demo corpus: meanings, and the English sentences that express them.

A concept is a tuple of words or phrases that mean the same. A meaning is made of concepts, so that two
sentences rendered from one meaning are paraphrases whatever words and forms they happened to take.
"""

from random import Random
from typing import NamedTuple

from . import lexicon
from .lexicon import Concept, article, past, third_person, word


class Event(NamedTuple):
    """A question why somebody did something to somebody."""

    agent: Concept
    action: Concept
    patient: Concept
    adjunct: str
    negated: bool

    def render(self, rng: Random, form: int) -> str:
        """The question in one of its five forms, each word drawn from its concept."""
        agent, action, patient = word(rng, self.agent), word(rng, self.action), word(rng, self.patient)
        no = " not" if self.negated else ""
        asked = f"why did the {agent}{no} {action} the {patient}"
        if form == 1:
            return f"Why was the {patient}{no} {past(action)} by the {agent} {self.adjunct}?"
        if form == 2:
            return f"What made the {agent}{no} {action} the {patient} {self.adjunct}?"
        if form == 3:
            did = f"did not {action}" if self.negated else past(action)
            return f"What is the reason the {agent} {did} the {patient} {self.adjunct}?"
        return _adjunct_at_either_end(asked, self.adjunct, in_front=form == 4)

    def altered(self, rng: Random) -> "Event":
        """Another question: roles swapped, negated, or with another person, deed, place or number."""
        kind = rng.randrange(5)
        if kind == 0:
            return self._replace(agent=self.patient, patient=self.agent)
        if kind == 1:
            return self._replace(negated=not self.negated)
        if kind == 2:
            return self._replace(patient=_other(rng, lexicon.PEOPLE, self.patient, self.agent))
        if kind == 3:
            return self._replace(action=_other(rng, lexicon.DEALINGS, self.action))
        return self._replace(adjunct=_other_adjunct(rng, self.adjunct))


class Advice(NamedTuple):
    """A question whether one should do something."""

    action: Concept
    thing: Concept
    rivals: tuple[Concept, ...]
    adjunct: str
    negated: bool

    def render(self, rng: Random, form: int) -> str:
        """The question in one of its five forms, each word drawn from its concept."""
        aim = f"{word(rng, self.action)} {word(rng, self.thing)}"
        no = " not" if self.negated else ""
        if form == 1:
            return f"Is it wise{no} to {aim} {self.adjunct}?"
        if form == 2:
            return f"Would you advise me{no} to {aim} {self.adjunct}?"
        if form == 3:
            return f"Is it a good idea{no} to {aim} {self.adjunct}?"
        return _adjunct_at_either_end(f"should I{no} {aim}", self.adjunct, in_front=form == 4)

    def altered(self, rng: Random) -> "Advice":
        """Another question: negated, or about another thing, place or number."""
        kind = rng.randrange(3)
        if kind == 0:
            return self._replace(negated=not self.negated)
        if kind == 1:
            return self._replace(thing=_other(rng, self.rivals, self.thing))
        return self._replace(adjunct=_other_adjunct(rng, self.adjunct))


Question = Event | Advice


FORMS = 5


class Scene(NamedTuple):
    """Who does what to what kind of thing, where and when; the last three may be left unsaid (None)."""

    agent: Concept
    action: Concept
    thing: Concept
    place: Concept | None
    time: Concept | None
    quality: Concept | None

    def render(self, rng: Random) -> str:
        """A sentence that states the scene, active or passive, the time in front or at the end."""
        agent, action, thing = word(rng, self.agent), word(rng, self.action), word(rng, self.thing)
        if self.quality:
            thing = f"{word(rng, self.quality)} {thing}"
        if rng.random() < 0.2:
            text = f"the {thing} is {past(action)} by {article(agent)}"
        else:
            text = f"{article(agent)} {third_person(action)} the {thing}"
        if self.place:
            text = f"{text} {word(rng, self.place)}"
        if self.time:
            time = word(rng, self.time)
            text = f"{time}, {text}" if rng.random() < 0.2 else f"{text} {time}"
        return f"{text[0].upper()}{text[1:]}."


# What each fact adds to the similarity of two scenes; the sum is 5 and every part a multiple of 0.2.
WEIGHTS = (1.2, 1.0, 1.0, 0.8, 0.6, 0.4)


def review(rng: Random) -> tuple[str, int]:
    """A sentence of a film review, of 5 to 14 words, and its grade from 0 (worst) to 4 (best)."""
    genre = rng.choice(lexicon.GENRES)
    if rng.random() < 0.55:
        clause, value = _clause(rng)
        frame = rng.randrange(3)
        if frame == 0:
            text = f"in this {genre}, {clause}"
        elif frame == 1:
            text = f"{clause} {rng.choice(lexicon.TAILS)}"
        else:
            text = f"{clause} in this {genre} {rng.choice(lexicon.TAILS)}"
    else:
        text, value = _two_clauses(rng)
    return f"{text[0].upper()}{text[1:]}.", value + 2


def question(rng: Random) -> Question:
    """A question, as a meaning."""
    adjunct = f"in {rng.choice(lexicon.CITIES)}"
    if rng.random() < 0.5:
        adjunct = f"after {rng.choice(lexicon.NUMBERS)} {rng.choice(lexicon.UNITS)}"
    negated = rng.random() < 0.5  # so that an altered question is as often negated as an unaltered one
    if rng.random() < 0.5:
        agent, patient = rng.sample(lexicon.PEOPLE, 2)
        return Event(agent, rng.choice(lexicon.DEALINGS), patient, adjunct, negated)
    action, things = rng.choice(lexicon.AIMS)
    return Advice(action, rng.choice(things), things, adjunct, negated)


def scene(rng: Random) -> Scene:
    """A scene, as a meaning."""
    return Scene(
        rng.choice(lexicon.PEOPLE),
        rng.choice(lexicon.HANDLINGS),
        rng.choice(lexicon.OBJECTS),
        rng.choice(lexicon.PLACES) if rng.random() < 0.8 else None,
        rng.choice(lexicon.TIMES) if rng.random() < 0.7 else None,
        rng.choice(lexicon.QUALITIES) if rng.random() < 0.7 else None,
    )


def similarity(first: Scene, second: Scene) -> float:
    """5 times the share, by weight, of the stated facts that the scenes agree on; in steps of 0.2."""
    facts = [
        (weight, a == b)
        for weight, a, b in zip(WEIGHTS, first, second, strict=True)
        if not (a is None and b is None)
    ]
    shared = sum(weight for weight, same in facts if same)
    return round(25 * shared / sum(weight for weight, _ in facts)) / 5


def _clause(rng: Random) -> tuple[str, int]:
    """One opinion and its value from -2 to 2."""
    subject = f"the {rng.choice(lexicon.ASPECTS)}"
    if rng.random() < 0.8:
        predicate, value = _adjective(rng)
        return f"{subject} {predicate}", value
    value = rng.choice((-2, -1, 1, 2))
    verb = rng.choice(lexicon.VERBS[value])
    return (f"{subject} never {verb}", _denied(value)) if rng.random() < 0.3 else (f"{subject} {verb}", value)


def _adjective(rng: Random) -> tuple[str, int]:
    """A predicate with an adjective, and its value."""
    value = rng.choice((-2, -1, 0, 1, 2))
    adjective = rng.choice(lexicon.ADJECTIVES[value])
    verb = rng.choice(("is", "feels", "seems"))
    change = rng.random()
    if value == 0 or change < 0.4:
        return f"{verb} {adjective}", value
    if change < 0.6:
        return f"{verb} {rng.choice(lexicon.STRONGER)} {adjective}", 2 if value > 0 else -2
    if change < 0.75:
        return f"{verb} {rng.choice(lexicon.WEAKER)} {adjective}", 1 if value > 0 else -1
    if change < 0.92:
        return f"is not {adjective}", _denied(value)
    return f"{verb} neither {adjective} nor {rng.choice(lexicon.ADJECTIVES[-value])}", 0


def _two_clauses(rng: Random) -> tuple[str, int]:
    """Two opinions: those joined by `and` add up, else the main clause dominates, one step weaker."""
    (first, a), (second, b) = _clause(rng), _clause(rng)
    while a == b == 0:
        second, b = _clause(rng)
    if a * b > 0:
        return f"{first} and {second}", max(a, b, key=abs)
    # A concession tones the main clause down, but never turns it.
    main = b if abs(b) < 2 or a == 0 else b // 2
    return (f"although {first}, {second}" if rng.random() < 0.4 else f"{first}, but {second}"), main


def _denied(value: int) -> int:
    """Not brilliant is weak, not dreadful is passable: a denial says less than the opposite word."""
    return -1 if value > 0 else 1


def _adjunct_at_either_end(asked: str, adjunct: str, *, in_front: bool) -> str:
    text = f"{adjunct}, {asked}?" if in_front else f"{asked} {adjunct}?"
    return f"{text[0].upper()}{text[1:]}"


def _other(rng: Random, among: tuple[Concept, ...], *than: Concept) -> Concept:
    return rng.choice([concept for concept in among if concept not in than])


def _other_adjunct(rng: Random, adjunct: str) -> str:
    words = adjunct.split()
    among = lexicon.CITIES if words[0] == "in" else lexicon.NUMBERS
    words[1] = rng.choice([other for other in among if other != words[1]])
    return " ".join(words)
