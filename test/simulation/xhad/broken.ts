/** Daemons that are broken on purpose, each in one way. What does not notice them proves nothing. */

import { peerOf } from '../../../src/xhad/core/state.ts';
import { noHosts } from '../../../src/xhad/format/host-set.ts';
import type { Sabotage } from './host.ts';

export interface Broken extends Sabotage {
  /** What has to happen for it to show. */
  readonly deeds?: readonly string[];
}

export const broken: Readonly<Record<string, Broken>> = {
  'ignores the survival rules': {
    effect: ({ core }, effect) => {
      if (core === undefined || effect.kind !== 'fence' || effect.rule !== 'survival') return [effect];
      core.state.ended = false;
      if (core.state.fault !== undefined) core.state.fault.rule = '1a';
      core.state.proposed = core.state.current & core.state.heartbeat.domain;
      return [];
    },
  },
  'takes a silent host for dead before it can have fenced itself': {
    turn: (state) => {
      if (state.phase === 'FH4' && state.fault !== undefined) state.fault.fenceUntilMs = state.nowMs;
    },
  },
  'grants the lock to everybody who asks': {
    deeds: ['propose', 'propose-all', 'isolate', 'mend-all'],
    turn: (state) => {
      let asks = state.lock.requesting ? 1n << BigInt(state.settings.self) : noHosts;
      for (const [index, peer] of state.peers.entries())
        if (peer.section?.lockRequest === true) asks |= 1n << BigInt(index);
      state.lock.grant = asks & state.current;
    },
  },
  'has watchdogs that somebody else feeds': {
    effect: (_host, effect) => (effect.kind === 'feed' ? [{ ...effect, timeoutMs: 3_600_000 }] : [effect]),
  },
  'lets others join while a fault is handled': {
    turn: (state) => {
      state.joinBlock = false;
    },
  },
  'takes its time to decide': {
    deeds: ['isolate', 'statefile-lost', 'split', 'pause'],
    turn: (state) => {
      state.decideByMs = undefined;
    },
  },
  'believes old views of the others': {
    turn: (state) => {
      for (const [index, peer] of state.peers.entries())
        if (state.phase === 'FH2' && peer.section !== undefined && index !== state.settings.self)
          peerOf(state, index).section = {
            ...peer.section,
            phase: 6,
            currentLiveset: state.current,
            heartbeatDomain: noHosts,
          };
    },
  },
  'takes a list of its former life for an admission': {
    deeds: ['power', 'start', 'pause', 'disarm-stop', 'isolate-out'],
    turn: (state) => {
      state.unlisted = (1n << 64n) - 1n;
      if (state.start.step === 'forget') state.start = { step: 'criteria' };
      if (state.start.step === 'criteria') state.joining = true;
    },
  },
  'never gives a silent host up': {
    turn: (state) => {
      for (const peer of state.peers)
        if (peer.packet !== undefined && state.phase !== 'STARTING') peer.heardMs = state.nowMs;
    },
  },
  'lives on without the statefile whoever else has it': {
    effect: ({ core }, effect) => {
      if (core === undefined || effect.kind !== 'fence' || core.state.statefile.access) return [effect];
      core.state.ended = false;
      core.state.decideByMs = undefined;
      core.state.withoutStatefile = true;
      if (core.state.fault !== undefined) core.state.fault.rule = '2';
      core.state.proposed = core.state.current & core.state.heartbeat.domain;
      return [];
    },
  },
};
