/** A laboratory in memory in which a stack runs that keeps the contract: what the kit is told where nothing is wrong. */
import type {
  HostEnd,
  Laboratory,
  LaboratoryCall,
  LaboratoryHost,
  LaboratoryOptions,
  LaboratoryResult,
} from '../../src/conformance/laboratory.ts';
import { type ScriptName, scriptNames } from '../../src/stack/contract.ts';

const uuid = '0b1f4a52-4c1e-4d0c-9a55-2f6a3f1f8a01';

interface Statefile {
  generation: number;
  pool: 'init' | 'active' | 'invalid' | 'damaged';
  master: boolean;
  excluded: boolean;
}

interface Answer {
  readonly exitCode: number;
  readonly stdout?: string;
}

export function goodLiveset(seconds: Pick<LaboratoryOptions, 'timeouts'>['timeouts'], master = false): string {
  const truth = (name: string, value: boolean): string => `    <${name}>${value ? 'TRUE' : 'FALSE'}</${name}>`;
  const latencies = ['statefile', 'heartbeat', 'Xapi_healthcheck'].flatMap((what) =>
    ['', '_max', '_min'].map((end) => `    <${what}_latency${end}>12</${what}_latency${end}>`),
  );
  const times = ['update_on_statefile', 'heartbeat'].map((what) => `time_since_last_${what}`);
  const lists = ['heartbeat', 'statefile'].flatMap((what) =>
    ['heartbeat', 'statefile'].map((where) => `${what}_active_list_on_${where}`),
  );
  const ms = (name: string, value: number): string => `    <${name}>${String(value * 1000)}</${name}>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<ha_liveset_info version="1.0">',
    '  <status>Online</status>',
    '  <localhost>',
    `    <HostID>${uuid}</HostID>`,
    '    <HostIndex>0</HostIndex>',
    '  </localhost>',
    '  <host>',
    `    <HostID>${uuid}</HostID>`,
    '    <HostIndex>0</HostIndex>',
    truth('liveness', true),
    truth('master', master),
    truth('statefile_access', true),
    truth('statefile_corrupted', false),
    truth('excluded', false),
    '  </host>',
    '  <raw_status_on_local_host>',
    ...latencies,
    '    <host_raw_data>',
    `    <HostID>${uuid}</HostID>`,
    '    <HostIndex>0</HostIndex>',
    ...times.map((name) => `    <${name}>40</${name}>`),
    '    <time_since_xapi_restart_first_attempted>-1</time_since_xapi_restart_first_attempted>',
    '    <xapi_error_string></xapi_error_string>',
    ...lists.map((name) => `    <${name}>${uuid}</${name}>`),
    '    </host_raw_data>',
    '  </raw_status_on_local_host>',
    '  <timeout>',
    ms('T1', seconds.heartbeatTimeoutSeconds),
    ms('T2', seconds.statefileTimeoutSeconds),
    ms('T3', 2),
    ms('Wh', seconds.heartbeatWatchdogSeconds),
    ms('Ws', seconds.statefileWatchdogSeconds),
    '  </timeout>',
    '  <warning_on_local_host>',
    ...['statefile_lost', 'heartbeat_approaching_timeout', 'statefile_approaching_timeout'].map((name) =>
      truth(name, false),
    ),
    truth('Xapi_healthcheck_approaching_timeout', false),
    truth('network_bonding_error', false),
    '  </warning_on_local_host>',
    '</ha_liveset_info>',
    '',
  ].join('\n');
}

/** One host of it, and the stack that runs there. */
class GoodHost implements LaboratoryHost {
  readonly index = 1;
  readonly uuid = uuid;
  readonly address = '10.0.0.1';
  running = true;
  readonly ends: HostEnd[] = [];
  configuration: 'good' | 'missing' | 'wrong' = 'good';
  generation = 1;
  statefile: Statefile | undefined;
  reachable = true;
  daemon: 'none' | 'armed' | 'disarmed' = 'none';
  readonly #options: LaboratoryOptions;
  readonly #now: () => number;
  readonly #watchers = new Set<() => void>();

  constructor(options: LaboratoryOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  get watchdogArmed(): boolean {
    return this.daemon === 'armed';
  }

  async powerOn(): Promise<void> {
    this.running = true;
  }

  async powerOff(): Promise<void> {
    this.running = false;
    this.#becomes('none');
  }

  async run(program: string, args: readonly string[], call: LaboratoryCall): Promise<LaboratoryResult> {
    const startedMs = this.#now();
    const script = scriptNames.find((name) => name === args[3]);
    const answer =
      script === undefined
        ? await this.#shell(args[1] ?? program)
        : call.unprivileged === true
          ? { exitCode: 16 }
          : this.#answer(script, args.slice(4));
    const none = { signal: undefined, timedOut: false, hostEnded: false, stdout: '', stderr: '', truncated: false };
    return { ...none, outputHeld: false, startedMs, endedMs: this.#now(), ...answer };
  }

  follow(_program: string, _args: readonly string[], onLine: (line: string) => void): () => void {
    const tell = (): void => {
      if (this.daemon !== 'none') for (const line of this.#liveset().split('\n')) onLine(line);
    };
    tell();
    this.#watchers.add(tell);
    return () => void this.#watchers.delete(tell);
  }

  async setNetwork(): Promise<void> {}

  async setStatefile(state: string): Promise<void> {
    this.reachable = state === 'good';
  }

  async processes(): Promise<readonly { pid: number; command: string }[]> {
    return this.daemon === 'none' ? [] : [{ pid: 7, command: 'the daemon' }];
  }

  signalProcess(_pid: number, signal: string): void {
    if (this.daemon === 'armed') {
      this.running = false;
      this.ends.push({ atMs: this.#now(), by: 'watchdog' });
    }
    if (signal === 'SIGKILL' || !this.running) this.#becomes('none');
  }

  async ended(): Promise<HostEnd | undefined> {
    return this.running ? undefined : this.ends.at(-1);
  }

  #becomes(daemon: 'none' | 'armed' | 'disarmed'): void {
    this.daemon = daemon;
    for (const tell of this.#watchers) tell();
  }

  #liveset(): string {
    return goodLiveset(this.#options.timeouts, this.statefile?.master === true);
  }

  async #shell(text: string): Promise<Answer> {
    if (text.includes('/proc/[0-9]')) return { exitCode: 0, stdout: '7 S 7 the daemon\n' };
    if (text.includes('names-before')) return { exitCode: 0, stdout: '' };
    if (text.includes('exec "$p"')) return { exitCode: 16 };
    if (text.includes('kit-done') || text.includes('echo "code $?"')) {
      return { exitCode: 0, stdout: `code ${String(this.#answer('ha_start_daemon', []).exitCode)}\npipe 0\n` };
    }
    if (text.includes('kill -KILL 0')) this.#answer('ha_start_daemon', []);
    if (text.includes('ha_watch_liveset')) {
      for (let turns = 0; this.daemon !== 'none' && turns < 1000; turns += 1) await Promise.resolve();
      return { exitCode: 14 };
    }
    // Killed on the way: as good as not called.
    return { exitCode: 0 };
  }

  #answer(script: ScriptName, args: readonly string[]): Answer {
    const running = this.daemon !== 'none';
    const sick = this.#sickness();
    const state = this.statefile;
    switch (script) {
      case 'ha_query_liveset':
        return running ? { exitCode: 0, stdout: this.#liveset() } : { exitCode: 14 };
      case 'ha_propose_master':
        if (!running || state === undefined) return { exitCode: 14 };
        state.master = true;
        this.#becomes(this.daemon);
        return { exitCode: 0, stdout: 'TRUE\n' };
      case 'ha_disarm_fencing':
        if (running) this.#becomes('disarmed');
        return { exitCode: running ? 0 : 14 };
      case 'ha_stop_daemon':
        this.#becomes('none');
        return { exitCode: 0 };
      case 'ha_start_daemon':
        return { exitCode: this.#start(sick) };
      case 'ha_set_pool_state':
        return { exitCode: this.#setPoolState(args, sick) };
      case 'ha_set_excluded':
      case 'ha_clear_excluded':
        if (state?.pool !== 'active') return { exitCode: 11 };
        state.excluded = script === 'ha_set_excluded';
        return { exitCode: 0 };
      case 'ha_set_host_weight': {
        const [name = '', weight = ''] = args;
        const good = args.length === 2 && name.length <= 64 && /^\d{1,5}$/.test(weight) && Number(weight) <= 65_535;
        return { exitCode: good ? 0 : 1 };
      }
      case 'ha_watch_liveset':
        break;
    }
    return { exitCode: 127 };
  }

  #sickness(): number {
    if (this.configuration === 'missing') return 6;
    if (this.configuration === 'wrong') return 7;
    return this.reachable ? 0 : 8;
  }

  #start(sick: number): number {
    if (this.daemon !== 'none') return 15;
    if (sick !== 0) return sick;
    const { statefile } = this;
    if (statefile === undefined || statefile.pool === 'damaged') return 9;
    if (statefile.generation !== this.generation) return 10;
    if (statefile.pool === 'invalid') return 11;
    statefile.pool = 'active';
    statefile.excluded = false;
    this.#becomes('armed');
    return 0;
  }

  #setPoolState(args: readonly string[], sick: number): number {
    const [word] = args;
    if (args.length !== 1 || (word !== 'init' && word !== 'active' && word !== 'invalid')) return 1;
    if (sick !== 0) return sick;
    if (word === 'init') {
      if (this.daemon !== 'none') return 15;
      this.statefile = { generation: this.generation, pool: 'init', master: false, excluded: false };
      return 0;
    }
    if (this.statefile === undefined) return 9;
    this.statefile.pool = word;
    if (word === 'invalid') this.#becomes('none');
    return 0;
  }
}

export function goodLaboratory(options: LaboratoryOptions): Laboratory {
  let ticks = 0;
  const now = (): number => (ticks += 1);
  const host = new GoodHost(options, now);
  return {
    hosts: [host],
    nowMs: now,
    sleep: async (delayMs) => void (ticks += delayMs),
    readStatefile: async () => new Uint8Array(16),
    damageStatefile: async (_offset, bytes) => {
      if (bytes.every((byte) => byte === 0)) host.statefile = undefined;
      else if (host.statefile !== undefined) host.statefile.pool = 'damaged';
    },
    newGeneration: async () => {
      host.generation += 1;
      host.configuration = 'good';
    },
    setConfiguration: async (_host, text) => {
      host.configuration = text === undefined ? 'missing' : 'wrong';
    },
    close: async () => undefined,
  };
}
