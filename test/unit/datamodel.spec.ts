import assert from 'node:assert/strict';
import { deriveDatamodel, type Message, roleNames } from '../../src/datamodel/index.ts';
import type { ApiType } from '../../src/datamodel/type-expression.ts';

const model = deriveDatamodel();
const classes = [...model.classes.values()];
const messages = [...model.messages.values()];
const fields = classes.flatMap((apiClass) => [...apiClass.fields.values()]);

/** Class, fields and advertised messages of the API 1.1, as the manual of 2007 and the two releases around it have them. */
const oldSurface: readonly (readonly [name: string, fields: number, messages: number])[] = [
  ['session', 6, 16],
  ['task', 19, 25],
  ['event', 6, 4],
  ['pool', 8, 32],
  ['pool_patch', 10, 22],
  ['VM', 49, 123],
  ['VM_metrics', 11, 15],
  ['VM_guest_metrics', 9, 13],
  ['host', 30, 67],
  ['host_crashdump', 6, 14],
  ['host_patch', 11, 20],
  ['host_metrics', 5, 9],
  ['host_cpu', 12, 16],
  ['network', 9, 21],
  ['VIF', 18, 32],
  ['VIF_metrics', 4, 8],
  ['PIF', 22, 36],
  ['PIF_metrics', 12, 16],
  ['Bond', 4, 13],
  ['VLAN', 5, 14],
  ['SM', 11, 19],
  ['SR', 16, 38],
  ['VDI', 21, 47],
  ['VBD', 23, 46],
  ['VBD_metrics', 4, 8],
  ['PBD', 6, 18],
  ['crashdump', 4, 12],
  ['VTPM', 3, 7],
  ['console', 6, 14],
  ['user', 3, 8],
];

const isOld = (since: string): boolean => since === 'rio' || since === 'miami';

/** Every type inside a type, itself first. */
function inside(type: ApiType): ApiType[] {
  if (type.kind === 'set' || type.kind === 'option') return [type, ...inside(type.of)];
  if (type.kind === 'map') return [type, ...inside(type.key), ...inside(type.value)];
  return [type];
}

function find(name: string): Message {
  const message = model.messages.get(name);
  assert.ok(message, name);
  return message;
}

/** Advertised old messages beyond the table: a getter younger than its field, and lookups of a class that came back. */
const youngerGetters: Readonly<Record<string, number>> = { VM: 1, VTPM: -2 };

const waitingClasses = new Set(
  'VM VBD VIF VDI SR PBD PIF Bond VLAN network host pool pool_patch crashdump console VTPM Cluster Cluster_host'.split(
    ' ',
  ),
);

describe('the datamodel', () => {
  it('declares the API 1.1: as many fields and messages a class as were published', () => {
    for (const [name, fieldCount, messageCount] of oldSurface) {
      const apiClass = model.classes.get(name);
      assert.ok(apiClass, name);
      const oldFields = [...apiClass.fields.values()].filter((field) => isOld(field.spec.since));
      const oldMessages = apiClass.messages.filter((message) => isOld(message.since) && !message.hidden);
      assert.equal(oldFields.length, fieldCount, `fields of ${name}`);
      assert.equal(oldMessages.length, messageCount + (youngerGetters[name] ?? 0), `messages of ${name}`);
    }
    assert.equal(
      oldSurface.reduce((sum, [, count]) => sum + count, 0),
      353,
    );
    assert.equal(
      oldSurface.reduce((sum, [, , count]) => sum + count, 0),
      733,
    );
  });

  it('gives no name twice', () => {
    const names = classes.flatMap((apiClass) => apiClass.messages.map((message) => message.name));
    assert.equal(new Set(names).size, names.length);
    assert.equal(model.messages.size, names.length);
    const lowerCase = messages.map((message) => message.permission);
    assert.equal(new Set(lowerCase).size, lowerCase.length, 'permissions are told apart without regard to case');
    const classNames = classes.map((apiClass) => apiClass.name.toLowerCase());
    assert.equal(new Set(classNames).size, classNames.length, 'events are told apart without regard to case');
  });

  it('mentions only classes and enumerations that there are', () => {
    const types = [
      ...fields.map((field) => ({ where: `${field.class}.${field.name}`, type: field.type })),
      ...messages.flatMap((message) => [
        { where: message.name, type: message.result },
        ...message.params.map((param) => ({ where: `${message.name}(${param.name})`, type: param.type })),
      ]),
    ];
    for (const { where, type } of types.flatMap(({ where, type }) =>
      inside(type).map((part) => ({ where, type: part })),
    )) {
      if (type.kind === 'ref' || type.kind === 'record')
        assert.ok(model.classes.has(type.class), `${where}: ${type.class}`);
      if (type.kind === 'enum') assert.ok(Object.hasOwn(model.enums, type.name), `${where}: ${type.name}`);
    }
    const used = new Set(
      types.flatMap(({ type }) => inside(type)).map((type) => (type.kind === 'enum' ? type.name : '')),
    );
    for (const name of Object.keys(model.enums)) assert.ok(used.has(name), `nobody uses the enumeration ${name}`);
  });

  it('gives defaults of the right kind', () => {
    for (const field of fields) assertFits(field.initial, field.type, `${field.class}.${field.name}`);
    for (const message of messages) {
      for (const param of message.params) {
        if ('default' in param) assertFits(param.default, param.type, `${message.name}(${param.name})`);
      }
      const firstOptional = message.params.findIndex((param) => 'default' in param);
      const rest = firstOptional < 0 ? [] : message.params.slice(firstOptional);
      assert.ok(
        rest.every((param) => 'default' in param),
        `${message.name}: only the last parameters may be left out`,
      );
    }
  });

  it('binds fields that exist and fit each other', () => {
    for (const { from, to, kind } of model.relations) {
      const name = [...from, ...to].join(' ');
      const first = model.classes.get(from[0])?.fields.get(from[1]);
      const second = model.classes.get(to[0])?.fields.get(to[1]);
      assert.ok(first && second, name);
      const end: ApiType = { kind: 'ref', class: to[0] };
      assert.deepEqual(first.type, kind === 'one-to-many' ? end : { kind: 'set', of: end }, name);
      assert.deepEqual(second.type, { kind: 'set', of: { kind: 'ref', class: from[0] } }, name);
      assert.equal(second.spec.qualifier, 'DynamicRO', `${name}: the far end is computed`);
      assert.equal(find(`${to[0]}.get_${to[1]}`).kind, 'get');
      assert.ok(!model.messages.has(`${to[0]}.set_${to[1]}`), name);
    }
  });

  it('says of everything what it is, in a sentence', () => {
    const docs = [
      ...classes.map((apiClass) => [apiClass.name, apiClass.spec.doc] as const),
      ...fields.map((field) => [`${field.class}.${field.name}`, field.spec.doc] as const),
      ...messages.map((message) => [message.name, message.doc] as const),
    ];
    for (const [name, doc] of docs) {
      assert.match(doc, /^[A-Z(*].*\.$/s, `${name}: "${doc}"`);
      assert.doesNotMatch(doc, /\s{2}|\n/, name);
    }
  });

  it('lets only operations that reach beyond the database wait', () => {
    for (const name of model.waiting) {
      const message = find(name);
      assert.ok(message.kind === 'op' || message.kind === 'create' || message.kind === 'destroy', name);
      assert.ok(waitingClasses.has(message.class), name);
    }
  });

  it('gives permissions from the least role up', () => {
    for (const message of messages) {
      assert.equal(message.permission, message.name.toLowerCase());
      if (message.role === 'local-root-only') assert.deepEqual(message.roles, [], message.name);
      else assert.deepEqual(message.roles, roleNames.slice(0, roleNames.indexOf(message.role) + 1), message.name);
    }
    assert.deepEqual(find('VM.start').roles, [
      'pool-admin',
      'pool-operator',
      'vm-power-admin',
      'vm-admin',
      'vm-operator',
    ]);
    assert.equal(find('secret.get_value').role, 'pool-operator');
    assert.equal(find('secret.get_other_config').role, 'read-only');
  });
});

function assertFits(value: unknown, type: ApiType, where: string): void {
  switch (type.kind) {
    case 'string':
      assert.equal(typeof value, 'string', where);
      break;
    case 'datetime':
      assert.match(String(value), /^\d{8}T\d\d:\d\d:\d\dZ$/, where);
      break;
    case 'ref':
      // Any other would refer to nothing: no object is there before somebody makes it.
      assert.equal(value, 'OpaqueRef:NULL', where);
      break;
    case 'enum':
      // An enumeration without a default has none: who makes the object must name it.
      assert.ok(value === '' || model.enums[type.name]?.includes(String(value)), `${where}: ${String(value)}`);
      break;
    case 'int':
      assert.ok(Number.isSafeInteger(value), where);
      break;
    case 'float':
      assert.equal(typeof value, 'number', where);
      break;
    case 'bool':
      assert.equal(typeof value, 'boolean', where);
      break;
    case 'set':
      assert.ok(Array.isArray(value), where);
      for (const each of value) assertFits(each, type.of, where);
      break;
    case 'map':
    case 'record':
      assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), where);
      break;
    case 'option':
    case 'void':
      break;
  }
}
