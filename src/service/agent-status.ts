/** How an agent does, for whoever asks over HTTP. */
import type { SettingsReport } from '../settings/keeper.ts';
import type { Clock, HttpReply } from '../world/world.ts';

/** Something that is wrong, and what to do about it; both in sentences. */
export interface Trouble {
  readonly state: 'problem' | 'warning';
  readonly sentence: string;
  readonly wayOut: string;
}

export interface AgentStatus {
  readonly version: string;
  readonly hostUuid: string;
  /** Since 1970. */
  readonly startedMs: number;
  /** Does not jump with the clock. */
  readonly uptimeMs: number;
  /** The socket's path first, then `host:port` for each TLS address. */
  readonly addresses: readonly string[];
  readonly sessions: number;
  readonly connections: number;
  readonly troubles: readonly Trouble[];
  /** Undefined for an agent that was not started with settings from files. */
  readonly settings: SettingsReport | undefined;
}

export interface AgentStatusParts {
  readonly clock: Clock;
  readonly version: string;
  readonly hostUuid: string;
  readonly addresses: () => readonly string[];
  readonly sessions: () => number;
  readonly connections: () => number;
  /** Why the disk refused the last write. */
  readonly notWritable: () => string | undefined;
  /** Tools that the inventory misses. */
  readonly lostSources: () => readonly { readonly source: string; readonly reason: string }[];
  readonly settings: () => SettingsReport | undefined;
}

function settingsTroubles(settings: SettingsReport | undefined): readonly Trouble[] {
  if (settings === undefined) return [];
  const refused = settings.refused.map(
    (sentence): Trouble => ({
      state: 'problem',
      sentence: `The settings are not in force: ${sentence}`,
      wayOut: 'Mend the file; it is read again by itself.',
    }),
  );
  if (settings.waiting.length === 0) return refused;
  const keys = settings.waiting.map(({ key }) => key).join(', ');
  const waiting: Trouble = {
    state: 'warning',
    sentence: `Changed settings wait for a new start of the agent: ${keys}.`,
    wayOut: 'Start the agent anew: systemctl restart quorated. "quorate config show" tells what is in force.',
  };
  return [...refused, waiting];
}

/** Begins to count the time that the agent is up. */
export function agentStatus(parts: AgentStatusParts): () => AgentStatus {
  const { clock } = parts;
  const startedMs = clock.nowMs();
  const beginMs = clock.monotonicMs();
  return () => {
    const troubles: Trouble[] = [];
    const notWritable = parts.notWritable();
    if (notWritable !== undefined) {
      troubles.push({
        state: 'problem',
        sentence: `Nothing can be changed: the database cannot be written (${notWritable}).`,
        wayOut: 'Make room on the disk or mend it; the agent writes again by itself as soon as it can.',
      });
    }
    const settings = parts.settings();
    troubles.push(...settingsTroubles(settings));
    for (const { source, reason } of parts.lostSources()) {
      troubles.push({
        state: 'warning',
        sentence: `What "${source}" tells is missing from the inventory: ${reason}.`,
        wayOut: 'Install or mend the program; the agent uses it again by itself. "quorate doctor" names its package.',
      });
    }
    return {
      version: parts.version,
      hostUuid: parts.hostUuid,
      startedMs,
      uptimeMs: clock.monotonicMs() - beginMs,
      addresses: parts.addresses(),
      sessions: parts.sessions(),
      connections: parts.connections(),
      troubles,
      settings,
    };
  };
}

/** The status as JSON. */
export function agentStatusPage(status: AgentStatus): HttpReply {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache, no-store' };
  return { status: 200, headers, body: `${JSON.stringify(status)}\n` };
}
