import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert as assertAlways, asyncProperty, constantFrom, dictionary, string, subarray } from 'fast-check';
import { builtIns } from '../../src/cli/built-ins.ts';
import { type CheckedFinding, examine, exitCodeOf } from '../../src/doctor/check.ts';
import { checks } from '../../src/doctor/checks.ts';
import { healthyAgent, healthyMachine, type Machine, nowMs, patientOf } from '../lib/patient.ts';

async function found(change: (machine: Machine) => void, check: string): Promise<readonly CheckedFinding[]> {
  const machine = healthyMachine();
  change(machine);
  const chosen = checks.filter(({ name }) => name === check);
  assert.equal(chosen.length, 1, `no check ${check}`);
  return examine(chosen, patientOf(machine).patient);
}

/** What each of these states of a machine is called, by check. */
const cases: readonly (readonly [check: string, what: string, change: (machine: Machine) => void, finding: RegExp])[] =
  [
    ['node', 'an old Node', (m) => (m.nodeVersion = '20.1.0'), /^problem: Node\.js 20\.1\.0 is too old/],
    ['agent', 'no agent', (m) => (m.agent = undefined), /^problem: No agent answers on \/var\/lib\/xcp\/xapi/],
    [
      'agent',
      'a program that holds the socket and does not answer',
      (m) => {
        m.agent = undefined;
        const line = 'u_str LISTEN 0 511 /var/lib/xcp/xapi 12345 * 0 users:(("systemd",pid=1,fd=6))\n';
        m.programs['ss'] = { stdout: line };
      },
      /^problem: Process 1 \(systemd\) holds \/var\/lib\/xcp\/xapi and does not answer\.$/,
    ],
    [
      'agent',
      'an agent that holds the socket that it made, and does not answer',
      (m) => {
        m.agent = undefined;
        const line = 'u_str LISTEN 0 511 /var/lib/xcp/.b3ab1f/s 12345 * 0 users:(("MainThread",pid=7,fd=6))\n';
        m.programs['ss'] = { stdout: line };
      },
      /^problem: Process 7 \(MainThread\) holds \/var\/lib\/xcp\/xapi and does not answer\.$/,
    ],
    [
      'agent',
      'an agent in trouble',
      (m) => (m.agent = { ...healthyAgent, troubles: [{ state: 'problem', sentence: 'Bad.', wayOut: 'Mend.' }] }),
      /^problem: Bad\./m,
    ],
    [
      'settings',
      'settings that are wrong',
      (m) => (m.settingsFaults = ['f, line 1: x.']),
      /^problem: .*f, line 1: x\./,
    ],
    [
      'settings',
      'settings that the agent refuses',
      (m) => (m.settingsRefused = ['f, line 2: y.']),
      /^problem: The agent does not use the settings as they are now: f, line 2: y\./,
    ],
    ['systemd', 'no systemd', (m) => delete m.programs['systemctl'], /^warning: There is no systemd/],
    [
      'systemd',
      'a service that failed',
      (m) => (m.programs['systemctl'] = { stdout: 'LoadState=loaded\nActiveState=failed\nResult=exit-code\n' }),
      /^problem: quorated\.service failed \(exit-code\)/,
    ],
    [
      'systemd',
      'a service that came back',
      (m) =>
        (m.programs['systemctl'] = {
          stdout: 'LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNRestarts=3',
        }),
      /^warning: systemd started quorated anew 3 times/m,
    ],
    [
      'systemd',
      'a service that does not start with the machine',
      (m) => (m.programs['systemctl'] = { stdout: 'LoadState=loaded\nActiveState=active\nUnitFileState=disabled\n' }),
      /^warning: .*does not start with the machine/m,
    ],
    [
      'systemd',
      'no service',
      (m) => (m.programs['systemctl'] = { stdout: 'LoadState=not-found\n' }),
      /^problem: .*knows no/,
    ],
    [
      'permissions',
      'a database that everybody can read',
      (m) => (m.files['/var/lib/quorate/state.db'] = { mode: 0o100644 }),
      /^problem: \/var\/lib\/quorate\/state\.db is open to others: its mode is 644, not 600\./,
    ],
    [
      'permissions',
      'a file in the place of the directory',
      (m) => (m.files['/var/lib/quorate'] = { kind: 'file' }),
      /^problem: .* is no directory/,
    ],
    [
      'permissions',
      'a directory of somebody else',
      (m) => (m.files['/var/lib/quorate'] = { kind: 'directory', mode: 0o40700, uid: 5 }),
      /^warning: .* belongs to user 5/,
    ],
    [
      'disk-latency',
      'a slow disk',
      (m) => (m.syncMs = () => 60),
      /^warning: .* is slow\. A durable write takes 60\.0 ms/,
    ],
    ['disk-latency', 'a very slow disk', (m) => (m.syncMs = () => 600), /^problem: .* is very slow/],
    ['disk-latency', 'a full disk', (m) => (m.syncMs = undefined), /^problem: .* cannot be written/],
    [
      'disk-space',
      'little room',
      (m) => (m.programs['df'] = { stdout: 'A I\n500000000 9999\n' }),
      /^warning: Only 476 MiB/,
    ],
    [
      'disk-space',
      'no room',
      (m) => (m.programs['df'] = { stdout: 'A I\n5000000 9999\n' }),
      /^problem: 4 MiB are free/,
    ],
    [
      'disk-space',
      'no inodes',
      (m) => (m.programs['df'] = { stdout: 'A I\n50000000000 5\n' }),
      /^problem: Only 5 files/,
    ],
    ['disk-space', 'nonsense', (m) => (m.programs['df'] = { stdout: 'hello' }), /^warning: .* is not known/],
    [
      'libvirt',
      'a libvirt that fails',
      (m) => (m.programs['virsh'] = { exitCode: 1, stderr: 'error: failed to connect\n' }),
      /^problem: libvirt cannot be used: error: failed to connect/,
    ],
    [
      'libvirt',
      'no libvirt',
      (m) => {
        delete m.programs['virsh'];
        delete m.files['/usr/bin/virsh'];
        delete m.files['/run/libvirt/virtqemud-sock'];
      },
      /^warning: libvirt is not installed/,
    ],
    ['bridges', 'no bridge', (m) => delete m.files['/sys/class/net/xenbr0/bridge'], /^warning: There is no bridge/],
    [
      'watchdog',
      'a watchdog in software',
      (m) => (m.files['/sys/class/watchdog/watchdog0/identity'] = 'Software Watchdog\n'),
      /^warning: The only watchdog is in software/,
    ],
    [
      'watchdog',
      'no watchdog',
      (m) => delete m.files['/sys/class/watchdog/watchdog0/identity'],
      /^warning: There is no/,
    ],
    [
      'time',
      'a free clock',
      (m) => (m.programs['timedatectl'] = { stdout: 'NTPSynchronized=no\n' }),
      /^problem: The clock/,
    ],
    [
      'time',
      'a clock that chrony sees drift',
      (m) => (m.programs['chronyc'] = { stdout: 'A,1.2.3.4,2,1.0,-2.5,0,0,0,0,0,0,0,0,Normal\n' }),
      /^warning: The clock is off by 2\.5 seconds/,
    ],
    [
      'time',
      'a chrony without sources',
      (m) => (m.programs['chronyc'] = { stdout: '0,,0,0,0,0,0,0,0,0,0,0,0,Not synchronised\n' }),
      /^problem: chrony runs/,
    ],
    ['dbus', 'no D-Bus', (m) => (m.bus = false), /^problem: D-Bus cannot be used/],
    ['pam', 'no PAM service', (m) => delete m.files['/etc/pam.d/xapi'], /^problem: There is no \/etc\/pam\.d\/xapi/],
    ['pam', 'no pamtester', (m) => delete m.files['/usr/bin/pamtester'], /^problem: pamtester is not installed/],
    ['programs', 'no ethtool', (m) => delete m.files['/usr/bin/ethtool'], /^warning: ethtool is not installed/],
    [
      'cluster-stack',
      'no stack',
      (m) => (m.settings['cluster-stack-default'] = 'other'),
      /^warning: There is no cluster stack in \/usr\/libexec\/xapi\/cluster-stack\/other/,
    ],
    [
      'cluster-stack',
      'half a stack',
      (m) => delete m.files['/usr/libexec/xapi/cluster-stack/xhad/ha_stop_daemon'],
      /^problem: .* is refused\. The script ha_stop_daemon is missing\./,
    ],
    [
      'cluster-stack',
      'a stack that others could change',
      (m) => (m.files['/usr/libexec/xapi/cluster-stack/xhad/ha_stop_daemon'] = { mode: 0o100777, size: 10 }),
      /^problem: .* can be changed by everybody .*chmod go-w/,
    ],
    [
      'ports',
      'a port that somebody has',
      (m) => {
        m.agent = undefined;
        m.settings['listen'] = '0.0.0.0:443';
        m.programs['ss'] = { stdout: 'LISTEN 0 511 0.0.0.0:443 0.0.0.0:* users:(("nginx",pid=7,fd=6))\n' };
      },
      /^problem: nginx already listens on port 443/,
    ],
    [
      'ports',
      'a port that the agent lacks',
      (m) => (m.settings['listen'] = '0.0.0.0:443'),
      /^problem: The agent does not/,
    ],
    [
      'ports',
      'a port that the agent wanted and somebody else has',
      (m) => {
        m.settings['listen'] = '0.0.0.0:443';
        m.agent = { ...healthyAgent, addresses: ['/var/lib/xcp/xapi', '0.0.0.0:443'] };
        m.settingsRefused = ['0.0.0.0:8443: listen EADDRINUSE: address already in use 0.0.0.0:8443.'];
        m.programs['ss'] = { stdout: 'LISTEN 0 511 0.0.0.0:8443 0.0.0.0:* users:(("nginx",pid=7,fd=6))\n' };
      },
      /^problem: The agent does not listen on 0\.0\.0\.0:8443, as its settings want: nginx already listens on port 8443\./,
    ],
    ...(
      [
        ['an expired certificate', { notAfterMs: nowMs - 86_400_000 }, /^problem: .* has expired/],
        ['a certificate near its end', { notAfterMs: nowMs + 5 * 86_400_000 }, /^warning: .* expires in 5 days/],
        ['a certificate near its last day', { notAfterMs: nowMs + 90_000_000 }, /^warning: .* expires in 1 day\./],
        ['a certificate on its last day', { notAfterMs: nowMs + 3_600_000 }, /^warning: .* expires today\./],
        ['a certificate of tomorrow', { notBeforeMs: nowMs + 86_400_000 }, /^problem: .* is not valid yet/],
        ['a key of another certificate', { belongs: false }, /^problem: The key .* does not belong/],
        ['what is no certificate', undefined, /^problem: .* cannot be used: no PEM/],
      ] as const
    ).map(
      ([what, facts, finding]) =>
        [
          'certificate',
          what,
          (m: Machine): void => {
            m.settings['listen'] = '0.0.0.0:443';
            m.files['/var/lib/quorate/tls/certificate.pem'] = 'x';
            m.files['/var/lib/quorate/tls/key.pem'] = 'x';
            const usual = { notBeforeMs: 0, notAfterMs: nowMs + 365 * 86_400_000, belongs: true };
            m.certificate = facts === undefined ? undefined : { ...usual, ...facts };
          },
          finding,
        ] as const,
    ),
  ];

describe('the doctor', () => {
  it('finds nothing on a healthy machine', async () => {
    const { patient, left } = patientOf(healthyMachine());
    const findings = await examine(checks, patient);
    assert.deepEqual(
      findings.filter(({ state }) => state !== 'ok'),
      [],
    );
    assert.equal(exitCodeOf(findings), 0);
    assert.deepEqual(new Set(findings.map(({ check }) => check)), new Set(checks.map(({ name }) => name)));
    assert.deepEqual([...left], []);
  });

  for (const [check, what, change, finding] of cases) {
    it(`${check} finds ${what}`, async () => {
      const findings = await found(change, check);
      assert.match(findings.map(({ state, sentence }) => `${state}: ${sentence}`).join('\n'), finding);
      for (const { state, sentence, wayOut } of findings) {
        assert.match(sentence, /\.$/);
        assert.equal(wayOut === undefined, state === 'ok', sentence);
      }
    });
  }

  it('has a line for every check in the guide, and the guide none for others', () => {
    const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/troubleshooting.md'), 'utf8');
    const rows = guide.split('\n').filter((line) => line.startsWith('| '));
    const named = rows.slice(2).flatMap((row) => [...(row.split(' | ')[1] ?? '').matchAll(/`([a-z-]+)`/g)]);
    assert.deepEqual(new Set(named.map(([, name]) => name)), new Set(checks.map(({ name }) => name)));
  });

  it('offers its checks on the command line', () => {
    assert.deepEqual(
      builtIns.find(({ name }) => name === 'doctor')?.words,
      checks.map(({ name }) => name),
    );
  });

  it('does not take a check without a result for one that found all well', async () => {
    const silent = { name: 'silent', doc: '', run: () => Promise.resolve([]) };
    const findings = await examine([silent], patientOf(healthyMachine()).patient);
    assert.deepEqual(
      findings.map(({ check, state }) => [check, state]),
      [['silent', 'warning']],
    );
  });

  it('leaves no file behind on a disk that refuses', async () => {
    const machine = healthyMachine();
    const { patient, left } = patientOf(machine);
    let writes = 0;
    machine.syncMs = () => {
      writes += 1;
      if (writes === 3) throw new Error('the disk is gone');
      return 1;
    };
    const [finding] = await examine(
      checks.filter(({ name }) => name === 'disk-latency'),
      patient,
    );
    assert.equal(finding?.state, 'warning');
    assert.deepEqual([...left], []);
  });

  it('gives up a check that hangs and tells the others', async () => {
    const machine = healthyMachine();
    machine.programs['virsh'] = 'hang';
    const findings = await examine(checks, patientOf(machine, 20).patient);
    const wrong = findings.filter(({ state }) => state !== 'ok');
    assert.deepEqual(
      wrong.map(({ check, state }) => [check, state]),
      [['libvirt', 'warning']],
    );
    assert.match(wrong[0]?.sentence ?? '', /did not end within 0\.02 seconds/);
  });

  it('has an answer whatever programs print and whatever is missing', async () => {
    const names = ['systemctl', 'virsh', 'timedatectl', 'chronyc', 'df', 'ss'];
    const files = Object.keys(healthyMachine().files);
    await assertAlways(
      asyncProperty(dictionary(constantFrom(...names), string()), subarray(files), async (outputs, gone) => {
        const machine = healthyMachine();
        machine.settings['listen'] = '0.0.0.0:443';
        machine.agent = gone.length % 2 === 0 ? machine.agent : undefined;
        for (const [name, stdout] of Object.entries(outputs)) machine.programs[name] = { stdout };
        for (const path of gone) delete machine.files[path];
        const findings = await examine(checks, patientOf(machine).patient);
        for (const { sentence, check } of findings) {
          assert.doesNotMatch(sentence, /undefined|NaN|could not be found out/, `${check}: ${sentence}`);
        }
        assert.deepEqual(new Set(findings.map(({ check }) => check)), new Set(checks.map(({ name }) => name)));
      }),
      { numRuns: 200 },
    );
  });
});
