"""The client's end of a kernel's channels: prompt, and safe to leave open to a hostile kernel.

It hands on well-formed, signed messages only. Three things differ from jupyter_client's own. It does not wait a fixed
0.2 s when it connects. It drops what is forged or garbled instead of raising. And it counts bytes as they arrive,
whatever they claim to be, and ends the kernel when they exceed the limit, so its memory stays bounded
(jupyter_client's: 1.5 GB for a notebook that prints 500 MB).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from queue import Empty
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.connect import channel_socket_types
from traitlets import Type

from grader.inside.measure import MB

REPLIES = 256 * MB  # all that a kernel may send on the shell channel in its life
LARGEST_REPLY = 64 * MB  # a larger message is refused by zmq before it is read
QUEUED = 8  # messages that zmq keeps for us: times the largest message, this is what a flood can cost
LINGER = 100  # ms

DEATH_PATIENCE = 0.5  # seconds by which a connection may end before the process of which it was
IDLE_PATIENCE = 0.25  # seconds to wait for iopub's word after a reply: it is lost if the subscription came later


class MeteredChannel(AsyncZMQSocketChannel):
    """A channel that drops what is not a proper message, and counts what comes."""

    _monitor: zmq.asyncio.Socket | None = None

    def watch(self, allowed: int, flooded: Callable[[int, int], None], died: Callable[[], Awaitable[None]]) -> None:
        """Call `flooded(allowed, came)` when more than `allowed` bytes came, or one message that is too large."""
        assert self.socket is not None
        self._allowed, self._flooded, self._died = allowed, flooded, died
        self._came = 0
        self._monitor = self.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._poller = zmq.asyncio.Poller()
        self._poller.register(self.socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)

    def close(self) -> None:
        if self.socket is not None and self._monitor is not None:
            if not self.socket.closed:  # as it is where nbclient gave up a kernel that did not start
                self.socket.disable_monitor()
            self._monitor.close(linger=0)
            self._monitor = None
        super().close()

    stop = close

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # type: ignore[override]
        """The next proper message. Raises Empty when none comes in time."""
        assert self.socket is not None
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if deadline is None else max(0, int((deadline - time.monotonic()) * 1000))
            ready = dict(await self._poller.poll(left))
            if not ready:
                raise Empty
            if self.socket not in ready:
                await self._disconnected()
                continue
            frames = await self.socket.recv_multipart()
            self._came += sum(map(len, frames))
            if self._came > self._allowed:
                self._flooded(self._allowed, self._came)
                continue
            try:
                message: dict[str, Any] = self.session.deserialize(self.session.feed_identities(frames)[1])
                if isinstance(message["parent_header"], dict) and isinstance(message["content"], dict):
                    return message
            except Exception:  # whatever a hostile message makes the decoder raise
                continue

    async def _disconnected(self) -> None:
        """Either the kernel ended, or zmq hung up on it for a message that was too large."""
        assert self._monitor is not None
        await self._monitor.recv_multipart()
        try:
            async with asyncio.timeout(DEATH_PATIENCE):  # wait_for can swallow a cancellation (Python 3.11)
                await self._died()
        except TimeoutError:
            self._flooded(self._allowed, self._allowed + 1)


class PromptClient(AsyncKernelClient):
    """A client for one of our kernels. Its manager says how much it may print, and whom to tell when it is too much."""

    parent: Any
    shell_channel_class = Type(MeteredChannel)
    iopub_channel_class = Type(MeteredChannel)

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = False,  # noqa: ARG002  a kernel under grading asks nobody
        hb: bool = False,  # noqa: ARG002  the process itself is watched
        control: bool = False,  # noqa: ARG002  it is killed, not asked
    ) -> None:
        super().start_channels(shell=shell, iopub=iopub, stdin=False, hb=False, control=False)
        for channel, allowed in ((self.iopub_channel, self.parent.output_limit), (self.shell_channel, REPLIES)):
            channel.watch(allowed, self.parent.flooded, self.parent.died)

    def stop_channels(self) -> None:
        for channel in (self._shell_channel, self._iopub_channel):
            if channel is not None:
                channel.stop()

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait for a reply to kernel_info, and for iopub to confirm that it carries our messages."""
        deadline = time.monotonic() + (timeout or float("inf"))
        while True:
            asked = self.kernel_info()
            reply = await self._answer_to(asked, deadline)
            if await self._idle_after(asked):
                self._handle_kernel_info_reply(reply)
                return

    async def _answer_to(self, asked: str, deadline: float) -> dict[str, Any]:
        while True:
            try:
                message = await self.shell_channel.get_msg(timeout=IDLE_PATIENCE)
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
                if time.monotonic() > deadline:
                    raise RuntimeError("Kernel didn't respond in time") from None
            else:
                if message["parent_header"].get("msg_id") == asked:
                    return dict(message)

    async def _idle_after(self, asked: str) -> bool:
        deadline = time.monotonic() + IDLE_PATIENCE
        while True:
            try:
                message = await self.iopub_channel.get_msg(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                return False
            mine = message["parent_header"].get("msg_id") == asked
            if mine and message["content"].get("execution_state") == "idle":
                return True

    def _create_connected_socket(self, channel: str, identity: bytes | None = None) -> Any:
        socket = self.context.socket(channel_socket_types[channel])
        socket.linger = LINGER
        socket.maxmsgsize = self.parent.output_limit + MB if channel == "iopub" else LARGEST_REPLY
        socket.rcvhwm = QUEUED
        if identity:
            socket.identity = identity
        socket.connect(self._make_url(channel))
        return socket


class NoticesDeath:
    """For a notebook client (mixed in before nbconvert's): a kernel's death is noticed when it happens, not within
    the second after which nbclient asks."""

    km: Any
    task_poll_for_reply: asyncio.Future[Any] | None

    async def _async_poll_kernel_alive(self) -> None:
        await self.km.died()
        while self.task_poll_for_reply is not None and not self.task_poll_for_reply.done():
            self.task_poll_for_reply.cancel()
            await asyncio.sleep(0.05)  # asked again: what it waits for may swallow a cancellation
