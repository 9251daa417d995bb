/** What ends a command early, each kind with its exit code. */

export const exitCodes = { ok: 0, failed: 1, usage: 2, unreachable: 3, interrupted: 130 } as const;

/** The command line could not be understood. `topic` names the help page that shows how. */
export class UsageError extends Error {
  readonly topic: string | undefined;

  constructor(sentence: string, topic?: string) {
    super(sentence);
    this.name = 'UsageError';
    this.topic = topic;
  }
}

/** The agent answered with an error of the API: its code and parameters as they came. */
export class ApiFailure extends Error {
  readonly code: string;
  readonly params: readonly string[];

  constructor(code: string, params: readonly string[]) {
    super([code, ...params].join(' '));
    this.name = 'ApiFailure';
    this.code = code;
    this.params = params;
  }
}

/** Something else went wrong that a sentence explains. */
export class CommandFailure extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'CommandFailure';
  }
}

/** No agent answers on the socket. `sentence` says which one was tried. */
export class Unreachable extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'Unreachable';
  }
}

/** The user pressed ctrl-C. `sentence`, when there is one, says what goes on regardless. */
export class Interrupted extends Error {
  constructor(sentence = '') {
    super(sentence);
    this.name = 'Interrupted';
  }
}

/** Whoever read the output has closed it; there is nobody to tell. */
export class OutputClosed extends Error {
  constructor() {
    super('the output is closed');
    this.name = 'OutputClosed';
  }
}

/** Everything has been said; the process ends with this code. */
export class EndedWith extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`ended with ${exitCode}`);
    this.name = 'EndedWith';
    this.exitCode = exitCode;
  }
}
