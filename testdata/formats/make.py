#!/usr/bin/env python3
"""Writes one file for each way in which the same packets can be stored: testdata/formats/make.py

The packets are those of the capture of real peers that SOURCE names. tests/formats.rs reads every file and expects the
same messages in each; tests/compare_tshark.py holds them against tshark.
"""

import gzip
import struct
import subprocess
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "plaintext" / "ikev2-cookie" / "capture.pcap"

ETHERNET, NULL, PPP, RAW, LOOP, ENC, SLL, IPV4, SLL2, PPP_HDLC = 1, 0, 9, 101, 108, 109, 113, 228, 276, 50


def main():
    frames = read_pcap(SOURCE.read_bytes())
    packets = [frame[14:] for _, _, frame in frames]
    times = [(seconds, micros) for seconds, micros, _ in frames]
    ethernet = [frame for _, _, frame in frames]

    def linked(header):
        return [header(packet) for packet in packets]

    def link_file(name, link, frames):
        write(name, pcap(times, frames, link=link))

    mac = ethernet[0][:12]
    vlan = lambda tags: b"".join(struct.pack(">HH", tpid, vid) for tpid, vid in tags) + b"\x08\x00"
    link_file("vlan-four-tags.pcap", ETHERNET, linked(lambda p: mac + vlan([(0x88A8, 1), (0x8100, 2), (0x8100, 3), (0x8100, 4)]) + p))
    link_file("pppoe.pcap", ETHERNET, linked(lambda p: mac + b"\x88\x64" + struct.pack(">BBHHH", 0x11, 0, 7, len(p) + 2, 0x21) + p))
    link_file("mpls-two-labels.pcap", ETHERNET, linked(lambda p: mac + b"\x88\x47" + struct.pack(">II", 100 << 12 | 64, 200 << 12 | 1 << 8 | 64) + p))
    link_file("linux-sll.pcap", SLL, linked(lambda p: struct.pack(">HHH8sH", 0, 1, 6, mac[:6] + b"\0\0", 0x0800) + p))
    link_file("linux-sll2.pcap", SLL2, linked(lambda p: struct.pack(">HHIHBB8s", 0x0800, 0, 3, 1, 0, 6, mac[:6] + b"\0\0") + p))
    link_file("bsd-null-little.pcap", NULL, linked(lambda p: struct.pack("<I", 2) + p))
    link_file("bsd-null-big.pcap", NULL, linked(lambda p: struct.pack(">I", 2) + p))
    link_file("openbsd-loop.pcap", LOOP, linked(lambda p: struct.pack(">I", 2) + p))
    link_file("openbsd-enc.pcap", ENC, linked(lambda p: struct.pack("<III", 2, 0, 0) + p))
    link_file("raw.pcap", RAW, packets)
    link_file("raw-ipv4.pcap", IPV4, packets)
    link_file("ppp.pcap", PPP, linked(lambda p: b"\xff\x03\x00\x21" + p))
    link_file("ppp-hdlc.pcap", PPP_HDLC, linked(lambda p: b"\xff\x03\x00\x21" + p))

    write("pcap-big-endian.pcap", pcap(times, ethernet, order=">"))
    write("pcap-nanoseconds.pcap", pcap(times, ethernet, magic=0xA1B23C4D, unit=1000))
    write("pcap-modified.pcap", pcap(times, ethernet, magic=0xA1B2CD34, extra=bytes(8)))
    checked = [frame + struct.pack("<I", zlib.crc32(frame)) for frame in ethernet]
    write("pcap-frame-check-sequence.pcap", pcap(times, checked, link=ETHERNET | 1 << 26 | 2 << 28))

    write("pcapng-resolution-of-two.pcapng", section("<") + interface("<", ETHERNET, resolution=0x80 | 20) + b"".join(
        enhanced("<", 0, (seconds << 20) + -(-(micros << 20) // 1_000_000), frame) for seconds, micros, frame in frames))
    write("pcapng-time-offset.pcapng", section("<") + interface("<", ETHERNET, offset=1_000_000_000) + b"".join(
        enhanced("<", 0, (seconds - 1_000_000_000) * 1_000_000 + micros, frame) for seconds, micros, frame in frames))
    write("pcapng-mixed-links.pcapng", section("<") + interface("<", ETHERNET, snap=65535) + interface("<", RAW, snap=262144)
        + interface("<", NULL) + b"".join(
            enhanced("<", number % 3, seconds * 1_000_000 + micros, [frame, frame[14:], struct.pack("<I", 2) + frame[14:]][number % 3])
            for number, (seconds, micros, frame) in enumerate(frames)))
    half = len(frames) // 2
    write("pcapng-two-orders.pcapng", b"".join(
        section(order) + block(order, 4, bytes(4)) + interface(order, ETHERNET) + b"".join(
            enhanced(order, 0, seconds * 1_000_000 + micros, frame) for seconds, micros, frame in part)
        for order, part in (("<", frames[:half]), (">", frames[half:]))))
    write("pcapng-simple-packets.pcapng", section(">") + interface(">", ETHERNET) + b"".join(
        block(">", 3, struct.pack(">I", len(frame)) + padded(frame)) for frame in ethernet))
    write("pcapng-obsolete-packets.pcapng", section("<") + interface("<", ETHERNET) + b"".join(
        block("<", 2, struct.pack("<HHIIII", 0, 0, *divmod(seconds * 1_000_000 + micros, 1 << 32), len(frame), len(frame)) + padded(frame))
        for seconds, micros, frame in frames))

    write("total-length-zero.pcap", pcap(times, [frame[:16] + b"\0\0" + frame[18:24] + b"\0\0" + frame[26:] for frame in ethernet]))

    whole = SOURCE.read_bytes()
    write("gzip-two-members.pcap.gz", b"".join(gzip.compress(part, 9, mtime=0) for part in (whole[:1000], whole[1000:])))
    write("zstd-two-frames.pcap.zst", b"".join(
        subprocess.run(["zstd", "-c", "-q"], input=part, stdout=subprocess.PIPE, check=True).stdout for part in (whole[:1000], whole[1000:])))


def write(name, octets):
    (HERE / name).write_bytes(octets)


def read_pcap(octets):
    frames, at = [], 24
    while at < len(octets):
        seconds, micros, captured, _ = struct.unpack_from("<IIII", octets, at)
        frames.append((seconds, micros, octets[at + 16 : at + 16 + captured]))
        at += 16 + captured
    return frames


def pcap(times, frames, link=ETHERNET, order="<", magic=0xA1B2C3D4, unit=1, extra=b""):
    header = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    return header + b"".join(
        struct.pack(order + "IIII", seconds, micros * unit, len(frame), len(frame)) + extra + frame
        for (seconds, micros), frame in zip(times, frames, strict=True))


def padded(octets):
    return octets + bytes(-len(octets) % 4)


def block(order, kind, body):
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link, snap=0, resolution=None, offset=None):
    options = b""
    if resolution is not None:
        options += struct.pack(order + "HHB3x", 9, 1, resolution)
    if offset is not None:
        options += struct.pack(order + "HHq", 14, 8, offset)
    if options:
        options += struct.pack(order + "HH", 0, 0)
    return block(order, 1, struct.pack(order + "HHI", link, 0, snap) + options)


def enhanced(order, interface, time, frame):
    high, low = divmod(time, 1 << 32)
    return block(order, 6, struct.pack(order + "IIIII", interface, high, low, len(frame), len(frame)) + padded(frame))


main()
