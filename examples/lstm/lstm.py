"""A recurrent encoder in the place of a BERT, and a penalty on answers that are too sure."""

from pydantic import BaseModel, Field
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from model.encoders import ENCODERS, Encoder
from model.penalties import PENALTIES, Penalty


class Options(BaseModel):
    width: int = Field(64, ge=2, multiple_of=2, description="Width of words and of what is made of them.")
    layers: int = Field(1, ge=1, le=8, description="Layers of each direction.")


class LstmConfig(PreTrainedConfig):
    model_type = "lstm"


class Lstm(PreTrainedModel):
    """Both directions of an LSTM over the words (Graves & Schmidhuber 2005); padding is left out."""

    config_class = LstmConfig

    def __init__(self, config, size, pad_id, layers, dropout):
        super().__init__(config)
        width, between = config.hidden_size, dropout if layers > 1 else 0
        self.words = nn.Embedding(size, width, padding_idx=pad_id)
        self.drop = nn.Dropout(dropout)
        self.lstm = nn.LSTM(width, width // 2, layers, batch_first=True, bidirectional=True, dropout=between)

    def get_input_embeddings(self):
        return self.words

    def forward(self, input_ids=None, attention_mask=None, inputs_embeds=None):
        words = self.drop(self.words(input_ids) if inputs_embeds is None else inputs_embeds)
        lengths = attention_mask.sum(dim=1).cpu()
        states, _ = self.lstm(pack_padded_sequence(words, lengths, batch_first=True, enforce_sorted=False))
        whole, _ = pad_packed_sequence(states, batch_first=True, total_length=words.shape[1])
        return BaseModelOutput(last_hidden_state=whole)


def network(config, vocabulary_size, pad_id, *, width, layers):
    dropout = 0.1 if config.dropout is None else config.dropout
    return Lstm(LstmConfig(hidden_size=width), vocabulary_size, pad_id, layers, dropout)


class Strength(BaseModel):
    strength: float = Field(0.1, ge=0, description="How much an answer's sureness costs.")


def confidence(task, passes, *, strength):
    """Confidence penalty (Pereyra et al. 2017): the negative entropy of the answer, a mean over rows."""
    log = passes[0].outputs.log_softmax(dim=-1)
    return strength * (log.exp() * log).sum(dim=-1).mean()


ENCODERS.add("lstm", Encoder("an LSTM in both directions, from scratch", network, options=Options))
PENALTIES.add("confidence", Penalty("negative entropy of the answer", confidence, options=Strength))
