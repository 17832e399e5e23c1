"""Writes testdata/NAME: the capture, the secrets in the peers' formats, what happened, and the truth from the daemons' logs."""

import json
import os
import re
import struct
import subprocess

import install
import logs

SCHEMA = "ikescope.lab-truth/1"
HERE = os.path.dirname(os.path.abspath(__file__))
PCAP_HEADER = 24
TARGET = os.path.join(os.path.dirname(HERE), "testdata")

IKE_ENCR = {"3DES_CBC": "3DES [RFC2451]", "NULL": "NULL [RFC2410]"}
for bits in (128, 192, 256):
    IKE_ENCR[f"AES_CBC_{bits}"] = f"AES-CBC-{bits} [RFC3602]"
    IKE_ENCR[f"AES_CTR_{bits}"] = f"AES-CTR-{bits} [RFC5930]"
    for icv in (8, 12, 16):
        IKE_ENCR[f"AES_GCM_{icv}_{bits}"] = f"AES-GCM-{bits} with {icv} octet ICV [RFC5282]"
        IKE_ENCR[f"AES_CCM_{icv}_{bits}"] = f"AES-CCM-{bits} with {icv} octet ICV [RFC5282]"
# Name in the log: (IKEv2 table, ESP table, Linux, bits of the ICV)
INTEG = {
    "HMAC_MD5_96": ("HMAC_MD5_96 [RFC2403]", "HMAC-MD5-96 [RFC2403]", "hmac(md5)", 96),
    "HMAC_SHA1_96": ("HMAC_SHA1_96 [RFC2404]", "HMAC-SHA-1-96 [RFC2404]", "hmac(sha1)", 96),
    "HMAC_SHA2_256_128": ("HMAC_SHA2_256_128 [RFC4868]", "HMAC-SHA-256-128 [RFC4868]", "hmac(sha256)", 128),
    "HMAC_SHA2_384_192": ("HMAC_SHA2_384_192 [RFC4868]", "HMAC-SHA-384-192 [RFC4868]", "hmac(sha384)", 192),
    "HMAC_SHA2_512_256": ("HMAC_SHA2_512_256 [RFC4868]", "HMAC-SHA-512-256 [RFC4868]", "hmac(sha512)", 256),
    "HMAC_MD5_128": ("HMAC_MD5_128 [RFC4595]", "ANY 128 bit authentication [no checking]", "hmac(md5)", 128),
    "HMAC_SHA1_160": ("HMAC_SHA1_160 [RFC4595]", None, "hmac(sha1)", 160),
    "CAMELLIA_XCBC_96": (None, "ANY 96 bit authentication [no checking]", "xcbc(camellia)", 96),
    "AES_XCBC_96": (None, "ANY 96 bit authentication [no checking]", "xcbc(aes)", 96),
    "AES_CMAC_96": (None, "ANY 96 bit authentication [no checking]", "cmac(aes)", 96),
}
# Name in the log without key length: (ESP table, Linux)
ESP_ENCR = {
    "NULL": ("NULL", "ecb(cipher_null)"), "3DES_CBC": ("TripleDES-CBC [RFC2451]", "cbc(des3_ede)"), "DES_CBC": ("DES-CBC [RFC2405]", "cbc(des)"),
    "AES_CBC": ("AES-CBC [RFC3602]", "cbc(aes)"), "AES_CTR": ("AES-CTR [RFC3686]", "rfc3686(ctr(aes))"),
    "CAMELLIA_CBC": (None, "cbc(camellia)"), "CAMELLIA_CTR": (None, "rfc3686(ctr(camellia))"),
    "BLOWFISH_CBC": (None, "cbc(blowfish)"), "CAST_CBC": ("CAST5-CBC [RFC2144]", "cbc(cast5)"),
    "CHACHA20_POLY1305": (None, "rfc7539esp(chacha20,poly1305)"),
}
for icv in (8, 12, 16):
    ESP_ENCR[f"AES_GCM_{icv}"] = (f"AES-GCM with {icv} octet ICV [RFC4106]", "rfc4106(gcm(aes))")
    ESP_ENCR[f"AES_CCM_{icv}"] = (None, "rfc4309(ccm(aes))")


def parts(proposal):
    return re.sub(r"^(IKE|ESP|AH):", "", proposal or "").split("/")


def esp_encr(proposal):
    return re.sub(r"_(128|192|256|448)$", "", parts(proposal)[0])


def integrity(proposal):
    return next((p for p in parts(proposal) if p in INTEG), None)


def truth(scenario, texts):
    """One account from both logs; keys that both peers logged must be the same octets."""
    views = {role: logs.read(text) for role, text in texts.items()}
    ikes, children = [], []
    for role, view in views.items():
        for sa in view["ike"]:
            key = sa["keys"].get("sk_ei") or sa["keys"].get("skeyid_e")
            known = next((i for i in ikes if key and key in (i["keys"].get("sk_ei"), i["keys"].get("skeyid_e"))), None)
            if known is None:
                known = {k: sa[k] for k in ("version", "initiator_spi", "responder_spi", "proposal", "keys")}
                known |= {"logged_by": [], "established_at": [], "ended_at": [], "identities": None}
                if "after" in sa:
                    known["after"] = sa["after"]
                ikes.append(known)
            for field in ("version", "initiator_spi", "responder_spi", "proposal"):
                known[field] = known[field] or sa[field]
            known["keys"] = {**sa["keys"], **known["keys"]}
            known["logged_by"].append(role)
            outcome = sa["outcome"]
            if outcome.get("established"):
                known["established_at"].append(role)
            if "local" in outcome:
                names = (outcome["local"], outcome["remote"])
                known["identities"] = {role: names[0], ("responder" if role == "initiator" else "initiator"): names[1]}
            known["ended_at"] += [f"{role}: {how}" for how in ("deleted", "dead") if outcome.get(how)]
        for sa in view["children"]:
            known = next((c for c in children if c["spi_i2r"] == sa["spi_i2r"] and c["spi_r2i"] == sa["spi_r2i"]), None)
            if known is None:
                known = {k: sa[k] for k in ("protocol", "proposal", "spi_i2r", "spi_r2i", "src", "dst", "selectors", "keys")}
                known |= {"ike_initiator_spi": sa["ike"], "logged_by": [], "established_at": [], "ended_at": []}
                children.append(known)
            known["selectors"] = known["selectors"] or sa["selectors"]
            known["logged_by"].append(role)
            if sa["established"]:
                known["established_at"].append(role)
            if sa.get("deleted"):
                known["ended_at"].append(role)
    established = [i for i in ikes if len(i["established_at"]) >= min(2, len(texts))]
    up = [c for c in children if len(c["established_at"]) >= min(2, len(texts))]
    if established and up and all(i["ended_at"] for i in established):
        state = "closed"
    elif established and up:
        state = "established"
    elif established and scenario.expect == "childless":
        state = "childless"
    else:
        state = "failed"
    return {"schema": SCHEMA, "scenario": scenario.name, "what": scenario.what, "fault": scenario.fault, "state": state,
            "from": [f"{role} ({scenario.settings[role].get('daemon', 'strongswan')})" for role in texts],
            "psk": {role: scenario.settings[role]["psk"] for role in scenario.settings},
            "ike_sas": ikes, "child_sas": children, "trouble": {role: view["trouble"] for role, view in views.items()}}


def wireshark(account):
    """The three tables Wireshark reads; algorithms it does not know are left out."""
    v1, v2, esp = [], [], []
    for sa in account["ike_sas"]:
        keys, names = sa["keys"], parts(sa["proposal"])
        if sa["version"] == 1 and "ka" in keys:
            v1.append(f"{sa['initiator_spi']},{keys['ka']}")
        elif sa["version"] == 2 and "sk_ei" in keys:
            encr = IKE_ENCR.get(names[0])
            integ = "NONE [RFC4306]" if re.search("GCM|CCM", names[0]) else INTEG.get(integrity(sa["proposal"]), (None,))[0]
            if encr and integ:
                v2.append(f"{sa['initiator_spi']},{sa['responder_spi']},{keys['sk_ei']},{keys['sk_er']},\"{encr}\","
                          f"{keys.get('sk_ai', '')},{keys.get('sk_ar', '')},\"{integ}\"")
    for sa in account["child_sas"]:
        encr = ESP_ENCR.get(esp_encr(sa["proposal"]), (None,))[0]
        keys = sa["keys"]
        integ = INTEG.get(integrity(sa["proposal"]), (None, "NULL"))[1]
        if sa["protocol"] != "esp" or not encr or not integ or not ("encr_i2r" in keys or encr == "NULL"):
            continue
        family = "IPv6" if ":" in sa["src"] else "IPv4"
        for way in ("i2r", "r2i"):
            row = (family, "*", "*", sa["spi_" + way], encr, prefixed(keys.get("encr_" + way)), integ, prefixed(keys.get("integ_" + way)))
            esp.append(",".join(f'"{field}"' for field in row))
    return {"ikev1_decryption_table": v1, "ikev2_decryption_table": v2, "esp_sa": esp}


def prefixed(octets):
    return "0x" + octets if octets else ""


def xfrm_state(account):
    """What `ip xfrm state` shows of the same SAs on a Linux kernel."""
    lines = []
    for number, sa in enumerate(account["child_sas"], 1):
        keys, name = sa["keys"], esp_encr(sa["proposal"])
        integ = INTEG.get(integrity(sa["proposal"]))
        for way, src, dst in (("i2r", sa["src"], sa["dst"]), ("r2i", sa["dst"], sa["src"])):
            encr, auth = keys.get("encr_" + way), keys.get("integ_" + way)
            lines += [f"src {src} dst {dst}", f"\tproto {sa['protocol']} spi {sa['spi_' + way]} reqid {number} mode tunnel",
                      "\treplay-window 32 flag af-unspec"]
            if auth and integ:
                lines.append(f"\tauth-trunc {integ[2]} 0x{auth} {integ[3]}")
            if name in ESP_ENCR and sa["protocol"] == "esp" and re.search("GCM|CCM|CHACHA", name):
                icv = int((re.search(r"_(\d+)$", name) or ["", "16"])[1]) * 8 if "CHACHA" not in name else 128
                lines.append(f"\taead {ESP_ENCR[name][1]} 0x{encr} {icv}")
            elif name in ESP_ENCR and sa["protocol"] == "esp":
                lines.append(f"\tenc {ESP_ENCR[name][1]} {prefixed(encr)}".rstrip())
    return "".join(line + "\n" for line in lines)


def to_pcapng(pcap):
    """tcpdump's nanosecond pcap as pcapng: one section, one interface, one enhanced packet block a packet."""
    magic, = struct.unpack_from("<I", pcap)
    assert magic == 0xA1B23C4D, "tcpdump was asked for nanoseconds"
    link, = struct.unpack_from("<I", pcap, 20)

    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    blocks = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)),
              block(1, struct.pack("<HHI", link, 0, 262144) + struct.pack("<HH4s", 2, 4, b"eth0")
                    + struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HH", 0, 0))]
    at = PCAP_HEADER
    while at + 16 <= len(pcap):
        seconds, nanos, captured, length = struct.unpack_from("<IIII", pcap, at)
        stamp = seconds * 10**9 + nanos
        blocks.append(block(6, struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, captured, length) + pcap[at + 16:at + 16 + captured]))
        at += 16 + captured
    return b"".join(blocks)


def tshark(bench, arguments, config=None):
    environment = dict(os.environ)
    if config:
        environment["WIRESHARK_CONFIG_DIR"] = config
    return bench.run(["tshark", "-n", *arguments], check=False, env=environment, stderr=subprocess.DEVNULL)


def verify(bench, capture, tables=None):
    """Lets tshark decrypt a capture with Wireshark's tables: counts of encrypted frames and of those it opened."""
    fields = ("frame.protocols", "isakmp.version", "isakmp.flags", "isakmp.typepayload", "isakmp.enc.decrypted",
              "isakmp.ikev2.integrity_checksum", "_ws.malformed")
    out = tshark(bench, ["-r", capture, "-o", "esp.enable_encryption_decode:TRUE", "-T", "fields",
                         *(word for field in fields for word in ("-e", field))], tables)
    ike, ike_open, esp, esp_open = 0, 0, 0, 0
    for line in out.splitlines():
        protocols, version, flags, payloads, decrypted, wrong, malformed = (line.split("\t") + [""] * len(fields))[:len(fields)]
        names = protocols.split(":")
        if "icmp" in names and "esp" not in names:
            continue
        if "isakmp" in names:
            v1_encrypted = version.startswith("0x10") and flags and int(flags.split(",")[0], 16) & 1
            kinds = payloads.split(",")
            if v1_encrypted or "46" in kinds or "53" in kinds:
                ike += 1
                # With a key tshark shows IKEv2's plaintext as a field and IKEv1's payloads; with a wrong one it complains.
                ike_open += bool(payloads if v1_encrypted else decrypted) and not wrong and not malformed
        elif "esp" in names:
            esp += 1
            esp_open += names[-1] != "esp" and names.index("esp") < len(names) - 1
    return {"ike_encrypted": ike, "ike_opened": ike_open, "esp": esp, "esp_opened": esp_open}


def frames(bench, folder, name):
    out = tshark(bench, ["-r", f"{folder}/{name}", "-T", "fields", "-E", "separator= ", "-e", "frame.number", "-e", "frame.time_relative",
                  "-e", "_ws.col.Source", "-e", "_ws.col.Destination", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info"])
    return [re.sub(r"(\d\.\d{6})\d+", r"\1", line) for line in out.splitlines()]


def write(run, captures):
    """What a run leaves, from its captures by role. Returns the truth and what tshark could open."""
    scenario, peers, bench = run.scenario, run.peers, run.bench
    folder = os.path.join(bench.folder, "result")
    os.makedirs(f"{folder}/secrets/wireshark")
    for role, path in captures.items():
        with open(path, "rb") as file:
            octets = to_pcapng(file.read())
        with open(f"{folder}/capture{'' if role == scenario.vantages[0] else '-' + role}.pcapng", "wb") as file:
            file.write(octets)
    charon = run.charon_texts()
    account = truth(scenario, charon)
    logged = [sa["logged_by"] for sa in account["ike_sas"] + account["child_sas"]]
    for role, text in run.texts.items():
        if scenario.one_log and role == "responder" and all("initiator" in roles for roles in logged):
            continue
        name = "charon" if role in charon else "pluto"
        with open(f"{folder}/secrets/{role}.{name}.log", "w") as file:
            file.write(logs.excerpt(text) if role in charon else pluto_excerpt(text))
    for name, rows in wireshark(account).items():
        if not rows:
            continue
        with open(f"{folder}/secrets/wireshark/{name}", "w") as file:
            file.writelines(row + "\n" for row in rows)
    if account["child_sas"]:
        with open(f"{folder}/secrets/ip-xfrm-state.txt", "w") as file:
            file.write(xfrm_state(account))
    checked = verify(bench, f"{folder}/capture.pcapng", f"{folder}/secrets/wireshark")
    with open(f"{folder}/truth.json", "w") as file:
        json.dump(account, file, indent=1)
        file.write("\n")
    with open(f"{folder}/origin.md", "w") as file:
        file.write(origin(scenario, peers, folder, run.happened, checked))
    bench.replace(os.path.join(TARGET, scenario.name), folder)
    return account, checked


def pluto_excerpt(text):
    """Plain messages of pluto, not its debugging output, and lines with key material in tcpdump's form."""
    kept = [line for line in text.splitlines() if (not re.search(r"(^|: )\| ", line) and '"gw"' in line) or re.search(r"\| +ikev\d [IR] 0x", line)]
    return "".join(line + "\n" for line in kept[:300])


def origin(scenario, peers, folder, happened, checked):
    lines = [f"# {scenario.name}", "", scenario.what + ("" if scenario.what.endswith(".") else "."), "",
             "Made by this repository's lab from real daemons in network namespaces; the secrets are public test values.", ""]
    lines += [f"- {role}: {install.version(peer.daemon)}" for role, peer in peers.items()]
    lines += [f"- topology: {scenario.topology}", f"- fault: {scenario.fault or 'none'}",
              f"- tshark with `secrets/wireshark`: {summary(checked)}", "", "## What happened", ""]
    lines += [f"- `{event}`" + (f": {result}" if result else "") for event, result in happened]
    for role, peer in peers.items():
        lines += ["", f"## Configuration of the {role}", "", "```", peer.configuration().replace(peer.folder, "FOLDER").rstrip(), "```"]
        if peer.settings.get("charon"):
            lines += ["", f"strongswan.conf besides the lab's defaults: `{peer.settings['charon']}`"]
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".pcapng")):
        shown = frames(peers["initiator"].bench, folder, name)
        lines += ["", f"## Frames of {name} (tshark, without keys)", "", "```", *(line[:160] for line in shown[:60])]
        lines += [f"… {len(shown) - 60} more"] if len(shown) > 60 else []
        lines += ["```"]
    return "\n".join(lines) + "\n"


def summary(checked):
    return f"IKE {checked['ike_opened']} of {checked['ike_encrypted']} encrypted messages opened, ESP {checked['esp_opened']} of {checked['esp']}"
