/** The inner parts of the npm package dbus-next that are used; its own types cover the outer ones only. */
declare module 'dbus-next/lib/message.js' {
  interface Readable {
    on(event: 'readable', listener: () => void): void;
    read(bytes: number): Uint8Array | null;
  }
  const wire: {
    unmarshalMessages(stream: Readable, received: (message: unknown) => void, options: object): void;
  };
  export default wire;
}

declare module 'dbus-next/lib/marshall-compat.js' {
  const compat: {
    messageToJsFmt(message: unknown): unknown;
    marshallMessage(message: unknown): [Uint8Array, unknown[]];
  };
  export default compat;
}

declare module 'dbus-next/lib/message-type.js' {
  const types: { readonly Message: new (fields: object) => object };
  export default types;
}

declare module 'dbus-next/lib/variant.js' {
  const types: { readonly Variant: new (signature: string, value: unknown) => object };
  export default types;
}
