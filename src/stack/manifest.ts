/** stack.json: what a stack may say about itself beyond the scripts that it has. */
import type { Limits } from '../lib/limits.ts';
import { StackFault } from './fault.ts';
import { documentText, shown } from './xml-tree.ts';

export type ManifestLimits = Pick<
  Limits,
  'stackTextBytes' | 'stackCapabilities' | 'stackCapabilityBytes' | 'stackDescriptionBytes'
>;

export interface Manifest {
  /** Version of the contract that the stack was written for. */
  readonly contract: string;
  readonly description: string;
  /** Without repetition, in the order of the file. Names that the agent does not know are among them. */
  readonly capabilities: readonly string[];
  /** A host that is lost is fenced within this, where the stack promises it. */
  readonly fenceWithinMs: number | undefined;
}

/** A stack without stack.json. */
export const usualManifest: Manifest = {
  contract: '1.0',
  description: '',
  capabilities: [],
  fenceWithinMs: undefined,
};

/** Another first number would be another contract. */
const knownMajor = '1';
const longestFenceMs = 86_400_000;

/**
 * Reads stack.json; members that the agent does not know are ignored.
 * @throws StackFault `unreadable` or `too-long`; the message is a clause about the file, such as `its "contract" is no version`
 */
export function readManifest(file: string | Uint8Array, limits: ManifestLimits): Manifest {
  const members = object(documentText(file, limits.stackTextBytes));
  const { contract = usualManifest.contract, description = '', capabilities = [] } = members;
  const fence = members['fence_within_ms'];
  if (typeof contract !== 'string' || !/^\d{1,4}\.\d{1,4}$/.test(contract))
    throw unreadable('its "contract" is no version such as "1.0"');
  if (contract.split('.')[0] !== knownMajor)
    throw unreadable(`its "contract" is ${contract}, and this agent knows ${usualManifest.contract} only`);
  if (typeof description !== 'string') throw unreadable('its "description" is no text');
  if (Buffer.byteLength(description) > limits.stackDescriptionBytes)
    throw new StackFault('too-long', `its "description" is longer than ${limits.stackDescriptionBytes} bytes`);
  return {
    contract,
    description,
    capabilities: readCapabilities(capabilities, limits),
    fenceWithinMs: fence === undefined ? undefined : readFence(fence),
  };
}

function object(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(`it is no JSON: ${shown(error instanceof Error ? error.message : String(error))}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable('it is no JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function readCapabilities(value: unknown, limits: ManifestLimits): readonly string[] {
  if (!Array.isArray(value)) throw unreadable('its "capabilities" are no list');
  if (value.length > limits.stackCapabilities)
    throw new StackFault('too-long', `it has more than ${limits.stackCapabilities} "capabilities"`);
  const names = value.map((name: unknown) => {
    if (typeof name !== 'string' || name.length > limits.stackCapabilityBytes || !/^[a-z][a-z\d_]*$/.test(name))
      throw unreadable(
        `its "capabilities" have ${shown(JSON.stringify(name))}, which is no name of small letters, digits and _`,
      );
    return name;
  });
  return [...new Set(names)];
}

function readFence(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > longestFenceMs)
    throw unreadable(`its "fence_within_ms" is no whole number from 1 to ${longestFenceMs}`);
  return value;
}

function unreadable(clause: string): StackFault {
  return new StackFault('unreadable', clause);
}
