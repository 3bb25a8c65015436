"""Runs a program under a filter of system calls that refuses capset, as a sandbox may: without_capset.py PROGRAM…"""

import ctypes
import os
import platform
import struct
import sys

# The number of capset, by machine.
_NUMBERS = {"x86_64": 126, "aarch64": 91}
can_refuse = platform.machine() in _NUMBERS
_SET_SECCOMP, _FILTER = 22, 2


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def _refuse() -> None:
    # seccomp(2): load the call's number, compare it, answer EPERM or go on.
    code = b"".join(struct.pack("<HBBI", *instruction) for instruction in [
        (0x20, 0, 0, 0), (0x15, 0, 1, _NUMBERS[platform.machine()]), (0x06, 0, 0, 0x0005_0001), (0x06, 0, 0, 0x7FFF_0000)])
    program = _Program(4, code)
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    _refuse()
    os.execv(sys.argv[1], sys.argv[1:])
