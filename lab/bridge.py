"""A bridge between two interfaces that loses, repeats, delays and reorders IPsec packets.

Usage: bridge.py LEFT RIGHT FILE. The file holds words key=value and is read again when it changes: `loss`, `duplicate`
and `reorder` are probabilities, `delay` and `gap` (of reordered packets) milliseconds, `seed` starts the dice anew.
Written because small kernels come without netem.
"""

import heapq
import itertools
import os
import random
import select
import socket
import sys
import time

ETH_P_ALL = 3
IPV4 = b"\x08\x00"
IMPAIRED = (17, 50, 51)  # UDP, ESP, AH


def main(left, right, path):
    ports = []
    for device in (left, right):
        port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        port.bind((device, 0))
        port.setblocking(False)
        ports.append(port)
    other = dict(zip(ports, reversed(ports)))
    waiting, order, words, changed = [], itertools.count(), {}, None
    while True:
        pause = max(0, waiting[0][0] - time.monotonic()) if waiting else 0.2
        readable, _, _ = select.select(ports, [], [], min(pause, 0.2))
        if os.stat(path).st_mtime_ns != changed:
            changed = os.stat(path).st_mtime_ns
            with open(path) as file:
                words = {k: float(v) for k, v in (word.split("=") for word in file.read().split())}
            random.seed(words.get("seed", 1))
        for port in readable:
            while True:
                try:
                    frame, source = port.recvfrom(65535)
                except BlockingIOError:
                    break
                if source[2] == socket.PACKET_OUTGOING:
                    continue
                due, copies = time.monotonic(), 1
                if frame[12:14] == IPV4 and frame[23] in IMPAIRED:
                    if random.random() < words.get("loss", 0):
                        continue
                    due += words.get("delay", 0) / 1000
                    if random.random() < words.get("reorder", 0):
                        due += words.get("gap", 40) / 1000
                    copies += random.random() < words.get("duplicate", 0)
                for _ in range(copies):
                    heapq.heappush(waiting, (due, next(order), other[port], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, port, frame = heapq.heappop(waiting)
            port.send(frame)


main(*sys.argv[1:])
