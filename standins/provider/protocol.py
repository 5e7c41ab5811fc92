"""Pulumi's protocol without the rest of its SDK, whose import would cost each plugin a quarter of a second."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.runtime.proto import engine_pb2 as engine_pb2
    from pulumi.runtime.proto import engine_pb2_grpc as engine_pb2_grpc
    from pulumi.runtime.proto import plugin_pb2 as plugin_pb2
    from pulumi.runtime.proto import provider_pb2 as provider_pb2
    from pulumi.runtime.proto import provider_pb2_grpc as provider_pb2_grpc
    from pulumi.runtime.proto import status_pb2 as status_pb2
else:
    # The generated modules know each other by their place in a package, whatever its name is.
    __path__ = [str(Path(find_spec("pulumi").origin).parent / "runtime" / "proto")]
