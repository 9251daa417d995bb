/** Where the stories of one lane are told, one after another. */
import type { Laboratory, LaboratoryOptions } from './laboratory.ts';
import type { Story } from './story.ts';

/**
 * Opening a laboratory costs more than most stories do. So one is used again and again: its hosts are switched off and on, which ends
 * everything in them, and statefile and configuration are made anew. Only what a stack keeps on the disk of a host stays, as it would
 * on a real one; a story that must find a disk where no stack ever was says so.
 */
export class Place {
  readonly #options: LaboratoryOptions;
  readonly #open: (options: LaboratoryOptions) => Promise<Laboratory>;
  #laboratory: Laboratory | undefined;

  constructor(
    { openLaboratory }: { readonly openLaboratory: (options: LaboratoryOptions) => Promise<Laboratory> },
    options: LaboratoryOptions,
  ) {
    this.#open = openLaboratory;
    this.#options = options;
  }

  /** A laboratory whose hosts run, with an empty statefile. */
  async ready({ newDisk = false }: Pick<Story, 'newDisk'>): Promise<Laboratory> {
    if (newDisk) await this.leave();
    if (this.#laboratory === undefined) {
      this.#laboratory = await this.#open(this.#options);
      for (const host of this.#laboratory.hosts) if (!host.running) await host.powerOn();
      return this.#laboratory;
    }
    const laboratory = this.#laboratory;
    for (const host of laboratory.hosts) if (host.running) await host.powerOff();
    const { length } = await laboratory.readStatefile();
    await laboratory.damageStatefile(0, new Uint8Array(length));
    await laboratory.newGeneration();
    for (const host of laboratory.hosts) {
      await host.setStatefile('good');
      await host.setNetwork('connected');
      await host.powerOn();
    }
    return laboratory;
  }

  /** Closes the laboratory; the next story gets another one. */
  async leave(): Promise<void> {
    const laboratory = this.#laboratory;
    this.#laboratory = undefined;
    await laboratory?.close();
  }
}
