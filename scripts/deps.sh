#!/bin/sh
# Checks what a build needs: Rust, a C compiler (it links the program), libpcap (live capture).
# On Debian and Ubuntu what is missing is installed, and said; elsewhere the package is named.
#
#   scripts/deps.sh          what `make demo` and `make test` need
#   scripts/deps.sh checks   also what `make check` needs: tshark, tcpdump, a C++ compiler, cargo-deny
#   scripts/deps.sh lab      only what starts the lab, which installs the peers by itself: Python
set -eu

# cargo-deny is a tool here, not a product: the quick build is the right one.
CARGO_DENY_BUILD='env CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16'

main() {
    if [ "${1:-}" = lab ]; then
        need_python 'needed to run the lab'
        return
    fi
    need_rust
    can_compile cc c || install 'gcc libc6-dev' 'a C compiler' 'needed to link the program' 'gcc'
    can_compile cc c || fail "cc does not link a C program: install a C compiler and the C library's headers"
    if ! can_compile cc c -lpcap; then
        install 'libpcap-dev' 'libpcap-dev' 'needed to build live capture' "$(libpcap_package)"
        can_compile cc c -lpcap || fail "libpcap is installed, and cc does not link with it; without live capture: cargo build --release --no-default-features"
    fi
    [ "${1:-}" != checks ] || need_check_tools
}

need_rust() {
    wanted=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' Cargo.toml | head -n 1)
    command -v cargo >/dev/null 2>&1 && command -v rustc >/dev/null 2>&1 ||
        fail "ikescope needs Rust $wanted or newer, and there is no cargo in PATH: see https://rustup.rs"
    found=$(rustc --version | cut -d ' ' -f 2)
    older "${found%%-*}" "$wanted" || return 0
    fail "ikescope needs Rust $wanted or newer; this is $found: run \`rustup update\`, or see https://rustup.rs"
}

# Is version $1 older than version $2? Two numbers decide; a missing one is 0.
older() {
    [ "$(version_number "$1")" -lt "$(version_number "$2")" ]
}

version_number() {
    echo "$1" | { IFS=. read -r major minor _ || :; echo $((${major:-0} * 100000 + ${minor:-0})); }
}

# can_compile COMPILER LANGUAGE [LINK OPTIONS]: does an empty program compile and link?
can_compile() {
    compiler=$1 language=$2
    shift 2
    command -v "$compiler" >/dev/null 2>&1 || return 1
    scratch=$(mktemp -d)
    result=0
    echo 'int main(void) { return 0; }' | "$compiler" -x "$language" - -o "$scratch/a.out" "$@" 2>/dev/null || result=1
    rm -rf "$scratch"
    return $result
}

need_check_tools() {
    can_compile c++ c++ || install 'g++' 'g++' 'needed to build the fuzz targets' 'gcc-c++'
    command -v tshark >/dev/null 2>&1 || install 'tshark' 'tshark' 'needed to compare with another dissector' 'wireshark-cli'
    command -v tcpdump >/dev/null 2>&1 || install 'tcpdump' 'tcpdump' 'needed to compare speed' 'tcpdump'
    need_python 'needed to compare with another dissector'
    if ! command -v cargo-deny >/dev/null 2>&1; then
        echo "installing cargo-deny (checks licences and sources of dependencies)"
        $CARGO_DENY_BUILD cargo install --quiet --locked cargo-deny
    fi
}

need_python() {
    command -v python3 >/dev/null 2>&1 || install 'python3' 'python3' "$1" 'python3'
}

# install APT-PACKAGES NAME REASON PACKAGE-ELSEWHERE
install() {
    if ! command -v apt-get >/dev/null 2>&1; then
        fail "$2 is missing ($3): install $4"
    fi
    if [ "$(id -u)" -eq 0 ]; then
        root=
    elif command -v sudo >/dev/null 2>&1; then
        root=sudo
    else
        fail "$2 is missing ($3): run as root: apt-get install --yes $1"
    fi
    echo "installing $1 ($3)"
    ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || apt update || :
    # Lists that are older than the archive name packages that are gone: read them again, once.
    apt_install "$1" || { apt update && apt_install "$1"; } ||
        fail "$2 could not be installed ($3): run as root: apt-get update && apt-get install --yes $1"
}

apt() {
    $root env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" </dev/null
}

apt_install() {
    # shellcheck disable=SC2086 # several packages, one a word
    apt install --yes --no-install-recommends $1 >/dev/null
}

libpcap_package() {
    case $(uname -s) in
        Darwin) echo "the command line tools, which hold it: xcode-select --install" ;;
        *)
            if command -v dnf >/dev/null 2>&1 || command -v zypper >/dev/null 2>&1; then
                echo libpcap-devel
            elif command -v apk >/dev/null 2>&1; then
                echo libpcap-dev
            else
                echo libpcap
            fi
            ;;
    esac
}

fail() {
    echo "$1" >&2
    exit 1
}

main "$@"
