"""Encoders and heads that are own code: whether they are some, and whether they give what such give."""

import inspect

from torch import Tensor
from transformers import PreTrainedModel

from ..errors import EncoderError, PluginError


def check_network(made: object, source: str) -> PreTrainedModel:
    """What own code made, if an encoder can be made of it.

    Args:
        made: What it made.
        source: The name of the encoder.

    Raises:
        EncoderError: If it is no model of transformers, or does not say its width and its table of words.
    """
    said = f"encoder.source {source}: its network"
    if not isinstance(made, PreTrainedModel):
        raise EncoderError(f"{said} is a {type(made).__name__}, expected a transformers.PreTrainedModel")
    if not isinstance(getattr(made.config, "hidden_size", None), int):
        raise EncoderError(f"{said} has a config without hidden_size, the width of its states")
    try:
        words = made.get_input_embeddings()
    except (NotImplementedError, AttributeError):  # what transformers raises where it finds no such table
        words = None
    table = getattr(words, "weight", None)
    if not isinstance(table, Tensor) or table.dim() != 2:
        raise EncoderError(
            f"{said} has no get_input_embeddings that gives its table of words, a nn.Embedding"
        )
    return made


def check_noise(model: PreTrainedModel, source: str) -> None:
    """Looks whether an encoder can be given embeddings of words in the place of ids.

    Args:
        model: Its network.
        source: Its name.

    Raises:
        EncoderError: If not.
    """
    taken = inspect.signature(model.forward).parameters
    if "inputs_embeds" not in taken and all(one.kind is not one.VAR_KEYWORD for one in taken.values()):
        raise EncoderError(
            f"smart.enabled: encoder.source {source} takes no inputs_embeds, to which SMART adds its noise"
        )


def states_of(output: object, mask: Tensor, size: int, source: str) -> Tensor:
    """The states of the tokens, if that is what own code gave.

    Args:
        output: What its network gave.
        mask: 1 for tokens and 0 for padding, ``[sentences, length]``.
        size: The width that its config says.
        source: The name of the encoder.

    Returns:
        ``[sentences, length, size]``.

    Raises:
        EncoderError: If it gave something else.
    """
    states = getattr(output, "last_hidden_state", None)
    if isinstance(states, Tensor) and states.shape == (*mask.shape, size) and states.is_floating_point():
        return states
    if isinstance(states, Tensor):
        given = f"last_hidden_state {list(states.shape)} of {str(states.dtype).removeprefix('torch.')}"
    else:
        given = f"a {type(output).__name__} without a tensor last_hidden_state"
    expected = f"{[*mask.shape, size]} of floats (sentences, length, config.hidden_size)"
    raise EncoderError(f"encoder.source {source} gives {given}, expected {expected}")


def outputs_of(given: object, shape: tuple[int, int], head: str) -> Tensor:
    """The outputs of a head, if that is what own code gave.

    Args:
        given: What it gave.
        shape: Rows and outputs.
        head: Its name.

    Raises:
        PluginError: If it gave something else: losses and predictions would be computed of that all the same.
    """
    if isinstance(given, Tensor) and given.shape == shape and given.is_floating_point():
        return given
    raise PluginError(
        f"head {head} gives {described(given)}, expected {list(shape)} of floats (rows, outputs)"
    )


def described(given: object) -> str:
    """What own code gave, for a message: ``a tensor [3, 2]``, or its type."""
    return f"a tensor {list(given.shape)}" if isinstance(given, Tensor) else f"a {type(given).__name__}"
