/** What a call is once its text has been read, before anyone knows which types its parameters should have. */

/** Text that the sender marked as something other than a string; only XML-RPC can. */
export class WireText {
  readonly kind: 'datetime' | 'base64';
  readonly text: string;

  constructor(kind: 'datetime' | 'base64', text: string) {
    this.kind = kind;
    this.text = text;
  }
}

/** A struct that no reading can be right for: it names a member twice. Becomes INVALID_VALUE when it is used. */
export class WireDuplicate {
  readonly member: string;

  constructor(member: string) {
    this.member = member;
  }
}

/** An own data property for every member, `__proto__` included: look members up with Object.hasOwn. */
export interface WireStruct {
  readonly [member: string]: WireValue;
}

/**
 * A value as it was written. Ints and doubles are both numbers (a double may be NaN or infinite, an int may lie outside
 * the safe range: both are refused when they are given a type).
 */
export type WireValue = string | number | boolean | null | WireText | WireDuplicate | readonly WireValue[] | WireStruct;

export type Protocol = 'xmlrpc' | 'jsonrpc-1.0' | 'jsonrpc-2.0';

export interface RpcCall {
  /** As it was sent, `Async.` prefix and all. */
  readonly method: string;
  readonly params: readonly WireValue[];
  readonly protocol: Protocol;
  /** What the answer repeats; '' for XML-RPC, which has none. */
  readonly id: string | number;
}

/** The body is not a call at all. Answered with HTTP 500 and a closed connection, never with an RPC error. */
export class MalformedRequest extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'MalformedRequest';
  }
}

/** Sets an own data property; plain assignment to `__proto__` would change the prototype instead. */
export function setMember<V>(target: Record<string, V>, member: string, value: V): void {
  if (member === '__proto__') {
    Object.defineProperty(target, member, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[member] = value;
  }
}

/** Reads UTF-8 strictly; a byte order mark is dropped. @throws MalformedRequest */
export function readUtf8(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new MalformedRequest('the body is not valid UTF-8');
  }
}
