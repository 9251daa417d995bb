/**
 * What root may do in a host. Left out is what reaches beyond its namespaces: mounting, devices, modules, the clock, memory, the
 * kernel's log, opening files by their handles, and looking into processes that the keeper is just sending in.
 */
const kept = [
  'chown',
  'dac_override',
  'fowner',
  'fsetid',
  'ipc_lock',
  'ipc_owner',
  'kill',
  'net_admin',
  'net_bind_service',
  'net_broadcast',
  'net_raw',
  'setgid',
  'setpcap',
  'setuid',
  'sys_boot',
  'sys_nice',
  'sys_resource',
];

/** For setpriv: everything in a host runs with these at most. */
export const privileges: readonly string[] = [
  '--bounding-set',
  `-all,${kept.map((name) => `+${name}`).join(',')}`,
  '--inh-caps',
  '-all',
];

/**
 * What a virtual host does when it is switched on, as its process 1. Words: NAME ADDRESS ROOT CONTROL STACK STACKNAME SETPRIV STATEFILE KIND.
 * It is still in the file system of the laboratory; ROOT is to become its own.
 */
export const hostScript = `set -e
name=$1 address=$2 root=$3 control=$4 stack=$5 stackname=$6 setpriv=$7 statefile=$8 kind=$9
# The /proc of the laboratory: the number by which its keeper knows this process.
read pid rest < /proc/self/stat
echo "$pid"
read go
echo "$name" > /proc/sys/kernel/hostname
ip link set lo up
ip addr add "$address/24" dev eth0
ip link set eth0 up
cd "$root"
mkdir -p run tmp dev proc sys
mount -t tmpfs -o mode=755,size=64m tmpfs run
mount -t tmpfs -o mode=1777,size=64m tmpfs tmp
mount -t tmpfs -o mode=755,size=1m tmpfs dev
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mkdir -p run/lock run/sr-mount run/old dev/shm
mount -t tmpfs -o mode=1777,size=64m tmpfs dev/shm
for device in null zero full random urandom tty; do : > dev/$device; mount --bind /dev/$device dev/$device; done
ln -s /proc/self/fd dev/fd; ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr
for device in watchdog watchdog0; do : > dev/$device; mount --bind "$control/watchdog" dev/$device; done
# What in /proc belongs to the whole machine is not to be changed; the network below sys is the host's own.
for part in sys bus fs irq; do
  [ ! -d proc/$part ] || { mount --bind proc/$part proc/$part; mount -o remount,bind,ro proc/$part; }
done
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,rw proc/sys/net
for part in kcore kmsg timer_list keys; do [ ! -e proc/$part ] || mount --bind /dev/null proc/$part; done
[ ! -e proc/sysrq-trigger ] || mount --bind "$control/sysrq" proc/sysrq-trigger
place=run/sr-mount/statefile
[ $kind = file ] || place=dev/statefile
: > $place
mount --bind "$statefile" $place
for place in ".$stack" "usr/libexec/xapi/cluster-stack/$stackname"; do
  mkdir -p "$place"
  mount --bind "$stack" "$place"
  mount -o remount,bind,ro "$place"
done
pivot_root . run/old
cd /
umount -l run/old
rmdir run/old
echo ready
exec "$setpriv" ${privileges.join(' ')} -- sh -c 'trap : TERM HUP INT; while :; do sleep 2147483 & wait $!; done' </dev/null >/dev/null 2>&1
`;

/** Where a host sees the statefile. */
export const statefilePlaces = { file: '/run/sr-mount/statefile', block: '/dev/statefile' } as const;

export const clusterStackRoot = '/usr/libexec/xapi/cluster-stack';

/** PATH of a host, before the directory of the stack is added. */
export const hostPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
