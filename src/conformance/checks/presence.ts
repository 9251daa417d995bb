/** What can be told from the directory of a stack without running anything. */
import { type ScriptName, scriptNames, scripts } from '../../stack/contract.ts';
import { type Check, failed, notApplicable, passed, type Verdict } from '../check.ts';
import type { ContractLine } from '../contract-lines.ts';
import type { Look } from '../look.ts';
import type { DirectoryFacts, FileFacts } from '../transcript.ts';

const writableByOthers = 0o022;

/** Why a script cannot be run; undefined when it can. */
export function whyUnrunnable(directory: DirectoryFacts, name: ScriptName): string | undefined {
  const file = directory.files.get(name);
  if (file === undefined) return `There is no ${name}.`;
  if (file.kind !== 'file') return `${name} is no file.`;
  if ((file.mode & 0o111) === 0) return `${name} has mode ${modeOf(file)} and cannot be executed.`;
  if (file.size === 0) return `${name} is empty.`;
  if (!file.interpreterPresent)
    return `${name} asks for the interpreter ${quoted(file.interpreter ?? '')}, which this machine does not have.`;
  return undefined;
}

function modeOf({ mode }: { readonly mode: number }): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/** Text as JSON writes it, so that a carriage return shows. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function presence(
  id: string,
  line: ContractLine,
  title: string,
  judge: (look: Look, directory: DirectoryFacts) => Verdict,
): Check {
  return {
    id: `presence.${id}`,
    group: 'presence',
    line,
    title,
    stories: [],
    hosts: 1,
    judge: (look) => judge(look, look.transcript.directory),
  };
}

const runnable: readonly Check[] = scriptNames.map((name) => {
  const line = 'files.scripts';
  const title = scripts[name].required ? `there is an executable ${name}` : `${name} is executable when it is there`;
  return presence(name.replaceAll('_', '-'), line, title, (_, directory) => {
    const file = directory.files.get(name);
    if (file === undefined && !scripts[name].required) return notApplicable(`There is no ${name}; it is optional.`);
    const why = whyUnrunnable(directory, name);
    // The interpreter has a check of its own.
    if (why === undefined || (file !== undefined && file.size > 0 && (file.mode & 0o111) !== 0)) return passed;
    return failed(
      why,
      'An executable file, mode 0755.',
      `Put the script at ${directory.path}/${name} and run chmod 0755 on it.`,
    );
  });
});

function firstBad(directory: DirectoryFacts, bad: (file: FileFacts) => boolean): FileFacts | undefined {
  return [...directory.files.values()].find(bad);
}

const others: readonly Check[] = [
  presence('interpreter', 'files.interpreter', 'every script has an interpreter that is there', (_, directory) => {
    const bad = firstBad(directory, (file) => !file.interpreterPresent);
    if (bad === undefined) return passed;
    return failed(
      `${bad.name} begins with ${quoted(`#!${bad.interpreter ?? ''}`)}; there is no such program.`,
      'A first line such as #!/bin/sh, ended by a newline without a carriage return.',
      'Correct the first line, or say in stack.json and in the manual of the stack what has to be installed.',
    );
  }),
  presence('line-ends', 'files.interpreter', 'scripts end their lines as Unix does', (_, directory) => {
    const bad = firstBad(directory, ({ interpreter }) => interpreter?.endsWith('\r') === true);
    if (bad === undefined) return passed;
    return failed(
      `The first line of ${bad.name} ends with a carriage return.`,
      'Lines that end with a newline only.',
      `Run sed -i 's/\\r$//' on ${bad.name}.`,
    );
  }),
  presence('modes', 'files.owner', 'nobody but the owner can write to the files', (_, directory) => {
    const bad = firstBad(directory, ({ mode, kind }) => kind !== 'socket' && (mode & writableByOthers) !== 0);
    if (bad === undefined) return passed;
    return failed(
      `${bad.name} has mode ${modeOf(bad)}: others than its owner can change what root will run.`,
      'No right to write for group and others.',
      `Run chmod go-w on ${bad.name}; the agent refuses the stack as it is.`,
    );
  }),
  presence('directory-mode', 'files.owner', 'nobody but the owner can write to the directory', (_, directory) => {
    if ((directory.mode & writableByOthers) === 0) return passed;
    return failed(
      `The directory has mode ${modeOf(directory)}: others than its owner can put scripts there.`,
      'No right to write for group and others.',
      `Run chmod go-w ${directory.path}; the agent refuses the stack as it is.`,
    );
  }),
  presence('owner', 'files.owner', 'files belong to root or to the owner of the directory', (_, directory) => {
    const bad = firstBad(directory, ({ uid }) => uid !== 0 && uid !== directory.uid);
    if (bad === undefined) return passed;
    return failed(
      `${bad.name} belongs to the user ${String(bad.uid)}, the directory to ${String(directory.uid)}.`,
      'One owner, who is root once it is installed.',
      `Run chown on ${bad.name}.`,
    );
  }),
  presence('supported-srs', 'files.supported-srs', 'ha_supported_srs is a list of words', (_, { supportedSrs }) => {
    if (supportedSrs === undefined) return notApplicable('There is no ha_supported_srs: every type of SR will do.');
    const words = supportedSrs.split(/\s+/).filter((word) => word !== '');
    const bad = words.find((word) => !/^[a-z0-9_-]+$/i.test(word));
    const expected = 'Types of SR such as nfs or lvmoiscsi, separated by white space.';
    if (words.length === 0)
      return failed(
        'ha_supported_srs is empty: no SR could hold the statefile.',
        expected,
        'Name the types, or remove the file.',
      );
    if (bad === undefined) return passed;
    return failed(`ha_supported_srs has ${quoted(bad)}.`, expected, 'Leave commas and comments out of it.');
  }),
  presence('manifest', 'files.manifest', 'stack.json can be read', (_, { manifest, manifestFault }) => {
    if (manifest === undefined) return notApplicable('There is no stack.json; it is optional.');
    if (manifestFault === undefined) return passed;
    return failed(
      `stack.json cannot be used: ${manifestFault}.`,
      'A JSON object such as {"contract": "1.0", "description": "…", "capabilities": []}.',
      'Correct it, or remove it: the agent refuses a stack with a stack.json that it cannot read.',
    );
  }),
  presence(
    'claims',
    'files.manifest-true',
    'a capability that needs a script comes with it',
    (_, { capabilities, files, manifest }) => {
      if (manifest === undefined) return notApplicable('There is no stack.json; it is optional.');
      const [claim, script] = claims.find(([name, needed]) => capabilities.includes(name) && !files.has(needed)) ?? [];
      if (claim === undefined || script === undefined) return passed;
      return failed(
        `stack.json claims ${claim}, and there is no ${script}.`,
        `The script ${script}.`,
        'Write the script, or take the word out of stack.json.',
      );
    },
  ),
];

/** Capabilities that are a script. */
const claims: readonly (readonly [capability: string, script: ScriptName])[] = [
  ['watch_liveset', 'ha_watch_liveset'],
  ['host_weight', 'ha_set_host_weight'],
];

export const presenceChecks: readonly Check[] = [...runnable, ...others];
