/** The command line of the daemon, as data. Pure. */
import { usualSettingsFile } from './settings/load.ts';
import { defaultDirectory, settingDefinition } from './settings/table.ts';

export interface DaemonOption {
  readonly name: 'dir' | 'listen' | 'config' | 'log-level' | 'version' | 'help';
  /** What its value is called; without one it is a switch. */
  readonly value?: string;
  readonly doc: string;
}

export const daemonOptions: readonly DaemonOption[] = [
  {
    name: 'dir',
    value: 'DIR',
    doc: 'keep everything of this agent below DIR: socket, database, certificate, log',
  },
  {
    name: 'listen',
    value: 'HOST:PORT',
    doc: 'serve TLS there and nowhere else; port 0 takes a free one; may be given several times',
  },
  {
    name: 'config',
    value: 'FILE',
    doc: `read settings from FILE and the files FILE.d/*.conf (default: ${usualSettingsFile} when it is there)`,
  },
  { name: 'log-level', value: 'LEVEL', doc: 'error, warn, info or debug' },
  { name: 'version', doc: 'print the version' },
  { name: 'help', doc: 'print this' },
];

const socket = settingDefinition('socket')?.initial({ directory: defaultDirectory, own: false }) ?? '';

export const daemonPlaces = `Without --dir the socket is ${socket} and the state is in ${defaultDirectory}.`;

/** What --help prints. */
export function daemonUsage(): string {
  const lines = daemonOptions.map(
    ({ name, value, doc }) => `  ${`--${name}${value === undefined ? '' : ` ${value}`}`.padEnd(19)}  ${doc}`,
  );
  return `Usage: quorated [options]\n\n${lines.join('\n')}\n\n${daemonPlaces}\n`;
}
