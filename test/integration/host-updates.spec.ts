import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guidanceOf, readAptUpgrade } from '../../src/host/actions/package-tools.ts';
import { Updates } from '../../src/host/actions/updates.ts';
import type { ProgramResult } from '../../src/world/world.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient, CallFailed } from '../lib/api-client.ts';
import { movedFiles } from '../lib/moved-files.ts';

const upgrade = `NOTE: This is only a simulation!
Reading package lists...
The following packages will be upgraded:
  libgcrypt20 linux-image-amd64 quorate
Inst libgcrypt20 [1.10.1-3] (1.10.1-3+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []
Inst linux-image-6.1.0-30-amd64 (6.1.124-1 Debian-Security:12/oldstable-security [amd64])
Inst linux-image-amd64 [6.1.119-1] (6.1.124-1 Debian-Security:12/oldstable-security [amd64])
Inst quorate [0.1.0] (0.2.0 quorate:1/stable [all])
Inst --evil [1] (2 x:1/y [all])
Conf libgcrypt20 (1.10.1-3+deb12u1 Debian:12.15/oldstable [amd64])
`;
const records = `Package: libgcrypt20
Version: 1.10.1-3+deb12u1
Description: LGPL Crypto library - runtime library
Size: 696372

Package: linux-image-amd64
Version: 6.1.124-1
Description-en: Linux for 64-bit PCs (meta-package)
Size: 1484
`;

describe('updates of the host', () => {
  let root: string;
  let agent: TestAgent;
  let client: ApiClient;
  let host: string;
  let updates: Updates;
  let answers: Record<string, Partial<ProgramResult>>;
  const ran: string[] = [];

  const tool = (name: string) => (args: readonly string[]) => {
    const command = [name, ...args].join(' ');
    ran.push(command);
    const found = Object.entries(answers).find(([part]) => command.includes(part));
    return found?.[1] ?? { exitCode: 100, stderr: `E: unexpected ${command}` };
  };
  const begin = async (folder: string): Promise<void> => {
    root = await mkdtemp(join(tmpdir(), 'quorate-updates-'));
    await mkdir(join(root, folder), { recursive: true });
    await mkdir(join(root, 'proc/sys/kernel/random'), { recursive: true });
    await writeFile(join(root, 'proc/sys/kernel/random/boot_id'), 'first\n');
    if (folder.includes('dpkg')) await writeFile(join(root, folder, 'status'), '');
    agent = await startTestAgent({
      files: (real) =>
        movedFiles(
          real,
          [
            '/var/lib/dpkg',
            '/var/lib/apt',
            '/var/lib/rpm',
            '/usr/lib/sysimage',
            '/var/cache/dnf',
            '/run/systemd',
            '/proc/sys/kernel/random/',
          ],
          root,
        ),
      programs: {
        'apt-get': tool('apt-get'),
        'apt-cache': tool('apt-cache'),
        dnf: tool('dnf'),
        'systemd-run': tool('systemd-run'),
      },
    });
    client = await agent.client();
    [host = ''] = await client.call<string[]>('host.get_all');
    updates = new Updates({ world: agent.world, database: agent.agent.database });
  };
  const patch = async (name: string): Promise<string> => {
    const [ref = ''] = await client.call<string[]>('pool_patch.get_by_name_label', name);
    return ref;
  };
  const fails = (work: Promise<unknown>, code: string, text = /./): Promise<void> =>
    assert.rejects(work, (thrown) => {
      assert.equal((thrown as CallFailed).code, code);
      assert.match(String(thrown), text);
      return true;
    });

  beforeEach(() => {
    ran.length = 0;
    answers = {
      '-s -o Debug::NoLocking=true --with-new-pkgs upgrade': { stdout: upgrade },
      'apt-cache show': { stdout: records },
    };
  });
  afterEach(async () => {
    await updates.stop();
    await agent.remove();
    await rm(root, { recursive: true, force: true });
  });

  it('of apt are listed with what has to restart after them', async () => {
    await begin('/var/lib/dpkg');
    await updates.refresh();
    const all = await client.call<Record<string, Record<string, unknown>>>('pool_patch.get_all_records');
    const shown = Object.values(all)
      .map((row) => [row['name_label'], row['version'], row['size'], row['after_apply_guidance']])
      .toSorted((a, b) => String(a[0]).localeCompare(String(b[0])));
    assert.deepEqual(shown, [
      ['libgcrypt20', '1.10.1-3+deb12u1', 696_372, []],
      ['linux-image-amd64', '6.1.124-1', 1484, ['restartHost']],
      ['quorate', '0.2.0', 0, ['restartXAPI']],
    ]);
    assert.match(
      await client.call('pool_patch.get_name_description', await patch('libgcrypt20')),
      /^1\.10\.1-3 → 1\.10\.1-3\+deb12u1, from .*Debian-Security.*; LGPL Crypto library/,
    );
  });

  it('are checked and installed, and what was installed stays known', async () => {
    await begin('/var/lib/dpkg');
    await updates.refresh();
    const self = await patch('libgcrypt20');
    answers['-s -o Debug::NoLocking=true install'] = { stdout: 'Inst libgcrypt20\n' };
    answers['--no-remove install --only-upgrade'] = { stdout: 'Setting up libgcrypt20\n' };
    assert.equal(await client.call('pool_patch.precheck', self, host), 'Inst libgcrypt20\n');
    assert.equal(await client.call('pool_patch.apply', self, host), 'Setting up libgcrypt20\n');
    assert.ok(
      ran.some((line) =>
        /^apt-get .*--no-remove install --only-upgrade --assume-yes libgcrypt20=1\.10\.1-3\+deb12u1$/.test(line),
      ),
    );
    assert.equal(await client.call('pool_patch.get_pool_applied', self), true);
    const [installed] = await client.call<string[]>('host.get_patches', host);
    assert.equal(await client.call('host_patch.get_applied', installed), true);
    await fails(client.call('pool_patch.apply', self, host), 'PATCH_ALREADY_APPLIED');
    await fails(client.call('pool_patch.precheck', self, host), 'PATCH_ALREADY_APPLIED');
    await fails(client.call('pool_patch.pool_apply', self), 'PATCH_ALREADY_APPLIED');
    await fails(client.call('pool_patch.destroy', self), 'PATCH_IS_APPLIED');
    // The tool offers only another one now; what nobody installed goes with its offer.
    answers['-s -o Debug::NoLocking=true --with-new-pkgs upgrade'] = {
      stdout: upgrade.replace(/^Inst (?!quorate).*$/gm, ''),
    };
    await updates.refresh();
    assert.deepEqual((await client.call<string[]>('pool_patch.get_all')).sort(), [self, await patch('quorate')].sort());
    await client.call('pool_patch.destroy', await patch('quorate'));
    assert.deepEqual(await client.call('pool_patch.get_all'), [self]);
    assert.deepEqual(await client.call('host.get_current_operations', host), {});
  });

  it('are installed outside the sandbox of the agent where systemd runs', async () => {
    await begin('/var/lib/dpkg');
    await mkdir(join(root, '/run/systemd/system'), { recursive: true });
    await updates.refresh();
    answers['systemd-run'] = { stdout: 'done\n' };
    await client.call('pool_patch.pool_apply', await patch('quorate'));
    const command = ran.find((line) => line.startsWith('systemd-run')) ?? '';
    assert.match(command, /--pipe --wait .*--setenv=DEBIAN_FRONTEND=noninteractive -- apt-get .* quorate=0\.2\.0$/);
    await client.call('pool_patch.clean', await patch('quorate'));
    assert.match(ran.at(-1) ?? '', /-- apt-get clean$/);
  });

  it('leave what is to be restarted pending until it was', async () => {
    await begin('/var/lib/dpkg');
    await updates.refresh();
    answers['--no-remove install --only-upgrade'] = { stdout: 'done\n' };
    const pending = (): Promise<string[]> => client.call('host.get_pending_guidances', host);
    for (const name of ['libgcrypt20', 'quorate', 'linux-image-amd64']) {
      await client.call('pool_patch.apply', await patch(name), host);
    }
    assert.deepEqual((await pending()).toSorted(), ['reboot_host', 'restart_toolstack']);
    agent = await agent.restart();
    client = await agent.client();
    assert.deepEqual(await pending(), ['reboot_host']);
    await writeFile(join(root, 'proc/sys/kernel/random/boot_id'), 'another\n');
    agent = await agent.restart();
    client = await agent.client();
    assert.deepEqual(await pending(), []);
  });

  it('that cannot be installed say why', async () => {
    await begin('/var/lib/dpkg');
    await updates.refresh();
    const self = await patch('libgcrypt20');
    answers['-s -o Debug::NoLocking=true install'] = { exitCode: 100, stderr: 'E: held broken packages' };
    answers['--no-remove install'] = { exitCode: 100, stderr: 'E: Packages need to be removed' };
    await fails(client.call('pool_patch.precheck', self, host), 'PATCH_PRECHECK_FAILED_UNKNOWN_ERROR', /held broken/);
    await fails(client.call('pool_patch.apply', self, host), 'PATCH_APPLY_FAILED', /need to be removed/);
    assert.equal(await client.call('pool_patch.get_pool_applied', self), false);
    assert.deepEqual(await client.call('host.get_patches', host), []);
    assert.deepEqual(await client.call('host.get_current_operations', host), {});
  });

  it('stay as they are when the tool fails or prints garbage', async () => {
    await begin('/var/lib/dpkg');
    await updates.refresh();
    const before = await client.call('pool_patch.get_all');
    answers['-s -o Debug::NoLocking=true --with-new-pkgs upgrade'] = { exitCode: 100, stderr: 'E: broken lists' };
    await updates.refresh();
    assert.deepEqual(await client.call('pool_patch.get_all'), before);
    answers['-s -o Debug::NoLocking=true --with-new-pkgs upgrade'] = {
      exitCode: undefined,
      signal: 'SIGTERM',
      timedOut: true,
    };
    await updates.refresh();
    assert.deepEqual(await client.call('pool_patch.get_all'), before);
    answers['-s -o Debug::NoLocking=true --with-new-pkgs upgrade'] = { stdout: 'Inst \u0000 [ ( ] \n'.repeat(100) };
    await updates.refresh();
    assert.deepEqual(await client.call('pool_patch.get_all'), []);
  });

  it('of dnf are listed and installed', async () => {
    await begin('/var/lib/rpm');
    answers = {
      'repoquery --upgrades': {
        stdout:
          'kernel\t5.14.0-503.el9\tx86_64\t1048576\tbaseos\tThe Linux kernel\n\nqemu-kvm\t17:9.0.0-10.el9\tx86_64\t2048\tappstream\tQEMU\n',
      },
      '--assumeno upgrade': { exitCode: 1, stdout: 'Transaction Summary\nUpgrade  1 Package\nOperation aborted.\n' },
      '--assumeyes upgrade': { stdout: 'Complete!\n' },
    };
    await updates.refresh();
    const self = await patch('qemu-kvm.x86_64');
    assert.deepEqual(await client.call('pool_patch.get_after_apply_guidance', self), ['restartHVM']);
    assert.match(await client.call('pool_patch.precheck', self, host), /Transaction Summary/);
    assert.equal(await client.call('pool_patch.apply', self, host), 'Complete!\n');
    assert.ok(ran.includes('dnf --assumeyes upgrade qemu-kvm-17:9.0.0-10.el9.x86_64'));
    answers['--assumeno upgrade'] = { exitCode: 1, stdout: 'No match for argument\n' };
    await fails(
      client.call('pool_patch.precheck', await patch('kernel.x86_64'), host),
      'PATCH_PRECHECK_FAILED_UNKNOWN_ERROR',
    );
  });

  it('are nothing on other distributions', async () => {
    await begin('/var/lib/other');
    await updates.refresh();
    assert.deepEqual(await client.call('pool_patch.get_all'), []);
    assert.deepEqual(ran, []);
  });

  it('ask for the restart of what they belong to', async () => {
    await begin('/var/lib/other');
    const wanted: Record<string, string[]> = {
      'linux-image-6.1.0-30-amd64': ['restartHost'],
      'kernel.x86_64': ['restartHost'],
      libc6: ['restartHost'],
      'glibc.x86_64': ['restartHost'],
      'libc6-dev': [],
      systemd: ['restartHost'],
      'systemd-sysv': [],
      'intel-microcode': ['restartHost'],
      'qemu-system-x86': ['restartHVM'],
      'libvirt-daemon': ['restartHVM'],
      ovmf: ['restartHVM'],
      quorate: ['restartXAPI'],
      'quorate-doc': ['restartXAPI'],
      bash: [],
      'kernelshark.x86_64': [],
    };
    for (const [name, guidance] of Object.entries(wanted)) assert.deepEqual(guidanceOf(name), guidance, name);
    assert.equal(readAptUpgrade('').length, 0);
  });
});
