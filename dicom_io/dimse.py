"""C-STORE to a PACS, as a scanner does it."""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.filereader import read_file_meta_info
from pynetdicom import AE, Association, evt
from pynetdicom.presentation import build_context

from tilscope.dicom_io.archives import Tick
from tilscope.dicom_io.send_errors import BrokenOff, SendError

#: PS3.8 7.1.1.13: presentation context identifiers are the odd numbers up to 255.
_MOST_CONTEXTS = 128
#: An archive on a busy disk may take its time over one instance.
_ATTEMPTS = 3
_PATIENCE_S = 120
_SUCCESS, _WARNINGS = 0x0000, range(0xB000, 0xC000)


@dataclass(frozen=True)
class Peer:
    """A DICOM node to send to."""

    host: str
    port: int
    called_aet: str = "ORTHANC"
    calling_aet: str = "TILSCOPE"

    def __str__(self) -> str:
        return f"{self.called_aet}@{self.host}:{self.port}"


def send(paths: Sequence[Path], peer: Peer, tick: Tick = lambda done, total: None) -> None:
    """Store all files; the first one that is refused ends it, by name. A broken association is taken up again where it broke."""
    contexts = _contexts(paths)
    sent = 0
    for attempt in range(1, _ATTEMPTS + 1):
        association = _associated(peer, contexts)
        try:
            for path in paths[sent:]:
                _store(association, path, peer)
                sent += 1
                tick(sent, len(paths))
            return
        except BrokenOff:
            # To store an instance twice does no harm; to lose one does.
            if attempt == _ATTEMPTS:
                raise
        finally:
            association.release()


def _associated(peer: Peer, contexts: list[object]) -> Association:
    ae = AE(ae_title=peer.calling_aet)
    ae.dimse_timeout = _PATIENCE_S
    association = ae.associate(
        peer.host,
        peer.port,
        contexts=contexts,
        ae_title=peer.called_aet,
        evt_handlers=[(evt.EVT_CONN_OPEN, _send_at_once)],
    )
    if not association.is_established:
        raise SendError(f"{peer} does not accept the association; is it running, and does it know {peer.calling_aet}?")
    return association


def _send_at_once(event: evt.Event) -> None:
    """A C-STORE is a small command and then its data: Nagle's algorithm would hold the data back for 40 ms each."""
    event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _contexts(paths: Iterable[Path]) -> list[object]:
    """One presentation context for each SOP class and transfer syntax among the files."""
    syntaxes: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        meta = read_file_meta_info(path)
        syntaxes[str(meta.MediaStorageSOPClassUID)].add(str(meta.TransferSyntaxUID))
    contexts = [build_context(sop, syntax) for sop, group in syntaxes.items() for syntax in sorted(group)]
    if len(contexts) > _MOST_CONTEXTS:
        raise SendError(f"{len(contexts)} kinds of objects do not fit one association; send fewer at a time")
    return list(contexts)


def _store(association: Association, path: Path, peer: Peer) -> None:
    status = association.send_c_store(path)
    if "Status" not in status:
        raise BrokenOff(f"{peer} broke off the association while receiving {path.name}")
    if status.Status != _SUCCESS and status.Status not in _WARNINGS:
        raise SendError(
            f"{peer} refused {path.name}: status 0x{status.Status:04X} {status.get('ErrorComment', '')}".rstrip()
        )
