"""A bench: the network namespaces, links and processes of one scenario, and their removal.

Everything that a bench makes is registered before use, so that `close` can remove it at any moment, also from a
signal handler while another thread is still working. Names carry the process id of the runner; `sweep` removes what a
runner left that was killed outright.
"""

import glob
import itertools
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

PREFIX = "ikl"
INNER = {"initiator": ("10.1.0.1", "fd10:1::1"), "responder": ("10.2.0.1", "fd10:2::1")}
OUTER = {"initiator": "10.9.0.1", "responder": "10.9.0.2"}
CAPTURE_FILTER = "udp or tcp port 4500 or esp or ah or ip proto 108 or icmp or icmp6 or (ip[6:2] & 0x1fff != 0)"

_numbers = itertools.count(1)
_open = set()
_ending = False
_lock = threading.Lock()


class LabError(Exception):
    """The lab could not do what a scenario asks; the message says what."""


class Bench:
    """Namespaces `initiator`, `responder` and, depending on the topology, `middle`, with what runs inside."""

    def __init__(self):
        self.tag = f"{PREFIX}-{os.getpid()}-{next(_numbers)}"
        self.closed = False
        self.processes = []
        self.namespaces = {}
        self.captures = {}
        with _lock:
            if _ending:
                raise LabError("interrupted")
            self.folder = os.path.join(tempfile.gettempdir(), f"{self.tag}-{secrets.token_hex(4)}")
            _open.add(self)
            os.mkdir(self.folder, 0o700)

    # Commands and processes

    def spawn(self, command, role=None, **options):
        """Starts a command, in the namespace of `role` where one is given. It is killed when the bench closes."""
        if role:
            command = ["ip", "netns", "exec", self.namespaces[role], *command]
        # The kernel kills the child when the runner dies without cleaning up.
        command = ["setpriv", "--pdeathsig", "KILL", *command]
        options.setdefault("stdin", subprocess.DEVNULL)
        with _lock:
            if self.closed:
                raise LabError("interrupted")
            process = subprocess.Popen(command, start_new_session=True, **options)
            self.processes.append(process)
        return process

    def run(self, command, role=None, check=True, timeout=60, env=None, stderr=subprocess.STDOUT):
        """Runs a command to its end and returns what it printed; `LabError` when it fails and `check` is set."""
        if isinstance(command, str):
            command = command.split()
        process = self.spawn(command, role, stdout=subprocess.PIPE, stderr=stderr, env=env)
        try:
            output = process.communicate(timeout=timeout)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            process.kill()
            output = process.communicate()[0].decode(errors="replace") + "\n(stopped: no end in time)"
        self.processes.remove(process)
        if (check and process.returncode) or output.startswith("exec of "):
            raise LabError(f"{' '.join(command)}: exit {process.returncode}: {output.strip()[-400:]}")
        return output

    # Topologies

    def namespace(self, role):
        name = f"{self.tag}-{role[0]}"
        with _lock:
            if self.closed:
                raise LabError("interrupted")
            self.namespaces[role] = name
            made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
        if made.returncode:
            raise LabError(f"ip netns add: {made.stderr.strip()}")
        self.run(f"ip -n {name} link set lo up")
        for setting in ("ipv4.conf.all.rp_filter=0", "ipv4.conf.default.rp_filter=0", "ipv6.conf.all.accept_dad=0",
                        "ipv6.conf.default.accept_dad=0", "ipv6.conf.default.addr_gen_mode=1"):
            self.run(f"sysctl -qw net.{setting}", role, check=False)
        return name

    def link(self, ends):
        """A cable: `ends` are two of (role, device name, [addresses])."""
        short = f"{os.getpid() % 100000}{next(_numbers)}"
        (one, _, _), (two, _, _) = ends
        self.run(f"ip link add a{short} netns {self.namespaces[one]} type veth peer name b{short} netns {self.namespaces[two]}")
        for (role, device, addresses), name in zip(ends, (f"a{short}", f"b{short}")):
            ip = f"ip -n {self.namespaces[role]}"
            self.run(f"{ip} link set {name} name {device}")
            # Without this the capture shows checksums that the network card was to fill in.
            self.run(f"ethtool -K {device} tx off gso off tso off gro off", role, check=False)
            if not any(":" in a for a in addresses):
                self.run(f"sysctl -qw net.ipv6.conf.{device}.disable_ipv6=1", role, check=False)
            for address in addresses:
                self.run(f"{ip} addr add {address} dev {device}" + (" nodad" if ":" in address else ""))
            self.run(f"{ip} link set {device} up")

    def build(self, topology, ipv6=False):
        """`direct`: one cable. `bridge`: a bridge between that loses, delays, reorders. `router`: a router between.
        `nat`: the initiator behind a router that translates its addresses and ports."""
        for role in ("initiator", "responder"):
            self.namespace(role)
            for address in INNER[role][: 2 if ipv6 else 1]:
                self.run(f"ip -n {self.namespaces[role]} addr add {address} dev lo")
        outer = {r: [f"{a}/24"] + ([f"fd09::{a[-1]}/64"] if ipv6 else []) for r, a in OUTER.items()}
        if topology == "direct":
            self.link((("initiator", "eth0", outer["initiator"]), ("responder", "eth0", outer["responder"])))
        else:
            self.namespace("middle")
        if topology == "bridge":
            self.link((("initiator", "eth0", outer["initiator"]), ("middle", "left", [])))
            self.link((("responder", "eth0", outer["responder"]), ("middle", "right", [])))
            self.impair("")
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bridge.py")
            self.spawn([sys.executable, script, "left", "right", f"{self.folder}/impair"], "middle")
        elif topology in ("router", "nat"):
            inside = ("192.168.50.2/24", "192.168.50.1/24") if topology == "nat" else ("10.8.0.1/24", "10.8.0.254/24")
            self.link((("initiator", "eth0", [inside[0]]), ("middle", "in0", [inside[1]])))
            self.link((("responder", "eth0", ["10.9.0.2/24"]), ("middle", "out0", ["10.9.0.254/24"])))
            self.run("sysctl -qw net.ipv4.ip_forward=1", "middle")
            self.run(f"ip -n {self.namespaces['initiator']} route add default via {inside[1][:-3]}")
            if topology == "router":
                self.run(f"ip -n {self.namespaces['responder']} route add 10.8.0.0/24 via 10.9.0.254")
            else:
                self.nft("middle", "add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }; "
                         "add rule ip nat post oifname out0 meta l4proto udp masquerade to :20000-30000; "
                         "add rule ip nat post oifname out0 masquerade")
        elif topology != "direct":
            raise LabError(f"no topology is called {topology}: direct, bridge, router, nat")

    # Faults on the path

    def nft(self, role, rules):
        self.run(["nft", rules], role)

    def fault(self, role, rule):
        """Puts an nftables rule in front of a peer (`input`) or on the way through the router (`middle`)."""
        hook = "forward" if role == "middle" else "prerouting"
        self.nft(role, f"add table inet fault; add chain inet fault {hook} {{ type filter hook {hook} priority -450; }}; "
                 f"add rule inet fault {hook} {rule}")

    def heal(self, role):
        self.run(["nft", "delete table inet fault"], role, check=False)

    def impair(self, words):
        with open(f"{self.folder}/impair", "w") as file:
            file.write(words)

    # Captures

    def capture(self, role, expression):
        """Starts tcpdump on the peer's interface; `stop_captures` ends it."""
        path = f"{self.folder}/{role}.pcap"
        process = self.spawn(["tcpdump", "-n", "-i", "eth0", "-s", "0", "-U", "-B", "16384", "--immediate-mode", "-Z", "root",
                              "--time-stamp-precision", "nano", "-w", path, *([expression] if expression else [])],
                             role, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        told = []
        for line in process.stderr:
            if b"listening on" in line:
                break
            told.append(line.decode(errors="replace").strip())
        else:
            raise LabError(f"tcpdump does not start: {' '.join(told)}")
        self.captures[role] = (process, path)

    def stop_captures(self):
        for process, _ in self.captures.values():
            process.send_signal(signal.SIGTERM)
            process.wait(5)

    def replace(self, target, folder):
        """Puts a complete result in the place of the one before, as its owner; an interruption comes before or after."""
        parent = os.path.dirname(target)
        with _lock:
            if self.closed:
                raise LabError("interrupted")
            os.makedirs(parent, exist_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(folder, target)
            owner = os.stat(parent)
            for path in (target, *glob.iglob(f"{glob.escape(target)}/**", recursive=True)):
                os.chown(path, owner.st_uid, owner.st_gid)

    def close(self):
        """Kills what still runs and removes namespaces and files. May be called twice, from any thread."""
        with _lock:
            self.closed = True
            processes, self.processes = self.processes, []
        for process in processes:
            if process.poll() is None:
                process.kill()
        for process in processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                print(f"process {process.pid} does not end", file=sys.stderr)
        for name in self.namespaces.values():
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
        _open.discard(self)


def why_not():
    """The reason why no bench can be built here, or None: the rights that root has in a container are told by trying."""
    bench = Bench()
    try:
        bench.build("nat")
        bench.run("ip tuntap add dev tun0 mode tun", "responder")
        bench.capture("responder", None)
    except LabError as error:
        return f"no rights or no kernel support for network namespaces: {error}"
    finally:
        bench.close()


def catch_signals():
    """From now on SIGINT, SIGTERM and SIGHUP raise `KeyboardInterrupt`, once: a second one does not disturb the removal."""
    def interrupt(*_):
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        signal.signal(number, interrupt)


def close_all():
    for bench in list(_open):
        bench.close()


def interrupted():
    """Removes everything and ends the runner; its threads would only report that their processes are gone."""
    global _ending
    with _lock:
        _ending = True
    close_all()
    print("lab: interrupted; everything is removed", file=sys.stderr, flush=True)
    os._exit(130)


def sweep():
    """Removes namespaces and folders of runners that no longer live."""
    for folder, remove in (("/run/netns", lambda p: subprocess.run(["ip", "netns", "del", os.path.basename(p)], check=False)),
                           (tempfile.gettempdir(), lambda p: shutil.rmtree(p, ignore_errors=True))):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            match = re.match(rf"{PREFIX}-(\d+)-\d+-", name)
            if match and not os.path.exists(f"/proc/{match[1]}"):
                remove(os.path.join(folder, name))
