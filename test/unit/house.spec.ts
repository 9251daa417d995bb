import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkImports, checkSource, holdsOnlyTypes } from '../lib/house-rules.ts';
import { tidyLock } from '../tools/tidy-lock.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the rules of the house', () => {
  it('hold for every import', async () => {
    const { modules, faults } = await checkImports(root);
    assert.deepEqual(faults, []);
    // A cruiser that finds no compiler for TypeScript sees nothing and is content.
    assert.ok(modules > 50, `saw only ${modules} modules`);
  });

  it('hold for every source file', () => {
    const faults = globSync('src/**/*.ts', { cwd: root }).flatMap((path) => checkSource(path, read(path)));
    assert.deepEqual(faults, []);
  });

  it('let no test be left out without a reason', () => {
    const silent = /\bthis\.skip\(|\b(?:it|describe|context)\.(?:skip|only)\(|\bx(?:it|describe)\(/;
    const faults = globSync('test/**/*.spec.ts', { cwd: root }).filter((path) => silent.test(read(path)));
    assert.deepEqual(faults, [], 'use skip(this, reason) from test/lib/skip.ts');
  });

  it('keep from the coverage only what holds nothing but types', () => {
    const { exclude } = JSON.parse(read('.c8rc.json')) as { exclude: readonly string[] };
    assert.deepEqual(
      exclude.filter((path) => !path.endsWith('.d.ts') && !holdsOnlyTypes(read(path))),
      [],
    );
    assert.ok(!holdsOnlyTypes('export type A = 1; export const b = 1;'));
  });

  describe('notice', () => {
    let house: string;
    beforeEach(() => {
      house = mkdtempSync(join(tmpdir(), 'house-'));
    });
    afterEach(() => rmSync(house, { recursive: true }));

    const imports: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ['the datamodel imports nothing else of src', { 'datamodel/a.ts': '../lib/x.ts' }],
      ['lib imports nothing else of src', { 'lib/a.ts': '../datamodel/x.ts' }],
      ['api never imports rpc', { 'api/a.ts': '../rpc/x.ts' }],
      ['rpc knows no class by name', { 'rpc/a.ts': '../api/vm.ts' }],
      ['the database knows nobody above it', { 'database/a.ts': '../rpc/x.ts' }],
      ['only the shell chooses the Linux world', { 'api/a.ts': '../world/linux/x.ts' }],
      ['only the shell touches the outside', { 'api/a.ts': 'node:fs' }],
      [
        'no two rooms need each other, not even their types',
        { 'rpc/a.ts': '../host/b.ts', 'host/b.ts': '../rpc/a.ts' },
      ],
      ['no module needs itself', { 'database/a.ts': './b.ts', 'database/b.ts': './a.ts' }],
    ];
    for (const [rule, files] of imports) {
      it(`that ${rule}`, async () => {
        for (const [path, target] of Object.entries(files)) {
          const word = rule.includes('types') ? 'import type' : 'import';
          write(join(house, 'src', path), `${word} { x } from '${target}';\nexport const y: typeof x = x;\n`);
          const imported = join(house, 'src', dirname(path), target);
          if (target.startsWith('..') && !existsSync(imported)) write(imported, 'export const x = 1;\n');
        }
        const { faults } = await checkImports(house);
        assert.ok(
          faults.some((fault) => fault.startsWith(`${rule}: `)),
          `found only: ${faults.join('; ')}`,
        );
      });
    }

    const texts: readonly (readonly [string, string])[] = [
      ['the time of day', 'export const f = () => Date.now();'],
      ['a date without a time', 'export const f = () => new Date();'],
      ['chance', 'export const f = () => Math.random();'],
      ['a timer', 'setTimeout(() => {}, 1);'],
      ['the process', 'export const f = () => process.env;'],
      ['the process by a longer way', 'export const f = () => globalThis.process;'],
      ['chance of another kind', "import { createHash, randomBytes } from 'node:crypto'; createHash(randomBytes);"],
      ['a variable of a module', 'let count = 0; export const f = () => count++;'],
      ['a collection of a module', 'const seen = new Map<string, string>(); export const f = () => seen;'],
      ['any', 'export const f = (x: any) => x;'],
      ['a note for later', ['export const x = 1; // TO', 'DO: more'].join('')],
      ['a long file', 'export {};\n'.repeat(351)],
    ];
    for (const [what, text] of texts) {
      it(what, () => assert.equal(checkSource('src/api/a.ts', text).length, 1));
    }

    it('nothing where all is well', () => {
      const text = `export const f = (clock: { setTimeout(ms: number): void }, at: number) => {
        clock.setTimeout(5);
        return { date: new Date(at), process: clock };
      };
      import { timingSafeEqual as same } from 'node:crypto';
      const names = new Set(['a']);
      export const has = (name: string) => names.has(name) && same; // Date.now() in a comment`;
      assert.deepEqual(checkSource('src/api/a.ts', text), []);
      assert.deepEqual(checkSource('src/world/linux/a.ts', 'export const f = () => Date.now();'), []);
    });
  });
});

describe('the package', () => {
  const manifest = JSON.parse(read('package.json')) as { version: string; scripts: Record<string, string> };

  it('has one version everywhere', () => {
    const lock = JSON.parse(read('package-lock.json')) as { version: string };
    assert.equal(lock.version, manifest.version);
    assert.match(read('src/lib/version.ts'), new RegExp(`'${manifest.version.replaceAll('.', '\\.')}'`));
    const newest = /^## \[(\d+\.\d+\.\d+)\]/m.exec(read('CHANGELOG.md'))?.[1];
    assert.equal(newest, manifest.version);
  });

  it('has a lock file that every npm from 9 on installs completely', () => {
    const lock = JSON.parse(read('package-lock.json')) as Parameters<typeof tidyLock>[0];
    const tidy = structuredClone(lock);
    tidyLock(tidy);
    assert.deepEqual(lock, tidy, 'run "npm run tidy-lock"');
  });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
