/**
 * A node:http server that parses nothing and always returns the same reply: what a call could cost at the least. Arguments: the
 * socket's path, then a file with the reply as it goes over the wire, headers and body.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [path = '', file = ''] = process.argv.slice(2);
const [head = '', body = ''] = readFileSync(file, 'utf8').split('\r\n\r\n');
const headers = head
  .split('\r\n')
  .slice(1)
  .map((line) => line.split(': '))
  .filter(([name = '']) => !['date', 'connection', 'keep-alive'].includes(name.toLowerCase()))
  .flat();
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, headers);
    response.end(body);
  });
});
server.listen(path, () => process.stdout.write('listening\n'));
