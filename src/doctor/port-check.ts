/** Whether the addresses for TLS can be had, and who has them otherwise. */
import { type Check, type Finding, ok, type Patient, problem, runTool, settingOf, warning } from './check.ts';

const chooseAnother = 'Stop it, or choose another port with the setting "listen".';

/** With the colon before it. */
function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':'));
}

/** Who listens on a port, by port; undefined when there is no ss to ask. A program whose name is hidden is `another program`. */
async function listeners(
  patient: Patient,
  signal: AbortSignal,
): Promise<((port: string) => string | undefined) | undefined> {
  const result = await runTool(patient, 'ss', ['-H', '-l', '-t', '-n', '-p'], signal);
  if (result?.exitCode !== 0) return undefined;
  const lines = result.stdout.split('\n').map((line) => line.trim().split(/\s+/));
  return (port) => {
    const line = lines.find((fields) => fields[3]?.endsWith(port) === true);
    return line === undefined ? undefined : (/"([^"]+)"/.exec(line[5] ?? '')?.[1] ?? 'another program');
  };
}

/** Addresses that the running agent was told to listen on and could not have: its refusal begins with the address. */
function refusedAddresses({ settings }: Patient): readonly string[] {
  const found = (settings?.refused ?? []).map((sentence) => /^(\S+:[1-9]\d*): /.exec(sentence)?.[1]);
  return found.filter((address) => address !== undefined);
}

/** What the running agent lacks. A name in the settings is an address there, so that only ports are compared. */
async function lacking(patient: Patient, wanted: readonly string[], signal: AbortSignal): Promise<readonly Finding[]> {
  const open = new Set((patient.agent?.addresses ?? []).map(portOf));
  const closed = wanted.filter((address) => !open.has(portOf(address)));
  const refused = refusedAddresses(patient);
  const all = [...new Set([...refused, ...closed])];
  if (all.length === 0) return [];
  const holder = await listeners(patient, signal);
  return all.map((address) => {
    // The agent itself may have the same port of another address.
    const by = open.has(portOf(address)) ? undefined : holder?.(portOf(address));
    const sentence = `The agent does not listen on ${address}, as its settings want`;
    return by === undefined
      ? problem(`${sentence}.`, 'Its log says why: an address may be in use, or be none of this machine.')
      : problem(`${sentence}: ${by} already listens on port ${portOf(address).slice(1)}.`, chooseAnother);
  });
}

const ports: Check = {
  name: 'ports',
  doc: 'whether the addresses for TLS can be had',
  run: async (patient, signal) => {
    const wanted = settingOf(patient, 'listen')
      .split(/\s+/)
      .filter((address) => /:[1-9]\d*$/.test(address));
    if (patient.agent !== undefined) {
      const findings = await lacking(patient, wanted, signal);
      if (findings.length > 0) return findings;
    }
    if (wanted.length === 0) return ok('No fixed port is asked for.');
    if (patient.agent !== undefined) return ok(`The agent listens on ${wanted.join(', ')}.`);
    const holder = await listeners(patient, signal);
    if (holder === undefined) return warning('There is no ss to see which ports are in use.', 'Install iproute2.');
    const taken = wanted.flatMap((address) => {
      const by = holder(portOf(address));
      if (by === undefined) return [];
      return [
        problem(`${by} already listens on port ${portOf(address).slice(1)}, which ${address} needs.`, chooseAnother),
      ];
    });
    return taken.length === 0 ? ok(`Nobody else listens on ${wanted.join(', ')}.`) : taken;
  },
};

export const portChecks: readonly Check[] = [ports];
