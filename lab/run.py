#!/usr/bin/env python3
"""Runs lab scenarios: real IPsec peers in network namespaces. `run.py [--list] [--jobs N] [NAME or PATTERN …]`, as root.

Writes testdata/NAME. Exit codes: 0 all as expected, 1 a scenario went otherwise, 2 usage, 130 interrupted.
"""

import argparse
import concurrent.futures
import os
import re
import shlex
import signal
import sys
import threading
import time

signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is something to remove
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench as benches
import daemons
import install
import output
import scenario as scenarios
from bench import Bench, LabError


class Run:
    """One scenario on its bench; `events` name the methods `do_…` below."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.bench = Bench()
        self.happened = []
        self.texts = {}

    def execute(self):
        try:
            self.build()
            self.play()
            captures = {role: path for role, (_, path) in self.bench.captures.items()}
            if os.path.getsize(captures[self.scenario.vantages[0]]) <= output.PCAP_HEADER:
                raise LabError(f"nothing was on the wire at the {self.scenario.vantages[0]}")
            return output.write(self, captures)
        finally:
            self.bench.close()

    def build(self):
        """Namespaces, peers that are not started yet, and captures that run."""
        self.bench.build(self.scenario.topology, self.scenario.ipv6)
        self.peers = {role: daemons.peer(self.bench, role, self.scenario.settings[role]) for role in scenarios.ROLES}
        expression = None if self.scenario.capture == "all" else self.scenario.capture or benches.CAPTURE_FILTER
        for role in self.scenario.vantages:
            self.bench.capture(role, expression)

    def play(self):
        """The events; then the captures end and the logs are read."""
        for event in self.scenario.events:
            self.happened.append((event, shorten(self.perform(shlex.split(event)) or "")))
        time.sleep(0.4)
        self.bench.stop_captures()
        for role, peer in self.peers.items():
            if peer.process:
                with open(peer.log, errors="replace") as file:
                    self.texts[role] = file.read()

    def charon_texts(self):
        return {role: text for role, text in self.texts.items() if isinstance(self.peers[role], daemons.Charon)}

    def perform(self, words):
        who = "initiator"
        if words[0] in (*scenarios.ROLES, "middle"):
            who, *words = words
        verb, *arguments = words
        action = getattr(self, "do_" + verb, None)
        if not action:
            raise LabError(f"no event is called {verb}")
        return action(who, *arguments)

    def do_start(self, who, *roles):
        for role in roles or ("responder", "initiator"):
            self.peers[role].start()

    def do_initiate(self, who, child="net", timeout="25"):
        return self.peers[who].initiate(child, int(timeout))

    def do_rekey(self, who, what="child", name=None):
        answer = self.peers[who].rekey(what, name)
        time.sleep(1.6)
        return answer

    def do_reauth(self, who):
        answer = self.peers[who].rekey("ike", None, "--reauth")
        time.sleep(2)
        return answer

    def do_collide(self, who, what):
        """Both peers rekey at once."""
        threads = [threading.Thread(target=peer.rekey, args=(what,)) for peer in self.peers.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(3)

    def do_terminate(self, who, what="ike", name=None):
        answer = self.peers[who].terminate(what, name)
        time.sleep(0.5)
        return answer

    def do_ping(self, who, count, *options):
        """ping COUNT [src=…] [dst=…] [size=…] [interval=…] [df]"""
        inner = {role: benches.INNER[role][self.scenario.ipv6] for role in scenarios.ROLES}
        other = scenarios.ROLES[1 - scenarios.ROLES.index(who)]
        words = dict(word.split("=", 1) for word in options if "=" in word)
        command = ["ping", "-c", count, "-i", words.get("interval", "0.2"), "-W", "1", "-s", words.get("size", "56"),
                   *(["-M", "do"] if "df" in options else []), "-I", words.get("src", inner[who]), words.get("dst", inner[other])]
        result = self.bench.run(command, who, check=False, timeout=120)
        return " ".join(line for line in result.splitlines() if "packets transmitted" in line)

    def do_wait(self, who, seconds):
        time.sleep(float(seconds))

    def do_kill(self, who):
        self.peers[who].stop(signal.SIGKILL)

    def do_stop(self, who):
        self.peers[who].stop()

    def do_restart(self, who):
        self.peers[who].stop(signal.SIGKILL)
        self.peers[who].start()

    def do_fault(self, who, *rule):
        self.bench.fault(who, " ".join(rule))

    def do_nft(self, who, *rules):
        self.bench.nft(who, " ".join(rules))

    def do_heal(self, who):
        self.bench.heal(who)

    def do_impair(self, who, *words):
        self.bench.impair(" ".join(words))
        time.sleep(0.5)

    def do_ip(self, who, *arguments):
        self.bench.run(["ip", "-n", self.bench.namespaces[who], *arguments])

    def do_sh(self, who, command):
        return self.bench.run(["sh", "-c", command], who, check=False)

    def do_background(self, who, command):
        self.bench.spawn(["sh", "-c", command], who)

    def do_swanctl(self, who, *arguments):
        return self.peers[who].control(*arguments)

    def do_reload(self, who, key, value):
        """Changes one setting of a peer and loads its configuration again."""
        peer = self.peers[who]
        peer.settings[key] = value
        with open(f"{peer.folder}/swanctl/swanctl.conf", "w") as file:
            file.write(peer.configuration())
        return peer.control("--load-all", "--noprompt", "--clear", "--file", f"{peer.folder}/swanctl/swanctl.conf")


def shorten(answer):
    """The last telling line of a program's answer, without the bench's own names."""
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    return re.sub(rf"\S*{benches.PREFIX}-\d+-\d+\S*", "…", lines[-1])[:200] if lines else ""


def one(scenario):
    """(name, went as expected, message)"""
    begun = time.monotonic()
    try:
        account, checked = Run(scenario).execute()
    except LabError as error:
        return scenario.name, False, str(error)
    message = f"{account['state']}; tshark: {output.summary(checked)}; {time.monotonic() - begun:.0f} s"
    good = account["state"] == scenario.expect
    if not good:
        told = [line for lines in account["trouble"].values() for line in lines][-3:]
        message = f"expected {scenario.expect}, got {message}: {' | '.join(told)}"
    tables = output.wireshark(account)
    known_ike = tables["ikev2_decryption_table"] or any(re.match("IKE:(AES_CBC|3DES|DES)", sa["proposal"] or "") for sa in account["ike_sas"]
                                                        if sa["version"] == 1)
    if good and not scenario.fault and scenario.expect != "failed":
        if known_ike and checked["ike_opened"] == 0 and checked["ike_encrypted"]:
            good, message = False, "tshark opened no IKE message: " + message
        if tables["esp_sa"] and checked["esp"] and checked["esp_opened"] == 0:
            good, message = False, "tshark opened no ESP packet: " + message
    return scenario.name, good, message


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["*"], help="scenarios, or shell patterns of their names")
    parser.add_argument("--list", action="store_true", help="list the scenarios and exit")
    parser.add_argument("--table", action="store_true", help="the list as the table of SCENARIOS.md, and exit")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="scenarios at a time")
    arguments = parser.parse_args()
    try:
        chosen = scenarios.load(arguments.names or ["*"])
        if arguments.list:
            for scenario in chosen:
                print(f"{scenario.name:48} {scenario.fault or '-':36} {scenario.what}")
            return 0
        if arguments.table:
            print("| scenario | fault | state | what |\n|---|---|---|---|")
            for scenario in chosen:
                print(f"| {scenario.name} | {scenario.fault or ''} | {scenario.expect} | {scenario.what} |")
            return 0
        install.system()
        for name in sorted({d for s in chosen for d in s.daemons()} - {"strongswan"}):
            install.foreign(name)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2
    benches.catch_signals()
    benches.sweep()
    if reason := benches.why_not():
        print(f"lab: {reason}", file=sys.stderr)
        return 2
    failed = []
    pool = concurrent.futures.ThreadPoolExecutor(arguments.jobs)
    waiting = {pool.submit(one, s) for s in chosen}
    while waiting:
        # Python may leave a signal for later that comes just as a wait begins: no wait is long.
        done, waiting = concurrent.futures.wait(waiting, 0.3, concurrent.futures.FIRST_COMPLETED)
        for name, good, message in (future.result() for future in done):
            print(f"{'ok    ' if good else 'FAILED'} {name}: {message}", flush=True)
            if not good:
                failed.append(name)
    print(f"{len(chosen) - len(failed)} of {len(chosen)} scenarios as expected" + (f"; not: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        benches.interrupted()
