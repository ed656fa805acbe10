"""The messages of Prometheus remote write, as far as they are read here, and google.rpc.Status, declared for the protobuf
runtime.

Names and values of labels are declared as bytes: text that is not UTF-8 must spoil its series only, not the request.
Sources: prometheus/prompb/{remote,types}.proto and prometheus/prompb/io/prometheus/write/v2/types.proto of Prometheus.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Kind = descriptor_pb2.FieldDescriptorProto
FILE = "opsportal/remote_write.proto"
# Message → field → (number, type, repeated)
DECLARED: dict[str, dict[str, tuple[int, str, bool]]] = {
    "Label": {"name": (1, "bytes", False), "value": (2, "bytes", False)},
    "Labels": {"labels": (1, "Label", True)},
    "Sample": {"value": (1, "double", False), "timestamp": (2, "int64", False)},
    "MetricMetadata": {
        "type": (1, "int32", False),
        "metric_family_name": (2, "bytes", False),
        "help": (4, "bytes", False),
        "unit": (5, "bytes", False),
    },
    "LabelRefs": {"labels_refs": (1, "uint32", True)},
    "Metadata": {"type": (1, "int32", False), "help_ref": (3, "uint32", False), "unit_ref": (4, "uint32", False)},
    "Status": {"code": (1, "int32", False), "message": (2, "bytes", False)},
}
SCALARS = {
    "bytes": Kind.TYPE_BYTES,
    "double": Kind.TYPE_DOUBLE,
    "int32": Kind.TYPE_INT32,
    "int64": Kind.TYPE_INT64,
    "uint32": Kind.TYPE_UINT32,
}


def declare(file: str, declared: dict[str, dict[str, tuple[int, str, bool]]]) -> dict[str, Any]:
    """Message classes by name, of a pool of their own."""
    proto = descriptor_pb2.FileDescriptorProto(name=file, package="opsportal", syntax="proto3")
    for name, its_fields in declared.items():
        message = proto.message_type.add(name=name)
        for field_name, (number, kind, repeated) in its_fields.items():
            field = message.field.add(name=field_name, number=number)
            field.label = Kind.LABEL_REPEATED if repeated else Kind.LABEL_OPTIONAL
            field.type = SCALARS.get(kind, Kind.TYPE_MESSAGE)
            if kind not in SCALARS:
                field.type_name = f".opsportal.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(proto)
    found = {name: pool.FindMessageTypeByName(f"opsportal.{name}") for name in declared}
    return {name: message_factory.GetMessageClass(descriptor) for name, descriptor in found.items()}


_classes = declare(FILE, DECLARED)
Labels: Any = _classes["Labels"]
Sample: Any = _classes["Sample"]
MetricMetadata: Any = _classes["MetricMetadata"]
LabelRefs: Any = _classes["LabelRefs"]
Metadata: Any = _classes["Metadata"]
Status: Any = _classes["Status"]
