"""The peers: strongSwan's charon and libreswan's pluto, configured from a scenario, started in a namespace of a bench."""

import os
import re
import shutil
import signal
import time

import install
from bench import LabError

HERE = os.path.dirname(os.path.abspath(__file__))
PKI = os.path.join(HERE, "pki")
# kernel-libipsec stands before kernel-netlink so that it provides the data plane.
PLUGINS = ("random nonce aes rc2 sha1 sha2 sha3 md5 mgf1 pem pkcs1 pkcs7 pkcs8 pkcs12 x509 revocation constraints pubkey openssl "
           "gcrypt gmp curve25519 ml xcbc cmac hmac kdf ctr ccm gcm chapoly drbg attr {data_plane} kernel-netlink socket-default "
           "vici updown eap-identity eap-md5 eap-mschapv2 eap-tls xauth-generic unity counters")
CHARON = {"load_modular": "no", "retransmit_timeout": "1.0", "retransmit_tries": "3", "retransmit_base": "1.5",
          "send_vendor_id": "yes", "i_dont_care_about_security_and_use_aggressive_mode_psk": "yes", "delete_rekeyed_delay": "1",
          "cisco_unity": "yes"}
LEVELS = {"default": 1, "ike": 4, "enc": 1, "chd": 4, "cfg": 2, "mgr": 2}


class Peer:
    """What a scenario says of one peer (`settings`), and the daemon that does it."""

    def __init__(self, bench, role, settings):
        self.bench, self.role, self.settings = bench, role, settings
        self.folder = os.path.join(bench.folder, role)
        self.process = None
        self.daemon = settings.get("daemon", "strongswan")
        self.log = os.path.join(self.folder, "daemon.log")
        os.makedirs(self.folder)

    def command(self, program):
        """The command for a program of this peer, which may live in its own root folder."""
        if self.daemon == "strongswan":
            return [self.unconfined(program)]
        root = install.foreign(self.daemon)
        # `ip netns exec` has given the command mounts of its own, so these go with it.
        mounts = "".join(f"mount --bind '{f}' '{root}{f}'; " for f in ("/dev", "/proc", "/tmp"))
        return ["sh", "-c", f"{mounts} exec chroot '{root}' \"$@\"", "chroot", program]

    def unconfined(self, program):
        """A copy in the bench's folder: Debian's AppArmor profiles go by path, and would keep the programs from reading it."""
        copy = os.path.join(self.folder, "program-" + os.path.basename(program))
        if not os.path.exists(copy):
            shutil.copy(program, copy)
        return copy

    def start_daemon(self, program, ready, environment):
        if self.settings.get("data_plane") == "none" or self.daemon.startswith("libreswan"):
            library = os.path.join(self.bench.folder, "fakexfrm.so")
            if not os.path.exists(library):
                self.bench.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, os.path.join(HERE, "fakexfrm.c"), "-ldl"])
            # Only for the daemon itself: the library is made for this system's C library or an older one.
            environment = dict(environment, LD_PRELOAD=library)
        with open(os.path.join(self.folder, "stdout"), "ab") as out:
            self.process = self.bench.spawn(self.command(program[0]) + program[1:], self.role, stdout=out, stderr=out, env=environment)
        for _ in range(150):
            if os.path.exists(ready):
                time.sleep(0.2)
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        with open(os.path.join(self.folder, "stdout"), errors="replace") as out:
            raise LabError(f"{program[0]} does not start: {out.read()[-600:]}")

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(8)
            except Exception:
                self.process.kill()
                self.process.wait(5)

    def running(self):
        return self.process is not None and self.process.poll() is None


class Charon(Peer):
    """strongSwan, steered through swanctl."""

    def configuration(self):
        return render(self.sections())

    def start(self):
        self.prepare()
        socket = os.path.join(self.folder, "vici")
        if os.path.exists(socket):
            os.unlink(socket)
        self.start_daemon(["/usr/sbin/charon-systemd"], socket, self.environment())
        answer = self.control("--load-all", "--noprompt", "--file", f"{self.folder}/swanctl/swanctl.conf")
        if "failed to load" in answer or re.search(r"loading (connection|pool) .* failed", answer):
            raise LabError(f"{self.role}: swanctl --load-all: {answer[-600:]}")

    def environment(self):
        environment = dict(os.environ, STRONGSWAN_CONF=f"{self.folder}/strongswan.conf", SWANCTL_DIR=f"{self.folder}/swanctl")
        environment.pop("NOTIFY_SOCKET", None)
        return environment

    def control(self, *arguments, timeout=60):
        verb, *rest = arguments
        return self.bench.run([self.unconfined("/usr/sbin/swanctl"), verb, "--uri", f"unix://{self.folder}/vici", *rest], self.role, check=False,
                              timeout=timeout, env=self.environment())

    def initiate(self, child="net", timeout=25):
        what = ["--ike", child[4:]] if child.startswith("ike:") else ["--child", child]
        return self.control("--initiate", *what, "--timeout", str(timeout), timeout=timeout + 15)

    def rekey(self, what="child", name=None, *more):
        return self.control("--rekey", f"--{what}", name or {"child": "net", "ike": "gw"}[what], *more)

    def terminate(self, what="ike", name=None, *more):
        return self.control("--terminate", f"--{what}", name or {"child": "net", "ike": "gw"}[what], "--timeout", "8", *more)

    def sections(self):
        """swanctl.conf as nested tables."""
        s = self.settings
        own, other = (self.role, "responder" if self.role == "initiator" else "initiator")
        local = {"auth": "psk", "id": s.get("id", f"{own}.lab"), **s.get("local", {})}
        remote = {"auth": "psk", "id": s.get("remote_id", f"{other}.lab"), **s.get("remote", {})}
        if s.get("certificate"):
            local.setdefault("certs", s["certificate"] + ".crt")
        child = {"mode": "tunnel", "local_ts": s["local_ts"], "remote_ts": s["remote_ts"]}
        if "ah" in s:
            child["ah_proposals"] = s["ah"]
        else:
            child["esp_proposals"] = s["esp"]
        children = {"net": {**child, **s.get("child", {})}}
        for name, more in s.get("children", {}).items():
            children[name] = {**child, **more}
        connection = {"version": s["version"], "local_addrs": s["local_address"], "remote_addrs": s["remote_address"],
                      "proposals": s["ike"], **s.get("connection", {}), "local-1": local, "remote-1": remote}
        for extra in ("local-2", "remote-2"):
            if extra in s:
                connection[extra] = s[extra]
        connection["children"] = children
        tables = {"connections": {"gw": drop_empty(connection)},
                  "secrets": s.get("secrets", {"ike-1": {"secret": s["psk"]}})}
        for name, more in s.get("connections", {}).items():
            merged = {**connection, **{k: v for k, v in more.items() if not isinstance(v, dict)}}
            for part in ("local-1", "remote-1"):
                merged[part] = {**connection[part], **more.get(part, {})}
            merged["children"] = more.get("children", {name: {**child, **more.get("child", {})}})
            merged["children"] = {k: {**child, **v} for k, v in merged["children"].items()}
            merged.pop("child", None)
            tables["connections"][name] = drop_empty(merged)
        if "pools" in s:
            tables["pools"] = s["pools"]
        return tables

    def prepare(self):
        swanctl = f"{self.folder}/swanctl"
        if os.path.exists(swanctl):
            return
        for folder in ("x509", "x509ca", "private", "x509crl", "conf.d", "rsa", "ecdsa", "pkcs8", "pkcs12", "pubkey", "x509aa", "x509ac", "x509ocsp", "bliss"):
            os.makedirs(f"{swanctl}/{folder}")
        for name in self.settings.get("certificates", [self.settings["certificate"]] if self.settings.get("certificate") else []):
            shutil.copy(f"{PKI}/{name}.crt", f"{swanctl}/x509/")
            shutil.copy(f"{PKI}/{name}.key", f"{swanctl}/private/")
        for name in self.settings.get("authorities", []):
            shutil.copy(f"{PKI}/{name}.crt", f"{swanctl}/x509ca/")
        with open(f"{swanctl}/swanctl.conf", "w") as file:
            file.write(self.configuration())
        data_plane = "" if self.settings.get("data_plane") == "none" else "kernel-libipsec"
        charon = {**CHARON, **self.settings.get("charon", {}), "load": " ".join([PLUGINS.format(data_plane=data_plane), *self.settings.get("plugins", [])]),
                  "filelog": {"lab": {"path": self.log, "time_format": "%b %e %T", "time_add_ms": "yes", "ike_name": "yes",
                                      "flush_line": "yes", "append": "yes", **LEVELS}}}
        plugins = {name: dict(value) for name, value in charon.pop("plugins", {}).items()}
        charon["plugins"] = {**plugins, "vici": {"socket": f"unix://{self.folder}/vici"}}
        with open(f"{self.folder}/strongswan.conf", "w") as file:
            file.write(render({"charon": charon, "charon-systemd": {"journal": {"default": -1}}}))


class Pluto(Peer):
    """libreswan, steered through whack. Its data plane is the kernel's; the lab does not rely on one."""

    PROGRAMS = "/usr/libexec/ipsec"

    def configuration(self):
        s = self.settings
        own, other = ("left", "right")
        names = {"initiator": "initiator.lab", "responder": "responder.lab"}
        peer = "responder" if self.role == "initiator" else "initiator"
        conn = {"ikev2": "no" if str(s["version"]) == "1" else "yes", own: s["local_address"], other: s["remote_address"],
                f"{own}id": "@" + s.get("id", names[self.role]), f"{other}id": "@" + s.get("remote_id", names[peer]),
                f"{own}subnet": s["local_ts"], f"{other}subnet": s["remote_ts"], "authby": "secret", f"{own}updown": "%disabled",
                f"{other}updown": "%disabled", "auto": "add", "keyingtries": "1", **s.get("conn", {})}
        setup = {"nssdir": f"{self.folder}/nss", "plutodebug": "all,private", "uniqueids": "yes", **s.get("setup", {})}
        if str(s["version"]) == "1":
            setup.setdefault("ikev1-policy", "accept")
        lines = ["config setup", *(f"\t{k}={v}" for k, v in setup.items()), "", "conn gw", *(f"\t{k}={v}" for k, v in conn.items())]
        return "\n".join(lines) + "\n"

    def start(self):
        for folder in ("nss", "run", "ipsec.d"):
            os.makedirs(f"{self.folder}/{folder}", exist_ok=True)
        with open(f"{self.folder}/ipsec.conf", "w") as file:
            file.write(self.configuration())
        with open(f"{self.folder}/ipsec.secrets", "w") as file:
            file.write(f': PSK "{self.settings["psk"]}"\n')
        self.bench.run(self.command("/usr/bin/certutil") + ["-N", "-d", f"sql:{self.folder}/nss", "--empty-password"], self.role)
        self.log = f"{self.folder}/stdout"
        self.start_daemon([f"{self.PROGRAMS}/pluto", "--nofork", "--stderrlog", "--config", f"{self.folder}/ipsec.conf",
                           "--nssdir", f"{self.folder}/nss", "--rundir", f"{self.folder}/run", "--ipsecdir", f"{self.folder}/ipsec.d",
                           "--secretsfile", f"{self.folder}/ipsec.secrets", "--no-dnssec"],
                          f"{self.folder}/run/pluto.ctl", dict(os.environ, IPSEC_EXECDIR=self.PROGRAMS))
        self.control("--listen")
        answer = self.bench.run(self.command(f"{self.PROGRAMS}/addconn") + ["--config", f"{self.folder}/ipsec.conf", "--ctlsocket",
                                f"{self.folder}/run/pluto.ctl", "gw"], self.role, check=False)
        if '"gw"' not in self.control("--status"):
            raise LabError(f"{self.role}: addconn: {answer[-600:]}")

    def control(self, *arguments, timeout=30):
        return self.bench.run(self.command(f"{self.PROGRAMS}/whack") + ["--ctlsocket", f"{self.folder}/run/pluto.ctl", *arguments],
                              self.role, check=False, timeout=timeout)

    def initiate(self, child="net", timeout=25):
        return self.control("--name", "gw", "--initiate", timeout=timeout)

    def rekey(self, what="child", name=None, *more):
        return self.control(f"--rekey-{what}", "--name", "gw")

    def terminate(self, what="ike", name=None, *more):
        return self.control("--name", "gw", "--terminate")


def peer(bench, role, settings):
    kind = Pluto if settings.get("daemon", "").startswith("libreswan") else Charon
    return kind(bench, role, settings)


def drop_empty(table):
    """A setting of "" in a scenario removes the default."""
    return {k: drop_empty(v) if isinstance(v, dict) else v for k, v in table.items() if v != ""}


def render(tables, depth=0):
    """Nested tables in the syntax of strongswan.conf and swanctl.conf, one setting a line."""
    pad, lines = "  " * depth, []
    for key, value in tables.items():
        if isinstance(value, dict):
            lines.append(f"{pad}{key} {{\n{render(value, depth + 1)}{pad}}}\n")
        else:
            quoted = f'"{value}"' if key in ("secret", "id", "eap_id", "xauth_id") and not str(value).startswith(("0x", "%")) else value
            lines.append(f"{pad}{key} = {quoted}\n")
    return "".join(lines)
