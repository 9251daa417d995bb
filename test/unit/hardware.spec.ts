import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { distributionOf, firmwareStrings, lacksNames, withHardware } from '../../src/host/inventory/hardware.ts';
import { parseCpuinfo } from '../../src/host/inventory/processors.ts';
import { hardwareFacts } from '../../src/world/machine-facts.ts';

const facts = (parts: Readonly<Record<string, unknown>>) => hardwareFacts(new Map(Object.entries(parts)));

describe('what firmware and tools say', () => {
  it('has the names that clients read', () => {
    const told = facts({
      bios: { vendor: 'SeaBIOS', version: '1.16', releaseDate: '2014-04-01' },
      system: { manufacturer: 'QEMU', model: 'Standard PC', version: 'pc-q35', serial: 'S1', virtual: true },
      board: { manufacturer: 'Maker', model: 'B550', version: 'rev 2', serial: 'S2', assetTag: 'T1' },
      chassis: { assetTag: 'T2' },
    });
    assert.deepEqual(firmwareStrings(told), {
      'bios-vendor': 'SeaBIOS',
      'bios-version': '1.16',
      'system-manufacturer': 'QEMU',
      'system-product-name': 'Standard PC',
      'system-version': 'pc-q35',
      'system-serial-number': 'S1',
      'baseboard-manufacturer': 'Maker',
      'baseboard-product-name': 'B550',
      'baseboard-version': 'rev 2',
      'baseboard-serial-number': 'S2',
      'baseboard-asset-tag': 'T1',
      'enclosure-asset-tag': 'T2',
    });
  });

  it('is empty where it is a filler or made up', () => {
    const fillers = ['-', 'Computer', 'Docker Container', 'Virtual machine', 'unknown', 'Unknown', 'Default string'];
    fillers.push(
      'Not Specified',
      'To Be Filled By O.E.M.',
      'To be filled by OEM',
      'System Serial Number',
      'None',
      'N/A',
    );
    fillers.push('Not Applicable', '0', '00000000', 'xxxxxxxx', '...', ' ', '\u0000', 'O.E.M.', 'System manufacturer');
    for (const text of fillers) {
      const everything = { manufacturer: text, model: text, version: text, serial: text, assetTag: text, vendor: text };
      const told = facts({ bios: everything, system: everything, board: everything, chassis: everything });
      assert.deepEqual(firmwareStrings(told), {}, text);
    }
    assert.deepEqual(firmwareStrings(facts({ bios: { version: '0.0.0' } })), { 'bios-version': '0.0.0' });
  });

  it('fills in what the kernel does not say of processors, and nothing else', () => {
    const arm = parseCpuinfo('processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\nprocessor\t: 1\n');
    const x86 = parseCpuinfo('processor\t: 0\nmodel name\t: EPYC\ncpu MHz\t: 2600.1\n');
    assert.ok(arm !== undefined && x86 !== undefined);
    const [one, other] = [
      { list: arm, nodes: 0 },
      { list: x86, nodes: 0 },
    ];
    assert.deepEqual([lacksNames(one), lacksNames(other)], [true, false]);
    const names = (of: typeof one, processor: object): unknown =>
      withHardware(of, facts({ processor })).list.map(({ modelname, speed }) => [modelname, speed]);
    assert.deepEqual(names(one, { brand: 'Cortex-A72', speedMax: 1.5 }), [
      ['Cortex-A72', 1500],
      ['Cortex-A72', 1500],
    ]);
    assert.deepEqual(names(one, { brand: 'unknown', speedMax: null }), [
      ['', 0],
      ['', 0],
    ]);
    assert.deepEqual(names(other, { brand: 'Cortex-A72', speedMax: 1.5 }), [['EPYC', 2600]]);
  });

  it('names the distribution where the usual file does not', () => {
    const told = facts({ os: { distro: 'Alpine', release: '3.20' } });
    assert.equal(distributionOf({ osName: '', osVersion: '' }, told), 'Alpine 3.20');
    assert.equal(distributionOf({ osName: 'Debian', osVersion: '12' }, told), 'Debian 12');
    assert.equal(
      distributionOf({ osName: '', osVersion: '' }, facts({ os: { distro: 'unknown', release: 'unknown' } })),
      '',
    );
  });

  it('may be anything', () => {
    const value = fc.oneof(
      fc.anything(),
      fc.dictionary(fc.constantFrom('vendor', 'model', 'brand', 'distro'), fc.anything()),
    );
    const parts = fc.dictionary(fc.constantFrom('bios', 'system', 'board', 'chassis', 'processor', 'os', 'x'), value);
    fc.assert(
      fc.property(parts, (told) => {
        const found = facts(told);
        for (const text of Object.values(firmwareStrings(found))) assert.ok(text !== '' && text.length <= 256);
        assert.equal(typeof distributionOf({ osName: '', osVersion: '' }, found), 'string');
        const speed = withHardware({ list: parseCpuinfo('processor: 0') ?? [], nodes: 0 }, found).list[0]?.speed ?? -1;
        assert.ok(Number.isSafeInteger(speed) && speed >= 0);
      }),
    );
  });
});
