/** What a request says of tasks beside its body: in headers, in a cookie or in the query. */
import type { HttpRequest } from '../world/world.ts';

export interface RequestContext {
  /** The call runs as this task, which the client made. */
  readonly task: string | undefined;
  /** New tasks are children of this one. */
  readonly subtaskOf: string | undefined;
  /** Goes into other_config of a task that is made for the call: header `x-http-other-config-K` as `http:K`. */
  readonly otherConfig: Readonly<Record<string, string>>;
}

const nothing: RequestContext = { task: undefined, subtaskOf: undefined, otherConfig: {} };
const configHeader = 'x-http-other-config-';

/** The cookies of a request. */
export function cookies(text: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const item of (text ?? '').split(';')) {
    const equals = item.indexOf('=');
    if (equals > 0) found.set(item.slice(0, equals).trim(), item.slice(equals + 1).trim());
  }
  return found;
}

/** Reads it; most requests say nothing of tasks, which is found out without making anything. */
export function requestContext(request: HttpRequest): RequestContext {
  const { headers, query } = request;
  let otherConfig: Record<string, string> | undefined;
  for (const name in headers) {
    if (!name.startsWith(configHeader)) continue;
    otherConfig ??= {};
    otherConfig[`http:${name.slice(configHeader.length)}`] = headers[name] ?? '';
  }
  const plain = headers['task-id'] === undefined && headers['subtask-of'] === undefined;
  if (plain && headers['cookie'] === undefined && query === '' && otherConfig === undefined) return nothing;
  const inCookies = cookies(headers['cookie']);
  const inQuery = new URLSearchParams(query);
  return {
    task: headers['task-id'] ?? inCookies.get('task_id') ?? inQuery.get('task_id') ?? undefined,
    subtaskOf: headers['subtask-of'] ?? inCookies.get('subtask_of') ?? inQuery.get('subtask_of') ?? undefined,
    otherConfig: otherConfig ?? {},
  };
}
