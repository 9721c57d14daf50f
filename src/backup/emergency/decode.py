#!/usr/bin/env python3
"""Turns a chunk of the codec "planes", already through `zstd -dc`, back into a stream of binary COPY.

    zstd -dc CHUNK.planes.zst | python3 decode.py | psql -c 'copy TABLE (COLUMNS) from stdin (format binary)'

Needs nothing but Python 3. The layout: "VPLANES1", then blocks of rows: u32 rows (0 ends), u16 columns, and for each
column u8 kind, the fields' lengths as four planes of bytes, then the fields. Kind 0 has them one after the other; kinds
2 and 4 (halfvec, vector) have the four bytes before each one's elements, then all elements as so many planes.
"""
import struct
import sys


def together(planes, width):
    rows = len(planes) // width
    joined = bytearray(len(planes))
    for place in range(width):
        joined[place::width] = planes[place * rows : (place + 1) * rows]
    return bytes(joined)


def exactly(source, length):
    data = source.read(length)
    if len(data) != length:
        sys.exit("the chunk is cut off")
    return data


def column(source, rows):
    kind = exactly(source, 1)[0]
    lengths = struct.unpack(f">{rows}i", together(exactly(source, rows * 4), 4))
    there = [length for length in lengths if length >= 0]
    if kind == 0:
        fields = exactly(source, sum(there))
        heads = None
    elif kind in (2, 4):
        heads = exactly(source, 4 * len(there))
        fields = together(exactly(source, sum(there) - len(heads)), kind)
    else:
        sys.exit(f"a column of kind {kind} is not known here")
    at = number = 0
    for length in lengths:
        head = struct.pack(">i", length)
        if length < 0:
            yield head
        elif heads is None:
            yield head + fields[at : at + length]
            at += length
        else:
            yield head + heads[4 * number : 4 * number + 4] + fields[at : at + length - 4]
            at += length - 4
            number += 1


def main():
    source, out = sys.stdin.buffer, sys.stdout.buffer
    if exactly(source, 8) != b"VPLANES1":
        sys.exit("this is no chunk of planes")
    out.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
    while True:
        (rows,) = struct.unpack(">I", exactly(source, 4))
        if rows == 0:
            break
        count = exactly(source, 2)
        columns = [list(column(source, rows)) for _ in range(struct.unpack(">H", count)[0])]
        for row in zip(*columns) if columns else [()] * rows:
            out.write(count + b"".join(row))
    out.write(b"\xff\xff")


main()
