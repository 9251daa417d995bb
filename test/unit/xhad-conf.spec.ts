import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { limits } from '../../src/lib/limits.ts';
import { StackFault } from '../../src/stack/fault.ts';
import {
  parameterElements,
  readXhadConfiguration,
  watchdogModes,
  writeXhadConfiguration,
  type XhadConfiguration,
} from '../../src/stack/xhad-conf.ts';
import { skip } from '../lib/skip.ts';

const sample = join(import.meta.dirname, '../../../shared/data/xhad/xhad.conf.sample');

const plain: XhadConfiguration = {
  generation: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
  udpPort: 694,
  hosts: [
    { uuid: '11111111-1111-4111-8111-111111111111', address: '10.0.0.1' },
    { uuid: '22222222-2222-4222-8222-222222222222', address: 'fe80::2' },
  ],
  parameters: { heartbeatIntervalSeconds: 1, statefileTimeoutSeconds: 0.25, restartAttemptCount: 3 },
  local: {
    uuid: '22222222-2222-4222-8222-222222222222',
    heartbeatInterface: 'xenbr0',
    heartbeatPhysicalInterface: 'eth0',
    statefile: '/dev/sm/a&b<c>',
    watchdogMode: 'USER',
  },
};

describe('xhad.conf', () => {
  const read = (text: string) => readXhadConfiguration(text, limits);

  it('is written as stacks read it', () => {
    const text = writeXhadConfiguration(plain);
    assert.match(text, /^<\?xml version="1.0" encoding="utf-8"\?>\n<xhad-config version="1.0">\n {2}<common-config>\n/);
    assert.match(text, /<parameters>\n\s+<HeartbeatInterval>1<\/HeartbeatInterval>\n\s+<StateFileTimeout>0.25</);
    assert.match(text, /<StateFile>\/dev\/sm\/a&amp;b&lt;c&gt;<\/StateFile>/);
  });

  it('reads back what it writes', () => {
    const uuid = fc.uuid();
    const seconds = fc.nat({ max: 1_000_000 }).map((milliseconds) => milliseconds / 1000);
    const parameters = fc.record(Object.fromEntries(Object.keys(parameterElements).map((name) => [name, seconds])), {
      requiredKeys: [],
    });
    const word = fc.stringMatching(/^[!-~]{1,20}$/);
    const configurations = fc
      .record({
        generation: uuid,
        udpPort: fc.integer({ min: 1, max: 65_535 }),
        hosts: fc.uniqueArray(fc.record({ uuid, address: fc.ipV4() }), {
          minLength: 1,
          maxLength: 64,
          selector: (host) => host.uuid,
        }),
        parameters,
        interface: word,
        physical: fc.option(word, { nil: undefined }),
        statefile: word,
        mode: fc.option(fc.constantFrom(...watchdogModes), { nil: undefined }),
        own: fc.nat(),
      })
      .map(
        (made): XhadConfiguration => ({
          generation: made.generation,
          udpPort: made.udpPort,
          hosts: made.hosts,
          parameters: made.parameters,
          local: {
            uuid: made.hosts[made.own % made.hosts.length]?.uuid ?? '',
            heartbeatInterface: made.interface,
            ...(made.physical === undefined ? {} : { heartbeatPhysicalInterface: made.physical }),
            statefile: `/${made.statefile}`,
            ...(made.mode === undefined ? {} : { watchdogMode: made.mode }),
          },
        }),
      );
    fc.assert(
      fc.property(configurations, (configuration) => {
        // What fast-check makes has no prototype.
        assert.deepEqual(read(writeXhadConfiguration(configuration)), JSON.parse(JSON.stringify(configuration)));
      }),
    );
  });

  it('reads one that runs with the original', function () {
    if (!existsSync(sample)) skip(this, 'the recordings of the original are not beside the checkout');
    const { hosts, parameters, local } = read(readFileSync(sample, 'utf8'));
    assert.deepEqual(
      hosts.map(({ address }) => address),
      ['10.97.0.1', '10.97.0.2', '10.97.0.3'],
    );
    assert.equal(parameters.statefileWatchdogSeconds, 6);
    assert.deepEqual(local, {
      uuid: '11111111-1111-1111-1111-111111111111',
      heartbeatInterface: 'eth0',
      statefile: '/var/lib/ha/statefile',
      watchdogMode: 'USER',
    });
  });

  it('says what is wrong with one, and where', () => {
    const text = writeXhadConfiguration(plain);
    const cases: readonly (readonly [string | RegExp, string, RegExp])[] = [
      ['version="1.0">\n  <common', 'version="2.0">\n  <common', /version is "2.0"/],
      [/<GenerationUUID>.*\n/, '', /common-config\/GenerationUUID is missing/],
      ['694', '0', /UDPport is 0/],
      ['10.0.0.1', 'first.example', /host\/IPaddress is "first.example" and not an address/],
      ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', /stands in it twice/],
      [/<local-config>[^]*<\/local-config>/, '', /local-config is missing/],
      [/(<localhost>\s+<HostID>)2/, '$13', /none of the hosts/],
      ['<HeartbeatInterval>1<', '<HeartbeatInterval>1s<', /HeartbeatInterval is "1s" and not a number/],
      ['USER', 'user', /WatchdogMode is "user"/],
      ['/dev/sm', 'dev/sm', /StateFile is .* and not a path/],
      ['</xhad-config>', '', /no XML/],
    ];
    for (const [from, to, message] of cases) {
      const broken = text.replace(from, to);
      assert.notEqual(broken, text);
      assert.throws(
        () => read(broken),
        (error) => error instanceof StackFault && message.test(error.message),
        String(from),
      );
    }
    const many = Array.from({ length: 65 }, (_, index) => ({
      uuid: plain.generation.replace(/..$/, String(index + 10)),
      address: '10.0.0.1',
    }));
    assert.throws(() => read(writeXhadConfiguration({ ...plain, hosts: many })), { reason: 'too-long' });
  });

  it('takes what is more for nothing', () => {
    const text = writeXhadConfiguration(plain).replace(
      '<parameters>',
      '<!-- more --><later><x/></later><parameters><New>1</New>',
    );
    assert.deepEqual(read(text), plain);
  });
});
