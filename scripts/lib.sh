# Sourced by the other scripts. Works with the bash 3.2 that comes with macOS.

set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
tools="$root/.tools"

# What the project installed for itself comes first; rustup's directory last, for a shell that was
# open before rustup came.
export PATH="$tools/bin:$root/node_modules/.bin:$PATH:$HOME/.cargo/bin"

say() { printf '==> %s\n' "$*" >&2; }

fail() {
  printf '\nerror: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root: as it is where we are root, otherwise through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

is_debian() { [ -e /etc/debian_version ] && have apt-get; }

apt_install() {
  if [ "$(id -u)" != 0 ] && ! have sudo; then
    fail "the Debian packages $* are needed, and there is no sudo" "as root: apt-get install $*"
  fi
  say "Debian packages: $*"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# Is version $1 at least $2? Compares up to three numbers.
at_least() {
  awk -v have="$1" -v want="$2" 'BEGIN {
    split(have, h, /[.+-]/); split(want, w, /[.+-]/)
    for (i = 1; i <= 3; i++) { if (h[i]+0 > w[i]+0) exit 0; if (h[i]+0 < w[i]+0) exit 1 }
    exit 0 }'
}
