/**
 * From the written classes to everything a server needs to know: each message with its parameters, result, roles and
 * permission, accessors and constructors included. Pure, done once at start.
 */
import type { ClassSpec, FieldSpec } from './define.ts';
import type { ApiClass, Field, Message, MessageKind, Param } from './model.ts';
import { type RoleName, rolesFrom } from './roles.ts';
import { type ApiType, isSecret, parseType, wireExpression } from './type-expression.ts';

export type { ApiClass, Field, Message };

const zero: Readonly<Record<ApiType['kind'], unknown>> = {
  string: '',
  int: 0,
  float: 0,
  bool: false,
  datetime: '19700101T00:00:00Z',
  void: '',
  ref: 'OpaqueRef:NULL',
  record: {},
  enum: '',
  set: [],
  map: {},
  option: undefined,
};

function deriveField(spec: ClassSpec, name: string, field: FieldSpec): Field {
  const type = parseType(field.type);
  return {
    class: spec.name,
    name,
    spec: field,
    type,
    initial: field.default ?? zero[type.kind],
    persistent: spec.storage === 'persistent' && field.persist !== false,
    secret: isSecret(field.type),
  };
}

/** Builds messages of one class. */
class Builder {
  readonly messages: Message[] = [];
  readonly #spec: ClassSpec;

  constructor(spec: ClassSpec) {
    this.#spec = spec;
  }

  #holdsSecrets(): boolean {
    return Object.values(this.#spec.fields).some((field) => isSecret(field.type));
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#spec.messages, name);
  }

  add(
    message: string,
    kind: MessageKind,
    params: readonly Param[],
    resultExpression: string,
    role: RoleName | 'local-root-only',
    since: string,
    rest: Partial<Message>,
  ): void {
    const name = `${this.#spec.name}.${message}`;
    this.messages.push({
      name,
      class: this.#spec.name,
      message,
      kind,
      params,
      required: params.filter((param) => !('default' in param)).length,
      resultExpression,
      result: parseType(resultExpression),
      role,
      roles: role === 'local-root-only' ? [] : rolesFrom(role),
      permission: name.toLowerCase(),
      async: false,
      sessionless: false,
      hidden: false,
      poolInternal: false,
      errors: [],
      since,
      doc: '',
      ...rest,
    });
  }

  /** A message that follows from the class, unless the class writes one of that name itself. */
  derived(
    message: string,
    kind: MessageKind,
    params: Readonly<Record<string, string>>,
    result: string,
    role: RoleName,
    since: string,
    rest: Partial<Message>,
  ): void {
    if (this.has(message)) return;
    const list = Object.entries(params).map(([name, expression]) => ({
      name,
      expression,
      type: parseType(expression),
      secret: isSecret(expression) || (expression === `${this.#spec.name} record` && this.#holdsSecrets()),
    }));
    this.add(message, kind, list, result, role, since, rest);
  }
}

/** The field that an operation writes in place of a generated accessor, as `VM.add_to_other_config` does. */
function writtenField(message: string, fields: ReadonlyMap<string, Field>): Field | undefined {
  const found = /^(?:set|add_to|remove_from|add|remove)_(.+)$/.exec(message);
  return found?.[1] === undefined ? undefined : fields.get(found[1]);
}

function deriveOperations(spec: ClassSpec, fields: ReadonlyMap<string, Field>, build: Builder): void {
  for (const [name, message] of Object.entries(spec.messages)) {
    const params = Object.entries(message.params).map(([param, given]): Param => {
      const expression = typeof given === 'string' ? given : given.type;
      const base = { name: param, expression, type: parseType(expression), secret: isSecret(expression) };
      if (typeof given === 'string') return base;
      return { ...base, default: given.default, ...(given.since === undefined ? {} : { since: given.since }) };
    });
    const field = writtenField(name, fields);
    build.add(name, 'op', params, message.result, message.role, message.since, {
      ...(field === undefined ? {} : { field }),
      async: message.async ?? false,
      sessionless: message.sessionless ?? false,
      hidden: message.hidden ?? false,
      poolInternal: message.poolInternal ?? false,
      errors: message.errors ?? [],
      ...(message.deprecated === undefined ? {} : { deprecated: message.deprecated }),
      doc: message.doc,
    });
  }
}

function deriveAccessors(spec: ClassSpec, field: Field, build: Builder): void {
  const { name, type } = field;
  const self = { self: `${spec.name} ref` };
  const expression = field.spec.type;
  const since = field.spec.since;
  if (field.spec.internal === true) return;
  if (spec.getters !== false) {
    build.derived(`get_${name}`, 'get', self, expression, field.spec.readRole ?? spec.readRole ?? 'read-only', since, {
      field,
      doc: `Returns the field ${name} of the given ${spec.name}.`,
    });
  }
  if (field.spec.qualifier !== 'RW') return;
  const role = field.spec.role ?? spec.writeRole;
  build.derived(`set_${name}`, 'set', { ...self, value: expression }, 'void', role, since, {
    field,
    doc: `Sets the field ${name} of the given ${spec.name}.`,
  });
  if (type.kind === 'map') {
    const [key, value] = mapExpressions(wireExpression(expression));
    build.derived(`add_to_${name}`, 'add', { ...self, key, value }, 'void', role, since, {
      field,
      errors: ['MAP_DUPLICATE_KEY'],
      doc: `Adds a key and its value to the map ${name} of the given ${spec.name}; refused when the key is there.`,
    });
    build.derived(`remove_from_${name}`, 'remove', { ...self, key }, 'void', role, since, {
      field,
      doc: `Removes a key from the map ${name} of the given ${spec.name}; nothing happens when it is not there.`,
    });
  } else if (type.kind === 'set') {
    const value = expression.slice(0, -4);
    build.derived(`add_${name}`, 'add', { ...self, value }, 'void', role, since, {
      field,
      doc: `Adds an element to the set ${name} of the given ${spec.name}; nothing happens when it is there.`,
    });
    build.derived(`remove_${name}`, 'remove', { ...self, value }, 'void', role, since, {
      field,
      doc: `Removes an element from the set ${name} of the given ${spec.name}; nothing happens when it is not there.`,
    });
  }
}

function mapExpressions(expression: string): readonly [string, string] {
  const found = /^\((.+?) -> (.+)\) map$/s.exec(expression);
  return [found?.[1] ?? 'string', found?.[2] ?? 'string'];
}

function deriveObjectMessages(spec: ClassSpec, build: Builder): void {
  if (spec.storage === 'none') return;
  const { name, since } = spec;
  const self = { self: `${name} ref` };
  const readRole = spec.readRole ?? 'read-only';
  if (spec.constructible !== undefined) {
    const { role, async, createDoc, destroyDoc } = spec.constructible;
    build.derived('create', 'create', { args: `${name} record` }, `${name} ref`, role, since, {
      async,
      doc: createDoc ?? `Makes a new ${name} from a record and returns its reference.`,
    });
    build.derived('destroy', 'destroy', self, 'void', role, since, {
      async,
      doc: destroyDoc ?? `Destroys the given ${name}.`,
    });
  }
  build.derived('get_by_uuid', 'get_by_uuid', { uuid: 'string' }, `${name} ref`, readRole, since, {
    errors: ['UUID_INVALID'],
    doc: `Returns the ${name} that has the given uuid.`,
  });
  build.derived('get_record', 'get_record', self, `${name} record`, readRole, since, {
    doc: `Returns all fields of the given ${name}.`,
  });
  if (Object.hasOwn(spec.fields, 'name_label') && spec.findByName !== false) {
    build.derived('get_by_name_label', 'get_by_name_label', { label: 'string' }, `${name} ref set`, readRole, since, {
      doc: `Returns every ${name} that has the given name_label.`,
    });
  }
  if (!spec.enumerable) return;
  build.derived('get_all', 'get_all', {}, `${name} ref set`, readRole, since, {
    doc: `Returns the references of all ${name} objects.`,
  });
  build.derived('get_all_records', 'get_all_records', {}, `(${name} ref -> ${name} record) map`, readRole, since, {
    doc: `Returns all ${name} records by their references.`,
  });
  build.derived(
    'get_all_records_where',
    'get_all_records_where',
    { expr: 'string' },
    `(${name} ref -> ${name} record) map`,
    readRole,
    since,
    { hidden: true, errors: ['INVALID_VALUE'], doc: `Returns the ${name} records that satisfy an expression.` },
  );
}

/** Derives one class. */
export function deriveClass(spec: ClassSpec): ApiClass {
  const fields = new Map(Object.entries(spec.fields).map(([name, field]) => [name, deriveField(spec, name, field)]));
  const build = new Builder(spec);
  deriveOperations(spec, fields, build);
  if (spec.storage !== 'none') for (const field of fields.values()) deriveAccessors(spec, field, build);
  deriveObjectMessages(spec, build);
  return {
    name: spec.name,
    spec,
    fields,
    recordFields: [...fields.values()].filter((field) => field.spec.internal !== true),
    messages: build.messages,
  };
}
