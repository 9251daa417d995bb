/**
 * An agent for tests of the command line: a Unix socket that speaks JSON-RPC 2.0, a table of records, and the accessors that the
 * datamodel derives. It records what it is asked. Everything else a test gives as a handler.
 */
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, asApiError, type Datamodel, deriveDatamodel } from '../../src/datamodel/index.ts';

type Row = Record<string, unknown>;
type Handler = (...params: readonly unknown[]) => unknown;

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

const uuidOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

export class FakeAgent {
  readonly socket: string;
  /** Methods in the order in which they were called, without logging in and out. */
  readonly asked: string[] = [];
  readonly handlers = new Map<string, Handler>();
  /** Sessions that are open. */
  readonly sessions = new Set<string>();
  readonly #tables = new Map<string, Map<string, Row>>();
  readonly #datamodel: Datamodel = deriveDatamodel();
  readonly #directory: string;
  readonly #server: Server;
  /** Changes so far; their number is the token of event.from. */
  readonly #changes: { readonly class: string; readonly ref: string; readonly operation: string }[] = [];
  readonly #waiting = new Set<() => void>();
  /** Questions about the agent itself. */
  readonly #looks = new EventEmitter();
  #muted = false;
  #count = 0;

  static async start(): Promise<FakeAgent> {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-cli-'));
    const agent = new FakeAgent(directory);
    await new Promise<void>((resolve) => agent.#server.listen(agent.socket, resolve));
    return agent;
  }

  private constructor(directory: string) {
    this.#directory = directory;
    this.socket = join(directory, 'xapi');
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        // What is there without a call is not there.
        if (request.method === 'GET') {
          this.#looks.emit('look');
          if (this.#muted) return;
          response.writeHead(404, { 'Content-Length': 0 }).end();
          return;
        }
        const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as Request;
        void this.#answer(body).then((reply) => {
          const text = JSON.stringify({ jsonrpc: '2.0', id: body.id, ...reply });
          // Long replies go out in chunks, as an agent sends them.
          const headers = { 'Content-Type': 'application/json' };
          response.writeHead(
            200,
            text.length > 4096 ? headers : { ...headers, 'Content-Length': Buffer.byteLength(text) },
          );
          response.end(text);
        });
      });
    });
  }

  /** Resolves when somebody has asked so often more how the agent does. */
  async looked(times: number): Promise<void> {
    for (let seen = 0; seen < times; seen += 1) await once(this.#looks, 'look');
  }

  /** Leaves such questions without an answer. */
  mute(muted = true): void {
    this.#muted = muted;
  }

  async stop(): Promise<void> {
    for (const wake of this.#waiting) wake();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Makes an object; fields that are not given have their initial values. */
  add(className: string, fields: Row = {}): { readonly ref: string; readonly uuid: string } {
    this.#count += 1;
    const uuid = uuidOf(this.#count);
    const ref = `OpaqueRef:${className}-${this.#count}`;
    const apiClass = this.#datamodel.classes.get(className);
    if (apiClass === undefined) throw new Error(`no class ${className}`);
    const initial = Object.fromEntries(apiClass.recordFields.map((field) => [field.name, field.initial]));
    this.#table(className).set(ref, { ...initial, uuid, ...fields });
    this.#changed(className, ref, 'add');
    return { ref, uuid };
  }

  set(className: string, ref: string, fields: Row): void {
    Object.assign(this.row(className, ref), fields);
    this.#changed(className, ref, 'mod');
  }

  remove(className: string, ref: string): void {
    this.#table(className).delete(ref);
    this.#changed(className, ref, 'del');
  }

  row(className: string, ref: string): Row {
    const row = this.#table(className).get(ref);
    if (row === undefined) throw new ApiError('HANDLE_INVALID', className, ref);
    return row;
  }

  #table(className: string): Map<string, Row> {
    const table = this.#tables.get(className) ?? new Map<string, Row>();
    this.#tables.set(className, table);
    return table;
  }

  #changed(className: string, ref: string, operation: string): void {
    this.#changes.push({ class: className, ref, operation });
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  async #answer({ method, params }: Request): Promise<Row> {
    try {
      return { result: await this.#dispatch(method, params) };
    } catch (thrown) {
      const { code, params: data } = asApiError(thrown);
      return { error: { code: 1, message: code, data } };
    }
  }

  async #dispatch(method: string, params: readonly unknown[]): Promise<unknown> {
    if (method === 'session.login_with_password') {
      this.#count += 1;
      const ref = `OpaqueRef:session-${this.#count}`;
      this.sessions.add(ref);
      return ref;
    }
    const [session, ...args] = params;
    if (!this.sessions.has(String(session))) throw new ApiError('SESSION_INVALID', String(session));
    if (method === 'session.logout') {
      this.sessions.delete(String(session));
      return '';
    }
    this.asked.push(method);
    const handler = this.handlers.get(method);
    if (handler !== undefined) return handler(...args);
    if (method === 'event.from') return this.#eventsFrom(args[0] as string[], String(args[1]), Number(args[2]));
    return this.#accessor(method, args);
  }

  #accessor(method: string, args: readonly unknown[]): unknown {
    const message = this.#datamodel.messages.get(method);
    if (message === undefined) throw new ApiError('MESSAGE_METHOD_UNKNOWN', method);
    if (args.length < message.required || args.length > message.params.length) {
      throw new ApiError('MESSAGE_PARAMETER_COUNT_MISMATCH', method, String(message.required), String(args.length));
    }
    const table = this.#table(message.class);
    const field = message.field?.name ?? '';
    const [first, second, third] = args;
    const row = (): Row => this.row(message.class, String(first));
    if (message.message === 'get_all') return [...table.keys()];
    if (message.message === 'get_all_records') return Object.fromEntries(table);
    if (message.message === 'get_record') return row();
    if (message.kind === 'get') return row()[field];
    if (message.kind === 'get_by_name_label') {
      return [...table].filter(([, candidate]) => candidate['name_label'] === first).map(([ref]) => ref);
    }
    if (message.kind === 'get_by_uuid') {
      const found = [...table].find(([, candidate]) => candidate['uuid'] === first);
      if (found === undefined) throw new ApiError('UUID_INVALID', message.class, String(first));
      return found[0];
    }
    return this.#write(message.message, message.class, String(first), second, third);
  }

  #write(message: string, className: string, ref: string, second: unknown, third: unknown): unknown {
    const found = /^(set|add_to|remove_from|add|remove)_(.+)$/.exec(message);
    const [, verb, field = ''] = found ?? [];
    const row = this.row(className, ref);
    const value = row[field];
    const map = (): Row => ({ ...(value as Row) });
    const set = (): unknown[] => (value as unknown[]).filter((element) => element !== second);
    if (verb === 'set') row[field] = second;
    else if (verb === 'add_to') {
      if (Object.hasOwn(map(), String(second))) {
        throw new ApiError('MAP_DUPLICATE_KEY', className, field, ref, String(second));
      }
      row[field] = { ...map(), [String(second)]: third };
    } else if (verb === 'remove_from') {
      row[field] = Object.fromEntries(Object.entries(map()).filter(([key]) => key !== second));
    } else if (verb === 'add') row[field] = [...set(), second];
    else if (verb === 'remove') row[field] = set();
    else if (message === 'destroy') {
      this.remove(className, ref);
      return '';
    } else throw new ApiError('NOT_IMPLEMENTED', `${className}.${message}`);
    this.#changed(className, ref, 'mod');
    return '';
  }

  async #eventsFrom(classes: readonly string[], token: string, timeoutSeconds: number): Promise<unknown> {
    const names = classes.map((name) => name.toLowerCase());
    const matches = (className: string, ref: string): boolean =>
      names.some(
        (name) => name === '*' || name === className.toLowerCase() || name === `${className}/${ref}`.toLowerCase(),
      );
    const event = (className: string, ref: string, operation: string): Row => {
      const snapshot = this.#table(className).get(ref);
      const base = { class: className.toLowerCase(), ref, operation, id: '0', timestamp: '0.0' };
      return snapshot === undefined ? { ...base, operation: 'del' } : { ...base, snapshot: { ...snapshot } };
    };
    const collect = (): Row[] => {
      if (token === '') {
        return [...this.#tables].flatMap(([className, table]) =>
          [...table.keys()].filter((ref) => matches(className, ref)).map((ref) => event(className, ref, 'add')),
        );
      }
      const changes = this.#changes.slice(Number(token)).filter((change) => matches(change.class, change.ref));
      return changes.map((change) => event(change.class, change.ref, change.operation));
    };
    let events = collect();
    if (events.length === 0 && timeoutSeconds > 0) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
      events = collect();
    }
    const counts = [...this.#tables].map(([className, table]) => [className.toLowerCase(), table.size] as const);
    return { events, token: String(this.#changes.length), valid_ref_counts: Object.fromEntries(counts) };
  }
}
