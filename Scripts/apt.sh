# Sourced by the scripts that need something of the system: `apt_install WHAT PACKAGE...` installs it with apt, as root or
# with sudo (SUDO="sudo -n"), and calls their function `fail` with the reason where that can't be done.
apt_install() {
  local what=$1 as_root=()
  shift
  command -v apt-get >/dev/null || fail "there is no apt-get to install it with"
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || fail "installing it needs root or sudo"
    read -ra as_root <<<"${SUDO:-sudo}"
  fi
  echo "Installing $what, which is missing."
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends "$@")
  "${install[@]}" || { "${as_root[@]}" apt-get update -q && "${install[@]}"; } \
    || fail "apt-get could not install it"
}
