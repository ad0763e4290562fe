"""How much of the machine others had while something was measured, from Linux's /proc."""

import os

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
# Above this share of all processors a round counts as disturbed: two ticks in a second of two processors are 1%.
DISTURBED = 0.03


def _machine():
    """Seconds that all processors worked, and seconds that the host gave to others instead of them."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, stolen = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq) / TICKS, stolen / TICKS


def _process(pid):
    """Seconds that a process and the children that it has waited for worked."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


class Watch:
    """Measures from its making to `shares`."""

    def __init__(self, pids):
        self.pids = [os.getpid(), *pids]
        self.start = self._now() if os.path.exists("/proc/stat") else None

    def _now(self):
        return os.times().elapsed, *_machine(), sum(map(_process, self.pids))

    def shares(self):
        """The shares of all processors that other processes had and that the host took; zeros without /proc."""
        if self.start is None:
            return 0.0, 0.0
        elapsed, busy, stolen, own = (b - a for a, b in zip(self.start, self._now()))
        room = max(elapsed, 1 / TICKS) * CORES
        # Ticks are counted by sampling, so that our own may exceed the sum by some.
        return max(0.0, busy - own) / room, max(0.0, stolen) / room


def is_quiet(shares):
    return sum(shares) <= DISTURBED
