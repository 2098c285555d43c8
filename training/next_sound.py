"""What the language model's states also tell while it learns: what the next frame sounds like.

Which code comes next says nothing of how near the others are, so that it teaches slowly what all of them
are about. A map from states to latents, which nobody needs afterwards, teaches it at once.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from training.encode_speech import quantiser_of
from training.latents import Code
from training.quantise import parts_of


class NextSound(nn.Module):
    """From states before frames to the frames' latents, as far as these are worth telling."""

    tables: Tensor
    """[num_codebooks, codebook_size, latent_dim]: what each code adds; distances are as they matter"""

    def __init__(self, code: Code, dim: int) -> None:
        super().__init__()
        self.register_buffer("tables", _tables(code), persistent=False)
        self.norm = nn.RMSNorm(dim)
        self.map = nn.Linear(dim, self.tables.shape[-1])
        nn.init.zeros_(self.map.weight)

    def loss(self, states: Tensor, codes: Tensor) -> Tensor:
        """Share of variance that states [frames, dim] miss of what codes [frames, num_codebooks] say."""
        meant = self.meant_by(codes)
        missed = (self.map(self.norm(states)).float() - meant).square().mean()
        return missed / meant.var(0).mean()

    def meant_by(self, codes: Tensor) -> Tensor:
        """[frames, latent_dim] of codes [frames, num_codebooks]."""
        places = torch.arange(codes.shape[1], device=codes.device)
        return self.tables[places, codes].sum(1)


@torch.no_grad()
def _tables(code: Code) -> Tensor:
    tables = [parts_of(stage) for stage in quantiser_of(code).stages]
    return pad_sequence(tables, batch_first=True) @ _root(code.latents.importance())


def _root(importance: Tensor) -> Tensor:
    """[latent_dim, latent_dim] that makes the same distances of latents as [latent_dim, any] does."""
    values, vectors = torch.linalg.eigh(importance @ importance.T)
    return vectors * values.clamp(min=0).sqrt()
