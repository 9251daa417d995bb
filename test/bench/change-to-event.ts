/** How long a change takes to reach who waits for it, against an empty request on the same busy agent. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BenchRow } from './row.ts';

const subscribers = 20;
const commitsPerSecond = 1000;
const objects = 2000;
const warmUpSeconds = 2;
const seconds = 8;

/** One call on one connection. */
class Line {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** The text of the answer, and the instant at which its last byte was here. */
  call(method: string, params: readonly unknown[]): Promise<{ readonly text: string; readonly atNs: bigint }> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method, params });
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.#socketPath, path: '/jsonrpc', method: 'POST', agent: this.#agent };
      const outgoing = request({ ...options, headers: { 'content-length': body.length } }, (reply) => {
        let text = '';
        reply.setEncoding('latin1');
        reply.on('data', (piece: string) => {
          text += piece;
        });
        reply.on('end', () => resolve({ text, atNs: process.hrtime.bigint() }));
        reply.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

interface Heard {
  readonly numbers: Set<number>;
  readonly delaysUs: number[];
}

function tokenOf(text: string): string {
  return /"token":"([^"]+)"/.exec(text)?.[1] ?? '';
}

/** Listens from a token on until the last change was heard. */
async function listen(line: Line, session: string, from: string, state: { last: number }, heard: Heard): Promise<void> {
  let token = from;
  while (state.last < 0 || !heard.numbers.has(state.last)) {
    const { text, atNs } = await line.call('event.from', [session, ['network'], token, 1]);
    token = tokenOf(text);
    for (const [, number, madeNs] of text.matchAll(/"name_label":"(\d+)@(\d+)"/g)) {
      if (heard.numbers.has(Number(number))) continue;
      heard.numbers.add(Number(number));
      heard.delaysUs.push(Number(atNs - BigInt(madeNs ?? 0)) / 1000);
    }
  }
}

/** Asks for nothing, again and again, and notes how long that takes. */
async function probe(line: Line, state: { last: number }, delaysUs: number[]): Promise<void> {
  while (state.last < 0) {
    const startedNs = process.hrtime.bigint();
    const { atNs } = await line.call('system.isAlive', []);
    delaysUs.push(Number(atNs - startedNs) / 1000);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function percentile(values: readonly number[], fraction: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * fraction)] ?? Number.NaN;
}

export async function benchChangeToEvent(): Promise<BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-bench-'));
  const program = join(import.meta.dirname, 'event-source.ts');
  const args = [program, directory, String(objects), String(commitsPerSecond)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const printed = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await printed.next();
  const lines = Array.from({ length: subscribers + 1 }, () => new Line(join(directory, 'xapi')));
  const [prober, ...ears] = lines;
  if (prober === undefined) throw new Error('no connections');
  const login = await prober.call('session.login_with_password', ['root', '']);
  const session = /"result":"([^"]+)"/.exec(login.text)?.[1] ?? '';
  /** Everybody listens while the source commits for a while. */
  const measure = async (forSeconds: number) => {
    const state = { last: -1 };
    const empty: number[] = [];
    const heard = ears.map((): Heard => ({ numbers: new Set(), delaysUs: [] }));
    // Everybody has a place to listen from before the first commit, so that what is not heard is lost.
    const starts = await Promise.all(ears.map((line) => line.call('event.from', [session, ['network'], '', 0])));
    const listening = ears.map((line, index) =>
      listen(
        line,
        session,
        tokenOf(starts[index]?.text ?? ''),
        state,
        heard[index] ?? { numbers: new Set(), delaysUs: [] },
      ),
    );
    const probing = probe(prober, state, empty);
    child.stdin.write(`go ${forSeconds}\n`);
    const { value } = (await printed.next()) as { value: string };
    const [, made = 0, grownBytes = 0] = value.split(' ').map(Number);
    state.last = made - 1;
    await Promise.all([...listening, probing]);
    return { made, grownBytes, empty, heard };
  };
  try {
    await measure(warmUpSeconds);
    const { made, grownBytes, empty, heard } = await measure(seconds);
    const lost = heard.reduce((sum, { numbers }) => sum + made - numbers.size, 0);
    const eventUs = percentile(
      heard.flatMap(({ delaysUs }) => delaysUs),
      0.99,
    );
    const emptyUs = percentile(empty, 0.99);
    const name = `3. change to event, ${commitsPerSecond} commits/s, ${subscribers} subscribers`;
    const ratio = eventUs / emptyUs;
    return [
      { name: `${name}: p99 against an empty request's`, value: ratio, unit: 'x', target: '<= 5', ok: ratio <= 5 },
      { name: `${name}: p99`, value: eventUs / 1000, unit: 'ms', target: '', ok: undefined },
      {
        name: `${name}: p50`,
        value:
          percentile(
            heard.flatMap(({ delaysUs }) => delaysUs),
            0.5,
          ) / 1000,
        unit: 'ms',
        target: '',
        ok: undefined,
      },
      { name: `${name}: empty request p99`, value: emptyUs / 1000, unit: 'ms', target: '', ok: undefined },
      {
        name: `${name}: changes that a subscriber did not hear of`,
        value: lost,
        unit: '',
        target: '0',
        ok: lost === 0,
      },
      {
        name: `${name}: memory grown meanwhile`,
        value: grownBytes / 2 ** 20,
        unit: 'MiB',
        target: '<= 256',
        ok: grownBytes <= 2 ** 28,
      },
    ];
  } finally {
    for (const line of lines) line.close();
    child.stdin.end();
    await new Promise((resolve) => child.once('exit', resolve));
    await rm(directory, { recursive: true, force: true });
  }
}
