"""What the lab needs from Debian: packages of this system, and newer or conflicting peers unpacked beside it."""

import os
import shutil
import subprocess

from bench import LabError

# Program that shows that a package is there -> package.
SYSTEM = {
    "/usr/sbin/charon-systemd": "charon-systemd",
    "/usr/sbin/swanctl": "strongswan-swanctl",
    "/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so": "libcharon-extra-plugins",
    "/usr/lib/ipsec/plugins/libstrongswan-xauth-generic.so": "libcharon-extauth-plugins",
    "/usr/lib/ipsec/plugins/libstrongswan-gcrypt.so": "libstrongswan-standard-plugins",
    "/usr/lib/ipsec/plugins/libstrongswan-chapoly.so": "libstrongswan-extra-plugins",
    "tshark": "tshark",
    "tcpdump": "tcpdump",
    "ip": "iproute2",
    "nft": "nftables",
    "ethtool": "ethtool",
    "ping": "iputils-ping",
    "sysctl": "procps",
    "setpriv": "util-linux",
}
CACHE = os.environ.get("IKESCOPE_LAB_CACHE", "/var/cache/ikescope-lab")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
STRONGSWAN = ["strongswan-swanctl", "charon-systemd", "libcharon-extra-plugins", "libcharon-extauth-plugins",
              "libstrongswan-extra-plugins", "libstrongswan-standard-plugins"]
# Peers that conflict with the installed packages or come from a later suite: name -> (suite, packages).
FOREIGN = {
    "strongswan6": ("forky", STRONGSWAN),
    # The last that Debian builds with IKEv1.
    "strongswan60": ("trixie", STRONGSWAN),
    "libreswan": ("bookworm", ["libreswan"]),
    "libreswan5": ("trixie", ["libreswan"]),
}


def system():
    """Installs the missing packages, saying which. `LabError` without root, as nothing of the lab goes without."""
    if os.geteuid():
        raise LabError("network namespaces need root")
    def missing():
        return sorted({p for f, p in SYSTEM.items() if not (os.path.exists(f) if f[0] == "/" else shutil.which(f))})
    packages = missing()
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise LabError(f"no apt-get here; install by hand: {' '.join(packages)}")
    print("lab: installing " + " ".join(packages), flush=True)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["apt-get", "update", "-qq"],
                    ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"{' '.join(command)}: {done.stderr.strip()[-600:]}")
    if "charon-systemd" in packages and os.path.isdir("/run/systemd/system"):
        print("lab: stopping and disabling strongswan.service, which the installation started", flush=True)
        subprocess.run(["systemctl", "disable", "--now", "strongswan.service"], capture_output=True, check=False)
    if missing():
        raise LabError(f"still missing after the installation: {' '.join(missing())}")


def foreign(name):
    """The root folder of a peer unpacked beside the system, with every library it needs; downloads it once."""
    suite, packages = FOREIGN[name]
    base = f"{CACHE}/{name}"
    root = f"{base}/root"
    if os.path.exists(f"{base}/complete"):
        return root
    print(f"lab: unpacking {' '.join(packages)} of Debian {suite} into {root}", flush=True)
    for folder in ("lists/partial", "archives/partial"):
        os.makedirs(f"{base}/apt/{folder}", exist_ok=True)
    open(f"{base}/apt/status", "w").close()
    with open(f"{base}/apt/sources.list", "w") as file:
        file.write(f"deb [signed-by={KEYRING}] http://deb.debian.org/debian {suite} main\n")
    settings = {"Dir::Etc::SourceList": f"{base}/apt/sources.list", "Dir::Etc::SourceParts": "/nonexistent",
                "Dir::State::lists": f"{base}/apt/lists", "Dir::State::status": f"{base}/apt/status",
                "Dir::Cache": f"{base}/apt", "Dir::Cache::archives": f"{base}/apt/archives",
                "APT::Install-Recommends": "false", "APT::Sandbox::User": "root"}
    apt = ["apt-get", "-qq", *(word for key, value in settings.items() for word in ("-o", f"{key}={value}"))]
    for command in ([*apt, "update"], [*apt, "install", "-y", "--download-only", *packages]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"apt-get for {name}: {done.stderr.strip()[-600:]}")
    for folder in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "dev", "proc", "tmp", "run"):
        os.makedirs(f"{root}/{folder}", exist_ok=True)
    for folder in ("bin", "sbin", "lib", "lib64"):
        if not os.path.islink(f"{root}/{folder}"):
            os.symlink(f"usr/{folder}", f"{root}/{folder}")
    for package in sorted(os.listdir(f"{base}/apt/archives")):
        if package.endswith(".deb"):
            subprocess.run(f"dpkg-deb --fsys-tarfile '{base}/apt/archives/{package}' | tar -x --keep-directory-symlink -C '{root}'",
                           shell=True, check=True)
    os.makedirs(f"{root}/etc", exist_ok=True)
    for name in ("hosts", "resolv.conf"):  # pluto's addconn reads them, though nothing is to be looked up
        open(f"{root}/etc/{name}", "a").close()
    open(f"{base}/complete", "w").close()
    return root


def version(name):
    """What Debian calls the peer's version."""
    if name == "strongswan":
        shown = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "charon-systemd"], capture_output=True, text=True, check=False)
        return f"strongSwan {shown.stdout.strip()} (Debian)"
    suite, packages = FOREIGN[name]
    archives = f"{CACHE}/{name}/apt/archives"
    wanted = "libreswan" if "libreswan" in packages else "charon-systemd"
    found = next((f for f in os.listdir(archives) if f.startswith(wanted + "_")), wanted + "_unknown_")
    product = "libreswan" if wanted == "libreswan" else "strongSwan"
    return f"{product} {found.split('_')[1].replace('%3a', ':')} (Debian {suite})"
