#!/usr/bin/env python3
"""Our own program beside real peers. `interop.py [--program PATH] [CHECK …]`, as root.

Each check is named and passes, fails or is skipped with the reason; a summary line ends the output. Exit codes: 0 nothing
failed, 1 something failed, 2 usage, 130 interrupted.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench as benches
import install
import output
import probing
import scenario as scenarios
from bench import Bench, LabError
from run import Run

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Skip(Exception):
    """The check cannot run here; the message says why."""


class Live(Run):
    """A scenario with our program capturing at the responder while it happens."""

    def __init__(self, scenario, program):
        super().__init__(scenario)
        self.program = program

    def watch(self, arguments):
        """Runs the scenario; returns what the program printed, its messages, and the logs' account."""
        try:
            self.bench.build(self.scenario.topology, self.scenario.ipv6)
            self.peers = {role: daemons_of(self, role) for role in scenarios.ROLES}
            self.bench.capture("responder", benches.CAPTURE_FILTER)
            ours = self.bench.spawn([self.program, *arguments], "responder", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(1.5)
            if ours.poll() is not None:
                raise LabError(f"{' '.join(arguments)} ended at once: {ours.stderr.read().decode(errors='replace').strip()}")
            for event in self.scenario.events:
                self.perform(event.split())
            time.sleep(1)
            ours.send_signal(signal.SIGINT)
            try:
                printed, messages = (text.decode(errors="replace") for text in ours.communicate(timeout=20))
            except subprocess.TimeoutExpired as error:
                raise LabError(f"{' '.join(arguments)} does not end within 20 s of SIGINT") from error
            if ours.returncode not in (0, 3):
                raise LabError(f"{' '.join(arguments)}: exit {ours.returncode}: {messages.strip()[-300:]}")
            self.bench.stop_captures()
            texts = {}
            for role, peer in self.peers.items():
                with open(peer.log, errors="replace") as file:
                    texts[role] = file.read()
            seen = output.tshark(self.bench, ["-r", self.bench.captures["responder"][1], "-Y", "isakmp && !icmp", "-T", "fields",
                                              "-e", "isakmp.ispi", "-e", "isakmp.exchangetype", "-e", "isakmp.messageid"]).splitlines()
            return printed, messages, output.truth(self.scenario, texts), [tuple(line.split("\t")) for line in seen]
        finally:
            self.bench.close()


def daemons_of(run, role):
    import daemons
    return daemons.peer(run.bench, role, run.scenario.settings[role])


def named(name):
    return scenarios.load([name])[0]


def live_inspect(name):
    """`inspect -i eth0` reports every IKE message that tshark saw, of the SA that the daemons logged."""
    def check(program):
        printed, messages, account, seen = Live(named(name), program).watch(["inspect", "-i", "eth0", "--format", "ndjson"])
        packets = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
        ike = [p["ike"] for p in packets if p.get("ike") and p.get("protocol") in ("ikev1", "ikev2")]
        ours = sorted((i["initiator_spi"], i["exchange"]["id"], i["message_id"]) for i in ike)
        theirs = sorted((spi, int(exchange), int(number, 16)) for spi, exchange, number in seen)
        if not theirs:
            raise LabError("the peers exchanged nothing")
        if ours != theirs:
            raise LabError(f"tshark saw {len(theirs)} IKE messages, inspect reported {len(ours)}; only in one: "
                           f"{sorted(set(ours) ^ set(theirs))[:4]}; stderr: {messages.strip()[-200:]}")
        logged = {sa["initiator_spi"] for sa in account["ike_sas"]}
        if not logged <= {i["initiator_spi"] for i in ike}:
            raise LabError(f"the daemons logged {logged}, inspect did not report it")
        esp = sum(p.get("protocol") == "esp" for p in packets)
        return f"{len(ours)} IKE messages and {esp} ESP packets reported while they passed"
    return check


def live_diagnose(name):
    """`diagnose -i eth0` calls the tunnel what the daemons call it."""
    def check(program):
        printed, messages, account, _ = Live(named(name), program).watch(["diagnose", "-i", "eth0", "--format", "json"])
        try:
            tunnels = json.loads(printed)["tunnels"]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise LabError(f"no JSON document with tunnels: {error}; stderr: {messages.strip()[-200:]}") from error
        ours = {t["initiator_spi"]: t["state"] for t in tunnels}
        for sa in account["ike_sas"]:
            if ours.get(sa["initiator_spi"]) != account["state"]:
                raise LabError(f"the daemons: {sa['initiator_spi']} {account['state']}; diagnose: {ours}")
        return f"{len(ours)} tunnel {account['state']}"
    return check


CHECKS = {
    "inspect-live-ikev2": live_inspect("ikev2-psk-aes256gcm16"),
    "inspect-live-ikev1": live_inspect("ikev1-main-psk-aes256-sha256-modp2048-pfs"),
    "inspect-live-refusal": live_inspect("fail-ikev2-no-proposal"),
    "diagnose-live-ikev2": live_diagnose("ikev2-psk-aes256gcm16"),
    "diagnose-live-ikev2-psk-mismatch": live_diagnose("fail-ikev2-psk"),
    **probing.CHECKS,
}


def why_not(program):
    """The reason why no check can run here, or None."""
    if not os.path.exists(program):
        return f"{os.path.relpath(program, ROOT)} is not built (cargo build --release)"
    try:
        install.system()
    except LabError as error:
        return str(error)
    benches.sweep()
    return benches.why_not()


def supported(program, name):
    """Skips a check of a command that this build does not have."""
    command = name.split("-")[0]
    shown = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=False)
    if shown.returncode:
        raise Skip(f"the program has no command {command}")
    if command == "probe":
        return
    if "-i" not in shown.stdout + shown.stderr and "interface" not in shown.stdout + shown.stderr:
        raise Skip("built without live capture")


def main():
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checks", nargs="*", default=list(CHECKS), help="names of checks")
    parser.add_argument("--program", default=os.path.join(target, "release", "ikescope"))
    parser.add_argument("--list", action="store_true", help="list the checks and exit")
    arguments = parser.parse_args()
    unknown = set(arguments.checks) - set(CHECKS)
    if unknown:
        parser.error(f"no check is called {', '.join(sorted(unknown))}; known are {', '.join(CHECKS)}")
    if arguments.list:
        print("\n".join(CHECKS))
        return 0
    counts = {"ok": 0, "FAILED": 0, "skipped": 0}
    benches.catch_signals()
    reason = why_not(arguments.program)
    for name in arguments.checks:
        try:
            if reason:
                raise Skip(reason)
            supported(arguments.program, name)
            result, message = "ok", CHECKS[name](arguments.program)
        except Skip as skip:
            result, message = "skipped", str(skip)
        except LabError as error:
            result, message = "FAILED", str(error)
        counts[result] += 1
        print(f"{result:8}{name}: {message}", flush=True)
    print(f"interop: {counts['ok']} passed, {counts['FAILED']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAILED"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        benches.interrupted()
