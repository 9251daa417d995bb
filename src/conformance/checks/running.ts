/** Time limits, many calls, other callers, signals. */
import { type Script, scriptNames, scripts } from '../../stack/contract.ts';
import { type Check, failed, passed, type Verdict } from '../check.ts';
import { commandOf, endingOf, type Look, NotReached, placeOf } from '../look.ts';
import { codesOf, foundOf } from '../plan.ts';
import { refusedScripts } from '../stories/privilege.ts';
import type { CallRecord } from '../transcript.ts';
import { faultOf } from './output.ts';

/** Stories in which a script is called in order. */
const orderly = ['life', 'before', 'exclusion', 'invalid', 'configuration', 'weights', 'calls'] as const;

export const timeChecks: readonly Check[] = scriptNames
  // It is meant to go on.
  .filter((name) => name !== 'ha_watch_liveset')
  .map((name) => ({
    id: `time.${name.replaceAll('_', '-')}`,
    group: 'time',
    line: 'calling.time-limit',
    title: `${name} ends by itself in time`,
    stories: scripts[name].required ? orderly : ['exclusion', 'weights'],
    hosts: 1,
    ...(scripts[name].required ? {} : { optionalScript: name }),
    judge: (look) => {
      const late = look.callsOf(name, orderly).find(({ timedOut }) => timedOut);
      if (late === undefined) return passed;
      return failed(
        `${commandOf(late)} ${placeOf(late.state)} ended ${endingOf(late)}.`,
        `An end within ${String(late.limitMs)} ms; the agent gives it up after ${String(scripts[name].timeLimitMs / 1000)} s.`,
        'Give a time limit to everything that waits: for the daemon, for a lock, for the disk. Say what it waited for, and exit 2 or 3.',
      );
    },
  }));

/** Stories whose calls are as the agent makes them, on a machine where nothing else is wrong. */
const plain = ['life', 'before', 'exclusion', 'invalid', 'configuration', 'weights'] as const;

export const codeCheck: Check = {
  id: 'codes.known',
  group: 'exit-codes',
  line: 'calling.codes',
  title: 'every call ends with a code that the contract has for that script',
  stories: [...plain],
  hosts: 1,
  judge: (look) => {
    const calls = plain.flatMap((name) =>
      [...(look.transcript.stories.get(name)?.steps.values() ?? [])].flatMap((step) => step.calls),
    );
    const strange = calls.find(({ script, exitCode, timedOut, hostEnded }) => {
      const known = scriptNames.find((name) => name === script);
      if (known === undefined || timedOut || hostEnded) return false;
      const { exitCodes }: Script = scripts[known];
      return exitCode === undefined || !exitCodes.includes(exitCode);
    });
    if (strange === undefined) return passed;
    return failed(
      foundOf(strange),
      `A code that the contract has for ${strange.script}.`,
      'Look at the result of every program that is called, and end with a code of the table; set -e ends with the code of that program.',
    );
  },
};

/** The first call of a step that did not do as it should, and what was wrong with its liveset where it printed one. */
function queriesOf(look: Look, step: string, codes: readonly number[]): Verdict {
  const others = look.step('calls', step).calls;
  for (const call of others) {
    if (call.script !== 'ha_query_liveset') continue;
    if (call.timedOut) throw new NotReached(`${commandOf(call)} ended ${endingOf(call)}.`);
    const wayOut =
      'Answer queries from what the daemon wrote last, as a whole, and do not let them wait for a lock that a change holds.';
    if (call.exitCode === undefined || !codes.includes(call.exitCode))
      return failed(foundOf(call), `Exit code ${codesOf(codes)} of each query.`, wayOut);
    const fault = call.exitCode === 0 ? faultOf(call.stdout) : undefined;
    if (fault !== undefined)
      return failed(`One of the livesets is no XML document: ${fault}.`, 'A whole document from each query.', wayOut);
  }
  return passed;
}

function manyCalls(id: string, step: string, title: string, codes: readonly number[] = [0]): Check {
  return {
    id: `calls.${id}`,
    group: 'calls',
    line: 'calling.concurrent',
    title,
    stories: ['life', 'calls'],
    hosts: 1,
    judge: (look) => {
      // One query alone has to be right before many can be judged.
      const alone = look.endedWith('life', 'query online', [0]);
      if (codes.includes(14)) look.endedWith('life', 'query stopped', [14]);
      if (faultOf(alone.stdout) !== undefined) throw new NotReached('What ha_query_liveset prints is no XML document.');
      return queriesOf(look, step, codes);
    },
  };
}

export const callChecks: readonly Check[] = [
  manyCalls('serial', 'one after another', 'queries one after another all answer'),
  manyCalls('at-once', 'at once', 'twenty queries at the same time all answer'),
  manyCalls('during-propose', 'while a master is chosen', 'queries answer while a master is chosen'),
  manyCalls('during-change', 'while the state is set', 'queries answer while the state of the pool is set'),
  manyCalls('during-stop', 'while it stops', 'queries answer, or say that there is no daemon, while it stops', [0, 14]),
  manyCalls(
    'during-start',
    'while it starts',
    'queries answer, or say that there is no daemon, while it starts',
    [0, 14],
  ),
  {
    id: 'calls.daemon-after-many',
    group: 'calls',
    line: 'calling.concurrent',
    title: 'the daemon answers after many calls',
    stories: ['life', 'calls'],
    hosts: 1,
    judge: (look) => {
      look.endedWith('life', 'query online', [0]);
      const call = look.call('calls', 'after all that');
      if (call.exitCode === 0) return passed;
      return failed(
        foundOf(call),
        'Exit code 0: the daemon goes on.',
        'Close every connection and descriptor of a query that has ended.',
      );
    },
  },
];

export const privilegeChecks: readonly Check[] = [
  ...refusedScripts.map(
    (script): Check => ({
      id: `privilege.${script.replaceAll('_', '-')}`,
      group: 'privilege',
      line: 'calling.root',
      title: `${script} refuses everybody but root`,
      stories: ['privilege'],
      hosts: 1,
      ...(scripts[script].required ? {} : { optionalScript: script }),
      judge: (look) => {
        const call = look.ended('privilege', script);
        if (call.exitCode === 16) return passed;
        return failed(
          `Called by nobody: ${foundOf(call)}`,
          `Exit code ${codesOf([16])}.`,
          'Begin every script with [ "$(id -u)" = 0 ] || exit 16.',
        );
      },
    }),
  ),
  {
    id: 'privilege.no-effect',
    group: 'privilege',
    line: 'calling.root',
    title: 'calls of somebody else change nothing',
    stories: ['privilege'],
    hosts: 1,
    judge: (look) => {
      const call = look.ended('privilege', 'query afterwards');
      if (call.exitCode === 0) return passed;
      return failed(`Afterwards ${foundOf(call)}`, 'A daemon that runs on.', 'Look who calls before anything is done.');
    },
  },
];

function repeated(
  script: string,
  step: string,
  codes: readonly number[],
  baseline?: readonly [story: string, step: string],
): Check {
  return {
    id: `signals.${step.replaceAll(/[^a-z0-9]+/g, '-')}`,
    group: 'signals',
    line: 'calling.killed-change',
    title: `${script} can be repeated after it was killed`,
    stories: ['signals', ...(baseline === undefined ? [] : [baseline[0]])],
    hosts: 1,
    judge: (look) => {
      if (baseline !== undefined) look.endedWith(...baseline, [0]);
      // It works when nothing was killed, so that hanging is as good as any other failure.
      const call = look.call('signals', step);
      if (call.exitCode !== undefined && !call.timedOut && codes.includes(call.exitCode)) return passed;
      return failed(
        `After it was killed, ${foundOf(call)}`,
        `Exit code ${codesOf(codes)}.`,
        'Use locks that end with the process (flock), and replace files as a whole, so that a script that is killed leaves nothing half done.',
      );
    },
  };
}

export const signalChecks: readonly Check[] = [
  {
    id: 'signals.killed-query',
    group: 'signals',
    line: 'calling.killed-query',
    title: 'queries that are killed do not harm the daemon',
    stories: ['life', 'signals'],
    hosts: 1,
    judge: (look) => {
      look.endedWith('life', 'query online', [0]);
      const call: CallRecord = look.call('signals', 'query after killing queries');
      if (call.exitCode === 0) return passed;
      return failed(
        `After queries had been killed, ${foundOf(call)}`,
        'Exit code 0: the daemon goes on.',
        'Take no lock in a query that outlives the process, and let the daemon ignore SIGPIPE.',
      );
    },
  },
  repeated('ha_set_pool_state active', 'repeat ha_set_pool_state', [0], ['life', 'active again']),
  repeated('ha_propose_master', 'repeat ha_propose_master', [0], ['life', 'propose again']),
  repeated('ha_disarm_fencing', 'repeat ha_disarm_fencing', [0], ['life', 'disarm again']),
  repeated('ha_stop_daemon', 'repeat ha_stop_daemon', [0], ['life', 'stop again']),
  repeated('ha_set_excluded', 'repeat ha_set_excluded', [0], ['exclusion', 'exclude again']),
  repeated('ha_set_pool_state init', 'repeat init', [0], ['life', 'init again']),
  repeated('ha_start_daemon', 'repeat ha_start_daemon', [0, 15], ['life', 'start']),
  {
    id: 'signals.start-goes-on',
    group: 'signals',
    line: 'calling.killed-change',
    title: 'after a start that was killed, a second one leads to a daemon that answers',
    stories: ['life', 'signals'],
    hosts: 1,
    judge: (look) => {
      look.endedWith('life', 'start again', [0]);
      look.endedWith('signals', 'repeat ha_start_daemon', [0, 15]);
      const { values, calls } = look.step('signals', 'query after a killed start');
      const last = calls.at(-1);
      if (values['reached'] === true || last === undefined) return passed;
      return failed(
        foundOf(last),
        'Exit code 0 soon after.',
        'Let what says that there is a daemon be made by the daemon itself, not by ha_start_daemon.',
      );
    },
  },
];
