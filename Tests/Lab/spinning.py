"""An endless loop in one thread of a process, put there from outside; all its other threads go on."""

import ctypes
import os
import platform
import struct

_SEIZE, _INTERRUPT, _DETACH, _GET_REGISTERS, _SET_REGISTERS = 0x4206, 0x4207, 17, 0x4204, 0x4205
_GENERAL = 1  # NT_PRSTATUS: the set of general registers
_ALL_THREADS = 0x40000000  # __WALL
_ENTRY = 9  # AT_ENTRY

# By machine: a jump to itself, how many registers of eight bytes there are, which is the program counter, and which says
# that a system call is to be begun again (None: that is settled before a debugger is asked).
_MACHINES = {"x86_64": (b"\xeb\xfe", 27, 16, 15), "aarch64": (struct.pack("<I", 0x14000000), 34, 32, None)}
can_spin = platform.machine() in _MACHINES and struct.calcsize("P") == 8

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class _Range(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def _ptrace(request: int, thread: int, address: int = 0, data: object = None) -> None:
    if _libc.ptrace(request, thread, address, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")


def thread_called(pid: int, name: str) -> int:
    """The number of the thread of this name."""
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm", encoding="utf-8") as file:
            if file.read().strip() == name:
                return int(task)
    raise LookupError(f"process {pid} has no thread called {name}")


def running_time(pid: int, thread: int) -> int:
    """For how many ticks the thread has run outside the kernel."""
    with open(f"/proc/{pid}/task/{thread}/stat", encoding="utf-8") as file:
        return int(file.read().rsplit(")", 1)[1].split()[11])


def _entry(pid: int) -> int:
    """Where the program begins: code that has run, and runs never again."""
    with open(f"/proc/{pid}/auxv", "rb") as file:
        pairs = struct.iter_unpack("QQ", file.read())
    return next(value for kind, value in pairs if kind == _ENTRY)


def spin(pid: int, thread: int) -> None:
    """Has the thread jump to itself from now on. It does nothing else until the process is killed."""
    jump, count, counter, restart = _MACHINES[platform.machine()]
    _ptrace(_SEIZE, thread)
    try:
        _ptrace(_INTERRUPT, thread)
        os.waitpid(thread, _ALL_THREADS)
        place = _entry(pid)
        memory = os.open(f"/proc/{pid}/mem", os.O_RDWR)
        try:
            os.pwrite(memory, jump, place)
        finally:
            os.close(memory)
        registers = (ctypes.c_uint64 * count)()
        span = _Range(ctypes.addressof(registers), ctypes.sizeof(registers))
        _ptrace(_GET_REGISTERS, thread, _GENERAL, ctypes.addressof(span))
        registers[counter] = place
        if restart is not None:
            registers[restart] = 2**64 - 1
        _ptrace(_SET_REGISTERS, thread, _GENERAL, ctypes.addressof(span))
    finally:
        _ptrace(_DETACH, thread)
