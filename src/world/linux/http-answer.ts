import type { ServerResponse } from 'node:http';
import { type ErrorPage, failurePage } from '../error-page.ts';
import type { HttpHandler, HttpReply, Log } from '../world.ts';
import type { Connection } from './http-connection.ts';
import { type ReplyTiming, sendSlices, sendWhole } from './http-reply.ts';
import type { Request } from './http-request.ts';

export interface Answering {
  readonly handler: HttpHandler;
  readonly limits: ReplyTiming;
  readonly log: Log;
}

/** A request on its way through the handler to the client. */
export class Exchange {
  readonly #answering: Answering;
  readonly #connection: Connection;
  readonly #request: Request;
  readonly #response: ServerResponse;
  readonly #isClosing: () => boolean;
  readonly #over: () => void;
  #isOver = false;

  /** `over` is called once, when the reply is with the kernel or the client is gone. */
  constructor(
    answering: Answering,
    connection: Connection,
    request: Request,
    response: ServerResponse,
    isClosing: () => boolean,
    over: () => void,
  ) {
    this.#answering = answering;
    this.#connection = connection;
    this.#request = request;
    this.#response = response;
    this.#isClosing = isClosing;
    this.#over = over;
  }

  /** Asks the handler; without a promise when it has none. Never throws. */
  begin(): void {
    let reply: HttpReply | Promise<HttpReply>;
    try {
      reply = this.#answering.handler(this.#request);
    } catch (error) {
      reply = this.#failed(error);
    }
    if (reply instanceof Promise) {
      reply.then(
        (made) => this.#send(made),
        (error: unknown) => this.#send(this.#failed(error)),
      );
    } else {
      this.#send(reply);
    }
  }

  #send(reply: HttpReply): void {
    this.#request.finish();
    if (this.#connection.gone) {
      this.#end();
      return;
    }
    try {
      this.#write(reply);
    } catch (error) {
      this.#broken(error);
    }
  }

  #write(reply: HttpReply): void {
    const { body } = reply;
    const close = reply.close === true || this.#isClosing();
    if (typeof body === 'string' || body instanceof Uint8Array) {
      if (sendWhole(this.#response, reply, body, close)) this.#end();
      else this.#endWhenSent();
      return;
    }
    this.#endWhenSent();
    sendSlices(this.#response, reply, body, close, this.#answering.limits).catch((error: unknown) =>
      this.#broken(error),
    );
  }

  /** The handler threw. One that gave up because its client is gone has done nothing wrong. */
  #failed(error: unknown): ErrorPage {
    if (this.#connection.open) this.#tell(error);
    return failurePage();
  }

  #tell(error: unknown): void {
    const { method, path } = this.#request;
    const reason = error instanceof Error ? error.message : String(error);
    this.#answering.log.write('error', 'http-handler-failed', `${method} ${path} failed: ${reason}`, {
      stack: error instanceof Error ? error.stack : undefined,
    });
  }

  /** A reply that could not be sent as it was: headers that HTTP does not allow, or slices that failed half way. */
  #broken(error: unknown): void {
    const page = this.#failed(error);
    this.#endWhenSent();
    if (this.#response.headersSent) this.#connection.socket.destroy();
    else sendWhole(this.#response, page, page.body, true);
  }

  #endWhenSent(): void {
    this.#response.once('close', this.#end);
    this.#connection.sending(this.#end);
  }

  readonly #end = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection.sent(this.#end);
    this.#over();
    this.#connection.done();
  };
}
