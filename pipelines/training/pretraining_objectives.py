"""What the bilingual pretraining optimises: translations pulled together, masked characters guessed, English held."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kgqa.errors import ModelError
from kgqa.pipelines.training.bilingual import TRUNK_LAYERS, EncoderShape, Trunk, mean_pooled

MASK = 103  # [MASK] in BERT's vocabularies
MASKED_SHARE = 0.25  # more than BERT's 15 %: a short run needs many guesses a batch (arXiv:2202.08005)
SHARPNESS = 20.0
SAME_SENTENCE = 0.95  # English sides closer than this are no negatives of each other


class Student(nn.Module):
    """The English encoder with embeddings for added characters and a head that guesses masked ones."""

    def __init__(self, english: Trunk, characters: Tensor, guessable: Tensor) -> None:
        super().__init__()
        hidden = english.shape.hidden_size
        self.encoder = english
        self.characters = nn.Parameter(characters.clone())
        self.transform = nn.Sequential(nn.Linear(hidden, hidden), nn.GELU(), nn.LayerNorm(hidden, eps=1e-12))
        self.guess_bias = nn.Parameter(torch.zeros(len(guessable)))
        self.guessable: Tensor
        self.classes: Tensor
        self.register_buffer("guessable", guessable)
        classes = torch.full((english.shape.vocab_size + len(characters),), -1)
        classes[guessable] = torch.arange(len(guessable))
        self.register_buffer("classes", classes)

    def forward(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        """States `(batch, tokens, hidden)`."""
        states: Tensor = self.encoder(input_ids, mask, F.embedding(input_ids, self.table()))
        return states

    def freeze_trunk(self) -> None:
        """Keep embeddings and lower layers, which every family stands on, as they are."""
        for part in (self.encoder.embeddings, *self.encoder.layers[:TRUNK_LAYERS]):
            part.requires_grad_(False)
        self.characters.requires_grad_(False)

    def lower(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        """States `(batch, tokens, hidden)` of the trunk, on which a family's top stands."""
        states: Tensor = self.encoder.embeddings(input_ids, F.embedding(input_ids, self.table()))
        for layer in self.encoder.layers[:TRUNK_LAYERS]:
            states = layer(states, mask)
        return states

    def table(self) -> Tensor:
        """Word embeddings of the old vocabulary and the added characters."""
        return torch.cat([self.encoder.embeddings.word_embeddings.weight, self.characters])

    def guesses(self, states: Tensor) -> Tensor:
        """Scores `(states, guessable)` of each guessable character; the output matrix is the embedding table."""
        transformed: Tensor = self.transform(states)
        return F.linear(transformed, F.embedding(self.guessable, self.table()), self.guess_bias)

    @torch.no_grad()
    def take_over(self, trained: Trunk) -> None:
        """Continue from an encoder that was made of the same base with the same characters added.

        Raises `ModelError` if its vocabulary is of another size.
        """
        state = trained.state_dict()
        words = state["embeddings.word_embeddings.weight"]
        if len(words) != len(self.classes):
            raise ModelError(
                f"the encoder to start from has {len(words)} word pieces, this corpus makes {len(self.classes)}; "
                "start without it, or with one that was trained on the same character counts"
            )
        old = self.encoder.shape.vocab_size
        self.characters.copy_(words[old:])
        self.encoder.load_state_dict({**state, "embeddings.word_embeddings.weight": words[:old]})

    @torch.no_grad()
    def finished(self) -> Trunk:
        """The encoder with the added characters in its own table: a copy, without the guessing head."""
        old = self.encoder.shape
        sizes = {name: getattr(old, name) for name in EncoderShape.__dataclass_fields__}
        shape = EncoderShape(**{**sizes, "vocab_size": len(self.classes)})
        encoder = Trunk(shape, len(self.encoder.layers))
        state = self.encoder.state_dict() | {"embeddings.word_embeddings.weight": self.table()}
        encoder.load_state_dict({name: tensor.detach().float().cpu().clone() for name, tensor in state.items()})
        return encoder.eval()


def alignment_loss(chinese: Tensor, english: Tensor) -> Tensor:
    """Contrast within the batch, both ways, plus five times the distance; both sides `(pairs, hidden)`, unit length."""
    scores = SHARPNESS * chinese @ english.T
    same = english @ english.T > SAME_SENTENCE
    same.fill_diagonal_(False)
    scores = scores.masked_fill(same, -1e4)
    target = torch.arange(len(scores), device=scores.device)
    contrast = (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2
    return contrast + distance_loss(chinese, english)


def distance_loss(sentences: Tensor, wanted: Tensor) -> Tensor:
    """Five times the mean of one minus the cosine; both `(sentences, hidden)`, unit length."""
    return 5 * (1 - (sentences * wanted).sum(1)).mean()


@dataclass(frozen=True, slots=True)
class Masked:
    """A batch with characters hidden: what goes in, and which characters `(batch, tokens)` are to be guessed."""

    input_ids: Tensor
    hidden: Tensor


def mask_words(input_ids: Tensor, lengths: Tensor, student: Student, generator: torch.Generator) -> Masked:
    """Hide about a quarter of the guessable characters, whole words at a time.

    `lengths` `(batch, tokens)` is the length of the dictionary word that starts at each token. Of the hidden, 80 %
    become [MASK], 10 % another character, 10 % stay (BERT's shares).
    """
    guessable = student.classes[input_ids] >= 0
    start_share = MASKED_SHARE / lengths[guessable].float().mean().clamp(min=1)
    starts = (_uniform(input_ids, generator) < start_share) & guessable
    hidden = starts.clone()
    for step in range(1, min(int(lengths.max()), input_ids.shape[1])):
        hidden[:, step:] |= (starts & (lengths > step))[:, :-step]
    hidden &= guessable
    fate = _uniform(input_ids, generator)
    drawn = (_uniform(input_ids, generator) * len(student.guessable)).long()
    shown = torch.where(hidden & (fate < 0.8), MASK, input_ids)
    return Masked(torch.where(hidden & (fate >= 0.9), student.guessable[drawn], shown), hidden)


def _uniform(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.rand(like.shape, generator=generator, device=like.device)


def guessing_loss(student: Student, masked: Masked, input_ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy over the hidden characters, and the share of them guessed right."""
    scores = student.guesses(student(masked.input_ids, mask)[masked.hidden])
    wanted = student.classes[input_ids[masked.hidden]]
    return F.cross_entropy(scores.float(), wanted), (scores.argmax(1) == wanted).float().mean()


def sentence_embeddings(model: Callable[[Tensor, Tensor], Tensor], input_ids: Tensor, mask: Tensor) -> Tensor:
    """Unit-length means `(batch, hidden)` of a model's states, in fp32."""
    return mean_pooled(model(input_ids, mask).float(), mask)
