#!/bin/sh
# Makes demo.sigmf, the recording that the program carries with it:
#
#     recordings/make.sh [FOLDER]
#
# writes it into FOLDER, by default beside this script. The same program makes the same bytes. GROUNDLINK names the
# program; without it cargo builds and runs it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$here"

# 88 frames of the built-in profile "demo" over 9.6 s at 50 kS/s, ci8, with some noise before and after. The carrier
# falls from +600 Hz to 0 Hz, the transmitter's clock is 12 ppm fast.
simulate() {
    ${GROUNDLINK:-cargo run --quiet --release --} simulate --profile demo --rate 50000 --format ci8 --frames 88 \
        --freq-offset 600 --doppler-rate=-62 --clock-ppm 12 --phase 30 --lead 0.25 --seed 42 \
        --start 2026-03-01T12:00:00Z "$@"
}
simulate --ebn0 6 --out "$work/demo.sigmf-meta"
# The same deep below the noise: what an antenna hears that has lost the spacecraft.
simulate --ebn0 -40 --out "$work/fade.sigmf-meta"

# A fade of 0.24 s, samples of two bytes: the frames within are lost.
start=210000 count=12000
dd if="$work/fade.sigmf-data" of="$work/demo.sigmf-data" bs=2 skip=$start seek=$start count=$count conv=notrunc status=none
fade="{ \"core:sample_start\": $start, \"core:sample_count\": $count, \"core:label\": \"fade\" }"
sed -i "s|\"annotations\": \[\]|\"annotations\": [ $fade ]|" "$work/demo.sigmf-meta"

# Metadata first, so that the archive can be read from a pipe.
tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --mtime='2026-03-01 12:00:00Z' \
    -C "$work" -cf "$out/demo.sigmf" demo.sigmf-meta demo.sigmf-data
