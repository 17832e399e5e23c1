#!/usr/bin/env python3
"""Our own program beside real peers. `interop.py [--program PATH] [CHECK …]`, as root.

Each check is named and passes, fails or is skipped with the reason; a summary line ends the output. Exit codes: 0 nothing
failed, 1 something failed, 2 usage, 130 interrupted.
"""

import argparse
import functools
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
from bench import LabError
from run import Run

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Skip(Exception):
    """The check cannot run here; the message says why."""


class Live(Run):
    """A scenario with our program capturing at the responder while it happens, and decrypting afterwards."""

    def watch(self, program):
        """What `inspect` and `diagnose` printed live, what `decrypt` said of the capture, and what tshark and the daemons say."""
        try:
            self.build()
            ours = {command: self.start(program, command, form) for command, form in (("inspect", "ndjson"), ("diagnose", "json"))}
            time.sleep(1.5)
            self.play()
            time.sleep(0.5)
            seen = {command: self.end(command, process) for command, process in ours.items()}
            seen["account"] = output.truth(self.scenario, self.charon_texts())
            capture = self.bench.captures["responder"][1]
            seen["messages"] = [tuple(line.split("\t")) for line in output.tshark(self.bench, [
                "-r", capture, "-Y", "isakmp && !icmp", "-T", "fields", "-e", "isakmp.ispi", "-e", "isakmp.exchangetype",
                "-e", "isakmp.messageid"]).splitlines()]
            seen["encrypted"] = output.verify(self.bench, capture)
            if seen["account"]["ike_sas"]:
                logs = [word for role in self.charon_texts() for word in ("--secrets", self.peers[role].log)]
                plain = os.path.join(self.bench.folder, "plain.pcapng")
                seen["decrypt"] = self.bench.run([program, "decrypt", capture, *logs, "-w", plain, "--format", "json"], stderr=subprocess.DEVNULL)
                seen["left"] = output.verify(self.bench, plain)
            return seen
        finally:
            self.bench.close()

    def start(self, program, command, form):
        return self.bench.spawn([program, command, "-i", "eth0", "--format", form], "responder", stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self, command, process):
        """Ctrl-C; what was printed by then."""
        process.send_signal(signal.SIGINT)
        try:
            printed, messages = (text.decode(errors="replace") for text in process.communicate(timeout=20))
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{command} does not end within 20 s of SIGINT") from error
        if process.returncode not in (0, 3):
            raise LabError(f"{command}: exit {process.returncode}: {messages.strip()[-300:]}")
        return printed


@functools.cache
def watched(name, program):
    """One run of a scenario serves all checks of it."""
    return Live(scenarios.load([name])[0]).watch(program)


def inspect_live(name):
    """`inspect -i eth0` reports every IKE message that tshark saw, of the SAs that the daemons logged, and every ESP packet."""
    def check(program):
        seen = watched(name, program)
        packets = [json.loads(line) for line in seen["inspect"].splitlines()]
        ike = [p["ike"] for p in packets if p["protocol"] in ("ikev1", "ikev2")]
        ours = sorted((i["initiator_spi"], i["exchange"]["id"], i["message_id"]) for i in ike)
        theirs = sorted((spi, int(exchange), int(number, 16)) for spi, exchange, number in seen["messages"])
        esp = sum(p["protocol"] == "esp" for p in packets)
        logged = {sa["initiator_spi"] for sa in seen["account"]["ike_sas"]}
        if not theirs:
            raise LabError("the peers exchanged nothing")
        if ours != theirs or esp != seen["encrypted"]["esp"]:
            raise LabError(f"tshark saw {len(theirs)} IKE messages and {seen['encrypted']['esp']} ESP packets, inspect {len(ours)} and {esp}; "
                           f"only in one: {sorted(set(ours) ^ set(theirs))[:4]}")
        if not logged <= {spi for spi, _, _ in ours}:
            raise LabError(f"the daemons logged {logged}, inspect did not report it")
        return f"{len(ours)} IKE messages and {esp} ESP packets reported while they passed"
    return check


def diagnose_live(name):
    """`diagnose -i eth0` calls every tunnel what the daemons call it."""
    def check(program):
        seen = watched(name, program)
        tunnels = {t["initiator_spi"]: t["state"] for t in json.loads(seen["diagnose"])["tunnels"]}
        logged = {sa["initiator_spi"] for sa in seen["account"]["ike_sas"]}
        state = seen["account"]["state"]
        if not tunnels or not logged <= set(tunnels) or set(tunnels.values()) != {state}:
            raise LabError(f"the daemons: {logged} {state}; diagnose: {tunnels}")
        return f"{len(tunnels)} tunnel {state}"
    return check


def decrypt(name):
    """`decrypt` with the logs that the daemons were still writing opens all that tshark calls encrypted; tshark reads the result as plain."""
    def check(program):
        seen = watched(name, program)
        sas = json.loads(seen["decrypt"])["sas"]
        opened = {kind: sum(sa["opened"] for sa in sas if sa["kind"] == kind) for kind in ("ike", "esp")}
        encrypted = {"ike": seen["encrypted"]["ike_encrypted"], "esp": seen["encrypted"]["esp"]}
        left = {"ike": seen["left"]["ike_encrypted"], "esp": seen["left"]["esp"]}
        if opened != encrypted or any(left.values()):
            raise LabError(f"encrypted are {encrypted}, opened {opened}; tshark still finds {left}")
        return f"{opened['ike']} IKE messages and {opened['esp']} ESP packets opened"
    return check


def audit_probe(ike, verdict, code):
    """`audit --probe` judges the algorithms that the daemon says it has configured, and no other."""
    def check(program):
        with probing.Peer(ike=ike) as peer:
            process = peer.bench.spawn([program, "audit", "--probe", probing.ADDRESS, "--format", "json"], "initiator",
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            printed = process.communicate(timeout=60)[0]
            subject, = json.loads(printed)["subjects"]
            judged = {reason["algorithm"] for reason in subject["reasons"]}
            configured = {name for proposal in probing.configured(peer.daemon.log) for names in proposal.values() for name in names}
            found = (subject["source"], subject["verdict"], process.returncode)
            if judged != configured or found != ("probe", verdict, code):
                raise LabError(f"{found} for {sorted(judged)}; configured are {sorted(configured)}, expected {verdict}, exit {code}")
            return f"{verdict} for {', '.join(sorted(judged))}"
    return check


IKEV2, IKEV1, REFUSAL, PSK, LIBRESWAN = ("ikev2-psk-aes256gcm16", "ikev1-main-psk-aes256-sha256-modp2048-pfs", "fail-ikev2-no-proposal",
                                         "fail-ikev2-psk", "libreswan-ikev2-gcm")
LIVE = {
    "inspect-live-ikev2": inspect_live(IKEV2),
    "diagnose-live-ikev2": diagnose_live(IKEV2),
    "decrypt-ikev2": decrypt(IKEV2),
    "inspect-live-ikev1": inspect_live(IKEV1),
    "diagnose-live-ikev1": diagnose_live(IKEV1),
    "decrypt-ikev1": decrypt(IKEV1),
    "inspect-live-refusal": inspect_live(REFUSAL),
    "diagnose-live-refusal": diagnose_live(REFUSAL),
    "diagnose-live-psk-mismatch": diagnose_live(PSK),
    "decrypt-psk-mismatch": decrypt(PSK),
    "diagnose-live-libreswan": diagnose_live(LIBRESWAN),
    "decrypt-libreswan": decrypt(LIBRESWAN),
}
CHECKS = {
    **LIVE,
    **probing.CHECKS,
    "audit-probe-strong": audit_probe("aes256gcm16-prfsha384-ecp384", "pass", 0),
    "audit-probe-weak": audit_probe("des-md5-modp768", "fail", 3),
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
    """Skips a check that needs what this build does not have."""
    shown = subprocess.run([program, "inspect", "--help"], capture_output=True, text=True, check=False).stdout
    if name in LIVE and "--interface" not in shown:
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
        except (LabError, ValueError, LookupError) as error:
            result, message = "FAILED", str(error) if isinstance(error, LabError) else repr(error)
        counts[result] += 1
        print(f"{result:8}{name}: {message}", flush=True)
    print(f"interop: {counts['ok']} passed, {counts['FAILED']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAILED"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        benches.interrupted()
