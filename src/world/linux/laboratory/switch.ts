import type { NetworkState } from '../../../conformance/laboratory.ts';
import { execute } from './execute.ts';

/** The switch that joins the hosts: a bridge in the network of the keeper, with a port for each host that is on. */
export class Switch {
  readonly #ip: string;
  readonly #ports = new Map<number, { name: string; state: NetworkState }>();
  #made = 0;

  constructor(ip: string) {
    this.#ip = ip;
  }

  async start(): Promise<void> {
    await this.#do(['link set lo up', 'link add br0 type bridge forward_delay 0 mcast_snooping 0', 'link set br0 up']);
  }

  /** A cable between the switch and a host that has just been made; what it was set to before is kept. */
  async plugIn(host: number, pid: number): Promise<void> {
    // A host that died takes its end of the cable along, and the kernel the other end, but not at once.
    this.#made += 1;
    const name = `p${host}n${this.#made}`;
    const state = this.#ports.get(host)?.state ?? 'connected';
    this.#ports.set(host, { name, state });
    // The same address after every start, as a network card has: what the others remember of it stays true.
    const address = `02:51:00:00:00:${host.toString(16).padStart(2, '0')}`;
    await this.#do([
      `link add ${name} type veth peer name eth0 address ${address} netns ${pid}`,
      ...commands(name, state),
    ]);
  }

  async setState(host: number, state: NetworkState, on: boolean): Promise<void> {
    const port = this.#ports.get(host) ?? { name: '', state };
    this.#ports.set(host, { ...port, state });
    if (on) await this.#do(commands(port.name, state));
  }

  async #do(lines: readonly string[]): Promise<void> {
    await execute(this.#ip, ['-batch', '-'], { input: lines.map((line) => `${line}\n`).join('') });
  }
}

function commands(name: string, state: NetworkState): string[] {
  if (state === 'cable-out') return [`link set ${name} down`];
  if (state === 'silent') return [`link set ${name} nomaster`, `link set ${name} up`];
  return [`link set ${name} master br0`, `link set ${name} up`];
}
