import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Catalogue } from '../../src/cli/catalogue.ts';
import type { Condition } from '../../src/cli/command.ts';
import { Interrupted, UsageError } from '../../src/cli/failure.ts';
import { printable, showValue } from '../../src/cli/format.ts';
import { inputPosition, readHidden, withInput } from '../../src/cli/input.ts';
import { editDistance, nearest } from '../../src/cli/names.ts';
import { parseOptions } from '../../src/cli/options.ts';
import { satisfies } from '../../src/cli/plan.ts';
import { minimalResult, renderMinimal, renderResult } from '../../src/cli/render.ts';
import { chooseSocket } from '../../src/cli/socket.ts';
import { Lookup, splitList, ValueReader } from '../../src/cli/values.ts';
import { parseXmlValue } from '../../src/cli/xml-value.ts';
import { parseType } from '../../src/datamodel/type-expression.ts';

const catalogue = new Catalogue();
const reader = new ValueReader(catalogue);
const read = (text: string, type: string): unknown => reader.read(text, parseType(type), 'it');
const uuid = '5b0dc71c-2f9d-4f0a-9a3e-6f3a0c9f7a10';

describe('values on the command line', () => {
  it('are read by their types', () => {
    assert.equal(read('4GiB', 'int'), 4_294_967_296);
    assert.equal(read('-7', 'int'), -7);
    assert.equal(read('9223372036854775807', 'int'), '9223372036854775807');
    assert.equal(read('1e3', 'float'), 1000);
    assert.equal(read('Yes', 'bool'), true);
    assert.equal(read('running', 'enum vm_power_state'), 'Running');
    assert.equal(read('2026-01-31T12:00:00Z', 'datetime'), '20260131T12:00:00Z');
    assert.equal(read('20260131', 'datetime'), '20260131T00:00:00Z');
    assert.equal(read('null', 'VM ref'), 'OpaqueRef:NULL');
    assert.equal(read('OpaqueRef:x', 'VM ref'), 'OpaqueRef:x');
    assert.deepEqual(read(uuid, 'VM ref'), new Lookup('VM', 'uuid', uuid));
    assert.deepEqual(read('web1', 'VM ref'), new Lookup('VM', 'name-label', 'web1'));
    assert.deepEqual(read('a,b\\,c', 'string set'), ['a', 'b,c']);
    assert.deepEqual(read('["a"]', 'string set'), ['a']);
    assert.deepEqual(read('', 'string set'), []);
    assert.deepEqual(read('a=1,b=x=y', '(string -> string) map'), { a: '1', b: 'x=y' });
    assert.deepEqual(read('{"0": 5}', '(int -> int) map'), { 0: 5 });
    assert.deepEqual(read('name-label=x,MTU=1500', 'network record'), { name_label: 'x', MTU: 1500 });
  });

  it('are refused with what they should have been', () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['1.5', 'int', /whole number/],
      ['9223372036854775808', 'int', /64 bits/],
      ['maybe', 'bool', /true or false/],
      ['', 'float', /a number/],
      ['Runing', 'enum vm_power_state', /Did you mean Running\?/],
      ['yesterday', 'datetime', /date and time in UTC/],
      ['x', 'VBD ref', /uuid of a VBD/],
      ['a', '(string -> string) map', /key=value/],
      ['[1', 'string set', /not valid JSON/],
      ['{"nam": 1}', 'network record', /no field nam/],
      ['[[]]', 'string set', /nested value/],
      ['constructor', 'bool', /true or false/],
    ];
    for (const [text, type, pattern] of cases) {
      assert.throws(
        () => read(text, type),
        (error: unknown) => {
          assert.ok(error instanceof UsageError);
          assert.match(error.message, pattern);
          return true;
        },
      );
    }
  });

  it('split at commas as --minimal joins them', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (values) => {
        fc.pre(values.length > 1 || values[0] !== '');
        assert.deepEqual(splitList(renderMinimal(values)), values);
      }),
    );
  });

  it('may come from standard input, one of them', () => {
    assert.equal(inputPosition(['call', 'secret.create', '-']), 2);
    assert.equal(inputPosition(['secret-create', 'value=-']), 1);
    assert.equal(inputPosition(['vm-param-set', 'name-label=a-']), undefined);
    assert.equal(inputPosition(['vm-list', 'name-label=-']), undefined);
    assert.equal(inputPosition(['db', 'restore', 'from=-']), undefined);
    assert.throws(() => inputPosition(['call', 'a.b', '-', '-']), UsageError);
    assert.deepEqual(withInput(['secret-create', 'value=-'], 1, 'a\nb\n'), ['secret-create', 'value=a\nb']);
  });
});

describe('a hidden line', () => {
  it('is asked for only when nothing is shown any more, and edited as it is typed', async () => {
    const happened: string[] = [];
    async function* keys(): AsyncGenerator<string> {
      yield 's3cx';
      yield '\u007fret\rmore';
    }
    const keyboard = Object.assign(keys(), { setRawMode: (on: boolean) => happened.push(`raw ${on}`) });
    assert.equal(await readHidden(keyboard, () => happened.push('asked')), 's3cret');
    assert.deepEqual(happened, ['raw true', 'asked', 'raw false']);
  });

  it('is given up with ctrl-C, and the terminal left as it was', async () => {
    let raw = false;
    async function* keys(): AsyncGenerator<string> {
      yield 'abc\u0003';
    }
    const keyboard = Object.assign(keys(), { setRawMode: (on: boolean) => (raw = on) });
    await assert.rejects(
      readHidden(keyboard, () => undefined),
      Interrupted,
    );
    assert.equal(raw, false);
  });
});

describe('values as they are shown', () => {
  const uuids = new Map([
    ['OpaqueRef:a', uuid],
    ['OpaqueRef:gone', undefined],
  ]);
  const show = (value: unknown, type: string): string => showValue(value, parseType(type), uuids);

  it('have the forms of xe', () => {
    assert.equal(show({ a: '1', b: '2' }, '(string -> string) map'), 'a: 1; b: 2');
    assert.equal(show(['x', 'y'], 'string set'), 'x; y');
    assert.equal(
      show(['OpaqueRef:a', 'OpaqueRef:gone', 'OpaqueRef:NULL'], 'VM ref set'),
      `${uuid}; <not in database>; <not in database>`,
    );
    assert.equal(show(true, 'bool'), 'true');
    assert.equal(show('7', 'int'), '7');
  });

  it('cannot drive a terminal', () => {
    assert.equal(printable('a\u001b[31mb\u0007\n'), 'a\\u001b[31mb\\u0007\\n');
    assert.equal(printable('a\nb\tc\u202e', true), 'a\nb\tc\\u202e');
  });

  it('are compared as they are shown', () => {
    const holds = (name: string, text: string, record: Readonly<Record<string, unknown>>, key?: string): boolean => {
      const field = catalogue.field('VM', name) ?? assert.fail();
      return satisfies(record, { field, text, negated: false, ...(key === undefined ? {} : { key }) }, uuids);
    };
    assert.ok(holds('power-state', 'RUNNING', { power_state: 'Running' }));
    assert.ok(holds('name-label', 'a', { name_label: 'a' }) && !holds('name-label', 'A', { name_label: 'a' }));
    assert.ok(holds('resident-on', uuid, { resident_on: 'OpaqueRef:a' }));
    assert.ok(holds('resident-on', 'null', { resident_on: 'OpaqueRef:NULL' }));
    assert.ok(!holds('resident-on', 'alpha', { resident_on: 'OpaqueRef:a' }));
    assert.ok(holds('tags', 'b', { tags: ['a', 'b'] }) && !holds('tags', 'c', { tags: ['a', 'b'] }));
    assert.ok(holds('VCPUs-max', '02', { VCPUs_max: 2 }));
    assert.ok(holds('other-config', '1', { other_config: { a: '1' } }, 'a'));
    assert.ok(!holds('other-config', 'x', { other_config: {} }, 'constructor'));
  });

  it('of references are compared with what bears a name', () => {
    const field = catalogue.field('VM', 'resident-on') ?? assert.fail();
    const disks = catalogue.field('VM', 'VBDs') ?? assert.fail();
    for (const negated of [false, true]) {
      const one: Condition = { field, text: 'alpha', negated };
      const several: Condition = { field: disks, text: 'alpha', negated };
      const named = new Map([one, several].map((condition) => [condition, new Set(['OpaqueRef:a'])]));
      assert.equal(satisfies({ resident_on: 'OpaqueRef:a' }, one, uuids, named), !negated);
      assert.equal(satisfies({ resident_on: 'OpaqueRef:b' }, one, uuids, named), negated);
      assert.equal(satisfies({ VBDs: ['OpaqueRef:b', 'OpaqueRef:a'] }, several, uuids, named), !negated);
      assert.equal(satisfies({ VBDs: ['OpaqueRef:b'] }, several, uuids, named), negated);
    }
  });

  it('of results fit one line, records by what names them', () => {
    const minimal = (value: unknown, type: string): string => minimalResult(catalogue, value, parseType(type), uuids);
    assert.equal(minimal(['OpaqueRef:a', 'x'], 'VM ref set'), `${uuid},x\n`);
    const sources = [
      { name_label: 'cpu0', value: 1 },
      { name_label: 'a,b', value: 2 },
    ];
    assert.equal(minimal(sources, 'data_source record set'), 'cpu0,a\\,b\n');
    assert.equal(minimal({ 'OpaqueRef:a': { uuid, name_label: 'x' } }, '(VM ref -> VM record) map'), `${uuid}\n`);
    assert.equal(minimal({ k: 'v' }, '(string -> string) map'), 'k\n');
    assert.equal(minimal({ uuid, name_label: 'x' }, 'VM record'), `${uuid}\n`);
    // event.from is declared as a set of records and answers with a struct.
    assert.equal(minimal({ token: 't' }, 'event record set'), '{"token":"t"}\n');
    assert.equal(minimal('', 'void'), '');
  });

  it('of results stand on lines of their own', () => {
    const render = (value: unknown, type: string): string => renderResult(catalogue, value, parseType(type), uuids);
    assert.equal(render('', 'void'), '');
    assert.equal(render(['OpaqueRef:a'], 'VM ref set'), `${uuid}\n`);
    assert.equal(render({ uuid, name_label: 'x' }, 'secret record'), `uuid ( RO)    : ${uuid}\n`);
    // event.from is declared as a set of records and answers with a struct.
    assert.match(render({ events: [], token: 't' }, 'event record set'), /"token": "t"/);
  });
});

describe('the nearest name', () => {
  it('counts changes, additions, losses and swaps', () => {
    assert.equal(editDistance('list', 'list'), 0);
    assert.equal(editDistance('lsit', 'list'), 1);
    assert.equal(editDistance('', 'abc'), 3);
    assert.equal(editDistance('kitten', 'sitting'), 3);
    assert.equal(nearest('vm-lst', ['host-list', 'vm-list']), 'vm-list');
    assert.equal(nearest('xyzzy', ['vm-list']), undefined);
  });

  it('is as far from one word as from the other', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => editDistance(a, b) === editDistance(b, a)));
  });
});

describe('the result of a task', () => {
  it('is read from its XML', () => {
    assert.equal(parseXmlValue(''), '');
    assert.equal(parseXmlValue('<value></value>'), '');
    assert.equal(parseXmlValue('<value>a &lt;b&gt; &amp;amp;</value>'), 'a <b> &amp;');
    assert.equal(parseXmlValue('<value><boolean>1</boolean></value>'), true);
    assert.equal(parseXmlValue('<value><double>1.5</double></value>'), 1.5);
    assert.deepEqual(
      parseXmlValue('<value><array><data><value>x</value><value><string/></value></data></array></value>'),
      ['x', ''],
    );
    const struct = '<value> <struct><member><name>__proto__</name><value>1</value></member></struct>\n</value>';
    assert.deepEqual(Object.entries(parseXmlValue(struct) as object), [['__proto__', '1']]);
  });

  it('is refused when it is none', () => {
    for (const text of [
      'x',
      '<value>',
      '<value><array></value>',
      '<value>a</value>b',
      '<value><array><data>'.repeat(100),
    ]) {
      assert.throws(() => parseXmlValue(text), Error, text);
    }
  });
});

describe('the socket', () => {
  const choose = (argv: readonly string[], environment: Readonly<Record<string, string>>, there: boolean): string =>
    chooseSocket(parseOptions(argv).options, { environment, checkout: '/src', exists: () => there });

  it('is the first that applies', () => {
    const environment = { QUORATE_SOCKET: '/e' };
    assert.equal(choose(['--socket', '/s'], environment, true), '/s');
    assert.equal(choose(['--dir', '/d/'], environment, true), '/d/xapi');
    assert.equal(choose([], environment, true), '/e');
    assert.equal(choose([], { QUORATE_SOCKET: '' }, true), '/src/.run/xapi');
    assert.equal(choose([], {}, false), '/var/lib/xcp/xapi');
  });
});
