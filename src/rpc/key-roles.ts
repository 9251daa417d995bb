/** Roles that belong to single keys of a map: some keys may be written by lesser roles, some by higher ones only. */
import type { Database } from '../database/types.ts';
import type { ClassName, Datamodel, Message, RoleName } from '../datamodel/index.ts';

type Fields = Readonly<Record<string, unknown>>;
type KeyRoles = Readonly<Record<string, RoleName>>;

/** What a method writes that has roles of its own. */
export type GuardedKeys =
  | { readonly kind: 'key'; readonly roles: KeyRoles }
  | { readonly kind: 'map'; readonly field: string; readonly roles: KeyRoles }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, KeyRoles> };

/** A permission that a call needs in place of its message's own, or besides it. */
export interface KeyPermission {
  readonly permission: string;
  readonly role: RoleName;
  /** False: the message's own role is needed as well. */
  readonly replaces: boolean;
}

/** What of a message's parameters is guarded; undefined for nearly all. */
export function guardedKeys(message: Message, datamodel: Datamodel): GuardedKeys | undefined {
  const apiClass = datamodel.classes.get(message.class);
  if (message.kind === 'create') {
    const fields = [...(apiClass?.fields.values() ?? [])].flatMap((field): [string, KeyRoles][] =>
      field.spec.keyRoles === undefined ? [] : [[field.name, field.spec.keyRoles]],
    );
    return fields.length === 0 ? undefined : { kind: 'record', fields: new Map(fields) };
  }
  const found = /^(add_to|remove_from|set)_(.+)$/.exec(message.message);
  const field = found?.[2] ?? '';
  const roles = apiClass?.fields.get(field)?.spec.keyRoles;
  if (roles === undefined) return undefined;
  return found?.[1] === 'set' ? { kind: 'map', field, roles } : { kind: 'key', roles };
}

function roleOf(roles: KeyRoles, key: string): RoleName | undefined {
  for (const [pattern, role] of Object.entries(roles)) {
    if (pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern) return role;
  }
  return undefined;
}

function asMap(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(value !== null && typeof value === 'object' ? Object.entries(value) : []);
}

/** The keys whose values differ. */
function changedKeys(before: unknown, after: unknown): string[] {
  const [old, next] = [asMap(before), asMap(after)];
  return [...new Set([...old.keys(), ...next.keys()])].filter((key) => old.get(key) !== next.get(key));
}

/** What a call needs for the keys that it writes. */
export function keyPermissions(
  guarded: GuardedKeys,
  message: Message,
  args: Fields,
  database: Database,
): KeyPermission[] {
  const permission = (key: string): string => `${message.permission}/key:${key}`;
  const needed = (roles: KeyRoles, keys: readonly string[], replaces: boolean): KeyPermission[] =>
    keys.flatMap((key) => {
      const role = roleOf(roles, key);
      return role === undefined ? [] : [{ permission: permission(key), role, replaces }];
    });
  if (guarded.kind === 'key') return needed(guarded.roles, [args['key'] as string], true);
  if (guarded.kind === 'map') {
    const row = database.get(message.class as ClassName, args['self'] as string) as Fields | undefined;
    return needed(guarded.roles, changedKeys(row?.[guarded.field], args['value']), false);
  }
  const record = args['args'] as Fields;
  return [...guarded.fields].flatMap(([field, roles]) => needed(roles, [...asMap(record[field]).keys()], false));
}
