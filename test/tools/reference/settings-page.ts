/** The page of settings, from their table. */
import { changeInWords } from '../../../src/settings/document.ts';
import { variableOf } from '../../../src/settings/sources.ts';
import { defaultDirectory, settingDefinitions } from '../../../src/settings/table.ts';
import { code, page } from './markdown.ts';

export function settingsPage(): string {
  const place = { directory: defaultDirectory, own: false };
  let group = '';
  const parts = Object.entries(settingDefinitions).flatMap(([key, definition]) => {
    const heading = definition.group === group ? [] : [`## ${definition.group}`];
    group = definition.group;
    const initial = definition.initial(place);
    const known = initial === '' ? 'There is no default.' : `The default is ${code(initial)}.`;
    return [
      ...heading,
      `### ${key}`,
      `${definition.doc} ${changeInWords(definition)}`,
      `Takes ${definition.expects}. ${known} In the environment: ${code(variableOf(key))}.`,
    ];
  });
  return page('Settings', [
    'Every key of the settings file. [The guide](../guides/configuration.md) says where settings come from and when changes count.',
    ...parts,
  ]);
}
