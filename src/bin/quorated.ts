#!/usr/bin/env node
/** The daemon. Under a Node that is too old it says so in a sentence and names the right one when npm brought it. */
import { bundledNode, explainVersion, fileOf, isTooOld } from './guard.ts';

async function start(): Promise<number> {
  const { node } = process.versions;
  if (!isTooOld(node)) {
    const { main } = await import('../main.ts');
    return main(process.argv.slice(2));
  }
  const file = fileOf(import.meta.url);
  process.stderr.write(`${explainVersion('quorated', node, bundledNode(file), file)}\n`);
  return 1;
}

process.exitCode = await start();
