import assert from 'node:assert/strict';
import { ApiError, type RoleName } from '../../src/datamodel/index.ts';
import { HttpRoutes, type RouteHandler } from '../../src/rpc/http-routes.ts';
import type { OpenSession, SessionTable } from '../../src/rpc/sessions.ts';
import type { Outcome, TaskTable } from '../../src/rpc/tasks.ts';
import type { HttpReply, HttpRequest } from '../../src/world/world.ts';

const page: RouteHandler = () => ({ status: 200, headers: {}, body: 'page' });

/** Routes over one session with a role of one's choice; tells how its tasks ended. */
function routesFor(role: RoleName | undefined, run: RouteHandler = page) {
  const ended: (readonly [string, Outcome])[] = [];
  const { signal } = new AbortController();
  const session = { ref: 'OpaqueRef:s', kind: 'user', userName: 'u', superuser: false, role, signal } as OpenSession;
  const sessions: Pick<SessionTable, 'require'> = {
    require: (ref) => {
      if (ref !== session.ref) throw new ApiError('SESSION_INVALID', ref);
      return session;
    },
  };
  const tasks: Pick<TaskTable, 'assertOwner' | 'attach' | 'finish'> = {
    assertOwner: () => {},
    attach: (ref) => ({ ref, signal, progress: () => {} }),
    finish: (ref, outcome) => ended.push([ref, outcome]),
  };
  const routes = new HttpRoutes({
    world: { log: { debugOn: false, write: () => {} } },
    sessions: sessions as SessionTable,
    tasks: tasks as TaskTable,
    handlers: { host_rrd: run, rrd_updates: run, get_metrics: run, get_agent_status: run },
  });
  return { routes, ended };
}

function request(query: string, method = 'GET', path = '/metrics'): HttpRequest {
  const peer = { transport: 'tls', address: '192.0.2.1', trusted: false } as const;
  const { signal } = new AbortController();
  return { method, path, query, headers: {}, body: new Uint8Array(0), peer, connection: 1, signal };
}

async function answer(routes: HttpRoutes, asked: HttpRequest): Promise<HttpReply> {
  const reply = routes.handle(asked);
  assert.ok(reply !== undefined);
  return reply;
}

describe('routes beside calls', () => {
  it('let roles in that may read', async () => {
    for (const role of ['read-only', 'vm-operator', 'pool-admin'] as const) {
      assert.equal((await answer(routesFor(role).routes, request('session_id=OpaqueRef:s'))).status, 200);
    }
  });

  it('refuse a session without a role, and fail its task for the same reason', async () => {
    const { routes, ended } = routesFor(undefined);
    const reply = await answer(routes, request('session_id=OpaqueRef:s&task_id=OpaqueRef:t'));
    assert.equal(reply.status, 403);
    assert.ok(typeof reply.body === 'string');
    assert.match(reply.body, /RBAC_PERMISSION_DENIED, http\/get_metrics/);
    const [[ref, outcome] = []] = ended;
    assert.equal(ref, 'OpaqueRef:t');
    assert.ok(outcome?.kind === 'failure');
    assert.deepEqual(outcome.error.slice(0, 2), ['RBAC_PERMISSION_DENIED', 'http/get_metrics']);
    assert.equal(ended.length, 1);
  });

  it('fail the task when the page breaks, and tell nobody how', async () => {
    const { routes, ended } = routesFor('read-only', () => {
      throw new Error('a secret');
    });
    await assert.rejects(answer(routes, request('session_id=OpaqueRef:s&task_id=OpaqueRef:t')), /a secret/);
    assert.equal(ended[0]?.[1].kind, 'failure');
  });

  it('know nothing of other methods and paths', () => {
    const { routes } = routesFor('pool-admin');
    assert.equal(routes.handle(request('', 'PUT')), undefined);
    assert.equal(routes.handle(request('', 'GET', '/')), undefined);
    assert.equal(routes.handle(request('', 'GET', '/constructor')), undefined);
  });
});
