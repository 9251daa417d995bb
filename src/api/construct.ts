import { type ApiClass, ApiError } from '../datamodel/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a new object from a client's record: what may be given at creation, defaults for what is left out.
 * Other members are ignored, because clients send whole records back.
 * @throws ApiError INTERNAL_ERROR that names a missing member, as other servers do
 */
export function constructorFields(apiClass: ApiClass, given: Fields): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const field of apiClass.recordFields) {
    if (field.spec.qualifier === 'DynamicRO') continue;
    if (Object.hasOwn(given, field.name)) fields[field.name] = given[field.name];
    else if (field.spec.default === undefined) {
      throw new ApiError('INTERNAL_ERROR', `The record for ${apiClass.name}.create lacks the member ${field.name}.`);
    }
  }
  return fields;
}
