/** The settings file as it is installed, from the table. Pure. */
import { variableOf } from './sources.ts';
import { type SettingDefinition, settingDefinitions } from './table.ts';

const columns = 118;

/** Text in comment lines. */
function comment(text: string): string {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(/\s+/)) {
    if (line.length + 1 + word.length > columns) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}

const place = { directory: '/var/lib/quorate', own: false };

/** The default as text, for an agent that is installed; where there is none, what a value looks like. */
export function shownDefault({ initial, example }: SettingDefinition): string {
  return initial(place) || (example ?? '');
}

/** When a change of a setting counts, in words. */
export function changeInWords({ change }: SettingDefinition): string {
  return change === 'live' ? 'A change counts at once.' : 'A change counts when the agent is started anew.';
}

const introduction = [
  'Settings of the agent. Installed as /etc/quorate/xapi.conf.',
  'One "key = value" a line; a line that begins with # is a comment. Every key stands here with its default.',
  `Over this file come the files xapi.conf.d/*.conf beside it in the order of their names, then the environment (${variableOf('log-level')} for log-level), then what is given to quorated on its command line.`,
  'The files are read again when one of them changes. What is wrong with them is written to the log, with file and line; until it is mended the settings before stay in force. "quorate config show" tells what is in force and why.',
];

/** etc/xapi.conf. */
export function settingsFileText(): string {
  const parts = [introduction.map(comment).join('\n')];
  let group = '';
  for (const [key, definition] of Object.entries(settingDefinitions)) {
    if (definition.group !== group) {
      group = definition.group;
      parts.push(`# --- ${group} ---`);
    }
    const line = `#${key} = ${shownDefault(definition)}`.trimEnd();
    parts.push(`${comment(`${definition.doc} ${changeInWords(definition)}`)}\n${line}`);
  }
  return `${parts.join('\n\n')}\n`;
}
