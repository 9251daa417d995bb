/** The page of the cluster-stack contract: its lines, each with the checks that test it. */
import type { Check } from '../../../src/conformance/check.ts';
import { type ContractLine, contractLines, type Section, sections } from '../../../src/conformance/contract-lines.ts';
import { type Group, groups } from '../../../src/conformance/groups.ts';
import { paces, subSecond } from '../../../src/conformance/pace.ts';
import { checks } from '../../../src/conformance/table.ts';
import { exitCodes, type Script, scripts } from '../../../src/stack/contract.ts';
import { withUnit } from './limits-page.ts';
import { code, page, table } from './markdown.ts';

function argumentsOf({ arguments: ways }: Script): string {
  return ways.map((words) => (words.length === 0 ? 'none' : words.map(code).join(' '))).join(', or ');
}

function scriptRows(): readonly (readonly string[])[] {
  return Object.entries<Script>(scripts).map(([name, script]) => [
    code(name),
    script.required ? 'required' : 'optional',
    argumentsOf(script),
    script.output,
    script.doc,
  ]);
}

function codeRows(): readonly (readonly string[])[] {
  return Object.entries<Script>(scripts).map(([name, script]) => [
    code(name),
    script.exitCodes.toSorted((one, other) => one - other).join(', '),
    script.alreadySo.length === 0 ? '' : `${script.alreadySo.join(', ')} too`,
    script.timeLimitMs === 0 ? 'none' : withUnit('Ms', script.timeLimitMs),
    script.timeLimitReason,
  ]);
}

function sectionPart(section: Section): readonly string[] {
  const lines = (Object.entries(contractLines) as [ContractLine, string][]).filter(([id]) =>
    id.startsWith(`${section}.`),
  );
  const rows = lines.map(([id, text]) => [
    code(id),
    text,
    checks
      .filter(({ line }) => line === id)
      .map(({ id: check }) => code(check))
      .join(' '),
  ]);
  return [`## ${sections[section]}`, table(['line', 'what it says', 'checks'], rows)];
}

function groupPart(group: Group, own: readonly Check[]): readonly string[] {
  if (own.length === 0) return [];
  const rows = own.map(({ id, title, line, hosts, capability, optionalScript }) => [
    code(id),
    title,
    code(line),
    [hosts === 'many' ? 'several hosts' : '', capability ?? '', optionalScript ?? '']
      .filter((word) => word !== '')
      .join(', '),
  ]);
  return [`### ${group}`, groups[group], table(['check', 'what a stack that passes does', 'line', 'only with'], rows)];
}

export function contractPage(): string {
  const timeouts = Object.keys(subSecond) as (keyof typeof subSecond)[];
  return page('The cluster-stack contract', [
    'A cluster stack is a directory of programs that knows which hosts of a pool are alive. The contract is that of xhad, so that a stack written for another server of this API runs unchanged; what is an addition says so. `quorate stack check` tries a stack against every line.',
    '## The scripts',
    table(['script', '', 'arguments', 'prints', 'what it does'], scriptRows()),
    '## Exit codes and time limits',
    'Each script ends with one of its codes. The agent takes the codes that say "so already" for success, and gives a script up when its time is over: then the whole process group is ended.',
    table(['script', 'codes', 'so already', 'time limit', 'why so long'], codeRows()),
    table(
      ['code', 'name', 'what it means', 'what an admin can do'],
      Object.entries(exitCodes).map(([number, { symbol, sentence, wayOut }]) => [
        number,
        code(symbol),
        sentence,
        wayOut,
      ]),
    ),
    ...(Object.keys(sections) as Section[]).flatMap(sectionPart),
    '## The checks',
    `${String(checks.length)} checks, in groups; \`--only GROUP\` runs one of them. A check that could not be judged because something before it had failed is "not reached": one fault shows in one group.`,
    ...(Object.keys(groups) as Group[]).flatMap((group) =>
      groupPart(
        group,
        checks.filter((check) => check.group === group),
      ),
    ),
    '## Timeouts of a run',
    'What xhad.conf tells the stack, in seconds. Stacks that claim `sub_second_timeouts` in stack.json are tried with shorter ones.',
    table(
      ['timeout', ...Object.keys(paces).map((name) => `--pace ${name}`), 'sub_second_timeouts'],
      timeouts.map((name) => [
        name.replace('Seconds', ''),
        ...Object.values(paces).map((pace) => String(pace.timeouts[name])),
        String(subSecond[name]),
      ]),
    ),
  ]);
}
