"""Scenarios: TOML files in lab/scenarios, and the suites of lab/matrix.toml, each of which is one more scenario."""

import fnmatch
import glob
import os
import tomllib

from bench import LabError

HERE = os.path.dirname(os.path.abspath(__file__))
ROLES = ("initiator", "responder")
DEFAULTS = {"version": 2, "ike": "aes128-sha256-modp2048", "esp": "aes128-sha256", "psk": "lab-psk-0123456789"}
EVENTS = ["start", "initiate", "ping 3"]
KEYS = {"what", "topology", "ipv6", "both", *ROLES, "events", "fault", "expect", "capture", "vantage", "slow", "parallel"}


class Scenario:
    def __init__(self, name, table, one_log=False):
        unknown = set(table) - KEYS
        if unknown:
            raise LabError(f"{name}: unknown keys {', '.join(sorted(unknown))}; known are {', '.join(sorted(KEYS))}")
        self.name = name
        self.one_log = one_log  # the responder's log would only repeat the initiator's
        self.what = table["what"]
        self.topology = table.get("topology", "direct")
        self.ipv6 = table.get("ipv6", False)
        self.events = table.get("events", EVENTS)
        self.fault = table.get("fault")
        self.expect = table.get("expect", "established")
        self.capture = table.get("capture")
        vantage = table.get("vantage", "both" if self.topology in ("nat", "bridge") else "responder")
        self.vantages = ("responder", "initiator") if vantage == "both" else (vantage,)
        self.settings = {role: self._settings(role, table) for role in ROLES}

    def _settings(self, role, table):
        other = ROLES[1 - ROLES.index(role)]
        outer = {"initiator": {"direct": "10.9.0.1", "bridge": "10.9.0.1", "router": "10.8.0.1", "nat": "192.168.50.2"}[self.topology],
                 "responder": "10.9.0.2"}
        inner = {"initiator": "10.1.0.0/24", "responder": "10.2.0.0/24"}
        if self.ipv6:
            outer = {"initiator": "fd09::1", "responder": "fd09::2"}
            inner = {"initiator": "fd10:1::/64", "responder": "fd10:2::/64"}
        settings = dict(DEFAULTS, local_address=outer[role], remote_address=outer[other], local_ts=inner[role], remote_ts=inner[other])
        if self.topology == "nat" and role == "responder":
            settings["remote_address"] = "%any"
        return merge(merge(settings, table.get("both", {})), table.get(role, {}))

    def daemons(self):
        return {self.settings[role].get("daemon", "strongswan") for role in ROLES}


def merge(below, above):
    result = dict(below)
    for key, value in above.items():
        result[key] = merge(result[key], value) if isinstance(value, dict) and isinstance(result.get(key), dict) else value
    return result


def matrix():
    """One scenario a suite: the key of the group names it, `ike` and `esp` are swanctl's proposals."""
    with open(os.path.join(HERE, "matrix.toml"), "rb") as file:
        groups = tomllib.load(file)
    for prefix, group in groups.items():
        base = {k: v for k, v in group.items() if k != "suites"}
        for name, suite in group["suites"].items():
            suite = {"ike": suite} if isinstance(suite, str) else suite
            own = {k: suite[k] for k in ("ike", "esp", "ah") if k in suite}
            table = {**base, **{k: v for k, v in suite.items() if k not in own}}
            table["both"] = merge(base.get("both", {}), own)
            table["what"] = f"{group['what']}: IKE {table['both'].get('ike', DEFAULTS['ike'])}, " \
                            + (f"AH {own['ah']}" if "ah" in own else f"ESP {table['both'].get('esp', DEFAULTS['esp'])}")
            table.setdefault("events", ["start", "initiate", "ping 2"])
            yield Scenario(f"{prefix}-{name}", table, one_log=True)


def load(patterns):
    """The scenarios whose names match one of the shell patterns, by name."""
    found = {}
    for path in sorted(glob.glob(os.path.join(HERE, "scenarios", "*.toml"))):
        name = os.path.basename(path)[:-5]
        with open(path, "rb") as file:
            try:
                found[name] = Scenario(name, tomllib.load(file))
            except (tomllib.TOMLDecodeError, KeyError) as error:
                raise LabError(f"{path}: {error!r}") from error
    for scenario in matrix():
        found[scenario.name] = scenario
    chosen = {}
    for pattern in patterns:
        names = fnmatch.filter(found, pattern)
        if not names:
            raise LabError(f"no scenario is called {pattern}; `run.py --list` shows all")
        chosen.update((name, found[name]) for name in names)
    return [chosen[name] for name in sorted(chosen)]
