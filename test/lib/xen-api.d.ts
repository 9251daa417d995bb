/** The part of the npm package xen-api that tests use; it brings no types of its own. */
declare module 'xen-api' {
  import type { EventEmitter } from 'node:events';

  export interface XapiRecord {
    readonly $id: string;
    readonly $ref: string;
    readonly $type: string;
    readonly [field: string]: unknown;
  }

  export interface XapiOptions {
    readonly url: string;
    readonly auth?: { readonly user: string; readonly password: string };
    readonly transport?: 'auto' | 'json-rpc' | 'xml-rpc';
    readonly allowUnauthorized?: boolean;
    readonly debounce?: number;
    readonly watchEvents?: boolean;
  }

  export class Xapi extends EventEmitter {
    readonly status: string;
    readonly sessionId: string;
    readonly pool: XapiRecord;
    readonly objectsFetched: Promise<void>;
    readonly watchEventsError: Error | undefined;
    readonly objects: { readonly all: Readonly<Record<string, XapiRecord>> };
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    call(method: string, ...args: readonly unknown[]): Promise<unknown>;
    callAsync(method: string, ...args: readonly unknown[]): Promise<unknown>;
    getResource(
      path: string,
      options: { readonly query: Readonly<Record<string, string | number>>; readonly task?: boolean },
    ): Promise<{ readonly body: { text(): Promise<string> } }>;
    barrier(ref: string): Promise<XapiRecord>;
    getObjectByRef(ref: string, otherwise?: undefined): XapiRecord | undefined;
    setField(type: string, ref: string, field: string, value: unknown): Promise<void>;
    setFieldEntry(type: string, ref: string, field: string, key: string, value: string | null): Promise<void>;
  }

  export function createClient(options: XapiOptions): Xapi;
}
