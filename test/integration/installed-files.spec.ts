import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settingsFileText } from '../../src/settings/document.ts';
import { readSettingsText } from '../../src/settings/sources.ts';
import { makeSettings } from '../../src/settings.ts';
import { skip } from '../lib/skip.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the files that are installed', () => {
  describe('etc/xapi.conf', () => {
    const text = read('etc/xapi.conf');

    it('is what the table of settings makes', () => {
      assert.equal(text, settingsFileText(), 'run npm run reference');
    });

    it('shows the defaults', () => {
      const uncommented = readSettingsText(text.replaceAll(/^#(?=[a-z_-]+ =)/gm, ''), 'xapi.conf');
      assert.deepEqual(uncommented.faults, []);
      const shown = new Map([...uncommented.values].map(([key, { value }]) => [key, value]));
      // There is no log file by default, so the sample can only show what one would look like.
      shown.delete('log-file');
      assert.deepEqual(makeSettings(shown, undefined), makeSettings(new Map(), undefined));
    });
  });

  it('etc/pam.d/xapi has the name that the settings look for', () => {
    assert.equal(makeSettings(new Map(), undefined).pamService, 'xapi');
    assert.match(read('etc/pam.d/xapi'), /^@include common-auth$/m);
    assert.match(read('etc/pam.d/xapi'), /^@include common-account$/m);
  });

  describe('the units of systemd', () => {
    const service = read('systemd/quorated.service');
    const socket = read('systemd/quorated.socket');
    let directory: string;
    before(() => {
      directory = mkdtempSync(join(tmpdir(), 'unit-'));
      // The program is not installed on a machine that runs tests; everything else is looked at as it is.
      writeFileSync(join(directory, 'quorated.service'), service.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true'));
      writeFileSync(join(directory, 'quorated.socket'), socket);
    });
    after(() => rmSync(directory, { recursive: true }));

    const analyze = (context: Mocha.Context, ...args: string[]): { status: number | null; text: string } => {
      const { error, stdout, stderr, status } = spawnSync('systemd-analyze', args, {
        encoding: 'utf8',
        cwd: directory,
      });
      if (error !== undefined) skip(context, 'systemd-analyze is not installed');
      return { status, text: stdout + stderr };
    };

    it('are accepted by systemd without a word', function () {
      const { status, text } = analyze(this, 'verify', './quorated.service', './quorated.socket');
      assert.equal(text, '');
      assert.equal(status, 0);
    });

    it('leave the service no more exposed than 4.0', function () {
      const help = analyze(this, '--help').text;
      if (!help.includes('--offline')) skip(this, 'this systemd-analyze cannot look at a unit that is not loaded');
      const { status, text } = analyze(this, 'security', '--offline=true', '--threshold=40', './quorated.service');
      assert.equal(status, 0, text);
    });

    it('make the directories and the socket of the default settings', () => {
      const { directory: state, socketPath } = makeSettings(new Map(), undefined);
      const made = /^StateDirectory=(.*)$/m
        .exec(service)?.[1]
        ?.split(' ')
        .map((name) => `/var/lib/${name}`);
      assert.deepEqual(made, [state, join(socketPath, '..')]);
      assert.match(socket, new RegExp(`^ListenStream=${socketPath}$`, 'm'));
    });
  });
});
