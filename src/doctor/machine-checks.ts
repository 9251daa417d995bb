/** Checks of what the agent uses on the machine. */
import { join } from 'node:path';
import { limits } from '../lib/limits.ts';
import { endOf, readStack } from '../stack/registry-facts.ts';
import { judgeStack } from '../stack/registry-rules.ts';
import { BusError } from '../world/world.ts';
import {
  type Check,
  type Finding,
  namesIn,
  ok,
  type Patient,
  problem,
  runTool,
  settingOf,
  textOf,
  warning,
} from './check.ts';

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

async function isInstalled({ world }: Patient, program: string): Promise<boolean> {
  const found = await Promise.all(folders.map((folder) => world.files.status(join(folder, program))));
  return found.some((status) => status !== undefined);
}

const libvirtSockets = ['/run/libvirt/virtqemud-sock', '/run/libvirt/libvirt-sock'];

const libvirt: Check = {
  name: 'libvirt',
  doc: 'whether libvirt can be reached',
  run: async (patient, signal) => {
    const sockets = await Promise.all(libvirtSockets.map((path) => patient.world.files.status(path)));
    const installed = await isInstalled(patient, 'virsh');
    const wayOut = 'Install and start it: apt install libvirt-daemon-system libvirt-clients, or dnf install libvirt.';
    if (!installed && sockets.every((status) => status === undefined)) {
      return warning('libvirt is not installed; no guest can run here.', wayOut);
    }
    const args = ['--connect', 'qemu:///system', '--readonly', 'version', '--daemon'];
    const result = await runTool(patient, 'virsh', args, signal);
    if (result === undefined) return warning('There is no virsh to try libvirt with.', wayOut);
    const daemon = /^Running against daemon: (.+)$/m.exec(result.stdout)?.[1];
    if (result.exitCode === 0) return ok(`libvirt answers${daemon === undefined ? '' : ` (${daemon})`}.`);
    const reason = result.timedOut ? 'it does not answer' : (result.stderr.trim().split('\n').at(-1) ?? '');
    return problem(`libvirt cannot be used: ${reason}.`, 'See its state: systemctl status virtqemud libvirtd.');
  },
};

const bridges: Check = {
  name: 'bridges',
  doc: 'whether there is a bridge for the networks of guests',
  run: async (patient) => {
    const links = await namesIn(patient, '/sys/class/net');
    const checked = await Promise.all(
      links.map(async (name) => ({
        name,
        bridge: (await patient.world.files.status(`/sys/class/net/${name}/bridge`)) !== undefined,
        managed: await textOf(patient, `/sys/class/net/${name}/operstate`),
      })),
    );
    const found = checked.filter(({ bridge }) => bridge).map(({ name }) => name);
    if (found.length > 0) return ok(`Bridges: ${found.join(', ')}.`);
    const wayOut =
      'Make one over the interface that guests are to use, with the network configuration of this machine.';
    return warning('There is no bridge; guests can have no network.', wayOut);
  },
};

const watchdog: Check = {
  name: 'watchdog',
  doc: 'whether there is a watchdog, which resets a machine that hangs',
  run: async (patient) => {
    const names = await namesIn(patient, '/sys/class/watchdog');
    const [first] = names;
    if (first === undefined) {
      const wayOut =
        "Load the driver of the machine, or as a poor man's one: modprobe softdog. High availability needs one.";
      return warning('There is no watchdog device.', wayOut);
    }
    const identity = (await textOf(patient, `/sys/class/watchdog/${first}/identity`))?.trim();
    const soft = identity === 'Software Watchdog';
    if (soft) {
      return warning(
        'The only watchdog is in software; a kernel that hangs stops it too.',
        'Load the driver of the hardware watchdog.',
      );
    }
    return ok(`Watchdog: ${identity ?? first}.`);
  },
};

const timeWayOut = 'Install and start one: apt install chrony, or systemctl enable --now systemd-timesyncd.';

const time: Check = {
  name: 'time',
  doc: 'whether the clock is synchronised',
  run: async (patient, signal) => {
    const chrony = await runTool(patient, 'chronyc', ['-c', '-n', 'tracking'], signal);
    if (chrony?.exitCode === 0) {
      const fields = chrony.stdout.trim().split(',');
      const offset = Math.abs(Number(fields[4] ?? Number.NaN));
      if (fields.at(-1) === 'Not synchronised') {
        return problem('chrony runs, and the clock is not synchronised.', 'See its sources: chronyc sources -v.');
      }
      return offset > 0.5
        ? warning(
            `The clock is off by ${offset.toFixed(1)} seconds.`,
            'It comes right by itself; at once with: chronyc makestep.',
          )
        : ok('The clock is synchronised by chrony.');
    }
    const properties = ['show', '--property=NTP', '--property=NTPSynchronized'];
    const result = await runTool(patient, 'timedatectl', properties, signal);
    if (result?.exitCode !== 0) return warning('Nobody can say whether the clock is synchronised.', timeWayOut);
    if (/^NTPSynchronized=yes$/m.test(result.stdout)) return ok('The clock is synchronised.');
    return problem(
      'The clock is not synchronised; logs, certificates and high availability need right clocks.',
      timeWayOut,
    );
  },
};

const dbus: Check = {
  name: 'dbus',
  doc: "whether the system's D-Bus answers",
  run: async ({ world, limits }, signal) => {
    const service = 'org.freedesktop.DBus';
    const wayOut = 'Start it: systemctl start dbus. Without it the agent can neither rename nor reboot the host.';
    try {
      const call = { service, path: '/org/freedesktop/DBus', interface: service, member: 'GetId' };
      await world.bus.call({ ...call, timeoutMs: limits.doctorCheckMs, signal });
      return ok('D-Bus answers.');
    } catch (thrown) {
      if (!(thrown instanceof BusError)) throw thrown;
      return problem(`D-Bus cannot be used: ${thrown.message}.`, wayOut);
    }
  },
};

const pam: Check = {
  name: 'pam',
  doc: 'whether users can log in with a password',
  run: async (patient) => {
    const findings: Finding[] = [];
    const service = settingOf(patient, 'pam-service');
    if (!(await isInstalled(patient, 'pamtester'))) {
      const sentence = 'pamtester is not installed; nobody can log in with a password.';
      findings.push(problem(sentence, 'Install it: apt install pamtester, or dnf install pamtester.'));
    }
    const path = service === '' ? '' : `/etc/pam.d/${service}`;
    if (path !== '' && (await patient.world.files.status(path)) === undefined) {
      const sentence = `There is no ${path}; nobody can log in with a password.`;
      findings.push(problem(sentence, 'quorate install puts it there; in a checkout it is etc/pam.d/xapi.'));
    }
    return findings.length === 0 ? ok(`Users log in through ${path}.`) : findings;
  },
};

/** Programs that describe the machine, with the package of each and what is lost without it. */
const tools: readonly (readonly [program: string, packageName: string, lost: string])[] = [
  ['ip', 'iproute2', 'networks and interfaces'],
  ['lsblk', 'util-linux', 'disks that guests could be given'],
  ['ethtool', 'ethtool', 'speed and driver of interfaces'],
  ['dmidecode', 'dmidecode', 'the names that the firmware gives the machine'],
  ['udevadm', 'udev', 'news of interfaces and disks that come and go'],
  ['journalctl', 'systemd', 'the log of the agent'],
];

const programs: Check = {
  name: 'programs',
  doc: 'the programs that the agent describes the machine with',
  run: async (patient) => {
    const findings = await Promise.all(
      tools.map(async ([program, packageName, lost]) =>
        (await isInstalled(patient, program))
          ? []
          : [warning(`${program} is not installed: ${lost} will be missing.`, `Install the package ${packageName}.`)],
      ),
    );
    const missing = findings.flat();
    return missing.length === 0 ? ok('All programs that describe the machine are there.') : missing;
  },
};

const stacks: Check = {
  name: 'cluster-stack',
  doc: 'whether the cluster stack of the settings is installed, and may be run',
  run: async (patient) => {
    const root = settingOf(patient, 'cluster-stack-root');
    const stack = settingOf(patient, 'cluster-stack-default');
    if (root === '' || stack === '') return ok('The settings name no cluster stack.');
    const found = await readStack(patient.world.files, root, stack, limits);
    if (found.unreadable === undefined && endOf(found.place) === undefined) {
      const sentence = `There is no cluster stack in ${found.directory}; high availability cannot be enabled.`;
      return warning(sentence, 'Install one, or name another with cluster-stack-root and cluster-stack-default.');
    }
    // The service is root; an agent with a directory of its own may be anybody's.
    const { refusals } = judgeStack(found, patient.own ? patient.uid : 0, limits);
    if (refusals.length > 0)
      return problem(
        `The cluster stack ${stack} is refused. ${refusals.join(' ')}`,
        `quorate stack show ${stack} tells each reason by itself.`,
      );
    return ok(`The cluster stack ${stack} is in ${root}.`);
  },
};

export const machineChecks: readonly Check[] = [libvirt, bridges, watchdog, time, dbus, pam, programs, stacks];
