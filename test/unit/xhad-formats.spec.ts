import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { maxHosts } from '../../src/xhad/format/host-set.ts';
import { type Packet, packetBytes, readPacket, writePacket } from '../../src/xhad/format/packet.ts';
import {
  emptyHostSection,
  type HostSection,
  hostBlockBytes,
  hostSectionAt,
  isFault,
  type PoolSection,
  poolBlockBytes,
  poolStates,
  readHostSection,
  readPoolSection,
  writeHostSection,
  writePoolSection,
} from '../../src/xhad/format/statefile.ts';
import { skip } from '../lib/skip.ts';

const uuid = '11111111-2222-4333-8444-555555555555';

/** Words of a block at fixed places, read without the code under test. */
class Words {
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  u32(at: number): number {
    return this.#bytes.readUInt32LE(at);
  }

  s32(at: number): number {
    return this.#bytes.readInt32LE(at);
  }

  text(at: number, length: number): string {
    return this.#bytes.toString('latin1', at, at + length);
  }

  hosts(at: number): bigint {
    return BigInt(this.u32(at)) | (BigInt(this.u32(at + 4)) << 32n);
  }
}

const set = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const times = fc.array(fc.integer({ min: -1, max: 0x7fffffff }), { minLength: maxHosts, maxLength: maxHosts });
const word = fc.integer({ min: 0, max: 0xffffffff });
const identifier = fc.uuid();
const plain = { noNullPrototype: true } as const;

const packets: fc.Arbitrary<Packet> = fc.record(
  {
    sequence: word,
    generation: identifier,
    sender: identifier,
    index: fc.integer({ min: 0, max: 63 }),
    currentLiveset: set,
    proposedLiveset: set,
    heartbeatDomain: set,
    statefileDomain: set,
    sinceHeartbeat: times,
    sinceStatefile: times,
    sinceRestart: fc.integer({ min: -1, max: 0x7fffffff }),
    phase: fc.integer({ min: 0, max: 11 }),
    errorText: fc.string({ unit: fc.constantFrom('a', ' ', 'Z', '9'), maxLength: 100 }),
    statefileAccess: fc.boolean(),
    statefileCorrupted: fc.boolean(),
    accelerate: fc.boolean(),
    fenceRequest: fc.boolean(),
    withoutStatefile: fc.boolean(),
    joining: fc.boolean(),
  },
  plain,
);

const sections: fc.Arbitrary<HostSection> = fc.record(
  {
    sequence: word,
    index: fc.integer({ min: 0, max: 63 }),
    uuid: identifier,
    excluded: fc.boolean(),
    starting: fc.boolean(),
    sinceHeartbeat: times,
    sinceStatefile: times,
    sinceRestart: fc.integer({ min: -1, max: 0x7fffffff }),
    currentLiveset: set,
    proposedLiveset: set,
    heartbeatDomain: set,
    statefileDomain: set,
    lockRequest: fc.boolean(),
    lockGrant: set,
    phase: word,
    weight: word,
  },
  plain,
);

const pools: fc.Arbitrary<PoolSection> = fc.record(
  {
    generation: identifier,
    poolState: fc.constantFrom(...poolStates),
    master: fc.option(identifier, { nil: undefined }),
    hostCount: fc.integer({ min: 1, max: 64 }),
  },
  plain,
);

describe('a heartbeat packet', () => {
  it('comes back as it was written', () => {
    fc.assert(fc.property(packets, (packet) => assert.deepEqual(readPacket(writePacket(packet), maxHosts), packet)));
  });

  it('has every field at its place', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const bytes = writePacket(packet);
        const words = new Words(bytes);
        assert.equal(bytes.byteLength, 744);
        assert.equal(words.text(0, 4), 'xhah');
        assert.equal(words.u32(4), 0);
        assert.equal(words.u32(8), packet.sequence);
        assert.equal(words.u32(12), 744);
        assert.equal(words.text(16, 32), packet.generation.replaceAll('-', ''));
        assert.equal(words.text(48, 32), packet.sender.replaceAll('-', ''));
        assert.equal(words.u32(80), packet.index);
        assert.deepEqual(
          [84, 92, 100, 108].map((at) => words.hosts(at)),
          [packet.currentLiveset, packet.proposedLiveset, packet.heartbeatDomain, packet.statefileDomain],
        );
        for (let host = 0; host < 64; host += 1) {
          assert.equal(words.s32(116 + 4 * host), packet.sinceHeartbeat[host]);
          assert.equal(words.s32(372 + 4 * host), packet.sinceStatefile[host]);
        }
        assert.equal(words.s32(628), packet.sinceRestart);
        assert.equal(words.u32(632), packet.phase);
        assert.equal(words.text(636, 101).split('\0')[0], packet.errorText);
        const flags = [
          packet.statefileAccess,
          packet.statefileCorrupted,
          packet.accelerate,
          packet.fenceRequest,
          packet.withoutStatefile,
          packet.joining,
        ];
        assert.deepEqual([...bytes.subarray(737, 743)], flags.map(Number));
      }),
    );
  });

  it('of another length, signature, size or from a host that there is not is none', () => {
    fc.assert(
      fc.property(packets, fc.integer({ min: 0, max: 2000 }), (packet, length) => {
        const bytes = writePacket(packet);
        if (length !== packetBytes) assert.equal(readPacket(new Uint8Array(length), maxHosts), 'length');
        const bad = (at: number): Uint8Array =>
          Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 0xff : byte));
        assert.equal(readPacket(bad(0), maxHosts), 'signature');
        assert.equal(readPacket(bad(12), maxHosts), 'size');
        assert.equal(readPacket(bytes, packet.index), 'index');
        assert.equal(readPacket(bad(83), maxHosts), 'index');
      }),
    );
  });
});

describe('a section of the statefile', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(sections, (section) =>
        assert.deepEqual(readHostSection(writeHostSection(section), section.index), section),
      ),
    );
    fc.assert(fc.property(pools, (pool) => assert.deepEqual(readPoolSection(writePoolSection(pool)), pool)));
  });

  it('has every field at its place', () => {
    fc.assert(
      fc.property(sections, pools, (section, pool) => {
        const host = new Words(writeHostSection(section));
        assert.deepEqual([host.text(0, 4), host.u32(4), host.text(628, 4)], ['host', 0xf1719212, 'endh']);
        assert.deepEqual(
          [host.u32(12), host.u32(16), host.u32(52), host.u32(56)],
          [section.sequence, section.index, Number(section.excluded), Number(section.starting)],
        );
        assert.equal(host.text(20, 32), section.uuid.replaceAll('-', ''));
        assert.deepEqual(
          [576, 584, 592, 600, 612].map((at) => host.hosts(at)),
          [
            section.currentLiveset,
            section.proposedLiveset,
            section.heartbeatDomain,
            section.statefileDomain,
            section.lockGrant,
          ],
        );
        assert.deepEqual(
          [host.u32(608), host.u32(620), host.u32(624)],
          [Number(section.lockRequest), section.phase, section.weight],
        );
        const whole = new Words(writePoolSection(pool));
        assert.deepEqual([whole.text(0, 4), whole.u32(4), whole.text(100, 4)], ['pool', 0xf2721211, 'endp']);
        assert.deepEqual(
          [12, 16, 20, 24, 96].map((at) => whole.u32(at)),
          [2, 4096, 4096, 64, pool.hostCount],
        );
        assert.equal(whole.u32(60), ['NONE', 'INIT', 'ACTIVE', 'INVALID'].indexOf(pool.poolState));
        assert.equal(whole.text(64, 32), pool.master?.replaceAll('-', '') ?? '0'.repeat(32));
      }),
    );
  });

  it('is refused when any of its bytes was changed', () => {
    fc.assert(
      fc.property(
        sections,
        fc.integer({ min: 0, max: 631 }),
        fc.integer({ min: 1, max: 255 }),
        (section, at, change) => {
          const bytes = writeHostSection(section);
          bytes[at] = (bytes[at] ?? 0) ^ change;
          assert.ok(isFault(readHostSection(bytes, section.index)));
        },
      ),
    );
  });

  it('is refused at the place of another host, and the pool in another version', () => {
    assert.equal(readHostSection(writeHostSection(emptyHostSection(3, uuid)), 4), 'index');
    const bytes = writePoolSection({ generation: uuid, poolState: 'ACTIVE', master: undefined, hostCount: 1 });
    bytes[12] = 3;
    bytes[8] = (bytes[8] ?? 0) + 1;
    assert.equal(readPoolSection(bytes), 'version');
  });
});

describe('what the original has written', () => {
  const recordings = new URL('../../../shared/data/xhad/', import.meta.url);

  before(function () {
    if (!existsSync(recordings)) skip(this, 'the recordings of the original are not beside the checkout');
  });

  it('are packets that come back byte for byte', () => {
    const lines = gunzipSync(readFileSync(new URL('packets.jsonl.gz', recordings)))
      .toString()
      .trim()
      .split('\n');
    assert.ok(lines.length > 100);
    for (const line of lines) {
      const bytes = Buffer.from((JSON.parse(line) as { payload_hex: string }).payload_hex, 'hex');
      const packet = readPacket(bytes, 3);
      if (typeof packet === 'string') assert.fail(packet);
      assert.ok(Buffer.from(writePacket(packet)).equals(bytes));
    }
  });

  it('are statefiles that come back byte for byte', () => {
    const names = readdirSync(recordings).filter((name) => name.endsWith('.statefile.gz'));
    assert.ok(names.length > 0);
    for (const name of names) {
      const file = gunzipSync(readFileSync(new URL(name, recordings)));
      const pool = readPoolSection(file.subarray(0, poolBlockBytes));
      if (isFault(pool)) assert.fail(`${name}: ${pool}`);
      assert.ok(Buffer.from(writePoolSection(pool)).equals(file.subarray(0, poolBlockBytes)));
      for (let index = 0; index < pool.hostCount; index += 1) {
        const block = file.subarray(hostSectionAt(index), hostSectionAt(index) + hostBlockBytes);
        const section = readHostSection(block, index);
        if (isFault(section)) assert.fail(`${name}, host ${index}: ${section}`);
        assert.ok(Buffer.from(writeHostSection(section)).equals(block));
      }
    }
  });
});
