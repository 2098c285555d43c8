"""The codec as it is trained: fish-speech's own classes in a small geometry, with plain weights.

Weight normalisation is taken off for training and put back for export; the layers' own initialisation,
made for wide networks and long runs, is replaced by one that learns from the first step.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import remove_weight_norm
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

from fish_openai.codec.checkpoint import bake_weight_norm
from fish_openai.codec.config import CodecConfig
from fish_openai.upstream.models import build_codec
from fish_openai.upstream.shims import known_warnings_ignored, upstream

GEOMETRY = CodecConfig(
    sample_rate=16_000,
    encoder_dim=16,
    # Large strides where the signal is long, in both: a quarter of the official order's work.
    encoder_rates=(5, 5, 4, 2),
    decoder_rates=(2, 5, 5, 4),
    encoder_transformer_layers=(0, 0, 0, 0),
    latent_dim=128,
    decoder_dim=256,
    n_codebooks=8,
    codebook_size=1024,
    semantic_codebook_size=512,
    codebook_dim=32,
    downsample_factor=(2, 2),
    tf_layers=2,
    tf_heads=2,
    tf_intermediate=384,
    window=16,
)


ENCODING = ("encoder.", "quantizer.downsample.", "quantizer.pre_module.")
DECODING = ("decoder.", "quantizer.upsample.", "quantizer.post_module.")
"""How the names of what makes latents, and of what makes sound of them, begin in a DAC."""


class TrainableCodec(nn.Module):
    """fish-speech's `DAC` with plain weights, and the two halves around its quantisers."""

    def __init__(self, geometry: CodecConfig) -> None:
        super().__init__()
        with known_warnings_ignored():
            self.dac = build_codec(geometry)
        self.normalised = _remove_weight_norms(self.dac)
        _initialise(self.dac)
        _make_fast(self.dac)

    def encode(self, samples: Tensor) -> Tensor:
        """Latents [batch, latent_dim, frames] of samples [batch, 1, frames * frame_samples]."""
        return self.dac.quantizer.pre_module(self.convolve(samples))

    def convolve(self, samples: Tensor) -> Tensor:
        """What the encoder's transformer is given, [batch, latent_dim, frames]."""
        return self.dac.quantizer.downsample(self.dac.encoder(samples))

    def decode(self, latents: Tensor) -> Tensor:
        """Samples [batch, 1, frames * frame_samples] of quantised latents."""
        quantizer = self.dac.quantizer
        return self.dac.decoder(quantizer.upsample(quantizer.post_module(latents)))

    def quantisers(self) -> dict[str, Tensor]:
        """Their tensors by their names in a DAC."""
        return {n: t for n, t in self.dac.state_dict().items() if "quantizers." in n}

    def start_from(self, folder: Path) -> None:
        """Take over both halves of a checkpoint whose quantisers may be others."""
        state = bake_weight_norm(torch.load(folder / "codec.pth", weights_only=True))
        halves = {n: t.float() for n, t in state.items() if n.startswith(ENCODING + DECODING)}
        self.dac.load_state_dict(halves, strict=False)

    def export(self) -> dict[str, Tensor]:
        """The state dict of the weight-normed classes, without what a formula gives back."""
        state: dict[str, Tensor] = {}
        for name, tensor in self.dac.state_dict().items():
            module, _, leaf = name.rpartition(".")
            if leaf == "weight" and module in self.normalised:
                gain, direction = self.normalised[module]
                state[f"{module}.{gain}"] = tensor.norm(
                    dim=tuple(range(1, tensor.ndim)), keepdim=True
                )
                state[f"{module}.{direction}"] = tensor
            elif leaf not in ("causal_mask", "freqs_cis"):
                state[name] = tensor
        return state


def _remove_weight_norms(dac: nn.Module) -> dict[str, tuple[str, str]]:
    """Make every weight plain; the names of its gain and direction, by module."""
    names = {}
    for name, module in dac.named_modules():
        if not isinstance(module, nn.Conv1d | nn.ConvTranspose1d):
            continue
        if is_parametrized(module, "weight"):
            remove_parametrizations(module, "weight")
            names[name] = ("parametrizations.weight.original0", "parametrizations.weight.original1")
        elif hasattr(module, "weight_g"):
            remove_weight_norm(module)
            names[name] = ("weight_g", "weight_v")
    return names


def _initialise(dac: nn.Module) -> None:
    modules, quantisers = upstream().modded_dac, upstream().rvq
    for name, module in dac.named_modules():
        if isinstance(module, nn.Conv1d | nn.ConvTranspose1d) and "quantizers" not in name:
            _keep_variance(module)
            if ".block.3.conv" in name and module.kernel_size[0] == 1:
                module.weight.data *= 0.3  # the end of a residual branch
        elif isinstance(module, quantisers.ConvNeXtBlock):
            for linear in (module.pwconv1, module.pwconv2):
                nn.init.normal_(linear.weight, std=linear.in_features**-0.5)
            nn.init.constant_(module.gamma, 0.1)
        elif isinstance(module, modules.LayerScale):
            nn.init.constant_(module.gamma, 0.1)
    dac.decoder.model[-2].conv.weight.data *= 0.05  # a tanh that is full learns nothing


def _keep_variance(convolution: nn.Conv1d | nn.ConvTranspose1d) -> None:
    num_inputs = convolution.in_channels // convolution.groups * convolution.kernel_size[0]
    if isinstance(convolution, nn.ConvTranspose1d):
        num_inputs //= convolution.stride[0]
    nn.init.normal_(convolution.weight, std=num_inputs**-0.5)
    nn.init.zeros_(convolution.bias)


class _Snake(nn.Module):
    """x + sin(a x)^2 / a, by the double angle: one cosine instead of a sine and a square."""

    def __init__(self, alpha: nn.Parameter) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, x: Tensor) -> Tensor:
        return _SnakeFunction.apply(x, self.alpha)


class _SnakeFunction(torch.autograd.Function):
    @staticmethod
    def forward(context, x: Tensor, alpha: Tensor) -> Tensor:  # noqa: ANN001
        # Detached, because dynamo compiles anew for every shape that a parameter has.
        context.save_for_backward(x, alpha.detach())
        return _snake(x, alpha.detach())

    @staticmethod
    def backward(context, gradient: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN001
        return _snake_backward(*context.saved_tensors, gradient)


@torch.compile(dynamic=True)
def _snake(x: Tensor, alpha: Tensor) -> Tensor:
    return x + (1 - torch.cos(2 * alpha * x)) / (2 * alpha + 1e-9)


@torch.compile(dynamic=True)
def _snake_backward(x: Tensor, alpha: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    angle, inverse = 2 * alpha * x, 1 / (alpha + 1e-9)
    sine = torch.sin(angle)
    slope = inverse * (x * sine - 0.5 * inverse * (1 - torch.cos(angle)))
    return gradient * (1 + sine), (gradient * slope).sum(dim=(0, 2), keepdim=True)


def _make_fast(dac: nn.Module) -> None:
    for module in list(dac.modules()):
        for name, child in module.named_children():
            if type(child).__name__ == "Snake1d":
                setattr(module, name, _Snake(child.alpha))
