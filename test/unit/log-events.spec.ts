import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logEvents } from '../../src/lib/log-events.ts';
import { logEventNames } from '../lib/log-event-names.ts';

const root = join(import.meta.dirname, '../..');

describe('the catalogue of log events', () => {
  it('names every event that the source gives to the log, and no other', () => {
    // The simulated world keeps a log that was made elsewhere.
    const paths = globSync('src/**/*.ts', { cwd: root }).filter((path) => !path.endsWith('simulated/trace.ts'));
    const found = paths.map((path) => logEventNames(path, readFileSync(join(root, path), 'utf8')));
    assert.deepEqual(
      found.flatMap(({ faults }) => faults),
      [],
    );
    const named = new Set(found.flatMap(({ names }) => [...names]));
    const listed = new Set(Object.keys(logEvents));
    assert.deepEqual([...named.difference(listed)].toSorted(), [], 'add them to src/lib/log-events.ts');
    assert.deepEqual([...listed.difference(named)].toSorted(), [], 'src/lib/log-events.ts has events of nobody');
  });

  it('is in order, in names of one style and whole sentences', () => {
    const names = Object.keys(logEvents);
    assert.deepEqual(names, names.toSorted());
    for (const [name, meaning] of Object.entries(logEvents)) {
      assert.match(name, /^[a-z]+(?:-[a-z]+)+$/);
      assert.match(meaning, /^[A-Za-z].*\.$/, name);
    }
  });

  it('is compared with names wherever they stand', () => {
    const text = `
      log.write('info', 'plain-one', 'x');
      this.#log.write(level, good ? 'either-one' : 'other-one', 'x');
      class A { end(session: string, event: string) { world.log.write('info', event, 'x'); } go() { this.end('s', 'given-one'); } }
      const line = { level: 'warn', event: 'made-one' };
      file.write(1, 'not-one');
    `;
    const { names, faults } = logEventNames('a.ts', text);
    assert.deepEqual(faults, []);
    assert.deepEqual([...names], ['plain-one', 'either-one', 'other-one', 'given-one', 'made-one']);
    assert.deepEqual(logEventNames('b.ts', "log.write('info', nameOf(it), 'x');").faults, [
      'b.ts: cannot tell which event nameOf(it) is',
    ]);
  });
});
