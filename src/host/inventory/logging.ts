/** Where rsyslog sends the logs of the machine. */
import type { Sources } from './sources.ts';

/** Where rsyslog looks for parts of its configuration. */
export const syslogFolder = '/etc/rsyslog.d';
export const syslogMain = '/etc/rsyslog.conf';
/** The part that the agent writes. */
export const ownSyslogPart = `${syslogFolder}/70-quorate-forward.conf`;

export interface LoggingFacts {
  /** Where the agent's own part sends everything, as `host` or `host:port`; empty when there is none. */
  readonly own: string;
  /** Where the rest of the configuration sends anything, in its own notation: `@host:port` over UDP, `@@host:port` over TCP. */
  readonly others: readonly string[];
}

interface Destination {
  readonly host: string;
  readonly port: string;
  readonly tcp: boolean;
}

function withPort({ host, port }: Destination): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The end of a line of the old notation: `@host`, options such as compression in brackets before the name. */
const oldLine = /\s(@@?)(?:\([^)]*\))?(?:\[([\da-f:.%]+)\]|([\w.-]+))(?::(\d{1,5}))?(?:;\S*)?$/i;

/** Every place that a text of rsyslog's configuration sends messages to. What is not understood is left out. */
export function parseDestinations(text: string): readonly Destination[] {
  const found: Destination[] = [];
  const plain = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n');
  for (const line of plain.split('\n')) {
    const [, mark, bracketed, name, port = '514'] = oldLine.exec(line.trim()) ?? [];
    const host = bracketed ?? name;
    if (mark !== undefined && host !== undefined) found.push({ host, port, tcp: mark === '@@' });
  }
  for (const [, parameters = ''] of plain.matchAll(/\baction\s*\(((?:"(?:\\.|[^"\\])*"|[^")])*)\)/gi)) {
    const value = (name: string): string =>
      new RegExp(`(?:^|\\s)${name}\\s*=\\s*"((?:\\\\.|[^"\\\\])*)"`, 'i').exec(parameters)?.[1] ?? '';
    const host = value('target');
    const port = value('port') || '514';
    if (value('type').toLowerCase() !== 'omfwd' || !/^[\w.:%-]{1,253}$/.test(host) || !/^\d{1,5}$/.test(port)) continue;
    found.push({ host, port, tcp: value('protocol').toLowerCase() === 'tcp' });
  }
  return found;
}

export async function readLogging(sources: Sources): Promise<LoggingFacts> {
  const names = (await sources.list(syslogFolder)).filter((name) => name.endsWith('.conf')).sort();
  const paths = [syslogMain, ...names.map((name) => `${syslogFolder}/${name}`)].filter(
    (path) => path !== ownSyslogPart,
  );
  const [own, ...others] = await Promise.all(
    [ownSyslogPart, ...paths].map(async (path) => parseDestinations((await sources.file(path)) ?? '')),
  );
  const first = own?.[0];
  const everyOther = others.flat().map((one) => `${one.tcp ? '@@' : '@'}${withPort(one)}`);
  return {
    own: first === undefined ? '' : first.port === '514' ? first.host : withPort(first),
    others: [...new Set(everyOther)],
  };
}
