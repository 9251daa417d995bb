/** What sequences lead to, what is left behind, and when a host ends. */
import { type Check, failed, passed, type Verdict } from '../check.ts';
import type { ContractLine } from '../contract-lines.ts';
import { type Look, NotReached } from '../look.ts';
import { foundOf } from '../plan.ts';
import type { CallRecord, HostFacts } from '../transcript.ts';
import { childrenOf, textIn } from '../xml.ts';
import { livesetOf } from './output.ts';

function sequence(
  id: string,
  line: ContractLine,
  title: string,
  stories: readonly string[],
  judge: (look: Look) => Verdict,
): Check {
  return { id: `sequences.${id}`, group: 'sequences', line, title, stories, hosts: 1, judge };
}

/** A field of a host in what a query printed; the first host's when none is named. Not reached when it is not there, which has a check of its own. */
function fieldOf(call: CallRecord, field: string): boolean {
  const [host] = childrenOf(livesetOf(call), 'host');
  const value = host === undefined ? undefined : textIn(host, field);
  if (value !== 'TRUE' && value !== 'FALSE') throw new NotReached(`The liveset has no host with ${field}.`);
  return value === 'TRUE';
}

function mustBe(call: CallRecord, field: string, expected: boolean, when: string, wayOut: string): Verdict {
  const found = fieldOf(call, field);
  if (found === expected) return passed;
  return failed(
    `${field} is ${String(found).toUpperCase()} ${when}.`,
    `${field} ${String(expected).toUpperCase()}.`,
    wayOut,
  );
}

function answered(call: CallRecord, when: string, wayOut: string): Verdict {
  if (call.stdout.trim() === 'TRUE') return passed;
  if (call.stdout.trim() !== 'FALSE') throw new NotReached('ha_propose_master printed neither TRUE nor FALSE.');
  return failed(`ha_propose_master printed FALSE ${when}.`, 'TRUE.', wayOut);
}

/**
 * No armed watchdog, and nothing that ran when the daemon had just been started. What queries have left has a check of its own.
 */
function atRest(look: Look, facts: HostFacts, when: string, wayOut: string): Verdict {
  const started = new Set(look.host('life', 'look started').processes.map(({ command }) => command));
  if (facts.watchdogArmed)
    return failed(
      `The watchdog is armed ${when}: the host will be fenced.`,
      'A watchdog that was closed in order.',
      wayOut,
    );
  const left = facts.processes.filter(({ command }) => started.has(command));
  if (left.length === 0) return passed;
  const names = left.map(({ pid, command }) => `${command} (${String(pid)})`);
  return failed(
    `${names.slice(0, 3).join(', ')} ${names.length === 1 ? 'runs' : 'run'} ${when}.`,
    'No process of the stack.',
    wayOut,
  );
}

const initForgets = 'Write master and marks of exclusion anew at init.';

export const sequenceChecks: readonly Check[] = [
  sequence('fresh-master', 'sequences.fresh', 'after init nobody is master', ['life'], (look) =>
    mustBe(
      look.endedWith('life', 'query online', [0]),
      'master',
      false,
      'before anybody asked for the lock',
      initForgets,
    ),
  ),
  sequence('lock', 'sequences.master', 'who asks for a free lock gets it', ['life'], (look) =>
    answered(
      look.endedWith('life', 'propose online', [0]),
      'although nobody holds the lock',
      'Give the lock to the host that asks when there is no master in the statefile.',
    ),
  ),
  sequence('lock-again', 'sequences.master', 'the holder of the lock gets it again', ['life'], (look) => {
    if (answered(look.endedWith('life', 'propose online', [0]), '', '') !== passed)
      throw new NotReached('The lock was not given.');
    return answered(
      look.endedWith('life', 'propose again', [0]),
      'to the host that holds the lock',
      'Compare the master in the statefile with the own HostID before refusing.',
    );
  }),
  sequence('lock-shown', 'sequences.master', 'the liveset names the holder of the lock', ['life'], (look) => {
    if (answered(look.endedWith('life', 'propose online', [0]), '', '') !== passed)
      throw new NotReached('The lock was not given.');
    return mustBe(
      look.endedWith('life', 'query master', [0]),
      'master',
      true,
      'after ha_propose_master printed TRUE',
      'Answer TRUE only when the daemon has learned who is master, or let queries read the statefile.',
    );
  }),
  sequence('disarmed', 'sequences.disarm', 'ha_disarm_fencing closes the watchdog', ['life'], (look) => {
    look.endedWith('life', 'disarm', [0]);
    if (!look.host('life', 'look disarmed').watchdogArmed) return passed;
    return failed(
      'The watchdog is still armed after ha_disarm_fencing has succeeded.',
      'A watchdog that was closed in order.',
      'Write V to /dev/watchdog and close it; return when that is done.',
    );
  }),
  sequence('stopped', 'sequences.stop', 'ha_stop_daemon leaves no process and no armed watchdog', ['life'], (look) => {
    look.endedWith('life', 'stop', [0]);
    return atRest(
      look,
      look.host('life', 'look stopped'),
      'after ha_stop_daemon has succeeded',
      'Wait for the end of the daemon and of all its children before returning.',
    );
  }),
  sequence('not-excluded', 'sequences.excluded', 'a host that joins again is not excluded', ['exclusion'], (look) =>
    mustBe(
      look.endedWith('exclusion', 'query after joining', [0]),
      'excluded',
      false,
      'after the host has joined again',
      'Take the mark away when the host joins.',
    ),
  ),
  {
    ...sequence(
      'cleared',
      'sequences.excluded',
      'a host whose mark was cleared is not excluded',
      ['exclusion'],
      (look) =>
        mustBe(
          look.endedWith('exclusion', 'query after clearing', [0]),
          'excluded',
          false,
          'after ha_clear_excluded and a start',
          'Take the mark away in the statefile.',
        ),
    ),
    optionalScript: 'ha_clear_excluded',
  },
  sequence(
    'init-forgets',
    'sequences.init-again',
    'init forgets master and excluded hosts',
    ['exclusion', 'life'],
    (look) => {
      // A stack that always shows a master is found where nobody asked for the lock.
      if (fieldOf(look.endedWith('life', 'query online', [0]), 'master'))
        throw new NotReached('A host that never asked for the lock is shown as master.');
      const anew = look.endedWith('exclusion', 'query anew', [0]);
      const master = mustBe(anew, 'master', false, 'after the pool was initialised anew', initForgets);
      return master.kind === 'passed'
        ? mustBe(anew, 'excluded', false, 'after the pool was initialised anew', initForgets)
        : master;
    },
  ),
  sequence('invalid-ends', 'sequences.invalid', 'invalid ends the daemon', ['invalid'], (look) => {
    look.endedWith('invalid', 'invalid', [0]);
    const last = look.step('invalid', 'daemon ends').calls.at(-1);
    if (last?.exitCode === 14 && !last.timedOut) return passed;
    if (last?.exitCode !== 0 || last.timedOut) throw new NotReached('The queries after invalid failed in another way.');
    return failed(
      `Long after ha_set_pool_state invalid, ${foundOf(last)}`,
      'A daemon that ends when it reads that the pool is invalid.',
      'Read the state of the pool at each turn of the daemon, and end in order when it is invalid.',
    );
  }),
  sequence(
    'invalid-calm',
    'sequences.invalid',
    'invalid ends the daemon with fencing off',
    ['life', 'invalid'],
    (look) => {
      if (look.step('invalid', 'daemon ends').values['reached'] !== true)
        throw new NotReached('The daemon did not end.');
      return atRest(
        look,
        look.host('invalid', 'look'),
        'after the pool was made invalid',
        'Close the watchdog before the daemon ends: nobody is protected any more, so nobody need be fenced.',
      );
    },
  ),
  sequence(
    'failed-start',
    'sequences.failed-start',
    'a start that failed leaves nothing behind',
    ['life', 'before', 'configuration', 'invalid'],
    (look) => {
      const wayOut =
        'Look at configuration, statefile and state of the pool before the watchdog is opened, and end the daemon when it cannot join.';
      const looks = [
        ['before', 'start', 'look'],
        ['invalid', 'start invalid', 'look after start'],
        ['configuration', 'start with a damaged statefile', 'look after failed starts'],
      ] as const;
      let judged = false;
      for (const [story, start, step] of looks) {
        const told = look.transcript.stories.get(story)?.steps;
        const code = told?.get(start)?.calls[0]?.exitCode;
        // One that succeeded against the contract has a check of its own.
        if (code === undefined || code === 0 || code === 15 || told?.get(step) === undefined) continue;
        judged = true;
        const verdict = atRest(
          look,
          look.host(story, step),
          `after ha_start_daemon has failed with ${String(code)}`,
          wayOut,
        );
        if (verdict.kind === 'failed') return verdict;
      }
      if (!judged) throw new NotReached('No start has failed.');
      return passed;
    },
  ),
];

export const effectChecks: readonly Check[] = [
  {
    id: 'arguments.no-effect',
    group: 'arguments',
    line: 'arguments.no-effect',
    title: 'wrong words leave the statefile as it was',
    stories: ['before'],
    hosts: 1,
    judge: (look) => {
      if (look.step('before', 'statefile after wrong words').values['same'] === true) return passed;
      return failed(
        'The statefile has changed while ha_set_pool_state was called with wrong words.',
        'A statefile that is as it was.',
        'Look at the words before anything is written.',
      );
    },
  },
  {
    id: 'environment.path',
    group: 'environment',
    line: 'calling.path',
    title: 'without its directory in PATH a script refuses, or works',
    stories: ['before', 'environment: path'],
    hosts: 1,
    judge: (look) => {
      look.endedWith('before', 'query', [14]);
      const call = look.ended('environment: path', 'query');
      if ([14, 16].includes(call.exitCode)) return passed;
      return failed(
        `Without the directory of the stack in PATH, ${foundOf(call)}`,
        'Exit code 16 (INVALID_ENVIRONMENT), or the usual 14.',
        'Look in PATH for another script of the stack, and exit 16 when it is not there.',
      );
    },
  },
];
