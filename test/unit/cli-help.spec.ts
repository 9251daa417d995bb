import assert from 'node:assert/strict';
import { Catalogue } from '../../src/cli/catalogue.ts';
import { explain } from '../../src/cli/explain.ts';
import { UsageError } from '../../src/cli/failure.ts';
import { helpPage, overview } from '../../src/cli/help.ts';
import { renderTable } from '../../src/cli/table.ts';

const catalogue = new Catalogue();
const style = { bold: String, columns: 80 };

describe('the help of the command line', () => {
  it('has a page for every command, class and message', () => {
    const messages = catalogue.classWords.flatMap(
      (word) => catalogue.apiClass(catalogue.className(word) ?? '').messages,
    );
    const topics = [
      ...catalogue.all().map((command) => command.name),
      ...catalogue.classWords,
      ...messages.map((message) => message.name),
      'commands',
      'errors',
      'vm_is_template',
    ];
    for (const topic of topics) {
      const page = helpPage(catalogue, topic, style);
      assert.ok(page.length > 40 && page.endsWith('\n'), topic);
      assert.ok(!page.includes('undefined'), page);
    }
  });

  it('says what must be given and what is not there yet', () => {
    const create = helpPage(catalogue, 'vm-create', style);
    assert.match(create, /memory-static-max [^\n]*\n? *Required/);
    assert.doesNotMatch(create, /name-label [^\n]*Required/);
    const notYet = /Not there yet: answers NOT_IMPLEMENTED\./;
    for (const topic of ['pool-join', 'pool.join']) assert.match(helpPage(catalogue, topic, style), notYet);
    assert.doesNotMatch(helpPage(catalogue, 'VM.get_all', style), notYet);
    assert.match(explain(catalogue, 'NOT_IMPLEMENTED', ['pool.join']), /docs\/reference\/waiting\.md/);
  });

  it('fits the terminal, but for words that are longer than it', () => {
    for (const topic of ['vm-list', 'vm', 'host-param-set', 'VM.start', 'commands', 'errors']) {
      for (const line of helpPage(catalogue, topic, style).split('\n')) {
        const longest = Math.max(
          ...line
            .trim()
            .split(/\s+/)
            .map((word) => word.length),
        );
        assert.ok(line.length <= 80 || longest > 20, line);
      }
    }
  });

  it('shows every class and every command of its own at first sight', () => {
    const page = overview(catalogue, style);
    for (const word of [...catalogue.classWords, ...catalogue.builtIns.map((command) => command.name)]) {
      assert.ok(page.includes(word), word);
    }
  });

  it('shows only the fields that a command can change', () => {
    assert.match(helpPage(catalogue, 'vm-param-set', style), /name-label \( RW\)/);
    assert.doesNotMatch(helpPage(catalogue, 'vm-param-set', style), /\bpower-state\b/);
    assert.match(helpPage(catalogue, 'network-create', style), /^ {2}MTU \( RW\) +int/m);
  });

  it('suggests a topic', () => {
    assert.throws(
      () => helpPage(catalogue, 'vm-lits', style),
      (error: unknown) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, /Did you mean vm-list\?/);
        return true;
      },
    );
  });
});

describe('an error of the API', () => {
  it('is a sentence with its parameters by name', () => {
    assert.match(
      explain(catalogue, 'VM_IS_TEMPLATE', ['OpaqueRef:x']),
      /^VM_IS_TEMPLATE \(vm OpaqueRef:x\): [A-Z].+\.$/,
    );
    assert.match(
      explain(catalogue, 'MESSAGE_PARAMETER_COUNT_MISMATCH', ['VM.start', '3', '1']),
      /See: quorate help VM\.start$/,
    );
    assert.match(explain(catalogue, 'HANDLE_INVALID', ['host_cpu', 'x']), /See them with: quorate host-cpu-list$/);
  });

  it('is told as it is when the program does not know it', () => {
    assert.match(
      explain(catalogue, 'SOMETHING_NEW', ['a', 'b']),
      /^SOMETHING_NEW \(a, b\): This program does not know/,
    );
    assert.match(explain(catalogue, 'constructor', []), /^constructor: This program does not know/);
  });
});

describe('a table', () => {
  const bold = (text: string): string => `<${text}>`;

  it('has aligned columns, wide characters counted, and cuts long cells', async () => {
    const table = await renderTable(
      ['a', 'b'],
      [
        ['日本', 'x'],
        ['foo', 'y'.repeat(70)],
      ],
      200,
      String,
    );
    assert.equal(table, `a     b\n日本  x\nfoo   ${'y'.repeat(59)}…\n`);
  });

  it('is none where it does not fit', async () => {
    const rows = [['abcdef', 'x']];
    assert.notEqual(await renderTable(['a', 'b'], rows, 9, String), undefined);
    assert.equal(await renderTable(['a', 'b'], rows, 8, String), undefined);
    assert.match((await renderTable(['a'], [['\u001b[2J']], 20, bold)) ?? '', /^<a>\n\\u001b\[2J\n$/);
  });
});
