import assert from 'node:assert/strict';
import {
  type Arbitrary,
  assert as assertAlways,
  constantFrom,
  json,
  jsonValue,
  oneof,
  property,
  string,
  tuple,
} from 'fast-check';
import { forwardingRules } from '../../src/host/actions/syslog.ts';
import { parseLsblk } from '../../src/host/inventory/disks.ts';
import {
  parseDmidecode,
  parseFeatures,
  parseLspci,
  parseOsRelease,
  pciAddressOf,
  timeZoneOf,
} from '../../src/host/inventory/firmware.ts';
import { parseDefaultRoutes, parseLinks } from '../../src/host/inventory/links.ts';
import { parseDestinations } from '../../src/host/inventory/logging.ts';
import { parseMeminfo } from '../../src/host/inventory/memory.ts';
import {
  asksResolved,
  parseInterfaces,
  parseNetworkdLink,
  parseNetworkFile,
  parseResolvConf,
} from '../../src/host/inventory/name-service.ts';
import { busyShare, parseCpuinfo, parseStat } from '../../src/host/inventory/processors.ts';
import { netmaskOf } from '../../src/lib/addresses.ts';

describe('what the kernel says of processors and memory', () => {
  it('is read from /proc/cpuinfo of an x86 machine', () => {
    const block = (number: number, core: number): string =>
      `processor\t: ${number}\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\nstepping\t: 1\ncpu MHz\t\t: 2596.096\nphysical id\t: 0\ncore id\t\t: ${core}\nflags\t\t: fpu vme svm\n\n`;
    const found = parseCpuinfo(block(1, 1) + block(0, 0));
    const common = { vendor: 'AuthenticAMD', speed: 2596, modelname: 'AMD EPYC', family: 26, model: 2, stepping: '1' };
    assert.deepEqual(found, [
      { number: 0, ...common, flags: 'fpu vme svm', socket: '0', core: '0' },
      { number: 1, ...common, flags: 'fpu vme svm', socket: '0', core: '1' },
    ]);
  });

  it('is read from /proc/cpuinfo of an Arm machine, which names no clock rate', () => {
    const text =
      'processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd08\nCPU revision\t: 3\n\nHardware\t: BCM2835\nModel\t\t: Raspberry Pi 4\n';
    assert.deepEqual(parseCpuinfo(text), [
      {
        number: 0,
        vendor: '0x41',
        speed: 0,
        modelname: '',
        family: 8,
        model: 0xd08,
        stepping: '3',
        flags: 'fp asimd',
        socket: '',
        core: '',
      },
    ]);
  });

  it('counts time that was spent for guests once', () => {
    const found = parseStat(
      'cpu  9 9 9 9\ncpu0 10 20 30 400 50 1 2 3 10 20\ncpu17 1 1 1 1 0 0 0 0 0 0\nbtime 1795163934\n',
    );
    assert.deepEqual(found?.processors.get(0), { total: 516, idle: 450 });
    assert.deepEqual(found?.processors.get(17), { total: 4, idle: 1 });
    assert.equal(found?.bootSeconds, 1_795_163_934);
  });

  it('makes a share of two readings, and none when no time has passed', () => {
    assert.equal(busyShare({ total: 100, idle: 50 }, { total: 200, idle: 125 }), 0.25);
    assert.equal(busyShare({ total: 100, idle: 50 }, { total: 100, idle: 50 }), undefined);
    // Idle time has been seen to run backwards.
    assert.equal(busyShare({ total: 100, idle: 50 }, { total: 110, idle: 40 }), 1);
  });

  it('is read from /proc/meminfo, also without the newer estimate', () => {
    assert.deepEqual(parseMeminfo('MemTotal:       24684084 kB\nMemFree: 100 kB\nMemAvailable:   23706808 kB\n'), {
      totalBytes: 24_684_084 * 1024,
      availableBytes: 23_706_808 * 1024,
    });
    assert.equal(
      parseMeminfo('MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 20 kB\n')?.availableBytes,
      35 * 1024,
    );
    assert.equal(parseMeminfo('MemFree: 100 kB\n'), undefined);
  });
});

describe('what ip says of devices', () => {
  const eth0 =
    '{"ifindex":4,"ifname":"eth0","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1400,"qdisc":"pfifo_fast","operstate":"UP","group":"default","txqlen":1000,"link_type":"ether","address":"02:fc:00:00:00:01","broadcast":"ff:ff:ff:ff:ff:ff","promiscuity":0,"allmulti":0,"min_mtu":68,"max_mtu":65535,"num_tx_queues":1,"num_rx_queues":1,"parentbus":"virtio","parentdev":"virtio2","addr_info":[{"family":"inet","local":"192.0.2.2","prefixlen":24,"broadcast":"192.0.2.255","scope":"global","label":"eth0","valid_life_time":4294967295,"preferred_life_time":4294967295},{"family":"inet6","local":"fe80::fc:ff:fe00:1","prefixlen":64,"scope":"link","dynamic":true,"protocol":"kernel_ll","valid_life_time":4294967295,"preferred_life_time":4294967295}]}';

  it('is read with addresses, bus device and carrier', () => {
    const [link] = parseLinks(`[${eth0}]`) ?? [];
    assert.deepEqual(
      [
        link?.index,
        link?.name,
        link?.kind,
        link?.type,
        link?.address,
        link?.mtu,
        link?.up,
        link?.carrier,
        link?.parentDevice,
      ],
      [4, 'eth0', '', 'ether', '02:fc:00:00:00:01', 1400, true, true, 'virtio2'],
    );
    assert.deepEqual(link?.addresses[0], {
      family: 'inet',
      local: '192.0.2.2',
      prefixLength: 24,
      scope: 'global',
      dynamic: false,
      protocol: '',
      temporary: false,
    });
  });

  it('tells bonds, their parts and VLANs', () => {
    // From Linux 6.1 and iproute2 6.1, without what is not read.
    const text = `[
      {"ifindex":2,"ifname":"d0","flags":["BROADCAST","NOARP","SLAVE","UP","LOWER_UP"],"mtu":1500,"master":"bond0","operstate":"UNKNOWN","link_type":"ether","address":"ce:60:81:83:3f:fc",
       "linkinfo":{"info_kind":"dummy","info_slave_kind":"bond","info_slave_data":{"state":"ACTIVE","mii_status":"UP","link_failure_count":0,"perm_hwaddr":"a2:d6:15:65:21:bd","queue_id":0,"prio":0,"ad_aggregator_id":1,"ad_actor_oper_port_state":77,"ad_actor_oper_port_state_str":["active","aggregating","in_sync","defaulted"]}},"addr_info":[]},
      {"ifindex":4,"ifname":"bond0","flags":["BROADCAST","MULTICAST","MASTER","UP","LOWER_UP"],"mtu":1500,"operstate":"UP","link_type":"ether","address":"ce:60:81:83:3f:fc",
       "linkinfo":{"info_kind":"bond","info_data":{"mode":"802.3ad","miimon":100,"updelay":0,"downdelay":0,"use_carrier":1,"arp_interval":0,"arp_validate":null,"primary_reselect":"always","xmit_hash_policy":"layer3+4","lp_interval":1,"ad_lacp_active":"on","ad_lacp_rate":"slow","ad_select":"stable","ad_info":{"aggregator":1,"num_ports":1,"actor_key":0,"partner_key":1,"partner_mac":"00:00:00:00:00:00"},"ad_actor_system":"00:00:00:00:00:00","tlb_dynamic_lb":1}},"addr_info":[]},
      {"ifindex":5,"link":"bond0","ifname":"bond0.42","flags":["BROADCAST","MULTICAST"],"mtu":1500,"master":"br42","operstate":"DOWN","link_type":"ether","address":"ce:60:81:83:3f:fc",
       "linkinfo":{"info_kind":"vlan","info_data":{"protocol":"802.1Q","id":42,"flags":["REORDER_HDR"]},"info_slave_kind":"bridge","info_slave_data":{"state":"disabled","priority":32,"cost":100}},"addr_info":[]}]`;
    const [part, bond, vlan] = parseLinks(text) ?? [];
    assert.deepEqual([part?.permanentAddress, part?.master, part?.bondPortUp], ['a2:d6:15:65:21:bd', 'bond0', true]);
    assert.deepEqual(bond?.bond, {
      mode: '802.3ad',
      properties: { miimon: '100', updelay: '0', downdelay: '0', xmit_hash_policy: 'layer3+4', ad_lacp_rate: 'slow' },
    });
    const [hardware] =
      parseLinks('[{"ifindex":2,"ifname":"ens1","address":"52:54:00:00:00:09","permaddr":"52:54:00:00:00:02"}]') ?? [];
    assert.equal(hardware?.permanentAddress, '52:54:00:00:00:02');
    assert.deepEqual([vlan?.vlanTag, vlan?.lower, vlan?.up], [42, 'bond0', false]);
  });

  it('leaves out what is no device, and says when it is no list at all', () => {
    assert.deepEqual(
      parseLinks('[{},7,null,{"ifindex":1},{"ifindex":2,"ifname":"a/b"},{"ifindex":0,"ifname":"x"}]'),
      [],
    );
    assert.deepEqual(parseLinks('\n'), []);
    for (const text of ['{"ifindex":1}', 'Error: no', '[{"ifindex":1', 'null'])
      assert.equal(parseLinks(text), undefined);
  });

  it('orders default routes by their metric', () => {
    const text =
      '[{"dst":"default","gateway":"10.0.0.1","dev":"wlan0","protocol":"dhcp","metric":600,"flags":[]},{"dst":"default","via":{"family":"inet6","host":"fe80::1"},"dev":"eth0","metric":100},{"dst":"10.0.0.0/8","dev":"eth1"},{"dst":"default","metric":50,"nexthops":[{"gateway":"10.9.0.1","dev":"eth9","weight":1}]}]';
    assert.deepEqual(parseDefaultRoutes(text), [
      { device: 'eth9', gateway: '10.9.0.1', metric: 50, protocol: '' },
      { device: 'eth0', gateway: 'fe80::1', metric: 100, protocol: '' },
      { device: 'wlan0', gateway: '10.0.0.1', metric: 600, protocol: 'dhcp' },
    ]);
  });

  it('has netmasks as clients write them', () => {
    const masks = [0, 1, 8, 20, 24, 31, 32].map(netmaskOf);
    assert.deepEqual(masks, [
      '0.0.0.0',
      '128.0.0.0',
      '255.0.0.0',
      '255.255.240.0',
      '255.255.255.0',
      '255.255.255.254',
      '255.255.255.255',
    ]);
  });
});

describe('what configuration systems say', () => {
  it('is read from resolv.conf', () => {
    const text =
      '# a comment\nsearch a.b\nnameserver 10.0.0.53\n nameserver fe80::1%eth0\nnameserver 10.0.0.53\nnameserver nonsense\n';
    assert.deepEqual(parseResolvConf(text), ['10.0.0.53', 'fe80::1%eth0']);
    assert.ok(asksResolved(parseResolvConf('nameserver 127.0.0.53\n')));
    assert.ok(!asksResolved([]));
  });

  it('is read from the state of systemd-networkd', () => {
    const text =
      'ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/10-lan.network\nDNS=10.0.0.1 fd00::1#dns.example\n';
    assert.deepEqual(parseNetworkdLink(text), {
      networkFile: '/etc/systemd/network/10-lan.network',
      nameServers: ['10.0.0.1', 'fd00::1'],
    });
    const method = (network: string): unknown => Object.values(parseNetworkFile(network));
    assert.deepEqual(method('[Match]\nName=e*\n[Network]\nDHCP=yes\n'), ['DHCP', 'DHCP']);
    assert.deepEqual(method('[Network]\nDHCP=ipv4\nAddress=fd00::2/64\n'), ['DHCP', 'Static']);
    assert.deepEqual(method('[Network]\nLinkLocalAddressing=no\n[Address]\nAddress=10.0.0.2/24\n'), ['Static', '']);
    assert.deepEqual(method('[DHCPv4]\nDHCP=yes\n'), ['None', '']);
  });

  it('is read from the interfaces file of ifupdown', () => {
    const text =
      'auto lo eth0\niface lo inet loopback\niface eth0 inet dhcp\niface eth0 inet6 auto\niface br0 \\\n inet static\n address 10.0.0.2\niface eth1 inet manual\n';
    assert.deepEqual(
      [...parseInterfaces(text)],
      [
        ['lo', { inet: '', inet6: '' }],
        ['eth0', { inet: 'DHCP', inet6: 'Autoconf' }],
        ['br0', { inet: 'Static', inet6: '' }],
        ['eth1', { inet: 'None', inet6: '' }],
      ],
    );
  });

  it('names the time zone that /etc/localtime points at', () => {
    assert.equal(timeZoneOf('/usr/share/zoneinfo/Europe/Berlin'), 'Europe/Berlin');
    assert.equal(timeZoneOf('../usr/share/zoneinfo/Etc/GMT+5'), 'Etc/GMT+5');
    assert.equal(timeZoneOf('/usr/share/zoneinfo/posix/Asia/Tokyo'), 'Asia/Tokyo');
    for (const other of ['', '/opt/my-zone', '/zoneinfo/', '/zoneinfo/../../etc/shadow'])
      assert.equal(timeZoneOf(other), '');
  });
});

describe('what rsyslog is told', () => {
  it('is read from both of its notations', () => {
    const text = `
# *.* @commented.example
module(load="imuxsock")
$ActionQueueType LinkedList
*.*;auth,authpriv.none  @loghost
mail.*                  -/var/log/mail.log
:msg, contains, "x"     @@tls.example:6514;RSYSLOG_ForwardFormat
& @(z9)192.0.2.1:1514
*.* @[2001:db8::1]:515
*.* :omusrmsg:*
action(type="omfile" file="/var/log/x" target="nowhere")
action(type="omfwd" target="new.example" port="10514" protocol="tcp"
       queue.filename="a)b" action.resumeRetryCount="-1")
if $programname == 'x' then { Action( Target="2001:db8::2" Type="omfwd" ) }
action(type="omfwd" target="$bad name")
`;
    assert.deepEqual(parseDestinations(text), [
      { host: 'loghost', port: '514', tcp: false },
      { host: 'tls.example', port: '6514', tcp: true },
      { host: '192.0.2.1', port: '1514', tcp: false },
      { host: '2001:db8::1', port: '515', tcp: false },
      { host: 'new.example', port: '10514', tcp: true },
      { host: '2001:db8::2', port: '514', tcp: false },
    ]);
  });

  it('is what the agent has written', () => {
    for (const destination of [
      { host: 'log.example', port: 514 },
      { host: '2001:db8::1', port: 6514 },
    ]) {
      const [found, ...more] = parseDestinations(forwardingRules(destination));
      assert.deepEqual(found, { host: destination.host, port: String(destination.port), tcp: false });
      assert.deepEqual(more, []);
    }
  });
});

describe('what the hardware says', () => {
  it('is read from dmidecode, without what a maker forgot to fill in', () => {
    const text =
      '# dmidecode 3.4\nHandle 0x0000, DMI type 0, 24 bytes\nBIOS Information\n\tVendor: Dell Inc.\n\tVersion: 2.19.1\n\nSystem Information\n\tManufacturer: Dell Inc.\n\tProduct Name: PowerEdge R650\n\tSerial Number: Not Specified\n\nBase Board Information\n\tManufacturer: Dell Inc.\n\nBase Board Information\n\tManufacturer: Another\n\nOEM Strings\n\tString 1: Dell System\n\tString 2: 5[0000]\n';
    assert.deepEqual(parseDmidecode(text), {
      'bios-vendor': 'Dell Inc.',
      'bios-version': '2.19.1',
      'system-manufacturer': 'Dell Inc.',
      'system-product-name': 'PowerEdge R650',
      'baseboard-manufacturer': 'Dell Inc.',
      'oem-1': 'Dell System',
      'oem-2': '5[0000]',
    });
  });

  it('is read from lspci and ethtool', () => {
    const text =
      'Slot:\t0000:00:03.0\nClass:\tEthernet controller\nVendor:\tRed Hat, Inc.\nDevice:\tVirtio 1.0 network device\nRev:\t01\n\nSlot:\tnonsense\nVendor:\tX\n';
    assert.deepEqual(
      [...parseLspci(text)],
      [['0000:00:03.0', { vendor: 'Red Hat, Inc.', device: 'Virtio 1.0 network device' }]],
    );
    assert.deepEqual(parseFeatures('Features for eth0:\ngeneric-receive-offload: off [fixed]\n'), { gro: 'off' });
    assert.equal(pciAddressOf('../../devices/pci0000:00/0000:00:1c.0/0000:02:00.1/virtio2/net/eth0'), '0000:02:00.1');
    assert.equal(pciAddressOf('../../devices/virtual/net/br0'), '');
  });

  it('says which distribution it runs, quotes taken off', () => {
    const found = parseOsRelease('NAME="Debian GNU/Linux"\nVERSION_ID=\'12\'\nID=debian\nNONSENSE\nX="a\\"b"\n');
    assert.deepEqual(
      [...found],
      [
        ['NAME', 'Debian GNU/Linux'],
        ['VERSION_ID', '12'],
        ['ID', 'debian'],
        ['X', 'a"b'],
      ],
    );
  });
});

describe('garbage', () => {
  const parsers: readonly (readonly [string, (text: string) => unknown])[] = [
    ['cpuinfo', parseCpuinfo],
    ['stat', parseStat],
    ['meminfo', parseMeminfo],
    ['links', parseLinks],
    ['routes', parseDefaultRoutes],
    ['resolv.conf', parseResolvConf],
    ['networkd', parseNetworkdLink],
    ['.network', parseNetworkFile],
    ['interfaces', parseInterfaces],
    ['dmidecode', parseDmidecode],
    ['lspci', parseLspci],
    ['ethtool', parseFeatures],
    ['os-release', parseOsRelease],
    ['rsyslog.conf', parseDestinations],
    ['lsblk', parseLsblk],
    ['time zone', timeZoneOf],
  ];
  /** Words of real files in any order, with anything between them. */
  const words = constantFrom(
    ...'processor|: |\n|\t|cpu0 |model name|MemTotal:|kB|[|]|{|}|"ifindex":|4|"ifname":|"eth0"|,|"addr_info":|"linkinfo":|"info_kind":"vlan"|"id":|1e99|-1|nameserver |DNS=|[Network]|DHCP=|iface |inet |Slot:\t|0000:00:03.0|\nOEM Strings\n|\tString 1: |NAME="|__proto__|constructor|\u0000|\ud800'.split(
      '|',
    ),
  );
  const text: Arbitrary<string> = oneof(
    string({ unit: 'binary' }),
    json(),
    jsonValue().map((value) => JSON.stringify([value])),
    tuple(words, words, words, words, words, words, words, words, words, words).map((list) => list.join('')),
  );
  for (const [name, parse] of parsers) {
    it(`as ${name} is unknown, never an error, and never shows what cannot be shown`, () => {
      assertAlways(
        property(text, (given) => {
          const found = parse(given);
          const seen = JSON.stringify(found instanceof Map ? [...(found as Map<unknown, unknown>)] : found) ?? '';
          // How JSON writes a character that is none.
          return !/\\u(?:0000|d[89a-f])/.test(seen);
        }),
        { numRuns: 300 },
      );
    });
  }

  it('in the place of each value of a device leaves at most that value out', () => {
    const keys = [
      'flags',
      'mtu',
      'address',
      'permaddr',
      'master',
      'link',
      'linkinfo',
      'addr_info',
      'link_type',
      'parentdev',
    ];
    assertAlways(
      property(constantFrom(...keys), jsonValue(), (key, value) => {
        const [link] = parseLinks(JSON.stringify([{ ifindex: 3, ifname: 'eth0', [key]: value }])) ?? [];
        return link?.index === 3 && link.name === 'eth0' && Array.isArray(link.addresses);
      }),
    );
  });
});
