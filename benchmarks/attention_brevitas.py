"""A transformer block of 4 bits as Brevitas trains and exports it; its weights are random."""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path
from typing import Any

TOKENS, WIDTH, HEADS, HIDDEN = 6, 16, 2, 24
BITS = 4


def block() -> Any:
    """The module, whose scales a few random batches in training mode have set."""
    import torch
    from brevitas import nn

    class Block(torch.nn.Module):  # type: ignore[misc]
        """Attention and a feed-forward network, each with a way around it, as in BERT."""

        def __init__(self) -> None:
            super().__init__()
            bits = {"weight_bit_width": BITS}
            self.before = nn.QuantIdentity(bit_width=BITS, return_quant_tensor=True)
            words = ("attn_output_weights", "q_scaled", "k_transposed", "v", "out_proj_input")
            widths = {f"{word}_bit_width": BITS for word in words}
            layers = {f"{word}_weight_bit_width": BITS for word in ("in_proj", "out_proj")}
            plain = dict.fromkeys(
                ("in_proj_input_quant", "in_proj_bias_quant", "out_proj_bias_quant")
            )
            self.attention = nn.QuantMultiheadAttention(
                WIDTH, HEADS, packed_in_proj=False, batch_first=True, **plain, **widths, **layers
            )
            self.added = nn.QuantIdentity(bit_width=BITS)
            self.sums = torch.nn.ModuleList(nn.QuantIdentity(bit_width=BITS) for _ in range(2))
            self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(WIDTH) for _ in range(2))
            self.normal = torch.nn.ModuleList(nn.QuantIdentity(bit_width=BITS) for _ in range(2))
            self.wide = nn.QuantLinear(WIDTH, HIDDEN, bias=True, **bits)
            self.inner = nn.QuantReLU(bit_width=BITS)
            self.narrow = nn.QuantLinear(HIDDEN, WIDTH, bias=True, **bits)
            self.last = nn.QuantIdentity(bit_width=BITS)

        def forward(self, x: Any) -> Any:
            x = self.before(x)
            mixed = self.attention(x, x, x, need_weights=False)[0]
            x = self.normal[0](self.norms[0](self.sums[0](x.value + self.added(mixed))))
            inner = self.narrow(self.inner(self.wide(x)))
            return self.normal[1](self.norms[1](self.sums[1](x + self.last(inner))))

    torch.manual_seed(4)
    module = Block()
    module.train()
    for _ in range(3):
        module(torch.randn(32, TOKENS, WIDTH))
    return module.eval()


def exported(folder: Path, form: str = "qcdq") -> Path:
    """The block as a file.

    Args:
        folder: Where it is written.
        form: What Brevitas writes: "qcdq", operators of ONNX alone, or "qonnx".
    """
    import torch
    from brevitas import export

    write = export.export_onnx_qcdq if form == "qcdq" else export.export_qonnx
    # The first operator set with LayerNormalization is not Brevitas' default for this form.
    options = {"dynamo": False} | ({"opset_version": 17} if form == "qcdq" else {})
    path = folder / f"{form}.onnx"
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        write(block(), torch.zeros(1, TOKENS, WIDTH), str(path), **options)
    return path
