import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { build } from 'esbuild';
import { version } from '../../src/lib/version.ts';
import { skip } from '../lib/skip.ts';

const root = join(import.meta.dirname, '../..');

/** A Node on the PATH that is older than 24, if there is one. */
function oldNode(): string | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(directory, 'node');
    if (!existsSync(candidate)) continue;
    const found = spawnSync(candidate, ['-p', 'parseInt(process.versions.node)'], { encoding: 'utf8' });
    if (found.status === 0 && Number(found.stdout) >= 18 && Number(found.stdout) < 24) return candidate;
  }
  return undefined;
}

describe('the version guard', function () {
  this.timeout(60_000);
  let directory: string;
  let program: string;
  /** Starts this Node and makes it say that it is version 20. */
  let pretend: readonly string[];

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-guard-'));
    await build({
      entryPoints: [join(root, 'src/bin/quorate.ts')],
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node18',
      packages: 'external',
      outdir: join(directory, 'dist'),
      logLevel: 'warning',
    });
    program = join(directory, 'dist/quorate.js');
    writeFileSync(join(directory, 'package.json'), '{"type": "module"}');
    const pretence = join(directory, 'pretence.cjs');
    writeFileSync(
      pretence,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.2' } });",
    );
    pretend = [process.execPath, '--require', pretence];
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  const run = (command: readonly string[], ...args: readonly string[]) => {
    const [node = '', ...options] = command;
    return spawnSync(node, [...options, program, ...args], { encoding: 'utf8' });
  };

  /** Puts this Node where npm puts the one that it brings. */
  function bundle(): void {
    const bin = join(directory, 'node_modules', `node-linux-${process.arch}`, 'bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(process.execPath, join(bin, 'node'));
  }

  afterEach(() => rmSync(join(directory, 'node_modules'), { recursive: true, force: true }));

  it('says what it found, what it needs and where to get it', () => {
    const { status, stdout, stderr } = run(pretend, 'version');
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /^quorate needs Node 24 or later; this is Node 20\.1\.2\. Run npm ci .* https:\/\/nodejs\.org\/\.\n$/,
    );
  });

  it('goes on with the Node that npm brought, arguments and exit code included', () => {
    bundle();
    assert.equal(run(pretend, 'version').stdout, `quorate ${version}\n`);
    const wrong = run(pretend, 'vm-lst', '--json');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /Did you mean vm-list\?/);
  });

  it('does not go round in circles', () => {
    const bin = join(directory, 'node_modules', `node-linux-${process.arch}`, 'bin');
    mkdirSync(bin, { recursive: true });
    // What npm brought is too old as well.
    writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec ${pretend.join(' ')} "$@"\n`);
    chmodSync(join(bin, 'node'), 0o755);
    const { status, stderr } = run(pretend, 'version');
    assert.equal(status, 1);
    assert.match(stderr, /^quorate needs Node 24/);
  });

  it('works on an old Node for real', function () {
    const old = oldNode();
    if (old === undefined) skip(this, 'no Node.js older than 24 is installed');
    assert.match(run([old], 'version').stderr, /^quorate needs Node 24 or later; this is Node (18|2[0-3])\./);
    bundle();
    assert.equal(run([old], 'version').stdout, `quorate ${version}\n`);
  });

  it('keeps the program a program', () => {
    assert.equal(statSync(program).mode & 0o111, 0o111);
    const path = `${join(process.execPath, '..')}${delimiter}${process.env['PATH'] ?? ''}`;
    const { stdout } = spawnSync(program, ['version'], { encoding: 'utf8', env: { PATH: path } });
    assert.equal(stdout, `quorate ${version}\n`);
  });
});
