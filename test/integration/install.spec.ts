import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, readInstallOptions, uninstall } from '../../src/cli/install/command.ts';
import type { Output } from '../../src/cli/run/context.ts';

const repository = join(import.meta.dirname, '../..');

describe('quorate install', () => {
  let directory: string;
  let source: string;
  let root: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-install-'));
    source = join(directory, 'source');
    root = join(directory, 'root');
    for (const name of ['etc', 'systemd', 'docs/guides', 'cluster-stack']) {
      cpSync(join(repository, name), join(source, name), { recursive: true });
    }
    const node = join(source, `node_modules/node-linux-${process.arch}/bin`);
    mkdirSync(node, { recursive: true });
    writeFileSync(join(node, 'node'), '#!/bin/sh\necho "ran $@"\n');
    mkdirSync(join(source, 'dist'));
    writeFileSync(join(source, 'dist/quorated.js'), '#!/usr/bin/env node\nimport "./chunk-1.js";\n');
    writeFileSync(join(source, 'dist/quorate.js'), '#!/usr/bin/env node\n');
    writeFileSync(join(source, 'dist/chunk-1.js'), '// 1\n');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** Does it, and gives what it said. */
  function does(work: (output: Output) => void): string {
    let said = '';
    const take = (text: string): void => {
      said += text;
    };
    const paint = { bold: String, dim: String, red: String, green: String, yellow: String };
    work({ write: take, note: take, columns: undefined, notesOnTerminal: false, paint, paintNotes: paint });
    return said;
  }
  const options = (purge = false) => ({ root, prefix: '/usr', purge });
  const installs = (): string => does((output) => install(source, options(), output));
  const uninstalls = (purge = false): string => does((output) => uninstall(options(purge), output));
  const at = (path: string): string => join(root, path);

  it('puts everything in place, and says what', () => {
    const said = installs();
    assert.match(said, /^installed {2}\/etc\/quorate\/xapi\.conf$/m);
    assert.match(said, /^installed {2}5 files in \/usr\/lib\/quorate\/$/m);
    for (const [path, mode] of [
      ['/usr/lib/quorate/bin/node', 0o755],
      ['/usr/lib/quorate/chunk-1.js', 0o644],
      ['/usr/lib/systemd/system/quorated.service', 0o644],
      ['/usr/lib/systemd/system/quorated.socket', 0o644],
      ['/etc/pam.d/xapi', 0o644],
      ['/usr/share/bash-completion/completions/quorate', 0o644],
      ['/usr/share/zsh/vendor-completions/_quorate', 0o644],
      ['/usr/bin/quorate', 0o755],
      ['/usr/sbin/quorated', 0o755],
    ] as const) {
      assert.equal(statSync(at(path)).mode & 0o777, mode, path);
    }
  });

  it('puts cluster stacks where the agent looks for them, and the template where it does not', () => {
    for (const name of ['one', 'template']) {
      mkdirSync(join(source, 'cluster-stack', name, 'lib'), { recursive: true });
      writeFileSync(join(source, 'cluster-stack', name, 'ha_start_daemon'), '#!/bin/sh\n');
      chmodSync(join(source, 'cluster-stack', name, 'ha_start_daemon'), 0o775);
      writeFileSync(join(source, 'cluster-stack', name, 'lib/common'), '');
    }
    installs();
    const stacks = at('/usr/libexec/xapi/cluster-stack');
    assert.equal(statSync(join(stacks, 'one/ha_start_daemon')).mode & 0o777, 0o755);
    assert.equal(statSync(join(stacks, 'one/lib/common')).mode & 0o777, 0o644);
    assert.equal(statSync(join(stacks, 'one')).mode & 0o022, 0);
    assert.ok(existsSync(join(stacks, 'README.md')));
    assert.ok(!existsSync(join(stacks, 'template')));
    assert.ok(existsSync(at('/usr/share/doc/quorate/examples/cluster-stack/template/ha_start_daemon')));
    mkdirSync(join(stacks, 'theirs'));
    uninstalls();
    assert.deepEqual(readdirSync(stacks), ['theirs']);
    rmSync(join(stacks, 'theirs'), { recursive: true });
    installs();
    uninstalls();
    assert.ok(!existsSync(at('/usr/libexec/xapi')));
  });

  it('runs its programs with the Node.js that it brought', () => {
    installs();
    // The starters name the places on the machine that is installed to.
    const starter = readFileSync(at('/usr/bin/quorate'), 'utf8').replaceAll('/usr/lib', at('/usr/lib'));
    writeFileSync(join(directory, 'starter'), starter);
    chmodSync(join(directory, 'starter'), 0o755);
    const { stdout } = spawnSync(join(directory, 'starter'), ['host-list', 'a b'], { encoding: 'utf8' });
    assert.equal(stdout, `ran ${at('/usr/lib/quorate/quorate.js')} host-list a b\n`);
    assert.doesNotMatch(readFileSync(at('/usr/lib/quorate/quorated.js'), 'utf8'), /^#!/);
  });

  it('names the prefix in the units', () => {
    does((output) => install(source, { ...options(), prefix: '/opt/q' }, output));
    const unit = readFileSync(at('/opt/q/lib/systemd/system/quorated.service'), 'utf8');
    assert.match(unit, /^ExecStart=\/opt\/q\/lib\/quorate\/bin\/node \/opt\/q\/lib\/quorate\/quorated\.js$/m);
    assert.ok(existsSync(at('/opt/q/share/zsh/site-functions/_quorate')));
  });

  it('changes nothing the second time', () => {
    installs();
    const said = installs();
    assert.doesNotMatch(said, /^(?:installed|updated|removed) /m);
    assert.match(said, /^\d+ files are as before\.$/m);
  });

  it('brings an installation up to date, without what is no longer part of it', () => {
    installs();
    rmSync(join(source, 'dist/chunk-1.js'));
    writeFileSync(join(source, 'dist/chunk-2.js'), '// 2\n');
    writeFileSync(join(source, 'etc/xapi.conf'), '# newer\n');
    const said = installs();
    assert.ok(!existsSync(at('/usr/lib/quorate/chunk-1.js')));
    assert.ok(existsSync(at('/usr/lib/quorate/chunk-2.js')));
    assert.match(said, /^updated {4}\/etc\/quorate\/xapi\.conf$/m);
    assert.equal(readFileSync(at('/etc/quorate/xapi.conf'), 'utf8'), '# newer\n');
  });

  it('keeps a configuration that was changed, and puts a newer one beside it', () => {
    installs();
    writeFileSync(at('/etc/quorate/xapi.conf'), 'listen = [::]:443\n');
    assert.match(installs(), /^kept {7}\/etc\/quorate\/xapi\.conf$/m);
    assert.ok(!existsSync(at('/etc/quorate/xapi.conf.new')));
    writeFileSync(join(source, 'etc/xapi.conf'), '# newer\n');
    assert.match(installs(), /^kept {7}\/etc\/quorate\/xapi\.conf .*\.new\)$/m);
    assert.equal(readFileSync(at('/etc/quorate/xapi.conf'), 'utf8'), 'listen = [::]:443\n');
    assert.equal(readFileSync(at('/etc/quorate/xapi.conf.new'), 'utf8'), '# newer\n');
  });

  it('is undone by uninstall, which keeps configuration and data', () => {
    installs();
    mkdirSync(at('/var/lib/quorate'), { recursive: true });
    writeFileSync(at('/var/lib/quorate/state.db'), 'data');
    const said = uninstalls();
    assert.match(said, /^kept {7}\/etc\/quorate\/xapi\.conf$/m);
    assert.ok(!existsSync(at('/usr/lib/quorate')));
    assert.ok(!existsSync(at('/usr/bin/quorate')));
    assert.ok(existsSync(at('/var/lib/quorate/state.db')));
    assert.throws(uninstalls, /Nothing was installed to .* by this program/);
  });

  it('leaves nothing behind after a purge', () => {
    installs();
    for (const path of ['/var/lib/quorate', '/var/cache/quorate', '/var/lib/xcp'])
      mkdirSync(at(path), { recursive: true });
    uninstalls(true);
    for (const path of ['/var/lib/quorate', '/var/cache/quorate', '/var/lib/xcp', '/etc/quorate', '/etc/pam.d/xapi']) {
      assert.ok(!existsSync(at(path)), path);
    }
  });

  it('can be purged after it was uninstalled, and says how', () => {
    assert.match(installs(), /^Start it where that is the root: systemctl enable --now quorated$/m);
    mkdirSync(at('/var/lib/quorate'), { recursive: true });
    const said = uninstalls();
    assert.ok(said.includes(`are kept: ${at('/var/lib/quorate')}, ${at('/etc/quorate')}.\n`), said);
    assert.ok(said.includes(`npx quorate uninstall --purge --root ${root} --prefix /usr\n`), said);
    assert.match(uninstalls(true), /^removed {4}\/var\/lib\/quorate$/m);
    for (const path of ['/var/lib/quorate', '/etc/quorate', '/etc/pam.d/xapi']) assert.ok(!existsSync(at(path)), path);
    assert.throws(() => uninstalls(true), /Nothing was installed to .* by this program/);
  });

  it('purges nothing that another installation uses', () => {
    installs();
    uninstalls();
    mkdirSync(at('/usr/local/lib/quorate'), { recursive: true });
    assert.throws(() => uninstalls(true), /usr\/local\/lib\/quorate uses what was left/);
    assert.ok(existsSync(at('/etc/quorate/xapi.conf')));
  });

  it('forgets what was left when it is installed again', () => {
    installs();
    uninstalls();
    installs();
    assert.ok(!existsSync(at('/etc/quorate/uninstalled.json')));
  });

  it('refuses what it cannot do, in a sentence', () => {
    assert.throws(() => does((output) => install(undefined, options(), output)), /Install from a checkout/);
    rmSync(join(source, 'dist/quorated.js'));
    assert.throws(installs, /There is no built program in .*npm run build/);
    assert.throws(() => readInstallOptions('install', ['--purge']), /--purge/);
    assert.throws(() => readInstallOptions('install', ['--prefix', 'usr']), /--prefix takes an absolute path, not usr/);
    assert.deepEqual(readInstallOptions('uninstall', ['--purge']), { root: '/', prefix: '/usr/local', purge: true });
  });

  it('is for root, unless it installs below a directory', function () {
    const script = `import { install } from ${JSON.stringify(join(repository, 'src/cli/install/command.ts'))};
      process.getuid = () => 1000;
      try { install(undefined, { root: '/', prefix: '/usr/local', purge: false }, {}); } catch (thrown) { console.log(thrown.message); }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    assert.match(stdout, /^Only root can install\. With --root DIR everybody can/);
  });
});
