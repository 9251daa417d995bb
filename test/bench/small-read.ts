/** A small read over the Unix socket, against a bare node:http server that parses nothing and returns the same bytes. */
import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLinuxWorld } from '../../src/world/linux/world.ts';
import { ApiClient } from '../lib/api-client.ts';
import { type AgentProcess, startAgentProcess, stopProcess, untilPrinted } from './agent-process.ts';
import type { BenchRow } from './row.ts';

const connections = 16;
const roundMs = 1500;
const rounds = 7;
const run = promisify(execFile);

interface Request {
  readonly name: string;
  readonly path: string;
  readonly body: string;
  readonly least: number;
}

/** One request by hand: the whole reply as it came over the wire. */
function replyTo(socketPath: string, request: Request): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () =>
      socket.end(
        `POST ${request.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${request.body.length}\r\n\r\n${request.body}`,
      ),
    );
    let text = '';
    socket.on('data', (piece) => {
      text += String(piece);
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}

async function repliesPerSecond(socketPath: string, request: Request, replyBytes: number): Promise<number> {
  const program = join(import.meta.dirname, 'http-load.ts');
  const body = Buffer.from(request.body).toString('base64');
  const args = [program, socketPath, String(connections), String(roundMs), String(replyBytes), request.path, body];
  const { stdout } = await run(process.execPath, args);
  return Number(stdout);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Bytes of a reply on a connection that is kept: what the wire says, with the headers that differ in length counted. */
async function keptReplyBytes(socketPath: string, request: Request): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () =>
      socket.write(
        `POST ${request.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${request.body.length}\r\n\r\n${request.body}`,
      ),
    );
    let text = '';
    socket.on('data', (piece) => {
      text += String(piece);
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      if (head < 0 || text.length < head + 4 + length) return;
      socket.destroy();
      resolve(head + 4 + length);
    });
    socket.on('error', reject);
  });
}

async function compare(agent: AgentProcess, request: Request): Promise<BenchRow[]> {
  const file = join(agent.directory, `${request.name}.reply`);
  const barePath = join(agent.directory, `${request.name}.sock`);
  await writeFile(file, await replyTo(agent.socketPath, request));
  const program = join(import.meta.dirname, 'bare-server.ts');
  const bare = spawn(process.execPath, [program, barePath, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await untilPrinted(bare, 'listening');
    const bytes = await keptReplyBytes(agent.socketPath, request);
    const bareBytes = await keptReplyBytes(barePath, request);
    const ours: number[] = [];
    const ratios: number[] = [];
    for (let round = -1; round < rounds; round += 1) {
      const limit = await repliesPerSecond(barePath, request, bareBytes);
      const figure = await repliesPerSecond(agent.socketPath, request, bytes);
      // The first round warms both up.
      if (round < 0) continue;
      ours.push(figure);
      ratios.push(figure / limit);
    }
    const ratio = median(ratios);
    const name = `1. host.get_uuid over ${request.name}, ${connections} connections`;
    return [
      {
        name: `${name}, against bare node:http`,
        value: ratio,
        unit: 'x',
        target: `>= ${request.least}`,
        ok: ratio >= request.least,
      },
      { name, value: median(ours), unit: '1/s', target: '', ok: undefined },
    ];
  } finally {
    await stopProcess(bare);
  }
}

export async function benchSmallRead(): Promise<BenchRow[]> {
  const agent = await startAgentProcess();
  const world = createLinuxWorld({ log: { level: 'error' } });
  try {
    const api = await new ApiClient(world.http, { socketPath: agent.socketPath }).login();
    const [host = ''] = await api.call<string[]>('host.get_all');
    const json = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'host.get_uuid', params: [api.session, host] });
    const param = (text: string): string => `<param><value><string>${text}</string></value></param>`;
    const xml = `<?xml version="1.0"?><methodCall><methodName>host.get_uuid</methodName><params>${param(api.session)}${param(host)}</params></methodCall>`;
    return [
      ...(await compare(agent, { name: 'JSON-RPC', path: '/jsonrpc', body: json, least: 0.75 })),
      ...(await compare(agent, { name: 'XML-RPC', path: '/', body: xml, least: 0.7 })),
    ];
  } finally {
    await agent.stop();
    await world.close();
  }
}
