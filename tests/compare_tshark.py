#!/usr/bin/env python3
"""Compares `ikescope inspect` with tshark, frame by frame, on every capture there is.

    tests/compare_tshark.py [CAPTURE…]

Without arguments: all captures of testdata/ and of the folder in IKESCOPE_CORPUS.
IKESCOPE is the program to test (target/debug/ikescope).

What must be equal: which protocol a frame holds, its encapsulation, and for IKE both SPIs, version, exchange type,
flags, message id, and type, place and length of every payload that is not encrypted, with the notify numbers; for ESP
and AH the SPI and the sequence number. Where tshark is wrong, WRONG_IN_TSHARK says so with the reason, and a row of it
that no longer applies is an error too. Where tshark finds a message malformed it stops: there the payloads must agree
as far as tshark went, and ikescope must report an issue.
"""

import collections
import fnmatch
import hashlib
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
SCHEMA = "ikescope.inspect/1"

# (capture, frame, what, reason). `capture` is a pattern of the path; `frame` a number or "*";
# `what` the name of the difference as it is printed, or "*".
WRONG_IN_TSHARK = [
    ("tcpdump/ISAKMP_sa_setup.pcap", 3, "issues", "payload 15 is NAT-D of early drafts here; tshark reads SAK of GDOI"),
    ("tcpdump/ISAKMP_sa_setup.pcap", 4, "issues", "payload 15 is NAT-D of early drafts here; tshark reads SAK of GDOI"),
    ("tcpdump/isakmp-pointer-loop.pcap", 1, "protocol", "a length of 0 in its header makes it wrong, not another protocol"),
    ("zeek/ipsec-ikev1-zero-length.pcap", 1, "protocol", "a length of 0 in its header makes it wrong, not another protocol"),
    ("tcpdump/esp_truncated.pcap", 1, "esp", "four octets are no ESP header; tshark shows them as the SPI"),
    ("tcpdump/ikev1_id_ipv6_addr_subnet-oobr.pcap", 1, "payloads", "tshark reads no payloads behind a length of gigabytes"),
    ("tcpdump/isakmp-ikev1_n_print-oobr.pcap", 1, "payloads", "tshark reads no payloads behind a length of gigabytes"),
    ("tcpdump/isakmpv1-attr-oobr.pcap", 1, "payloads", "tshark reads no payloads behind a length of gigabytes"),
]


def main():
    captures = [Path(name) for name in sys.argv[1:]] or list(all_captures())
    if not captures:
        sys.exit("no captures: testdata/ is empty")
    program = find_program()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda capture: compare(program, capture), captures))
    frames = sum(result.frames for result in results)
    differences = [difference for result in results for difference in result.differences]
    for difference in differences:
        print(difference)
    excused = sum((result.excused for result in results), collections.Counter())
    if not sys.argv[1:]:
        differences += unused_rows(excused, captures)
    print(
        f"{len(captures)} captures, {frames} frames beside {tshark_version()}: {len(differences)} differences, "
        f"{sum(excused.values())} where tshark is wrong"
    )
    sys.exit(1 if differences else 0)


def all_captures():
    """Every capture once: the same octets under two names are one."""
    seen = set()
    folders = [REPOSITORY / "testdata", Path(os.environ.get("IKESCOPE_CORPUS") or REPOSITORY / "testdata")]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or not any(path.match(pattern) for pattern in ("*.pcap", "*.pcapng", "*.pcap*.gz")):
                continue
            digest = hashlib.sha256(path.read_bytes()).digest()
            if digest not in seen:
                seen.add(digest)
                yield path


def find_program():
    built = Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target") / "debug" / "ikescope"
    program = Path(os.environ.get("IKESCOPE") or built)
    if not program.is_file():
        sys.exit(f"{program}: no such program; run `cargo build`, or set IKESCOPE")
    return program


Result = collections.namedtuple("Result", "frames differences excused")


def compare(program, capture):
    name = display_name(capture)
    try:
        theirs = tshark_frames(capture)
        ours = ikescope_frames(program, capture)
    except Failure as failure:
        return Result(0, [f"{name}: {failure}"], collections.Counter())
    differences, excused = [], collections.Counter()
    for number in sorted(theirs.keys() | ours.keys()):
        for what, expected, found in frame_differences(theirs.get(number), ours.get(number)):
            row = excuse(name, number, what)
            if row is None:
                differences.append(f"{name}: frame {number}: {what}: tshark {expected}, ikescope {found}")
            else:
                excused[row] += 1
    return Result(len(theirs), differences, excused)


def display_name(capture):
    """The path below testdata/ or the corpus, so that the table fits every machine."""
    for folder in (REPOSITORY, Path(os.environ.get("IKESCOPE_CORPUS") or "/nowhere")):
        if capture.is_relative_to(folder):
            return str(capture.relative_to(folder))
    return str(capture)


def excuse(name, number, what):
    for index, (pattern, frame, difference, _reason) in enumerate(WRONG_IN_TSHARK):
        if fnmatch.fnmatch(name, pattern) and frame in ("*", number) and difference in ("*", what):
            return index
    return None


def unused_rows(excused, captures):
    """A row for a capture that was read, and that excused nothing, is out of date."""
    names = [display_name(capture) for capture in captures]
    for index, (pattern, frame, what, _reason) in enumerate(WRONG_IN_TSHARK):
        if not excused[index] and any(fnmatch.fnmatch(name, pattern) for name in names):
            row = f"WRONG_IN_TSHARK: {pattern}, frame {frame}, {what}: no such difference any more"
            print(row)
            yield row


def frame_differences(theirs, ours):
    """(what, tshark's, ours) for everything that differs."""
    if theirs is None or ours is None:
        yield "frame", "has it" if theirs else "has it not", "has it" if ours else "has it not"
        return
    if theirs["protocol"] != ours["protocol"]:
        yield "protocol", theirs["protocol"], ours["protocol"]
        return
    for key in ("encapsulation", "esp", "ah", "quoted"):
        if theirs[key] != ours[key]:
            yield key, theirs[key], ours[key]
    if theirs["malformed"] and not ours["issues"]:
        yield "issues", "malformed", "none"
    if theirs["ike"] is None or ours["ike"] is None:
        if theirs["ike"] != ours["ike"]:
            yield "ike", theirs["ike"], ours["ike"]
        return
    for key in ("initiator_spi", "responder_spi", "version", "exchange", "flags", "message_id"):
        if theirs["ike"][key] is None and theirs["malformed"]:
            continue
        if theirs["ike"][key] != ours["ike"][key]:
            yield key, theirs["ike"][key], ours["ike"][key]
    expected, found = theirs["ike"]["payloads"], ours["ike"]["payloads"]
    if theirs["malformed"]:
        # The last payload that tshark shows is the one it broke off in.
        expected = expected[:-1]
        found = found[: len(expected)]
    if expected != found:
        yield "payloads", text_of(expected), text_of(found)


def text_of(payloads):
    """type@offset+length, with the notify number behind a colon."""
    return " ".join(
        f"{kind}@{offset}+{length}" + (f":{notify}" if notify is not None else "")
        for kind, offset, length, notify in payloads
    ) or "none"


class Failure(Exception):
    """One of the two programs did not answer."""


# --- tshark ---------------------------------------------------------------------------------------------------------


def tshark_version():
    return subprocess.run(["tshark", "--version"], capture_output=True, text=True).stdout.split(" (Git")[0].splitlines()[0]


def tshark_frames(capture):
    try:
        run = subprocess.run(["tshark", "-n", "-r", capture, "-T", "pdml"], capture_output=True, timeout=60)
    except FileNotFoundError:
        sys.exit("tshark is not installed: this comparison needs it (`make check-deps` installs it)")
    except subprocess.TimeoutExpired as error:
        raise Failure("tshark took over a minute") from error
    document = run.stdout
    if not document.rstrip().endswith(b"</pdml>"):
        raise Failure(f"tshark ends with {run.returncode}: {run.stderr.decode(errors='replace').strip()}")
    packets = ElementTree.fromstring(document)
    return {number: tshark_frame(packet) for number, packet in enumerate(packets.iter("packet"), 1)}


def tshark_frame(packet):
    layers = [layer for layer in packet if layer.get("name") not in ("geninfo", "frame")]
    names = [layer.get("name") for layer in layers]
    frame = {"protocol": "other", "encapsulation": None, "ike": None, "esp": None, "ah": None, "quoted": None}
    ours = any(name in ("isakmp", "esp", "ah", "ipcomp") for name in names)
    frame["malformed"] = ours and any(name in ("_ws.malformed", "_ws.unreassembled") for name in names)
    for icmp in ("icmp", "icmpv6"):
        if icmp in names:
            behind = names[names.index(icmp) + 1 :]
            quoted = next((name for name in behind if name in ("isakmp", "esp", "ah")), None)
            frame["protocol"] = "icmp"
            frame["quoted"] = quoted
            frame["malformed"] = False
            return frame
    for layer in layers:
        name = layer.get("name")
        if name == "udpencap":
            frame["encapsulation"] = "udp"
            if any(field.get("name") == "udpencap.nat_keepalive" for field in layer):
                frame["protocol"] = "nat-keepalive"
        elif name in ("ip", "ipv6") and frame["protocol"] == "other" and is_fragment(layer, names):
            frame["protocol"] = "fragment"
        elif name == "isakmp" and frame["ike"] is None:
            frame["ike"] = tshark_ike(layer)
            frame["protocol"] = "ikev1" if frame["ike"]["version"].startswith("1.") else "ikev2"
        elif name in ("esp", "ah"):
            sequence = number_of(layer, f"{name}.sequence")
            spi = number_of(layer, f"{name}.spi")
            frame[name] = (None if spi is None else f"0x{spi:08x}", sequence)
            if frame["protocol"] not in ("ah", "esp"):
                frame["protocol"] = name
        elif name == "ipcomp":
            frame["protocol"] = "ipcomp"
    return frame


def is_fragment(layer, names):
    """A piece of a datagram that tshark did not put together in this frame."""
    if names[-1] not in ("fake-field-wrapper", "ip", "ipv6", "data"):
        return False
    if number_of(layer, "ip.proto") not in (None, 6, 17, 50, 51, 108):
        return False
    more = any(field.get("name") in ("ip.flags.mf", "ipv6.fraghdr.more") and field.get("show") == "1" for field in layer.iter("field"))
    offset = next((field for field in layer.iter("field") if field.get("name") in ("ip.frag_offset", "ipv6.fraghdr.offset")), None)
    return more or (offset is not None and offset.get("show") not in ("0", None))


def tshark_ike(layer):
    start = int(layer.get("pos"))
    version = number_of(layer, "isakmp.version") or 0
    payloads = []
    for field in layer:
        if field.get("name") != "isakmp.typepayload":
            continue
        length = number_of(field, "isakmp.payloadlength")
        notify = number_of(field, "isakmp.notify.msgtype")
        payloads.append((int(field.get("show")), int(field.get("pos")) - start, length, notify))
    return {
        "initiator_spi": octets_of(layer, "isakmp.ispi"),
        "responder_spi": octets_of(layer, "isakmp.rspi"),
        "version": f"{version >> 4}.{version & 15}",
        "exchange": number_of(layer, "isakmp.exchangetype"),
        "flags": (number_of(layer, "isakmp.flags") or 0) & FLAGS_OF_VERSION.get(version >> 4, 0),
        "message_id": number_of(layer, "isakmp.messageid"),
        "payloads": payloads,
    }


def field_of(layer, name):
    return next((field for field in layer if field.get("name") == name), None)


def number_of(layer, name):
    field = field_of(layer, name)
    return None if field is None or field.get("show") is None else int(field.get("show"), 0)


def octets_of(layer, name):
    field = field_of(layer, name)
    return None if field is None else field.get("show").replace(":", "")


# --- ikescope -------------------------------------------------------------------------------------------------------


def ikescope_frames(program, capture):
    command = [program, "inspect", "--format", "ndjson", "--all", capture]
    try:
        run = subprocess.run(command, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired as error:
        raise Failure("ikescope took over a minute") from error
    if run.returncode != 0:
        raise Failure(f"ikescope ends with {run.returncode}: {run.stderr.decode(errors='replace').strip()}")
    frames = {}
    for line in run.stdout.splitlines():
        packet = json.loads(line)
        if packet["schema"] != SCHEMA:
            raise Failure(f"schema is {packet['schema']!r}, not {SCHEMA!r}")
        frames.setdefault(packet["frame"], ikescope_frame(packet))
    return frames


def ikescope_frame(packet):
    esp, ah, icmp = packet["esp"], packet["ah"], packet["icmp"]
    quoted = None
    if packet["protocol"] == "icmp" and icmp["quoted"]:
        quoted = {"ikev1": "isakmp", "ikev2": "isakmp"}.get(icmp["quoted"]["protocol"], icmp["quoted"]["protocol"])
    return {
        "protocol": packet["protocol"],
        "encapsulation": packet["encapsulation"],
        "ike": ikescope_ike(packet["ike"]) if packet["ike"] and packet["protocol"] != "icmp" else None,
        "esp": (esp["spi"], esp["sequence"]) if esp and packet["protocol"] != "icmp" else None,
        "ah": (ah["spi"], ah["sequence"]) if ah and packet["protocol"] != "icmp" else None,
        "quoted": quoted,
        "issues": packet["issues"],
    }


def ikescope_ike(ike):
    flags = ike["flags"]
    return {
        "initiator_spi": ike["initiator_spi"],
        "responder_spi": ike["responder_spi"],
        "version": ike["version"],
        "exchange": ike["exchange"]["id"],
        "flags": sum(bit for name, bit in FLAG_BITS.items() if flags[name]),
        "message_id": ike["message_id"],
        "payloads": [
            (payload["type"]["id"], payload["offset"], payload["length"], notify_number(payload))
            for payload in ike["payloads"]
            if payload["decrypted_from"] is None
        ],
    }


def notify_number(payload):
    notify = payload.get("notify")
    return notify["id"] if isinstance(notify, dict) else notify


# RFC 2408, section 3.1 (v1) and RFC 7296, section 3.1 (v2): the two versions share no bit.
FLAGS_OF_VERSION = {1: 0x07, 2: 0x38}
FLAG_BITS = {
    "encryption": 0x01,
    "commit": 0x02,
    "authentication_only": 0x04,
    "initiator": 0x08,
    "version": 0x10,
    "response": 0x20,
}

if __name__ == "__main__":
    main()
