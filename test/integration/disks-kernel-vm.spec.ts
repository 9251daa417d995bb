import assert from 'node:assert/strict';
import { type Disk, readDisks } from '../../src/host/inventory/disks.ts';
import { Sources } from '../../src/host/inventory/sources.ts';
import { diskFingerprint } from '../../src/host/live/fingerprint.ts';
import { partOfUdev } from '../../src/host/live/tellers.ts';
import { limits } from '../../src/lib/limits.ts';
import { KernelVm } from '../lib/kernel-vm.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { skip } from '../lib/skip.ts';
import { until } from '../lib/virtual-host.ts';

const ofTheMachine = ['/proc/partitions', '/proc/swaps', '/proc/self/mounts', '/dev/disk/'];

describe('disks with a kernel and a udev that have everything', function () {
  this.timeout(600_000);
  let vm: KernelVm;
  let own: TestWorld;
  let sources: Sources;

  before(async function () {
    const folder = process.env['QUORATE_KERNEL_VM'] ?? '';
    if (folder === '') skip(this, 'QUORATE_KERNEL_VM names no folder that test/tools/kernel-vm.sh made');
    own = await linuxTestWorld();
    vm = await KernelVm.start(folder, 0);
    const files = vm.files(own.world.files, ofTheMachine);
    sources = new Sources({ world: { files, programs: vm.programs(), log: own.world.log }, limits });
    const matches = '--subsystem-match=net --subsystem-match=block';
    await vm.shell(`setsid udevadm monitor --udev ${matches} > /run/told 2>&1 &`);
    await until('udevadm listens', async () => (await vm.shell('cat /run/told')).includes('UDEV'));
  });
  after(async () => {
    await vm?.end();
    await own?.end();
  });

  const disk = async (serial: string): Promise<Disk | undefined> =>
    (await readDisks(sources))?.find((one) => one.serial === serial);
  const told = async (action: string): Promise<boolean> =>
    (await vm.shell('cat /run/told'))
      .split('\n')
      .some((line) => partOfUdev(line) === 'disks' && line.includes(` ${action} `));

  it('are told by udev when they are plugged in, with a name of their own', async () => {
    const before = await diskFingerprint(sources);
    assert.deepEqual(
      (await readDisks(sources))?.map(({ name, free }) => [name, free]),
      [['vda', false]],
    );
    await vm.plugDisk('QUORATE1', 67_108_864);
    await until('udev tells', () => told('add'));
    assert.deepEqual(await disk('QUORATE1'), {
      name: 'vdb',
      path: '/dev/disk/by-id/virtio-QUORATE1',
      sizeBytes: 67_108_864,
      readOnly: false,
      removable: false,
      model: '',
      serial: 'QUORATE1',
      wwn: '',
      transport: '',
      free: true,
    });
    assert.notEqual(await diskFingerprint(sources), before);
  });

  it('are not free while the host swaps to them or has a file system of theirs mounted', async () => {
    const free = async (): Promise<boolean | undefined> => (await disk('QUORATE1'))?.free;
    let before = await diskFingerprint(sources);
    const changes = async (command: string): Promise<void> => {
      await vm.shell(command);
      const now = await diskFingerprint(sources);
      assert.notEqual(now, before, command);
      before = now;
    };
    await vm.shell('mkswap /dev/vdb');
    assert.equal(await free(), true);
    await changes('swapon /dev/vdb');
    assert.equal(await free(), false);
    await changes('swapoff /dev/vdb');
    assert.equal(await free(), true);
    await vm.shell('mke2fs -q -F /dev/vdb');
    await changes('mount /dev/vdb /mnt');
    assert.equal(await free(), false);
    await changes('umount /mnt');
    assert.equal(await free(), true);
  });

  it('are told by udev when they are pulled out', async () => {
    await vm.pullDisk('QUORATE1');
    await until('udev tells', () => told('remove'));
    assert.equal(await disk('QUORATE1'), undefined);
  });
});
