import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/lib/limits.ts';
import { createHardware } from '../../src/world/linux/hardware.ts';
import { createPrograms } from '../../src/world/linux/programs.ts';
import { FileError } from '../../src/world/world.ts';

/** Whoever has ended and was not buried yet does not run. */
function runs(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('the hardware, read in a process of its own', function () {
  this.timeout(30_000);
  const directory = mkdtempSync(join(tmpdir(), 'quorate-hardware-'));
  const usualPath = process.env['PATH'];
  const forever = new AbortController().signal;
  after(() => rmSync(directory, { recursive: true }));
  afterEach(() => {
    process.env['PATH'] = usualPath;
  });

  const script = (text: string) => ['/bin/sh', '-c', text] as const;
  const read = (reader: readonly [string, ...string[]], hardwareMs = 10_000, signal = forever) =>
    createHardware(createPrograms(limits), { hardwareMs, hardwareBytes: 10_000 }, reader)(signal);
  const failed = (pattern: RegExp) => (thrown: unknown) =>
    thrown instanceof FileError && thrown.code === 'io' && pattern.test(thrown.message);

  it('is told in parts, of which those count that came in time', async () => {
    const bios = '["bios",{"vendor":"Maker","version":"1.2"}]';
    const facts = await read(script(`echo '${bios}'; echo '["board",'; echo '[7]'; exec sleep 600`), 300);
    assert.deepEqual(facts.bios, { vendor: 'Maker', version: '1.2' });
    assert.deepEqual(facts.system, { manufacturer: '', model: '', version: '', serial: '' });
  });

  it('is not known when nothing is told in time, or nothing that is understood', async () => {
    await assert.rejects(read(script('exec sleep 600'), 300), failed(/did not end within 300 ms/));
    await assert.rejects(read(script('head -c 5000 /dev/urandom'), 5_000), failed(/not understood/));
    await assert.rejects(read(script('exit 3')), failed(/ended with 3/));
    await assert.rejects(read(['/no/such/program']), (thrown) => thrown instanceof FileError);
  });

  it('does without a tool that hangs, and leaves nothing of it behind', async () => {
    const pids = join(directory, 'pids');
    writeFileSync(join(directory, 'dmidecode'), `#!/bin/sh\necho $$ >> '${pids}'\nexec sleep 600\n`);
    chmodSync(join(directory, 'dmidecode'), 0o755);
    process.env['PATH'] = `${directory}:${usualPath ?? ''}`;
    const reading = createHardware(createPrograms(limits), { hardwareMs: 2_500, hardwareBytes: 100_000 })(forever);
    // The case of the machine is read from files: that much is told.
    await reading;
    assert.ok(existsSync(pids), 'the library asks dmidecode');
    for (const pid of readFileSync(pids, 'utf8').trim().split('\n')) while (runs(pid)) await sleep(10);
  });

  it('is what the library says of this machine', async () => {
    const facts = await createHardware(createPrograms(limits), limits)(forever);
    const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
    if (release.includes('NAME=')) assert.ok(release.includes(facts.os.distro), facts.os.distro);
    const dmi = '/sys/class/dmi/id/sys_vendor';
    if (existsSync(dmi)) assert.equal(facts.system.manufacturer, readFileSync(dmi, 'utf8').trim());
  });
});
