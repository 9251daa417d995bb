/** Machines for checks to look at, in whatever state a test wants. */
import type { Patient } from '../../src/doctor/check.ts';
import type { AgentStatus } from '../../src/service/agent-status.ts';
import { allValues } from '../../src/settings.ts';
import { BusError, FileError, type FileStatus, type ProgramResult } from '../../src/world/world.ts';
import { requiredScripts } from './stacks.ts';

export interface Machine {
  /** Files by path: their text, or what is said of them. Directories are there when something is in them. */
  readonly files: Record<string, string | Partial<FileStatus>>;
  /** What programs answer, by name; others are not installed. `hang` never ends by itself. */
  readonly programs: Record<string, Partial<ProgramResult> | 'hang'>;
  readonly settings: Record<string, string>;
  agent: AgentStatus | undefined;
  nodeVersion: string;
  own: boolean;
  bus: boolean;
  /** How long the disk takes for each durable write; undefined when it refuses. */
  syncMs: (() => number) | undefined;
  certificate: { notBeforeMs: number; notAfterMs: number; belongs: boolean } | undefined;
  settingsFaults: readonly string[];
  /** Why the agent does not use the settings as they are. */
  settingsRefused: readonly string[];
}

export const nowMs = Date.parse('2026-01-01T00:00:00Z');

export const healthyAgent: AgentStatus = {
  version: '1.0',
  hostUuid: '00000000-0000-0000-0000-000000000001',
  startedMs: nowMs,
  uptimeMs: 1000,
  addresses: ['/var/lib/xcp/xapi'],
  sessions: 0,
  connections: 1,
  troubles: [],
  settings: undefined,
};

/** A machine on which all is well. */
export function healthyMachine(): Machine {
  const programs = ['ip', 'lsblk', 'ethtool', 'dmidecode', 'udevadm', 'journalctl', 'pamtester', 'virsh'];
  return {
    files: {
      ...Object.fromEntries(programs.map((name) => [`/usr/bin/${name}`, ''])),
      ...Object.fromEntries(
        requiredScripts.map((name) => [`/usr/libexec/xapi/cluster-stack/xhad/${name}`, { mode: 0o100755, size: 10 }]),
      ),
      '/var/lib/quorate': { kind: 'directory', mode: 0o40700 },
      '/var/lib/quorate/state.db': { mode: 0o100600 },
      '/etc/pam.d/xapi': '',
      '/run/libvirt/virtqemud-sock': { kind: 'socket' },
      '/sys/class/net/xenbr0/bridge': { kind: 'directory' },
      '/sys/class/watchdog/watchdog0/identity': 'iTCO_wdt\n',
    },
    programs: {
      systemctl: {
        stdout: 'LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nNRestarts=0\n',
      },
      virsh: { stdout: 'Running against daemon: 10.0.0\n' },
      timedatectl: { stdout: 'NTP=yes\nNTPSynchronized=yes\n' },
      df: { stdout: 'Avail IFree\n50000000000 1000000\n' },
      ss: { stdout: '' },
    },
    settings: {},
    agent: healthyAgent,
    nodeVersion: '24.1.0',
    own: false,
    bus: true,
    syncMs: () => 1,
    certificate: { notBeforeMs: 0, notAfterMs: nowMs + 365 * 86_400_000, belongs: true },
    settingsFaults: [],
    settingsRefused: [],
  };
}

/** The machine as checks see it, and the files that they left behind on it. */
export function patientOf(machine: Machine, checkMs = 10_000): { patient: Patient; left: Set<string> } {
  const left = new Set<string>();
  let elapsedMs = 0;
  const lines = Object.keys(machine.files);
  const isThere = (path: string): boolean => path in machine.files || lines.some((name) => name.startsWith(`${path}/`));
  const status = (path: string): FileStatus | undefined => {
    const found = machine.files[path];
    if (!isThere(path)) return undefined;
    const usual: FileStatus = { size: 0, mode: 0o100600, uid: 0, modifiedMs: 0, kind: 'file' };
    return typeof found === 'object' ? { ...usual, ...found } : usual;
  };
  const missing = (path: string): FileError => new FileError('not-found', path, 'no such file or directory');
  const world = {
    clock: {
      nowMs: () => nowMs,
      monotonicMs: () => elapsedMs,
      after: (delayMs: number, fire: () => void) => {
        const timer = setTimeout(fire, delayMs);
        return () => clearTimeout(timer);
      },
      sleep: () => Promise.resolve(),
      yield: () => Promise.resolve(),
    },
    random: { bytes: (length: number) => new Uint8Array(length), uuid: () => 'one', integer: () => 0 },
    files: {
      status: (path: string) => Promise.resolve(status(path)),
      list: (path: string) => {
        const inside = lines.filter((name) => name.startsWith(`${path}/`)).map((name) => name.slice(path.length + 1));
        if (inside.length === 0) return Promise.reject(missing(path));
        return Promise.resolve([...new Set(inside.map((name) => name.split('/')[0] ?? ''))]);
      },
      read: (path: string) => {
        const text = machine.files[path];
        return typeof text === 'string'
          ? Promise.resolve(new TextEncoder().encode(text))
          : Promise.reject(missing(path));
      },
      append: (path: string) => {
        if (machine.syncMs === undefined) return Promise.reject(new FileError('no-space', path, 'no space left'));
        left.add(path);
        return Promise.resolve();
      },
      sync: () => {
        elapsedMs += machine.syncMs?.() ?? 0;
        return Promise.resolve();
      },
      remove: (path: string) => {
        left.delete(path);
        return Promise.resolve();
      },
      entry: (path: string) => {
        const given = path in machine.files ? status(path) : undefined;
        const usual = { size: 0, uid: 0, modifiedMs: 0, changedMs: 0, inode: 0 };
        const folder =
          path === '/' || isThere(path) ? { ...usual, kind: 'directory' as const, mode: 0o755 } : undefined;
        return Promise.resolve(given === undefined ? folder : { ...usual, ...given, mode: given.mode & 0o7777 });
      },
      link: () => Promise.resolve(undefined),
      truncate: () => Promise.reject(missing('')),
      writeAtomic: () => Promise.reject(missing('')),
      makeDirectory: () => Promise.reject(missing('')),
      watch: () => () => {},
    },
    programs: {
      follow: () => () => {},
      run: (program: string) => {
        const answer = machine.programs[program];
        if (answer === undefined) return Promise.reject(missing(program));
        if (answer === 'hang') return new Promise<ProgramResult>(() => {});
        const usual = { exitCode: 0, signal: undefined, timedOut: false, stdout: '', stderr: '', truncated: false };
        return Promise.resolve({ ...usual, ...answer });
      },
    },
    bus: {
      state: { connected: machine.bus, reason: '' },
      call: () =>
        machine.bus ? Promise.resolve([]) : Promise.reject(new BusError('absent', 'GetId', 'there is no bus')),
      subscribe: () => () => {},
      onState: () => () => {},
    },
  };
  const texts = allValues(new Map(Object.entries(machine.settings)), {
    directory: '/var/lib/quorate',
    own: machine.own,
  });
  const values = Object.fromEntries([...texts].map(([key, value]) => [key, { value, source: 'default' }]));
  const faulty = machine.settingsFaults.length > 0;
  const patient: Patient = {
    world,
    limits: { doctorCheckMs: checkMs, doctorOutputBytes: 1000, smallFileBytes: 1000 },
    nodeVersion: machine.nodeVersion,
    uid: 0,
    agent: machine.agent,
    socketPath: '/var/lib/xcp/xapi',
    own: machine.own,
    settings: faulty
      ? undefined
      : { file: '/etc/quorate/xapi.conf', values, waiting: [], refused: machine.settingsRefused },
    settingsFaults: machine.settingsFaults,
    inspect: () => {
      if (machine.certificate === undefined) throw new Error('no PEM');
      return machine.certificate;
    },
  };
  return { patient, left };
}
