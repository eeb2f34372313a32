#!/bin/sh
# Builds the Debian package from a built program: deploy/debian/build.sh target/release/tongma OUTPUT_FOLDER
set -eu
program="$1"
output="$2"
here="$(cd "$(dirname "$0")/.." && pwd)"
tree="$(mktemp --directory)"
trap 'rm --recursive --force "$tree"' EXIT
put() { install -D --mode="$3" "$1" "$tree/$2"; }
put "$program" usr/bin/tongma 0755
strip --strip-debug "$tree/usr/bin/tongma" 2>/dev/null || true
put "$here/systemd/tongma.service" usr/lib/systemd/system/tongma.service 0644
put "$here/systemd/tongma.env" etc/tongma/tongma.env 0640
put "$here/debian/sysusers.conf" usr/lib/sysusers.d/tongma.conf 0644
put "$here/citus/distribute.sql" usr/share/tongma/citus/distribute.sql 0644
put "$here/patroni/member.yaml" usr/share/tongma/patroni/member.yaml 0644
put "$here/../docs/deploy.md" usr/share/doc/tongma/deploy.md 0644
put "$here/../LICENSE" usr/share/doc/tongma/copyright 0644
put "$here/debian/conffiles" DEBIAN/conffiles 0644
for script in postinst prerm postrm; do put "$here/debian/$script" "DEBIAN/$script" 0755; done
version="$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' "$here/../Cargo.toml")"
architecture="$(dpkg --print-architecture)"
# What it was linked with is what it needs at least.
libc="$(getconf GNU_LIBC_VERSION | cut --delimiter=' ' --fields=2)"
size="$(du --summarize --block-size=1024 "$tree" | cut --fields=1)"
sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@LIBC@/$libc/; s/@SIZE@/$size/" \
    "$here/debian/control" > "$tree/DEBIAN/control"
mkdir --parents "$output"
dpkg-deb --root-owner-group -Zgzip --build "$tree" "$output/tongma_${version}_$architecture.deb"
