/** When a host ends. */
import { type Check, failed, passed } from '../check.ts';
import type { ContractLine } from '../contract-lines.ts';
import { NotReached } from '../look.ts';

const calmStories = ['fencing: calm', 'life', 'exclusion', 'calls', 'weights'] as const;

function struck(id: string, story: string, signal: string, line: ContractLine, title: string, wayOut: string): Check {
  return {
    id: `fencing.${id}`,
    group: 'fencing',
    line,
    title,
    stories: [story],
    hosts: 1,
    judge: (look) => {
      const { values, calls } = look.step(story, signal);
      if (values['processes'] === 0) throw new NotReached('The stack runs no process that could be struck.');
      if (values['fenced'] === true) return passed;
      const [call] = calls;
      if (call?.exitCode === 0 && !call.timedOut && signal === 'SIGKILL') return passed;
      return failed(
        `The host lives on ${String(values['limitMs'])} ms later, unfenced.`,
        'A host that is fenced, or a daemon that is back at work.',
        wayOut,
      );
    },
  };
}

export const fencingChecks: readonly Check[] = [
  {
    id: 'fencing.calm',
    group: 'fencing',
    line: 'fencing.calm',
    title: 'no host is fenced while all is in order',
    stories: [...calmStories],
    hosts: 1,
    judge: (look) => {
      look.endedWith('life', 'start', [0]);
      for (const name of calmStories) {
        const [end] = look.transcript.stories.get(name)?.unexpectedEnds ?? [];
        if (end === undefined) continue;
        return failed(
          `The host was ended by ${end.by} in the story "${name}", where nothing was wrong.`,
          'A host that lives on.',
          'Feed the watchdog well within its time, and close it in order: V, then close.',
        );
      }
      return passed;
    },
  },
  struck(
    'killed',
    'fencing: killed',
    'SIGKILL',
    'fencing.daemon-killed',
    'a daemon that is killed takes its host with it',
    'Let the daemon itself hold the watchdog open, and let it be closed without a V when it dies.',
  ),
  struck(
    'stuck',
    'fencing: stuck',
    'SIGSTOP',
    'fencing.daemon-stuck',
    'a daemon that stands still takes its host with it',
    'Feed the watchdog from the daemon, and never from a helper that goes on without it.',
  ),
  {
    id: 'fencing.disarmed',
    group: 'fencing',
    line: 'fencing.disarmed',
    title: 'a daemon that is killed after ha_disarm_fencing fences nobody',
    stories: ['life', 'fencing: disarmed'],
    hosts: 1,
    judge: (look) => {
      // A watchdog that is still open then is found without waiting for it.
      if (look.host('life', 'look disarmed').watchdogArmed)
        throw new NotReached('The watchdog is armed after ha_disarm_fencing.');
      if (look.step('fencing: disarmed', 'SIGKILL').values['fenced'] !== true) return passed;
      return failed(
        'The host was fenced.',
        'A host that lives on.',
        'Close everything that could fence at ha_disarm_fencing.',
      );
    },
  },
];
