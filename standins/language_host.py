"""Pulumi's language host for Python: runs `__main__.py` of a project and starts policy packs.

The engine starts it as `pulumi-language-python ENGINE_ADDRESS` and reads the port from its first line.
It stands in for the official host where that cannot be downloaded; the program is the same for both.
"""

from __future__ import annotations

import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, cast

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from standins.provider.lifetime import end_with_parent

# The limit of Pulumi's own hosts (pulumi.runtime._grpc_settings): a resource's inputs may be large.
MAX_MESSAGE_BYTES = 400 * 1024 * 1024


class PythonHost(LanguageServer):
    """Serves what the engine asks of a language: run a program, run a plugin, name versions."""

    def __init__(self) -> None:
        super().__init__(program=lambda: None)

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Answer the engine's handshake."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Tell the host's version, for display."""
        return plugin_pb2.PluginInfo(version="0.0.0")

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802, ARG002
        """Install nothing: the virtual environment that runs this host is the program's own."""
        return iter(())

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """List the installed packages, for `pulumi about`."""
        packages = [
            language_pb2.DependencyInfo(name=package.metadata["Name"], version=package.version)
            for package in distributions()
        ]
        return language_pb2.GetProgramDependenciesResponse(dependencies=packages)

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Run the project's program with its own directory first on the path, as `python __main__.py` would."""
        directory = request.info.program_directory

        def program() -> None:
            sys.path.insert(0, directory)
            runpy.run_path(str(Path(directory) / "__main__.py"), run_name="__main__")

        self.program = program
        result = super().Run(request, context)  # type: ignore[no-untyped-call]  # Pulumi's base class is not typed
        # It has logged the error already; told again, the engine would show it twice.
        return language_pb2.RunResponse(bail=True) if result.error else result

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        """Run a plugin written in Python (a policy pack) and stream what it prints, then its exit code."""
        process = subprocess.Popen(
            [sys.executable, "-u", str(Path(request.info.program_directory) / "__main__.py"), *request.args],
            cwd=request.pwd,
            env=dict(pair.split("=", 1) for pair in request.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        context.add_callback(process.terminate)
        output: SimpleQueue[Any] = SimpleQueue()

        def forward(stream: IO[bytes], field: str) -> None:
            for line in stream:
                output.put(language_pb2.RunPluginResponse(**{field: line}))  # type: ignore[arg-type]  # a bytes field
            output.put(None)

        streams = {"stdout": cast(IO[bytes], process.stdout), "stderr": cast(IO[bytes], process.stderr)}  # both pipes
        for field, stream in streams.items():
            threading.Thread(target=forward, args=(stream, field), daemon=True).start()
        for _ in streams:
            yield from iter(output.get, None)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def main() -> None:
    """Serve on a free loopback port until the engine interrupts or ends."""
    end_with_parent()
    options = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
    server = grpc.server(ThreadPoolExecutor(max_workers=4), options=options)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(PythonHost(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop(grace=0) and None)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
