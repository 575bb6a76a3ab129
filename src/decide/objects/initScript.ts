/**
 * What the init container runs. Values reach it as arguments and environment, never as text of the script (R122); it runs in any POSIX
 * shell. Volumes are initialised once: a directory by a marker file in the volume itself; a raw device only while it holds no Aerospike
 * header, since it has no place for a marker that outlives the container. Aerospike data are never erased, whatever the marker says (W70).
 */

/** Key of the script in the ConfigMap. */
export const initScriptKey = "aerospike-init.sh"
/** Key of the configuration in the ConfigMap. */
export const configurationKey = "aerospike.conf"

/** Environment: POD_IP, POD_NAME, NODE_IP. Arguments, in threes: action (an InitMethod or `mkdir`), volume name, path. */
export const initScript = `#!/bin/sh
# Prepares a pod: fills in the addresses of the configuration, makes directories, initialises new volumes.
# Arguments, in threes: action, volume name, path.
set -eu
source_dir="\${CONFIG_SOURCE:-/configmap}"
target_dir="\${CONFIG_TARGET:-/etc/aerospike}"

fail() {
  echo "aerospike-init: $*" >&2
  exit 1
}

# Addresses and names hold nothing but these characters; anything else must not reach sed.
checked() {
  case "$2" in
    *[!0-9A-Za-z.:%-]*) fail "$1 is not an address or a name: $2" ;;
  esac
}

fill_in() {
  [ -f "$source_dir/aerospike.conf" ] || fail "no aerospike.conf in the ConfigMap"
  checked POD_IP "\${POD_IP:-}"
  checked POD_NAME "\${POD_NAME:-}"
  checked NODE_IP "\${NODE_IP:-}"
  for placeholder in POD_IP POD_NAME NODE_IP; do
    case "$placeholder" in
      POD_IP) value="\${POD_IP:-}" ;;
      POD_NAME) value="\${POD_NAME:-}" ;;
      *) value="\${NODE_IP:-}" ;;
    esac
    if [ -z "$value" ] && grep -q "MY_$placeholder" "$source_dir/aerospike.conf"; then
      fail "aerospike.conf needs $placeholder, which is empty"
    fi
  done
  sed -e "s|MY_POD_IP|\${POD_IP:-}|g" -e "s|MY_POD_NAME|\${POD_NAME:-}|g" -e "s|MY_NODE_IP|\${NODE_IP:-}|g" \\
    "$source_dir/aerospike.conf" >"$target_dir/aerospike.conf"
}

# The header of a used device or file starts with a magic number; bytes 3 to 8 of it read "surtIC".
holds_header() {
  [ "$(dd if="$1" bs=1 skip=2 count=6 2>/dev/null | tr -d '\\000')" = "surtIC" ]
}

holds_data() {
  [ ! -d "$1/smd" ] || return 0
  find "$1" -type f | while IFS= read -r file; do
    if holds_header "$file"; then echo found; fi
  done | grep -q found
}

delete_files() {
  for entry in "$1"/*; do
    case "$entry" in
      */lost+found) continue ;;
    esac
    if [ -e "$entry" ] || [ -L "$entry" ]; then rm -rf -- "$entry"; fi
  done
}

initialise_directory() {
  marker="$3/.acko-initialized-$2"
  if [ -e "$marker" ]; then
    echo "aerospike-init: volume $2 is initialised already"
    return 0
  fi
  if [ "$1" != deleteFiles ]; then
    echo "aerospike-init: volume $2 is a file system, $1 does nothing to it"
  elif holds_data "$3"; then
    echo "aerospike-init: volume $2 holds Aerospike data, which are kept"
  else
    delete_files "$3"
  fi
  : >"$marker"
}

initialise_device() {
  if holds_header "$3"; then
    echo "aerospike-init: device $2 holds Aerospike data, which are kept"
    return 0
  fi
  case "$1" in
    dd) dd if=/dev/zero of="$3" bs=1048576 count=1 conv=notrunc 2>/dev/null ;;
    headerCleanup) dd if=/dev/zero of="$3" bs=4096 count=1 conv=notrunc 2>/dev/null ;;
    blkdiscard) blkdiscard "$3" || echo "aerospike-init: device $2 cannot be discarded" ;;
    *) echo "aerospike-init: device $2 has no files to delete" ;;
  esac
}

fill_in
while [ $# -ge 3 ]; do
  if [ "$1" = mkdir ]; then
    mkdir -p -- "$3"
  elif [ -d "$3" ]; then
    initialise_directory "$1" "$2" "$3"
  elif [ -b "$3" ] || [ -f "$3" ]; then
    initialise_device "$1" "$2" "$3"
  else
    fail "volume $2 is not attached at $3"
  fi
  shift 3
done
[ $# -eq 0 ] || fail "arguments must come in threes"
`
