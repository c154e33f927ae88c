"""What all layers of an encoder say of a token, in a mixture that is learned.

Source: Peters et al. 2018, Deep contextualized word representations, equation 1 (arXiv 1802.05365), without
its factor of the whole.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..errors import EncoderError


class LayerMix(nn.Module):
    """The weighted sum of the embeddings and of all layers' hidden states; the weights add up to 1.

    They are the softmax of one learned number each, which begin at 0: at first it is the mean.

    Args:
        layers: Layers of the encoder.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(layers + 1))

    def forward(self, states: Sequence[Tensor]) -> Tensor:
        """Mixes hidden states, in single precision or what is finer.

        Args:
            states: Those of the embeddings, then of each layer, of one shape.

        Raises:
            EncoderError: If there are not as many as layers, and one more.
        """
        if len(states) != len(self.scores):
            raise EncoderError(
                f"encoder.layer_pooling weighted: it gives {len(states)} hidden states, expected those of "
                f"its embeddings and of {len(self.scores) - 1} layers"
            )
        weights = self.weights()
        mixed = weights[0] * states[0]
        for weight, state in zip(weights[1:], states[1:], strict=True):
            mixed = mixed + weight * state
        return mixed

    def weights(self) -> Tensor:
        """Weight of the embeddings and of each layer, ``[layers + 1]``."""
        return self.scores.softmax(dim=0)
