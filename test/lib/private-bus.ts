/** A D-Bus daemon for one test, with small services on it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import dbus, { type Message, type MessageBus } from 'dbus-next';

export function hasDbusDaemon(): boolean {
  try {
    execFileSync('dbus-daemon', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const config = (socket: string): string => `<busconfig>
  <type>custom</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>`;

export class PrivateBus {
  readonly directory: string;
  readonly address: string;
  #daemon: ChildProcess | undefined;

  private constructor(directory: string) {
    this.directory = directory;
    this.address = `unix:path=${join(directory, 'bus')}`;
  }

  static async start(): Promise<PrivateBus> {
    const bus = new PrivateBus(await mkdtemp(join(tmpdir(), 'quorate-bus-')));
    await writeFile(join(bus.directory, 'bus.conf'), config(join(bus.directory, 'bus')));
    await bus.resume();
    return bus;
  }

  /** Starts the daemon, and returns when it takes connections. */
  async resume(): Promise<void> {
    const args = [`--config-file=${join(this.directory, 'bus.conf')}`, '--nofork', '--nopidfile', '--print-address=1'];
    this.#daemon = spawn('dbus-daemon', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const { stdout } = this.#daemon;
    if (stdout === null) throw new Error('the daemon has no output');
    await once(createInterface({ input: stdout }), 'line');
  }

  /** The daemon dies at once, as in a crash. */
  async kill(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon === undefined) return;
    const over = once(daemon, 'exit');
    daemon.kill('SIGKILL');
    await over;
    await rm(join(this.directory, 'bus'), { force: true });
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

type Answer = { readonly signature: string; readonly body: readonly unknown[] } | 'never' | 'die' | Error;

/** Somebody with a name who answers calls by their members. */
export class BusService {
  readonly #bus: MessageBus;
  /** Calls that are waiting, because their answer is `never`. */
  waiting = 0;

  private constructor(bus: MessageBus) {
    this.#bus = bus;
  }

  static async start(
    address: string,
    name: string,
    answers: Readonly<Record<string, (args: readonly unknown[]) => Answer>>,
  ): Promise<BusService> {
    const bus = dbus.sessionBus({ busAddress: address });
    bus.on('error', () => undefined);
    const service = new BusService(bus);
    bus.addMethodHandler((message: Message) => {
      const answer = answers[message.member]?.(message.body);
      if (answer === undefined) return false;
      service.#answer(message, answer);
      return true;
    });
    await bus.requestName(name, 0);
    return service;
  }

  #answer(message: Message, answer: Answer): void {
    if (answer === 'never') this.waiting += 1;
    else if (answer === 'die') this.stop();
    else if (answer instanceof Error) {
      const asCaller = message as unknown as string;
      this.#bus.send(dbus.Message.newError(asCaller, 'org.example.Error.Refused', answer.message));
    } else this.#bus.send(dbus.Message.newMethodReturn(message, answer.signature, [...answer.body]));
  }

  emit(path: string, face: string, member: string, signature: string, body: readonly unknown[], only?: string): void {
    const signal = dbus.Message.newSignal(path, face, member, signature, [...body]);
    if (only !== undefined) signal.destination = only;
    this.#bus.send(signal);
  }

  stop(): void {
    this.#bus.disconnect();
  }
}

export { dbus };
