import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Database } from '../../src/database/types.ts';
import type { ClassName } from '../../src/datamodel/index.ts';
import { type Disk, parseLsblk, stableNames } from '../../src/host/inventory/disks.ts';
import { applyDisks } from '../../src/host/objects/disks.ts';
import { testDatabase } from '../lib/database.ts';

const lsblk = (...blockdevices: readonly unknown[]): string => JSON.stringify({ blockdevices });
const disk = (name: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  name,
  type: 'disk',
  size: 1_000_000,
  ro: false,
  rm: false,
  model: null,
  serial: null,
  wwn: null,
  tran: null,
  fstype: null,
  uuid: null,
  mountpoint: null,
  ...more,
});
const part = (name: string, more: Readonly<Record<string, unknown>> = {}) => disk(name, { type: 'part', ...more });

const free = (text: string): readonly string[] =>
  (parseLsblk(text) ?? assert.fail('it is not understood')).filter((one) => one.free).map(({ name }) => name);

describe('what lsblk says of disks', () => {
  it('is read from new and old versions', () => {
    const told = { model: 'SanDisk Ultra ', serial: '4C53', wwn: '0x5000c500a1b2c3d4', tran: 'usb' };
    const wanted = {
      name: 'sdb',
      path: '/dev/sdb',
      sizeBytes: 1_000_000,
      readOnly: true,
      removable: true,
      model: 'SanDisk Ultra',
      serial: '4C53',
      wwn: '0x5000c500a1b2c3d4',
      transport: 'usb',
      free: true,
    };
    assert.deepEqual(parseLsblk(lsblk(disk('sdb', { ...told, ro: true, rm: true }))), [wanted]);
    assert.deepEqual(parseLsblk(lsblk(disk('sdb', { ...told, size: '1000000', ro: '1', rm: '1' }))), [wanted]);
    assert.deepEqual(parseLsblk(lsblk(disk('cciss!c0d0')))?.[0]?.path, '/dev/cciss/c0d0');
  });

  it('leaves out what is no disk', () => {
    const kinds = [disk('loop0', { type: 'loop' }), disk('sr0', { type: 'rom' }), disk('dm-0', { type: 'lvm' })];
    const names = [
      'zram0',
      'ram1',
      'nbd3',
      'fd0',
      'drbd0',
      'zd16',
      'mmcblk0boot0',
      'mmcblk0rpmb',
      'md127',
      '../sda',
      '',
    ];
    const empty = [disk('sdc', { size: 0 }), disk('sdd', { size: null }), 7, null, 'sda', {}];
    assert.deepEqual(parseLsblk(lsblk(...kinds, ...names.map((name) => disk(name)), ...empty)), []);
    assert.deepEqual(free(lsblk(disk('sda'), disk('nvme0n1'), disk('vdb'), disk('mmcblk0'))), [
      'sda',
      'nvme0n1',
      'vdb',
      'mmcblk0',
    ]);
  });

  it('tells which the host uses', () => {
    const uses: readonly (readonly [string, Record<string, unknown>])[] = [
      ['a mounted disk', disk('sda', { mountpoint: '/srv' })],
      ['a mounted partition', disk('sda', { children: [part('sda1'), part('sda2', { mountpoint: '/' })] })],
      ['swap', disk('sda', { children: [part('sda1', { fstype: 'swap', mountpoint: '[SWAP]' })] })],
      ['a volume', disk('sda', { children: [part('sda1', { children: [disk('vg-x', { type: 'lvm' })] })] })],
      ['a volume group that is not running', disk('sda', { children: [part('sda1', { fstype: 'LVM2_member' })] })],
      ['an array', disk('sda', { children: [disk('md0', { type: 'raid1' })] })],
      ['a pool of ZFS', disk('sda', { children: [part('sda1', { fstype: 'zfs_member' })] })],
      ['something encrypted that is open', disk('sda', { children: [disk('luks-1', { type: 'crypt' })] })],
      ['one of several ways to a disk', disk('sda', { children: [disk('mpatha', { type: 'mpath' })] })],
    ];
    for (const [what, device] of uses) assert.deepEqual(free(lsblk(device, disk('sdz'))), ['sdz'], what);
    const pair = [
      disk('sda', { fstype: 'btrfs', uuid: 'u', mountpoint: '/data' }),
      disk('sdb', { fstype: 'btrfs', uuid: 'u' }),
    ];
    assert.deepEqual(free(lsblk(...pair)), [], 'the other half of a mounted file system');
    const left = disk('sda', {
      children: [part('sda1', { fstype: 'ext4', uuid: 'a' }), part('sda2', { fstype: 'swap' })],
    });
    assert.deepEqual(free(lsblk(left)), ['sda'], 'what somebody left on it does not count');
  });

  it('may be anything', () => {
    for (const text of ['', 'lsblk: unknown column', '[]', '{}', '{"blockdevices":{}}', 'null']) {
      assert.equal(parseLsblk(text), undefined);
    }
    fc.assert(
      fc.property(fc.json(), fc.anything(), (text, value) => {
        parseLsblk(text);
        let written: string | undefined;
        try {
          written = lsblk(value, disk('sda', { children: [value], serial: value }));
        } catch {
          return;
        }
        for (const { name, sizeBytes } of parseLsblk(written) ?? []) assert.ok(name !== '' && sizeBytes > 0);
      }),
    );
  });

  it('is joined with the names that udev made', () => {
    const links = new Map([
      ['wwn-0x5000', '../../sda'],
      ['ata-Disk_1', '../../sda'],
      ['ata-Disk_1-part1', '../../sda1'],
      ['nvme-eui.0025', '../../nvme0n1'],
      ['nvme-Maker_2', '../../nvme0n1'],
      ['nvme-Maker_2_1', '../../nvme0n1'],
      ['wwn-0x6000', '../../sdb'],
      ['scsi-36000', '../../sdb'],
      ['odd', '/etc/passwd'],
      ['gone', ''],
    ]);
    assert.deepEqual(
      stableNames(links),
      new Map([
        ['nvme0n1', 'nvme-Maker_2'],
        ['sda', 'ata-Disk_1'],
        ['sda1', 'ata-Disk_1-part1'],
        ['sdb', 'scsi-36000'],
      ]),
    );
  });
});

const made = (more: Partial<Disk> & { readonly name: string }): Disk => ({
  path: `/dev/${more.name}`,
  sizeBytes: 1000,
  readOnly: false,
  removable: false,
  model: 'Disk',
  serial: more.name,
  wwn: '',
  transport: '',
  free: true,
  ...more,
});

class Host {
  readonly database: Database;
  readonly ref: string;

  private constructor(database: Database) {
    this.database = database;
    this.ref = database.transaction((tx) => {
      const metrics = tx.create('host_metrics', {});
      return tx.create('host', { name_label: 'one', metrics });
    }).value;
  }

  static async make(): Promise<Host> {
    return new Host((await testDatabase()).database);
  }

  /** Brings the objects up to date; returns what was changed, `class kind`, sorted. */
  sees(...disks: readonly Disk[]): string[] {
    const { commit } = this.database.transaction((tx) => applyDisks(tx, this.ref, disks));
    return (commit?.changes ?? []).map((change) => `${change.class} ${change.kind}`).toSorted();
  }

  change(ref: string, fields: object): void {
    this.database.transaction((tx) => tx.update('VDI', ref, fields));
  }

  rows() {
    return this.database.refs('VDI').map((ref) => ({ ref, ...this.database.require('VDI', ref) }));
  }

  row(label: string) {
    return this.rows().find((row) => row.name_label === label) ?? assert.fail(`there is no disk ${label}`);
  }
}

describe('disks of a host as objects', () => {
  it('are in one repository that is there without any, and is made once', async () => {
    const host = await Host.make();
    host.sees();
    assert.deepEqual(
      ['SM', 'SR', 'PBD', 'VDI'].map((name) => host.database.count(name as ClassName)),
      [1, 1, 1, 0],
    );
    assert.deepEqual(host.sees(), []);
    const [sr = ''] = host.database.refs('SR');
    const row = host.database.require('SR', sr);
    assert.deepEqual(
      [row.type, row.content_type, row.name_label, row.shared, row.sm_config, row.physical_size],
      ['udev', 'disk', 'Removable storage', false, { type: 'block' }, 0],
    );
    const [pbd = ''] = row.PBDs;
    assert.deepEqual(
      [host.database.require('PBD', pbd).host, host.database.require('PBD', pbd).currently_attached],
      [host.ref, true],
    );
  });

  it('are shown with what they say of themselves', async () => {
    const host = await Host.make();
    const wwn = '0x5000c500a1b2c3d4';
    const path = '/dev/disk/by-id/usb-Ultra_4C53';
    host.sees(
      made({
        name: 'sdb',
        path,
        model: 'Ultra',
        serial: '4C53',
        wwn,
        transport: 'usb',
        removable: true,
        sizeBytes: 5000,
      }),
      made({ name: 'vdc', model: '', serial: '', readOnly: true }),
      made({ name: 'sda', free: false }),
    );
    const { SR, location, virtual_size, physical_utilisation, type, managed, missing, read_only, sm_config } =
      host.row('Ultra 4C53');
    assert.deepEqual(
      { location, virtual_size, physical_utilisation, type, managed, missing, read_only, sm_config },
      {
        location: path,
        virtual_size: 5000,
        physical_utilisation: 5000,
        type: 'user',
        managed: true,
        missing: false,
        read_only: false,
        sm_config: {
          device: '/dev/sdb',
          driver: 'usb',
          model: 'Ultra',
          serial: '4C53',
          wwn,
          removable: 'true',
          write_protected: 'false',
        },
      },
    );
    assert.equal(host.row('vdc').read_only, true);
    assert.deepEqual(
      host.rows().map(({ name_label }) => name_label),
      ['Ultra 4C53', 'vdc'],
    );
    const { physical_size, physical_utilisation: used, virtual_allocation } = host.database.require('SR', SR);
    assert.deepEqual([physical_size, used, virtual_allocation], [6000, 6000, 6000]);
  });

  it('keep their reference and uuid when they are plugged in elsewhere, or come back', async () => {
    const host = await Host.make();
    host.sees(made({ name: 'sdb', serial: 'S1' }), made({ name: 'sdc', serial: 'S2' }));
    const { ref, uuid } = host.row('Disk S1');
    host.sees(made({ name: 'sdd', serial: 'S1', path: '/dev/disk/by-id/usb-S1' }), made({ name: 'sdb', serial: 'S2' }));
    assert.deepEqual([host.row('Disk S1').ref, host.row('Disk S1').location], [ref, '/dev/disk/by-id/usb-S1']);
    host.sees();
    assert.deepEqual(host.rows(), []);
    host.sees(made({ name: 'sde', serial: 'S1' }));
    assert.deepEqual([host.row('Disk S1').ref, host.row('Disk S1').uuid], [ref, uuid]);
  });

  it('stay when somebody cared for them: missing when they are gone, not to be used while the host uses them', async () => {
    const host = await Host.make();
    host.sees(made({ name: 'sdb', serial: 'S1' }));
    const { ref } = host.row('Disk S1');
    host.change(ref, { name_label: 'backups', tags: ['mine'] });
    host.sees();
    assert.deepEqual([host.row('backups').missing, host.row('backups').managed], [true, true]);
    assert.deepEqual(host.sees(), []);
    host.sees(made({ name: 'sdb', serial: 'S1', free: false }));
    assert.deepEqual([host.row('backups').missing, host.row('backups').managed], [false, false]);
    host.sees(made({ name: 'sdf', serial: 'S1' }));
    const { missing, managed, tags, location } = host.row('backups');
    assert.deepEqual(
      [host.row('backups').ref, missing, managed, tags, location],
      [ref, false, true, ['mine'], '/dev/sdf'],
    );
  });

  it('are protected by their switch, or for good by whoever said so here', async () => {
    const host = await Host.make();
    const at = (readOnly: boolean): boolean => {
      host.sees(made({ name: 'sdb', readOnly }));
      return host.row('Disk sdb').read_only;
    };
    assert.deepEqual([at(false), at(true), at(false)], [false, true, false]);
    host.change(host.row('Disk sdb').ref, { read_only: true });
    assert.equal(at(false), true);
  });

  it('with one number are told apart by place and size', async () => {
    const host = await Host.make();
    const twins = [
      made({ name: 'sdb', serial: '0123', sizeBytes: 1000 }),
      made({ name: 'sdc', serial: '0123', sizeBytes: 2000 }),
      made({ name: 'sdd', serial: '0123', sizeBytes: 2000 }),
    ];
    host.sees(...twins);
    const before = new Map(host.rows().map((row) => [row.location, row.ref]));
    assert.equal(new Set(before.values()).size, 3);
    assert.deepEqual(host.sees(...twins.toReversed()), []);
    host.sees(...twins.slice(1));
    assert.deepEqual(
      new Map(host.rows().map((row) => [row.location, row.ref])),
      new Map([...before].filter(([location]) => location !== '/dev/sdb')),
    );
  });

  it('say what is there after any story, as a slow twin does', async () => {
    const step = fc.record({
      // What is plugged in where, which of it the host uses, and which object somebody renames afterwards.
      disks: fc.uniqueArray(
        fc.record({
          serial: fc.constantFrom('A', 'B', 'C', 'D', ''),
          slot: fc.integer({ min: 0, max: 5 }),
          free: fc.boolean(),
        }),
        { selector: ({ slot }) => slot, maxLength: 6 },
      ),
      renamed: fc.option(fc.nat(5)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (story) => {
        const host = await Host.make();
        const names = new Map<string, string>();
        for (const { disks, renamed } of story) {
          // Of several with one serial only the first is plugged in: those are another test.
          const seen = new Set<string>();
          const plugged = disks.filter(
            ({ serial }) => serial === '' || (!seen.has(serial) && Boolean(seen.add(serial))),
          );
          const found = plugged.map(({ serial, slot, free: isFree }) =>
            made({ name: `sd${slot}`, serial, model: '', free: isFree }),
          );
          host.sees(...found);
          assert.deepEqual(host.sees(...found), [], 'a second look changes nothing');
          const identity = ({ serial, name }: { serial: string; name: string }): string => serial || name;
          const byIdentity = new Map(found.map((one) => [identity(one), one]));
          const rows = new Map(
            host.rows().map((row) => [row.sm_config['serial'] ?? row.location.replace('/dev/', ''), row]),
          );
          assert.equal(rows.size, host.rows().length, 'no disk has two objects');
          for (const [key, one] of byIdentity) {
            const row = rows.get(key);
            if (one.free) assert.deepEqual([row?.missing, row?.managed, row?.location], [false, true, one.path]);
            else if (row !== undefined) assert.deepEqual([row.missing, row.managed], [false, false]);
          }
          for (const [key, row] of rows) {
            const one = byIdentity.get(key);
            assert.equal(row.missing, one === undefined);
            if (one?.free !== true) assert.ok(row.tags.length > 0, 'only what somebody cared for outlives its disk');
            // An object is the same one for ever.
            assert.equal(names.get(key) ?? row.uuid, row.uuid);
            names.set(key, row.uuid);
          }
          const chosen = renamed === null ? undefined : host.rows()[renamed];
          if (chosen !== undefined) host.change(chosen.ref, { tags: ['mine'] });
        }
      }),
      { numRuns: 60 },
    );
  });
});
