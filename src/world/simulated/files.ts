import { inOrder } from '../../lib/in-order.ts';
import { FileError, type Files } from '../world.ts';
import { bytesOf, clean, type Disk } from './disk.ts';
import type { Incarnation } from './incarnation.ts';
import type { Seeded } from './seeded.ts';

/** A change is told so much later, as a real watcher does. */
const watchDelayMs = 20;
/** How often an operation looks whether a disk that is stuck goes on. */
const stuckMs = 10;

/** An operation that power loss may find half way. */
interface Operation {
  readonly perform: () => void;
  /** What power loss does to it, when not simply all or nothing. */
  readonly interrupted?: () => void;
}

/** The files of one life: operations on a disk that take their time, may fail, and may be cut short. */
export class SimulatedFiles {
  readonly #disk: Disk;
  readonly #life: Incarnation;
  readonly #chance: Seeded;
  readonly #ordered = inOrder();
  readonly #underWay = new Set<Operation>();

  constructor(disk: Disk, life: Incarnation, chance: Seeded) {
    this.#disk = disk;
    this.#life = life;
    this.#chance = chance;
  }

  get files(): Files {
    const disk = this.#disk;
    const { faults } = disk;
    return {
      read: (path, maxBytes) => this.#look(path, () => disk.read(path, maxBytes)),
      list: (path) => this.#look(path, () => disk.list(path)),
      status: (path) => this.#look(path, () => disk.status(path)),
      entry: (path) => this.#look(path, () => disk.entry(path)),
      link: (path) => this.#look(path, () => disk.link(path)),
      writeAtomic: (path, contents, mode) => {
        const bytes = bytesOf(contents).slice();
        return this.#change(path, true, () => this.#fail(path, faults.writeErrors), {
          perform: () => disk.replace(path, bytes, mode),
        });
      },
      append: (path, contents, mode) => {
        const bytes = contents.slice();
        const partly = (): void =>
          disk.append(path, bytes.subarray(0, this.#chance.integer(bytes.byteLength + 1)), mode);
        return this.#change(path, false, () => this.#fail(path, faults.writeErrors, partly), {
          perform: () => disk.append(path, bytes, mode),
          interrupted: partly,
        });
      },
      truncate: (path, length) =>
        this.#change(path, false, () => this.#fail(path, faults.writeErrors), {
          perform: () => disk.truncate(path, length),
        }),
      sync: (path) =>
        this.#change(path, true, () => this.#fail(path, faults.syncErrors, () => disk.syncFailed(path)), {
          perform: () => disk.sync(path),
        }),
      makeDirectory: (path, mode) =>
        this.#change(path, true, () => this.#fail(path, faults.writeErrors), {
          perform: () => disk.makeDirectory(path, mode),
        }),
      remove: (path) =>
        this.#change(path, true, () => this.#fail(path, faults.writeErrors), {
          perform: () => disk.remove(path),
          interrupted: () => disk.remove(path, false),
        }),
      watch: (path, changed, depth) => this.#watch(clean(path), changed, depth ?? 0),
    };
  }

  /** Power is lost or the program dies: what was under way is done, half done, or not done. */
  crash(): void {
    for (const { perform, interrupted } of this.#underWay) {
      try {
        const outcome = this.#chance.integer(3);
        if (outcome === 0) perform();
        else if (outcome === 1) interrupted?.();
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
      }
    }
    this.#underWay.clear();
  }

  #watch(path: string, changed: () => void, depth: number): () => void {
    let pending = false;
    const cancel = this.#disk.watch((name) => {
      // Of a directory, what is in it counts too.
      const inside = name.startsWith(`${path}/`) && name.slice(path.length + 1).split('/').length <= depth + 1;
      if ((name !== path && !inside) || pending) return;
      pending = true;
      this.#life.after(watchDelayMs, () => {
        if (!pending) return;
        pending = false;
        changed();
      });
    });
    return () => {
      pending = false;
      cancel();
    };
  }

  #look<T>(path: string, look: () => T): Promise<T> {
    return this.#wait(false, () => {
      this.#fail(path, this.#disk.faults.readErrors);
      return look();
    });
  }

  #change(path: string, syncs: boolean, fail: () => void, operation: Operation): Promise<void> {
    return this.#ordered(clean(path), () => {
      if (this.#life.alive) this.#underWay.add(operation);
      return this.#wait(syncs, () => {
        this.#underWay.delete(operation);
        fail();
        operation.perform();
      });
    });
  }

  #wait<T>(syncs: boolean, perform: () => T): Promise<T> {
    return this.#life.promise((resolve, reject) => {
      const { latencyMs, syncMs } = this.#disk.faults;
      const delayMs = this.#chance.between(...latencyMs) + (syncs ? this.#chance.between(...syncMs) : 0);
      const finish = (): void => {
        if (this.#disk.faults.stuck) {
          this.#life.after(stuckMs, finish);
          return;
        }
        try {
          resolve(perform());
        } catch (error) {
          reject(error as Error);
        }
      };
      this.#life.after(delayMs, finish);
    });
  }

  #fail(path: string, probability: number, before: () => void = () => undefined): void {
    if (!this.#chance.chance(probability)) return;
    before();
    throw new FileError('io', path, 'input/output error');
  }
}
