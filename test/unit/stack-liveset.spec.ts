import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { limits } from '../../src/lib/limits.ts';
import { StackFault } from '../../src/stack/fault.ts';
import { readLiveset } from '../../src/stack/liveset.ts';
import { hostUuids, livesetText } from '../lib/liveset.ts';
import { naiveLiveset } from '../lib/naive-liveset.ts';
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

  it('does not mind what is more, another order, or space around values', () => {
    const first = read(three);
    const more = three
      .replace('<status>', '<!-- how it is --><status since="1">\n  ')
      .replaceAll('<liveness>', '<mood>fine<deep><deeper/></deep></mood><liveness>')
      .replaceAll('<HostIndex>0</HostIndex>', '<![CDATA[ ]]><HostIndex>&#48;</HostIndex>')
      .replace('<host>', '<?pi x?><host>\n text ');
    assert.deepEqual(read(more), first);
    assert.deepEqual(
      read(three.replaceAll(/(<localhost>)(\s*<HostID>.*<\/HostID>)(\s*<HostIndex>.*<\/HostIndex>)/g, '$1$3$2')),
      first,
    );
    assert.deepEqual(read(three.replaceAll('<HostIndex>1</HostIndex>', '')).hosts[1]?.hostIndex, undefined);
    assert.deepEqual(read(three.replaceAll(hostUuids(1)[0] ?? '', (hostUuids(1)[0] ?? '').toUpperCase())), first);
    assert.deepEqual(read(three.replaceAll('TRUE', 'true')), first);
    assert.equal(read(three.replace('Online', 'ONLINE')).status, 'Online');
    assert.equal(read(`\ufeff${three}`).hosts.length, 3);
    assert.equal(read(three.replaceAll(/<raw_status[^]*<\/warning_on_local_host>/g, '')).raw, undefined);
  });

  const [one = ''] = hostUuids(1);
  const wrong: readonly (readonly [string, string, RegExp | string])[] = [
    [
      'a number that is none',
      three.replace('>534<', '>soon<'),
      'ha_liveset_info/raw_status_on_local_host/host_raw_data[1]/time_since_last_update_on_statefile is "soon" and not a whole number',
    ],
    ['a number with a fraction', three.replace('>534<', '>5.5<'), /is "5.5" and not a whole number/],
    ['a number beyond all reason', three.replace('>534<', `>${'9'.repeat(40)}<`), /not a whole number/],
    ['an empty number', three.replace('>534<', '><'), /is "" and not a whole number/],
    [
      'yes for TRUE',
      three.replace('>FALSE<', '>yes<'),
      'ha_liveset_info/host[1]/statefile_corrupted is "yes" and not TRUE or FALSE',
    ],
    [
      'a status of its own',
      three.replace('Online', 'Fine'),
      'ha_liveset_info/status is "Fine" and not Online, Starting or Offline',
    ],
    [
      'a uuid that is none',
      three.replace(one, 'host1'),
      /^ha_liveset_info\/localhost\/HostID has "host1", which is no uuid$/,
    ],
    [
      'a list with something else in it',
      three.replace(`          ${one}`, '          host1'),
      /heartbeat_active_list_on_heartbeat has "host1", which is no uuid$/,
    ],
    [
      'a host twice',
      livesetText({ hosts: [...hostUuids(2), one] }),
      `ha_liveset_info/host/HostID is ${one} more than once`,
    ],
    [
      'a status twice',
      three.replace('<status>', '<status>Online</status><status>'),
      'ha_liveset_info/status stands more than once',
    ],
    [
      'a local host that is none of the hosts',
      three.replace(one, hostUuids(9)[8] ?? ''),
      /localhost\/HostID is 00000009-.*, which is none of the hosts$/,
    ],
    ['another document', '<?xml version="1.0"?><html/>', 'its outermost element is html and not ha_liveset_info'],
    ['another encoding', three.replace('UTF-8', 'ISO-8859-1'), 'it says that it is ISO-8859-1 and not UTF-8'],
    ['nothing', '', /^it is no XML: /],
    ['an end too soon', three.slice(0, 700), /^it is no XML: /],
    [
      'an element that is closed by another',
      three.replace('</localhost>', '</local>'),
      /^it is no XML: in ha_liveset_info: unexpected close tag$/,
    ],
    ['something behind it', `${three}<more/>`, /^it is no XML: /],
    ['a NUL', three.replace('Online', 'On\0line'), /^it is no XML: in ha_liveset_info\/status: /],
    ['an entity', three.replace('Online', '&online;'), /^it is no XML: in ha_liveset_info\/status: /],
  ];
  for (const [what, document, sentence] of wrong) it(`refuses ${what}`, () => refused(document, sentence));

  it('refuses what is no UTF-8', () => {
    refused(Buffer.from(three.replace('Online', 'Onl\u00efne'), 'latin1'), 'it is not UTF-8');
    refused(Buffer.from(three, 'utf16le'), /^it is no XML|^it is not UTF-8/);
  });

  it('refuses entities before they expand', () => {
    const lines = Array.from({ length: 9 }, (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`);
    const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">${lines.join('')}]><ha_liveset_info><status>&l9;</status></ha_liveset_info>`;
    refused(bomb, 'it has a document type, which may define entities');
    refused(
      three.replace('?>', '?><!DOCTYPE x SYSTEM "file:///etc/passwd">'),
      'it has a document type, which may define entities',
    );
  });

  it('is bounded in length, depth, elements, hosts and text', () => {
    refused(`<ha_liveset_info>${'<a>'.repeat(1_000_000)}`, 'its elements are nested deeper than 16', 'too-long');
    refused(
      `<ha_liveset_info>${'<a/>'.repeat(100_000)}</ha_liveset_info>`,
      'it has more than 16384 elements',
      'too-long',
    );
    refused(' '.repeat(5_000_000), 'it is longer than 4194304 bytes', 'too-long');
    refused(new Uint8Array(5_000_000), 'it is longer than 4194304 bytes', 'too-long');
    refused(
      three.replace('Online', 'x'.repeat(70_000)),
      'ha_liveset_info/status has more than 65536 characters of text',
      'too-long',
    );
    refused(
      three.replace('Online', '<![CDATA[xxxxxxxx]]>'.repeat(20_000)),
      /^ha_liveset_info\/status has more than 65536/,
      'too-long',
    );
    refused(livesetText({ hosts: hostUuids(65) }), 'ha_liveset_info/host stands more than 64 times', 'too-long');
    assert.equal(read(livesetText({ hosts: hostUuids(64) })).hosts.length, 64);
  });
});

/** A host as a random test makes it up. */
const hosts = fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 8 }).chain((uuids) =>
  fc.record({
    uuids: fc.constant(uuids),
    flags: fc.array(fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), {
      minLength: uuids.length,
      maxLength: uuids.length,
    }),
  }),
);
const flagNames = ['liveness', 'master', 'statefile_access', 'statefile_corrupted', 'excluded'];

describe('the reader of livesets, on random ones', () => {
  const make = ({ uuids, flags }: { uuids: string[]; flags: boolean[][] }): string => {
    const changed = Object.fromEntries(
      flags.flatMap((values, index) =>
        flagNames.map((name, at) => [`${index}/${name}`, values[at] === true ? 'TRUE' : 'FALSE']),
      ),
    );
    return livesetText({ hosts: uuids, changed });
  };

  it('reads back what was written, as a slow and obvious reader does', () => {
    fc.assert(
      fc.property(
        hosts,
        fc.infiniteStream(fc.integer({ min: -1, max: 1e9 })),
        fc.infiniteStream(fc.boolean()),
        (made, numbers, flags) => {
          // Every number, and the warnings too, are others each time.
          const text = make(made)
            .replaceAll(/>-?\d+</g, () => `>${numbers.next().value}<`)
            .replace(/<warning[^]*/, (end) => end.replaceAll('FALSE', () => (flags.next().value ? 'TRUE' : 'FALSE')))
            .replaceAll('<xapi_error_string></', () => `<xapi_error_string>${numbers.next().value} ü</`);
          const liveset = readLiveset(Buffer.from(text), limits);
          assert.deepEqual(
            liveset.hosts.map(({ hostId }) => hostId),
            made.uuids,
          );
          assert.deepEqual(
            liveset.hosts.map(({ liveness, master, statefileAccess, statefileCorrupted, excluded }) => [
              liveness,
              master,
              statefileAccess,
              statefileCorrupted,
              excluded,
            ]),
            made.flags,
          );
          assert.deepEqual(liveset, naiveLiveset(text));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('answers every damaged one with a liveset or a fault of its own', () => {
    const text = Buffer.from(livesetText({ hosts: hostUuids(2) }));
    const damage = fc.record({
      at: fc.integer({ min: 0, max: text.length }),
      gone: fc.integer({ min: 0, max: 40 }),
      put: fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        fc.constantFrom(...['<', '>', '&', '<!', '</', ']]>', '<host>', 'TRUE', '\0'].map((each) => Buffer.from(each))),
      ),
    });
    let read = 0;
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
        let bytes = text;
        for (const { at, gone, put } of damages)
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(Math.min(bytes.length, at + gone))]);
        try {
          readLiveset(bytes, limits);
          read++;
        } catch (error) {
          assert(error instanceof StackFault, String(error));
          assert.match(error.message, /^\S[^]{5,400}$/);
        }
      }),
      { numRuns: 3000 },
    );
    assert(read > 0, 'some damage does not matter');
  });
});
