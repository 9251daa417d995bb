import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtIns } from '../../src/cli/built-ins.ts';
import { optionSpecs } from '../../src/cli/options.ts';
import { settingDefinitions } from '../../src/settings/table.ts';
import { skip } from '../lib/skip.ts';
import { manPages } from '../tools/man/pages.ts';
import { text } from '../tools/man/roff.ts';

const folder = join(import.meta.dirname, '../../docs/man');
const pages = manPages();

/** What a reader sees, or undefined without man. */
function rendered(name: string): { stdout: string; stderr: string } | undefined {
  const env = { ...process.env, MANWIDTH: '200', MANROFFOPT: '-ww', LC_ALL: 'C.UTF-8', MAN_KEEP_FORMATTING: '' };
  const args = ['--warnings', '--encoding=UTF-8', '--local-file', join(folder, name)];
  const { error, stdout, stderr, status } = spawnSync('man', args, { env, encoding: 'utf8' });
  // Minimal systems have a program of that name that only says that there are no pages.
  if (error !== undefined || status !== 0 || !stdout.includes('NAME')) return undefined;
  return { stdout, stderr };
}

describe('the manual pages', () => {
  it('on disk are those that the definitions make: run npm run reference when this fails', () => {
    for (const [name, page] of pages) {
      const file = join(folder, name);
      assert.ok(existsSync(file) && readFileSync(file, 'utf8') === page, `docs/man/${name} is out of date`);
    }
    assert.deepEqual(readdirSync(folder).sort(), [...pages.keys()].sort());
  });

  it('have every command, option and setting', () => {
    for (const { usage } of builtIns) assert.ok(pages.get('quorate.1')?.includes(text(usage)), usage);
    for (const { name } of optionSpecs) assert.ok(pages.get('quorate.1')?.includes(text(name)), name);
    for (const key of Object.keys(settingDefinitions)) {
      assert.ok(pages.get('xapi.conf.5')?.includes(`\\fB${text(key)}\\fR`), key);
    }
  });

  it('begin no line with what would be a command', () => {
    const known = /^\.(?:\\"|TH|SH|SS|PP|TP|RS|RE|nf|fi|nh|ad)(?: |$)/;
    for (const page of pages.values()) {
      for (const line of page.split('\n')) if (/^[.']/.test(line)) assert.match(line, known);
    }
    assert.equal(text(".a\n'b\\"), "\\&.a\n\\&'b\\e");
  });

  for (const name of pages.keys()) {
    it(`${name} is shown by man without a warning`, function () {
      const shown = rendered(name) ?? skip(this, 'man is not installed');
      assert.equal(shown.stderr, '');
      assert.match(shown.stdout, /SEE ALSO/);
    });
  }
});
