/** Compares the datamodel with the published API. Pure: facts in, a table and a list of differences out. */

import { extension } from '../../../src/datamodel/define.ts';
import { type ApiClass, type Datamodel, errorCodes, type Message } from '../../../src/datamodel/index.ts';
import { wireExpression } from '../../../src/datamodel/type-expression.ts';
import type { FactClass, FactField, FactMessage, Facts } from './facts.ts';

/** How many of the things asked for are declared exactly as they should be. */
export interface Share {
  readonly matching: number;
  readonly wanted: number;
}

export interface ClassRow {
  readonly name: string;
  readonly fields: number;
  readonly declared: number;
  readonly implemented: number;
  readonly waiting: number;
  /** Fields, advertised messages and hidden messages of the API 1.1; all of them for the classes that must be complete. */
  readonly wantedFields?: Share;
  readonly wantedMessages?: Share;
  readonly wantedHidden?: Share;
}

export interface Surface {
  readonly rows: readonly ClassRow[];
  readonly differences: readonly string[];
}

/** Classes that are declared in full, whatever release brought a member. */
export const completeClasses: readonly string[] = ['Cluster', 'Cluster_host'];

/** A second form of get_all_records_where that no client uses; servers have it since the 2010s. */
const notDeclared = 'get_all_where';

function same(what: string, ours: unknown, theirs: unknown): string[] {
  const [left, right] = [JSON.stringify(ours), JSON.stringify(theirs)];
  return left === right ? [] : [`${what} is ${left}, not ${right}`];
}

function fieldDifferences(apiClass: ApiClass, fact: FactField): string[] {
  const field = apiClass.fields.get(fact.name);
  if (field === undefined) return ['is not declared'];
  return [
    ...same('type', wireExpression(field.spec.type), wireExpression(fact.type)),
    ...same('qualifier', field.spec.qualifier, fact.qualifier),
    ...same('internal', field.spec.internal ?? false, fact.internal ?? false),
  ];
}

function messageDifferences(message: Message | undefined, fact: FactMessage): string[] {
  if (message === undefined) return ['is not declared'];
  const params = message.params.filter(({ since }) => since !== extension);
  return [
    ...same(
      'parameters',
      params.map((param) => wireExpression(param.expression)),
      fact.params.map((param) => wireExpression(param.type)),
    ),
    ...same(
      'parameter names',
      params.map((param) => param.name),
      fact.params.map((param) => param.name),
    ),
    ...same('required parameters', message.required, fact.params.filter((param) => !('default' in param)).length),
    ...same('result', wireExpression(message.resultExpression), wireExpression(fact.result)),
    ...same('role', message.role, fact.role),
    ...same('async', message.async, fact.async ?? false),
    ...same('hidden', message.hidden, fact.hidden ?? false),
    // Errors of our own may be declared beside the published ones.
    ...(message.kind === 'op'
      ? (fact.errors ?? []).filter((code) => !message.errors.includes(code)).map((code) => `lacks the error ${code}`)
      : []),
  ];
}

function share<T>(wanted: readonly T[], differences: (fact: T) => readonly string[]): Share {
  return { matching: wanted.filter((fact) => differences(fact).length === 0).length, wanted: wanted.length };
}

function compareClass(row: ClassRow, apiClass: ApiClass, fact: FactClass): Surface {
  const complete = completeClasses.includes(fact.name);
  const isWanted = (member: { readonly name: string; readonly in11: string | false }): boolean =>
    (complete && member.name !== notDeclared) || (fact.in_2007_manual && member.in11 !== false);
  const messages = new Map(apiClass.messages.map((message) => [message.message, message]));
  const ofField = (field: FactField): string[] => fieldDifferences(apiClass, field);
  const ofMessage = (message: FactMessage): string[] => messageDifferences(messages.get(message.name), message);
  const differences = [
    ...fact.fields
      .filter((field) => isWanted(field) || apiClass.fields.has(field.name))
      .flatMap((field) => ofField(field).map((text) => `field ${fact.name}.${field.name} ${text}`)),
    ...fact.messages
      .filter((message) => isWanted(message) || messages.has(message.name))
      .flatMap((message) => ofMessage(message).map((text) => `message ${fact.name}.${message.name} ${text}`)),
    ...[...apiClass.fields]
      .filter(([name, { spec }]) => spec.since !== extension && !fact.fields.some((field) => field.name === name))
      .map(([name]) => `field ${fact.name}.${name} is not in the published API`),
    ...[...messages]
      .filter(([name, { since }]) => since !== extension && !fact.messages.some((message) => message.name === name))
      .map(([name]) => `message ${fact.name}.${name} is not in the published API`),
  ];
  if (!complete && !fact.in_2007_manual) return { rows: [row], differences };
  const wanted = fact.messages.filter(isWanted);
  const wantedRow = {
    ...row,
    wantedFields: share(fact.fields.filter(isWanted), ofField),
    wantedMessages: share(
      wanted.filter((message) => message.hidden !== true),
      ofMessage,
    ),
    wantedHidden: share(
      wanted.filter((message) => message.hidden === true),
      ofMessage,
    ),
  };
  return { rows: [wantedRow], differences };
}

function enumDifferences(model: Datamodel, facts: Facts): string[] {
  return Object.entries(facts.enums).flatMap(([name, fact]) => {
    const ours = model.enums[name];
    if (ours === undefined) return [];
    const theirs = [...fact.values, ...(fact.values_2009 ?? [])];
    return [
      ...theirs.filter((value) => !ours.includes(value)).map((value) => `enum ${name} has no ${value}`),
      ...ours
        .filter((value) => !theirs.includes(value))
        .map((value) => `enum ${name} has ${value}, which is not published`),
    ];
  });
}

/** Published without parameters, and sent with two by every server. */
const knownBetter = new Set(['SESSION_AUTHENTICATION_FAILED']);

function errorDifferences(facts: Facts): string[] {
  return Object.entries(errorCodes).flatMap(([code, { params }]) => {
    const fact = facts.error_codes[code];
    if (fact === undefined || knownBetter.has(code)) return [];
    return same('parameters', params, fact).map((text) => `error ${code} ${text}`);
  });
}

/** One row a class, and every difference by name. Without facts there are counts only. */
export function compareSurface(model: Datamodel, facts: Facts | undefined): Surface {
  const factClasses = new Map(facts?.classes.map((fact) => [fact.name, fact]));
  const parts = [...model.classes.values()].map((apiClass): Surface => {
    const waiting = apiClass.messages.filter((message) => model.waiting.has(message.name)).length;
    const declared = apiClass.messages.length;
    const row = {
      name: apiClass.name,
      fields: apiClass.fields.size,
      declared,
      implemented: declared - waiting,
      waiting,
    };
    const fact = factClasses.get(apiClass.name);
    if (fact !== undefined) return compareClass(row, apiClass, fact);
    const own = facts === undefined || apiClass.spec.since === extension;
    return { rows: [row], differences: own ? [] : [`class ${row.name} is not in the published API`] };
  });
  const missing = [...factClasses.values()]
    .filter((fact) => (fact.in_2007_manual || completeClasses.includes(fact.name)) && !model.classes.has(fact.name))
    .map((fact) => `class ${fact.name} is not declared`);
  return {
    rows: parts.flatMap((part) => part.rows),
    differences: [
      ...parts.flatMap((part) => part.differences),
      ...missing,
      ...(facts === undefined ? [] : [...enumDifferences(model, facts), ...errorDifferences(facts)]),
    ],
  };
}

/** The shares of several rows together. */
export function sum(shares: readonly (Share | undefined)[]): Share {
  return {
    matching: shares.reduce((total, each) => total + (each?.matching ?? 0), 0),
    wanted: shares.reduce((total, each) => total + (each?.wanted ?? 0), 0),
  };
}
