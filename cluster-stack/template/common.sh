# What the scripts of this stack share. Each begins with:  . "${0%/*}/common.sh"
#
# POSIX shell only, so that it runs on every distribution: no arrays, no [[ ]], no local variables.
# shellcheck disable=SC2034 # What is set here is used by those who read this file.

stack=${0%/*}
configuration=/etc/xensource/xhad.conf
weights=/var/run/template-stack.weight

# What the daemon and the scripts tell each other. /run is empty after a start of the machine, which is what we want:
# nothing in here may outlive the daemon.
run=/run/template-stack

# Says why on standard error and ends with a code of the contract. Standard output is for answers only.
fail() {
  code=$1
  shift
  echo "${0##*/}: $* ($code)" >&2
  exit "$code"
}

# The contract: root calls, and PATH ends with this directory. 16 is INVALID_ENVIRONMENT.
[ "$(id -u)" = 0 ] || fail 16 'only root may call this'
command -v ha_query_liveset >/dev/null || fail 16 'the directory of the stack is not in PATH'
umask 022
[ -d "$run" ] || mkdir -p "$run" || fail 2 "cannot make $run"

# Is there a daemon? Sets pid. The name protects from a process that got the number of a daemon that died.
daemon_runs() {
  pid='' name=''
  { read -r pid <"$run/pid" && read -r name <"/proc/$pid/comm"; } 2>/dev/null && [ "$name" = template-daemon ]
}

need_daemon() {
  daemon_runs || fail 14 'the daemon does not run'
}

# Tells the daemon to look at once what has changed instead of at its next turn.
wake_daemon() {
  if daemon_runs; then kill -USR1 "$pid" 2>/dev/null || :; fi
}

# One script at a time changes the statefile; the lock goes with the process.
lock() {
  exec 9>"$run/lock"
  flock 9
}

# Reads xhad.conf. The file is XML of which we need a few elements; cutting it at every < makes lines such as `HostID>text`.
# Seconds become what sleep takes; whole numbers of milliseconds are made by `milliseconds` below.
read_configuration() {
  [ -r "$configuration" ] || fail 6 "cannot read $configuration"
  part='' whole='' generation='' hosts='' own='' statefile=''
  statefile_interval=4 heartbeat_timeout=30 statefile_timeout=30 health_timeout=10 heartbeat_watchdog=30 statefile_watchdog=45
  while IFS='>' read -r tag text; do
    case $tag in
      localhost) part=own ;;
      /localhost) part='' ;;
      GenerationUUID) generation=$text ;;
      HostID) if [ "$part" = own ]; then own=$text; else hosts="$hosts $text"; fi ;;
      StateFile) statefile=$text ;;
      StateFileInterval) statefile_interval=$text ;;
      HeartbeatTimeout) heartbeat_timeout=$text ;;
      StateFileTimeout) statefile_timeout=$text ;;
      XapiHealthCheckTimeout) health_timeout=$text ;;
      HeartbeatWatchdogTimeout) heartbeat_watchdog=$text ;;
      StateFileWatchdogTimeout) statefile_watchdog=$text ;;
      /xhad-config) whole=yes ;;
    esac
  done <<CONFIGURATION
$(tr '<' '\n' <"$configuration")
CONFIGURATION
  if [ -z "$whole" ] || [ -z "$generation" ] || [ -z "$own" ] || [ -z "$statefile" ]; then
    fail 7 "$configuration is not complete"
  fi
  # This stack knows nobody else. See docs/guides/write-a-cluster-stack.md for what several hosts need.
  [ "$hosts" = " $own" ] || fail 7 'this stack is for pools of one host'
}

# 1.5 -> 1500
milliseconds() {
  case $1 in
    *.*)
      fraction=${1#*.}000
      echo "${1%%.*}${fraction%"${fraction#???}"}" | sed 's/^0*\(.\)/\1/'
      ;;
    *) echo "${1}000" ;;
  esac
}

# --- The statefile -------------------------------------------------------------------------------------------------------
#
# Its first sector is one line:  quorate-template-1 GENERATION POOLSTATE MASTER EXCLUDED end
# MASTER and EXCLUDED are a HostID or -. A line that does not begin and end like this is damaged. The second sector is
# written at each turn of the daemon, to see whether it can be.

magic=quorate-template-1

# Writes text to a sector, and waits until the disk has it. No truncation: the statefile may be a block device.
write_sector() {
  printf '%-511s\n' "$2" | dd of="$statefile" bs=512 count=1 seek="$1" conv=notrunc,fsync 2>/dev/null
}

write_state() {
  write_sector 0 "$magic $generation $pool_state $master $excluded end" || fail 8 "cannot write to $statefile"
}

# Sets pool_state, master and excluded, or ends with 8, 9 or 10.
read_state() {
  first='' found='' pool_state='' master='' excluded='' last=''
  # Through dd: the shell would read byte by byte. Bytes of 0, of which a new statefile consists, are dropped by the shell.
  sector=$(dd if="$statefile" bs=512 count=1 2>/dev/null) || fail 8 "cannot read $statefile"
  read -r first found pool_state master excluded last <<SECTOR
$sector
SECTOR
  if [ "$first" != "$magic" ] || [ "$last" != end ]; then
    fail 9 "$statefile is not a statefile of this stack, or is damaged"
  fi
  case $pool_state in
    init | active | invalid) ;;
    *) fail 9 "$statefile is damaged" ;;
  esac
  [ "$found" = "$generation" ] || fail 10 "$statefile belongs to the generation $found"
}
