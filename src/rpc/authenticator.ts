/** Checks names and passwords against the machine's own accounts, slowly enough for nobody to guess. */
import { ApiError } from '../datamodel/index.ts';
import { limits } from '../lib/limits.ts';
import type { Peer, World } from '../world/world.ts';

/** Whom a right password belongs to. */
export interface AuthenticatedUser {
  readonly superuser: boolean;
  /** As subjects name them: `user:NAME`, and `group:NAME` for each of the user's groups. */
  readonly identifiers: readonly string[];
}

export interface Authenticator {
  /** @throws ApiError SESSION_AUTHENTICATION_FAILED, with words that tell a stranger nothing. */
  check(peer: Peer, userName: string, password: string): Promise<AuthenticatedUser>;
  /** @throws ApiError SESSION_AUTHENTICATION_FAILED, as a wrong password has it, when too much failed from an address. */
  admit(address: string, userName: string): void;
  failed(address: string): void;
  changePassword(userName: string, password: string): Promise<void>;
}

export interface PamOptions {
  readonly world: World;
  /** Name of the PAM service, a file in /etc/pam.d. */
  readonly service: string;
}

interface Failures {
  count: number;
  untilMs: number;
}

const generic = 'Authentication failure';

function isPlainName(userName: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.@\\-]{0,255}\$?$/.test(userName);
}

/** PAM through `pamtester`, which runs the whole stack of the service and needs no native code in this process. */
export class PamAuthenticator implements Authenticator {
  readonly #world: World;
  readonly #service: string;
  readonly #failures = new Map<string, Failures>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: PamOptions) {
    this.#world = options.world;
    this.#service = options.service;
  }

  async check(peer: Peer, userName: string, password: string): Promise<AuthenticatedUser> {
    this.admit(peer.address, userName);
    this.#admitUser(peer.address, userName);
    const refuse = (reason: string): ApiError => {
      this.failed(peer.address);
      this.failed(`user ${userName}`);
      this.#world.log.write('warn', 'login-failed', 'A login was refused.', {
        user: userName,
        address: peer.address,
        reason,
      });
      return new ApiError('SESSION_AUTHENTICATION_FAILED', userName, generic);
    };
    if (!isPlainName(userName)) throw refuse('the name is not one that an account can have');
    if (password.length > limits.passwordBytes || /[\n\r\0]/.test(password))
      throw refuse('the password has a form that PAM cannot take');
    await this.#enter(userName);
    try {
      // Guesses that came at the same time have failed while this one waited.
      this.admit(peer.address, userName);
      this.#admitUser(peer.address, userName);
      const reason = await this.#askPam(userName, password);
      if (reason !== undefined) throw refuse(reason);
      const user = await this.#lookUp(userName);
      this.#failures.delete(`user ${userName}`);
      this.#failures.delete(peer.address);
      return user;
    } finally {
      this.#leave();
    }
  }

  admit(address: string, userName: string): void {
    if ((this.#recent(address)?.count ?? 0) < limits.loginFailures) return;
    this.#world.log.write('warn', 'login-throttled', 'A login was refused unseen: too many failures before it.', {
      address,
    });
    throw new ApiError('SESSION_AUTHENTICATION_FAILED', userName, generic);
  }

  /**
   * Guesses for one user from many addresses: an address that has failed lately gets no further try. One that has not does,
   * so that strangers cannot lock the user out of addresses that are not theirs.
   */
  #admitUser(address: string, userName: string): void {
    if ((this.#recent(`user ${userName}`)?.count ?? 0) < limits.loginFailures) return;
    if (this.#recent(address) === undefined) return;
    this.#world.log.write('warn', 'login-throttled', 'A login was refused unseen: too many failures for its user.', {
      user: userName,
      address,
    });
    throw new ApiError('SESSION_AUTHENTICATION_FAILED', userName, generic);
  }

  /** Failures that are not a while ago. */
  #recent(key: string): Failures | undefined {
    const failures = this.#failures.get(key);
    if (failures === undefined || failures.untilMs > this.#world.clock.monotonicMs()) return failures;
    this.#failures.delete(key);
    return undefined;
  }

  failed(address: string): void {
    const failures = this.#recent(address) ?? { count: 0, untilMs: 0 };
    failures.count += 1;
    failures.untilMs = this.#world.clock.monotonicMs() + limits.loginPenaltyMs;
    this.#failures.delete(address);
    this.#failures.set(address, failures);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > limits.loginFailureRecords && oldest !== undefined) this.#failures.delete(oldest);
  }

  async changePassword(userName: string, password: string): Promise<void> {
    if (!isPlainName(userName))
      throw new ApiError('CHANGE_PASSWORD_REJECTED', 'The session has no account on this machine.');
    if (password === '' || password.length > limits.passwordBytes || /[\n\r\0]/.test(password)) {
      throw new ApiError('CHANGE_PASSWORD_REJECTED', 'The new password is empty, too long or has line breaks.');
    }
    const result = await this.#world.programs.run('chpasswd', [], {
      input: `${userName}:${password}\n`,
      timeoutMs: limits.passwordCheckMs,
      maxOutputBytes: limits.smallOutputBytes,
    });
    if (result.exitCode !== 0) {
      throw new ApiError('CHANGE_PASSWORD_REJECTED', result.stderr.trim() || 'The machine refused the new password.');
    }
  }

  /** The reason for refusing, or undefined when the password is right. */
  async #askPam(userName: string, password: string): Promise<string | undefined> {
    try {
      const result = await this.#world.programs.run(
        'pamtester',
        [this.#service, userName, 'authenticate', 'acct_mgmt'],
        { input: `${password}\n`, timeoutMs: limits.passwordCheckMs, maxOutputBytes: limits.smallOutputBytes },
      );
      if (result.timedOut) return 'PAM did not answer in time';
      return result.exitCode === 0 ? undefined : 'PAM said no';
    } catch {
      this.#world.log.write(
        'error',
        'pam-unavailable',
        'Passwords cannot be checked: the program pamtester could not be started. Install the package pamtester.',
      );
      return 'pamtester is not installed';
    }
  }

  async #lookUp(userName: string): Promise<AuthenticatedUser> {
    const run = async (...args: string[]): Promise<string> => {
      const result = await this.#world.programs.run('id', args, {
        timeoutMs: limits.passwordCheckMs,
        maxOutputBytes: limits.smallOutputBytes,
      });
      if (result.exitCode !== 0) throw new ApiError('SESSION_AUTHENTICATION_FAILED', userName, generic);
      return result.stdout.trim();
    };
    const uid = await run('-u', '--', userName);
    const groups = (await run('-Gnz', '--', userName)).split('\0').filter((name) => name !== '');
    return { superuser: uid === '0', identifiers: [`user:${userName}`, ...groups.map((name) => `group:${name}`)] };
  }

  async #enter(userName: string): Promise<void> {
    if (this.#running < limits.passwordChecksAtOnce) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= limits.passwordChecksWaiting) {
      throw new ApiError('SESSION_AUTHENTICATION_FAILED', userName, generic);
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
