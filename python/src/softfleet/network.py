# SPDX-License-Identifier: Apache-2.0
"""The actor network: interprets a snapshot's layer list in float32."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from softfleet.errors import InvalidPolicyError
from softfleet.safetensors import Tensors
from softfleet.snapshot import Layer

# torch.nn.LayerNorm's default.
_LAYER_NORM_EPSILON = np.float32(1e-5)

Matrix = npt.NDArray[np.float32]  # [n, features]
Apply = Callable[[Matrix], Matrix]


class Network:
    """Checks the list for `inputs` features: kinds, and presence, dtype, shape
    and finiteness of every tensor; the last layer must be linear.
    InvalidPolicyError names the layer and the tensor."""

    def __init__(
        self, layers: tuple[Layer, ...], tensors: Tensors, inputs: int
    ):
        last = layers[-1].kind if layers else "missing"
        if last != "linear":
            raise InvalidPolicyError(
                f"the last of {len(layers)} layers is {last}, needs linear"
            )
        self._layers: list[Apply] = []
        self.outputs = inputs
        for index, layer in enumerate(layers):
            try:
                apply, self.outputs = _make_layer(layer, tensors, self.outputs)
            except InvalidPolicyError as error:
                name = f"{layer.kind} {layer.tensors}".strip()
                raise InvalidPolicyError(
                    f"layer {index} ({name}): {error}"
                ) from None
            self._layers.append(apply)

    def __call__(self, values: Matrix) -> Matrix:
        """[n, inputs] -> [n, outputs]."""
        with np.errstate(over="ignore", invalid="ignore"):
            for layer in self._layers:
                values = layer(values)
        return values


def _make_layer(
    layer: Layer, tensors: Tensors, inputs: int
) -> tuple[Apply, int]:
    if layer.kind == "linear":
        weight = _find(tensors, f"{layer.tensors}.weight", None, inputs)
        outputs = weight.shape[0]
        bias = _find(tensors, f"{layer.tensors}.bias", outputs)
        return lambda x: x @ weight.T + bias, outputs
    if layer.kind == "relu":
        return lambda x: np.maximum(x, np.float32(0)), inputs
    if layer.kind == "layer_norm":
        scale = _find(tensors, f"{layer.tensors}.weight", inputs)
        shift = _find(tensors, f"{layer.tensors}.bias", inputs)
        return lambda x: _normalise(x) * scale + shift, inputs
    raise InvalidPolicyError(
        "unknown layer (linear, relu and layer_norm are known)"
    )


def _normalise(values: Matrix) -> Matrix:
    """Over the features of each row, with the biased variance (Ba et al. 2016;
    torch.nn.LayerNorm)."""
    centred: Matrix = values - values.mean(axis=1, keepdims=True)
    variance = np.square(centred).mean(axis=1, keepdims=True)
    result: Matrix = centred / np.sqrt(variance + _LAYER_NORM_EPSILON)
    return result


def _find(tensors: Tensors, name: str, *shape: int | None) -> Matrix:
    """The float32 tensor of that shape; None stands for any size."""
    if name not in tensors:
        raise InvalidPolicyError(f"tensor {name} is missing")
    tensor = tensors[name]
    if tensor.dtype != np.float32:
        raise InvalidPolicyError(f"tensor {name} is {tensor.dtype}, needs F32")
    fits = len(tensor.shape) == len(shape) and all(
        size >= 1 and wanted in (None, size)
        for size, wanted in zip(tensor.shape, shape, strict=True)
    )
    if not fits:
        sizes = ["outputs" if size is None else size for size in shape]
        raise InvalidPolicyError(
            f"tensor {name} is {list(tensor.shape)}, needs "
            f"[{', '.join(map(str, sizes))}]"
        )
    if not np.isfinite(tensor).all():
        raise InvalidPolicyError(
            f"tensor {name} has a number that is not finite"
        )
    return tensor
