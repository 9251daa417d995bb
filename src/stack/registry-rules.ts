/** From what is on the disk to what is said of a stack: may it be used, and if not, why and what to do. Pure. */
import { createHash } from 'node:crypto';
import { type ScriptName, scriptNames, scripts } from './contract.ts';
import { StackFault } from './fault.ts';
import { type Manifest, type ManifestLimits, readManifest, usualManifest } from './manifest.ts';
import { endOf, type Located, type StackFacts, type Step } from './registry-facts.ts';

export interface StackRecord {
  readonly name: string;
  readonly directory: string;
  readonly usable: boolean;
  /** Sentences, each with its way out; empty for a stack that may be used. */
  readonly refusals: readonly string[];
  /** Scripts of the contract that are there. */
  readonly scripts: readonly ScriptName[];
  /** Types of storage that may hold the statefile; undefined: any. */
  readonly supportedSrs: readonly string[] | undefined;
  /** What its stack.json says; that of a stack without one where it cannot be read. */
  readonly manifest: Manifest;
  /** It has a stack.json that can be read. */
  readonly described: boolean;
  /** There is more of it than is looked at. */
  readonly excessive: boolean;
  /** When anything of it changed last, in milliseconds since 1970. */
  readonly changedMs: number;
  /** Another one whenever a file of it is changed, replaced, added or taken away. */
  readonly fingerprint: string;
}

export interface RuleLimits extends ManifestLimits {
  readonly stackFiles: number;
  readonly stackDepth: number;
  readonly stackRefusals: number;
}

const writableByOthers = 0o022;
const sticky = 0o1000;
const setIds = 0o6000;

/** A name that the API, a setting and the shell can all say. Copies such as xhad.bak and half-made folders have none. */
export function isStackName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name);
}

/** Whether a name in the root may be that of a stack at all: files that are hidden belong to whoever is installing something. */
export function isListed(name: string): boolean {
  return !name.startsWith('.');
}

/** @param uid Number of the user that the agent runs as, who may change a stack as root may. */
export function judgeStack(facts: StackFacts, uid: number, limits: RuleLimits): StackRecord {
  const manifest = manifestOf(facts, limits);
  const all = isStackName(facts.name)
    ? [
        ...new Set([
          ...placeReasons(facts, uid),
          ...fileReasons(facts, uid),
          ...scriptReasons(facts, uid),
          ...contentReasons(facts),
          ...(typeof manifest === 'string' ? [manifest] : []),
          ...sizeReasons(facts, limits),
        ]),
      ]
    : [nameReason(facts)];
  const told = all.slice(0, limits.stackRefusals);
  const left = all.length - told.length;
  if (left > 0) told.push(`There ${left === 1 ? 'is one more reason' : `are ${left} more reasons`} of this kind.`);
  const { supportedSrs } = facts;
  return {
    name: facts.name,
    directory: facts.directory,
    usable: all.length === 0,
    refusals: told,
    scripts: scriptNames.filter((name) => facts.files.has(name)),
    supportedSrs: supportedSrs.kind === 'text' ? wordsOf(supportedSrs.text) : undefined,
    manifest: typeof manifest === 'object' ? manifest : usualManifest,
    described: typeof manifest === 'object',
    excessive: facts.excess !== undefined,
    changedMs: Math.max(0, ...stepsOf(facts).map(({ entry }) => (entry.kind === 'link' ? 0 : entry.changedMs))),
    fingerprint: fingerprintOf(facts),
  };
}

function wordsOf(text: string): readonly string[] {
  return [...new Set(text.split(/\s+/).filter((word) => word !== ''))];
}

/** Of the stack itself, not of the folders above it. */
function stepsOf(facts: StackFacts): readonly Step[] {
  const own = facts.place.steps.at(-1);
  const ends = [...facts.files.values()].flatMap((located) => (endOf(located) ? located.steps.slice(-1) : []));
  return own === undefined ? ends : [own, ...ends];
}

function fingerprintOf(facts: StackFacts): string {
  const parts: string[] = [];
  for (const { path, fault, steps } of [facts.place, ...facts.files.values()]) {
    parts.push(path, fault?.kind ?? '');
    for (const [index, step] of steps.entries()) {
      const { kind, inode, mode, uid, target = '', changedMs, modifiedMs, size } = step.entry;
      // What else happens in the folders on the way is not a change of the stack.
      const times = index < steps.length - 1 ? '' : `${changedMs} ${modifiedMs} ${size}`;
      parts.push(step.path, `${kind} ${inode} ${mode} ${uid} ${times}`, target);
    }
  }
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}

function nameReason({ name }: StackFacts): string {
  return `"${shown(name)}" cannot be the name of a stack: it takes up to 64 letters, digits, - and _, beginning with a letter or digit. Rename the folder.`;
}

/** The way to the stack's folder, and the folder itself. */
function placeReasons({ place, unreadable }: StackFacts, uid: number): readonly string[] {
  return [
    ...(unreadable === undefined
      ? []
      : [`It cannot be read: ${shown(unreadable)}. Run the agent as a user who may read it.`]),
    ...faultReasons(place),
    ...place.steps.flatMap((step, index) => stepReasons(step, uid, index === place.steps.length - 1)),
  ];
}

/** Everything in the folder, with all that links in it lead through. */
function fileReasons({ files }: StackFacts, uid: number): readonly string[] {
  return [...files.values()].flatMap((located) => [
    ...faultReasons(located),
    ...located.steps.flatMap((step, index) => stepReasons(step, uid, index === located.steps.length - 1)),
    ...specialReasons(located),
  ]);
}

function faultReasons({ path, fault }: Located): readonly string[] {
  if (fault === undefined) return [];
  const [from, at] = [shown(path), shown(fault.at)];
  if (fault.kind === 'loop') return [`The link ${from} leads in a circle. Make it point to a file.`];
  if (fault.kind === 'no-folder')
    return [`The link ${from} leads through ${at}, which is no folder. Make it point to a file.`];
  return [`The link ${from} points to ${at}, which is not there. Put that back, or remove the link.`];
}

/** @param whole Its contents belong to the stack too: nobody else may add to them, sticky or not. */
function stepReasons({ path, entry }: Step, uid: number, whole: boolean): readonly string[] {
  const reasons: string[] = [];
  const what = `${kinds[entry.kind]} ${shown(path)}`;
  if (entry.uid !== 0 && entry.uid !== uid) {
    const may = uid === 0 ? 'root' : `root and the agent's own user, ${uid},`;
    reasons.push(
      `${what} belongs to user ${entry.uid}, and only ${may} may be able to change a stack. Give it to root with "chown ${entry.kind === 'link' ? '-h ' : ''}root ${shown(path)}".`,
    );
  }
  // The permissions of a link mean nothing. In a sticky folder nobody can move away what belongs to another.
  const kept = entry.kind === 'directory' && !whole && (entry.mode & sticky) !== 0;
  if (entry.kind !== 'link' && (entry.mode & writableByOthers) !== 0 && !kept) {
    const who = (entry.mode & 0o002) === 0 ? 'its group' : 'everybody';
    reasons.push(
      `${what} can be changed by ${who} (mode ${octal(entry.mode)}). Take that away with "chmod go-w ${shown(path)}".`,
    );
  }
  return reasons;
}

const kinds = {
  file: 'The file',
  directory: 'The folder',
  link: 'The link',
  socket: 'The socket',
  other: 'The special file',
} as const;

/** Files that have no business in a stack. */
function specialReasons(located: Located): readonly string[] {
  const end = endOf(located);
  if (end === undefined) return [];
  const path = shown(located.path);
  if (end.kind === 'socket' || end.kind === 'other') {
    return [
      `${kinds[end.kind]} ${path} does not belong into a stack: what runs keeps its things below /run. Remove it.`,
    ];
  }
  if (end.kind === 'file' && (end.mode & setIds) !== 0) {
    return [
      `The file ${path} gives everybody who starts it the rights of its owner or group (mode ${octal(end.mode)}). Take that away with "chmod ug-s ${path}".`,
    ];
  }
  return [];
}

function scriptReasons({ directory, files, place }: StackFacts, uid: number): readonly string[] {
  const folder = endOf(place);
  if (folder === undefined) return [];
  if (folder.kind !== 'directory')
    return [`${shown(directory)} is no folder. A stack is a folder with one script for each call.`];
  const missing = scriptNames.filter((name) => scripts[name].required && !files.has(name));
  const there = scriptNames.flatMap((name) => {
    const located = files.get(name);
    if (located === undefined) return [];
    const path = shown(`${directory}/${name}`);
    const end = endOf(located);
    // What leads nowhere, or to something special, has been told already.
    if (end === undefined || end.kind === 'socket' || end.kind === 'other') return [];
    if (end.kind !== 'file') return [`${path} is a folder, not a script. Put the script ${name} in its place.`];
    const bits = uid === 0 ? 0o111 : end.uid === uid ? 0o100 : 0o001;
    if ((end.mode & bits) === 0)
      return [`The script ${path} may not be executed (mode ${octal(end.mode)}). Make it so with "chmod 755 ${path}".`];
    return end.size === 0 ? [`The script ${path} is empty. Put the script in its place.`] : [];
  });
  return missing.length === 0 ? there : [...there, missingReason(directory, missing)];
}

function missingReason(directory: string, names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  if (names.length < 2) return `The script ${last} is missing. Put it into ${shown(directory)}.`;
  return `The scripts ${names.slice(0, -1).join(', ')} and ${last} are missing. Put them into ${shown(directory)}.`;
}

function contentReasons({ directory, supportedSrs }: StackFacts): readonly string[] {
  if (supportedSrs.kind !== 'unreadable') return [];
  return [
    `${shown(`${directory}/ha_supported_srs`)} cannot be read: ${shown(supportedSrs.reason)}. Correct it, or remove it.`,
  ];
}

/** What stack.json says, or a sentence on why it cannot be used; undefined: there is none. */
function manifestOf({ directory, manifest }: StackFacts, limits: ManifestLimits): Manifest | string | undefined {
  const path = shown(`${directory}/stack.json`);
  if (manifest.kind === 'none') return undefined;
  if (manifest.kind === 'unreadable')
    return `${path} cannot be read: ${shown(manifest.reason)}. Correct it, or remove it.`;
  try {
    return readManifest(manifest.text, limits);
  } catch (thrown) {
    if (!(thrown instanceof StackFault)) throw thrown;
    return `${path} cannot be used: ${shown(thrown.message)}. Correct it, or remove it.`;
  }
}

function sizeReasons({ directory, excess }: StackFacts, { stackFiles, stackDepth }: RuleLimits): readonly string[] {
  if (excess === undefined) return [];
  const much =
    excess === 'files' ? `more than ${stackFiles} files and folders` : `folders more than ${stackDepth} deep`;
  return [
    `${shown(directory)} holds ${much}, which is more than is looked at before each call. Keep there what is called, and the rest elsewhere.`,
  ];
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** A name as it may stand in a sentence and in XML: what cannot be printed is shown by its number. */
function shown(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cn}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
