import pytest
import torch
from torch import Tensor
from transformers import BertConfig, BertModel

from model.config import EncoderConfig
from model.network.cpu.packing import Packing, packed_attention
from model.network.encoder import SentenceEncoder

VOCABULARY, LENGTH = 300, 12


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    """Nine sentences of 3 to 12 tokens, and their mask."""
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(3, LENGTH + 1, (9,), generator=generator)
    mask = (torch.arange(LENGTH) < lengths[:, None]).long()
    return torch.randint(1, VOCABULARY, mask.shape, generator=generator) * mask, mask


@pytest.mark.parametrize("pooling", ["cls", "mean", "max"])
@pytest.mark.parametrize("noisy", [False, True])
def test_a_packed_batch_gives_the_embeddings_and_gradients_of_a_padded_one(
    batch: tuple[Tensor, Tensor], pooling: str, noisy: bool
) -> None:
    ids, mask = batch
    torch.manual_seed(1)
    encoder = SentenceEncoder(EncoderConfig(pooling=pooling), VOCABULARY, 0).double().eval()
    plain = BertModel(BertConfig(**encoder.bert.config.to_dict())).double().eval()
    plain.load_state_dict(encoder.bert.state_dict(), strict=False)
    plain.set_attn_implementation("eager")
    noise = torch.randn(*ids.shape, encoder.word_embedding_size, dtype=torch.float64) if noisy else None
    ours = encoder(ids, mask, noise)
    words = plain.get_input_embeddings()(ids)
    output = plain(inputs_embeds=words if noise is None else words + noise, attention_mask=mask)
    states, real = output.last_hidden_state, mask.bool().unsqueeze(-1)
    theirs = {
        "cls": output.pooler_output,
        "mean": states.masked_fill(~real, 0).sum(1) / mask.sum(1, keepdim=True),
        "max": states.masked_fill(~real, -torch.inf).amax(1),
    }[pooling]
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)
    names = [name for name, _ in encoder.bert.named_parameters()]
    weights = torch.randn_like(ours)
    mine = torch.autograd.grad((ours * weights).sum(), list(encoder.bert.parameters()))
    other = torch.autograd.grad((theirs * weights).sum(), [dict(plain.named_parameters())[n] for n in names])
    for name, one, two in zip(names, mine, other, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-8, atol=1e-10, msg=name)


def test_another_attention_on_a_live_model_is_refused_where_batches_are_packed(
    batch: tuple[Tensor, Tensor],
) -> None:
    encoder = SentenceEncoder(EncoderConfig(), VOCABULARY, 0)
    encoder.bert.set_attn_implementation("sdpa")
    with pytest.raises(AssertionError, match="attention 'sdpa' does not know packed batches"):
        encoder(*batch)


def test_packing_and_spreading_undo_each_other_and_have_the_gradients_of_a_finite_difference(
    batch: tuple[Tensor, Tensor],
) -> None:
    packing = Packing(batch[1])
    values = torch.randn(*batch[1].shape, 2, 3, dtype=torch.float64, requires_grad=True)
    packed = packing.pack(values)
    assert packed.shape == (1, int(batch[1].sum()), 2, 3)
    assert torch.equal(packing.spread(packed), values * batch[1][..., None, None])
    assert torch.autograd.gradcheck(packing.pack, (values,))
    assert torch.autograd.gradcheck(packing.spread, (packed.detach().requires_grad_(),))


def test_dropped_attention_has_the_mean_of_whole_attention(batch: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(2)
    packing = Packing(batch[1])
    query, key, value = (torch.randn(1, 2, int(batch[1].sum()), 4) for _ in range(3))
    module = torch.nn.Identity()
    whole, _ = packed_attention(module, query, key, value, None, packing=packing)
    draws = torch.stack(
        [packed_attention(module, query, key, value, None, 0.3, packing=packing)[0] for _ in range(3000)]
    )
    apart = (draws.mean(0) - whole) / (draws.std(0) / len(draws) ** 0.5)
    assert apart.abs().max() < 5
    assert 0.9 < float(apart.std()) < 1.1
