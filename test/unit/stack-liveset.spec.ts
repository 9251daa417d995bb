import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../../src/lib/limits.ts';
import { StackFault } from '../../src/stack/fault.ts';
import { readLiveset } from '../../src/stack/liveset.ts';
import { hostUuids, livesetText } from '../lib/liveset.ts';
import { skip } from '../lib/skip.ts';

const recordings = join(import.meta.dirname, '../../../shared/data/xhad');

describe('the reader of livesets', () => {
  const read = (document: string | Uint8Array) => readLiveset(document, limits);
  const three = livesetText({ hosts: hostUuids(3), changed: { '1/liveness': 'FALSE' } });

  const refused = (document: string | Uint8Array, message: RegExp | string, reason = 'unreadable'): void => {
    assert.throws(
      () => read(document),
      (error) => {
        assert(error instanceof StackFault);
        assert.equal(error.reason, reason);
        if (typeof message === 'string') assert.equal(error.message, message);
        else assert.match(error.message, message);
        return true;
      },
    );
  };

  it('reads everything that the original prints', () => {
    const liveset = read(three);
    const [first, second] = liveset.hosts;
    assert.equal(liveset.status, 'Online');
    assert.deepEqual(liveset.localhost, { hostId: hostUuids(1)[0], hostIndex: 0 });
    assert.deepEqual(first, {
      hostId: hostUuids(1)[0],
      hostIndex: 0,
      liveness: true,
      master: true,
      statefileAccess: true,
      statefileCorrupted: false,
      excluded: false,
    });
    assert.equal(second?.liveness, false);
    assert.deepEqual(liveset.raw?.statefileLatency, { last: 3, most: 7, least: -1 });
    assert.deepEqual(liveset.raw?.hosts[2]?.statefileByHeartbeat, hostUuids(3));
    assert.equal(liveset.raw?.hosts[2]?.sinceStatefileUpdateMs, 534);
    assert.equal(liveset.timeouts?.statefileWatchdogMs, 75_000);
    assert.equal(liveset.warnings?.statefileLost, false);
  });

  it('reads a host that is starting', () => {
    const { status, hosts, raw } = read(livesetText({ hosts: hostUuids(1), status: 'Starting' }));
    assert.deepEqual([status, hosts, raw], ['Starting', [], undefined]);
  });

  it('reads the recordings of the original', function () {
    if (!existsSync(recordings)) skip(this, 'the recordings are not there');
    const files = readdirSync(recordings).filter((name) => name.endsWith('.out'));
    const livesets = files
      .map((name) => readFileSync(join(recordings, name)))
      .filter((text) => text.includes('ha_liveset'));
    assert(livesets.length >= 4);
    for (const liveset of livesets) assert.equal(read(liveset).hosts.length, 3);
  });

  it('names what is missing by its path', () => {
    refused(three.replace('<liveness>FALSE</liveness>', ''), 'ha_liveset_info/host[2]/liveness is missing');
    refused(three.replace('<status>Online</status>', ''), 'ha_liveset_info/status is missing');
    refused(three.replaceAll(/<host>[^]*<\/host>/g, ''), 'ha_liveset_info/host is missing, and the status is Online');
    refused(
      three.replace('<heartbeat_latency_max>7</heartbeat_latency_max>', ''),
      /raw_status_on_local_host\/heartbeat_latency_max is missing$/,
    );
    refused(
      three.replace('<statefile_lost>FALSE</statefile_lost>', ''),
      /warning_on_local_host\/statefile_lost is missing$/,
    );
  });
});
