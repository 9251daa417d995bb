/** What the machine under the agent can be made to do. Implemented in src/host/actions; api only says when. */

/** How a machine ends. */
export type Ending = 'poweroff' | 'reboot';

export interface HostService {
  /** Ends guests' and own work in order, then lets the operating system end. Resolves when it has agreed to. */
  end(ending: Ending, signal: AbortSignal): Promise<void>;
  /** Remembers until when the host stays disabled: its next start, or until somebody enables it. */
  keepDisabled(untilNextStart: boolean): Promise<void>;
  forgetDisabled(): Promise<void>;
  /** @throws ApiError OPERATION_NOT_ALLOWED */
  restartAgent(): Promise<void>;
  /** Changes the name in the operating system. @throws ApiError HOST_NAME_INVALID */
  setHostName(name: string): Promise<void>;
}
