#!/usr/bin/env python3
"""Our prober beside ike-scan (Debian) and cryptolyzer (PyPI), asking a strongSwan that nobody configured. As root.

Both are installed when this runs, cryptolyzer in an environment of its own that is removed at the end. Writes a table in
Markdown: datagrams that reached the peer, ciphers found of those it has, seconds. `compare_probers.py [--program PATH]`
"""

import argparse
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench as benches
import install
import probing
from bench import LabError

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LONGEST = 120


def cryptolyzer(folder):
    """The program in an environment of its own. Its dependency oscrypto does not read versions of OpenSSL with two digits
    behind the second point, so that it is taught to."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([f"{folder}/bin/pip", "install", "-q", "cryptolyzer"], check=True, stdout=subprocess.DEVNULL)
    for path in glob.glob(f"{folder}/lib/python*/site-packages/oscrypto/_openssl/_libcrypto_c*.py"):
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(text.replace(r"(\\d\\.\\d\\.\\d[a-z]*)", r"(\\d+\\.\\d+\\.\\d+[a-z]*)"))
    return f"{folder}/bin/cryptolyze"


def ciphers_of_ours(text):
    """Those of IKEv2 and of main mode."""
    target = json.loads(text)["targets"][0]
    boxes = [box for name in ("ikev2", "ikev1_main") if target[name] for box in target[name]["policy"]]
    return {encr for box in boxes for encr in box["encr"]}


def ciphers_of_ike_scan(text):
    return {"-".join(filter(None, found)) for found in re.findall(r"Enc(?:r)?=([\w-]+)(?:.*?KeyLength=(\d+))?", text)}


def ciphers_of_cryptolyzer(text):
    """It tells them as it finds them."""
    return {"-".join(found) for found in re.findall(r"Server offers cipher suite; encr=([\w-]+)(?:, mode=(\w+))?", text)}


def run(version, command, ciphers):
    """Datagrams that arrived at the peer, ciphers in what was printed, seconds."""
    with probing.Peer(version=version, ike="") as peer:
        peer.bench.capture("responder", "udp and dst host " + probing.ADDRESS)
        begun = time.monotonic()
        try:
            printed = peer.bench.run(command, "initiator", check=False, timeout=LONGEST)
        except LabError as error:
            printed = str(error)
        seconds = time.monotonic() - begun
        time.sleep(0.5)
        peer.bench.stop_captures()
        listed = subprocess.run(["tcpdump", "-nr", peer.bench.captures["responder"][1]], capture_output=True, text=True, check=False)
        return len(listed.stdout.splitlines()), ciphers(printed), seconds, printed


def main():
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=os.path.join(target, "release", "ikescope"))
    parser.add_argument("--verbose", action="store_true", help="also what the programs print")
    arguments = parser.parse_args()
    benches.sweep()
    install.system()
    subprocess.run(["apt-get", "install", "-qq", "-y", "ike-scan"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        theirs = cryptolyzer(folder)
        address = probing.ADDRESS
        rows = [
            ("ikescope", "IKEv2", 2, [arguments.program, "probe", "--ike", "2", "--format", "json", "-q", address], ciphers_of_ours),
            ("cryptolyzer", "IKEv2", 2, [theirs, "ikev2", "ciphers", address], ciphers_of_cryptolyzer),
            ("ike-scan --ikev2", "IKEv2", 2, ["ike-scan", "--ikev2", address], ciphers_of_ike_scan),
            ("ikescope --full", "IKEv1", 1, [arguments.program, "probe", "--ike", "1", "--full", "--format", "json", "-q", address], ciphers_of_ours),
            ("cryptolyzer", "IKEv1", 1, [theirs, "ikev1", "ciphers", address], ciphers_of_cryptolyzer),
            ("ike-scan", "IKEv1", 1, ["ike-scan", "-M", address], ciphers_of_ike_scan),
        ]
        print("| program | version | datagrams | ciphers found | seconds |\n|---|---|---|---|---|")
        for name, version, number, command, ciphers in rows:
            datagrams, found, seconds, printed = run(number, command, ciphers)
            print(f"| {name} | {version} | {datagrams} | {len(found)} | {seconds:.0f} |", flush=True)
            if arguments.verbose:
                print(sorted(found), printed[-3000:], file=sys.stderr)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(f"compare_probers: {error}")
    finally:
        benches.close_all()
