"""The demo corpus: always the same, split without overlap, noisy by a tenth, in the promised proportions."""

import hashlib
import json
from random import Random

import pytest

from model.data.demo.corpus import COLUMNS, LABELS, ROWS, DemoTask, Example, examples
from model.data.demo.grammar import FORMS, Advice, Event, question, review, scene, similarity
from model.data.demo.lexicon import article, past, third_person
from model.result import Split

SEED = 7
TASKS: tuple[DemoTask, ...] = ("sst", "para", "sts")
SPLITS: tuple[Split, ...] = ("train", "dev")
CORPUS_SHA256 = "7c32d4c8a30bc14b25e1296d88831125ba5954259058faadf682d79a820bef50"


def generator(seed: int) -> Random:
    return Random(seed)  # noqa: S311 (test inputs, not a secret)


def all_rows(task: DemoTask, seed: int = SEED) -> list[Example]:
    return [row for split in SPLITS for row in examples(task, split, seed)]


def corpus_digest() -> str:
    corpus = [
        [task, split, [[*row.texts, row.label, row.clean] for row in examples(task, split, SEED)]]
        for task in TASKS
        for split in SPLITS
    ]
    return hashlib.sha256(json.dumps(corpus).encode()).hexdigest()


def test_the_corpus_is_the_pinned_one() -> None:
    assert corpus_digest() == CORPUS_SHA256


def test_another_seed_makes_other_rows() -> None:
    for task in TASKS:
        ours = {row.texts for row in examples(task, "train", SEED)}
        theirs = {row.texts for row in examples(task, "train", SEED + 1)}
        assert len(ours & theirs) < len(ours) / 10


@pytest.mark.parametrize("task", TASKS)
def test_sizes_columns_and_labels_are_as_declared(task: DemoTask) -> None:
    for split in SPLITS:
        rows = examples(task, split, SEED)
        assert len(rows) == ROWS[task][split]
        assert {len(row.texts) for row in rows} == {len(COLUMNS[task]) - 1}
        assert {row.label for row in rows} | {row.clean for row in rows} <= set(LABELS[task])


@pytest.mark.parametrize("seed", [SEED, 0, 99])
@pytest.mark.parametrize("task", TASKS)
def test_no_row_occurs_twice_and_no_sentence_in_two_splits(task: DemoTask, seed: int) -> None:
    rows = all_rows(task, seed)
    assert len({row.texts for row in rows}) == len(rows)
    sentences = [{text for row in examples(task, split, seed) for text in row.texts} for split in ROWS[task]]
    assert all(sentences)
    assert sum(map(len, sentences)) == len(set.union(*sentences))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("split", SPLITS)
def test_a_tenth_of_the_labels_is_wrong(task: DemoTask, split: Split) -> None:
    rows = examples(task, split, SEED)
    wrong = sum(row.label != row.clean for row in rows)
    assert wrong == pytest.approx(0.1 * len(rows), abs=1)


@pytest.mark.parametrize("split", SPLITS)
def test_paraphrases_are_37_to_63_with_noise_and_without(split: Split) -> None:
    rows = examples("para", split, SEED)
    assert sum(row.label for row in rows) == round(0.37 * len(rows))
    assert sum(row.clean for row in rows) == round(0.37 * len(rows))


def test_neither_half_of_a_pair_tells_the_label() -> None:
    """A form or a negation in one sentence is about as frequent among paraphrases as among the others."""
    rows = examples("para", "train", SEED)
    marks = ("Why did", "Why was", "What made", "What is", "Is it wise", "Would you", " not ", " after ")
    for mark in marks:
        for half in (0, 1):
            share = [
                sum(mark in row.texts[half] for row in rows if row.clean == clean)
                / sum(row.clean == clean for row in rows)
                for clean in (0, 1)
            ]
            assert abs(share[0] - share[1]) < 0.12, (mark, half, share)


def test_sentences_have_5_to_14_words_of_a_few_hundred() -> None:
    sentences = [text for task in TASKS for row in all_rows(task) for text in row.texts]
    assert {len(text.split()) for text in sentences} == set(range(5, 15))
    vocabulary = {word.strip(".,?").lower() for text in sentences for word in text.split()}
    assert 200 < len(vocabulary) < 500


def test_every_grade_and_every_part_of_the_scale_is_well_filled() -> None:
    grades = [row.clean for row in examples("sst", "train", SEED)]
    assert all(grades.count(grade) > len(grades) / 10 for grade in range(5))
    scores = [row.clean for row in examples("sts", "train", SEED)]
    assert all(sum(low <= score <= low + 1 for score in scores) > len(scores) / 10 for low in range(5))


@pytest.mark.parametrize(
    ("words", "grades"),
    [
        # the value of the adjective, changed by what stands before it
        ("is brilliant", {4}),
        ("is very pleasant", {4}),
        ("is pleasant", {3}),
        ("is somewhat brilliant", {3}),
        ("is not dreadful", {3}),
        ("is ordinary", {2}),
        ("is dull", {1}),
        ("is not brilliant", {1}),
        ("is slightly awful", {1}),
        ("is truly dull", {0}),
        ("is awful", {0}),
    ],
)
def test_the_grade_follows_polarity_intensity_and_negation(words: str, grades: set[int]) -> None:
    found = {
        grade for text, grade in reviews() if words in text and " and " not in text and text.count(",") == 0
    }
    assert found == grades


def test_the_main_clause_dominates_a_contrast() -> None:
    good, bad = "is brilliant", "is awful"
    grades = {True: set[int](), False: set[int]()}
    for text, grade in reviews():
        first, _, second = text.partition(", ")
        if ("but " in second or first.startswith("Although")) and second.rstrip(".").endswith((good, bad)):
            grades[second.rstrip(".").endswith(good)].add(grade)
    assert grades == {True: {3, 4}, False: {0, 1}}


def reviews() -> list[tuple[str, int]]:
    rng = generator(1)
    return [review(rng) for _ in range(20_000)]


def test_an_alteration_changes_the_question_but_not_its_kind() -> None:
    rng = generator(1)
    for _ in range(2000):
        meaning = question(rng)
        other = meaning.altered(rng)
        assert type(other) is type(meaning)
        assert other != meaning
        changed = sum(a != b for a, b in zip(meaning, other, strict=True))
        swapped = isinstance(meaning, Event) and other[:3] == (meaning.patient, meaning.action, meaning.agent)
        assert changed == (2 if swapped else 1)


def test_different_questions_never_read_the_same() -> None:
    rng = generator(2)
    read: dict[str, Event | Advice] = {}
    for _ in range(20_000):
        meaning = question(rng)
        assert read.setdefault(meaning.render(rng, rng.randrange(FORMS)), meaning) == meaning


def test_similarity_is_symmetric_and_5_only_for_equal_scenes() -> None:
    rng = generator(3)
    for _ in range(2000):
        first, second = scene(rng), scene(rng)
        assert similarity(first, second) == similarity(second, first)
        assert similarity(first, first) == 5
        assert first == second or similarity(first, second) < 5
        # one shared fact more never makes the scenes less alike
        assert similarity(first, second._replace(agent=first.agent)) >= similarity(first, second)


@pytest.mark.parametrize(
    ("verb", "third", "participle"),
    [
        ("carry", "carries", "carried"),
        ("wash", "washes", "washed"),
        ("employ", "employs", "employed"),
        ("save", "saves", "saved"),
        ("lift", "lifts", "lifted"),
    ],
)
def test_inflection(verb: str, third: str, participle: str) -> None:
    assert third_person(verb) == third
    assert past(verb) == participle


def test_articles() -> None:
    assert (article("actor"), article("doctor")) == ("an actor", "a doctor")
