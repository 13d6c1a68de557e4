#!/usr/bin/env bash
# Installs what weft needs on Debian 12 and checks the Swift toolchain.
# Safe to run again: where everything is there it changes nothing and asks the network nothing.
set -euo pipefail

packages=(
    ca-certificates git pkg-config
    libc6-dev libstdc++-12-dev binutils
    libzmq3-dev libsodium-dev
    libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libavfilter-dev libswresample-dev
    libopenblas-dev
    libprotobuf-c-dev protobuf-c-compiler
    libsqlite3-dev
)
headers=(
    zmq.h sodium.h libavcodec/avcodec.h libavformat/avformat.h libavutil/avutil.h
    libswscale/swscale.h libavfilter/avfilter.h libswresample/swresample.h cblas.h
    protobuf-c/protobuf-c.h sqlite3.h
)
swift_minimum=6.3

die() {
    printf 'install-dependencies: %s\n' "$*" >&2
    exit 1
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        die "this is not a Debian system; install the equivalents of: ${packages[*]}"
    local missing=() package
    for package in "${packages[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "run this as root (no sudo here); missing packages: ${missing[*]}"
        as_root=(sudo)
    fi
    printf 'Installing %s\n' "${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

check_swift() {
    command -v swift >/dev/null ||
        die "no swift on PATH; install Swift $swift_minimum or later for Debian 12 from" \
            "https://www.swift.org/install/linux and put its usr/bin on PATH"
    local found
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' |
        head -n 1)
    [ -n "$found" ] || die "'swift --version' names no version; is the toolchain complete?"
    [ "$(printf '%s\n%s\n' "$swift_minimum" "$found" | sort -V | head -n 1)" = "$swift_minimum" ] ||
        die "found Swift $found, need $swift_minimum or later: https://www.swift.org/install/linux"
}

# The compiler that will build the C targets has to find every header, so it is asked directly.
check_headers() {
    local clang
    clang="$(dirname "$(readlink -f "$(command -v swift)")")/clang"
    [ -x "$clang" ] || clang=$(command -v clang) || die "the Swift toolchain has no clang beside it"
    local complaint
    complaint=$(printf '#include <%s>\n' "${headers[@]}" |
        "$clang" -x c -fsyntax-only - 2>&1) ||
        die "$clang cannot read the installed headers:"$'\n'"$complaint"
}

install_packages
check_swift
check_headers
