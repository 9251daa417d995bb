/** All pages of the reference, by their paths under docs/reference. Pure: the same datamodel makes the same text. */
import { type Datamodel, errorCodes, type Message, roleDescriptions, roleNames } from '../../../src/datamodel/index.ts';
import { classPage, releaseName } from './class-page.ts';
import { cliPage } from './cli-page.ts';
import { contractPage } from './contract-page.ts';
import { limitsPage } from './limits-page.ts';
import { logEventsPage } from './log-events-page.ts';
import { classLink, code, fromTop, messageLink, page, table } from './markdown.ts';
import { metricsPage } from './metrics-page.ts';
import { settingsPage } from './settings-page.ts';

function enumsPage(model: Datamodel): string {
  const users = (name: string): string => {
    const used = [...model.classes.values()].filter((apiClass) => mentions(apiClass.messages, apiClass.fields, name));
    return `Used by ${used.map((apiClass) => classLink(apiClass.name, fromTop)).join(', ')}.`;
  };
  const parts = Object.entries(model.enums).flatMap(([name, values]) => [
    `## ${name}`,
    values.map((value) => code(value)).join(', '),
    users(name),
  ]);
  return page('Enumerations', ['Values stand on the wire as they stand here.', ...parts]);
}

function mentions(
  messages: readonly Message[],
  fields: ReadonlyMap<string, { readonly spec: { readonly type: string } }>,
  name: string,
): boolean {
  const expressions = [
    ...[...fields.values()].map((field) => field.spec.type),
    ...messages.flatMap((message) => [message.resultExpression, ...message.params.map((param) => param.expression)]),
  ];
  return expressions.some((expression) => new RegExp(`enum ${name}\\b`).test(expression));
}

function errorsPage(model: Datamodel): string {
  const parts = Object.entries(errorCodes).flatMap(([name, { params, doc }]) => {
    const raised = [...model.messages.values()].filter(
      (message) => message.kind === 'op' && message.errors.includes(name),
    );
    return [
      `## ${name}`,
      doc,
      params.length === 0 ? '' : `Parameters: ${params.map(code).join(', ')}.`,
      raised.length === 0
        ? ''
        : `Declared by ${raised.map((message) => messageLink(message.name, fromTop)).join(', ')}.`,
    ];
  });
  return page('Errors', [
    'A failed call answers with a code and parameters. Each code stands here with its cause and the way out.',
    ...parts,
  ]);
}

function rolesPage(model: Datamodel): string {
  const messages = [...model.messages.values()];
  const roles = roleNames.map((name) => {
    const own = messages.filter((message) => message.role === name).length;
    const all = messages.filter((message) => message.roles.includes(name)).length;
    return [name, roleDescriptions[name], String(own), String(all)];
  });
  const keys = [...model.classes.values()]
    .flatMap((apiClass) => [...apiClass.fields.values()])
    .flatMap((field) =>
      Object.entries(field.spec.keyRoles ?? {}).map(([key, role]) => [`${field.class}.${field.name}`, code(key), role]),
    );
  const rootOnly = messages.filter((message) => message.roles.length === 0);
  return page('Roles', [
    'Each role may do all that the roles below it may do. Root on the host needs none: over the Unix socket everything is permitted.',
    table(['role', 'what it is for', 'messages it adds', 'messages in all'], roles),
    '## Keys with a role of their own',
    'Adding and removing these keys of a map asks for another role than the map does. A star stands for the rest of the key.',
    table(['field', 'key', 'role'], keys),
    '## Local root only',
    'No role grants these: only root on the socket and other agents of the pool may call them.',
    rootOnly.map((message) => `- ${messageLink(message.name, fromTop)}`).join('\n'),
  ]);
}

function relationsPage(model: Datamodel): string {
  const rows = model.relations.map(({ from, to, kind }) => [
    `${classLink(from[0], fromTop)}.${from[1]}`,
    `${classLink(to[0], fromTop)}.${to[1]}`,
    kind,
  ]);
  return page('Relations', [
    'These pairs of fields are two ends of one thing. The first end is stored; the second is computed from it and cannot be set.',
    table(['stored', 'computed', 'kind'], rows),
  ]);
}

/** Operations have a heading of their own; constructors stand in a table of their class. */
function waitingLink(name: string, model: Datamodel): string {
  const message = model.messages.get(name);
  return message === undefined || message.kind === 'op'
    ? messageLink(name, fromTop)
    : `[${code(name)}](${fromTop.classes}${message.class}.md)`;
}

function waitingPage(model: Datamodel): string {
  const rows = [...model.waiting].map((name) => [waitingLink(name, model), model.messages.get(name)?.doc ?? '']);
  return page('Waiting operations', [
    'These are declared with parameters, roles and errors, and not implemented yet: calls answer NOT_IMPLEMENTED with the name.',
    `${String(rows.length)} of ${String(model.messages.size)} messages wait.`,
    table(['operation', 'what it will do'], rows),
  ]);
}

function indexPage(model: Datamodel): string {
  const rows = [...model.classes.values()].map((apiClass) => [
    classLink(apiClass.name, fromTop),
    releaseName(apiClass.spec.since),
    String(apiClass.fields.size),
    String(apiClass.messages.length),
    apiClass.spec.doc,
  ]);
  return page('Reference', [
    'The API that the agent serves, made from its datamodel.',
    [
      '- [Command line](cli.md): the program quorate',
      '- [Errors](errors.md): every code, its cause and the way out',
      '- [Enumerations](enums.md)',
      '- [Roles](roles.md): who may call what',
      '- [Relations](relations.md): fields that are bound together',
      '- [Figures](metrics.md): what is measured, kept and told to Prometheus',
      '- [Settings](settings.md): what can be chosen, and when a change counts',
      '- [Limits](limits.md): what is bounded, by how much and why',
      '- [Log events](log-events.md): every event that the log can name, and what it means',
      '- [The cluster-stack contract](cluster-stack-contract.md): what a cluster stack must do, line by line, and what tests it',
      '- [Waiting operations](waiting.md): declared and not implemented yet',
      '- [Operations of the host](host-operations.md): what each does on Linux, and when it is refused',
      "- [Network](network.md): what changes of a host's network do, how they are undone and what makes them last",
      '- [Inventory](inventory.md): where the description of a host comes from, and how changes arrive',
      '- [Compatibility](compatibility.md): where the manual of 2007, the servers of today and this one differ',
    ].join('\n'),
    '## Classes',
    table(['class', 'since', 'fields', 'messages', 'what it is'], rows),
  ]);
}

/** Path under docs/reference -> text. */
export function referencePages(model: Datamodel, limitsSource: string): ReadonlyMap<string, string> {
  return new Map([
    ['README.md', indexPage(model)],
    ['cli.md', cliPage()],
    ['cluster-stack-contract.md', contractPage()],
    ['enums.md', enumsPage(model)],
    ['errors.md', errorsPage(model)],
    ['roles.md', rolesPage(model)],
    ['relations.md', relationsPage(model)],
    ['limits.md', limitsPage(limitsSource)],
    ['settings.md', settingsPage()],
    ['metrics.md', metricsPage()],
    ['log-events.md', logEventsPage()],
    ['waiting.md', waitingPage(model)],
    ...[...model.classes.values()].map(
      (apiClass) => [`classes/${apiClass.name}.md`, classPage(apiClass, model)] as const,
    ),
  ]);
}
