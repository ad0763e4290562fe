"""Uses the playground as a person would: use_page.py PROGRAM FOLDER-FOR-PICTURES."""

import os
import socket
import subprocess
import sys
import time

import acts
from driver import Browser


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """The program on a port of its own."""

    def __init__(self, program):
        self.began = time.monotonic()
        self.host = f"127.0.0.1:{free_port()}"
        self.address = f"http://{self.host}/"
        self.process = subprocess.Popen([program, "--port", self.host.split(":")[1]], stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def end(self):
        assert self.process.poll() is None, "the server ended"
        self.process.terminate()
        self.process.wait()


class Visit:
    """A person's visit to the page: what went wrong in one act does not keep them from the next."""

    def __init__(self, page, folder):
        self.page, self.folder = page, folder
        self.faults = []

    def act(self, action, *arguments):
        try:
            action(self.page, *arguments)
        except AssertionError as fault:
            self.faults.append(f"{action.__name__}: {fault}")
            print(self.faults[-1], flush=True)
            self.picture(f"failed-{action.__name__}")

    def picture(self, name, dark=False, width=1400):
        self.page.picture(os.path.join(self.folder, f"{name}.png"), dark, width)


def use(visit, start):
    server = start()
    visit.page.open(server.address)
    visit.act(acts.learns_at_once, server.began)
    for action in (acts.pauses_and_steps, acts.searches_a_cell, acts.types_and_takes_branches, acts.looks_inside,
                   acts.draws_a_curve, acts.learns_a_stream):
        visit.act(action)
    for name, dark, width in (("light", False, 1400), ("dark", True, 1400), ("phone", False, 380)):
        visit.picture(name, dark, width)
    visit.act(acts.learns_tasks_and_tables, visit.picture)
    visit.act(acts.compares_two_cells)
    visit.picture("two-cells")
    for action in (acts.draws_fast, acts.changes_equations, acts.works_by_keyboard):
        visit.act(action)
    visit.act(acts.downloads, visit.folder)
    visit.picture("equations", True)
    other = start()
    visit.act(acts.opens_a_link, other.address)
    visit.picture("link", False, 380)
    visit.act(acts.tells_of_divergence)
    visit.act(acts.survives, other.address)
    visit.act(lambda page: acts.refuses_others(other.host))


def main(program, folder):
    servers, page = [], Browser()
    visit = Visit(page, folder)

    def start():
        servers.append(Server(program))
        return servers[-1]

    try:
        use(visit, start)
        # Chromium itself reports the refusals that were asked for.
        visit.faults += [error for error in page.errors() if "422" not in error]
    finally:
        page.close()
        for server in servers:
            server.end()
    if visit.faults:
        sys.exit("\n".join(visit.faults))
    print("the page works; its pictures are in", folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
