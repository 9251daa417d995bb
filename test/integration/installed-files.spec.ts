import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeSettings, readSettingsText, settingDefinitions } from '../../src/settings.ts';
import { skip } from '../lib/skip.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the files that are installed', () => {
  describe('etc/xapi.conf', () => {
    const text = read('etc/xapi.conf');
    const uncommented = text.replaceAll(/^#(?=[a-z-]+ =)/gm, '');

    it('sets nothing as it is', () => {
      assert.deepEqual([...readSettingsText(text, 'xapi.conf')], []);
    });

    it('names every setting and no other', () => {
      assert.deepEqual([...readSettingsText(uncommented, 'xapi.conf').keys()], Object.keys(settingDefinitions));
    });

    it('shows the defaults', () => {
      const shown = new Map(readSettingsText(uncommented, 'xapi.conf'));
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

  describe('systemd/quorated.service', () => {
    const text = read('systemd/quorated.service');
    let directory: string;
    before(() => {
      directory = mkdtempSync(join(tmpdir(), 'unit-'));
    });
    after(() => rmSync(directory, { recursive: true }));

    it('is accepted by systemd without a word', function () {
      // The program is not installed on a machine that runs tests; everything else is looked at as it is.
      const unit = join(directory, 'quorated.service');
      writeFileSync(unit, text.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true'));
      const { error, stdout, stderr, status } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
      if (error !== undefined) skip(this, 'systemd-analyze is not installed');
      assert.equal(stdout + stderr, '');
      assert.equal(status, 0);
    });

    it('makes the directories of the default settings', () => {
      const { directory: state, socketPath } = makeSettings(new Map(), undefined);
      const made = /^StateDirectory=(.*)$/m
        .exec(text)?.[1]
        ?.split(' ')
        .map((name) => `/var/lib/${name}`);
      assert.deepEqual(made, [state, join(socketPath, '..')]);
    });
  });
});
