/** Daemons of one pool in virtual time: the real core of each, and around it a network, a statefile and watchdogs that fail as a seed says. */

import { Happenings } from '../../../src/world/simulated/events.ts';
import type { Seeded } from '../../../src/world/simulated/seeded.ts';
import { seeded } from '../../../src/world/simulated/seeded.ts';
import { brokenInvariant, XhadCore } from '../../../src/xhad/core/core.ts';
import { holderOf } from '../../../src/xhad/core/lock.ts';
import type { XhadSettings } from '../../../src/xhad/core/settings.ts';
import type { Effect, Input } from '../../../src/xhad/core/state.ts';
import { has, indicesOf } from '../../../src/xhad/format/host-set.ts';
import { type Packet, readPacket, writePacket } from '../../../src/xhad/format/packet.ts';
import {
  emptyHostSection,
  type HostSection,
  type PoolSection,
  type PoolState,
  readHostSection,
  readPoolSection,
  writeHostSection,
  writePoolSection,
} from '../../../src/xhad/format/statefile.ts';

import { type ClusterOptions, type HostEnd, SimulatedHost, type StatefileState, Violation } from './host.ts';

const generation = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const tickMs = 50;

export class Cluster {
  nowMs = 0;
  readonly hosts: SimulatedHost[];
  readonly log: string[] = [];
  readonly options: ClusterOptions;
  readonly #happenings = new Happenings();
  readonly #random: Seeded;
  readonly #uuids: string[];
  /** cut[from][to] */
  readonly cut: boolean[][];
  #pool: Uint8Array;
  readonly #sections: Uint8Array[];
  #nextId = 1;

  constructor(options: ClusterOptions) {
    this.options = options;
    const random = seeded(options.seed);
    this.#random = random.derive('surroundings');
    const draw = random.derive('hosts');
    this.#uuids = Array.from(
      { length: options.hosts },
      (_, index) => `${String(index + 1).padStart(8, '0')}-1111-4111-8111-111111111111`,
    );
    this.hosts = this.#uuids.map(
      (_, index) => new SimulatedHost(index, 1 + draw.between(-options.surroundings.drift, options.surroundings.drift)),
    );
    this.cut = this.hosts.map(() => this.hosts.map(() => false));
    this.#sections = this.#uuids.map((uuid, index) => writeHostSection(emptyHostSection(index, uuid)));
    this.#pool = writePoolSection({ generation, poolState: 'INIT', master: undefined, hostCount: options.hosts });
  }

  host(index: number): SimulatedHost {
    const host = this.hosts[index];
    if (host === undefined) throw new RangeError(`no host ${index}`);
    return host;
  }

  note(sentence: string): void {
    this.log.push(`${(this.nowMs / 1000).toFixed(3)} ${sentence}`);
  }

  after(delayMs: number, happen: () => void): void {
    this.#happenings.add(this.nowMs + delayMs, happen);
  }

  /** Lets virtual time pass. */
  run(untilMs: number): void {
    for (;;) {
      const { nextMs } = this.#happenings;
      if (nextMs === undefined || nextMs > untilMs) break;
      const next = this.#happenings.take();
      if (next === undefined) break;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.happen();
    }
    this.nowMs = untilMs;
  }

  get poolState(): PoolState | undefined {
    const pool = readPoolSection(this.#pool);
    return typeof pool === 'string' ? undefined : pool.poolState;
  }

  start(index: number): void {
    const host = this.host(index);
    if (host.core !== undefined) return;
    host.life += 1;
    host.paused = false;
    host.held = [];
    host.waitingIo = [];
    host.deadlines = {};
    const settings: XhadSettings = {
      generation,
      hosts: this.#uuids.map((uuid, at) => ({ uuid, address: `10.0.0.${at + 1}` })),
      self: index,
      timings: this.options.timings,
    };
    host.core = new XhadCore(settings, this.#hostMs(host));
    this.note(`host ${index} starts`);
    this.#tick(host, host.life);
  }

  power(index: number): void {
    this.#die(this.host(index), 'power', 'its power failed');
  }

  pause(index: number, forMs: number): void {
    const host = this.host(index);
    if (host.core === undefined || host.paused) return;
    host.paused = true;
    const { life } = host;
    this.note(`host ${index} is paused for ${Math.round(forMs)} ms`);
    this.after(forMs, () => {
      if (host.life !== life || host.core === undefined) return;
      host.paused = false;
      this.note(`host ${index} goes on`);
      for (const held of host.held.splice(0)) held();
    });
  }

  setStatefile(index: number, state: StatefileState): void {
    const host = this.host(index);
    this.note(`the statefile of host ${index} is ${state}`);
    host.statefile = state;
    if (state !== 'hung') for (const waiting of host.waitingIo.splice(0)) waiting();
  }

  setLink(from: number, to: number, cut: boolean): void {
    const row = this.cut[from];
    if (row !== undefined) row[to] = cut;
  }

  isolate(index: number, cut: boolean, way: 'both' | 'in' | 'out' = 'both'): void {
    this.note(`the network of host ${index} is ${cut ? `cut (${way})` : 'whole'}`);
    for (const other of this.hosts.keys()) {
      if (other === index) continue;
      if (way !== 'in') this.setLink(index, other, cut);
      if (way !== 'out') this.setLink(other, index, cut);
    }
  }

  command(index: number, make: (id: number) => Input): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#give(this.host(index), make(id));
    return id;
  }

  answer(index: number, id: number): { readonly exitCode: number; readonly value: boolean | undefined } | undefined {
    return this.host(index).answers.find((answer) => answer.id === id);
  }

  /** The time on a host's own clock. */
  #hostMs(host: SimulatedHost): number {
    return this.nowMs * host.drift + host.index * 1_000_000;
  }

  #tick(host: SimulatedHost, life: number): void {
    if (host.life !== life || host.core === undefined) return;
    this.#give(host, { kind: 'tick' });
    this.after(tickMs, () => this.#tick(host, life));
  }

  /** Something reaches a daemon, now or when it goes on. */
  #give(host: SimulatedHost, input: Input): void {
    if (host.core === undefined) return;
    this.#watch(host);
    if (host.core === undefined) return;
    if (host.paused) {
      // A socket keeps only so much, and ticks do not pile up.
      if (input.kind !== 'tick' && host.held.length < 200) host.held.push(() => this.#give(host, input));
      return;
    }
    const { core } = host;
    const { sabotage } = this.options;
    for (const effect of core.handle(this.#hostMs(host), input))
      for (const kept of sabotage?.effect?.(host, effect) ?? [effect]) this.#carryOut(host, kept);
    const broken = brokenInvariant(core.state);
    if (broken !== undefined && host.core === core) throw new Violation(this.nowMs, `host ${host.index}: ${broken}`);
    sabotage?.turn?.(core.state, this.#random);
    this.check();
  }

  /** Looks whether a watchdog has run out. */
  #watch(host: SimulatedHost): void {
    for (const [watchdog, deadline] of Object.entries(host.deadlines))
      if (this.nowMs >= deadline) return this.#die(host, 'watchdog', `the watchdog of its ${watchdog} ran out`);
  }

  #die(host: SimulatedHost, by: HostEnd, reason: string, exitCode?: number): void {
    if (host.core === undefined) return;
    this.note(`host ${host.index} ends (${by}): ${reason}`);
    host.core = undefined;
    host.life += 1;
    host.deadlines = {};
    host.lastEnd = { atMs: this.nowMs, by, reason, ...(exitCode === undefined ? {} : { exitCode }) };
  }

  #carryOut(host: SimulatedHost, effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        return this.#send(host, effect.to, effect.packet);
      case 'statefile':
        return this.#pass(host, effect.pass, effect.write);
      case 'write-pool':
        return this.#writePool(host, effect.pool);
      case 'feed': {
        const deadline = this.nowMs + effect.timeoutMs / host.drift;
        host.deadlines[effect.watchdog] = deadline;
        const { life } = host;
        // A watchdog ends a host by itself, also one whose daemon does nothing any more.
        this.#happenings.add(deadline, () => {
          if (host.life === life) this.#watch(host);
          this.check();
        });
        return;
      }
      case 'close-watchdogs':
        host.deadlines = {};
        return;
      case 'fence':
        return this.#die(host, 'fenced', effect.reason);
      case 'exit':
        // A daemon that ends with its watchdogs open leaves a host that they will end.
        if (Object.keys(host.deadlines).length === 0) this.#die(host, 'exit', effect.reason, effect.exitCode);
        return;
      case 'answer':
        host.answers.push({ id: effect.id, exitCode: effect.exitCode, value: effect.value, atMs: this.nowMs });
        return;
      case 'liveset':
        this.note(`host ${host.index} has the liveset {${indicesOf(effect.current).join(' ')}}`);
        return;
      case 'log':
        this.note(`host ${host.index}: ${effect.sentence}`);
    }
  }

  #send(host: SimulatedHost, to: number, packet: Packet): void {
    const { surroundings } = this.options;
    const random = this.#random;
    const bytes = writePacket(packet);
    const copies = random.chance(surroundings.duplicates) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (random.chance(surroundings.loss)) continue;
      const late = random.chance(0.01) ? 10 : 1;
      this.after(random.between(0.1, surroundings.delayMs) * late, () => {
        if (this.cut[host.index]?.[to] === true) return;
        const read = readPacket(bytes, this.hosts.length);
        if (typeof read !== 'string') this.#give(this.host(to), { kind: 'packet', packet: read });
      });
    }
  }

  #diskMs(host: SimulatedHost): number {
    const slow = host.statefile === 'slow' ? 40 : 1;
    return this.#random.between(0.5, this.options.surroundings.diskMs) * slow;
  }

  /** Does something to the disk after its time; waits while the disk hangs. */
  #io(host: SimulatedHost, act: () => void): void {
    const { life } = host;
    const go = (): void => {
      // What a dead host had asked for may still reach the disk; it is not asked here.
      if (host.life !== life) return;
      if (host.statefile === 'hung') host.waitingIo.push(go);
      else act();
    };
    this.after(this.#diskMs(host), go);
  }

  #pass(host: SimulatedHost, pass: number, write: HostSection | undefined): void {
    const bytes = write === undefined ? undefined : writeHostSection(write);
    this.#io(host, () => {
      let wrote: boolean | undefined;
      if (bytes !== undefined) {
        wrote = host.statefile !== 'lost';
        if (wrote) this.#sections[host.index] = bytes;
      }
      this.#io(host, () => {
        const lost = host.statefile === 'lost';
        const pool = lost ? 'io' : readPoolSection(this.#pool);
        const hosts = this.#sections.map((section, index) => {
          if (lost) return 'io' as const;
          if (index !== host.index && this.#random.chance(this.options.surroundings.tornReads))
            return 'checksum' as const;
          return readHostSection(section, index);
        });
        this.#give(host, { kind: 'statefile', pass, wrote, pool, hosts });
      });
    });
  }

  #writePool(host: SimulatedHost, pool: PoolSection): void {
    const bytes = writePoolSection(pool);
    this.#io(host, () => {
      const done = host.statefile !== 'lost';
      if (done) this.#pool = bytes;
      this.#give(host, { kind: 'pool-written', done });
    });
  }

  /** Who is listed must have been taken out when it died: else nobody starts its virtual machines again. */
  #follow(host: SimulatedHost): void {
    const current = host.core?.state.current ?? 0n;
    for (const other of this.hosts) {
      if (!has(current, other.index)) host.listed.delete(other.index);
      else if (!host.listed.has(other.index)) host.listed.set(other.index, other.life);
      else if (host.acts && other.acts && host.listed.get(other.index) !== other.life)
        throw new Violation(
          this.nowMs,
          `host ${host.index} has not noticed that host ${other.index} died and came back`,
        );
    }
  }

  /** The promises, looked at after every step. */
  check(): void {
    for (const host of this.hosts) this.#watch(host);
    for (const host of this.hosts) this.#follow(host);
    const acting = this.hosts.filter((host) => host.acts);
    for (const one of acting) {
      const current = one.core?.state.current ?? 0n;
      for (const other of acting)
        if (!has(current, other.index))
          throw new Violation(this.nowMs, `host ${one.index} acts without host ${other.index}, which acts too`);
    }
    const masters = acting.filter(
      (host) =>
        host.core !== undefined && holderOf(host.core.state) === host.index && host.core.state.phase === 'STARTED',
    );
    if (masters.length > 1)
      throw new Violation(
        this.nowMs,
        `hosts ${masters.map(({ index }) => index).join(' and ')} both hold the lock of the master`,
      );
  }
}
