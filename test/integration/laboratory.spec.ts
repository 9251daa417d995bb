import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual, promisify } from 'node:util';
import {
  type Laboratory,
  LaboratoryError,
  type LaboratoryHost,
  type LaboratoryOptions,
} from '../../src/conformance/laboratory.ts';
import { createLaboratory } from '../../src/world/linux/laboratory/laboratory.ts';
import { skip } from '../lib/skip.ts';

const timeouts = {
  heartbeatIntervalSeconds: 1,
  heartbeatTimeoutSeconds: 4,
  statefileIntervalSeconds: 1,
  statefileTimeoutSeconds: 4,
  heartbeatWatchdogSeconds: 4,
  statefileWatchdogSeconds: 6,
  bootJoinSeconds: 30,
  enableJoinSeconds: 30,
};

const module = new URL('../../src/world/linux/laboratory/laboratory.ts', import.meta.url).href;

describe('a laboratory of virtual hosts', () => {
  let stack: string;
  const open: Laboratory[] = [];

  before(function () {
    if (process.getuid?.() !== 0) skip(this, 'only root can make virtual hosts');
    stack = join(mkdtempSync(join(tmpdir(), 'quorate-laboratory-')), 'trial');
    mkdirSync(stack);
    writeFileSync(join(stack, 'where'), '#!/bin/sh\necho "$PATH $*"\nenv\n');
    chmodSync(join(stack, 'where'), 0o755);
  });

  after(() => rmSync(join(stack, '..'), { recursive: true, force: true }));

  afterEach(async () => {
    for (const laboratory of open.splice(0)) await laboratory.close();
  });

  async function make(options: Partial<LaboratoryOptions> = {}): Promise<Laboratory> {
    const laboratory = await createLaboratory({
      stackDirectory: stack,
      hostCount: 2,
      timeouts,
      statefile: 'file',
      watchdogMs: 400,
      ...options,
    });
    open.push(laboratory);
    return laboratory;
  }

  const hostsOf = (laboratory: Laboratory): [LaboratoryHost, LaboratoryHost] => {
    const [first, second] = laboratory.hosts;
    assert(first !== undefined && second !== undefined);
    return [first, second];
  };

  async function shell(host: LaboratoryHost, script: string) {
    const result = await host.run('/bin/sh', ['-c', script], { timeoutMs: 10_000 });
    return { ...result, text: result.stdout.trim() };
  }

  it('runs scripts of the stack in hosts of their own', async () => {
    const [first, second] = hostsOf(await make());
    const result = await first.run('where', ['a', 'b c'], { timeoutMs: 5_000 });
    assert.equal(result.exitCode, 0, result.stderr);
    assert.match(result.stdout, /^\S+:\/usr\/libexec\/xapi\/cluster-stack\/trial a b c\nPATH=/);
    assert.equal((await shell(first, 'hostname; echo one > /etc/mark; cat /etc/mark')).text, 'host1\none');
    assert.notEqual((await shell(second, 'cat /etc/mark')).exitCode, 0);
    assert.match((await shell(second, 'cat /etc/xensource/xhad.conf')).text, new RegExp(second.uuid));
  });

  it('does without overlay mounts', async () => {
    const [first, second] = hostsOf(await make({ overlays: false }));
    assert.equal((await first.run('where', [], { timeoutMs: 5_000 })).exitCode, 0);
    assert.equal((await shell(first, 'echo one > /etc/mark; echo two > /var/log/mark; cat /etc/mark')).text, 'one');
    assert.notEqual((await shell(second, 'cat /etc/mark /var/log/mark')).exitCode, 0);
    for (const place of ['/usr/bin/mark', '/root/mark'])
      assert.notEqual((await shell(first, `touch ${place}`)).exitCode, 0, place);
    await first.powerOff();
    await first.powerOn();
    assert.equal((await shell(first, 'cat /var/log/mark')).text, 'two');
    assert.equal(existsSync('/etc/mark'), false);
  });

  it('shows hosts the other disks of the machine too, and keeps what they change to themselves', async () => {
    const disk = mkdtempSync('/var/tmp/quorate-disk-');
    try {
      mkdirSync(join(disk, 'from'));
      mkdirSync(join(disk, 'to'));
      writeFileSync(join(disk, 'from/file'), 'there');
      const place = join(disk, 'to');
      const program = `import { createLaboratory } from ${JSON.stringify(module)};
        const laboratory = await createLaboratory(${JSON.stringify({ stackDirectory: stack, hostCount: 1, timeouts, statefile: 'file', watchdogMs: 10_000 })});
        const { stdout, stderr } = await laboratory.hosts[0].run('/bin/sh', ['-c', 'cat ${place}/file; echo mine > ${place}/file; cat ${place}/file'], { timeoutMs: 5000 });
        console.log(stdout + stderr);
        await laboratory.close();`;
      const mounted = `mount --bind ${disk}/from ${place} && exec "$@"`;
      const words = ['--mount', 'sh', '-c', mounted, 'sh', process.execPath, '--input-type=module', '-e', program];
      assert.equal((await promisify(execFile)('unshare', words)).stdout.trim(), 'theremine');
      assert.equal(readFileSync(join(disk, 'from/file'), 'utf8'), 'there');
    } finally {
      rmSync(disk, { recursive: true });
    }
  });

  /** What a TCP connection to a port where nobody listens comes to: a refusal says that the other host is there. */
  async function reach(from: LaboratoryHost, to: LaboratoryHost): Promise<string> {
    const { stdout, stderr, exitCode } = await from.run(
      '/bin/bash',
      ['-c', `timeout 0.5 bash -c 'exec 3<>/dev/tcp/${to.address}/9'`],
      { timeoutMs: 10_000 },
    );
    if (exitCode === 124) return 'silence';
    return /: ([^:]+)\n*$/.exec(stdout + stderr)?.[1]?.trim() ?? '';
  }

  it('joins the hosts by a network that can be cut', async () => {
    const [first, second] = hostsOf(await make());
    assert.equal(await reach(first, second), 'Connection refused');
    await second.setNetwork('silent');
    assert.equal(await reach(first, second), 'silence');
    assert.equal((await shell(second, 'cat /sys/class/net/eth0/carrier')).text, '1');
    await second.setNetwork('cable-out');
    assert.equal((await shell(second, 'cat /sys/class/net/eth0/carrier')).text, '0');
    await second.powerOff();
    await second.powerOn();
    assert.equal(
      (await shell(second, 'cat /sys/class/net/eth0/carrier')).text,
      '0',
      'a cable stays out over a power cycle',
    );
    await second.setNetwork('connected');
    assert.equal(await reach(first, second), 'Connection refused');
  });

  it('ends a host at once, keeps its disk, and starts it anew', async () => {
    const [first] = hostsOf(await make());
    const sleeping = first.run('/bin/sh', ['-c', 'echo kept > /var/kept; echo gone > /run/gone; sleep 100'], {
      timeoutMs: 0,
    });
    while ((await shell(first, 'cat /run/gone')).text !== 'gone');
    await first.powerOff();
    const result = await sleeping;
    assert(result.hostEnded && result.signal === 'SIGKILL');
    assert.equal(first.running, false);
    assert.deepEqual(
      first.ends.map(({ by }) => by),
      ['power'],
    );
    await first.powerOn();
    assert.equal((await shell(first, 'cat /var/kept; cat /run/gone')).text, 'kept');
    assert.deepEqual(await first.processes(), []);
  });

  it('lets reboot(2) end the host that calls it', async () => {
    const [first, second] = hostsOf(await make());
    const call = process.arch === 'x64' ? 169 : 142;
    const result = await shell(first, `perl -e 'syscall(${call}, 0xfee1dead, 672274793, 0x1234567, 0)'; sleep 5`);
    assert(result.hostEnded);
    assert.deepEqual((await first.ended(5_000))?.by, 'reboot');
    assert(second.running);
  });

  it('ends a host whose watchdog is not fed, unless it was closed with a V', async () => {
    const [first, second] = hostsOf(await make());
    await shell(second, 'exec 3> /dev/watchdog; echo . >&3; sleep .2; echo V >&3');
    const fed = first.run(
      '/bin/sh',
      ['-c', 'exec 3> /dev/watchdog; for i in 1 2 3 4 5 6; do sleep .2; echo . >&3; done; sleep 5'],
      { timeoutMs: 0 },
    );
    const end = await first.ended(5_000);
    const { startedMs } = await fed;
    assert.equal(end?.by, 'watchdog');
    assert((end?.atMs ?? 0) - startedMs > 1_500, 'it was fed for 1.2 seconds and had 0.4 to go');
    assert(second.running && !second.watchdogArmed);
    await shell(second, 'exec 3> /dev/watchdog; sleep .1');
    assert.equal((await second.ended(5_000))?.by, 'watchdog', 'opened and never fed');
  });

  it('shares the statefile, and takes it from one host at a time', async () => {
    const laboratory = await make();
    const [first, second] = hostsOf(laboratory);
    const place = '/run/sr-mount/statefile';
    const write = (host: LaboratoryHost, text: string, timeoutMs = 5_000) =>
      host.run('/bin/sh', ['-c', `echo ${text} | dd of=${place} bs=512 seek=8 conv=notrunc,sync oflag=direct,dsync`], {
        timeoutMs,
      });
    const read = async (host: LaboratoryHost) =>
      (await shell(host, `dd if=${place} bs=512 skip=8 count=1 iflag=direct | tr -d '\\0'`)).text;
    assert.equal((await write(first, 'one')).exitCode, 0);
    assert.equal(await read(second), 'one');
    await first.setStatefile('lost');
    assert.equal((await write(first, 'lost')).exitCode, 1);
    assert.equal(await read(second), 'one');
    await first.setStatefile('slow', 300);
    const slow = await write(first, 'slow');
    assert(slow.exitCode === 0 && slow.endedMs - slow.startedMs > 600, 'opening and writing take 300 ms each');
    await first.setStatefile('hung');
    const hung = write(first, 'late', 300);
    assert.equal(await read(second), 'slow');
    const given = await hung;
    assert(given.timedOut, 'a call is given up although the kernel cannot end the program');
    await first.setStatefile('good');
    assert.equal(await read(first), await read(second));
    const bytes = Buffer.from(await laboratory.readStatefile());
    assert.equal(bytes.length, 266_240);
    await laboratory.damageStatefile(4096, Buffer.from('hurt'));
    assert.match(await read(second), /^hurt/);
  });

  it('lets a host die while its disk hangs, and what it was writing never arrives', async () => {
    const laboratory = await make();
    const [first, second] = hostsOf(laboratory);
    await first.setStatefile('hung');
    const hung = first.run('/bin/sh', ['-c', 'echo late > /run/sr-mount/statefile'], { timeoutMs: 0 });
    while (!(await first.processes()).some(({ command }) => command.startsWith('/bin/sh')));
    await first.powerOff();
    assert((await hung).hostEnded);
    await first.setStatefile('good');
    assert.equal((await shell(second, 'head -c 4 /run/sr-mount/statefile | tr -d "\\0"')).text, '');
  });

  it('gives the statefile as a block device when asked', async function () {
    const laboratory = await make({ statefile: 'block' });
    const [first, second] = hostsOf(laboratory);
    await shell(first, 'echo block | dd of=/dev/statefile bs=4096 seek=1 conv=notrunc,sync oflag=direct,dsync');
    assert.equal(
      (await shell(second, 'dd if=/dev/statefile bs=4096 skip=1 count=1 iflag=direct | head -c 5')).text,
      'block',
    );
    assert.equal((await shell(first, '[ -b /dev/statefile ] && echo block')).text, 'block');
    await first.setStatefile('lost');
    assert.notEqual((await shell(first, 'dd if=/dev/statefile of=/dev/null bs=4096 count=1 iflag=direct')).exitCode, 0);
  });

  it('shows what runs in a host, and sends it signals', async () => {
    const [first, second] = hostsOf(await make());
    await shell(first, 'setsid sh -c "sleep 77; true" > /dev/null 2>&1 < /dev/null &');
    const sleeps = async () => (await first.processes()).some(({ command }) => command === 'sleep 77');
    while (!(await sleeps()));
    const processes = await first.processes();
    assert.deepEqual(processes.map(({ command }) => command).sort(), ['sh -c sleep 77; true', 'sleep 77']);
    assert.deepEqual(await second.processes(), []);
    for (const { pid } of processes) first.signalProcess(pid, 'SIGKILL');
    while ((await first.processes()).length > 0);
  });

  it('bounds what a program may take: its time, its output, its background', async () => {
    const [first] = hostsOf(await make());
    const late = await first.run('/bin/sh', ['-c', 'sleep 100 & wait'], { timeoutMs: 200 });
    assert(late.timedOut && late.signal === 'SIGTERM');
    const much = await first.run('/bin/sh', ['-c', 'head -c 3000000 /dev/zero'], { timeoutMs: 10_000 });
    assert(much.truncated && much.stdout.length === 1_048_576);
    const held = await first.run('/bin/sh', ['-c', 'sleep 100 & echo done'], { timeoutMs: 10_000 });
    assert.equal(held.stdout, 'done\n');
    assert.equal(held.outputHeld, true);
  });

  it('follows a program line by line until it is cancelled', async () => {
    const [first] = hostsOf(await make());
    const { promise, resolve } = Promise.withResolvers<string[]>();
    const lines: string[] = [];
    const cancel = first.follow('/bin/sh', ['-c', 'i=0; while :; do i=$((i+1)); echo $i; sleep .01; done'], (line) => {
      lines.push(line);
      if (lines.length === 3) resolve([...lines]);
    });
    assert.deepEqual(await promise, ['1', '2', '3']);
    cancel();
    while ((await first.processes()).length > 0);
  });

  it('keeps root in a host from what reaches beyond it', async () => {
    const [first] = hostsOf(await make());
    for (const [what, script] of Object.entries({
      mounting: 'mount -t tmpfs none /mnt',
      devices: 'mknod /tmp/disk b 254 0',
      'the clock': 'date -s @1000000000',
      'settings of the kernel': 'echo 1 > /proc/sys/kernel/sysrq',
      'the stack': 'touch /usr/libexec/xapi/cluster-stack/trial/mine',
      'processes outside': '[ $(ls -d /proc/[0-9]* | wc -l) -gt 12 ]',
      'other namespaces': 'nsenter -t 1 -n true',
    })) {
      assert.notEqual((await shell(first, script)).exitCode, 0, `${what}: allowed`);
    }
    assert.equal((await first.run('/usr/bin/id', ['-u'], { timeoutMs: 5_000, unprivileged: true })).stdout, '65534\n');
  });

  it('leaves nothing behind: when closed, and when its maker is killed', async () => {
    const before = traces();
    assert.deepEqual(before['processes'], []);
    const laboratory = await make({ statefile: 'block' });
    await laboratory.hosts[0]?.setStatefile('hung');
    const hung = laboratory.hosts[0]?.run(
      '/bin/sh',
      ['-c', 'exec 3> /dev/watchdog; dd if=/dev/statefile bs=4096 count=1'],
      { timeoutMs: 0 },
    );
    while ((await laboratory.hosts[0]?.processes())?.length === 0);
    assert.notDeepEqual(traces(), before, 'a laboratory is seen');
    hung?.catch(() => undefined);
    await laboratory.close();
    await settles(before);

    const program = `import { createLaboratory } from ${JSON.stringify(module)};
      const laboratory = await createLaboratory(${JSON.stringify({ stackDirectory: stack, hostCount: 2, timeouts, statefile: 'block', watchdogMs: 10_000 })});
      await laboratory.hosts[0].setStatefile('hung');
      laboratory.hosts[0].run('/bin/sh', ['-c', 'trap "" TERM HUP; dd if=/dev/statefile bs=4096 count=1'], { timeoutMs: 0 });
      while ((await laboratory.hosts[0].processes()).length === 0);
      console.log('up');
      setInterval(() => undefined, 1000);`;
    const maker = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(maker.stdout, 'data');
    assert.notDeepEqual(traces(), before, 'it is seen');
    maker.kill('SIGKILL');
    await once(maker, 'exit');
    await settles(before);
  });

  it('says why it cannot be made', async () => {
    await assert.rejects(make({ hostCount: 0 }), LaboratoryError);
    await assert.rejects(make({ stackDirectory: join(stack, 'nowhere') }), /nowhere/);
    const before = traces();
    await assert.rejects(make({ signal: AbortSignal.timeout(30) }), { name: 'TimeoutError' });
    await settles(before);
  });
});

/** What of laboratories can be seen from the machine: namespaces that programs of this test live in, mounts, loop devices, interfaces. */
function traces(): Record<string, string[]> {
  const descendants = new Set([String(process.pid)]);
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [name, parentOf(name)]),
  );
  for (let before = 0; before !== descendants.size; ) {
    before = descendants.size;
    for (const [name, parent] of parents) if (parent !== undefined && descendants.has(parent)) descendants.add(name);
  }
  for (const name of descendants) if (namespaceOf(name) !== namespaceOf('self')) spaces.add(namespaceOf(name));
  // A process that cannot end has no namespaces any more, but its name.
  for (const name of descendants) if (tryRead(`/proc/${name}/cmdline`).includes('keeper-worker')) keepers.add(name);
  return {
    keepers: [...keepers].filter((name) => parents.has(name)),
    processes: [...parents.keys()].filter((name) => namespaceOf(name) !== '' && spaces.has(namespaceOf(name))),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => / \/mnt|statefile|laboratory/.test(line)),
    loops: readdirSync('/sys/block').filter((name) =>
      tryRead(`/sys/block/${name}/loop/backing_file`).endsWith('/statefile\n'),
    ),
    interfaces: readdirSync('/sys/class/net').filter((name) => /^(p\d+n|br0)/.test(name)),
  };
}

/** PID namespaces that were seen below this process. */
const spaces = new Set<string>();
/** Processes that were keepers, by their number. */
const keepers = new Set<string>();

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function parentOf(name: string): string | undefined {
  return tryRead(`/proc/${name}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')[1];
}

/** Empty when the process has gone. */
function namespaceOf(name: string): string {
  try {
    return readlinkSync(`/proc/${name}/ns/pid`);
  } catch {
    return '';
  }
}

/** The kernel takes a moment to clear away what has ended. */
async function settles(expected: Record<string, string[]>): Promise<void> {
  for (let rounds = 0; rounds < 100; rounds += 1) {
    if (isDeepStrictEqual(traces(), expected)) return;
    await sleep(50);
  }
  assert.deepEqual(traces(), expected);
}
