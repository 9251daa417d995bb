/** The page of one class. */
import { extension } from '../../../src/datamodel/define.ts';
import type { ApiClass, Datamodel, Field, Message } from '../../../src/datamodel/index.ts';
import { wireExpression } from '../../../src/datamodel/type-expression.ts';
import { classLink, code, errorLink, fromClass, page, table, typeLink, value } from './markdown.ts';

const qualifiers = { RW: 'RW', StaticRO: 'RO/constructor', DynamicRO: 'RO/runtime' } as const;

const storages = {
  persistent: 'Objects are kept on disk.',
  runtime: 'Objects are in memory only and gone when the agent ends.',
  none: 'There are no objects: these are values in replies.',
} as const;

export function releaseName(since: string): string {
  if (since === 'rio' || since === 'miami') return 'API 1.1';
  return since === extension ? 'extension' : since;
}

function about({ spec }: ApiClass): string {
  const facts = [
    storages[spec.storage],
    spec.storage === 'none' ? '' : spec.events ? 'Changes are sent as events.' : 'Changes are not sent as events.',
    spec.storage === 'none' || spec.enumerable ? '' : 'They cannot be listed.',
    spec.since === extension
      ? 'It is an [extension](../extensions.md): other servers do not have it.'
      : `Since ${releaseName(spec.since)}.`,
  ];
  return facts.filter((fact) => fact !== '').join(' ');
}

function kept(field: Field, model: Datamodel): string {
  if (!field.persistent) return 'in memory';
  const from = model.relations.find(({ to }) => to[0] === field.class && to[1] === field.name)?.from;
  return from === undefined ? 'on disk' : `computed from ${classLink(from[0], fromClass)}.${from[1]}`;
}

function remarks(field: Field): string {
  const { spec } = field;
  const keys = Object.entries(spec.keyRoles ?? {}).map(([key, role]) => `${code(key)} ${role}`);
  return [
    spec.doc,
    spec.internal === true ? 'Not in records.' : '',
    spec.deprecated === undefined ? '' : `Out of use since ${spec.deprecated}.`,
    keys.length === 0 ? '' : `Keys with a role of their own: ${keys.join(', ')}.`,
  ]
    .filter((text) => text !== '')
    .join(' ');
}

function fieldTable(apiClass: ApiClass, model: Datamodel): string {
  const rows = [...apiClass.fields.values()].map((field) => [
    code(field.name),
    typeLink(field.spec.type, fromClass),
    qualifiers[field.spec.qualifier],
    releaseName(field.spec.since),
    value(field.spec.default),
    apiClass.spec.storage === 'none' ? '' : kept(field, model),
    remarks(field),
  ]);
  return table(['field', 'type', 'access', 'since', 'default', 'kept', 'what it is'], rows);
}

function signature(message: Message): string {
  const params = message.params.map((param) => {
    const text = `${wireExpression(param.expression)} ${param.name}`;
    return 'default' in param ? `${text} = ${JSON.stringify(param.default)}` : text;
  });
  const session = message.sessionless ? [] : ['session ref session_id'];
  return `${wireExpression(message.resultExpression)} ${message.name}(${[...session, ...params].join(', ')})`;
}

function roleText(message: Message): string {
  return message.role === 'local-root-only' ? 'local root only' : message.role;
}

function operation(message: Message, model: Datamodel): string {
  const facts = [
    `Role: ${roleText(message)}.`,
    message.async ? `Also as ${code(`Async.${message.name}`)}.` : '',
    message.since === extension ? 'An extension.' : `Since ${releaseName(message.since)}.`,
    ...message.params
      .filter(({ since }) => since === extension && message.since !== extension)
      .map(({ name }) => `The parameter ${code(name)} is an extension.`),
    message.deprecated === undefined ? '' : `Out of use since ${message.deprecated}.`,
    message.hidden ? 'Not advertised.' : '',
    message.poolInternal ? 'Between agents of one pool only.' : '',
    message.errors.length === 0
      ? ''
      : `Errors: ${message.errors.map((name) => errorLink(name, fromClass)).join(', ')}.`,
  ];
  const mark = model.waiting.has(message.name) ? ['**Waiting**: calls answer NOT_IMPLEMENTED.'] : [];
  return [
    `### ${message.name}`,
    `\`\`\`\n${signature(message)}\n\`\`\``,
    message.doc,
    ...mark,
    facts.filter((fact) => fact !== '').join(' '),
  ].join('\n\n');
}

function generatedTable(messages: readonly Message[], model: Datamodel): string {
  const rows = messages.map((message) => [
    code(message.message),
    message.params.map((param) => `${typeLink(param.expression, fromClass)} ${param.name}`).join(', '),
    typeLink(message.resultExpression, fromClass),
    roleText(message),
    releaseName(message.since),
    model.waiting.has(message.name) ? `${message.doc} **Waiting.**` : message.doc,
  ]);
  return table(['message', 'parameters', 'result', 'role', 'since', 'what it does'], rows);
}

export function classPage(apiClass: ApiClass, model: Datamodel): string {
  const operations = apiClass.messages.filter((message) => message.kind === 'op');
  const rest = apiClass.messages.filter((message) => message.kind !== 'op');
  return page(apiClass.name, [
    apiClass.spec.doc,
    about(apiClass),
    '## Fields',
    fieldTable(apiClass, model),
    ...(operations.length === 0 ? [] : ['## Operations', ...operations.map((message) => operation(message, model))]),
    ...(rest.length === 0
      ? []
      : ['## Messages that follow from the fields', 'Each takes the session first.', generatedTable(rest, model)]),
  ]);
}
