"""Kernel restrictions on the process that reads a document, whatever the file makes it do; used by `sandbox_server`.

Limits on time, memory and files come from setrlimit(2). A seccomp(2) filter closes the network: neither this process
nor any program it starts can create a socket. Neither needs a privilege, so both work in containers as well.
"""

import contextlib
import ctypes
import math
import os
import platform
import resource
import signal
import struct
import sys
from pathlib import Path

from app.extraction.limits import ExtractionLimits

MAX_FILE_BYTES = 64 * 1024 * 1024  # of the files that a program started for the document (OCR, LibreOffice) may write
_MIB = 1024 * 1024

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 1, 38, 22, 2  # prctl(2)
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000  # seccomp(2); _REFUSE carries an errno
_EACCES, _AF_UNIX = 13, 1
# machine: AUDIT_ARCH, numbers of socket(2), ptrace(2) and io_uring_setup(2), which could create sockets unnoticed
_MACHINES = {
    "x86_64": (0xC000003E, (41, 101, 425)),
    "aarch64": (0xC00000B7, (198, 117, 425)),
}
_X32 = 0x40000000  # the second numbering of system calls on x86_64 begins here
_LOAD_WORD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # opcodes of classic BPF


def die_with_parent() -> None:
    """Make the kernel end this process when its parent ends; Linux only, and kept across exec."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent or parent == 1:
            os._exit(1)


def close_network(*, local_sockets: bool = False) -> bool:
    """Prevent this process and its children from creating sockets; returns whether the kernel enforces that.

    `local_sockets` leaves Unix sockets open, without which LibreOffice does not start. Returns False on systems other
    than Linux on x86-64 and ARM64: nothing here opens a connection there either, but nothing prevents it.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    architecture, (socket_call, *others) = machine
    refuse = [_instruction(_RETURN, _REFUSE | _EACCES)]
    allow = [_instruction(_RETURN, _ALLOW)]
    family = [_instruction(_LOAD_WORD, 16), _instruction(_IF_EQUAL, _AF_UNIX, 0, 1), *allow] if local_sockets else []
    program = [
        _instruction(_LOAD_WORD, 4),  # seccomp_data.arch
        _instruction(_IF_EQUAL, architecture, 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD_WORD, 0),  # seccomp_data.nr
        _instruction(_IF_AT_LEAST, _X32, 0, 1),
        *refuse,
        *(part for call in others for part in (_instruction(_IF_EQUAL, call, 0, 1), *refuse)),
        _instruction(_IF_EQUAL, socket_call, 0, len(family) + 1),
        *family,  # seccomp_data.args[0] is the family
        *refuse,
        *allow,
    ]
    code = ctypes.create_string_buffer(b"".join(program))
    described = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return libc.prctl(_PR_SET_SECCOMP, _FILTER, described, 0, 0) == 0


def _instruction(opcode: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("@HBBI", opcode, if_true, if_false, operand)


def limit_process(limits: ExtractionLimits) -> None:
    """Set limits that the kernel enforces. The caller's own clock is normally the first to end an extraction."""
    signal.setitimer(signal.ITIMER_REAL, limits.seconds + 1)
    _limit(resource.RLIMIT_CPU, math.ceil(limits.seconds) + 1, math.ceil(limits.seconds + limits.program_seconds) + 1)
    _limit(resource.RLIMIT_CORE, 0)
    # The reader writes no files; only programs it starts may, into the document's folder.
    _limit(resource.RLIMIT_FSIZE, 0, MAX_FILE_BYTES)
    _limit(resource.RLIMIT_AS, _address_space_bytes() + limits.memory_mib * _MIB)


def allow_files() -> None:
    """Allow files of limited size from here on, for a program that reads its document from a file."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def limit_program(seconds: float, memory_mib: int) -> None:
    """Limit a program for a document, between fork and exec: it ends with its parent and writes limited files."""
    die_with_parent()
    _limit(resource.RLIMIT_CPU, math.ceil(seconds) + 1)
    _limit(resource.RLIMIT_FSIZE, MAX_FILE_BYTES)
    _limit(resource.RLIMIT_AS, memory_mib * _MIB)


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    _, most = resource.getrlimit(kind)

    def allowed(amount: int) -> int:
        return amount if most == resource.RLIM_INFINITY else min(amount, most)

    with contextlib.suppress(ValueError, OSError):  # macOS has no limit on the address space
        resource.setrlimit(kind, (allowed(soft), allowed(soft if hard is None else hard)))


def _address_space_bytes() -> int:
    """Return the bytes of address space that this process has before it reads anything."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return 1024 * _MIB
    return pages * os.sysconf("SC_PAGE_SIZE")
