import assert from 'node:assert/strict';
import { type Limits, limits } from '../../src/lib/limits.ts';
import { readStacks } from '../../src/stack/registry.ts';
import { readStack } from '../../src/stack/registry-facts.ts';
import { judgeStack, type StackRecord } from '../../src/stack/registry-rules.ts';
import { FileError } from '../../src/world/world.ts';
import { FakeTree } from '../lib/fake-tree.ts';
import { requiredScripts } from '../lib/stacks.ts';

const root = '/usr/libexec/xapi/cluster-stack';
const directory = `${root}/one`;

function tree(): FakeTree {
  const made = new FakeTree();
  for (const name of requiredScripts) made.put(`${directory}/${name}`);
  return made;
}

async function judged(made: FakeTree, uid = 0, own: Partial<Limits> = {}): Promise<StackRecord> {
  const all = { ...limits, ...own };
  return judgeStack(await readStack(made.files, root, 'one', all), uid, all);
}

describe('a cluster stack', () => {
  const script = `${directory}/ha_query_liveset`;

  it('is usable when it is all there and nobody else could change it', async () => {
    const stack = await judged(tree());
    assert.deepEqual(stack.refusals, []);
    assert.equal(stack.usable, true);
    assert.deepEqual([...stack.scripts].sort(), [...requiredScripts].sort());
    assert.equal(stack.supportedSrs, undefined);
    assert.equal(stack.described, false);
  });

  const refused: readonly [what: string, change: (made: FakeTree) => void, reason: RegExp][] = [
    ['a script is missing', (t) => t.remove(script), /^The script ha_query_liveset is missing\. Put it into \/usr/],
    [
      'several are missing',
      (t) => ['ha_query_liveset', 'ha_stop_daemon'].forEach((name) => t.remove(`${directory}/${name}`)),
      /^The scripts ha_query_liveset and ha_stop_daemon are missing\. Put them into \/usr/,
    ],
    [
      'a script may not be executed',
      (t) => t.change(script, { mode: 0o644 }),
      /may not be executed \(mode 0644\)\. .*chmod 755/,
    ],
    ['a script is empty', (t) => t.change(script, { text: '' }), /is empty/],
    [
      'a script is a folder',
      (t) => (t.remove(script), t.put(script, { kind: 'directory' })),
      /is a folder, not a script/,
    ],
    [
      'a script is a socket',
      (t) => t.change(script, { kind: 'socket' }),
      /^The socket .* does not belong into a stack/,
    ],
    ['a script is a device', (t) => t.change(script, { kind: 'other' }), /^The special file .* does not belong/],
    [
      'a script belongs to somebody',
      (t) => t.change(script, { uid: 1000 }),
      /belongs to user 1000, .*chown root \/usr/,
    ],
    ['its group can write a script', (t) => t.change(script, { mode: 0o775 }), /changed by its group \(mode 0775\)/],
    ['everybody can write a script', (t) => t.change(script, { mode: 0o757 }), /changed by everybody .*chmod go-w/],
    ['a script lends the rights of its owner', (t) => t.change(script, { mode: 0o4755 }), /chmod ug-s/],
    ['a helper can be written', (t) => t.put(`${directory}/lib/common`, { mode: 0o666 }), /lib\/common can be changed/],
    [
      'a folder in it can be written',
      (t) => t.put(`${directory}/lib`, { kind: 'directory', mode: 0o777 }),
      /folder .*lib can/,
    ],
    [
      'its folder can be written, sticky or not',
      (t) => t.change(directory, { mode: 0o1777 }),
      /folder .*one can be changed/,
    ],
    ['its folder belongs to somebody', (t) => t.change(directory, { uid: 7 }), /folder .*one belongs to user 7/],
    ['the root can be written', (t) => t.change(root, { mode: 0o775 }), /folder .*cluster-stack can be changed/],
    ['a folder above can be written', (t) => t.change('/usr', { mode: 0o777 }), /^The folder \/usr can be changed/],
    [
      'a folder above belongs to somebody',
      (t) => t.change('/usr/libexec', { uid: 5 }),
      /\/usr\/libexec belongs to user 5/,
    ],
    [
      'a link points to nothing',
      (t) => t.change(script, { kind: 'link', target: '../gone' }),
      /^The link .*ha_query_liveset points to \/usr\/libexec\/xapi\/cluster-stack\/gone, which is not there/,
    ],
    [
      'a link leads in a circle',
      (t) => t.change(script, { kind: 'link', target: 'ha_query_liveset' }),
      /leads in a circle/,
    ],
    [
      'a link leads through a file',
      (t) => t.change(script, { kind: 'link', target: 'ha_stop_daemon/x' }),
      /leads through .*ha_stop_daemon, which is no folder/,
    ],
    [
      'what a link points to can be written',
      (t) => (t.put('/opt/s', { mode: 0o777 }), t.change(script, { kind: 'link', target: '/opt/s' })),
      /^The file \/opt\/s can be changed by everybody/,
    ],
    [
      'the way of a link can be written',
      (t) => (t.put('/opt/s'), t.change('/opt', { mode: 0o777 }), t.change(script, { kind: 'link', target: '/opt/s' })),
      /^The folder \/opt can be changed by everybody/,
    ],
    [
      'a link on the way belongs to somebody',
      (t) => {
        t.put('/opt/real/s');
        t.put('/opt/way', { kind: 'link', target: 'real', uid: 3 });
        t.change(script, { kind: 'link', target: '/opt/way/s' });
      },
      /^The link \/opt\/way belongs to user 3, .*chown -h root/,
    ],
    [
      'stack.json is broken',
      (t) => t.put(`${directory}/stack.json`, { text: '{', mode: 0o644 }),
      /stack\.json cannot be used: it is no JSON/,
    ],
    [
      'stack.json is too long',
      (t) => t.put(`${directory}/stack.json`, { text: ' '.repeat(70_000), mode: 0o644 }),
      /stack\.json cannot be read: it is longer than 65536 bytes/,
    ],
    [
      'ha_supported_srs is too long',
      (t) => t.put(`${directory}/ha_supported_srs`, { text: 'a '.repeat(40_000), mode: 0o644 }),
      /ha_supported_srs cannot be read/,
    ],
    [
      'what is in a folder that a link leads to can be written',
      (t) => (t.put('/opt/lib/x', { mode: 0o777 }), t.put(`${directory}/lib`, { kind: 'link', target: '/opt/lib' })),
      /^The file \/opt\/lib\/x can be changed by everybody/,
    ],
    [
      'a link leads back to its own folder',
      (t) => t.put(`${directory}/again`, { kind: 'link', target: '.' }),
      /holds folders more than 4 deep/,
    ],
    ['it is too deep', (t) => t.put(`${directory}/a/b/c/d/e`), /holds folders more than 4 deep/],
  ];
  for (const [what, change, reason] of refused) {
    it(`is refused, for that one reason, when ${what}`, async () => {
      const made = tree();
      change(made);
      const { refusals, usable } = await judged(made);
      assert.equal(usable, false);
      assert.match(refusals.join('\n'), reason);
      assert.equal(refusals.length, 1, refusals.join('\n'));
      assert.match(refusals[0] ?? '', /^[A-Z/].*\.$/);
    });
  }

  const allowed: readonly [what: string, change: (made: FakeTree) => void][] = [
    [
      'a link points to a script elsewhere',
      (t) => (t.put('/opt/s'), t.change(script, { kind: 'link', target: '/opt/s' })),
    ],
    ['a folder far above is sticky', (t) => t.change('/usr', { mode: 0o1777 })],
    ['a file of data may not be executed', (t) => t.put(`${directory}/data`, { mode: 0o600 })],
    ['scripts belong to root and only root may run them', (t) => t.change(script, { mode: 0o500 })],
    ['an optional script is missing', (t) => t.remove(`${directory}/ha_watch_liveset`)],
    [
      'the stack is a link itself',
      (t) => {
        for (const name of requiredScripts) t.put(`/opt/real/${name}`);
        t.remove(directory);
        t.put(directory, { kind: 'link', target: '/opt/real' });
      },
    ],
    [
      'a link leads to a folder elsewhere',
      (t) => (t.put('/opt/lib/x', { mode: 0o644 }), t.put(`${directory}/lib`, { kind: 'link', target: '/opt/lib' })),
    ],
  ];
  for (const [what, change] of allowed) {
    it(`is usable although ${what}`, async () => {
      const made = tree();
      change(made);
      assert.deepEqual((await judged(made)).refusals, []);
    });
  }

  it('may belong to the user that the agent runs as, and to nobody else', async () => {
    const made = tree();
    for (const name of [directory, ...requiredScripts.map((each) => `${directory}/${each}`)])
      made.change(name, { uid: 1000 });
    assert.equal((await judged(made, 1000)).usable, true);
    assert.equal((await judged(made, 1001)).usable, false);
    made.change(script, { mode: 0o011 });
    assert.match((await judged(made, 1000)).refusals.join(), /may not be executed/);
  });

  it('tells the storage for its statefile and what its stack.json says', async () => {
    const made = tree();
    made.put(`${directory}/ha_supported_srs`, { text: 'lvm\tnfs\n\n lvm ', mode: 0o644 });
    made.put(`${directory}/stack.json`, {
      text: '{"contract":"1.0","description":"First","capabilities":["host_weight"],"more":1}',
      mode: 0o644,
    });
    const { supportedSrs, manifest } = await judged(made);
    assert.deepEqual(supportedSrs, ['lvm', 'nfs']);
    assert.deepEqual([manifest.description, manifest.capabilities], ['First', ['host_weight']]);
    made.change(`${directory}/ha_supported_srs`, { text: '\n' });
    assert.deepEqual((await judged(made)).supportedSrs, []);
  });

  it('tells only so many reasons one by one', async () => {
    const made = tree();
    for (let index = 0; index < 20; index += 1) made.put(`${directory}/file${index}`, { mode: 0o666 });
    const { refusals } = await judged(made);
    assert.equal(refusals.length, limits.stackRefusals + 1);
    assert.match(refusals.at(-1) ?? '', /^There are 4 more reasons/);
  });

  it('is looked at within limits, and refused when that is not all of it', async () => {
    const made = tree();
    made.put(`${directory}/one-more`);
    const most = requiredScripts.length;
    assert.match((await judged(made, 0, { stackFiles: most })).refusals.join(), /holds more than 7 files/);
    assert.equal((await judged(made, 0, { stackFiles: most + 1 })).usable, true);
  });

  it('shows names that cannot be printed by their numbers', async () => {
    const made = tree();
    made.put(`${directory}/a\nb\u0000`, { mode: 0o666 });
    assert.match((await judged(made)).refusals.join(), /one\/a\\u000ab\\u0000 can be changed/);
  });

  it('has another fingerprint after every change of it, and the same without one', async () => {
    const made = tree();
    const seen = new Set<string>();
    const changes: readonly (() => void)[] = [
      () => {},
      () => made.change(script, { changedMs: 2, modifiedMs: 2 }),
      () => made.change(script, { mode: 0o700 }),
      () => made.change(script, { inode: 99 }),
      () => made.put(`${directory}/helper`),
      () => made.change(`${directory}/helper`, { kind: 'link', target: 'ha_stop_daemon' }),
      () => made.change(`${directory}/helper`, { kind: 'link', target: 'ha_start_daemon' }),
      () => made.remove(`${directory}/helper`),
      () => made.change(directory, { mode: 0o700 }),
    ];
    for (const change of changes) {
      change();
      const { fingerprint } = await judged(made);
      assert.equal((await judged(made)).fingerprint, fingerprint);
      seen.add(fingerprint);
    }
    // Taking the helper away leaves what was there before it.
    assert.equal(seen.size, changes.length - 1);
    const before = (await judged(made)).fingerprint;
    made.change(root, { changedMs: 5 });
    assert.equal((await judged(made)).fingerprint, before);
  });

  it('that the disk does not show is refused with its words', async () => {
    const made = tree();
    const fault = (path: string) => Promise.reject(new FileError('io', path, 'input/output error'));
    for (const files of [
      { ...made.files, list: fault },
      { ...made.files, entry: fault },
    ]) {
      const { refusals } = judgeStack(await readStack(files, root, 'one', limits), 0, limits);
      assert.match(refusals.join(), /cannot be read: .*input\/output error/);
    }
  });
});

describe('the folder of the cluster stacks', () => {
  const names = async (made: FakeTree, own: Partial<Limits> = {}): Promise<string> => {
    const { stacks, complaint } = await readStacks(made.files, root, 0, { ...limits, ...own });
    return [...[...stacks.values()].map(({ name, usable }) => `${name} ${usable}`), complaint ?? ''].join('; ');
  };

  it('holds a stack in each folder, and what is hidden or no folder is none', async () => {
    const made = tree();
    made.put(`${root}/README`, {});
    made.put(`${root}/.new/ha_start_daemon`, {});
    made.put(`${root}/empty`, { kind: 'directory' });
    made.put(`${root}/gone`, { kind: 'link', target: '/nowhere' });
    made.put(`${root}/file`, { kind: 'link', target: 'README' });
    assert.equal(await names(made), 'one true; empty false; gone false; ');
  });

  it('lists a folder whose name cannot be that of a stack, with that reason alone', async () => {
    const made = tree();
    for (const name of ['two words', 'one.bak', 'x'.repeat(65), '-x']) {
      made.put(`${root}/${name}`, { kind: 'directory' });
      const { stacks } = await readStacks(made.files, root, 0, limits);
      assert.equal(stacks.get(name)?.refusals.length, 1);
      assert.match(stacks.get(name)?.refusals[0] ?? '', /cannot be the name of a stack/);
    }
  });

  it('that is not there holds none', async () => assert.equal(await names(new FakeTree()), ''));

  it('is looked at within limits, and says so', async () => {
    const made = tree();
    made.put(`${root}/two`, { kind: 'directory' });
    assert.match(await names(made, { stacks: 1 }), /^one true; .* holds more than 1 folders; those from two on/);
  });
});
