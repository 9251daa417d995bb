/** Checks of the agent itself: its program, settings, files and how it does. */
import { dirname, join } from 'node:path';
import type { FileStatus } from '../world/world.ts';
import { type Check, type Finding, ok, type Patient, problem, runTool, settingOf, warning } from './check.ts';

const neededMajor = 24;

const node: Check = {
  name: 'node',
  doc: 'the version of Node.js',
  run: ({ nodeVersion }) => {
    const fits = Number.parseInt(nodeVersion, 10) >= neededMajor;
    return Promise.resolve(
      fits
        ? ok(`Node.js ${nodeVersion} runs the programs.`)
        : problem(
            `Node.js ${nodeVersion} is too old: ${neededMajor} or later is needed.`,
            'Run npm ci in the checkout, which brings one, or install the package of quorate.',
          ),
    );
  },
};

/** Whether the kernel's name of a socket is that of the agent's: it is made at a private place beside, and linked from there. */
function isSocketAt(name: string, socketPath: string): boolean {
  const directory = dirname(socketPath);
  return (
    name === socketPath ||
    (name.startsWith(`${directory}/.`) && /^[0-9a-f]+\/s$/.test(name.slice(directory.length + 2)))
  );
}

/** The program that listens on the socket, with its number; undefined when none does or there is no ss to ask. */
async function socketHolder(patient: Patient, signal: AbortSignal): Promise<string | undefined> {
  const result = await runTool(patient, 'ss', ['-H', '-l', '-x', '-p'], signal);
  if (result?.exitCode !== 0) return undefined;
  const lines = result.stdout.split('\n');
  const line = lines.find((text) => isSocketAt(text.trim().split(/\s+/)[4] ?? '', patient.socketPath));
  if (line === undefined) return undefined;
  const [, name, pid] = /"([^"]+)",pid=(\d+)/.exec(line) ?? [];
  return name === undefined ? 'A program' : `Process ${pid} (${name})`;
}

const agent: Check = {
  name: 'agent',
  doc: 'whether the agent answers, and what it says of itself',
  run: async (patient, signal) => {
    const { agent: status, own, socketPath } = patient;
    if (status === undefined) {
      const holder = await socketHolder(patient, signal);
      if (holder !== undefined) {
        const again = own ? 'end that process and start the agent anew' : 'systemctl restart quorated';
        return problem(
          `${holder} holds ${socketPath} and does not answer.`,
          `It may be busy or hang: look again in a minute, and at its log. If nothing changes: ${again}.`,
        );
      }
      const how = own ? 'npm start in the checkout, or quorated --dir' : 'systemctl start quorated';
      return problem(`No agent answers on ${socketPath}.`, `Start it: ${how}. Its log says why it ended.`);
    }
    const troubles = status.troubles.map(({ state, sentence, wayOut }): Finding => ({ state, sentence, wayOut }));
    return [ok(`The agent ${status.version} answers on ${status.addresses.join(', ')}.`), ...troubles];
  },
};

const settings: Check = {
  name: 'settings',
  doc: 'whether the settings can be used',
  run: (patient) => {
    if (patient.settingsFaults.length > 0) {
      return Promise.resolve(
        patient.settingsFaults.map((sentence) =>
          problem(`A setting cannot be used: ${sentence}`, 'Mend it; "quorate config show" explains every setting.'),
        ),
      );
    }
    const refused = patient.settings?.refused ?? [];
    if (refused.length > 0) {
      return Promise.resolve(
        refused.map((sentence) =>
          problem(
            `The agent does not use the settings as they are now: ${sentence}`,
            'Mend them; they are read again by themselves. Until then the settings from before are in force.',
          ),
        ),
      );
    }
    const { file } = patient.settings ?? { file: null };
    return Promise.resolve(ok(file === null ? 'The settings can be used.' : `The settings of ${file} can be used.`));
  },
};

const unit: Check = {
  name: 'systemd',
  doc: 'the state of quorated.service',
  run: async (patient, signal) => {
    if (patient.own) return ok('This agent has a directory of its own and is not the service of systemd.');
    const properties = 'LoadState,ActiveState,SubState,UnitFileState,NRestarts,Result';
    const result = await runTool(
      patient,
      'systemctl',
      ['show', 'quorated.service', `--property=${properties}`],
      signal,
    );
    if (result?.exitCode !== 0) {
      return warning('There is no systemd to ask.', 'Start quorated by other means, and again when it ends.');
    }
    const values = new Map(
      result.stdout.split('\n').map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
    );
    const state = values.get('ActiveState') ?? '';
    if (values.get('LoadState') !== 'loaded') {
      return problem('systemd knows no quorated.service.', 'Install it: quorate install, or the package of quorate.');
    }
    if (state === 'failed') {
      const sentence = `quorated.service failed (${values.get('Result') ?? 'no reason'}).`;
      return problem(sentence, 'See why: journalctl -u quorated -n 50. Then: systemctl restart quorated.');
    }
    if (state !== 'active') return problem(`quorated.service is ${state}.`, 'Start it: systemctl start quorated.');
    const findings: Finding[] = [ok(`quorated.service is active (${values.get('SubState') ?? ''}).`)];
    const file = values.get('UnitFileState') ?? '';
    if (!['enabled', 'enabled-runtime', 'static', 'indirect', 'generated'].includes(file)) {
      findings.push(warning('quorated.service does not start with the machine.', 'systemctl enable quorated'));
    }
    const restarts = Number(values.get('NRestarts') ?? 0);
    if (restarts > 0) {
      const sentence = `systemd started quorated anew ${restarts === 1 ? 'once' : `${restarts} times`} because it ended.`;
      findings.push(warning(sentence, 'See why: journalctl -u quorated -p warning.'));
    }
    return findings;
  },
};

/** What others may at most do with the files of the agent. */
const secretFiles = ['state.db', 'state.db-wal', 'host-uuid', 'pool-secret'];

function tooOpen(status: FileStatus | undefined, allowed: number): boolean {
  return status !== undefined && (status.mode & 0o777 & ~allowed) !== 0;
}

async function openFiles(patient: Patient): Promise<readonly Finding[]> {
  const directory = settingOf(patient, 'directory');
  const wanted: (readonly [path: string, allowed: number])[] = [
    [directory, 0o700],
    ...secretFiles.map((name) => [join(directory, name), 0o600] as const),
    [settingOf(patient, 'key'), 0o640],
    [patient.socketPath, 0o600],
    [patient.settings?.file ?? '', 0o644],
  ];
  const findings: Finding[] = [];
  for (const [path, allowed] of wanted) {
    if (path === '') continue;
    const status = await patient.world.files.status(path);
    if (!tooOpen(status, allowed)) continue;
    const mode = (status?.mode ?? 0) & 0o777;
    const sentence = `${path} is open to others: its mode is ${mode.toString(8)}, not ${allowed.toString(8)}.`;
    findings.push(problem(sentence, `chmod ${allowed.toString(8)} ${path}`));
  }
  return findings;
}

const permissions: Check = {
  name: 'permissions',
  doc: 'who may read and write the files of the agent',
  run: async (patient) => {
    const directory = settingOf(patient, 'directory');
    const status = await patient.world.files.status(directory);
    if (status === undefined) {
      return warning(`There is no ${directory} yet.`, 'The agent makes it at its first start.');
    }
    if (status.kind !== 'directory') {
      return problem(`${directory} is no directory.`, 'Move it away, or name another with the setting "directory".');
    }
    const findings = [...(await openFiles(patient))];
    if (status.uid !== patient.uid) {
      const sentence = `${directory} belongs to user ${status.uid}, and you are user ${patient.uid}.`;
      findings.push(warning(sentence, 'Run quorate doctor as the user that the agent runs as.'));
    }
    return findings.length === 0 ? ok(`Only their owner can use the files in ${directory}.`) : findings;
  },
};

const certificate: Check = {
  name: 'certificate',
  doc: 'how long the certificate for TLS lasts, and whether the key is its own',
  run: async (patient) => {
    if (settingOf(patient, 'listen') === '' && (patient.agent?.addresses.length ?? 0) < 2) {
      return ok('Nothing is served over TLS.');
    }
    const path = settingOf(patient, 'certificate');
    const keyPath = settingOf(patient, 'key');
    const { files, clock } = patient.world;
    const found = await Promise.all([files.status(path), files.status(keyPath)]);
    if (found.every((status) => status === undefined)) return ok('A certificate is made when the agent starts.');
    const { smallFileBytes } = patient.limits;
    let facts: ReturnType<Patient['inspect']>;
    try {
      facts = patient.inspect(await files.read(path, smallFileBytes), await files.read(keyPath, smallFileBytes));
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      return problem(
        `The certificate ${path} cannot be used: ${reason}.`,
        'Put a pair in PEM there, or remove both files.',
      );
    }
    if (!facts.belongs)
      return problem(`The key ${keyPath} does not belong to ${path}.`, 'Put the two of one pair there.');
    const days = Math.floor((facts.notAfterMs - clock.nowMs()) / 86_400_000);
    const renew = 'Put a new pair in its place, or remove both files and start the agent anew: it makes one.';
    if (days < 0) return problem(`The certificate ${path} has expired.`, renew);
    if (facts.notBeforeMs > clock.nowMs()) {
      return problem(`The certificate ${path} is not valid yet.`, 'Look at the clock of this machine first.');
    }
    if (days < 30)
      return warning(
        `The certificate ${path} expires ${days === 0 ? 'today' : `in ${days === 1 ? '1 day' : `${days} days`}`}.`,
        renew,
      );
    return ok(`The certificate is valid for ${days} more days.`);
  },
};

export const agentChecks: readonly Check[] = [node, agent, settings, unit, permissions, certificate];
