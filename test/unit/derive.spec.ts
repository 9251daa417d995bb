import assert from 'node:assert/strict';
import type { ClassSpec } from '../../src/datamodel/define.ts';
import { deriveClass } from '../../src/datamodel/derive.ts';
import { deriveDatamodel, type Message } from '../../src/datamodel/index.ts';
import { wireExpression } from '../../src/datamodel/type-expression.ts';

const model = deriveDatamodel();
const classes = [...model.classes.values()];
const messages = [...model.messages.values()];
const fields = classes.flatMap((apiClass) => [...apiClass.fields.values()]);

function find(name: string): Message {
  const message = model.messages.get(name);
  assert.ok(message, name);
  return message;
}

function paramsOf(message: Message): string[] {
  return message.params.map((param) => `${param.expression} ${param.name}`);
}

describe('what follows from a class', () => {
  it('a scalar that clients may write has a getter and a setter', () => {
    assert.deepEqual(paramsOf(find('VM.get_PV_args')), ['VM ref self']);
    assert.equal(find('VM.get_PV_args').resultExpression, 'string');
    assert.deepEqual(paramsOf(find('VM.set_PV_args')), ['VM ref self', 'string value']);
    assert.ok(!model.messages.has('VM.add_PV_args'));
  });

  it('a map that clients may write also has add_to and remove_from', () => {
    assert.deepEqual(paramsOf(find('network.add_to_other_config')), ['network ref self', 'string key', 'string value']);
    assert.deepEqual(find('network.add_to_other_config').errors, ['MAP_DUPLICATE_KEY']);
    assert.deepEqual(paramsOf(find('network.remove_from_other_config')), ['network ref self', 'string key']);
  });

  it('a set that clients may write also has add and remove', () => {
    assert.deepEqual(paramsOf(find('VM.add_tags')), ['VM ref self', 'string value']);
    assert.deepEqual(paramsOf(find('VM.remove_tags')), ['VM ref self', 'string value']);
    assert.ok(!model.messages.has('VM.add_to_tags'));
    assert.equal(find('VM.add_tags').role, 'vm-operator');
  });

  it('what the server computes has a getter only, and what is internal has none', () => {
    for (const field of fields) {
      const name = `${field.class}.get_${field.name}`;
      const spec = model.classes.get(field.class)?.spec;
      if (field.spec.internal === true || spec?.storage === 'none' || spec?.getters === false) {
        assert.ok(!model.messages.has(name), name);
      } else {
        assert.equal(wireExpression(find(name).resultExpression), wireExpression(field.spec.type), name);
      }
      const set = model.messages.get(`${field.class}.set_${field.name}`);
      if (set?.kind === 'set') assert.equal(field.spec.qualifier, 'RW', set.name);
      if (field.spec.internal === true) assert.equal(set, undefined);
    }
  });

  it('an operation that stands in for an accessor knows its field', () => {
    const add = find('VM.add_to_other_config');
    assert.equal(add.kind, 'op');
    assert.equal(add.field?.spec.keyRoles?.['pci'], 'pool-admin');
    assert.equal(find('VM.start').field, undefined);
    assert.equal(find('VM.get_boot_record').field, undefined);
  });

  it('an enumerable class can be listed, and one with a name found by it', () => {
    assert.deepEqual(paramsOf(find('SR.get_by_name_label')), ['string label']);
    assert.equal(find('SR.get_by_name_label').resultExpression, 'SR ref set');
    assert.equal(find('SR.get_all_records').resultExpression, '(SR ref -> SR record) map');
    assert.ok(find('SR.get_all_records_where').hidden);
    for (const name of ['pool.get_by_name_label', 'session.get_all', 'event.get_record', 'user.get_all_records']) {
      assert.ok(!model.messages.has(name), name);
    }
  });

  it('a constructor takes a record and a destructor the object', () => {
    assert.deepEqual(paramsOf(find('VBD.create')), ['VBD record args']);
    assert.equal(find('VBD.create').resultExpression, 'VBD ref');
    assert.ok(find('VBD.create').async);
    assert.deepEqual(paramsOf(find('VBD.destroy')), ['VBD ref self']);
    assert.ok(!model.messages.has('host_metrics.create'));
  });

  it('a record leaves internal fields out and keeps the order', () => {
    const console = model.classes.get('console');
    assert.deepEqual(
      console?.recordFields.map((field) => field.name),
      ['uuid', 'protocol', 'location', 'VM', 'other_config'],
    );
  });

  it('marks what must stay out of logs', () => {
    const secrets = messages.flatMap((message) =>
      message.params.filter((param) => param.secret).map((param) => `${message.name} ${param.name}`),
    );
    for (const name of [
      'session.login_with_password pwd',
      'secret.create args',
      'secret.set_value value',
      'PBD.create args',
    ]) {
      assert.ok(secrets.includes(name), name);
    }
    for (const name of secrets) assert.doesNotMatch(name, /^(VM|VIF|network)\./);
    const suspicious = /passw|pwd|secret$|token$/i;
    for (const message of messages) {
      for (const param of message.params) {
        if (suspicious.test(param.name) && message.class !== 'event')
          assert.ok(param.secret, `${message.name} ${param.name}`);
      }
    }
    assert.ok(model.classes.get('Cluster')?.fields.get('cluster_token')?.secret);
  });

  it('stands back where the class writes a message of that name itself', () => {
    const spec: ClassSpec = {
      name: 'lamp',
      doc: 'A lamp.',
      since: 'rio',
      storage: 'runtime',
      events: false,
      enumerable: true,
      writeRole: 'vm-admin',
      fields: {
        colours: { type: 'string set', qualifier: 'RW', since: 'rio', role: 'vm-operator', doc: 'Colours.' },
        lit: { type: 'bool', qualifier: 'DynamicRO', since: 'rio', doc: 'Whether it is lit.' },
      },
      messages: {
        set_colours: {
          params: { self: 'lamp ref', value: 'string set', slowly: { type: 'bool', default: false } },
          result: 'void',
          since: 'rio',
          role: 'pool-admin',
          doc: 'Changes the colours.',
        },
      },
    };
    const lamp = deriveClass(spec);
    assert.deepEqual(
      lamp.messages.map((message) => `${message.message} ${message.kind} ${message.role} ${String(message.required)}`),
      [
        'set_colours op pool-admin 2',
        'get_colours get read-only 1',
        'add_colours add vm-operator 2',
        'remove_colours remove vm-operator 2',
        'get_lit get read-only 1',
        'get_by_uuid get_by_uuid read-only 1',
        'get_record get_record read-only 1',
        'get_all get_all read-only 0',
        'get_all_records get_all_records read-only 0',
        'get_all_records_where get_all_records_where read-only 1',
      ],
    );
    assert.equal(lamp.fields.get('lit')?.persistent, false);
    assert.equal(lamp.fields.get('lit')?.initial, false);
  });

  it('keeps the order: operations as written, then fields as written, then the object', () => {
    for (const apiClass of classes) {
      const written = Object.keys(apiClass.spec.messages);
      assert.deepEqual(
        apiClass.messages.slice(0, written.length).map((message) => message.message),
        written,
        apiClass.name,
      );
    }
    assert.deepEqual([...model.classes.keys()].slice(0, 4), ['session', 'task', 'event', 'pool']);
    assert.equal([...model.messages.keys()][0], 'session.login_with_password');
  });
});
