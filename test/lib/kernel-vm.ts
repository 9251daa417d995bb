/**
 * A virtual machine with a kernel that has everything, made by test/tools/kernel-vm.sh. An agent of the test acts on it: its
 * programs run there, and the files of its configuration lie there.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileError, type Files, type ProgramResult, type Programs } from '../../src/world/world.ts';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** Emulated without help of the processor, it needs ten seconds to start, and minutes on a busy machine. */
const startMs = 600_000;
const answerMs = 300_000;

export class KernelVm {
  readonly #directory: string;
  readonly #end: () => Promise<void>;
  #socket: Socket | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(directory: string, end: () => Promise<void>) {
    this.#directory = directory;
    this.#end = end;
  }

  /** Starts one with so many network cards, each on a network of its own with a gateway 10.0.2.2 and DHCP. */
  static async start(folder: string, cards: number): Promise<KernelVm> {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-vm-'));
    const disk = join(directory, 'disk.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', join(folder, 'root.img'), '-F', 'raw', disk]);
    const control = join(directory, 'control');
    const words = [
      '-machine q35,accel=tcg -cpu max -smp 1 -m 512 -display none -nodefaults -serial null',
      `-serial unix:${control},server=on,wait=off -kernel ${join(folder, 'vmlinuz')} -initrd ${join(folder, 'initrd')}`,
      `-monitor unix:${join(directory, 'monitor')},server=on,wait=off -device pcie-root-port,id=slot0,chassis=1`,
      `-drive file=${disk},if=virtio,format=qcow2,cache=unsafe`,
      ...Array.from(
        { length: cards },
        (_, at) =>
          `-netdev user,id=n${at},restrict=on -device virtio-net-pci,netdev=n${at},mac=52:54:00:00:00:0${at + 1}`,
      ),
    ].join(' ');
    const append = 'console=ttyS0 quiet systemd.show_status=false net.ifnames=0';
    // It ends with the tests, also when those are ended by force.
    const line = ['--pdeathsig', 'KILL', '--', 'qemu-system-x86_64', ...words.split(' '), '-append', append];
    const child = spawn('setpriv', line, { stdio: 'ignore' });
    const exited = once(child, 'exit');
    const vm = new KernelVm(directory, async () => {
      child.kill();
      await exited;
      await rm(directory, { recursive: true, force: true });
    });
    await Promise.race([
      vm.#connected(),
      exited.then(() => Promise.reject(new Error(`the virtual machine ended: ${child.exitCode ?? child.signalCode}`))),
    ]);
    return vm;
  }

  /** What a command of its shell prints. Rejects when it fails. */
  async shell(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.#run(command);
    if (code !== 0) throw new Error(`${command}: ${stderr || code}`);
    return stdout;
  }

  /** Restarts it, and resolves when it answers again. */
  reboot(): Promise<void> {
    const bootId = 'cat /proc/sys/kernel/random/boot_id';
    return this.#inTurn(async () => {
      const before = await this.#attempt(bootId, 60_000);
      this.#socket?.write('systemctl reboot\n');
      const endMs = performance.now() + startMs;
      // What is written while nobody is there is lost, in parts or as a whole. On a busy machine an answer takes its time.
      for (let withinMs = 3_000; performance.now() < endMs; withinMs = Math.min(withinMs * 1.5, 30_000)) {
        const now = await this.#attempt(bootId, withinMs);
        if (now?.code === 0 && now.stdout !== before?.stdout) return;
      }
      throw new Error('the virtual machine does not come back');
    });
  }

  /** Plugs in an empty disk that says this serial number of itself; there is one place for one. */
  async plugDisk(serial: string, bytes: number): Promise<void> {
    const path = join(this.#directory, serial);
    await truncate(path, bytes).catch(() => writeFile(path, Buffer.alloc(bytes)));
    await this.#monitor(`drive_add 0 if=none,id=${serial},file=${path},format=raw`);
    await this.#monitor(`device_add virtio-blk-pci,bus=slot0,id=of-${serial},drive=${serial},serial=${serial}`);
  }

  /** Pulls it out again; the kernel takes some seconds to let go of it. */
  async pullDisk(serial: string): Promise<void> {
    await this.#monitor(`device_del of-${serial}`);
  }

  async end(): Promise<void> {
    this.#socket?.destroy();
    await this.#end();
  }

  programs(): Programs {
    return {
      follow: () => () => undefined,
      run: async (program, args): Promise<ProgramResult> => {
        const outcome = await this.#run([program, ...args].map(quoted).join(' '));
        if (outcome.code === 127) throw new FileError('not-found', program, 'it is not installed');
        const { code: exitCode, stdout, stderr } = outcome;
        return { exitCode, stdout, stderr, signal: undefined, timedOut: false, truncated: false };
      },
    };
  }

  /** Files whose paths begin so lie on the machine. */
  files(real: Files, prefixes: readonly string[]): Files {
    const here = (path: string): boolean => prefixes.some((prefix) => path.startsWith(prefix));
    const get = async (path: string, command: string): Promise<string> => {
      const { code, stdout, stderr } = await this.#run(command);
      if (code !== 0) throw new FileError('not-found', path, stderr);
      return stdout;
    };
    return {
      ...real,
      read: async (path, most) =>
        here(path)
          ? new TextEncoder().encode(await get(path, `{ IFS= read -rd '' t || :; printf %s "$t"; } <${quoted(path)}`))
          : real.read(path, most),
      list: async (path) =>
        here(path) ? (await get(path, `ls -A ${quoted(path)}`)).split('\n').filter(Boolean) : real.list(path),
      link: async (path) => {
        if (!here(path)) return real.link(path);
        return path.startsWith('/dev/') ? (await get(path, `readlink ${quoted(path)}`)).trim() : undefined;
      },
      writeAtomic: async (path, contents, mode) => {
        if (!here(path)) return real.writeAtomic(path, contents, mode);
        const text = Buffer.from(contents).toString('base64');
        await get(
          path,
          `echo ${text} | base64 -d > ${quoted(path)} && chmod ${mode.toString(8)} ${quoted(path)} && sync`,
        );
      },
      makeDirectory: async (path, mode) => {
        if (here(path)) await get(path, `mkdir -p -m ${mode.toString(8)} ${quoted(path)}`);
        else await real.makeDirectory(path, mode);
      },
      remove: async (path) => {
        if (here(path)) await get(path, `rm -rf ${quoted(path)}`);
        else await real.remove(path);
      },
    };
  }

  async #connected(): Promise<void> {
    const endMs = performance.now() + startMs;
    for (let withinMs = 5_000; performance.now() < endMs; withinMs = Math.min(withinMs * 1.5, 30_000)) {
      const socket = connect(join(this.#directory, 'control'));
      socket.on('error', () => undefined);
      this.#socket = socket;
      // A shell that is not there yet says nothing, and reads what was written for it when it comes.
      if ((await this.#attempt(':', withinMs)) !== undefined) return;
      socket.destroy();
      await sleep(500);
    }
    throw new Error('the virtual machine does not start');
  }

  /** A command of QEMU itself. Rejects with what it says against it. */
  async #monitor(command: string): Promise<void> {
    const socket = connect(join(this.#directory, 'monitor'));
    try {
      let said = '';
      const prompts = (count: number): boolean => said.split('(qemu) ').length > count;
      socket.setEncoding('latin1').on('data', (piece: string) => {
        said += piece;
      });
      while (!prompts(1)) await once(socket, 'data');
      socket.write(`${command}\n`);
      while (!prompts(2)) await once(socket, 'data');
      const fault = /^Error: .*$/m.exec(said)?.[0];
      if (fault !== undefined) throw new Error(`${command}: ${fault}`);
    } finally {
      socket.destroy();
    }
  }

  #run(command: string): Promise<Outcome> {
    return this.#inTurn(async () => {
      const outcome = await this.#attempt(command, answerMs);
      if (outcome === undefined) throw new Error(`${command}: no answer`);
      return outcome;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #attempt(command: string, withinMs: number): Promise<Outcome | undefined> {
    const socket = this.#socket;
    if (socket === undefined) return undefined;
    const mark = `END${Math.trunc(performance.now() * 1000)}`;
    let text = '';
    const answered = new Promise<Outcome | undefined>((resolve) => {
      const timer = setTimeout(() => done(undefined), withinMs);
      const heard = (piece: Buffer): void => {
        text += piece.toString('latin1');
        if (!piece.includes('>')) return;
        const found = new RegExp(`<${mark} (\\d+) ([^]*)${mark}([^]*)${mark}>`).exec(text);
        if (found !== null) done({ code: Number(found[1]), stdout: decoded(found[2]), stderr: decoded(found[3]) });
      };
      const closed = (): void => done(undefined);
      const done = (outcome: Outcome | undefined): void => {
        clearTimeout(timer);
        socket.off('data', heard);
        socket.off('close', closed);
        resolve(outcome);
      };
      socket.on('data', heard);
      socket.on('close', closed);
    });
    // Nothing but what the shell itself can do: emulated, each program takes its time to start.
    const told = `c=$?; IFS= read -rd '' o </run/o; IFS= read -rd '' e </run/e; m=${mark}; printf "<$m %s %s$m%s$m>" "$c" "$o" "$e"`;
    socket.write(`PS1= PS2=; { ${command}\n} >/run/o 2>/run/e </dev/null; ${told}\n`);
    return answered;
  }
}

function decoded(text = ''): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
