/** What every World does, whatever it is made of: run against the Linux one and the simulated one, so that they stay alike. */
import assert from 'node:assert/strict';
import { chmod, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { journalOptions } from '../../src/database/format.ts';
import { hardwareFields } from '../../src/world/machine-facts.ts';
import type { FakeRun } from '../../src/world/simulated/programs.ts';
import { createSimulation } from '../../src/world/simulated/simulation.ts';
import {
  type HttpAddress,
  type HttpCall,
  HttpCallError,
  type HttpListener,
  type World,
} from '../../src/world/world.ts';
import { linuxTestWorld } from '../lib/linux-world.ts';

interface Subject {
  readonly world: World;
  readonly directory: string;
  /** Makes time pass until the promise is settled. */
  finish<T>(promise: Promise<T>): Promise<T>;
  /** Makes a program that says and does what a shell does with this script. */
  program(
    script: string,
    simulated: (run: FakeRun) => { exitCode?: number; stdout?: string; stderr?: string; durationMs?: number },
  ): Promise<string>;
  /** Makes a program that prints this and ends well. */
  follower(output: string): Promise<string>;
  link(path: string, target: string): Promise<void>;
  logged(): readonly string[];
  end(): Promise<void>;
}

const subjects: readonly (readonly [string, () => Promise<Subject>])[] = [
  [
    'Linux',
    async () => {
      const { world, directory, lines, end } = await linuxTestWorld();
      return {
        world,
        directory,
        finish: (promise) => promise,
        program: async (script) => {
          const path = join(directory, `program-${world.random.uuid()}`);
          await writeFile(path, `#!/bin/sh\n${script}\n`);
          await chmod(path, 0o755);
          return path;
        },
        follower: async (output) => {
          const path = join(directory, 'follower');
          await writeFile(path, `#!/bin/sh\nprintf '${output.replaceAll('\n', '\\n')}'\n`);
          await chmod(path, 0o755);
          return path;
        },
        link: (path, target) => symlink(target, path),
        logged: () => lines,
        end,
      };
    },
  ],
  [
    'simulated',
    async () => {
      const simulation = createSimulation(1);
      const host = simulation.host('one', { debug: true });
      host.disk.makeDirectory('/work', 0o700);
      return {
        world: host.world,
        directory: '/work',
        finish: (promise) => simulation.finish(promise),
        program: async (_script, simulated) => {
          const path = `/program-${host.programs.size}`;
          host.programs.set(path, simulated);
          return path;
        },
        follower: async (output) => {
          host.followers.set('/follower', (_args, print, end) => {
            for (const line of output.trimEnd().split('\n')) print(line);
            end('it ended with exit code 0');
            return undefined;
          });
          return '/follower';
        },
        link: async (path, target) => host.disk.putLink(path, target),
        logged: () => simulation.trace.lines,
        end: () => Promise.resolve(),
      };
    },
  ],
];

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const bytes = (content: string): Uint8Array => Buffer.from(content);

for (const [name, create] of subjects) {
  describe(`the ${name} world`, () => {
    let subject: Subject;
    let world: World;
    let path: string;

    beforeEach(async () => {
      subject = await create();
      world = subject.world;
      path = join(subject.directory, 'file');
    });
    afterEach(() => subject.end());

    /** The body of a test, with time that passes. */
    const within = (body: () => Promise<void>) => () => subject.finish(body());

    const until = async (holds: () => boolean): Promise<void> => {
      for (let waits = 0; !holds() && waits < 500; waits++) await world.clock.sleep(10);
      assert.ok(holds());
    };

    describe('clock', () => {
      it(
        'fires no timer too early, and those of one time in order',
        within(async () => {
          const startedMs = world.clock.monotonicMs();
          const fired: number[] = [];
          await new Promise<void>((resolve) => {
            world.clock.after(30, () => {
              fired.push(2);
              resolve();
            });
            world.clock.after(10, () => fired.push(1));
          });
          assert.deepEqual(fired, [1, 2]);
          assert.ok(world.clock.monotonicMs() - startedMs >= 30);
        }),
      );

      it(
        'does not fire a timer that was cancelled, and takes a second cancel calmly',
        within(async () => {
          let fired = false;
          const cancel = world.clock.after(5, () => {
            fired = true;
          });
          cancel();
          cancel();
          await world.clock.sleep(20);
          assert.equal(fired, false);
        }),
      );

      it(
        'ends a sleep when its signal aborts, with the reason',
        within(async () => {
          const controller = new AbortController();
          world.clock.after(5, () => controller.abort(new RangeError('enough')));
          await assert.rejects(world.clock.sleep(600_000, controller.signal), RangeError);
          await assert.rejects(world.clock.sleep(600_000, controller.signal), RangeError);
          await world.clock.sleep(1, new AbortController().signal);
        }),
      );

      it(
        'waits longer than one timer of Node can',
        within(async () => {
          const cancel = world.clock.after(2 ** 33, () => assert.fail('fired at once'));
          await world.clock.sleep(10);
          cancel();
        }),
      );

      it(
        'lets others go on at a yield',
        within(async () => {
          const order: string[] = [];
          const other = (async () => {
            await world.clock.yield();
            order.push('other');
          })();
          order.push('first');
          await world.clock.yield();
          await world.clock.yield();
          order.push('last');
          await other;
          assert.deepEqual(order, ['first', 'other', 'last']);
        }),
      );
    });

    it('random: bytes, integers below, uuids of version 4', () => {
      assert.equal(world.random.bytes(33).length, 33);
      assert.notDeepEqual(world.random.bytes(16), world.random.bytes(16));
      assert.match(world.random.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      const drawn = new Set(Array.from({ length: 200 }, () => world.random.integer(3)));
      assert.deepEqual(drawn, new Set([0, 1, 2]));
    });

    describe('files', () => {
      it(
        'replaces, adds, cuts and reads',
        within(async () => {
          await world.files.writeAtomic(path, 'one', 0o640);
          assert.equal((await world.files.status(path))?.mode, 0o640);
          await world.files.append(path, bytes(' two'), 0o600);
          await world.files.append(path, bytes(' three'), 0o600);
          await world.files.sync(path);
          assert.equal(text(await world.files.read(path, 100)), 'one two three');
          await world.files.truncate(path, 7);
          assert.equal(text(await world.files.read(path, 7)), 'one two');
          const { size, kind } = (await world.files.status(path)) ?? {};
          assert.deepEqual({ size, kind }, { size: 7, kind: 'file' });
          await world.files.truncate(path, 100);
          assert.equal((await world.files.status(path))?.size, 7);
          await world.files.writeAtomic(path, bytes('new'), 0o600);
          assert.equal(text(await world.files.read(path, 100)), 'new');
          assert.deepEqual(await world.files.list(subject.directory), ['file']);
        }),
      );

      it(
        'does what was asked of one file in the order in which it was asked',
        within(async () => {
          const pieces = Array.from({ length: 20 }, (_, index) => `${index},`);
          await Promise.all(pieces.map((piece) => world.files.append(path, bytes(piece), 0o600)));
          assert.equal(text(await world.files.read(path, 1000)), pieces.join(''));
          await Promise.all([
            world.files.writeAtomic(path, 'long before', 0o600),
            world.files.writeAtomic(path, 'last', 0o600),
          ]);
          assert.equal(text(await world.files.read(path, 1000)), 'last');
        }),
      );

      it(
        'makes directories within directories, lists them in order and removes them whole',
        within(async () => {
          const directory = join(subject.directory, 'a', 'b');
          await world.files.makeDirectory(directory, 0o700);
          await world.files.makeDirectory(directory, 0o700);
          assert.equal((await world.files.status(directory))?.kind, 'directory');
          for (const each of ['z', 'm', 'a']) await world.files.writeAtomic(join(directory, each), each, 0o600);
          assert.deepEqual(await world.files.list(directory), ['a', 'm', 'z']);
          assert.deepEqual(await world.files.list(subject.directory), ['a']);
          await world.files.remove(join(subject.directory, 'a'));
          await world.files.remove(join(subject.directory, 'a'));
          assert.equal(await world.files.status(directory), undefined);
          assert.deepEqual(await world.files.list(subject.directory), []);
        }),
      );

      it(
        'says what is wrong, and with which file',
        within(async () => {
          const inside = join(path, 'inside');
          const fails = (work: Promise<unknown>, code: string, at: string): Promise<void> =>
            assert.rejects(work, { name: 'FileError', code, path: at });
          await fails(world.files.read(path, 10), 'not-found', path);
          await fails(world.files.truncate(path, 10), 'not-found', path);
          await fails(world.files.sync(path), 'not-found', path);
          await fails(world.files.list(path), 'not-found', path);
          await fails(world.files.writeAtomic(inside, '', 0o600), 'not-found', inside);
          await fails(world.files.append(inside, bytes(''), 0o600), 'not-found', inside);
          await world.files.writeAtomic(path, 'eleven long', 0o600);
          await fails(world.files.read(path, 10), 'too-large', path);
          await fails(world.files.list(path), 'not-a-directory', path);
          await fails(world.files.writeAtomic(inside, '', 0o600), 'not-a-directory', inside);
          await fails(world.files.makeDirectory(path, 0o700), 'exists', path);
          assert.equal(await world.files.status(inside), undefined);
          await world.files.remove(inside);
          await fails(world.files.read(subject.directory, 10), 'is-a-directory', subject.directory);
          await fails(world.files.append(subject.directory, bytes(''), 0o600), 'is-a-directory', subject.directory);
          await fails(world.files.writeAtomic(subject.directory, '', 0o600), 'is-a-directory', subject.directory);
        }),
      );

      it(
        'reads links, and what they lead to, and replaces the link itself',
        within(async () => {
          await world.files.writeAtomic(path, 'content', 0o600);
          const link = join(subject.directory, 'link');
          await subject.link(link, 'file');
          assert.equal(await world.files.link(link), 'file');
          assert.equal(await world.files.link(path), undefined);
          assert.equal(await world.files.link(join(subject.directory, 'none')), undefined);
          await world.files.append(link, bytes(' more'), 0o600);
          assert.equal(text(await world.files.read(link, 100)), 'content more');
          assert.equal((await world.files.status(link))?.size, 12);
          await world.files.writeAtomic(link, 'its own', 0o600);
          assert.equal(await world.files.link(link), undefined);
          assert.equal(text(await world.files.read(path, 100)), 'content more');
          await subject.link(join(subject.directory, 'dangling'), 'nowhere');
          await assert.rejects(world.files.read(join(subject.directory, 'dangling'), 10), { code: 'not-found' });
        }),
      );

      it(
        'leaves nothing behind when a replacement fails',
        within(async () => {
          await world.files.makeDirectory(path, 0o700);
          await assert.rejects(world.files.writeAtomic(path, 'x', 0o600));
          assert.deepEqual(await world.files.list(subject.directory), ['file']);
        }),
      );

      it(
        'tells of a file that comes, changes, is replaced and goes, until it is cancelled',
        within(async () => {
          let told = 0;
          const cancel = world.files.watch(path, () => told++);
          const expectTold = async (work: () => Promise<void>): Promise<void> => {
            const before = told;
            await work();
            await until(() => told !== before);
            // Late echoes of the same change are none of the next.
            await world.clock.sleep(100);
          };
          await expectTold(() => world.files.writeAtomic(path, 'one', 0o600));
          await expectTold(() => world.files.append(path, bytes('two'), 0o600));
          await expectTold(() => world.files.writeAtomic(path, 'three', 0o600));
          await expectTold(() => world.files.remove(path));
          await expectTold(() => world.files.writeAtomic(path, 'again', 0o600));
          cancel();
          const before = told;
          await world.files.writeAtomic(path, 'unseen', 0o600);
          await world.clock.sleep(100);
          assert.equal(told, before);
        }),
      );

      it(
        'shows what is at a path itself, links included',
        within(async () => {
          const { files } = world;
          await files.writeAtomic(path, 'four', 0o640);
          const { kind, mode, size, target } = (await files.entry(path)) ?? {};
          assert.deepEqual([kind, mode, size, target], ['file', 0o640, 4, undefined]);
          const link = join(subject.directory, 'link');
          await subject.link(link, 'file');
          const found = await files.entry(link);
          assert.deepEqual([found?.kind, found?.target], ['link', 'file']);
          assert.equal((await files.status(link))?.kind, 'file');
          assert.equal((await files.entry(subject.directory))?.kind, 'directory');
          assert.equal(await files.entry(join(subject.directory, 'nothing')), undefined);
          assert.equal(await files.entry(join(path, 'below a file')), undefined);
        }),
      );

      it(
        'tells of what happens further down, as deep as was asked for',
        within(async () => {
          const deep = join(subject.directory, 'top/one/two');
          await world.files.makeDirectory(deep, 0o700);
          let told = 0;
          const cancel = world.files.watch(join(subject.directory, 'top'), () => told++, 1);
          await world.clock.sleep(200);
          const before = told;
          await world.files.writeAtomic(join(subject.directory, 'top/one/file'), 'x', 0o600);
          await until(() => told !== before);
          await world.clock.sleep(200);
          const after = told;
          await world.files.writeAtomic(join(deep, 'file'), 'x', 0o600);
          await world.clock.sleep(200);
          // A directory counts as changed when something comes into it; what is in it is too deep.
          const changed = told;
          await world.files.append(join(deep, 'file'), bytes('y'), 0o600);
          await world.clock.sleep(200);
          assert.ok(changed - after <= 1);
          assert.equal(told, changed);
          cancel();
        }),
      );

      it(
        'tells of what happens in a directory that comes, goes and comes again',
        within(async () => {
          const folder = join(subject.directory, 'later');
          let told = 0;
          const cancel = world.files.watch(folder, () => told++);
          const expectTold = async (work: () => Promise<void>): Promise<void> => {
            const before = told;
            await work();
            await until(() => told !== before);
            await world.clock.sleep(200);
          };
          for (const round of ['first', 'second']) {
            await expectTold(() => world.files.makeDirectory(folder, 0o700));
            await expectTold(() => world.files.writeAtomic(join(folder, 'a'), round, 0o600));
            await expectTold(() => world.files.writeAtomic(join(folder, 'b'), round, 0o600));
            await expectTold(() => world.files.append(join(folder, 'a'), bytes('more'), 0o600));
            await expectTold(() => world.files.remove(folder));
          }
          cancel();
        }),
      );
    });

    describe('programs', () => {
      const options = { timeoutMs: 10_000, maxOutputBytes: 1000 };

      it(
        'gives what a program says and how it ended',
        within(async () => {
          const program = await subject.program('echo out; echo err >&2; exit 3', () => ({
            exitCode: 3,
            stdout: 'out\n',
            stderr: 'err\n',
          }));
          assert.deepEqual(await world.programs.run(program, [], options), {
            exitCode: 3,
            signal: undefined,
            timedOut: false,
            stdout: 'out\n',
            stderr: 'err\n',
            truncated: false,
          });
        }),
      );

      it(
        'ends a program that is too slow',
        within(async () => {
          const program = await subject.program('sleep 60', () => ({ durationMs: 60_000 }));
          const result = await world.programs.run(program, [], { ...options, timeoutMs: 50 });
          assert.deepEqual(
            { timedOut: result.timedOut, signal: result.signal, exitCode: result.exitCode },
            { timedOut: true, signal: 'SIGTERM', exitCode: undefined },
          );
        }),
      );

      it(
        'ends a program when its signal aborts, and starts none when it has',
        within(async () => {
          const program = await subject.program('sleep 60', () => ({ durationMs: 60_000 }));
          const controller = new AbortController();
          world.clock.after(20, () => controller.abort(new RangeError('enough')));
          const result = await world.programs.run(program, [], { ...options, signal: controller.signal });
          assert.deepEqual(
            { timedOut: result.timedOut, signal: result.signal },
            { timedOut: false, signal: 'SIGTERM' },
          );
          await assert.rejects(world.programs.run(program, [], { ...options, signal: controller.signal }), RangeError);
        }),
      );

      it(
        'keeps only so much of the output',
        within(async () => {
          const program = await subject.program('printf 0123456789; exit 0', () => ({ stdout: '0123456789' }));
          const short = await world.programs.run(program, [], { ...options, maxOutputBytes: 4 });
          assert.deepEqual([short.stdout, short.truncated, short.exitCode], ['0123', true, 0]);
          const whole = await world.programs.run(program, [], { ...options, maxOutputBytes: 10 });
          assert.deepEqual([whole.stdout, whole.truncated], ['0123456789', false]);
        }),
      );

      it(
        'follows a program line by line until it ends, or is stopped',
        within(async () => {
          const follower = await subject.follower('one\nlonger than ten\n');
          const lines: string[] = [];
          const ended: string[] = [];
          const follow = (program: string) =>
            world.programs.follow(program, [], {
              onLine: (line) => lines.push(line),
              onEnd: (why) => ended.push(why),
              maxLineBytes: 10,
            });
          follow(follower);
          await until(() => ended.length === 1);
          assert.deepEqual(lines, ['one', 'longer tha']);
          assert.deepEqual(ended, ['it ended with exit code 0']);
          follow(follower)();
          await world.clock.sleep(50);
          assert.equal(ended.length, 1);
          follow('/no/such/program');
          await until(() => ended.length === 2);
        }),
      );

      it(
        'gives a program nothing but PATH when it is to, and gives out what it prints as it comes',
        within(async () => {
          const seen: Readonly<Record<string, string>>[] = [];
          const path = await subject.program('echo "$PATH"; echo "${LANG-none}"; echo oh >&2', ({ environment }) => {
            seen.push(environment);
            return { stdout: `${environment['PATH']}\n${environment['LANG'] ?? 'none'}\n`, stderr: 'oh\n' };
          });
          const pieces = { out: '', error: '' };
          const result = await world.programs.run(path, [], {
            ...options,
            onlyPathWith: '/of/the/stack',
            leaveNothing: true,
            onPiece: (piece) => {
              pieces.out += Buffer.from(piece).toString();
            },
            onErrorPiece: (piece) => {
              pieces.error += Buffer.from(piece).toString();
            },
          });
          assert.match(pieces.out, /^[^\n]+:\/of\/the\/stack\nnone\n$/);
          assert.deepEqual([pieces.error, result.stdout, result.stderr, result.exitCode], ['oh\n', '', '', 0]);
          for (const environment of seen) assert.deepEqual(Object.keys(environment), ['PATH']);
        }),
      );

      it(
        'says that a program is not there',
        within(async () => {
          await assert.rejects(world.programs.run('/no/such/program', [], options), {
            name: 'FileError',
            code: 'not-found',
            path: '/no/such/program',
          });
        }),
      );
    });

    describe('http', () => {
      let listener: HttpListener | undefined;
      let target: { socketPath: string };
      let address: HttpAddress;

      beforeEach(() => {
        target = { socketPath: join(subject.directory, 'socket') };
        address = { kind: 'unix', path: target.socketPath, mode: 0o600 };
      });
      afterEach(() => subject.finish(listener?.close(0) ?? Promise.resolve()));

      const call = (changed: Partial<HttpCall> = {}) =>
        world.http.call(target, {
          method: 'POST',
          path: '/',
          headers: {},
          body: '',
          timeoutMs: 10_000,
          maxReplyBytes: 1_000_000,
          ...changed,
        });

      const fails = async (made: Promise<unknown>, reason: string): Promise<void> => {
        await assert.rejects(made, (error) => error instanceof HttpCallError && error.reason === reason);
      };

      it(
        'carries a request there and a reply back',
        within(async () => {
          listener = await world.http.listen(address, (request) => ({
            status: 404,
            headers: { 'X-Reply': 'yes' },
            body: JSON.stringify({
              method: request.method,
              path: request.path,
              query: request.query,
              header: request.headers['x-asked'],
              length: request.headers['content-length'],
              body: text(request.body),
              peer: request.peer,
            }),
          }));
          assert.equal(listener.address, target.socketPath);
          const reply = await call({ path: '/a/b?c=d', headers: { 'X-Asked': 'this' }, body: 'Grüße' });
          assert.equal(reply.status, 404);
          assert.equal(reply.headers['x-reply'], 'yes');
          assert.equal(reply.headers['content-length'], String(reply.body.byteLength));
          assert.deepEqual(JSON.parse(text(reply.body)), {
            method: 'POST',
            path: '/a/b',
            query: 'c=d',
            header: 'this',
            length: '7',
            body: 'Grüße',
            peer: { transport: 'unix', address: target.socketPath, trusted: true },
          });
        }),
      );

      it(
        'carries a reply in slices, made as they are taken',
        within(async () => {
          async function* slices(): AsyncGenerator<Uint8Array> {
            for (let index = 0; index < 50; index++) yield new Uint8Array(1000).fill(index);
          }
          listener = await world.http.listen(address, () => ({ status: 200, headers: {}, body: slices() }));
          const reply = await call();
          assert.equal(reply.body.byteLength, 50_000);
          assert.equal(reply.body[49_999], 49);
        }),
      );

      it(
        'does not trust the callers of a socket that others can open',
        within(async () => {
          listener = await world.http.listen({ ...address, mode: 0o666 } as HttpAddress, (request) => ({
            status: 200,
            headers: {},
            body: String(request.peer.trusted),
          }));
          assert.equal(text((await call()).body), 'false');
        }),
      );

      it(
        'refuses a body that is too long',
        within(async () => {
          listener = await world.http.listen(address, () => ({ status: 200, headers: {}, body: '' }));
          assert.equal((await call({ body: new Uint8Array(307_200) })).status, 200);
          assert.equal((await call({ body: new Uint8Array(307_201) })).status, 413);
        }),
      );

      it(
        'answers 500 for a handler that fails, and tells the log why',
        within(async () => {
          listener = await world.http.listen(address, (request) => {
            if (request.path === '/throw') throw new Error('the reason');
            return Promise.reject(new Error('the reason'));
          });
          for (const each of ['/throw', '/reject']) {
            const reply = await call({ path: each });
            assert.equal(reply.status, 500);
            assert.match(text(reply.body), /^<html>/);
          }
          assert.equal(subject.logged().filter((line) => line.includes('http-handler-failed')).length, 2);
        }),
      );

      it(
        'gives up a call that takes too long, or that the caller gives up, and the handler hears of it',
        within(async () => {
          let aborted = 0;
          listener = await world.http.listen(address, async (request) => {
            await new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()));
            aborted++;
            return { status: 200, headers: {}, body: '' };
          });
          await fails(call({ timeoutMs: 50 }), 'timed-out');
          const controller = new AbortController();
          world.clock.after(20, () => controller.abort());
          await fails(call({ signal: controller.signal }), 'aborted');
          await fails(call({ signal: controller.signal }), 'aborted');
          await until(() => aborted === 2);
        }),
      );

      it(
        'takes only so much of a reply',
        within(async () => {
          listener = await world.http.listen(address, () => ({ status: 200, headers: {}, body: 'x'.repeat(1000) }));
          assert.equal((await call({ maxReplyBytes: 1000 })).body.byteLength, 1000);
          await fails(call({ maxReplyBytes: 999 }), 'too-large');
        }),
      );

      it(
        'breaks the call when the slices fail half way',
        within(async () => {
          async function* slices(): AsyncGenerator<Uint8Array> {
            yield bytes('begun');
            throw new Error('gone');
          }
          listener = await world.http.listen(address, () => ({ status: 200, headers: {}, body: slices() }));
          await fails(call(), 'broken');
        }),
      );

      it(
        'refuses an address that is taken, reaches nobody where nobody listens',
        within(async () => {
          await fails(call(), 'unreachable');
          listener = await world.http.listen(address, () => ({ status: 200, headers: {}, body: 'first' }));
          await assert.rejects(
            world.http.listen(address, () => ({ status: 200, headers: {}, body: 'second' })),
            { name: 'FileError', code: 'exists', path: target.socketPath },
          );
          assert.equal(text((await call()).body), 'first');
          await listener.close(0);
          await fails(call(), 'unreachable');
        }),
      );

      it(
        'lets what runs finish when it closes, and cuts it after the grace',
        within(async () => {
          listener = await world.http.listen(address, async (request) => {
            await world.clock.sleep(request.path === '/quick' ? 60 : 600_000, request.signal);
            return { status: 200, headers: {}, body: 'finished' };
          });
          const quick = call({ path: '/quick' });
          const slow = call({ path: '/slow' });
          const cut = fails(slow, 'broken');
          await world.clock.sleep(20);
          await listener.close(1000);
          assert.equal(text((await quick).body), 'finished');
          await cut;
          assert.ok(!subject.logged().some((line) => line.includes('http-handler-failed')));
        }),
      );

      it(
        'wants a certificate and its key where it is to speak TLS',
        within(async () => {
          const certificatePath = join(subject.directory, 'certificate');
          const keyPath = join(subject.directory, 'key');
          const tls: HttpAddress = { kind: 'tls', host: '127.0.0.1', port: 0, certificatePath, keyPath };
          const handler = () => ({ status: 200, headers: {}, body: '' });
          await assert.rejects(world.http.listen(tls, handler), { code: 'not-found', path: certificatePath });
          const pair = await world.certificates.selfSigned(['a.example', '127.0.0.1'], 10);
          const other = await world.certificates.selfSigned(['b.example'], 10);
          await world.files.writeAtomic(certificatePath, pair.certificate, 0o644);
          await world.files.writeAtomic(keyPath, other.key, 0o600);
          await assert.rejects(world.http.listen(tls, handler), { message: /does not belong to the certificate/ });
          await world.files.writeAtomic(keyPath, pair.key, 0o600);
          listener = await world.http.listen(tls, handler);
          assert.match(listener.address, /^127\.0\.0\.1:\d+$/);
          await listener.reloadCertificate();
          await world.files.writeAtomic(certificatePath, 'rubbish', 0o644);
          await assert.rejects(listener.reloadCertificate(), { message: /holds no usable certificate/ });
        }),
      );
    });

    it('writes a log without secrets', () => {
      assert.equal(world.log.debugOn, true);
      world.log.write('info', 'test-event', 'Something happened', {
        name: 'x',
        password: 'hunter2',
        nested: { sessionRef: 'abc' },
      });
      world.log.write('debug', 'test-debug', 'A detail');
      const lines = subject.logged().join('\n');
      assert.match(lines, /info test-event: Something happened name=x password=/);
      assert.match(lines, /debug test-debug: A detail/);
      assert.doesNotMatch(lines, /hunter2|abc/);
    });

    it(
      'opens journals that keep what was appended',
      within(async () => {
        const journal = await world.journals.open(path, journalOptions({ create: true }));
        await journal.append({ generation: 1, changes: [{ class: 'VM', ref: 'r', fields: '{}' }] });
        await journal.close();
        const again = await world.journals.open(path, journalOptions({ create: false }));
        assert.deepEqual((await Array.fromAsync(again.load())).flat(), [{ class: 'VM', ref: 'r', fields: '{}' }]);
        await again.close();
      }),
    );

    it(
      'knows its machine',
      within(async () => {
        const facts = await world.machine();
        assert.ok(facts.hostname.length > 0);
        assert.ok(Array.isArray(facts.addresses));
      }),
    );

    it(
      'asks what its hardware is, until it is told not to',
      within(async () => {
        const facts = await world.hardware(new AbortController().signal);
        for (const [part, fields] of Object.entries(hardwareFields)) {
          const told: Readonly<Record<string, unknown>> = facts[part as keyof typeof facts];
          assert.deepEqual(Object.keys(told), [...fields]);
          for (const text of Object.values(told)) assert.equal(typeof text, 'string');
        }
        const stop = new AbortController();
        const asked = world.hardware(stop.signal);
        const reason = new Error('not needed any more');
        stop.abort(reason);
        await assert.rejects(asked, (thrown) => thrown === reason);
        await assert.rejects(world.hardware(stop.signal), (thrown) => thrown === reason);
      }),
    );
  });
}
