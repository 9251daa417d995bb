import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { array, asyncProperty, constantFrom, assert as holds, oneof, record } from 'fast-check';
import { limits } from '../../src/lib/limits.ts';
import { readStack } from '../../src/stack/registry-facts.ts';
import { judgeStack } from '../../src/stack/registry-rules.ts';
import { FakeTree, type TreeEntry } from '../lib/fake-tree.ts';
import { requiredScripts } from '../lib/stacks.ts';

const root = '/usr/libexec/xapi/cluster-stack';
const directory = `${root}/one`;
const attacker = 1000;

/** What a user of this machine, who is in every group but root, could do to the files of a tree. */
class Attacker {
  readonly #tree: FakeTree;

  constructor(tree: FakeTree) {
    this.#tree = tree;
  }

  #at(path: string): { kind: string; mode: number; uid: number; target: string } | undefined {
    const found = this.#tree.entries.get(path);
    const { kind = 'file', mode = 0o755, uid = 0, target = '' } = found ?? {};
    return found && { kind, mode, uid, target };
  }

  #canWrite(path: string): boolean {
    const found = this.#at(path);
    if (found === undefined) return false;
    return found.uid === attacker || (found.kind !== 'link' && (found.mode & 0o022) !== 0);
  }

  /** Can take away what stands under a name in a folder and put something else there. */
  #canReplace(folder: string, name: string): boolean {
    if (!this.#canWrite(folder)) return false;
    const found = this.#at(posix.join(folder, name));
    const above = this.#at(folder);
    const isSticky = ((above?.mode ?? 0) & 0o1000) !== 0;
    return found === undefined || !isSticky || found.uid === attacker || above?.uid === attacker;
  }

  /** Can decide what a program finds under a path. */
  controls(path: string, links = 0): boolean {
    if (links > 20) return false;
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    let folder = '/';
    // Who owns a folder can give it any mode.
    if (this.#canReplaceRoot()) return true;
    for (const [index, name] of names.entries()) {
      if (name === '..') {
        folder = posix.dirname(folder);
        continue;
      }
      if (this.#canReplace(folder, name)) return true;
      const here = posix.join(folder, name);
      const found = this.#at(here);
      if (found === undefined) return false;
      if (found.kind === 'link') {
        const rest = names.slice(index + 1).join('/');
        const start = found.target.startsWith('/') ? '' : folder;
        return this.controls(`${start}/${found.target}/${rest}`, links + 1);
      }
      if (found.kind !== 'directory') return this.#canWrite(here);
      folder = here;
    }
    return this.#canWrite(folder);
  }

  #canReplaceRoot(): boolean {
    return this.#at('/')?.uid === attacker;
  }
}

const folders = [
  '/',
  '/usr',
  '/usr/libexec',
  '/usr/libexec/xapi',
  root,
  directory,
  `${directory}/lib`,
  '/opt',
  '/opt/deep',
  '/tmp',
];
const files = [...requiredScripts.slice(0, 3).map((name) => `${directory}/${name}`), `${directory}/lib/common`];
const elsewhere = ['/opt/tool', '/opt/deep/tool', '/tmp/tool', '/opt/way', '/tmp/way'];
const targets = [
  '/opt/tool',
  '/opt/deep/tool',
  '/tmp/tool',
  '/opt/way',
  '/tmp/way',
  '../../../../../opt/tool',
  'lib/common',
  'deep/tool',
  'tool',
];

const step = oneof(
  record({ path: constantFrom(...folders, ...files, ...elsewhere), uid: constantFrom(0, attacker) }),
  record({ path: constantFrom(...folders), mode: constantFrom(0o755, 0o700, 0o775, 0o757, 0o1777, 0o1775) }),
  record({ path: constantFrom(...files, ...elsewhere), mode: constantFrom(0o755, 0o555, 0o775, 0o757) }),
  record({ path: constantFrom(...files, '/opt/way', '/tmp/way'), target: constantFrom(...targets) }),
);

function treeOf(steps: readonly (TreeEntry & { readonly path: string })[]): FakeTree {
  const tree = new FakeTree();
  for (const name of requiredScripts) tree.put(`${directory}/${name}`);
  tree.put(`${directory}/lib/common`);
  tree.put('/tmp', { kind: 'directory', mode: 0o1777 });
  for (const path of ['/opt/tool', '/opt/deep/tool', '/tmp/tool']) tree.put(path);
  tree.put('/opt/way', { kind: 'link', target: 'deep/tool' });
  tree.put('/tmp/way', { kind: 'link', target: '/opt/tool' });
  for (const { path, ...change } of steps) {
    // A link in the place of what was there.
    if (change.target !== undefined) tree.put(path, { kind: 'link', target: change.target });
    else tree.change(path, change);
  }
  return tree;
}

describe('somebody who is not root', () => {
  it('controls nothing of a stack that is not refused, whatever belongs to whom and leads where', async function () {
    this.timeout(60_000);
    const counts = { safe: 0, attacked: 0, strict: 0 };
    await holds(
      asyncProperty(array(step, { maxLength: 4 }), async (steps) => {
        const tree = treeOf(steps);
        const enemy = new Attacker(tree);
        const paths = [directory, ...[...tree.entries.keys()].filter((path) => path.startsWith(`${directory}/`))];
        const controlled = paths.filter((path) => enemy.controls(path));
        const { usable } = judgeStack(await readStack(tree.files, root, 'one', limits), 0, limits);
        if (usable) assert.deepEqual(controlled, []);
        counts[usable ? 'safe' : controlled.length > 0 ? 'attacked' : 'strict'] += 1;
      }),
      { numRuns: 8000 },
    );
    // Some are refused although nothing would come of it, such as for a link of somebody else's in a folder of root's.
    for (const [kind, count] of Object.entries(counts)) assert.ok(count > 300, `${kind}: ${count}`);
  });

  it('is seen in each single way to control one', () => {
    for (const path of [...folders.slice(0, 7), ...files]) {
      const tree = treeOf([{ path, uid: attacker }]);
      assert.ok(new Attacker(tree).controls(`${directory}/lib/common`) || new Attacker(tree).controls(path), path);
    }
    assert.equal(new Attacker(treeOf([])).controls(`${directory}/lib/common`), false);
    assert.equal(new Attacker(treeOf([{ path: files[0] ?? '', target: '/tmp/way' }])).controls(files[0] ?? ''), false);
  });
});
