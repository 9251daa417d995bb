import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Database } from '../../src/database/types.ts';
import { Sources } from '../../src/host/inventory/sources.ts';
import { Inventory } from '../../src/host/live/service.ts';
import { limits as usualLimits } from '../../src/lib/limits.ts';
import type { Files, Programs } from '../../src/world/world.ts';
import { testDatabase } from '../lib/database.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';

const cpu = (number: number): string => `processor\t: ${number}\nmodel name\t: Test\nflags\t\t: fpu svm\n\n`;
const stat = (busy: number, total: number, count: number): string =>
  Array.from({ length: count }, (_none, number) => `cpu${number} ${busy} 0 0 ${total - busy} 0 0 0 0 0 0\n`).join('');
const card = {
  ifindex: 2,
  ifname: 'eth0',
  flags: ['UP', 'LOWER_UP'],
  mtu: 1500,
  link_type: 'ether',
  address: '52:54:00:00:00:02',
  parentdev: 'virtio1',
};

/** A program that ended is not started again while a test runs. */
const limits = { ...usualLimits, inventoryWatchRestMs: 600_000 };

/** A machine made of files below a directory; its only programs are `ip` and `lsblk`. */
describe('a machine that changes under the agent', function () {
  this.timeout(30_000);
  let test: TestWorld;
  let database: Database;
  let host: string;
  let inventory: Inventory;
  const asked = { ip: 0, lsblk: 0 };
  /** What ip does: fails, or does not tell of changes. */
  let fault: '' | 'fails' | 'tells nothing';

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(test.directory, path)), { recursive: true });
    // The way in which programs replace files: never half written.
    const fresh = join(test.directory, `${path}.new`);
    writeFileSync(fresh, text);
    renameSync(fresh, join(test.directory, path));
  };
  const link = (path: string, target: string): void => {
    const fresh = join(test.directory, `${path}.new`);
    symlinkSync(target, fresh);
    renameSync(fresh, join(test.directory, path));
  };

  /** Starts to follow it. */
  async function follow(scanMs: number, figuresMs: number): Promise<void> {
    const at = (path: string): string => join(test.directory, path);
    const real = test.world.files;
    const files: Files = {
      ...real,
      read: (path, most) => real.read(at(path), most),
      list: (path) => real.list(at(path)),
      status: (path) => real.status(at(path)),
      link: (path) => real.link(at(path)),
      entry: (path) => real.entry(at(path)),
      watch: (path, changed, depth) => real.watch(at(path), changed, depth),
    };
    const answer = { exitCode: 0, signal: undefined, timedOut: false, stderr: '', truncated: false };
    const programs: Programs = {
      run: (program, args) => {
        asked[program === 'ip' ? 'ip' : 'lsblk'] += 1;
        const stdout =
          program !== 'ip'
            ? '{"blockdevices":[]}'
            : args.includes('address')
              ? JSON.stringify([{ ...card, addr_info: [] }])
              : '[{"dst":"default","gateway":"10.0.0.1","dev":"eth0"}]';
        return Promise.resolve(fault === 'fails' ? { ...answer, exitCode: 1, stdout: '' } : { ...answer, stdout });
      },
      follow: (_program, _args, { onEnd }) => {
        if (fault !== '') onEnd('it ended with exit code 1');
        return () => undefined;
      },
    };
    const world = { ...test.world, files, programs };
    const sources = new Sources({ world, limits });
    inventory = new Inventory({ world, database, hostRef: host, limits, sources, figuresMs, scanMs });
    await inventory.readAll();
    inventory.watch();
  }

  beforeEach(async () => {
    test = await linuxTestWorld();
    asked.ip = 0;
    asked.lsblk = 0;
    fault = '';
    ({ database } = await testDatabase());
    host = database.transaction((tx) => tx.create('host', { metrics: tx.create('host_metrics', {}) })).value;
    write('/proc/sys/kernel/hostname', 'one\n');
    write('/proc/sys/kernel/osrelease', '6.1.0\n');
    write('/proc/meminfo', 'MemTotal: 1000000 kB\nMemAvailable: 600000 kB\n');
    write('/proc/cpuinfo', cpu(0) + cpu(1));
    write('/proc/stat', stat(0, 100, 2));
    write('/proc/net/dev', 'eth0: 0\n');
    write('/etc/resolv.conf', 'nameserver 10.0.0.53\n');
    write('/etc/hostname', 'one\n');
    write('/usr/share/zoneinfo/Europe/Berlin', 'TZif2');
    write('/usr/share/zoneinfo/Asia/Tokyo', 'TZif2');
    link('/etc/localtime', '../usr/share/zoneinfo/Europe/Berlin');
  });
  afterEach(async () => {
    await inventory.stop();
    await test.end();
  });

  /** Resolves when the database says so. */
  const until = (what: string, holds: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      if (holds()) return resolve();
      const timer = setTimeout(() => reject(new Error(`it is never true that ${what}`)), 15_000);
      const stop = database.onCommit(() => {
        if (!holds()) return;
        clearTimeout(timer);
        stop();
        resolve();
      });
    });
  const row = () => database.require('host', host);
  const pif = () => database.require('PIF', row().PIFs[0] ?? assert.fail('there is no PIF'));

  it('is described at the start', async () => {
    await follow(600_000, 0);
    assert.deepEqual(
      [row().hostname, row().timezone, row().host_CPUs.length, row().cpu_info['modelname'], row().chipset_info],
      ['one', 'Europe/Berlin', 2, 'Test', { iommu: 'false' }],
    );
    assert.deepEqual([pif().DNS, pif().gateway], ['10.0.0.53', '10.0.0.1']);
    const metrics = database.require('host_metrics', row().metrics);
    assert.deepEqual([metrics.memory_total, metrics.memory_free], [1_024_000_000, 614_400_000]);
  });

  it('tells another time zone when the link is replaced', async () => {
    await follow(600_000, 0);
    link('/etc/localtime', '../usr/share/zoneinfo/Asia/Tokyo');
    await until('it is Tokyo', () => row().timezone === 'Asia/Tokyo');
    link('/etc/localtime', '../usr/share/zoneinfo/Europe/Berlin');
    await until('it is Berlin again', () => row().timezone === 'Europe/Berlin');
  });

  it('tells another hostname, set in the file and the kernel or in the kernel alone', async () => {
    await follow(600_000, 100);
    write('/proc/sys/kernel/hostname', 'two\n');
    write('/etc/hostname', 'two\n');
    await until('it is two', () => row().hostname === 'two' && row().software_version['hostname'] === 'two');
    write('/proc/sys/kernel/hostname', 'three\n');
    await until('it is three', () => row().hostname === 'three');
  });

  it('tells other name servers', async () => {
    await follow(600_000, 0);
    await inventory.refresh('network');
    write('/etc/resolv.conf', 'nameserver 10.0.0.54\nnameserver 10.0.0.55\n');
    await until('they are others', () => pif().DNS === '10.0.0.54,10.0.0.55');
  });

  it('tells load, memory, and a processor that is taken away and comes back', async () => {
    await follow(600_000, 50);
    const [first = '', second = ''] = row().host_CPUs;
    write('/proc/stat', stat(75, 200, 2));
    await until('it is busy', () => database.require('host_cpu', first).utilisation === 0.75);
    write('/proc/meminfo', 'MemTotal: 1000000 kB\nMemAvailable: 300000 kB\n');
    await until('memory is short', () => database.require('host_metrics', row().metrics).memory_free === 307_200_000);
    write('/proc/cpuinfo', cpu(0));
    write('/proc/stat', stat(75, 300, 1));
    await until('one is gone', () => row().host_CPUs.length === 1 && row().cpu_info['cpu_count'] === '1');
    write('/proc/cpuinfo', cpu(0) + cpu(1));
    write('/proc/stat', stat(75, 400, 2));
    await until('it is back', () => row().host_CPUs.length === 2);
    assert.deepEqual(new Set(row().host_CPUs), new Set([first, second]), 'as the object that it was');
  });

  it('starts no program while nothing changes, and looks when a file of the kernel says that something did', async () => {
    await follow(50, 50);
    await Promise.all([inventory.refresh('network'), inventory.refresh('disks')]);
    const before = asked.ip;
    const beforeDisks = asked.lsblk;
    for (let reading = 1; reading <= 3; reading += 1) {
      write('/proc/stat', stat(100 * (reading % 2), 1000 * reading, 2));
      write('/proc/meminfo', `MemTotal: 1000000 kB\nMemAvailable: ${600_000 - reading * 50_000} kB\n`);
      const wanted = (600_000 - reading * 50_000) * 1024;
      await until('it was read', () => database.require('host_metrics', row().metrics).memory_free === wanted);
    }
    assert.deepEqual([asked.ip, asked.lsblk], [before, beforeDisks]);
    write('/proc/net/if_inet6', 'fd000000000000000000000000000001 02 40 00 80 eth0\n');
    const endMs = performance.now() + 15_000;
    while (asked.ip === before && performance.now() < endMs) await test.world.clock.sleep(20);
    assert.notEqual(asked.ip, before);
    write('/proc/partitions', 'sda');
    while (asked.lsblk === beforeDisks && performance.now() < endMs) await test.world.clock.sleep(20);
    assert.notEqual(asked.lsblk, beforeDisks);
  });

  it('looks for changes itself while nobody tells of them', async () => {
    fault = 'tells nothing';
    await follow(600_000, 50);
    await inventory.refresh('network');
    const before = asked.ip;
    write('/proc/net/if_inet6', 'fd000000000000000000000000000001 02 40 00 80 eth0\n');
    const endMs = performance.now() + 15_000;
    while (asked.ip === before && performance.now() < endMs) await test.world.clock.sleep(20);
    assert.notEqual(asked.ip, before);
  });

  it('does not keep asking what cannot answer', async () => {
    fault = 'fails';
    await follow(600_000, 50);
    await inventory.refresh('network');
    const before = asked.ip;
    for (let reading = 1; reading <= 5; reading += 1) {
      write('/proc/meminfo', `MemTotal: 1000000 kB\nMemAvailable: ${600_000 - reading * 50_000} kB\n`);
      const wanted = (600_000 - reading * 50_000) * 1024;
      await until('it was read', () => database.require('host_metrics', row().metrics).memory_free === wanted);
    }
    // The first scan may still have been to come: three questions.
    assert.ok(asked.ip <= before + 3, `${asked.ip - before} more`);
    assert.ok(asked.lsblk <= 2, `${asked.lsblk} times`);
  });

  it('writes nothing after it was stopped', async () => {
    await follow(50, 50);
    await inventory.stop();
    const { generation } = database;
    write('/proc/sys/kernel/hostname', 'late\n');
    await inventory.refresh('names');
    await test.world.clock.sleep(300);
    assert.equal(database.generation, generation);
  });

  it('complains once about a database that takes nothing, and goes on when it does again', async () => {
    await follow(600_000, 50);
    const real = database.transaction.bind(database);
    const refused: number[] = [];
    database.transaction = () => {
      refused.push(1);
      throw new Error('the disk is full');
    };
    write('/proc/meminfo', 'MemTotal: 1000000 kB\nMemAvailable: 300000 kB\n');
    write('/proc/sys/kernel/hostname', 'two\n');
    while (refused.length < 4) await test.world.clock.sleep(20);
    database.transaction = real;
    await until('it is known', () => row().hostname === 'two');
    assert.equal(test.lines.filter((line) => line.includes('inventory-failed')).length, 1);
  });
});
