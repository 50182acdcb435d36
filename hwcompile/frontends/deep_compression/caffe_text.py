"""The text form of Caffe's networks, read by protobuf's own parser.

Caffe's `caffe.proto` is in no package, so the messages are declared here: of those that Caffe has,
the ones that describe what a network computes when it is used, with every field of theirs that may
be written. The parser refuses any other field and names its line. The numbers of fields matter to
the binary form only.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from hwcompile.diagnostics import fail
from hwcompile.frontends.model_file import first_bytes

_PACKAGE = "caffe"

_ENUMS = {
    "PoolMethod": "MAX AVE STOCHASTIC",
    "Engine": "DEFAULT CAFFE CUDNN",
}

_MESSAGES = {
    "BlobShape": "dim:int64*",
    "InputParameter": "shape:BlobShape*",
    "FillerParameter": "type:string value:float min:float max:float mean:float std:float",
    "ParamSpec": "name:string lr_mult:float decay_mult:float",
    "ConvolutionParameter": (
        "num_output:uint32 bias_term:bool=true pad:uint32* kernel_size:uint32* stride:uint32* "
        "dilation:uint32* pad_h:uint32 pad_w:uint32 kernel_h:uint32 kernel_w:uint32 "
        "stride_h:uint32 stride_w:uint32 group:uint32=1 weight_filler:FillerParameter "
        "bias_filler:FillerParameter engine:Engine axis:int32=1"
    ),
    "PoolingParameter": (
        "pool:PoolMethod pad:uint32 pad_h:uint32 pad_w:uint32 kernel_size:uint32 kernel_h:uint32 "
        "kernel_w:uint32 stride:uint32=1 stride_h:uint32 stride_w:uint32 engine:Engine "
        "global_pooling:bool"
    ),
    "ReLUParameter": "negative_slope:float engine:Engine",
    "ConcatParameter": "axis:int32=1 concat_dim:uint32=1",
    "DropoutParameter": "dropout_ratio:float",
    "SoftmaxParameter": "axis:int32=1 engine:Engine",
    "LayerParameter": (
        "name:string type:string bottom:string* top:string* param:ParamSpec* "
        "input_param:InputParameter convolution_param:ConvolutionParameter "
        "pooling_param:PoolingParameter relu_param:ReLUParameter concat_param:ConcatParameter "
        "dropout_param:DropoutParameter softmax_param:SoftmaxParameter"
    ),
    "NetParameter": (
        "name:string input:string* input_dim:int32* input_shape:BlobShape* layer:LayerParameter*"
    ),
}
"""Fields as `name:type`, with `*` where there may be many, and `=` before a default."""

_Field = descriptor_pb2.FieldDescriptorProto


def read_caffe_text(path: Path) -> Any:
    """The file as a message `NetParameter`.

    Raises:
        CompileError: HW0101 or HW0102 where there is no file, or nothing in it; HW0130 where it is
            no text of a network, or has a field that is not known here.
    """
    first_bytes(path, 1)
    message = _net_parameter()()
    try:
        text_format.Parse(path.read_text(encoding="utf-8"), message)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise fail(
            "HW0130",
            f"'{path.name}' is not a network of Caffe that can be read",
            f"the protobuf parser says '{str(error).strip().rstrip('.')}'",
            "the deploy network (layers are called 'layer', none is for training) as a .prototxt",
        ) from error
    return message


@cache
def _net_parameter() -> Any:
    """The class of the messages."""
    file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package=_PACKAGE, syntax="proto2")
    for name, words in _ENUMS.items():
        enum = file.enum_type.add(name=name)
        for number, word in enumerate(words.split()):
            enum.value.add(name=f"{word}", number=number)
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field in enumerate(fields.split(), start=1):
            _add(message, number, field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.NetParameter"))


def _add(message: Any, number: int, spelling: str) -> None:
    """A field; the spelling is that of `_MESSAGES`."""
    name, kind = spelling.split(":")
    kind, _, default = kind.partition("=")
    field = message.field.add(name=name, number=number, label=_Field.LABEL_OPTIONAL)
    if kind.endswith("*"):
        kind, field.label = kind[:-1], _Field.LABEL_REPEATED
    if kind in _MESSAGES or kind in _ENUMS:
        field.type = _Field.TYPE_MESSAGE if kind in _MESSAGES else _Field.TYPE_ENUM
        field.type_name = f".{_PACKAGE}.{kind}"
    else:
        field.type = getattr(_Field, f"TYPE_{kind.upper()}")
    if default:
        field.default_value = default
