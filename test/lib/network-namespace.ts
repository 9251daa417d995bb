/** A host's network in a namespace of its own, with a neighbour behind each of its devices: tests change it as they like. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Programs } from '../../src/world/world.ts';

const run = promisify(execFile);

async function ip(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('ip', [...args], { timeout: 10_000 });
  return stdout;
}

export class NetworkNamespace {
  /** Of the host. */
  readonly name: string;
  /** Of whoever is at the other end of its cables. */
  readonly outside: string;

  private constructor(name: string) {
    this.name = name;
    this.outside = `${name}-out`;
  }

  /** Makes one, or says why this machine cannot. */
  static async create(label: string): Promise<NetworkNamespace | string> {
    if (process.getuid?.() !== 0) return 'only root may make network namespaces';
    const made = new NetworkNamespace(`quorate-net-${process.pid}-${label}`);
    try {
      await ip('netns', 'add', made.name);
      await ip('netns', 'add', made.outside);
    } catch (thrown) {
      return `network namespaces cannot be made here: ${thrown instanceof Error ? thrown.message.trim() : ''}`;
    }
    await made.ip('link', 'set', 'lo', 'up');
    return made;
  }

  /** In the host's namespace. */
  ip(...args: readonly string[]): Promise<string> {
    return ip('-n', this.name, ...args);
  }

  /** At the other end. */
  ipOutside(...args: readonly string[]): Promise<string> {
    return ip('-n', this.outside, ...args);
  }

  /** A cable: `device` on the host, `<device>o` with an address outside. */
  async cable(device: string, outsideAddress: string): Promise<void> {
    await this.ip('link', 'add', device, 'type', 'veth', 'peer', 'name', `${device}o`, 'netns', this.outside);
    await this.ipOutside('address', 'add', outsideAddress, 'dev', `${device}o`);
    await this.ipOutside('link', 'set', `${device}o`, 'up');
    await this.ip('link', 'set', device, 'up');
  }

  /** Addresses, masters and routes as text that can be compared. */
  async picture(): Promise<unknown> {
    const links = JSON.parse(await this.ip('-j', 'address', 'show')) as {
      ifname: string;
      flags: string[];
      master?: string;
      addr_info: { family: string; local: string; prefixlen: number; scope: string }[];
    }[];
    const routes = JSON.parse((await this.ip('-j', 'route', 'show')) || '[]') as {
      dst: string;
      dev: string;
      gateway?: string;
      metric?: number;
    }[];
    return {
      links: links.map(({ ifname, flags, master = '', addr_info }) => ({
        name: ifname,
        up: flags.includes('UP'),
        master,
        addresses: addr_info.filter(({ scope }) => scope === 'global').map((one) => `${one.local}/${one.prefixlen}`),
      })),
      routes: routes.map(({ dst, dev, gateway = '', metric = 0 }) => `${dst} ${dev} ${gateway} ${metric}`).sort(),
    };
  }

  async remove(): Promise<void> {
    await ip('netns', 'delete', this.name);
    await ip('netns', 'delete', this.outside);
  }

  /** Programs that run in the host's namespace. */
  programs(real: Programs): Programs {
    const prefix = ['netns', 'exec', this.name];
    return {
      run: (program, args, options) => real.run('ip', [...prefix, program, ...args], options),
      follow: (program, args, options) => real.follow('ip', [...prefix, program, ...args], options),
    };
  }
}
