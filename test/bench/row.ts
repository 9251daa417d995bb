/** One measured figure. `ok` is undefined where the figure has no target. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target: string;
  readonly ok: boolean | undefined;
}
