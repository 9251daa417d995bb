/** The phases of a member, with the numbers that packets and the statefile carry, and which may follow which. */

export const phases = {
  STARTING: 0,
  STARTED: 1,
  ABORTED: 2,
  FHREADY: 3,
  FH1: 4,
  FH1DONE: 5,
  FH2: 6,
  FH2DONE: 7,
  FH3: 8,
  FH3DONE: 9,
  FH4: 10,
  FH4DONE: 11,
} as const;

export type PhaseName = keyof typeof phases;

const names = Object.keys(phases) as PhaseName[];

/** Where a phase may lead. The fault handler goes through its own in order; nothing leads out of ABORTED. */
const following: Readonly<Record<PhaseName, readonly PhaseName[]>> = {
  STARTING: ['STARTED', 'ABORTED'],
  STARTED: ['FHREADY', 'ABORTED'],
  ABORTED: [],
  FHREADY: ['FH1', 'ABORTED'],
  FH1: ['FH1DONE', 'ABORTED'],
  FH1DONE: ['FH2', 'ABORTED'],
  FH2: ['FH2DONE', 'ABORTED'],
  FH2DONE: ['FH3', 'ABORTED'],
  FH3: ['FH3DONE', 'ABORTED'],
  FH3DONE: ['FH4', 'ABORTED'],
  FH4: ['FH4DONE', 'ABORTED'],
  FH4DONE: ['STARTED', 'ABORTED'],
};

/** A step that the table does not have: a fault of the program. */
export class PhaseError extends Error {
  constructor(from: PhaseName, to: PhaseName) {
    super(`a member in the phase ${from} cannot go to ${to}`);
    this.name = 'PhaseError';
  }
}

/** @throws PhaseError when `to` cannot follow `from` */
export function nextPhase(from: PhaseName, to: PhaseName): PhaseName {
  if (!following[from].includes(to)) throw new PhaseError(from, to);
  return to;
}

export function phaseName(number: number): PhaseName | undefined {
  return names[number];
}

/** Is a fault being handled? */
export function handling(phase: PhaseName): boolean {
  return phases[phase] >= phases.FHREADY;
}
