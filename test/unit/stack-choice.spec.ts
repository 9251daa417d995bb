import assert from 'node:assert/strict';
import { array, constantFrom, assert as holds, option, property, record, subarray, uniqueArray } from 'fast-check';
import { ApiError } from '../../src/datamodel/index.ts';
import {
  assertPluggable,
  type Choice,
  type ChoiceFacts,
  type ChoiceQuestion,
  chooseStack,
} from '../../src/stack/choice.ts';

/** The answer as one line: the stack and what it was chosen for, or the error. */
function told(choice: Choice): string {
  if ('failure' in choice) return choice.failure.description.join(' ');
  return `${choice.stack} because ${choice.because}: ${choice.objects.join(' ')}`;
}

/**
 * The same question, answered by trying every stack that anybody has named against every object that demands something, one
 * after the other.
 */
function slowTwin(facts: ChoiceFacts, { asked, statefile }: ChoiceQuestion): string {
  const isThere = (name: string): boolean => facts.installed.filter((stack) => stack.name === name).length > 0;
  if (asked !== '' && !isThere(asked)) return `UNKNOWN_CLUSTER_STACK ${asked}`;
  const objects: { ref: string; wants: readonly string[]; what: string }[] = [];
  for (const one of facts.storage) {
    const drivers = facts.drivers.filter((driver) => driver.type === one.type);
    if (drivers.length === 0) return `SR_UNKNOWN_DRIVER ${one.type}`;
    const wants = drivers[0]?.stacks ?? [];
    if (wants.length > 0) objects.push({ ref: one.ref, wants, what: 'storage' });
  }
  for (const { ref, stack } of facts.clusters) objects.push({ ref, wants: [stack], what: 'cluster' });

  let because = 'default';
  let candidates = [facts.usual];
  if (asked !== '') {
    because = 'asked';
    candidates = [asked];
  } else if (objects[0] !== undefined) {
    because = objects[0].what;
    candidates = [...objects[0].wants];
  }
  let answer: string | undefined;
  for (const candidate of candidates) {
    let suits = true;
    for (const { wants } of objects) if (wants.indexOf(candidate) < 0) suits = false;
    if (suits && answer === undefined) answer = candidate;
  }
  if (answer === undefined && asked !== '') {
    for (const { ref, wants } of objects)
      if (wants.indexOf(asked) < 0) return `CLUSTER_STACK_CONSTRAINT ${ref} ${wants[0]}`;
  }
  if (answer === undefined) {
    for (let count = 1; count <= objects.length; count += 1) {
      const some = objects.slice(0, count);
      if (candidates.some((candidate) => some.every(({ wants }) => wants.includes(candidate)))) continue;
      const last = some[count - 1];
      const before = some.slice(0, -1);
      const other = before.filter(({ wants }) => wants.every((stack) => !last?.wants.includes(stack)))[0] ?? before[0];
      return `CLUSTER_STACK_CONFLICT ${other?.ref} ${other?.wants.join(',')} ${last?.ref} ${last?.wants.join(',')}`;
    }
  }
  if (answer === undefined) throw new Error('the twin has lost its way');
  for (const stack of facts.installed) {
    if (stack.name !== answer) continue;
    if (!stack.usable) return `CLUSTER_STACK_REFUSED ${answer} ${stack.refusals[0]}`;
    for (const { type } of statefile) {
      if (stack.supportedSrs === undefined) continue;
      if (!stack.supportedSrs.includes(type)) return `INCOMPATIBLE_STATEFILE_SR ${stack.supportedSrs.join(',')}`;
    }
    return `${answer} because ${because}: ${objects.map(({ ref }) => ref).join(' ')}`;
  }
  return `UNKNOWN_CLUSTER_STACK ${answer}`;
}

const names = ['xhad', 'corosync', 'other', 'fourth'];
const types = ['lvm', 'nfs', 'gfs2', 'ocfs2'];
const storage = (most: number) =>
  array(constantFrom(...types), { maxLength: most }).map((list) =>
    list.map((type, index) => ({ ref: `OpaqueRef:sr${index}`, type, label: `sr${index}` })),
  );
const pools = record({
  storage: storage(4),
  // Mostly every type has a driver; now and then one has none, or two.
  drivers: array(record({ type: constantFrom(...types), stacks: subarray(names).chain((some) => subarray(some)) }), {
    maxLength: 2,
  }).map((more) => [
    ...more,
    ...types.map((type, index) => ({ type, stacks: index < 2 ? [] : names.slice(index - 2) })),
  ]),
  lost: option(constantFrom(...types), { freq: 5 }),
  clusters: array(constantFrom(...names), { maxLength: 2 }).map((list) =>
    list.map((stack, index) => ({ ref: `OpaqueRef:cluster${index}`, stack })),
  ),
  usual: constantFrom(...names),
  installed: uniqueArray(
    record({
      name: constantFrom(...names),
      refusals: constantFrom([], [], [], ['It is refused.']),
      supportedSrs: option(subarray(types), { nil: undefined }),
    }),
    { selector: ({ name }) => name },
  ).map((list) => list.map((stack) => ({ ...stack, usable: stack.refusals.length === 0 }))),
}).map(({ lost, ...pool }) => ({ ...pool, drivers: pool.drivers.filter(({ type }) => type !== lost) }));
const questions = record({ asked: constantFrom('', '', ...names, 'absent'), statefile: storage(2) });

const stack = (name: string, supportedSrs?: readonly string[]) => ({ name, usable: true, refusals: [], supportedSrs });
const lvm = { ref: 'OpaqueRef:lvm', type: 'lvm', label: 'disks' };
const gfs2 = { ref: 'OpaqueRef:gfs2', type: 'gfs2', label: 'clustered' };
const ocfs2 = { ref: 'OpaqueRef:ocfs2', type: 'ocfs2', label: 'old' };
const plain: ChoiceFacts = {
  storage: [lvm],
  drivers: [
    { type: 'lvm', stacks: [] },
    { type: 'gfs2', stacks: ['corosync'] },
    { type: 'ocfs2', stacks: ['o2cb', 'corosync'] },
  ],
  clusters: [],
  usual: 'xhad',
  installed: [stack('xhad', ['lvm', 'nfs']), stack('corosync'), stack('o2cb')],
};
const letItChoose: ChoiceQuestion = { asked: '', statefile: [] };

describe('the choice of a cluster stack', () => {
  const cases: readonly [
    what: string,
    facts: Partial<ChoiceFacts>,
    question: Partial<ChoiceQuestion>,
    answer: string,
  ][] = [
    ['is the default when nothing demands one', {}, {}, 'xhad because default: '],
    ['is what storage demands', { storage: [lvm, gfs2] }, {}, 'corosync because storage: OpaqueRef:gfs2'],
    [
      'is the first of several that storage can do with',
      { storage: [ocfs2] },
      {},
      'o2cb because storage: OpaqueRef:ocfs2',
    ],
    [
      'is the first that all can do with, in the order of the first',
      { storage: [ocfs2, gfs2] },
      {},
      'corosync because storage: OpaqueRef:ocfs2 OpaqueRef:gfs2',
    ],
    [
      'is that of the Cluster that there is',
      { clusters: [{ ref: 'OpaqueRef:c', stack: 'corosync' }] },
      {},
      'corosync because cluster: OpaqueRef:c',
    ],
    [
      'never is another one than that of the Cluster, which would fence on its own',
      { storage: [ocfs2], clusters: [{ ref: 'OpaqueRef:c', stack: 'corosync' }] },
      {},
      'corosync because storage: OpaqueRef:ocfs2 OpaqueRef:c',
    ],
    [
      'is none when two objects contradict each other, and names both',
      { storage: [gfs2], clusters: [{ ref: 'OpaqueRef:c', stack: 'xhad' }] },
      {},
      'CLUSTER_STACK_CONFLICT OpaqueRef:gfs2 corosync OpaqueRef:c xhad',
    ],
    ['is what the caller asks for', {}, { asked: 'o2cb' }, 'o2cb because asked: '],
    ['is none when what is asked for is not there', {}, { asked: 'foo' }, 'UNKNOWN_CLUSTER_STACK foo'],
    [
      'is none when an object demands another one than is asked for',
      { storage: [gfs2] },
      { asked: 'xhad' },
      'CLUSTER_STACK_CONSTRAINT OpaqueRef:gfs2 corosync',
    ],
    ['is none when what is demanded is not there', { usual: 'gone' }, {}, 'UNKNOWN_CLUSTER_STACK gone'],
    [
      'is none when the stack is refused',
      { installed: [{ ...stack('xhad'), usable: false, refusals: ['Mode 0777.', 'More.'] }] },
      {},
      'CLUSTER_STACK_REFUSED xhad Mode 0777.',
    ],
    ['suits the storage of the statefile', {}, { statefile: [lvm] }, 'xhad because default: '],
    [
      'is none when the statefile would be on the wrong storage',
      {},
      { statefile: [lvm, gfs2] },
      'INCOMPATIBLE_STATEFILE_SR lvm,nfs',
    ],
    ['is none when no driver knows storage that is attached', { drivers: [] }, {}, 'SR_UNKNOWN_DRIVER lvm'],
  ];
  for (const [what, facts, question, answer] of cases) {
    it(what, () => assert.equal(told(chooseStack({ ...plain, ...facts }, { ...letItChoose, ...question })), answer));
  }

  it('explains itself beside the answer', () => {
    const { explanation } = chooseStack({ ...plain, storage: [ocfs2, gfs2] }, { asked: '', statefile: [gfs2] });
    assert.deepEqual(explanation, [
      'The storage old of the type ocfs2 needs o2cb or corosync.',
      'The storage clustered of the type gfs2 needs corosync.',
      'corosync suits all.',
    ]);
    const refused = chooseStack(plain, { asked: '', statefile: [gfs2] });
    assert.match(
      refused.explanation.join(' '),
      /xhad is the default\. .* lvm or nfs\. clustered is of the type gfs2\.$/,
    );
  });

  it('agrees with its slow twin on 50,000 random pools', function () {
    this.timeout(60_000);
    const seen = new Map<string, number>();
    holds(
      property(pools, questions, (facts, question) => {
        const answer = told(chooseStack(facts, question));
        assert.equal(answer, slowTwin(facts, question));
        // Nothing but its arguments counts.
        assert.equal(told(chooseStack(structuredClone(facts), question)), answer);
        const kind = answer.includes(' because ') ? 'chosen' : (answer.split(' ')[0] ?? '');
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }),
      { numRuns: 50_000 },
    );
    const kinds = ['chosen', 'UNKNOWN_CLUSTER_STACK', 'CLUSTER_STACK_CONSTRAINT', 'CLUSTER_STACK_CONFLICT'];
    const rest = ['CLUSTER_STACK_REFUSED', 'INCOMPATIBLE_STATEFILE_SR', 'SR_UNKNOWN_DRIVER'];
    for (const kind of [...kinds, ...rest]) assert.ok((seen.get(kind) ?? 0) > 100, `${kind}: ${seen.get(kind)}`);
  });
});

describe('connecting storage while high availability runs', () => {
  const failure = (active: string | undefined, required: readonly string[]): unknown => {
    try {
      assertPluggable(active, required);
    } catch (thrown) {
      if (thrown instanceof ApiError) return thrown.description;
      throw thrown;
    }
    return undefined;
  };

  it('is refused when the storage needs another stack', () => {
    assert.deepEqual(failure('xhad', ['o2cb', 'corosync']), ['INCOMPATIBLE_CLUSTER_STACK_ACTIVE', 'o2cb,corosync']);
  });

  it('is allowed when it needs none, the one that runs, or nothing runs', () => {
    assert.equal(failure('xhad', []), undefined);
    assert.equal(failure('xhad', ['corosync', 'xhad']), undefined);
    assert.equal(failure(undefined, ['corosync']), undefined);
  });
});
