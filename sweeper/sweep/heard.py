"""What is heard of trials, parted into what is recorded in one transaction."""

from collections.abc import Iterable, Iterator

from ..executors.protocol import Evaluated, Event


def parted(events: Iterable[Event], prunes: bool) -> Iterator[list[Evaluated] | Event]:
    """Parts events without changing their order.

    Args:
        events: What has happened.
        prunes: Whether a trial may be stopped after an epoch: each is then recorded by itself, as what is
            decided after it may depend on no later one.

    Yields:
        Epochs that follow each other, or any other event.
    """
    epochs: list[Evaluated] = []
    for event in events:
        if isinstance(event, Evaluated):
            epochs.append(event)
        if epochs and (prunes or not isinstance(event, Evaluated)):
            yield epochs
            epochs = []
        if not isinstance(event, Evaluated):
            yield event
    if epochs:
        yield epochs
