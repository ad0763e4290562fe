"""Measures two sides by turns, round after round, until enough rounds were quiet."""

import json
import statistics
import subprocess
import time

import quiet


class Side:
    """A process that measures what it is told to: a line of JSON for a line of JSON."""

    def __init__(self, command, environment=None):
        self.command = command
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{' '.join(map(str, self.command))} ended over {request}")
        return json.loads(answer)

    def measure(self, case, precision, seconds, setting=None):
        request = {"case": case, "precision": precision, "seconds": seconds}
        if setting:
            request["setting"] = setting
        return self.ask(request)

    def limit(self):
        """Billions of multiply-adds a second that all threads together reach at this moment."""
        return self.ask({"limit": True})["gigaflops"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def rounds(sides, measure, options):
    """Rounds of a measurement of both sides, one after the other, by turns first.

    `measure(side)` answers the milliseconds of side 0 or 1. It goes on until `options.rounds` rounds were quiet,
    or for `options.limit` seconds, or for four times as many rounds, but for three rounds at least.
    """
    result, began = [], time.monotonic()
    pids = [side.process.pid for side in sides]

    def enough():
        if sum(one["quiet"] for one in result) >= options.rounds:
            return True
        late = time.monotonic() - began > options.limit
        return len(result) >= min(3, options.rounds) and (late or len(result) >= 4 * options.rounds)

    while not enough():
        times = [0.0, 0.0]
        watch = quiet.Watch(pids)
        for side in [0, 1] if len(result) % 2 == 0 else [1, 0]:
            # Threads that still spin for work of the other side come to rest.
            time.sleep(0.03)
            times[side] = measure(side)
        others, stolen = watch.shares()
        result.append(
            {
                "times": times,
                "others": round(others, 4),
                "stolen": round(stolen, 4),
                "quiet": quiet.is_quiet((others, stolen)),
            }
        )
    return result


def summary(measured):
    """What some rounds say: of the quiet ones, where there are three at least, else of all.

    `best` is the fastest round of the second side by the fastest of the first, `ratio` the median of the rounds'
    ratios: above 1 the first side is faster.
    """
    calm = [one for one in measured if one["quiet"]]
    counted = calm if len(calm) >= min(3, len(measured)) else measured
    first, second = zip(*(one["times"] for one in counted))
    ratios = sorted(b / a for a, b in zip(first, second))
    return {
        "rounds": len(measured),
        "quietRounds": len(calm),
        "others": max(one["others"] + one["stolen"] for one in measured),
        "times": [list(first), list(second)],
        "fastest": [min(first), min(second)],
        "ours": statistics.median(first),
        "peers": statistics.median(second),
        "best": min(second) / min(first),
        "ratios": ratios,
        "ratio": statistics.median(ratios),
    }


def is_conclusive(result, options):
    """Whether as many rounds as wanted were quiet."""
    return result["quietRounds"] >= options.rounds
