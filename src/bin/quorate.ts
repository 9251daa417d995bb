#!/usr/bin/env node
/** The command line. Runs on the Node that npm brought when the one that started it is too old. */
import { bundledNode, explainVersion, fileOf, isTooOld, mayStartAnew, startAnew } from './guard.ts';

async function start(): Promise<number> {
  const args = process.argv.slice(2);
  const { node } = process.versions;
  if (!isTooOld(node)) {
    const { main } = await import('../cli/main.ts');
    return main(args);
  }
  const file = fileOf(import.meta.url);
  const bundled = bundledNode(file);
  if (bundled !== undefined && mayStartAnew()) return startAnew(bundled, [file, ...args]);
  process.stderr.write(`${explainVersion('quorate', node, bundled, file)}\n`);
  return 1;
}

process.exitCode = await start();
