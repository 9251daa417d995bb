import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import * as fc from 'fast-check';
import { createLog } from '../../src/world/linux/log.ts';
import { formatLine, styleOf } from '../../src/world/linux/log-style.ts';
import { safeDetails } from '../../src/world/log-details.ts';

/** An output that keeps what it gets, once it takes it. */
function keeping(takes: (taken: () => void) => void = (taken) => taken()) {
  const written: string[] = [];
  const output = new Writable({
    write(piece: Buffer, _encoding, taken) {
      written.push(piece.toString());
      takes(taken);
    },
  });
  return { output, text: () => written.join('') };
}

describe('the log', () => {
  const line = {
    event: 'disk-full',
    sentence: 'The disk is full',
    details: { path: '/a', free: 0 },
    timeMs: 1_800_000_000_123,
  };

  it('gives journald a priority and leaves the time to it', () => {
    assert.equal(formatLine('journal', { ...line, level: 'error' }), '<3>disk-full: The disk is full path=/a free=0');
    assert.equal(formatLine('journal', { ...line, level: 'debug' }), '<7>disk-full: The disk is full path=/a free=0');
  });

  it('gives files the whole time, and eyes a short one with colour', () => {
    assert.equal(
      formatLine('plain', { ...line, level: 'warn' }),
      '2027-01-15T08:00:00.123Z warn disk-full: The disk is full path=/a free=0',
    );
    assert.equal(
      formatLine('terminal', { ...line, level: 'warn' }),
      '08:00:00.123 \u001B[33mwarn \u001B[0m disk-full: The disk is full path=/a free=0',
    );
  });

  it('gives programs one object a line, with a priority before it for journald', () => {
    const text =
      '{"time":"2027-01-15T08:00:00.123Z","level":"warn","event":"disk-full","sentence":"The disk is full",' +
      '"details":{"path":"/a","free":0}}';
    assert.equal(formatLine('json', { ...line, level: 'warn' }), text);
    assert.equal(formatLine('journal-json', { ...line, level: 'warn' }), `<4>${text}`);
    const { details: _, ...bare } = line;
    const without = JSON.parse(formatLine('json', { ...bare, details: undefined, level: 'info' })) as object;
    assert.deepEqual(Object.keys(without), ['time', 'level', 'event', 'sentence']);
  });

  it('makes one object of whatever it is given, without a command in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.dictionary(fc.string(), fc.anything({ withBigInt: true })),
        fc.boolean(),
        (sentence, details, long) => {
          const whole = `\n\r\u001B\u009B${sentence}${long ? '\u0001'.repeat(20_000) : ''}`;
          const text = formatLine('json', { level: 'info', event: 'e', sentence: whole, details, timeMs: 0 });
          assert.doesNotMatch(text, /\p{Cc}|[\u2028\u2029]/u);
          assert.ok(text.length < 20_000);
          const read = JSON.parse(text) as { readonly event: string; readonly sentence: string };
          assert.equal(read.event, 'e');
          assert.ok(whole.startsWith(read.sentence));
        },
      ),
    );
  });

  it('is text without colours, or JSON, when that is wanted', () => {
    const terminal = Object.assign(keeping().output, { isTTY: true });
    assert.equal(styleOf(terminal, 1, 'text'), 'plain');
    assert.equal(styleOf(terminal, 1, 'json'), 'json');
  });

  it('makes one line of whatever it is given, without end or command in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string(), fc.anything({ withBigInt: true })),
        (sentence, details) => {
          const text = formatLine('journal', {
            level: 'info',
            event: 'e',
            sentence: `\n\r\u001B${sentence}`,
            details,
            timeMs: 0,
          });
          assert.doesNotMatch(text, /\p{Cc}|[\u2028\u2029]/u);
          assert.ok(text.length < 110_000);
        },
      ),
    );
  });

  it('cuts what is too long, and does not follow circles', () => {
    const circle: Record<string, unknown> = {
      long: 'x'.repeat(100_000),
      many: Array.from({ length: 100_000 }, () => 1),
    };
    circle['self'] = circle;
    const text = formatLine('plain', {
      level: 'info',
      event: 'e',
      sentence: 'y'.repeat(100_000),
      details: circle,
      timeMs: 0,
    });
    assert.ok(text.length < 20_000, String(text.length));
  });

  it('hides what a name says is secret, however it is written and however deep', () => {
    const hidden = [
      'password',
      'Password',
      'oldPassword',
      'session',
      'session_id',
      'sessionRef',
      'psecret',
      'Authorization',
    ];
    for (const name of [...hidden, 'api-key', 'keys', 'TOKEN', 'tokens', 'Set-Cookie', 'userpassword']) {
      const text = JSON.stringify(safeDetails({ a: [{ b: { [name]: 'hunter2', nested: 1 } }] }));
      assert.ok(!text.includes('hunter2'), name);
    }
    for (const name of ['keyboard', 'monkey', 'sessionless', 'path']) {
      assert.ok(JSON.stringify(safeDetails({ [name]: 'seen' })).includes('seen'), name);
    }
  });

  it('keeps the lines of its level and the graver ones', async () => {
    const { output, text } = keeping();
    const log = createLog({ level: 'warn', output, style: 'journal' });
    assert.equal(log.debugOn, false);
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log.write(level, level, 'x');
    await log.close();
    assert.equal(text(), '<4>warn: x\n<3>error: x\n');
    log.write('error', 'late', 'after the end');
    assert.equal(text(), '<4>warn: x\n<3>error: x\n');
  });

  it('looks at no detail of a line that it does not keep', async () => {
    const { output } = keeping();
    const log = createLog({ level: 'info', output, style: 'plain' });
    const details = Object.defineProperty({}, 'costly', { enumerable: true, get: () => assert.fail('was looked at') });
    log.write('debug', 'x', 'x', details);
    await log.close();
  });

  it('drops and counts lines that nobody takes, and goes on when somebody does', async () => {
    const waiting: (() => void)[] = [];
    let taking = false;
    const { output, text } = keeping((taken) => (taking ? taken() : waiting.push(taken)));
    const log = createLog({ level: 'info', output, style: 'journal' });
    const sentence = 'x'.repeat(10_000);
    for (let count = 0; count < 2_000; count++) log.write('info', 'flood', sentence);
    assert.ok(output.writableLength < 5_000_000, `${output.writableLength} bytes wait`);
    taking = true;
    for (const taken of waiting) taken();
    await new Promise((resolve) => setImmediate(resolve));
    log.write('info', 'after', 'The flood is over');
    await log.close();
    const dropped = Number(/<4>log-lines-dropped: (\d+) lines/.exec(text())?.[1]);
    const kept = text().match(/flood: x/g)?.length ?? 0;
    assert.equal(kept + dropped, 2_000);
    assert.match(text(), /after: The flood is over\n$/);
  });

  it('does not wait for ever at the end for a reader that is not there', async function () {
    this.timeout(10_000);
    const { output } = keeping(() => undefined);
    const log = createLog({ level: 'info', output, style: 'plain' });
    log.write('info', 'x', 'x');
    await log.close();
  });

  it('knows journald by the stream, not by the variable alone', () => {
    const before = process.env['JOURNAL_STREAM'];
    const { output } = keeping();
    try {
      const { dev, ino } = statSync(tmpdir());
      process.env['JOURNAL_STREAM'] = `${dev}:${ino}`;
      assert.equal(styleOf(output, 1, 'auto'), 'plain');
      assert.equal(styleOf(Object.assign(output, { isTTY: true }), 1, 'auto'), 'terminal');
    } finally {
      if (before === undefined) delete process.env['JOURNAL_STREAM'];
      else process.env['JOURNAL_STREAM'] = before;
    }
  });

  describe('in a file', () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'quorate-log-'));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it('is for its owner alone, and bounded: old files go', async () => {
      const file = join(directory, 'log', 'quorated.log');
      const log = createLog({
        level: 'info',
        output: keeping().output,
        style: 'plain',
        file,
        fileBytes: 20_000,
        keepFiles: 3,
      });
      for (let count = 0; count < 3000; count++) {
        log.write('info', 'line', `Number ${count} ${'x'.repeat(50)}`);
        if (count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await log.close();
      const names = readdirSync(join(directory, 'log'));
      assert.ok(names.length >= 2 && names.length <= 3, names.join(' '));
      assert.equal(statSync(file).mode & 0o777, 0o600);
      for (const name of names) assert.ok(statSync(join(directory, 'log', name)).size < 60_000);
      assert.match(readFileSync(file, 'utf8'), /info line: Number 2999 /);
    });

    it('that cannot be written does not stop the agent, and says so on its output', async () => {
      const { output, text } = keeping();
      const log = createLog({ level: 'info', output, style: 'plain', file: '/dev/full' });
      log.write('info', 'x', 'first');
      await new Promise((resolve) => setTimeout(resolve, 50));
      log.write('info', 'x', 'second');
      await log.close();
      assert.match(text(), /second/);
    });
  });
});
