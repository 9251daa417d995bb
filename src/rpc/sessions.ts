/** Sessions: who is logged in, what they may do, and when they are thrown out. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Session, Sessions } from '../api/call.ts';
import type { Database } from '../database/types.ts';
import { ApiError, type RoleName, roleNames } from '../datamodel/index.ts';
import { formatDatetime } from '../lib/datetime.ts';
import { limits } from '../lib/limits.ts';
import type { Cancel, Peer, World } from '../world/world.ts';
import type { Authenticator } from './authenticator.ts';

const nullRef = 'OpaqueRef:NULL';

/** A session with what the server must remember of it. */
export interface OpenSession extends Session {
  readonly end: AbortController;
  /** Monotonic; the database's `last_active` follows in large steps. */
  lastUsedMs: number;
  lastStoredMs: number;
}

/** How long and how many sessions may be; can change at any time. */
export interface SessionBounds {
  /** An unused session ends after this. */
  readonly idleMs: number;
  readonly perUser: number;
  readonly perGroup: number;
}

export interface SessionsOptions {
  readonly world: World;
  readonly database: Database;
  readonly authenticator: Authenticator;
  readonly hostRef: string;
  /** Known to every agent of the pool. */
  readonly poolSecret: string;
  /** The names of all permissions of a role. */
  readonly permissionsOf: (role: RoleName) => readonly string[];
}

function sameSecret(given: string, expected: string): boolean {
  // Digests have one length, so that not even the length of the secret can be timed.
  const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The highest of some roles; undefined when none is known. */
function highestRole(names: Iterable<string>): RoleName | undefined {
  const known = new Set(names);
  return roleNames.find((name) => known.has(name));
}

export class SessionTable implements Sessions {
  readonly #options: SessionsOptions;
  readonly #open = new Map<string, OpenSession>();
  #sweep: Cancel = () => {};
  #closed = false;
  #bounds: SessionBounds = {
    idleMs: limits.sessionIdleMs,
    perUser: limits.sessionsPerUser,
    perGroup: limits.sessionsPerGroup,
  };

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#planSweep();
  }

  /** From now on. Sessions beyond a smaller number stay until room is needed. */
  configure(bounds: SessionBounds): void {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#open.size;
  }

  has(ref: string): boolean {
    return this.#open.has(ref);
  }

  /** @throws ApiError SESSION_INVALID */
  require(ref: string): OpenSession {
    const session = this.#open.get(ref);
    if (session === undefined) throw new ApiError('SESSION_INVALID', ref);
    session.lastUsedMs = this.#options.world.clock.monotonicMs();
    if (session.lastUsedMs - session.lastStoredMs >= limits.sessionActivityStepMs) this.#storeActivity(session);
    return session;
  }

  async login(peer: Peer, userName: string, password: string, originator: string): Promise<string> {
    if (peer.trusted)
      return this.#openSession({ kind: 'user', userName, originator, superuser: true, role: 'pool-admin' });
    const user = await this.#options.authenticator.check(peer, userName, password);
    if (user.superuser) {
      return this.#openSession({ kind: 'user', userName, originator, superuser: true, role: 'pool-admin' });
    }
    const known = this.#subjectOf(user.identifiers);
    if (known === undefined) {
      this.#options.world.log.write('warn', 'login-without-role', 'A user with a right password has no role here.', {
        user: userName,
        address: peer.address,
      });
      throw new ApiError('SESSION_AUTHENTICATION_FAILED', userName, 'Authentication failure');
    }
    return this.#openSession({ kind: 'user', userName, originator, superuser: false, ...known });
  }

  async localLogin(peer: Peer, userName: string, password: string): Promise<string> {
    if (!peer.trusted) {
      const user = await this.#options.authenticator.check(peer, userName, password);
      if (!user.superuser) throw new ApiError('SESSION_AUTHENTICATION_FAILED', userName, 'Authentication failure');
    }
    return this.#openSession({ kind: 'local', userName, originator: '', superuser: true, role: 'pool-admin' });
  }

  async poolLogin(secret: string, kind: 'pool' | 'local', address: string): Promise<string> {
    this.#options.authenticator.admit(address, 'pool');
    if (!sameSecret(secret, this.#options.poolSecret)) {
      this.#options.authenticator.failed(address);
      throw new ApiError('SESSION_AUTHENTICATION_FAILED', 'pool', 'Authentication failure');
    }
    return this.#openSession({ kind, userName: '', originator: '', superuser: true, role: 'pool-admin' });
  }

  logout(ref: string): void {
    const session = this.#open.get(ref);
    if (session === undefined) throw new ApiError('SESSION_INVALID', ref);
    this.#end(session, 'session-closed', 'A session was closed by its owner.');
  }

  logoutSubject(subjectIdentifier: string): number {
    const theirs = [...this.#open.values()].filter((s) => s.subjectIdentifier === subjectIdentifier && !s.superuser);
    for (const session of theirs) this.#end(session, 'session-revoked', 'A session was ended by an administrator.');
    return theirs.length;
  }

  subjectIdentifiers(): readonly string[] {
    const found = new Set<string>();
    for (const session of this.#open.values())
      if (session.subjectIdentifier !== '') found.add(session.subjectIdentifier);
    return [...found];
  }

  async changePassword(session: Session, newPassword: string): Promise<void> {
    await this.#options.authenticator.changePassword(session.userName === '' ? 'root' : session.userName, newPassword);
  }

  /** Ends every session; called when the agent stops. */
  close(): void {
    this.#closed = true;
    this.#sweep();
    for (const session of this.#open.values()) session.end.abort(new ApiError('SESSION_INVALID', session.ref));
    this.#open.clear();
  }

  #openSession(given: {
    kind: Session['kind'];
    userName: string;
    originator: string;
    superuser: boolean;
    role: RoleName | undefined;
    subject?: string;
    identifier?: string;
  }): string {
    const { world, database, hostRef } = this.#options;
    const uuid = world.random.uuid();
    const ref = `OpaqueRef:${uuid}`;
    const now = world.clock.monotonicMs();
    const end = new AbortController();
    const session: OpenSession = {
      ref,
      kind: given.kind,
      userName: given.userName,
      originator: given.originator,
      superuser: given.superuser,
      role: given.role,
      subjectIdentifier: given.identifier ?? '',
      end,
      signal: end.signal,
      lastUsedMs: now,
      lastStoredMs: now,
    };
    this.#makeRoom(session);
    this.#open.set(ref, session);
    if (given.kind !== 'local') {
      const time = formatDatetime(world.clock.nowMs());
      database.transaction((tx) =>
        tx.create(
          'session',
          {
            uuid,
            this_host: hostRef,
            this_user: nullRef,
            last_active: time,
            validation_time: time,
            pool: given.kind === 'pool',
            is_local_superuser: given.superuser,
            subject: given.subject ?? nullRef,
            auth_user_sid: given.identifier ?? '',
            auth_user_name: given.superuser ? '' : given.userName,
            rbac_permissions:
              given.superuser || given.role === undefined ? [] : this.#options.permissionsOf(given.role),
            originator: given.originator,
          },
          ref,
        ),
      );
    }
    world.log.write('info', 'session-opened', 'A session was opened.', {
      kind: given.kind,
      user: given.userName,
      originator: given.originator,
      open: this.#open.size,
    });
    return ref;
  }

  /** Sessions of one group are capped, so that a client that never logs out only pushes out its own. */
  #makeRoom(next: OpenSession): void {
    const group = (s: OpenSession): string =>
      s.kind !== 'user'
        ? s.kind
        : !s.superuser
          ? `user:${s.userName}`
          : s.originator === ''
            ? 'root'
            : `by:${s.originator}`;
    const wanted = group(next);
    const cap = next.kind === 'user' && wanted !== 'root' ? this.#bounds.perUser : this.#bounds.perGroup;
    const peers = [...this.#open.values()].filter((session) => group(session) === wanted);
    if (peers.length < cap) return;
    const oldest = peers.toSorted((a, b) => a.lastUsedMs - b.lastUsedMs).slice(0, peers.length - cap + 1);
    for (const session of oldest) {
      this.#end(session, 'session-displaced', 'The longest unused session was ended to make room for a new one.');
    }
  }

  /** The subject with the highest role among those that stand for a user: the account itself and its groups. */
  #subjectOf(identifiers: readonly string[]): { subject: string; role: RoleName; identifier: string } | undefined {
    const { database } = this.#options;
    const wanted = new Set(identifiers);
    const found = database.refs('subject').flatMap((subject) => {
      const { subject_identifier: identifier, roles } = database.require('subject', subject);
      const role = highestRole(roles.map((ref) => database.get('role', ref)?.name_label ?? ''));
      return wanted.has(identifier) && role !== undefined ? [{ subject, identifier, role }] : [];
    });
    const best = highestRole(found.map((candidate) => candidate.role));
    return found.find((candidate) => candidate.role === best);
  }

  #storeActivity(session: OpenSession): void {
    session.lastStoredMs = session.lastUsedMs;
    const { world, database } = this.#options;
    if (database.get('session', session.ref) === undefined) return;
    const last_active = formatDatetime(world.clock.nowMs());
    database.transaction((tx) => tx.update('session', session.ref, { last_active }));
  }

  #end(session: OpenSession, event: string, sentence: string): void {
    const { world, database } = this.#options;
    this.#open.delete(session.ref);
    if (database.get('session', session.ref) !== undefined) {
      database.transaction((tx) => tx.destroy('session', session.ref));
    }
    world.log.write('info', event, sentence, { kind: session.kind, user: session.userName });
    session.end.abort(new ApiError('SESSION_INVALID', session.ref));
  }

  #planSweep(): void {
    if (this.#closed) return;
    this.#sweep = this.#options.world.clock.after(limits.sessionSweepMs, () => {
      const { clock } = this.#options.world;
      const before = clock.monotonicMs() - this.#bounds.idleMs;
      for (const session of this.#open.values()) {
        if (session.lastUsedMs < before && !this.#hasPendingTask(session)) {
          this.#end(session, 'session-expired', 'A session was unused for too long and was ended.');
        }
      }
      this.#planSweep();
    });
  }

  #hasPendingTask(session: OpenSession): boolean {
    const { database } = this.#options;
    const tasks = database.get('session', session.ref)?.tasks ?? [];
    return tasks.some((task) => database.get('task', task)?.status === 'pending');
  }
}
