import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Catalogue } from '../../src/cli/catalogue.ts';
import { completionFiles } from '../../src/cli/completion/scripts.ts';
import { quorate } from '../lib/command-line.ts';
import { FakeAgent } from '../lib/fake-agent.ts';
import { skip } from '../lib/skip.ts';

const root = join(import.meta.dirname, '../..');
const bashFile = join(root, 'etc/completions/quorate.bash');
const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

describe('completion', () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-completion-'));
    const program = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'src/bin/quorate.ts')}' "$@"\n`;
    writeFileSync(join(directory, 'quorate'), program, { mode: 0o755 });
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  /** What bash offers for a line that ends at the cursor. */
  function offered(line: string): readonly string[] {
    const script = 'source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; _quorate; printf "%s\\n" "${COMPREPLY[@]}"';
    const environment = { ...process.env, PATH: `${directory}:${process.env['PATH'] ?? ''}` };
    const text = execFileSync('bash', ['-c', script, 'bash', bashFile, line], { env: environment, encoding: 'utf8' });
    return text.split('\n').filter((word) => word !== '');
  }

  it('scripts on disk are those that the datamodel makes: run npm run reference when this fails', () => {
    for (const [name, text] of completionFiles(new Catalogue())) {
      assert.ok(readFileSync(join(root, 'etc/completions', name), 'utf8') === text, `${name} is out of date`);
    }
  });

  it('is printed by the program for each shell', async () => {
    assert.equal((await quorate(['completion', 'bash'])).stdout, readFileSync(bashFile, 'utf8'));
    assert.match((await quorate(['completion', 'zsh'])).stdout, /^#compdef quorate\n/);
    assert.equal((await quorate(['completion', 'tcsh'])).code, 2);
  });

  it('in bash offers commands, fields and options', function () {
    if (!has('bash')) skip(this, 'bash is not installed');
    execFileSync('bash', ['-n', bashFile]);
    assert.deepEqual(offered('quorate vm-li'), ['vm-list']);
    assert.deepEqual(offered('quorate vm-list power'), ['power-state=']);
    assert.deepEqual(offered('quorate vm-param-set uuid=x other'), ['other-config:']);
    assert.deepEqual(offered('quorate vm-param-get uuid=x param-name=name-l'), ['name-label']);
    assert.deepEqual(offered('quorate --min'), ['--minimal']);
    assert.deepEqual(offered('quorate --dir /nowhere vm-clone n'), ['name-label=', 'new-name=']);
    assert.deepEqual(offered('quorate completion '), ['bash', 'zsh']);
    assert.deepEqual(offered('quorate nonsense x'), []);
    // Bash breaks words at = and puts what is offered after it.
    assert.deepEqual(offered('quorate vm-list params=uuid,name-l'), ['uuid,name-label']);
  });

  it('in bash offers what values may be, from the agent too', async function () {
    if (!has('bash')) skip(this, 'bash is not installed');
    assert.deepEqual(offered('quorate vm-list power-state=R'), ['Running']);
    assert.deepEqual(offered('quorate call VM.clean_r'), ['VM.clean_reboot']);
    assert.deepEqual(offered('quorate --socket /nowhere/xapi vm-param-list uuid='), []);
    const agent = await FakeAgent.start();
    try {
      agent.add('VM', { name_label: 'web server $1' });
      const { stdout } = await quorate(['--complete', '--socket', agent.socket, 'vm-param-list', 'name-label=']);
      assert.equal(stdout, 'web server $1\n');
    } finally {
      await agent.stop();
    }
  });

  it('in zsh is at least a script', function () {
    if (!has('zsh')) skip(this, 'zsh is not installed');
    execFileSync('zsh', ['-n', join(root, 'etc/completions/_quorate')]);
  });
});
