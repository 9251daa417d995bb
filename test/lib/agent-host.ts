/** A virtual host with an agent in it, started by its systemd from this checkout. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Http } from '../../src/world/world.ts';
import { ApiClient } from './api-client.ts';
import {
  nodeInside,
  repository,
  repositoryInside,
  until,
  VirtualHost,
  type VirtualHostOptions,
} from './virtual-host.ts';

/** The unit that is installed, sandbox and all; only the program is that of this checkout, and it makes its socket itself. */
const unit = readFileSync(join(repository, 'systemd/quorated.service'), 'utf8')
  .replace(
    /^ExecStart=.*$/m,
    `ExecStart=${nodeInside} ${repositoryInside}/src/bin/quorated.ts --config /etc/quorate.conf`,
  )
  .replace(/^(?:Requires|After)=quorated\.socket$/gm, '');

const settings = 'directory = /var/lib/quorate\nsocket = /run/quorate/xapi\nlog-level = debug\n';

export class AgentHost {
  readonly machine: VirtualHost;
  readonly #http: Http;

  private constructor(machine: VirtualHost, http: Http) {
    this.machine = machine;
    this.#http = http;
  }

  static async start(http: Http, options: VirtualHostOptions = {}): Promise<AgentHost> {
    const machine = await VirtualHost.start({
      ...options,
      wants: ['quorated.service', ...(options.wants ?? [])],
      files: {
        '/etc/systemd/system/quorated.service': unit,
        '/etc/quorate.conf': settings,
        ...options.files,
      },
    });
    return new AgentHost(machine, http);
  }

  get socketPath(): string {
    return `${this.machine.root}/run/quorate/xapi`;
  }

  /** A client that is logged in, as soon as the agent answers. */
  async client(): Promise<ApiClient> {
    let client: ApiClient | undefined;
    await until('the agent answers', async () => {
      if (!existsSync(this.socketPath)) return false;
      const made = new ApiClient(this.#http, { socketPath: this.socketPath });
      client = await made.login().catch(() => undefined);
      return client !== undefined;
    });
    if (client === undefined) throw new Error('the agent does not answer');
    return client;
  }

  /** What the agent logged since the machine started; all of it with `boot` 'all'. */
  async log(boot: 'this' | 'all' = 'this'): Promise<string> {
    const which = boot === 'this' ? ['-b'] : [];
    return this.machine.get('journalctl', '-u', 'quorated', '-o', 'cat', '--no-pager', ...which);
  }

  async logs(event: string): Promise<void> {
    await until(`the agent logs ${event}`, async () => (await this.log()).includes(event));
  }
}
