/** Samples the host's figures, archives them, keeps the archives across restarts, and tells what is known. */
import type { DataSource, Figures } from '../../api/figures.ts';
import { ApiError } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import { type Cancel, FileError, type World } from '../../world/world.ts';
import { decodeArchives, encodeArchives } from './archive-file.ts';
import { stepSeconds } from './archive-shape.ts';
import { Archives, type ArchivesState } from './archives.ts';
import { type Figure, figuresOf, type RawFigure, readFamilies } from './figures.ts';
import { Rates } from './rates.ts';
import { Reader } from './reader.ts';

const stepMs = stepSeconds * 1000;
/** Samples are taken this long after a slot has ended, so that they surely end it. */
const afterSlotMs = 20;
/** A sample that is so little late stands for the end of its slot, so that rows are what was read and no mixture. */
const lateMs = 250;

export interface HostFiguresOptions {
  readonly world: Pick<World, 'clock' | 'files' | 'log' | 'process'>;
  /** Where the archives are kept. */
  readonly path: string;
}

export class HostFigures implements Figures {
  readonly #world: HostFiguresOptions['world'];
  readonly #path: string;
  readonly #reader: Reader;
  readonly #rates = new Rates();
  readonly #off = new Set<string>();
  #archives = new Archives();
  #copy: ArchivesState | undefined;
  #latest: ReadonlyMap<string, Figure> = new Map();
  #raw: readonly RawFigure[] = [];
  #sampledMs: number | undefined;
  #savedMs = 0;
  #delaysSinceMs = 0;
  #stopped = false;
  #plan: Cancel = () => {};
  #running: Promise<void> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();
  #saysFull = false;
  #saysUnsaved = false;

  constructor(options: HostFiguresOptions) {
    this.#world = options.world;
    this.#path = options.path;
    this.#reader = new Reader(options.world);
  }

  /** Reads the archives of before and takes the first sample. */
  async start(): Promise<void> {
    await this.#load();
    this.#savedMs = this.#world.clock.monotonicMs();
    await this.#trySample();
    this.#planNext();
  }

  /** Resolves when everything known so far is on disk. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#plan();
    await this.#running;
    await this.#save();
  }

  /** The archives as of now. It is one copy for all who ask until they change, so that slow readers cannot fill the memory. */
  state(): ArchivesState {
    this.#copy ??= this.#archives.state();
    return this.#copy;
  }

  /** The latest readings as they were, before counters became rates. */
  get raw(): readonly RawFigure[] {
    return this.#raw;
  }

  dataSources(): readonly DataSource[] {
    return [...this.#latest.values()].map(({ name, doc, units, min, max, value }) => ({
      name_label: name,
      name_description: doc,
      enabled: !this.#off.has(name),
      standard: true,
      units,
      min,
      max,
      value,
    }));
  }

  query(name: string): number {
    const figure = this.#latest.get(name);
    if (figure === undefined) throw unknownFigure(name);
    return figure.value;
  }

  async record(name: string): Promise<void> {
    if (!this.#latest.has(name) && !this.#off.has(name)) throw unknownFigure(name);
    if (this.#off.delete(name)) await this.#save();
  }

  async forget(name: string): Promise<void> {
    if (!this.#latest.has(name) && !this.#archives.has(name)) throw unknownFigure(name);
    this.#archives.remove(name);
    this.#copy = undefined;
    this.#off.add(name);
    const [oldest] = this.#off;
    if (this.#off.size > limits.dataSources && oldest !== undefined) this.#off.delete(oldest);
    await this.#save();
  }

  #planNext(): void {
    if (this.#stopped) return;
    const sinceSlotMs = (this.#world.clock.nowMs() - afterSlotMs) % stepMs;
    this.#plan = this.#world.clock.after(stepMs - sinceSlotMs, () => {
      this.#running = this.#trySample();
      void this.#running.then(() => this.#planNext());
    });
  }

  /** Figures are not worth an agent that does not start. */
  async #trySample(): Promise<void> {
    try {
      await this.#sample();
    } catch (thrown) {
      this.#world.log.write('error', 'figures-failed', 'Figures of the host could not be taken.', {
        reason: thrown instanceof Error ? thrown.stack : String(thrown),
      });
    }
  }

  async #sample(): Promise<void> {
    const { clock } = this.#world;
    const nowMs = Math.floor(clock.nowMs());
    const monotonicMs = clock.monotonicMs();
    if (monotonicMs - this.#delaysSinceMs >= limits.loopDelayMs) {
      this.#delaysSinceMs = monotonicMs;
      this.#world.process.resetLoopDelay();
    }
    const readings = await this.#reader.read();
    this.#raw = readFamilies(readings);
    const figures = figuresOf(readings, this.#raw, this.#rates, monotonicMs);
    this.#latest = new Map(figures.map((figure) => [figure.name, figure]));
    for (const name of this.#latest.keys()) if (!this.#off.has(name)) this.#admit(name);
    const sinceMs = this.#sampledMs === undefined ? 0 : Math.round(monotonicMs - this.#sampledMs);
    this.#sampledMs = monotonicMs;
    const values = new Map(figures.map(({ name, value }) => [name, value]));
    const sinceSlotMs = nowMs % stepMs;
    const atMs = sinceSlotMs < lateMs ? nowMs - sinceSlotMs : nowMs;
    this.#copy = undefined;
    this.#archives.update(atMs, Math.min(sinceMs, limits.sampleHoldsMs), values);
    if (monotonicMs - this.#savedMs < limits.figuresSaveMs) return;
    this.#savedMs = monotonicMs;
    await this.#save();
  }

  /** Figures that are no longer read make room for new ones when all places are taken. */
  #admit(name: string): void {
    if (this.#archives.has(name)) return;
    if (this.#archives.size >= limits.dataSources) {
      const gone = this.#archives.names.find((known) => !this.#latest.has(known));
      if (gone === undefined) {
        if (this.#saysFull) return;
        this.#saysFull = true;
        this.#world.log.write('warn', 'figures-too-many', 'There are more figures than can be archived.', { name });
        return;
      }
      this.#archives.remove(gone);
    }
    this.#archives.add(name);
  }

  async #load(): Promise<void> {
    const { files, log } = this.#world;
    try {
      const saved = decodeArchives(await files.read(this.#path, limits.figuresFileBytes));
      this.#archives = Archives.from(saved);
      for (const name of saved.off) this.#off.add(name);
    } catch (thrown) {
      if (thrown instanceof FileError && thrown.code === 'not-found') return;
      log.write('warn', 'archives-lost', 'The archives of figures cannot be read and begin anew.', {
        path: this.#path,
        reason: thrown instanceof Error ? thrown.message : String(thrown),
      });
    }
  }

  /** One write after the other, each of what is known when its turn comes. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      const { files, log } = this.#world;
      for (const name of this.#archives.names) {
        if (!this.#latest.has(name) && this.#archives.isBlank(name)) this.#archives.remove(name);
      }
      try {
        await files.writeAtomic(this.#path, encodeArchives({ ...this.#archives.state(), off: [...this.#off] }), 0o600);
        this.#saysUnsaved = false;
      } catch (thrown) {
        if (!(thrown instanceof FileError)) throw thrown;
        if (this.#saysUnsaved) return;
        this.#saysUnsaved = true;
        log.write('warn', 'archives-unsaved', 'The archives of figures cannot be written; a restart would lose them.', {
          path: this.#path,
          reason: thrown.message,
        });
      }
    });
    return this.#saving;
  }
}

function unknownFigure(name: string): ApiError {
  return new ApiError('INVALID_VALUE', 'data_source', name);
}
