/**
 * The modules http, https and tls of Node, without importing them. An import looks at all names of a module: among those of http is a client
 * that takes 15 milliseconds to load and that nobody here uses. https and tls
 * take as long, and without TLS nobody needs them.
 */
import type http from 'node:http';
import type https from 'node:https';
import type tls from 'node:tls';

export function nodeHttp(): typeof http {
  return process.getBuiltinModule('node:http');
}

export function nodeHttps(): typeof https {
  return process.getBuiltinModule('node:https');
}

export function nodeTls(): typeof tls {
  return process.getBuiltinModule('node:tls');
}
