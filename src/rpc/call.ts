/** Reading calls: bytes of a request in, an RpcCall out. */
export { readJsonCall } from './jsonrpc/reader.ts';
export {
  MalformedRequest,
  type Protocol,
  type RpcCall,
  WireDuplicate,
  type WireStruct,
  WireText,
  type WireValue,
} from './wire.ts';
export { readXmlCall } from './xmlrpc/reader.ts';
