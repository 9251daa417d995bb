/** Everything that the API can make this machine do. */
import { basename, dirname, join } from 'node:path';
import type { CallTiming, Ending, HostService, HostUpdates } from '../../api/host-service.ts';
import { ApiError } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import { FileError, type World } from '../../world/world.ts';
import { reportCapabilities, uploadReport } from './bug-report.ts';
import { CleanPath } from './clean-path.ts';
import { isDumpPath } from './crash-dumps.ts';
import { setHostName } from './host-name.ts';
import { sendDown } from './logind.ts';
import { agentLog, kernelLog, sendDebugKeys } from './logs.ts';
import { restartOwnUnit } from './own-unit.ts';
import { ShutdownWatch } from './shutdown-watch.ts';
import { configureSyslog } from './syslog.ts';
import { useTool } from './tools.ts';
import { assertUploadUrl, upload } from './upload.ts';
import { wake } from './wake.ts';

export interface HostActionsOptions {
  readonly world: World;
  /** Where the agent keeps its own things. */
  readonly directory: string;
  /** The file that the log goes to; undefined for the journal or a terminal. */
  readonly logPath: string | undefined;
  readonly updates: HostUpdates;
  readonly timings: () => ReadonlyMap<string, CallTiming>;
}

const bootIdPath = '/proc/sys/kernel/random/boot_id';

export class HostActions implements HostService {
  /** What happens before the machine goes down. */
  readonly cleanPath: CleanPath;
  readonly #options: HostActionsOptions;
  readonly #world: World;
  readonly #disabledPath: string;
  readonly #watch: ShutdownWatch;

  constructor(options: HostActionsOptions) {
    const { world, directory } = options;
    this.#options = options;
    this.#world = world;
    this.#disabledPath = join(directory, 'disabled.json');
    this.cleanPath = new CleanPath(world);
    this.#watch = new ShutdownWatch(world, this.cleanPath);
  }

  start(): void {
    this.#watch.start();
  }

  stop(): Promise<void> {
    return this.#watch.stop();
  }

  async end(ending: Ending, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.cleanPath.run(`the API was asked for ${ending}`, limits.cleanEndMs);
    try {
      // Whoever cancels while guests are being ended wants the machine to stay.
      signal.throwIfAborted();
      await sendDown(this.#world, ending);
    } catch (thrown) {
      await this.cleanPath.undo();
      throw thrown;
    }
  }

  async keepDisabled(untilNextStart: boolean): Promise<void> {
    const boot = await this.#bootId();
    await this.#world.files.writeAtomic(this.#disabledPath, JSON.stringify({ boot, untilNextStart }), 0o600);
  }

  forgetDisabled(): Promise<void> {
    return this.#world.files.remove(this.#disabledPath);
  }

  restartAgent(): Promise<void> {
    return restartOwnUnit(this.#world);
  }

  setHostName(name: string): Promise<void> {
    return setHostName(this.#world.bus, name);
  }

  get updates(): HostUpdates {
    return this.#options.updates;
  }

  kernelLog(clear: boolean, signal: AbortSignal): Promise<string> {
    return kernelLog(this.#world, clear, signal);
  }

  agentLog(signal: AbortSignal): Promise<string> {
    return agentLog(this.#world, this.#options.logPath, signal);
  }

  sendDebugKeys(keys: string): Promise<void> {
    return sendDebugKeys(this.#world, keys);
  }

  configureSyslog(destination: string): Promise<void> {
    return configureSyslog(this.#world, destination);
  }

  reportCapabilities(): string {
    return reportCapabilities();
  }

  uploadReport(
    url: string,
    options: Readonly<Record<string, string>>,
    signal: AbortSignal,
    progress: (fraction: number) => void,
  ): Promise<void> {
    const { directory } = this.#options;
    return uploadReport(this.#world, { directory, url, options, signal, progress });
  }

  async removeDump(path: string): Promise<void> {
    if (!isDumpPath(path)) throw new ApiError('INTERNAL_ERROR', `${path} is no crash dump.`);
    await this.#world.files.remove(path);
  }

  async uploadDump(
    path: string,
    url: string,
    options: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    assertUploadUrl('url', url);
    const { files, random } = this.#world;
    if ((await files.status(path))?.kind !== 'directory') return upload(this.#world, path, url, options, signal);
    const archive = join(this.#options.directory, `crash-dump-${random.uuid()}.tar.gz`);
    const folder = ['--directory', dirname(path), '--', basename(path)];
    try {
      const args = ['--create', '--gzip', '--file', archive, ...folder];
      await useTool(this.#world, 'tar', args, { signal, timeoutMs: limits.packMs });
      await upload(this.#world, archive, url, options, signal);
    } finally {
      await files.remove(archive);
    }
  }

  async localTime(): Promise<string> {
    return (await useTool(this.#world, 'date', ['+%Y%m%dT%H:%M:%S'])).trim();
  }

  wake(mac: string): Promise<void> {
    return wake(this.#world, mac);
  }

  timings(): ReadonlyMap<string, CallTiming> {
    return this.#options.timings();
  }

  /** Whether a host that was disabled is to be enabled, because it was disabled until its next start and this is it. */
  async endsDisabled(): Promise<boolean> {
    try {
      const text = new TextDecoder().decode(await this.#world.files.read(this.#disabledPath, limits.smallFileBytes));
      const kept = JSON.parse(text) as { readonly boot?: unknown; readonly untilNextStart?: unknown };
      return kept.untilNextStart === true && kept.boot !== (await this.#bootId());
    } catch (thrown) {
      if (thrown instanceof FileError && thrown.code === 'not-found') return false;
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#world.log.write(
        'warn',
        'disabled-unreadable',
        'Until when the host is disabled cannot be read; it stays so.',
        {
          reason,
        },
      );
      return false;
    }
  }

  /** Whether the machine was started since the agent asked last. */
  async isNewBoot(): Promise<boolean> {
    const path = join(this.#options.directory, 'boot');
    const boot = await this.#bootId();
    const kept = await this.#world.files.read(path, limits.smallFileBytes).catch(() => undefined);
    if (new TextDecoder().decode(kept) === boot) return false;
    // On a full disk it is asked again at the next start, which does no harm.
    await this.#world.files.writeAtomic(path, boot, 0o600).catch((thrown: unknown) => {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#world.log.write('warn', 'boot-not-kept', 'When the machine was started could not be written down.', {
        reason,
      });
    });
    return true;
  }

  /** Another one at each start of the machine. The kernel's own is that of the machine outside when this one is a container. */
  async #bootId(): Promise<string> {
    const text = async (path: string): Promise<string> =>
      new TextDecoder().decode(await this.#world.files.read(path, limits.smallFileBytes).catch(() => undefined));
    // What follows the name, which may hold anything, begins with the third field; the 22nd is when PID 1 was started.
    const first = (await text('/proc/1/stat')).replace(/^.*\) /s, '').split(' ');
    return `${(await text(bootIdPath)).trim()} ${first[19] ?? ''}`;
  }
}
