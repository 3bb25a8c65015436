"""The log: whoever does not read it stalls nobody but itself."""

import os
import select

from lab import Lab


class StalledPipe:
    """A pipe that is full and that nobody reads, until `read_on`."""

    def __init__(self):
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.writing, False)
        self.filling = 0
        try:
            while True:
                self.filling += os.write(self.writing, b"." * 4096)
        except BlockingIOError:
            os.set_blocking(self.writing, True)

    def __enter__(self) -> "StalledPipe":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.reading)
        os.close(self.writing)

    @property
    def is_full(self) -> bool:
        """Whether whoever writes would have to wait."""
        return not select.select([], [self.writing], [], 0)[1]

    def read_on(self) -> str:
        """What is in the pipe now, and no longer the filling."""
        os.set_blocking(self.reading, False)
        read = b""
        try:
            while chunk := os.read(self.reading, 1 << 20):
                read += chunk
        except BlockingIOError:
            pass
        skipped = min(self.filling, len(read))
        self.filling -= skipped
        return read[skipped:].decode()


def test_a_node_whose_log_nobody_reads_keeps_the_address():
    with Lab(2) as lab, StalledPipe() as pipe:
        stalled, other = lab.nodes
        stalled.start(output=pipe.writing)
        assert lab.wait_formed(stalled) is stalled
        other.start()
        assert lab.wait_formed() is stalled
        # Each of these makes the control thread say something.
        other.kill()
        lab.wait_until(lambda: stalled.status().members.get("n2") == "dead", "the death is seen")
        other.start()
        assert lab.wait_formed() is stalled
        assert pipe.is_full, "the log went somewhere"
        log = ""

        def told() -> bool:
            nonlocal log
            log += pipe.read_on()
            return "→ dead" in log and "dead → alive" in log

        lab.wait_until(told, "the log is written when it is read again")
        assert log.index(" starts") < log.index("→ dead") < log.index("dead → alive")
        assert "missing here" not in log


def test_a_node_whose_log_nobody_reads_can_be_stopped(single):
    node = single.nodes[0]
    with StalledPipe() as pipe:
        node.start(output=pipe.writing)
        single.wait_formed()
        assert node.stop() == 0
        assert not single.holders()


def test_a_command_that_fails_says_so_before_it_ends(single):
    node = single.nodes[0]
    done = node.run_command("run", "--nonsense")
    assert done.returncode != 0 and "nonsense" in done.stderr
