/** What is left behind, what the daemon holds on to, and what ha_watch_liveset tells. */
import { type Check, failed, passed, type Verdict } from '../check.ts';
import { type Look, NotReached } from '../look.ts';
import { codesOf, firstLine, foundOf } from '../plan.ts';
import type { CallRecord } from '../transcript.ts';
import { readXml, XmlFault } from '../xml.ts';
import { shapeOf } from './liveset-faults.ts';
import { faultOf } from './output.ts';

/** What `/proc/PID/stat` told of a process. */
interface Listed {
  readonly pid: number;
  readonly state: string;
  readonly text: string;
}

function listedIn(call: CallRecord): readonly Listed[] {
  return call.stdout.split('\n').flatMap((line) => {
    const [pid, state] = line.split(' ');
    return state === undefined ? [] : [{ pid: Number(pid), state, text: line }];
  });
}

/** How many processes may come and go under a daemon at work. */
const breath = 4;

export const cleanlinessChecks: readonly Check[] = [
  {
    id: 'cleanliness.processes',
    group: 'cleanliness',
    line: 'calling.clean',
    title: 'queries leave no process behind',
    stories: ['cleanliness'],
    hosts: 1,
    judge: (look) => {
      const earlier = look.host('cleanliness', 'before queries').processes;
      const later = look.host('cleanliness', 'queries').processes;
      if (later.length <= earlier.length + breath) return passed;
      const fresh = later.filter(({ pid }) => !earlier.some((other) => other.pid === pid));
      return failed(
        `Ten queries have left ${String(later.length - earlier.length)} processes more than before, such as ${fresh[0]?.command ?? 'one that has gone'}.`,
        'As many processes as before.',
        'Wait for every child that a script starts, and leave none in the background.',
      );
    },
  },
  {
    id: 'cleanliness.zombies',
    group: 'cleanliness',
    line: 'calling.clean',
    title: 'the daemon leaves no zombies',
    stories: ['cleanliness'],
    hosts: 1,
    judge: (look) => {
      const listing = look.step('cleanliness', 'queries').calls.find(({ script }) => script === 'processes');
      if (listing === undefined) throw new NotReached('The processes were not listed.');
      const zombies = listedIn(listing).filter(({ state }) => state === 'Z');
      // One may just be on its way.
      if (zombies.length <= 1) return passed;
      return failed(
        `There are ${String(zombies.length)} zombies, such as ${zombies[0]?.text ?? ''}.`,
        'None.',
        'Wait for the children of the daemon.',
      );
    },
  },
  {
    id: 'cleanliness.own-directory',
    group: 'cleanliness',
    line: 'files.untouched',
    title: 'nothing is written to the directory of the stack',
    stories: ['life', 'exclusion', 'own directory'],
    hosts: 1,
    judge: (look) => {
      look.endedWith('life', 'stop', [0]);
      const call = look.endedWith('own directory', 'life of a copy', [0]);
      const fresh = call.stdout.split('\n').find((name) => name !== '');
      if (fresh === undefined) return passed;
      return failed(
        `After a life there is a new ${fresh} in the directory of the stack.`,
        'A directory that is as it was.',
        'Keep what changes below /run or /var/lib. A redirection such as >1 instead of >&1 makes files, too.',
      );
    },
  },
  {
    id: 'cleanliness.pipes',
    group: 'cleanliness',
    line: 'calling.detached',
    title: 'the daemon holds no pipe of its caller',
    stories: ['detachment'],
    hosts: 1,
    judge: (look) => {
      const call = look.ended('detachment', 'start with a pipe');
      if (!call.stdout.includes('code 0'))
        throw new NotReached(`ha_start_daemon with a pipe: ${firstLine(call.stdout)}`);
      if (call.stdout.includes('pipe 0')) return passed;
      return failed(
        'Somebody who reads what ha_start_daemon prints reads for as long as the daemon lives.',
        'A pipe that is closed when ha_start_daemon has ended.',
        'Start the daemon with </dev/null >/dev/null 2>&1, or with a log.',
      );
    },
  },
  {
    id: 'cleanliness.caller',
    group: 'cleanliness',
    line: 'calling.detached',
    title: 'the daemon lives on when its caller is killed',
    stories: ['life', 'detachment'],
    hosts: 1,
    judge: (look) => {
      look.endedWith('life', 'start again', [0]);
      const call = look.step('detachment', 'start and die').calls.find(({ script }) => script === 'ha_query_liveset');
      if (call === undefined || call.timedOut) throw new NotReached('Nobody could ask the daemon.');
      if (call.exitCode === 0) return passed;
      return failed(
        `After the process group of its caller was killed, ${foundOf(call)}`,
        'A daemon that answers.',
        'Start the daemon in a session of its own: setsid. The agent ends the process group of a script that has ended.',
      );
    },
  },
];

/** The documents that ha_watch_liveset printed, as text. */
function printedBy(look: Look): readonly string[] {
  const lines = look.step('watch', 'watch').lines.map(({ line }) => line);
  return lines
    .join('\n')
    .split(/\n\n+/)
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

function showsMaster(text: string): boolean {
  return /<master>\s*TRUE/.test(text);
}

function watching(id: string, line: Check['line'], title: string, judge: (look: Look) => Verdict): Check {
  return {
    id: `watch.${id}`,
    group: 'watch',
    line,
    title,
    stories: ['life', 'watch'],
    hosts: 1,
    optionalScript: 'ha_watch_liveset',
    judge,
  };
}

const anEmptyLine = 'Print a whole liveset and an empty line at the start, and flush what is printed.';

function endedWith14(look: Look, step: string, when: string): Verdict {
  const call = look.call('watch', step);
  if (!call.timedOut && call.exitCode === 14) return passed;
  return failed(
    `${when}: ${foundOf(call)}`,
    `Exit code ${codesOf([14])}.`,
    'Look for the daemon each time before waiting.',
  );
}

export const watchChecks: readonly Check[] = [
  watching('first', 'watch.first', 'ha_watch_liveset prints the liveset at its start', (look) => {
    const query = look.endedWith('life', 'query online', [0]);
    if (faultOf(query.stdout) !== undefined) throw new NotReached('What ha_query_liveset prints is no XML document.');
    const { values } = look.step('watch', 'watch');
    if (values['first'] !== true)
      return failed('It printed no liveset followed by an empty line.', 'A liveset soon after the start.', anEmptyLine);
    const fault = faultOf(printedBy(look)[0] ?? '');
    return fault === undefined
      ? passed
      : failed(`What it printed first is no XML document: ${fault}.`, 'A whole liveset.', anEmptyLine);
  }),
  watching('change', 'watch.change', 'ha_watch_liveset prints the liveset when the master changes', (look) => {
    if (look.step('watch', 'watch').values['first'] !== true) throw new NotReached('It printed no first liveset.');
    const proposed = look.step('watch', 'watch').calls.find(({ script }) => script === 'ha_propose_master');
    if (proposed?.stdout.trim() !== 'TRUE') throw new NotReached('The lock of the master was not given.');
    if (!showsMaster(look.endedWith('life', 'query master', [0]).stdout)) {
      throw new NotReached('ha_query_liveset does not show the master either.');
    }
    const later = printedBy(look).slice(1);
    if (later.some(showsMaster)) return passed;
    return failed(
      `After ha_propose_master it printed ${later.length === 0 ? 'nothing' : 'livesets without a master'}.`,
      'A liveset with the master.',
      'Compare what the daemon tells with what was printed last, without the numbers.',
    );
  }),
  watching('same', 'watch.same', 'ha_watch_liveset prints what ha_query_liveset prints', (look) => {
    const { values, calls } = look.step('watch', 'watch');
    if (values['first'] !== true) throw new NotReached('It printed no first liveset.');
    const query = calls.find(({ script }) => script === 'ha_query_liveset');
    if (query?.exitCode !== 0) throw new NotReached('ha_query_liveset did not answer.');
    try {
      const [first, second] = ['query master', 'query master again'].map((step) =>
        shapeOf(readXml(look.endedWith('life', step, [0]).stdout)),
      );
      if (first !== second) throw new NotReached('Two answers of ha_query_liveset differ as well.');
      if (shapeOf(readXml(printedBy(look)[0] ?? '')) === shapeOf(readXml(query.stdout))) return passed;
    } catch (thrown) {
      if (thrown instanceof XmlFault) throw new NotReached('One of the two is no XML document.');
      throw thrown;
    }
    return failed(
      'The first liveset that it printed differs from the answer of a query in more than numbers.',
      'The same.',
      'Print both from the same file or with the same function.',
    );
  }),
  watching('ends', 'watch.ends', 'ha_watch_liveset ends when it is told to', (look) => {
    if (look.step('watch', 'after it was ended').values['left'] !== true) return passed;
    return failed('It runs on after SIGTERM.', 'No process of it.', 'Do not catch SIGTERM, or end when it comes.');
  }),
  watching('daemon-ends', 'watch.no-daemon', 'ha_watch_liveset ends when the daemon ends', (look) => {
    look.endedWith('watch', 'stop', [0]);
    return endedWith14(look, 'while the daemon ends', 'When the daemon was stopped');
  }),
  watching('no-daemon', 'watch.no-daemon', 'ha_watch_liveset says that there is no daemon', (look) => {
    look.endedWith('watch', 'stop', [0]);
    return endedWith14(look, 'without daemon', 'Without a daemon');
  }),
];
