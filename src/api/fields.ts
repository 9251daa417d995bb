/** Implementations of operations that set a field with a check or without: written once for all classes. */
import type { ClassName } from '../datamodel/index.ts';
import { ApiError } from '../datamodel/index.ts';
import type { Call } from './call.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Sets one field of one object. */
export function setField(call: Call, className: ClassName, ref: string, field: string, value: unknown): void {
  call.change((tx) => tx.update(className, ref, { [field]: value }));
}

/** @throws ApiError MAP_DUPLICATE_KEY */
export function addToMap(
  call: Call,
  className: ClassName,
  ref: string,
  field: string,
  key: string,
  value: string,
): void {
  call.change((tx) => {
    const map = (tx.require(className, ref) as Fields)[field] as Readonly<Record<string, string>>;
    if (Object.hasOwn(map, key)) throw new ApiError('MAP_DUPLICATE_KEY', className, field, ref, key);
    tx.update(className, ref, { [field]: Object.fromEntries([...Object.entries(map), [key, value]]) });
  });
}

/** Removes a key; nothing happens when it is not there. */
export function removeFromMap(call: Call, className: ClassName, ref: string, field: string, key: string): void {
  call.change((tx) => {
    const map = (tx.require(className, ref) as Fields)[field] as Readonly<Record<string, string>>;
    tx.update(className, ref, { [field]: Object.fromEntries(Object.entries(map).filter(([name]) => name !== key)) });
  });
}

/** The three operations on a map field, for classes that declare them as operations. */
export function mapOperations<C extends ClassName>(className: C, field: string) {
  return {
    set: (call: Call, { self, value }: { self: string; value: Readonly<Record<string, string>> }) =>
      setField(call, className, self, field, value),
    add: (call: Call, { self, key, value }: { self: string; key: string; value: string }) =>
      addToMap(call, className, self, field, key, value),
    remove: (call: Call, { self, key }: { self: string; key: string }) =>
      removeFromMap(call, className, self, field, key),
  };
}

/** An operation `set_x(self, value)` that only writes the field. */
export function plainSetter<V>(className: ClassName, field: string) {
  return (call: Call, { self, value }: { self: string; value: V }) => setField(call, className, self, field, value);
}
