/** Real agents in temporary folders, for tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type Agent, startAgent } from '../../src/agent.ts';
import { makeSettings } from '../../src/settings.ts';
import { sqliteJournals } from '../../src/world/linux/sqlite-journal.ts';
import { createLinuxWorld, type LinuxWorld } from '../../src/world/linux/world.ts';
import type { Bus, Files, ProgramResult, Programs } from '../../src/world/world.ts';
import { ApiClient } from './api-client.ts';
import { absentBus } from './fake-bus.ts';

export interface TestAgent {
  readonly agent: Agent;
  readonly world: LinuxWorld;
  readonly directory: string;
  readonly socketPath: string;
  /** A client on the socket that is logged in. */
  client(): Promise<ApiClient>;
  /** Stops it; `restart` starts another one in the same folder. */
  stop(): Promise<void>;
  restart(): Promise<TestAgent>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

export interface TestAgentOptions {
  readonly directory?: string;
  /** Settings by key. Unless they say otherwise the agent looks at the machine once, at its start. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Addresses for TLS, such as `127.0.0.1:0`. */
  readonly listen?: string;
  /** The D-Bus; without one there is none. */
  readonly bus?: Bus;
  /** What programs answer, by name; others are run for real. */
  readonly programs?: Readonly<Record<string, FakeProgram>>;
  /** Where programs run that have no answer here: on the machine itself, but without changing its network. */
  readonly place?: (real: Programs) => Programs;
  /** Files that stand in the place of the machine's own, made from them. */
  readonly files?: (real: Files) => Files;
}

export type FakeProgram = (
  args: readonly string[],
  input: string,
  signal: AbortSignal | undefined,
) => Partial<ProgramResult> | Promise<Partial<ProgramResult>>;

function fakePrograms(real: Programs, fakes: NonNullable<TestAgentOptions['programs']>): Programs {
  return {
    follow: (program, args, options) => real.follow(program, args, options),
    run: async (program, args, options) => {
      const fake = fakes[program];
      if (fake === undefined) return real.run(program, args, options);
      const input = typeof options.input === 'string' ? options.input : new TextDecoder().decode(options.input);
      const base = { exitCode: 0, signal: undefined, timedOut: false, stdout: '', stderr: '', truncated: false };
      return { ...base, ...(await fake(args, input, options.signal)) };
    },
  };
}

/** The network of the machine that runs the tests is out of bounds. */
function withoutNetworkChanges(real: Programs): Programs {
  return {
    follow: (program, args, options) => real.follow(program, args, options),
    run: async (program, args, options) => {
      const changes =
        program === 'ip' ? !args.includes('show') : /^(?:nmcli|netplan|networkctl|ifup|ifdown)$/.test(program);
      if (changes) throw new Error(`a test would change the network of this machine: ${program} ${args.join(' ')}`);
      return real.run(program, args, options);
    },
  };
}

export async function startTestAgent(options: TestAgentOptions = {}): Promise<TestAgent> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'quorate-test-')));
  // Most tests want no events but those that they cause.
  const quiet = { 'log-level': 'error', 'host-figures-interval': '0', 'host-scan-interval': '0' };
  const given = new Map(Object.entries({ ...quiet, ...options.settings }));
  if (options.listen !== undefined) given.set('listen', options.listen);
  const settings = makeSettings(given, directory);
  const output = new Writable({ write: (_line, _encoding, done) => done() });
  const linux = createLinuxWorld({ log: { level: 'error', output }, journals: sqliteJournals() });
  // The bus of the machine that runs the tests is out of bounds: an agent there could switch the machine off.
  const world = {
    ...linux,
    files: options.files?.(linux.files) ?? linux.files,
    bus: options.bus ?? absentBus(),
    programs: fakePrograms((options.place ?? withoutNetworkChanges)(linux.programs), options.programs ?? {}),
  };
  const agent = await startAgent(world, settings, '0.0.0-test');
  let running = true;
  const stop = async (): Promise<void> => {
    if (!running) return;
    running = false;
    await agent.stop();
    await linux.close();
  };
  return {
    agent,
    world,
    directory,
    socketPath: settings.socketPath,
    client: () => new ApiClient(world.http, { socketPath: settings.socketPath }).login(),
    stop,
    restart: async () => {
      await stop();
      return startTestAgent({ ...options, directory });
    },
    remove: async () => {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
