/** The XenAPI over HTTP: which request goes where, and the envelope of every answer. */
import type { HttpBody, HttpReply, HttpRequest } from '../world/world.ts';
import { MalformedRequest, type RpcCall, readJsonCall, readXmlCall } from './call.ts';
import { type Answer, type Dispatcher, NoAsyncMode } from './dispatch.ts';
import { htmlReply } from './html-page.ts';
import type { HttpRoutes } from './http-routes.ts';
import type { Encoder, Encoders } from './marshal/encoder.ts';

export interface ApiServerOptions {
  readonly dispatcher: Dispatcher;
  readonly encoders: Encoders;
  /** What is served beside calls. */
  readonly routes: HttpRoutes;
}

const common = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'X-Requested-With',
  'cache-control': 'no-cache, no-store',
};
// Exactly these, without a charset: clients compare them letter by letter.
const xmlHeaders = { 'content-type': 'text/xml', ...common };
const jsonHeaders = { 'content-type': 'application/json', ...common };

function notFound(request: HttpRequest): HttpReply {
  const sentence = `There is nothing at ${request.path}. Calls are made with POST.`;
  return htmlReply(404, 'Not found', sentence, { close: false });
}

function isJsonPath(request: HttpRequest): boolean {
  return request.path.startsWith('/jsonrpc');
}

function onlyPost(): HttpReply {
  const sentence =
    'Calls in JSON-RPC are made with POST: the body is the call, such as {"jsonrpc":"2.0","id":1,"method":…}.';
  return htmlReply(405, 'Method not allowed', sentence, { close: false, headers: { allow: 'POST, OPTIONS' } });
}

export class ApiServer {
  readonly #options: ApiServerOptions;

  constructor(options: ApiServerOptions) {
    this.#options = options;
  }

  handle(request: HttpRequest): HttpReply | Promise<HttpReply> {
    switch (request.method) {
      case 'POST':
        return this.#call(request, isJsonPath(request));
      case 'OPTIONS':
        return this.#preflight(request);
      case 'GET':
      case 'HEAD':
      case 'PUT':
        return isJsonPath(request) ? onlyPost() : (this.#options.routes.handle(request) ?? notFound(request));
      default:
        return htmlReply(501, 'Not implemented', `The method ${request.method} is not known here.`);
    }
  }

  #preflight(request: HttpRequest): HttpReply {
    const asked = request.headers['access-control-request-headers'];
    const allowed = asked === undefined ? 'X-Requested-With' : `${asked}, X-Requested-With`;
    const headers = {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': allowed,
      'access-control-allow-methods': 'PUT',
    };
    return { status: 200, headers, body: '' };
  }

  #call(request: HttpRequest, isJson: boolean): HttpReply | Promise<HttpReply> {
    let call: RpcCall;
    try {
      call = isJson ? readJsonCall(request.body) : readXmlCall(request.body);
    } catch (thrown) {
      if (thrown instanceof MalformedRequest) return htmlReply(500, 'Malformed request', thrown.message);
      throw thrown;
    }
    const encoder = isJson ? this.#options.encoders.json : this.#options.encoders.xml;
    const headers = isJson ? jsonHeaders : xmlHeaders;
    try {
      const answer = this.#options.dispatcher.dispatch(call, request);
      if (!(answer instanceof Promise)) return { status: 200, headers, body: encode(encoder, call, answer) };
      return answer.then(
        (done) => ({ status: 200, headers, body: encode(encoder, call, done) }),
        (thrown: unknown) => ({ status: 200, headers, body: this.#failure(encoder, call, thrown) }),
      );
    } catch (thrown) {
      return { status: 200, headers, body: this.#failure(encoder, call, thrown) };
    }
  }

  #failure(encoder: Encoder, call: RpcCall, thrown: unknown): HttpBody {
    if (thrown instanceof NoAsyncMode) return encoder.failure(call, thrown.description);
    return encoder.failure(call, this.#options.dispatcher.describe(thrown));
  }
}

function encode(encoder: Encoder, call: RpcCall, answer: Answer): HttpBody {
  return answer.bare === true
    ? encoder.bare(call, answer.type, answer.value)
    : encoder.success(call, answer.type, answer.value);
}
