/** What scripts print. */
import { scriptNames, scripts } from '../../stack/contract.ts';
import { type Check, failed, passed } from '../check.ts';
import { commandOf, type Look, NotReached, placeOf } from '../look.ts';
import { firstLine } from '../plan.ts';
import type { CallRecord } from '../transcript.ts';
import { readXml, type XmlElement, XmlFault } from '../xml.ts';
import { type LivesetRule, livesetRules } from './liveset.ts';
import { type LivesetContext, shapeOf } from './liveset-faults.ts';

/** The root of what a query printed; not reached when it is no document, which has a check of its own. */
export function livesetOf(call: CallRecord): XmlElement {
  try {
    return readXml(call.stdout);
  } catch (thrown) {
    if (thrown instanceof XmlFault) throw new NotReached('What ha_query_liveset printed is no XML document.');
    throw thrown;
  }
}

const silent: readonly Check[] = scriptNames
  .filter((name) => scripts[name].output === 'nothing')
  .map((name) => ({
    id: `output.silent-${name.replaceAll('_', '-')}`,
    group: 'output',
    line: 'calling.stdout',
    title: `${name} prints nothing to standard output`,
    stories: scripts[name].required
      ? ['life', 'before', 'exclusion', 'invalid']
      : name === 'ha_clear_excluded'
        ? ['exclusion']
        : ['weights'],
    hosts: 1,
    ...(scripts[name].required ? {} : { optionalScript: name }),
    judge: (look) => {
      const loud = look.callsOf(name).find(({ stdout }) => stdout !== '');
      if (loud === undefined) return passed;
      return failed(
        `${commandOf(loud)} ${placeOf(loud.state)} printed ${JSON.stringify(firstLine(loud.stdout))}.`,
        'Nothing on standard output.',
        'Send words for people to standard error (>&2), and the output of programs that are called to /dev/null.',
      );
    },
  }));

/** The first query of a host that is online, and what it is compared with. */
export function onlineQuery(look: Look): { readonly call: CallRecord; readonly context: LivesetContext } {
  const call = look.endedWith('life', 'query online', [0]);
  return { call, context: contextOf(look, 'life') };
}

export function contextOf(look: Look, story: string): LivesetContext {
  const hosts = [...(look.transcript.hostUuids.get(story) ?? [])];
  return { hosts: hosts.toSorted(), own: hosts[0] ?? '', timeouts: look.transcript.timeouts };
}

/** The rules that are broken by a document, those left out that build on a broken one. */
export function brokenRules(root: XmlElement, context: LivesetContext): ReadonlyMap<string, string | undefined> {
  const broken = new Map<string, string | undefined>();
  const judgeRule = (rule: LivesetRule): void => {
    if (broken.has(rule.id)) return;
    // Until it is known: a rule that builds on itself would be a fault of the table.
    broken.set(rule.id, undefined);
    for (const earlier of livesetRules.filter(({ id }) => rule.after?.includes(id))) judgeRule(earlier);
    broken.set(rule.id, rule.fault(root, context));
  };
  for (const rule of livesetRules) judgeRule(rule);
  return broken;
}

const livesetChecks: readonly Check[] = livesetRules.map((rule) => ({
  id: `output.liveset-${rule.id}`,
  group: 'output',
  line: rule.line,
  title: rule.title,
  stories: ['life'],
  hosts: 1,
  judge: (look) => {
    const { call, context } = onlineQuery(look);
    const broken = brokenRules(livesetOf(call), context);
    const earlier = rule.after?.find((id) => broken.get(id) !== undefined);
    if (earlier !== undefined) throw new NotReached(`output.liveset-${earlier} failed.`);
    const fault = broken.get(rule.id);
    return fault === undefined ? passed : failed(fault, `${rule.title}.`, rule.wayOut);
  },
}));

const documentCheck: Check = {
  id: 'output.liveset-xml',
  group: 'output',
  line: 'liveset.xml',
  title: 'ha_query_liveset prints one XML document',
  stories: ['life'],
  hosts: 1,
  judge: (look) => {
    look.endedWith('life', 'query online', [0]);
    for (const call of look.callsOf('ha_query_liveset')) {
      // Whether a query answers at all is asked elsewhere.
      if (call.exitCode !== 0 || call.timedOut || call.hostEnded) continue;
      const fault = faultOf(call.stdout);
      if (fault === undefined) continue;
      return failed(
        `What ${commandOf(call)} printed ${placeOf(call.state)} is no XML document: ${fault}.`,
        'One well-formed document in UTF-8, and nothing else.',
        'Replace & by &amp;, < by &lt; and > by &gt; in texts; write the document to a file and rename it, so that nobody reads half of it.',
      );
    }
    return passed;
  },
};

export function faultOf(text: string): string | undefined {
  try {
    readXml(text);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof XmlFault) return thrown.message;
    throw thrown;
  }
}

const others: readonly Check[] = [
  {
    id: 'output.liveset-stable',
    group: 'output',
    line: 'liveset.stable',
    title: 'two livesets of the same state differ in numbers only',
    stories: ['life'],
    hosts: 1,
    judge: (look) => {
      const first = shapeOf(livesetOf(look.endedWith('life', 'query master', [0])));
      const second = shapeOf(livesetOf(look.endedWith('life', 'query master again', [0])));
      if (first === second) return passed;
      const place = first.split('').findIndex((letter, index) => letter !== second[index]);
      const around = (text: string): string => JSON.stringify(text.slice(Math.max(0, place - 40), place + 40));
      return failed(
        `One had ${around(first)}, the other ${around(second)}.`,
        'The same elements and texts, in the same order.',
        'Print hosts in the order of HostIndex, and nothing that is random.',
      );
    },
  },
  {
    id: 'output.propose',
    group: 'output',
    line: 'liveset.propose',
    title: 'ha_propose_master prints TRUE or FALSE',
    stories: ['life'],
    hosts: 1,
    judge: (look) => {
      look.endedWith('life', 'propose online', [0]);
      const wrong = look
        .callsOf('ha_propose_master')
        .find(({ exitCode, stdout, timedOut }) => exitCode === 0 && !timedOut && !/^(?:TRUE|FALSE)\n?$/.test(stdout));
      if (wrong === undefined) return passed;
      return failed(
        `${commandOf(wrong)} printed ${JSON.stringify(firstLine(wrong.stdout))}.`,
        'The word TRUE or FALSE, in capitals, and a newline.',
        'Send everything else to standard error.',
      );
    },
  },
  {
    id: 'output.query-without-daemon',
    group: 'output',
    line: 'calling.stdout',
    title: 'ha_query_liveset prints nothing when there is no daemon',
    stories: ['life'],
    hosts: 1,
    judge: (look) => {
      const { stdout } = look.endedWith('life', 'query initialised', [14]);
      if (stdout === '') return passed;
      return failed(
        `It printed ${JSON.stringify(firstLine(stdout))}.`,
        'Nothing on standard output.',
        'Print the liveset only when it is certain that there is one.',
      );
    },
  },
];

export const outputChecks: readonly Check[] = [documentCheck, ...livesetChecks, ...others, ...silent];
