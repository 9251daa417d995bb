import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SaxesParser } from 'saxes';
import { quorate, seen, start } from '../lib/command-line.ts';
import { skip } from '../lib/skip.ts';

const template = resolve(import.meta.dirname, '../../cluster-stack/template');

describe('the command stack check', () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-check-'));
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  it('says what it needs', async () => {
    const cases: readonly (readonly [string[], RegExp])[] = [
      [['stack', 'check'], /needs the directory of the stack/],
      [['stack', 'check', '/nowhere/at/all'], /There is no directory \/nowhere\/at\/all/],
      [['stack', 'check', template, 'more'], /"more" is too much/],
      [['stack', 'check', template, '--only', 'sequence'], /no group sequence\. Did you mean sequences\?/],
      [['stack', 'check', template, '--hosts', '0'], /--hosts takes a number from 1 to/],
      [['stack', 'check', template, '--pace', 'slow'], /--pace takes fast or xapi, not slow/],
      [['stack', 'list', '--hosts', '3'], /There is no option --hosts/],
    ];
    for (const [words, expected] of cases) {
      const { code, stderr } = await quorate(words);
      assert.equal(code, 2, stderr);
      assert.match(stderr, expected);
    }
    const unwritable = await quorate(['stack', 'check', template, '--junit', '/nowhere/at/all.xml']);
    assert.equal(unwritable.code, 1);
    assert.match(unwritable.stderr, /cannot be written/);
  });

  it('says who may run it', function () {
    if (process.getuid?.() !== 0) skip(this, 'only root can become somebody else');
    const program = resolve(import.meta.dirname, '../../src/bin/quorate.ts');
    const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, program];
    const { status, stderr } = spawnSync('setpriv', [...nobody, 'stack', 'check', template], { encoding: 'utf8' });
    if (/EACCES|Cannot find module/.test(stderr)) skip(this, 'nobody cannot read this checkout');
    assert.equal(status, 2, stderr);
    assert.match(stderr, /Only root .* sudo/);
  });

  it('needs no virtual host for what lies in the directory, and writes for people, programs and CI systems', async function () {
    if (process.getuid?.() !== 0) skip(this, 'only root can make virtual hosts');
    const stack = join(directory, 'stack');
    cpSync(template, stack, { recursive: true });
    chmodSync(join(stack, 'ha_stop_daemon'), 0o777);
    const junit = join(directory, 'findings.xml');
    const words = ['stack', 'check', stack, '--only', 'presence'];
    const people = await quorate([...words, '--junit', junit]);
    assert.equal(people.code, 1);
    assert.match(people.stdout, /^\nfailed {2}presence\.modes .*\n +found .*0777.*\n +expected .*\n +way out .*chmod/m);
    assert.match(people.stdout, /\n\d+ checks: \d+ passed, 1 failed/);
    let failures = 0;
    const parser = new SaxesParser();
    parser.on('opentag', ({ name }) => void (failures += name === 'failure' ? 1 : 0));
    parser.write(readFileSync(junit, 'utf8')).close();
    assert.equal(failures, 1);
    const { code, stdout } = await quorate([...words, '--json']);
    assert.equal(code, 1);
    const told = JSON.parse(stdout) as { counts: { failed: number }; checks: { id: string; kind: string }[] };
    assert.equal(told.counts.failed, 1);
    assert.equal(told.checks.find(({ kind }) => kind === 'failed')?.id, 'presence.modes');
    assert.equal((await quorate([...words, '--minimal'])).stdout, 'presence.modes\n');
  });

  it('has a template in the shell of POSIX', function () {
    const names = readdirSync(template).filter((name) => name !== 'stack.json');
    for (const name of names) {
      const { status, stderr } = spawnSync('sh', ['-n', join(template, name)], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    }
    const { error, status, stdout } = spawnSync('shellcheck', ['-s', 'sh', '-x', ...names], {
      cwd: template,
      encoding: 'utf8',
    });
    if (error !== undefined) skip(this, 'shellcheck is not installed');
    assert.equal(status, 0, stdout);
  });

  it('leaves nothing behind when it is interrupted', async function () {
    if (process.getuid?.() !== 0) skip(this, 'only root can make virtual hosts');
    const running = start(['stack', 'check', template]);
    await seen(running, '1/');
    const own = daemonsBelow(running.child.pid ?? 0);
    assert.ok(own.length > 0, 'the stack runs in virtual hosts');
    running.child.kill('SIGINT');
    const { code } = await running.done;
    assert.equal(code, 130);
    assert.deepEqual(
      own.filter((pid) => nameOf(pid) === 'template-daemon'),
      [],
    );
  }).timeout(60_000);
});

/** Numbers of the processes that are daemons of the template and come from this process, in whatever namespace. */
function daemonsBelow(pid: number): readonly string[] {
  return readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && nameOf(name) === 'template-daemon' && isBelow(name, pid),
  );
}

function nameOf(pid: string): string {
  return statusOf(pid, 'Name');
}

function isBelow(pid: string, ancestor: number): boolean {
  for (let at = pid; at !== '' && at !== '0'; at = statusOf(at, 'PPid')) if (Number(at) === ancestor) return true;
  return false;
}

/** Empty when it has gone. */
function statusOf(pid: string, field: string): string {
  try {
    return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
