// Runs the command given as arguments with a Node.js of at least version 24 first on the PATH: the one that runs
// this file when it is new enough, else the one that came with `npm ci` (the packages node-linux-*). Plain
// JavaScript, because it is the one file of this project that an old Node.js must understand without a build.
//
// It does not go through node_modules/.bin/node: npm 9 and 10 remove that link again when they leave out the
// package for the other processor, which has a command of the same name.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const versionRequired = 24;
const root = fileURLToPath(new URL('../../', import.meta.url));

/** The path of a Node.js that is new enough, or undefined. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= versionRequired) return process.execPath;
  const bundled = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  return existsSync(bundled) ? bundled : undefined;
}

const [command, ...args] = process.argv.slice(2);
const node = findNode();
if (command === undefined || node === undefined) {
  console.error(
    command === undefined
      ? 'usage: with-node24.mjs COMMAND [ARGUMENT...]'
      : `This needs Node.js ${versionRequired} or newer (this is ${process.version}); "npm ci" brings one on Linux x64 and arm64.`,
  );
  process.exit(2);
}

const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);
const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, PATH: path } });
// Ctrl-C and the end of a terminal reach the command by themselves; this only has to outlive it.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  console.error(`${command}: ${error.message}`);
  process.exit(127);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
