/** The latest figures of the host and of the agent as text for Prometheus. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { TimeHistogram } from '../../lib/time-histogram.ts';
import type { Timings } from '../../lib/timings.ts';
import type { OwnProcess } from '../../world/own-process.ts';
import type { HttpReply } from '../../world/world.ts';
import { families } from './families.ts';
import type { RawFigure } from './figures.ts';

export interface ExpositionOptions {
  readonly own: OwnProcess;
  readonly timings: Timings;
  /** What the host was last read as. */
  readonly raw: () => readonly RawFigure[];
  readonly version: string;
  readonly hostUuid: string;
  /** Figures of the agent that are known at any moment, by the names in `agentGauges`. */
  readonly counts: () => AgentCounts;
}

export interface AgentCounts {
  readonly sessions: number;
  readonly tasks: number;
  readonly waitingSubscribers: number;
  readonly connections: number;
  readonly generation: number;
}

export interface ExportedAgentFigure {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
}

/** Everything that the agent tells of itself. */
export const agentFigures = {
  info: {
    name: 'quorate_info',
    type: 'gauge',
    help: 'Always 1; the labels tell the version and the host.',
    labels: ['version', 'host'],
  },
  requests: {
    name: 'quorate_request_duration_seconds',
    type: 'histogram',
    help: 'Time that calls took, by method; that of calls which wait for events includes their wait.',
    labels: ['method'],
  },
  failures: {
    name: 'quorate_request_failures_total',
    type: 'counter',
    help: 'Calls that were answered with an error.',
    labels: ['method'],
  },
  sessions: { name: 'quorate_sessions', type: 'gauge', help: 'Sessions that are open.' },
  tasks: { name: 'quorate_tasks', type: 'gauge', help: 'Tasks that there are, ended ones included.' },
  waitingSubscribers: {
    name: 'quorate_waiting_subscribers',
    type: 'gauge',
    help: 'Calls that wait for events.',
  },
  connections: { name: 'quorate_connections', type: 'gauge', help: 'Connections that are open.' },
  eventLag: {
    name: 'quorate_event_lag_seconds',
    type: 'histogram',
    help: 'Time from a change until the answer to a call that waited for it was ready.',
  },
  commits: { name: 'quorate_database_commits_total', type: 'counter', help: 'Transactions that changed something.' },
  durable: {
    name: 'quorate_database_durable_wait_seconds',
    type: 'histogram',
    help: 'Time that calls waited for their changes to be on disk.',
  },
  generation: { name: 'quorate_database_generation', type: 'gauge', help: 'Number of the latest change.' },
  // Not one name with a label: `quantile` is for summaries.
  loopDelayMedian: {
    name: 'quorate_event_loop_delay_p50_seconds',
    type: 'gauge',
    help: 'How late the main loop was within the last minute, half of the time.',
  },
  loopDelayP99: {
    name: 'quorate_event_loop_delay_p99_seconds',
    type: 'gauge',
    help: 'How late the main loop was within the last minute, one time of a hundred.',
  },
  loopDelayMost: {
    name: 'quorate_event_loop_delay_max_seconds',
    type: 'gauge',
    help: 'How late the main loop was within the last minute, at worst.',
  },
  residentBytes: { name: 'quorate_resident_memory_bytes', type: 'gauge', help: 'Memory of the agent.' },
  cpuSeconds: { name: 'quorate_cpu_seconds_total', type: 'counter', help: 'Processor time of the agent.' },
} as const satisfies Readonly<Record<string, ExportedAgentFigure>>;

/** A histogram that was counted elsewhere, cheaply. */
class CountedHistogram extends Histogram {
  readonly #told: { readonly name: string; readonly help: string };
  readonly #counted: () => Iterable<readonly [labels: Readonly<Record<string, string>>, TimeHistogram]>;

  constructor(
    figure: ExportedAgentFigure,
    counted: () => Iterable<readonly [labels: Readonly<Record<string, string>>, TimeHistogram]>,
  ) {
    super({ name: figure.name, help: figure.help, registers: [] });
    this.#told = figure;
    this.#counted = counted;
  }

  /** What the registry asks for; the one of the base class knows only what it observed itself. */
  async getForPromString(): Promise<Awaited<ReturnType<Histogram['get']>>> {
    const { name, help } = this.#told;
    const values = [...this.#counted()].flatMap(([labels, times]) => exported(name, labels, times));
    return { name, help, type: 'histogram' as never, aggregator: 'sum', collect: () => undefined, values };
  }
}

interface Value {
  readonly metricName: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

function exported(name: string, labels: Readonly<Record<string, string>>, times: TimeHistogram): Value[] {
  let below = 0;
  const buckets = times.boundsMs.map((boundMs, place) => {
    below += times.counts[place] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: boundMs / 1000 }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: times.count },
    { metricName: `${name}_sum`, labels: { ...labels }, value: times.sumMs / 1000 },
    { metricName: `${name}_count`, labels: { ...labels }, value: times.count },
  ];
}

/** A gauge or counter whose values are set when somebody asks. */
class SetFigure {
  readonly #metric: Gauge | Counter;
  readonly #hasLabels: boolean;

  constructor(registry: Registry, figure: Omit<ExportedAgentFigure, 'type'> & { readonly type: 'gauge' | 'counter' }) {
    const { name, help, labels = [] } = figure;
    this.#hasLabels = labels.length > 0;
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    this.#metric = figure.type === 'gauge' ? new Gauge(options) : new Counter(options);
  }

  clear(): void {
    this.#metric.reset();
    // One without labels is 0 now, which nobody said.
    if (!this.#hasLabels) this.#metric.remove();
  }

  set(value: number, labels: Readonly<Record<string, string>> = {}): void {
    // Without that of before, adding is setting, which counters have no word for.
    if (Number.isFinite(value)) this.#metric.inc(labels, value);
  }
}

export class Exposition {
  readonly #options: ExpositionOptions;
  readonly #registry = new Registry();
  readonly #agent: ReadonlyMap<string, SetFigure>;
  readonly #host: ReadonlyMap<string, SetFigure>;

  constructor(options: ExpositionOptions) {
    this.#options = options;
    const { timings } = options;
    const registry = this.#registry;
    const set = Object.values<ExportedAgentFigure>(agentFigures).flatMap((figure): [string, SetFigure][] =>
      figure.type === 'histogram' ? [] : [[figure.name, new SetFigure(registry, { ...figure, type: figure.type })]],
    );
    this.#agent = new Map(set);
    const calls = (): [{ method: string }, TimeHistogram][] =>
      [...timings.calls].map(([method, { took }]) => [{ method }, took]);
    registry.registerMetric(new CountedHistogram(agentFigures.requests, calls));
    registry.registerMetric(new CountedHistogram(agentFigures.eventLag, () => [[{}, timings.eventLag]]));
    registry.registerMetric(new CountedHistogram(agentFigures.durable, () => [[{}, timings.durable]]));
    const told = families.flatMap(({ exported: known, kind, pattern }): [string, SetFigure][] => {
      if (known === undefined) return [];
      const labels = known.label === undefined ? [] : [known.label];
      return [[pattern, new SetFigure(registry, { ...known, labels, type: kind })]];
    });
    this.#host = new Map(told);
  }

  async page(): Promise<HttpReply> {
    this.#setAgent();
    this.#setHost();
    const body = await this.#registry.metrics();
    const headers = { 'content-type': this.#registry.contentType, 'cache-control': 'no-cache, no-store' };
    return { status: 200, headers, body };
  }

  #setHost(): void {
    for (const figure of this.#host.values()) figure.clear();
    for (const { family, instance, value } of this.#options.raw()) {
      const { exported: known, pattern } = family;
      if (known === undefined) continue;
      const labels = known.label === undefined ? {} : { [known.label]: instance };
      this.#host.get(pattern)?.set(value * (known.factor ?? 1), labels);
    }
  }

  #setAgent(): void {
    const { own, timings, version, hostUuid, counts } = this.#options;
    for (const figure of this.#agent.values()) figure.clear();
    const set = (figure: ExportedAgentFigure, value: number, labels?: Readonly<Record<string, string>>): void =>
      this.#agent.get(figure.name)?.set(value, labels);
    set(agentFigures.info, 1, { version, host: hostUuid });
    for (const [method, { failed }] of timings.calls) set(agentFigures.failures, failed, { method });
    for (const [name, value] of Object.entries(counts())) set(agentFigures[name as keyof AgentCounts], value);
    set(agentFigures.commits, timings.commits);
    const { medianMs, p99Ms, mostMs } = own.loopDelay();
    set(agentFigures.loopDelayMedian, medianMs / 1000);
    set(agentFigures.loopDelayP99, p99Ms / 1000);
    set(agentFigures.loopDelayMost, mostMs / 1000);
    set(agentFigures.residentBytes, own.residentBytes());
    set(agentFigures.cpuSeconds, own.cpuSeconds());
  }
}
