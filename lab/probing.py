"""`probe` beside real peers: what it reports is compared with what the daemon was configured with, and the datagrams are counted.

A peer stands in one namespace and our program asks it from another. Truth is what the daemon's log says it has configured;
for what was written in a proposal, the proposal.
"""

import json
import re
import subprocess
import tempfile
import time

import daemons
import scenario as scenarios
from bench import Bench, LabError

ADDRESS = "10.9.0.2"
# charon's names of algorithms, where they are not ours with other separators.
CHARON = {"3DES_CBC": "3DES", "DES_CBC": "DES", "PRF_AES128_XCBC": "AES128-XCBC", "PRF_AES128_CMAC": "AES128-CMAC",
          "CURVE_25519": "CURVE25519", "CURVE_448": "CURVE448", "AES_XCBC_96": "AES-XCBC-96", "AES_CMAC_96": "AES-CMAC-96",
          "CHACHA20_POLY1305": "CHACHA20-POLY1305", "CHACHA20_POLY1305_256": "CHACHA20-POLY1305",
          "ECP_224_BP": "BRAINPOOL-P224R1", "ECP_256_BP": "BRAINPOOL-P256R1", "ECP_384_BP": "BRAINPOOL-P384R1",
          "ECP_512_BP": "BRAINPOOL-P512R1", "HMAC_SHA1_96": "HMAC-SHA1-96", "HMAC_MD5_96": "HMAC-MD5-96"}
# What main mode can say of an integrity algorithm and of a group, which have other numbers or none there.
HASHES = {"HMAC-SHA2-256-128": "SHA2-256", "HMAC-SHA2-384-192": "SHA2-384", "HMAC-SHA2-512-256": "SHA2-512",
          "HMAC-SHA1-96": "SHA1", "HMAC-MD5-96": "MD5"}
GROUPS = {"CURVE25519": "GROUP-31", "CURVE448": "GROUP-32"}


def ours(name):
    """A name of charon's log as suites spell it."""
    return CHARON.get(name, name.removeprefix("PRF_").replace("_", "-"))


def kind(name):
    if name.startswith("PRF_"):
        return "prf"
    if name.startswith(("HMAC_", "AES_XCBC", "AES_CMAC")):
        return "integ"
    if name.startswith(("MODP_", "ECP_", "CURVE_", "ML_KEM", "NEWHOPE")):
        return "ke"
    return "encr"


def configured(log):
    """The proposals that charon says it has, as lists of names by kind."""
    with open(log, errors="replace") as file:
        found = re.findall(r"configured proposals: (IKE:.*)", file.read())
    if not found:
        raise LabError("charon logged no configured proposals: it was not asked")
    proposals = []
    for text in found[-1].split(", "):
        proposal = {"encr": [], "prf": [], "integ": [], "ke": []}
        for name in text.removeprefix("IKE:").split("/"):
            proposal[kind(name)].append(ours(name))
        proposals.append(proposal)
    return proposals


def suites_v2(boxes):
    return {(e, p, i, k) for box in boxes for e in box["encr"] for p in box["prf"] for i in box["integ"] or [None] for k in box["ke"]}


def suites_v1(proposals):
    """What main mode can express of proposals: no counter mode, no AEAD, a hash for each integrity algorithm that has one."""
    return {(e, HASHES[i], GROUPS.get(k, k)) for p in proposals for e in p["encr"] if "CTR" not in e
            for i in p["integ"] if i in HASHES for k in p["ke"]}


def reported_v1(boxes):
    return {(e, h, g) for box in boxes for e in box["encr"] for h in box["hash"] for g in box["group"]}


def same(what, found, truth):
    if found != truth:
        raise LabError(f"{what}: {len(found - truth)} too many, {len(truth - found)} missing, e.g. {sorted(map(str, found ^ truth))[:3]}")


def ask(bench, program, *arguments, timeout=300):
    """Runs `probe` in the initiator's namespace; the exit code and the targets."""
    process = bench.spawn([program, "probe", "--format", "json", *arguments], "initiator", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        printed, messages = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        process.kill()
        raise LabError(f"probe {' '.join(arguments)}: no end in {timeout} s") from error
    try:
        return process.returncode, json.loads(printed)["targets"]
    except (json.JSONDecodeError, KeyError) as error:
        raise LabError(f"probe {' '.join(arguments)}: exit {process.returncode}, no JSON: {messages.decode(errors='replace')[-300:]}") from error


class Peer:
    """A daemon that answers in the responder's namespace, and the most IKE SAs that it was seen to hold half-open."""

    def __init__(self, topology="direct", **settings):
        self.bench = Bench()
        self.topology = topology
        self.settings = {**scenarios.DEFAULTS, "local_address": ADDRESS, "remote_address": "%any", "local_ts": "10.2.0.0/24",
                         "remote_ts": "10.1.0.0/24", "remote_id": "%any", **settings}

    def __enter__(self):
        try:
            self.bench.build(self.topology)
            self.daemon = daemons.peer(self.bench, "responder", self.settings)
            self.daemon.start()
        except BaseException:
            self.bench.close()
            raise
        return self

    def __exit__(self, *_):
        self.bench.close()

    def half_open(self):
        found = re.search(r"(\d+) half-open", self.daemon.control("--stats"))
        return int(found[1]) if found else 0


def refused_for_load(log):
    """What charon says when too much is half-open at once."""
    with open(log, errors="replace") as file:
        return re.findall(r"ignoring .*(?:half-open|limit).*|blocked", file.read())


def ikev2(budget, settings, arguments=(), impair=None):
    """IKEv2 is exact, complete, within its budget; nothing is left half-open and nothing was refused for load."""
    def check(program):
        with Peer("bridge" if impair else "direct", version=2, **settings) as peer:
            if impair:
                peer.bench.impair(impair)
                time.sleep(0.5)
            begun = time.monotonic()
            code, (target,) = ask(peer.bench, program, ADDRESS, "--ike", "2", *arguments)
            seconds = time.monotonic() - begun
            found = target["ikev2"]
            if code or found["outcome"] != "accepted" or not found["complete"]:
                raise LabError(f"exit {code}, {found['outcome']}, complete {found['complete']}: {found['not_determined']}")
            truth = suites_v2(configured(peer.daemon.log))
            same("suites", suites_v2(found["policy"]), truth)
            if budget and found["packets_sent"] > budget:
                raise LabError(f"{found['packets_sent']} datagrams, {budget} are allowed")
            if not impair and (peer.half_open() or refused_for_load(peer.daemon.log)):
                raise LabError(f"{peer.half_open()} half-open; {refused_for_load(peer.daemon.log)[:2]}")
            return f"{len(truth)} suites exact in {found['packets_sent']} datagrams, {seconds:.1f} s"
    return check


def ikev1(budget, settings):
    """The same of main mode, whose authentication methods strongSwan does not look at."""
    def check(program):
        with Peer(version=1, **settings) as peer:
            code, (target,) = ask(peer.bench, program, ADDRESS, "--ike", "1", "--full")
            main, aggressive = target["ikev1_main"], target["ikev1_aggressive"]
            if code or main["outcome"] != "accepted" or not main["complete"]:
                raise LabError(f"exit {code}, {main['outcome']}, complete {main['complete']}: {main['not_determined']}")
            truth = suites_v1(configured(peer.daemon.log))
            same("suites", reported_v1(main["policy"]), truth)
            if main["auth_discriminated"]:
                raise LabError("strongSwan is said to look at authentication methods")
            sent = main["packets_sent"] + aggressive["packets_sent"]
            if sent > budget:
                raise LabError(f"{sent} datagrams, {budget} are allowed")
            if peer.half_open() or refused_for_load(peer.daemon.log):
                raise LabError(f"{peer.half_open()} half-open; {refused_for_load(peer.daemon.log)[:2]}")
            return f"{len(truth)} suites exact in {sent} datagrams"
    return check


def outcomes(expected, code, arguments=(), start=True, rule=None, **settings):
    """Which version answers how, and the exit code."""
    def check(program):
        with Peer(**settings) as peer:
            if not start:
                peer.daemon.stop()
            if rule:
                peer.bench.fault("responder", rule)
            exit_code, (target,) = ask(peer.bench, program, ADDRESS, *arguments)
            found = {name: target[name]["outcome"] for name in expected}
            if found != expected or exit_code != code:
                raise LabError(f"{found}, exit {exit_code}; expected {expected}, exit {code}")
            return ", ".join(f"{name} {outcome}" for name, outcome in found.items())
    return check


def quick(main_mode, **settings):
    """`--quick` sends ten datagrams at most, also where IKEv1 is not answered."""
    def check(program):
        with Peer(**settings) as peer:
            _, (target,) = ask(peer.bench, program, ADDRESS, "--quick")
            outcomes = (target["ikev2"]["outcome"], target["ikev1_main"]["outcome"])
            if target["packets_sent"] > 10 or outcomes != ("accepted", main_mode):
                raise LabError(f"{target['packets_sent']} datagrams: {outcomes}")
            return f"both versions in {target['packets_sent']} datagrams"
    return check


def keeper(program):
    """libreswan keeps an accepted IKEv1 exchange for a minute: it is asked slowly, and found out exactly."""
    with Peer(daemon="libreswan", version=1, conn={"ike": "aes256-sha2_256-modp2048"}) as peer:
        _, (target,) = ask(peer.bench, program, ADDRESS, "--ike", "1", "--full")
        main = target["ikev1_main"]
        same("suites", reported_v1(main["policy"]), {("AES-CBC-256", "SHA2-256", "MODP-2048")})
        return f"1 suite exact in {main['packets_sent']} datagrams, {target['seconds']:.0f} s"


def libreswan(program):
    """libreswan's default, whose log says what it offers."""
    with Peer(daemon="libreswan", version=2) as peer:
        _, (target,) = ask(peer.bench, program, ADDRESS, "--ike", "2")
        found = target["ikev2"]
        if found["outcome"] != "accepted" or not found["complete"]:
            raise LabError(f"{found['outcome']}, complete {found['complete']}: {found['not_determined']}")
        if found["packets_sent"] > 40:
            raise LabError(f"{found['packets_sent']} datagrams, 40 are allowed")
        return f"{len(suites_v2(found['policy']))} suites in {found['packets_sent']} datagrams"


def same_findings(settings, *arguments):
    """What a probe finds is what an audit of its own capture finds."""
    def ids(findings):
        return {finding["id"] for finding in findings}

    def check(program):
        with Peer(**settings) as peer, tempfile.TemporaryDirectory() as folder:
            capture = f"{folder}/probe.pcapng"
            _, (target,) = ask(peer.bench, program, ADDRESS, "-w", capture, *arguments)
            audit = subprocess.run([program, "audit", "--format", "json", "--host", ADDRESS, capture], capture_output=True, check=False)
            (subject,) = json.loads(audit.stdout)["subjects"]
            same("findings", ids(target["findings"]), ids(subject["findings"]))
            return f"{len(subject['findings'])} findings from both"
    return check


DEFAULT = {"ike": ""}
THREE = {"ike": "aes128-sha256-modp3072,aes256gcm16-prfsha384-ecp384,3des-sha1-modp2048"}
SEVERAL = {"ike": "aes128-aes256-sha256-sha512-modp2048-ecp256,aes256-sha384-ecp384,3des-sha1-modp1024-modp1536"}
CHECKS = {
    "probe-strongswan-default": ikev2(120, DEFAULT),
    "probe-strongswan-single-suite": ikev2(10, {"ike": "aes256-sha384-ecp384"}),
    "probe-strongswan-three-proposals": ikev2(30, THREE),
    "probe-strongswan-three-of-several": ikev2(30, SEVERAL),
    "probe-strongswan-cookies": ikev2(120, {**DEFAULT, "charon": {"cookie_threshold": 1, "cookie_threshold_ip": 1}}),
    "probe-strongswan-one-group": ikev2(120, {"ike": "aes128-aes192-aes256-sha256-sha384-ecp256"}),
    "probe-strongswan-lossy": ikev2(None, THREE, impair="loss=0.05 delay=15"),
    "probe-strongswan-ikev1": ikev1(260, DEFAULT),
    "probe-strongswan-ikev1-single-suite": ikev1(260, {"ike": "aes128-sha256-modp3072"}),
    "probe-strongswan-ikev1-three-proposals": ikev1(260, {"ike": "aes128-sha256-modp3072,aes256-sha512-ecp384,3des-sha1-modp1024"}),
    "probe-libreswan-default": libreswan,
    "probe-findings-strongswan": same_findings({**DEFAULT, "version": 0}),
    "probe-findings-aggressive": same_findings({"version": 1, "ike": "aes128-sha1-modp1024,3des-md5-modp768", "connection": {"aggressive": "yes"},
                                                "charon": {"i_dont_care_about_security_and_use_aggressive_mode_psk": "yes"}}, "--full"),
    "probe-findings-libreswan": same_findings({"daemon": "libreswan", "version": 2}),
    "probe-quick": quick("accepted", version=0, ike=""),
    "probe-quick-libreswan": quick("silent", daemon="libreswan", version=2),
    "probe-libreswan-ikev1": keeper,
    "probe-ikev1-only": outcomes({"ikev2": "refused", "ikev1_main": "accepted"}, 0, version=1, ike=""),
    "probe-ikev2-only": outcomes({"ikev2": "accepted", "ikev1_main": "refused"}, 0, version=2, ike=""),
    "probe-nothing-listens": outcomes({"ikev2": "unreachable", "ikev1_main": "unreachable"}, 4, ["--quick"], start=False),
    "probe-prohibited": outcomes({"ikev2": "unreachable", "ikev1_main": "unreachable"}, 4, ["--quick"],
                                 rule="udp dport 500 reject with icmp type admin-prohibited"),
    "probe-blocked-port": outcomes({"ikev2": "silent", "ikev1_main": "silent"}, 4, ["--quick"], rule="udp dport 500 drop"),
}
