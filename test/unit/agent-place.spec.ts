import assert from 'node:assert/strict';
import { ownDirectory, placesFor } from '../../src/cli/agent-place.ts';
import type { GlobalOptions } from '../../src/cli/options.ts';
import { chooseSocket, type Surroundings } from '../../src/cli/socket.ts';

const options: GlobalOptions = { minimal: false, json: false, color: true, help: false, version: false };

function surroundings(environment: Record<string, string>, ...there: readonly string[]): Surroundings {
  return { environment, checkout: '/checkout', exists: (path) => there.includes(path) };
}

function directoryOf(given: Partial<GlobalOptions>, around: Surroundings): string | undefined {
  const all = { ...options, ...given };
  return ownDirectory(all, chooseSocket(all, around), around);
}

describe('the place of the agent that is meant', () => {
  const stopped = surroundings({}, '/checkout/.run/state.db');

  it('is the checkout when an agent has run there, also while it does not run', () => {
    assert.equal(directoryOf({}, stopped), '/checkout/.run');
    assert.equal(directoryOf({}, surroundings({}, '/checkout/.run/xapi')), '/checkout/.run');
    assert.equal(directoryOf({}, surroundings({})), undefined);
  });

  it('is what was named, whatever there is', () => {
    assert.equal(directoryOf({ dir: '/tmp/a' }, stopped), '/tmp/a');
    assert.equal(directoryOf({ socket: '/tmp/b/xapi' }, stopped), '/tmp/b');
    assert.equal(directoryOf({ socket: '/var/lib/xcp/xapi' }, stopped), undefined);
    assert.equal(directoryOf({}, surroundings({ QUORATE_SOCKET: '/tmp/c/xapi' }, '/checkout/.run/state.db')), '/tmp/c');
    assert.equal(
      directoryOf({}, surroundings({ QUORATE_SOCKET: '/var/lib/xcp/xapi' }, '/checkout/.run/state.db')),
      undefined,
    );
  });

  it('takes no settings from the variable that names the socket', () => {
    const around = surroundings({ QUORATE_SOCKET: '/tmp/c/xapi', QUORATE_LOG_LEVEL: 'warn' });
    const places = placesFor(options, '/tmp/c/xapi', around, '/x.conf');
    assert.deepEqual(places.environment, { QUORATE_LOG_LEVEL: 'warn' });
    assert.equal(places.ownDirectory, '/tmp/c');
    assert.equal(places.config, '/x.conf');
  });
});
