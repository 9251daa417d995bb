# What all scripts of this stack share. Sourced, not run. Plain POSIX shell; dd moves whole sectors past the page cache.
#
# The statefile is a row of sectors of 4096 bytes, each a line of text padded with zeros:
#   0  pool GENERATION end         written by init
#   1  active GENERATION end       written when the first host is online
#   2  invalid GENERATION end      written to end high availability everywhere
#   3+I  slot I UUID GENERATION LIFE COUNT STATE EXCLUDED LOCK end
# Only host I writes slot I, so no two hosts ever write the same sector at the same time but with the same words.

config=/etc/xensource/xhad.conf
run=/run/shared-file
sector=4096

fail() { # CODE WORDS...
  code=$1
  shift
  echo "${0##*/}: $*" >&2
  exit "$code"
}

need_root() { [ "$(id -u)" = 0 ] || fail 16 "only root may call this"; }

# Milliseconds of a clock that never goes back, in $now.
clock() {
  read -r up rest </proc/uptime
  now=$((${up%.*} * 1000 + 1${up#*.}0 - 1000))
}

# Sets generation own statefile T1 T2 T3 Wh Ws t2 boot (milliseconds), count, me, and host_I, I being the place among the sorted HostIDs.
read_config() {
  [ -r $config ] || fail 6 "cannot read $config"
  settings=$(awk '
    BEGIN { RS = "<"; FS = ">" }
    function is_uuid(text) { return text ~ /^[0-9a-fA-F]+-[0-9a-fA-F]+-[0-9a-fA-F]+-[0-9a-fA-F]+-[0-9a-fA-F]+$/ }
    function ms(name, usual) { v = name in seconds ? seconds[name] : usual; return int(v * 1000) }
    { gsub(/[ \t\r\n]+$/, "", $2) }
    $1 ~ /^xhad-config / && $1 ~ /version="1.0"/ { root = 1 }
    $1 == "/xhad-config" { whole = 1 }
    $1 == "local-config" { here = 1 }
    $1 == "GenerationUUID" { generation = $2 }
    $1 == "HostID" { if (here) own = $2; else hosts[++n] = $2 }
    $1 == "StateFile" { statefile = $2 }
    $1 ~ /^(HeartbeatTimeout|StateFileInterval|StateFileTimeout|HeartbeatWatchdogTimeout|StateFileWatchdogTimeout|BootJoinTimeout|XapiHealthCheckTimeout)$/ {
      if ($2 !~ /^[0-9]+([.][0-9]+)?$/ || $2 + 0 == 0) bad = 1
      seconds[$1] = $2
    }
    END {
      for (i = 1; i <= n; i++) { if (!is_uuid(hosts[i])) bad = 1; if (hosts[i] == own) known = 1 }
      if (!root || !whole || bad || !known || n > 64 || !is_uuid(generation) || statefile !~ /^\/[A-Za-z0-9._\/-]+$/) exit 1
      for (i = 2; i <= n; i++) for (j = i; j > 1 && hosts[j] < hosts[j - 1]; j--) { h = hosts[j]; hosts[j] = hosts[j - 1]; hosts[j - 1] = h }
      printf "generation=%s own=%s statefile=%s count=%d ", generation, own, statefile, n
      printf "T1=%d T2=%d T3=%d Wh=%d Ws=%d t2=%d boot=%d", ms("HeartbeatTimeout", 30), ms("StateFileTimeout", 30), ms("XapiHealthCheckTimeout", 10), ms("HeartbeatWatchdogTimeout", 30), ms("StateFileWatchdogTimeout", 45), ms("StateFileInterval", 4), ms("BootJoinTimeout", 90)
      for (i = 1; i <= n; i++) { printf " host_%d=%s", i - 1, hosts[i]; if (hosts[i] == own) printf " me=%d", i - 1 }
      print ""
    }' $config) || fail 7 "$config is not what it should be"
  eval "$settings"
  # A host that is not seen to write for so long is dead: the last turn of which we know fed its watchdog, at the latest when that ran
  # out, and then it ran out once more.
  longest=$Wh
  [ "$Ws" -le "$longest" ] || longest=$Ws
  dead=$((T2 + longest + t2))
}

# The daemon of this host, in $daemon. A number in a file is no proof: it may have been given to another program.
daemon_runs() {
  daemon=
  [ -r $run/pid ] && read -r daemon <$run/pid && [ -n "$daemon" ] || return 1
  case $(tr '\000' ' ' 2>/dev/null <"/proc/$daemon/cmdline") in
    *shared-file-daemon*) return 0 ;;
  esac
  return 1
}

need_daemon() { daemon_runs || fail 14 "the daemon does not run"; }

# Reads all sectors to the file that is named.
read_sectors() { dd if="$statefile" of="$1" bs=$sector count=$((3 + count)) iflag=direct 2>/dev/null; }

write_sector() { # NUMBER LINE
  printf '%s\n' "$2" | dd of="$statefile" bs=$sector seek="$1" count=1 conv=notrunc,sync oflag=direct,dsync 2>/dev/null
}

# The lines of the sectors in a file, without the zeros.
lines_of() { tr -s '\000' '\n' <"$1"; }

# For a script that works without the daemon: what the statefile says, in $image, $pool (init, active or invalid) and $slot (own).
look_at_statefile() {
  image=$(mktemp) && trap 'rm -f "$image"' EXIT || fail 2 "no room for a temporary file"
  read_sectors "$image" || fail 8 "cannot read $statefile"
  pool= slot=
  found=$(lines_of "$image" | head -n 1)
  case $found in
    "pool $generation end") pool=init ;;
    "pool "*" end") fail 10 "the statefile is of another generation" ;;
    *) fail 9 "the statefile is damaged or was never initialised" ;;
  esac
  if lines_of "$image" | grep -qx "invalid $generation end"; then
    pool=invalid
  elif lines_of "$image" | grep -qx "active $generation end"; then
    pool=active
  fi
  slot=$(lines_of "$image" | grep "^slot $me $own $generation .* end\$" | head -n 1)
}

# Asks the daemon for something and waits for its answer, in $answer: it may take some of its turns.
ask_daemon() { # WORD
  request=$run/requests/$1.$$
  trap 'rm -f "$request" "$run/answers/$1.$$"' EXIT
  : >"$request"
  until [ -e "$run/answers/$1.$$" ]; do
    need_daemon
    sleep .05
  done
  read -r answer <"$run/answers/$1.$$"
}
