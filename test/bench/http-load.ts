/**
 * Load from a process of its own: keep-alive connections to a Unix socket, each with one request at a time. Arguments: path,
 * connections, milliseconds, bytes of a reply, and, when the usual call is not wanted, the URL's path and the body in base64.
 * Prints the replies per second.
 */
import { connect } from 'node:net';

const usual = '{"jsonrpc":"2.0","id":1,"method":"host.get_record","params":["OpaqueRef:0123","OpaqueRef:4567"]}';
const [path = '', connections = '', forMs = '', replyBytes = '', urlPath = '/jsonrpc', encoded = ''] =
  process.argv.slice(2);
const body = encoded === '' ? usual : Buffer.from(encoded, 'base64').toString();
const request = Buffer.from(
  `POST ${urlPath} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nUser-Agent: bench\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);
const wanted = Number(replyBytes);
let replies = 0;
let running = true;
const sockets = Array.from({ length: Number(connections) }, () => {
  let missing = wanted;
  const socket = connect(path, () => socket.write(request));
  socket.on('data', (piece) => {
    missing -= piece.length;
    if (missing > 0) return;
    missing = wanted;
    replies++;
    if (running) socket.write(request);
  });
  return socket;
});
const startedMs = performance.now();
setTimeout(() => {
  running = false;
  process.stdout.write(`${(replies * 1000) / (performance.now() - startedMs)}\n`);
  for (const socket of sockets) socket.destroy();
}, Number(forMs));
