/** What the machine says of itself; empty strings and zeros where it says nothing. */
export interface MachineFacts {
  readonly hostname: string;
  readonly machineId: string;
  readonly osName: string;
  readonly osVersion: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly cpuCount: number;
  readonly cpuModel: string;
  readonly memoryTotalBytes: number;
  readonly memoryFreeBytes: number;
  readonly bootTimeMs: number;
  readonly addresses: readonly string[];
}
