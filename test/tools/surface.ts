/**
 * Prints what of the API is declared, implemented and waiting, a class a line, and compares it with the published API.
 *
 *   npm run surface [-- --facts FILE]
 *
 * Exit code 1 when something differs.
 */
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { deriveDatamodel } from '../../src/datamodel/index.ts';
import { type ClassRow, compareSurface, completeClasses, type Share, sum } from './surface/compare.ts';
import { readFacts } from './surface/facts.ts';

const { values } = parseArgs({ options: { facts: { type: 'string' } } });
const path = values.facts ?? join(import.meta.dirname, '../../../shared/facts/xenapi-facts.json');
const facts = readFacts(path);
const { rows, differences } = compareSurface(deriveDatamodel(), facts);

const of = (share: Share | undefined): string =>
  share === undefined ? '' : `${String(share.matching)} of ${String(share.wanted)}`;

function table(title: string, shown: readonly ClassRow[]): void {
  const total = (count: (row: ClassRow) => number): number => shown.reduce((sum, row) => sum + count(row), 0);
  const head = [title, 'fields', 'messages', 'implemented', 'waiting'];
  const compared = ['fields match', 'messages match', 'hidden match'];
  const printed = new Table({
    head: facts === undefined ? head : [...head, ...compared],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...Array.from({ length: 7 }, () => 'right' as const)],
  });
  const line = (row: ClassRow): string[] => {
    const counts = [row.name, ...[row.fields, row.declared, row.implemented, row.waiting].map(String)];
    if (facts === undefined) return counts;
    return [...counts, of(row.wantedFields), of(row.wantedMessages), of(row.wantedHidden)];
  };
  printed.push(...shown.map(line));
  printed.push(
    line({
      name: 'together',
      fields: total((row) => row.fields),
      declared: total((row) => row.declared),
      implemented: total((row) => row.implemented),
      waiting: total((row) => row.waiting),
      wantedFields: sum(shown.map((row) => row.wantedFields)),
      wantedMessages: sum(shown.map((row) => row.wantedMessages)),
      wantedHidden: sum(shown.map((row) => row.wantedHidden)),
    }),
  );
  console.log(`${printed.toString()}\n`);
}

const oldNames = new Set(facts?.classes.filter((fact) => fact.in_2007_manual).map((fact) => fact.name));
if (facts === undefined) {
  table('class', rows);
  console.log(`There is no facts file at ${path}: nothing was compared.`);
} else {
  const old = rows.filter((row) => oldNames.has(row.name));
  table('API 1.1 (2007)', old);
  table(
    'complete',
    rows.filter((row) => completeClasses.includes(row.name)),
  );
  table(
    'later',
    rows.filter((row) => !oldNames.has(row.name) && !completeClasses.includes(row.name)),
  );
  const messages = sum(old.map((row) => row.wantedMessages));
  const fields = sum(old.map((row) => row.wantedFields));
  console.log(`API 1.1: ${of(messages)} messages and ${of(fields)} fields are declared as published.`);
  for (const difference of differences) console.log(`differs: ${difference}`);
  if (differences.length > 0) process.exitCode = 1;
}
