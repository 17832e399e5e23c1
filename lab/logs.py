"""What a charon log (ike and chd at level 4, mgr and cfg at 2) tells: keys, SPIs, proposals, states. Nothing here reads a capture."""

import re

LINE = re.compile(r"^(\w{3} +\d+ \d\d:\d\d:\d\d(?:\.\d+)?) (\d\d)\[(\w{3})\] (?:<([^>]*)> )?(.*)$")
HEAD = re.compile(r"^(.*?) +=> (\d+) bytes @ ")
DATA = re.compile(r"^ *(\d+): ((?:[0-9A-F]{2} ?){1,16})")
IKE_KEYS = {"SKEYSEED": "skeyseed", "Sk_d secret": "sk_d", "Sk_ai secret": "sk_ai", "Sk_ar secret": "sk_ar", "Sk_ei secret": "sk_ei",
            "Sk_er secret": "sk_er", "Sk_pi secret": "sk_pi", "Sk_pr secret": "sk_pr",
            "SKEYID": "skeyid", "SKEYID_d": "skeyid_d", "SKEYID_a": "skeyid_a", "SKEYID_e": "skeyid_e",
            "encryption key Ka": "ka", "initial IV": "initial_iv"}
CHILD_KEYS = {"encryption initiator key": "encr_i2r", "encryption responder key": "encr_r2i",
              "integrity initiator key": "integ_i2r", "integrity responder key": "integ_r2i"}
SEEDS = {"seed": "seed", "initiator SA seed": "seed_i2r", "responder SA seed": "seed_r2i"}
SHARED = ("shared Diffie Hellman secret", "shared Diffie-Hellman secret", "key exchange secret", "DH secret")
ADDITIONAL = "additional key exchange secret"
PPK = "derive keys using PPK"
KEPT_SECRETS = {*IKE_KEYS, *CHILD_KEYS, *SEEDS, *SHARED, ADDITIONAL, PPK, "nonces", "MSK", "EAP-MSK"}
SPIS = re.compile(r"checkin IKEv(\d) SA .*\[(\d+)\] with SPIs ([0-9a-f]{16})_i ([0-9a-f]{16})_r")
MESSAGE = re.compile(r"(parsed|generating) (\w+) (request|response) (\d+) \[")
# charon's first words of a life that all versions say; numbers of SAs begin again after it.
LIFE = re.compile(r"^.* 00\[JOB\] spawning \d+ worker threads$", re.M)
TROUBLE = re.compile(r"received \S+ (?:error notify|notify error)|no (?:acceptable|matching|proposal|IKE|shared key|trusted|private|issuer|config|virtual|peer)|"
                     r"giving up|failed|mismatch|unacceptable|not (?:found|acceptable|accepted|supported|confirmed)|inacceptable|invalid|reject|refus|expired|untrusted|"
                     r"unable to|could not|peer didn't|constraint|timed out|unexpected|no .* found|does not match|lost", re.I)
NOISE = re.compile(r"queueing|activating|state change|precalculated|natd_|hash algorithm|verifying|cert payload|sending supported|no message rule|"
                   r"nothing to initiate|successfully created|scheduling|maximum IKE_SA|using (?:\S+ )+for (?:encryption|integrity)|next IV for|size of|message |ocsp check skipped|reinitiating|^  \S+ task$|vendor ID$")


def entries(text):
    """Yields (thread, group, connection number, text, None) a line and (…, name, octets) a hex dump."""
    dump = None
    for raw in text.splitlines():
        match = LINE.match(raw)
        if not match:
            continue
        time, thread, group, tag, words = match.groups()
        number = int(tag.split("|")[-1]) if tag else None
        if dump:
            data = DATA.match(words)
            if data and dump[0] == (thread, group, number) and int(data[1]) == len(dump[2]):
                dump[2] += bytes.fromhex(data[2].replace(" ", ""))[: min(16, dump[3] - len(dump[2]))]
                if len(dump[2]) == dump[3]:
                    yield group, number, dump[1], bytes(dump[2])
                    dump = None
                continue
            dump = None
        head = HEAD.match(words)
        if head:
            if int(head[2]):
                dump = [(thread, group, number), head[1].strip(), bytearray(), int(head[2])]
            continue
        yield group, number, words, None


def excerpt(text):
    """The lines that carry keys and outcomes; hex dumps of anything else (packets, hashes) are left out."""
    kept, hex_of, seen = [], None, set()
    for raw in text.splitlines():
        match = LINE.match(raw)
        if not match:
            continue
        _, thread, group, tag, words = match.groups()
        if LIFE.match(raw):
            kept.append(raw)
            continue
        if DATA.match(words):
            if hex_of == (thread, group, tag):
                kept.append(raw)
            continue
        head = HEAD.match(words)
        if head:
            hex_of = (thread, group, tag) if head[1].strip() in KEPT_SECRETS else None
            if hex_of:
                kept.append(raw)
            continue
        hex_of = None
        if group == "MGR":
            match = SPIS.search(words)
            if not match or match.groups() in seen:
                continue
            seen.add(match.groups())
        elif group == "CFG":
            if not words.startswith(("selected proposal", "received proposals", "configured proposals")):
                continue
        elif group not in ("IKE", "CHD", "ENC", "JOB") or tag is None:
            continue
        elif NOISE.search(words):
            continue
        kept.append(raw)
    return "".join(line + "\n" for line in kept)


def read(text):
    """One peer's view: {"ike": [...], "children": [...], "trouble": [...]}. A daemon that was started again lives again."""
    views = [read_life(life) for life in LIFE.split(text)]
    return {part: [item for view in views for item in view[part]] for part in views[0]}


def read_life(text):
    ikes, children, trouble = [], [], []
    latest, spis, shared, additional, proposals, child_proposals = {}, {}, {}, {}, {}, {}
    exchange, parsed, pending, installing = {}, {}, {}, {}
    events = {}
    for group, number, words, octets in entries(text):
        if group == "MGR":
            match = SPIS.search(words)
            if match:
                spis[int(match[2])] = (int(match[1]), match[3], match[4])
            continue
        if number is None:
            if group == "CFG" and words.startswith("selected proposal: "):
                pass
            continue
        if octets is not None:
            if words in SHARED:
                shared[number] = octets
            elif words == ADDITIONAL:
                additional[number] = octets
            elif words in ("SKEYSEED", "SKEYID"):
                record = {"number": number, "keys": {IKE_KEYS[words]: octets.hex()}, "proposal": proposals.get(number)}
                if exchange.get(number) in ("IKE_INTERMEDIATE", "IKE_FOLLOWUP_KE") and number in latest:
                    record["after"] = exchange[number]
                    if exchange[number] == "IKE_INTERMEDIATE":
                        record["proposal"] = latest[number]["proposal"]
                if number in shared:
                    record["keys"]["dh_shared"] = shared.pop(number).hex()
                if number in additional:
                    record["keys"]["additional_shared"] = additional.pop(number).hex()
                ikes.append(record)
                latest[number] = record
            elif words == PPK and number in latest:
                latest[number]["keys"]["ppk"] = octets.hex()
            elif words in IKE_KEYS and number in latest:
                keys, name = latest[number]["keys"], IKE_KEYS[words]
                if keys.get(name, octets.hex()) != octets.hex():
                    keys[name + "_before_ppk"] = keys[name]
                keys[name] = octets.hex()
            elif group == "CHD" and words in SEEDS:
                own = pending.setdefault(number, {})
                if words != "responder SA seed":
                    own.clear()
                    if number in shared:
                        own["dh_shared"] = shared.pop(number).hex()
                    if number in additional:
                        own["additional_shared"] = additional.pop(number).hex()
                own[SEEDS[words]] = octets.hex()
            elif group == "CHD" and words in CHILD_KEYS:
                pending.setdefault(number, {})[CHILD_KEYS[words]] = octets.hex()
            continue
        if group == "CFG":
            if words.startswith("selected proposal: "):
                proposal = words.split(": ", 1)[1]
                (proposals if proposal.startswith("IKE:") else child_proposals)[number] = proposal
                if proposal.startswith("IKE:") and number in latest and not latest[number]["proposal"]:
                    latest[number]["proposal"] = proposal
        elif group == "ENC":
            match = MESSAGE.match(words)
            if match:
                exchange[number] = match[2]
                if match[1] == "parsed":
                    parsed[number] = match[3]
        elif group == "CHD":
            match = re.match(r"(?:adding|registering) (inbound|outbound) (ESP|AH) SA", words)
            if match:
                installing[number] = match[1]
                pending.setdefault(number, {})["protocol"] = match[2].lower()
            match = re.match(r" *SPI 0x([0-9a-f]{8}), src (\S+) dst (\S+)", words)
            if match and number in installing:
                own = pending[number]
                if "seed" not in own and "seed_i2r" not in own:
                    pending.pop(number)  # the outbound SA of a rekey, installed late: recorded before
                    continue
                own[installing[number]] = match.groups()
                if "inbound" in own and "outbound" in own:
                    started = parsed.get(number) == "response"
                    there, back = (own["outbound"], own["inbound"]) if started else (own["inbound"], own["outbound"])
                    children.append({
                        "number": number, "protocol": own["protocol"], "proposal": child_proposals.get(number),
                        "spi_i2r": "0x" + there[0], "spi_r2i": "0x" + back[0], "src": there[1], "dst": there[2], "established": False, "selectors": None,
                        "keys": {k: v for k, v in own.items() if k not in ("protocol", "inbound", "outbound")}})
                    pending.pop(number)
        if group in ("IKE", "CFG", "CHD", "NET", "JOB"):
            note(words, number, events, children, trouble)
    finish(ikes, children, spis, events)
    return {"ike": ikes, "children": children, "trouble": trouble}


def note(words, number, events, children, trouble):
    """Outcomes, as the daemon words them."""
    match = re.search(r"IKE_SA \S+\[(\d+)\] established between (\S+)\[(.*)\]\.\.\.(\S+)\[(.*)\]$", words)
    if match:
        events.setdefault(int(match[1]), {}).update(established=True, local=match[3], remote=match[5])
    match = re.search(r"(?:deleting IKE_SA|received DELETE for IKE_SA) \S+\[(\d+)\]", words)
    if match:
        events.setdefault(int(match[1]), {})["deleted"] = True
    if re.search(r"giving up after \d+ retransmits|DPD check timed out", words):
        events.setdefault(number, {})["dead"] = True
    match = re.search(r"IKE_SA \S+\[(\d+)\] rekeyed between", words)
    if match:
        events.setdefault(int(match[1]), {}).update(established=True)
    match = re.search(r"(?:CHILD_SA|SA) \S+\{\d+\} established with SPIs ([0-9a-f]{8})_i ([0-9a-f]{8})_o and TS (.*)$", words)
    if match:
        for child in children:
            if {child["spi_i2r"], child["spi_r2i"]} == {"0x" + match[1], "0x" + match[2]}:
                child.update(established=True, selectors=match[3])
    match = re.search(r"closing CHILD_SA \S+\{\d+\} with SPIs ([0-9a-f]{8})_i|received DELETE for (?:ESP|AH) CHILD_SA with SPI ([0-9a-f]{8})", words)
    if match:
        for child in children:
            if "0x" + (match[1] or match[2]) in (child["spi_i2r"], child["spi_r2i"]):
                child["deleted"] = True
    if TROUBLE.search(words) and not NOISE.search(words) and len(trouble) < 40 and words not in trouble:
        trouble.append(words)


def finish(ikes, children, spis, events):
    """Ties log tags to SPIs. An IKE SA rekey logs the new SA's keys under the old SA's tag at its initiator: only the first
    key set of a tag is its own, later ones belong to the next tag that has no keys."""
    seen = set()
    own = []
    for record in ikes:
        own.append(record["number"] not in seen or record.get("after") == "IKE_INTERMEDIATE")
        seen.add(record["number"])
    free = sorted(set(spis) - seen)
    for record, first in zip(ikes, own):
        number = record["number"]
        if not first:
            number = next((n for n in free if n > number), None)
            if number in free:
                free.remove(number)
        record["version"], record["initiator_spi"], record["responder_spi"] = spis.get(number, (None, None, None))
        record["outcome"] = events.get(number, {})
    for child in children:
        child["ike"] = spis.get(child["number"], (None, None, None))[1]
