import { type ApiClass, ApiError } from '../datamodel/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a new object from a client's record: what may be given at creation, defaults for what is left out.
 * Other members are ignored, because clients send whole records back.
 * @throws ApiError INTERNAL_ERROR that names the missing members, as other servers do
 */
export function constructorFields(apiClass: ApiClass, given: Fields): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const missing: string[] = [];
  for (const field of apiClass.recordFields) {
    if (field.spec.qualifier === 'DynamicRO') continue;
    if (Object.hasOwn(given, field.name)) fields[field.name] = given[field.name];
    else if (field.spec.default === undefined) missing.push(field.name);
  }
  if (missing.length > 0) {
    const members = `${missing.length === 1 ? 'member' : 'members'} ${missing.join(', ')}`;
    throw new ApiError('INTERNAL_ERROR', `The record for ${apiClass.name}.create lacks the ${members}.`);
  }
  return fields;
}
