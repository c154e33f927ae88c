"""What a notebook shows of a sweep, read by a parser of HTML."""

from html.parser import HTMLParser

from sweeper.observers.notebook import NOTES, NotebookProgress
from sweeper.observers.several import Several
from sweeper.observers.tally import Tally
from sweeper.study.study import Study
from sweeper.trial import ErrorClass, Outcome, RunState, TrialSpec

ARM = "<script>alert(1)</script>"


class Page(HTMLParser):
    """Cells of the table, text elsewhere, and what the bar says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.text = ""
        self.bar: dict[str, str | None] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "progress":
            self.bar = dict(attrs)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.tags[-1] == "td":
            self.cells[-1] += data
        self.text += data


def test_the_bar_the_trials_under_way_and_the_notes(study: Study) -> None:
    count, shown = Tally(4, (ARM,)), list[str]()
    view = NotebookProgress(count, shown.append)
    observer = Several(count, view)
    params = {"dropout": 0.3}
    trials = [
        TrialSpec(n, ARM, params, study.config("S-BERT", {"learning_rate": 1e-3} | params, 1), 1, n)
        for n in range(NOTES + 2)
    ]
    with view:
        assert Page(shown[-1]).bar == {"value": "0", "max": "4"}
        observer.submitted(trials[0], False)
        observer.submitted(trials[1], True)
        page = Page(shown[-1])
        assert page.cells[:3] == ["0", ARM, "starts"]
        assert "resumed" in page.cells
        assert "script" not in page.tags
        observer.ended(
            0, Outcome(state=RunState.COMPLETE, seconds=1, best_epoch=1, scores={"overall": 0.5}), ""
        )
        page = Page(shown[-1])
        assert page.bar["value"] == "1"
        assert page.cells[0] == "1"
        for trial in trials[2:]:
            observer.submitted(trial, False)
            failed = Outcome(state=RunState.FAILED, seconds=1, error_class=ErrorClass.ERROR, traceback="")
            observer.ended(trial.number, failed, f"wrong <{trial.number}>")
        observer.withdrawn(1)
        observer.noted("a remark")
    page = Page(shown[-1])
    assert page.cells == []
    assert "a remark" in page.text
    assert f"wrong <{NOTES + 1}>" in page.text
    assert "wrong <2>" not in page.text
