import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { LaboratoryProcess } from '../../../conformance/laboratory.ts';

/** Set in the flags of a process that is on its way out. */
const exiting = 0x4;

interface Status {
  readonly state: string;
  readonly parent: number;
  readonly flags: number;
}

/** Of /proc/PID/stat, behind the name, which may hold anything. Undefined when there is no such process. */
function statusOf(pid: number): Status | undefined {
  const text = tryTo(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  if (text === undefined) return undefined;
  const [state = '', parent = '', , , , , flags = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state, parent: Number(parent), flags: Number(flags) };
}

export function isGone(pid: number): boolean {
  const status = statusOf(pid);
  return status === undefined || status.state === 'Z' || (status.flags & exiting) !== 0;
}

/** Such as `pid:[4026531836]`; undefined when the process has gone. */
export function namespaceOf(pid: number | 'self', kind: string): string | undefined {
  return tryTo(() => readlinkSync(`/proc/${pid}/ns/${kind}`));
}

export function childrenOf(pid: number): number[] {
  const text = tryTo(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')) ?? '';
  return text.split(' ').filter(Boolean).map(Number);
}

/** What runs in a host, but its process 1 and what that waits with. */
export function processesOf(init: number): LaboratoryProcess[] {
  const own = namespaceOf(init, 'pid');
  const found: LaboratoryProcess[] = [];
  if (own === undefined) return found;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === init || namespaceOf(pid, 'pid') !== own) continue;
    const status = statusOf(pid);
    const words = tryTo(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      ?.split('\0')
      .filter(Boolean);
    if (status === undefined || words === undefined || status.state === 'Z') continue;
    if (status.parent === init && words[0] === 'sleep' && words[1] === '2147483') continue;
    found.push({ pid, command: words.join(' ') });
  }
  return found;
}

function tryTo<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
