/** A network namespace of its own, in which a test may change what it likes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export class Namespace {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** Makes one, or says why this machine cannot. */
  static async create(label: string): Promise<Namespace | string> {
    if (process.getuid?.() !== 0) return 'only root may make network namespaces';
    const name = `quorate-${process.pid}-${label}`;
    try {
      await run('ip', ['netns', 'add', name], { timeout: 10_000 });
    } catch (thrown) {
      return `network namespaces cannot be made here: ${thrown instanceof Error ? thrown.message.trim() : ''}`;
    }
    const made = new Namespace(name);
    await made.ip('link', 'set', 'lo', 'up');
    return made;
  }

  /** How to run a program in it: what to put before its name. It sees the devices of the namespace in /sys too. */
  get prefix(): readonly [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.name];
  }

  async ip(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('ip', ['-n', this.name, ...args], { timeout: 10_000 });
    return stdout;
  }

  async remove(): Promise<void> {
    await run('ip', ['netns', 'delete', this.name], { timeout: 10_000 });
  }
}
