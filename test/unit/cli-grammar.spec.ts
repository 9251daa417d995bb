import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Catalogue } from '../../src/cli/catalogue.ts';
import { UsageError } from '../../src/cli/failure.ts';
import { findMessage } from '../../src/cli/grammar/calls.ts';
import { helpTopic, parseCommand } from '../../src/cli/grammar/index.ts';
import { parseOptions } from '../../src/cli/options.ts';
import { namedClass, planChanges, planSource, self } from '../../src/cli/plan.ts';
import { synonyms } from '../../src/cli/synonyms.ts';
import { Lookup } from '../../src/cli/values.ts';

const catalogue = new Catalogue();
const uuid = '5b0dc71c-2f9d-4f0a-9a3e-6f3a0c9f7a10';

const parse = (...words: readonly string[]) => parseCommand(catalogue, words);

/** The calls of a command that changes something, as `method arg …`. */
function calls(...words: readonly string[]): readonly string[] {
  const command = parse(...words);
  assert.ok(command.verb === 'set' || command.verb === 'add' || command.verb === 'remove' || command.verb === 'clear');
  return planChanges(catalogue, command).map(({ method, args }) => {
    assert.equal(args[0], self);
    return [method, ...args.slice(1).map((arg) => JSON.stringify(arg))].join(' ');
  });
}

const refused = (pattern: RegExp, ...words: readonly string[]): void => {
  assert.throws(
    () => parse(...words),
    (error: unknown) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, pattern);
      return true;
    },
  );
};

describe('the grammar of the command line', () => {
  it('gives every command one meaning', () => {
    const names = catalogue.all().map((command) => command.name);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.equal(catalogue.find(name)?.name, name);
  });

  it('reads classes and fields in any case, with - or _', () => {
    const command = parse('VM_list', 'Power_State=running', 'params=VBDS,vcpus-max');
    assert.ok(command.verb === 'list');
    assert.equal(command.class, 'VM');
    assert.equal(command.where[0]?.field.name, 'power_state');
    assert.deepEqual(
      command.params?.map(({ field }) => field.name),
      ['VBDs', 'VCPUs_max'],
    );
  });

  it('leaves templates and snapshots out of vm-list unless they are asked for', () => {
    const fields = (...words: readonly string[]): readonly string[] => {
      const command = parse(...words);
      assert.ok(command.verb === 'list');
      return command.where.map(({ field, text, negated }) => `${field.name}${negated ? '/=' : '='}${text}`);
    };
    assert.deepEqual(fields('vm-list'), ['is_a_template=false', 'is_a_snapshot=false']);
    assert.deepEqual(fields('vm-list', 'is-a-template=true'), ['is_a_template=true', 'is_a_snapshot=false']);
    assert.deepEqual(fields('vm-list', `uuid=${uuid}`), [`uuid=${uuid}`]);
    assert.deepEqual(fields('snapshot-list', 'name-label=/=x'), ['name_label/=x', 'is_a_snapshot=true']);
    assert.deepEqual(fields('host-list'), []);
  });

  it('turns changes into the calls of the API', () => {
    assert.deepEqual(calls('vm-param-set', `uuid=${uuid}`, 'name-label=a=b', 'other-config:x=1', 'user-version=2'), [
      'VM.set_name_label "a=b"',
      'VM.remove_from_other_config "x"',
      'VM.add_to_other_config "x" "1"',
      'VM.set_user_version 2',
    ]);
    assert.deepEqual(calls('vm-param-add', `uuid=${uuid}`, 'param-name=other-config', 'x=1', 'y=2'), [
      'VM.add_to_other_config "x" "1"',
      'VM.add_to_other_config "y" "2"',
    ]);
    assert.deepEqual(calls('vm-param-add', 'name-label=web1', 'param-name=tags', 'a', 'b=c'), [
      'VM.add_tags "a"',
      'VM.add_tags "b=c"',
    ]);
    assert.deepEqual(calls('pool-param-remove', 'param-name=tags', 'param-key=a'), ['pool.remove_tags "a"']);
    assert.deepEqual(calls('vm-param-clear', `uuid=${uuid}`, 'param-name=xenstore-data'), ['VM.set_xenstore_data {}']);
    assert.deepEqual(calls('pool-param-clear', 'param-name=default-SR'), ['pool.set_default_SR "OpaqueRef:NULL"']);
  });

  it('finds writers that take what it gives them, for every field', () => {
    for (const word of catalogue.classWords) {
      for (const field of catalogue.apiClass(catalogue.className(word) ?? '').recordFields) {
        const { set, add, remove } = catalogue.writers(field);
        const what = `${field.class}.${field.name}`;
        const isMap = field.type.kind === 'map';
        if (set !== undefined) assert.deepEqual(set.params[1]?.type, field.type, what);
        assert.equal(set?.params.length ?? 2, 2, what);
        assert.equal(add?.params.length ?? (isMap ? 3 : 2), isMap ? 3 : 2, what);
        assert.equal(remove?.params.length ?? 2, 2, what);
        assert.equal(add === undefined, remove === undefined, what);
      }
    }
  });

  it('says how to select an object, and which field cannot be changed so', () => {
    refused(/Say which VM with uuid= or name-label=/, 'vm-param-list');
    refused(/Say which VM with uuid=\./, 'vm-param-set', 'name-label=x');
    refused(/power-state of a VM cannot be changed/, 'vm-param-set', `uuid=${uuid}`, 'power-state=Running');
    refused(/name-label is neither a map nor a set/, 'vm-param-add', `uuid=${uuid}`, 'param-name=name-label', 'x');
    refused(/is-a-template cannot be empty/, 'vm-param-clear', `uuid=${uuid}`, 'param-name=is-a-template');
    refused(/does not take uid=\. Did you mean uuid\?/, 'pool-param-list', `uid=${uuid}`);
    refused(/uuid= is given twice/, 'vm-param-list', `uuid=${uuid}`, `uuid=${uuid}`);
    refused(/Expected name=value, not "web1"/, 'vm-list', 'web1');
  });

  it('reads one key of a map as a column or a field', () => {
    const list = parse('vm-list', 'params=name-label,other-config:a:b');
    assert.ok(list.verb === 'list');
    assert.deepEqual(
      list.params?.map(({ field, key }) => [field.name, key]),
      [
        ['name_label', undefined],
        ['other_config', 'a:b'],
      ],
    );
    const get = parse('pool-param-get', 'param-name=other-config:a');
    assert.ok(get.verb === 'get');
    assert.equal(get.key, 'a');
    assert.deepEqual(calls('pool-param-remove', 'param-name=other-config:a'), ['pool.remove_from_other_config "a"']);
    refused(/name-label has no keys/, 'vm-list', 'params=name-label:a');
    refused(/name-label has no keys/, 'pool-param-get', 'param-name=name-label:a');
    refused(/not both/, 'pool-param-get', 'param-name=other-config:a', 'param-key=b');
    refused(/without a key/, 'pool-param-clear', 'param-name=other-config:a');
    refused(/names no key/, 'pool-param-set', 'other-config:=a');
  });

  it('refuses conditions that nothing can satisfy', () => {
    const texts = (...words: readonly string[]) => {
      const command = parse(...words);
      assert.ok(command.verb === 'list');
      return command.where.map(({ text }) => text);
    };
    assert.deepEqual(texts('host-list', 'enabled=yes'), ['true']);
    assert.deepEqual(texts('network-list', 'MTU=/=1KiB'), ['1024']);
    refused(/enabled must be true or false/, 'host-list', 'enabled=maybe');
    refused(/power-state must be one of/, 'vm-list', 'power-state=bogus');
    refused(/MTU must be a whole number/, 'network-list', 'MTU=abc');
    refused(/power-state must be one of/, 'event-wait', 'class=vm', 'power-state=/=bogus');
  });

  it('takes names of objects where their references are compared, if they have names', () => {
    const condition = (...words: readonly string[]) => {
      const command = parse(...words);
      assert.ok(command.verb === 'list' && command.where[0] !== undefined);
      return command.where[0];
    };
    assert.equal(namedClass(condition('pif-list', 'host=alpha')), 'host');
    assert.equal(namedClass(condition('pool-list', 'master=/=alpha')), 'host');
    assert.equal(namedClass(condition('host-list', 'resident-VMs=web1')), 'VM');
    for (const text of [uuid, 'OpaqueRef:x', 'null', '', '<not in database>'])
      assert.equal(namedClass(condition('pif-list', `host=${text}`)), undefined);
    assert.equal(namedClass(condition('host-list', `resident-VMs=${uuid}; ${uuid}`)), undefined);
    assert.equal(namedClass(condition('pif-list', 'device=eth0')), undefined);
    refused(/metrics must be the uuid of a PIF_metrics, not "eth0"/, 'pif-list', 'metrics=eth0');
  });

  it('knows what commands of xe are called here', () => {
    for (const [theirs, ours] of Object.entries(synonyms)) {
      assert.equal(catalogue.find(theirs), undefined, theirs);
      for (const words of ours) {
        const [command, ...rest] = words.split(' ');
        assert.ok(catalogue.find(command ?? ''), words);
        if (command === 'db') assert.match(catalogue.find('db')?.usage ?? '', new RegExp(rest[0] ?? '-'));
        if (command === 'call') assert.ok(findMessage(catalogue, rest[0] ?? ''), words);
      }
    }
    refused(/xe calls so is vm-clean-shutdown or vm-hard-shutdown here/, 'VM_shutdown', 'uuid=x');
    refused(/There is no command constructor\.$/, 'constructor');
  });

  it('explains the command that --help stands beside, and refuses words that it could not have', () => {
    const topic = (...words: readonly string[]) => helpTopic(catalogue, words);
    assert.equal(topic(), undefined);
    assert.equal(topic('vm-list', 'name-label=x'), 'vm-list');
    assert.equal(topic('pool-param-add', 'param-name=tags', 'x'), 'pool-param-add');
    assert.equal(topic('config', 'show'), 'config');
    assert.equal(topic('call', 'VM.start', 'web1'), 'VM.start');
    assert.equal(topic('help', 'vm-list'), 'vm-list');
    assert.throws(() => topic('vm-list', 'extra'), /explains one command, vm-list; "extra" is too much/);
    assert.throws(() => topic('VM', 'extra'), /"extra" is too much/);
    assert.throws(() => topic('status', 'extra'), /status takes nothing after it/);
  });

  it('names every field that a constructor lacks', () => {
    refused(/vm-create also needs user-version=, .*PCI-bus=, recommendations=/, 'vm-create', 'name-label=foo');
  });

  it('refuses words that it would not read', () => {
    refused(/status takes nothing after it; "extra" is too much/, 'status', 'extra');
    refused(/version takes nothing/, 'version', 'foo');
    refused(/help takes one word after it; "start"/, 'help', 'vm', 'start');
    refused(/completion takes one word/, 'completion', 'bash', 'zsh');
  });

  it('calls messages by their name, arguments in order', () => {
    const command = parse('call', 'async.vm_start', 'web1', 'false', 'yes');
    assert.ok(command.verb === 'call');
    assert.equal(command.message.name, 'VM.start');
    assert.equal(command.async, true);
    assert.deepEqual(command.args, [new Lookup('VM', 'name-label', 'web1'), false, true]);
    refused(/VM\.start takes VM\.start\(vm, start_paused, force\); 1 given/, 'call', 'VM.start', 'web1');
    refused(/VM has no message strat\. Did you mean start\?/, 'call', 'VM.strat');
    refused(/There is no class VN\./, 'call', 'VN.start');
    refused(/VM\.get_uuid cannot run as a task/, 'call', 'Async.VM.get_uuid', uuid);
  });

  it('gives operations their arguments by name, and defaults up to the last one given', () => {
    const disable = parse('host-disable', 'name-label=alpha');
    assert.ok(disable.verb === 'call');
    assert.deepEqual(disable.args, []);
    assert.deepEqual(disable.select, new Lookup('host', 'name-label', 'alpha'));
    const create = parse('network-create', 'name-label=lan', 'other-config:a=1', 'other-config:b=2', 'MTU=9000');
    assert.ok(create.verb === 'call');
    // Maps and sets that have no default are empty; other fields are left to the agent.
    const bare = parse('network-create', 'name-label=lan');
    assert.ok(bare.verb === 'call');
    assert.deepEqual(bare.args, [{ name_label: 'lan', other_config: {} }]);
    assert.deepEqual(create.args, [{ name_label: 'lan', other_config: { a: '1', b: '2' }, MTU: 9000 }]);
    // Switches that are not named are off, and maps empty, up to what the agent must have.
    const start = parse('vm-start', `uuid=${uuid}`, 'force=yes');
    assert.ok(start.verb === 'call');
    assert.deepEqual(start.args, [false, true]);
    const cancel = parse('task-cancel', `uuid=${uuid}`);
    assert.ok(cancel.verb === 'call' && cancel.select instanceof Lookup);
    refused(/vm-clone needs new-name=/, 'vm-clone', `uuid=${uuid}`);
    refused(/does not take new-nme=\. Did you mean new-name\?/, 'vm-clone', `uuid=${uuid}`, 'new-name=x', 'new-nme=y');
  });

  it('asks for the objects that conditions name, not for all', () => {
    const source = (...words: readonly string[]) => {
      const command = parse(...words);
      assert.ok(command.verb === 'list');
      return planSource(command.where);
    };
    assert.deepEqual(source('vm-list', `uuid=${uuid}`), { by: 'uuid', text: uuid });
    assert.deepEqual(source('vm-list', 'name-label=x'), { by: 'name-label', text: 'x' });
    assert.deepEqual(source('vm-list', 'name-label=/=x'), { by: 'all' });
  });

  it('either understands a line or says why not, whatever the line', () => {
    const names = catalogue.all().map((command) => command.name);
    const word = fc.oneof(
      fc.constantFrom(
        'uuid=x',
        'params=all',
        'param-name=other-config',
        'param-key=',
        'name-label=',
        'other-config:a=1',
        '-',
        '=',
        'class=vm',
      ),
      fc.string({ maxLength: 12 }),
      fc
        .tuple(fc.constantFrom('tags', 'self', 'power-state', '__proto__', 'constructor'), fc.string({ maxLength: 6 }))
        .map((pair) => pair.join('=')),
    );
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...names), fc.string()), fc.array(word, { maxLength: 5 }), (name, words) => {
        try {
          assert.equal(typeof parse(name, ...words).verb, 'string');
        } catch (error) {
          assert.ok(error instanceof UsageError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('reads back any values that a list of conditions was written from', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.startsWith('/=')),
        fc.boolean(),
        (text, negated) => {
          const command = parse('host-list', `hostname=${negated ? '/=' : ''}${text}`);
          assert.ok(command.verb === 'list');
          const { field, ...rest } = command.where[0] ?? assert.fail();
          assert.equal(field.name, 'hostname');
          assert.deepEqual(rest, { text, negated });
        },
      ),
    );
  });
});

describe('the options of the command line', () => {
  it('may stand anywhere, until --', () => {
    const { options, words } = parseOptions([
      '--socket=/a',
      'call',
      '--json',
      'VM.x',
      '--timeout',
      '1.5',
      '--',
      '--json',
    ]);
    assert.deepEqual(words, ['call', 'VM.x', '--json']);
    assert.equal(options.socket, '/a');
    assert.equal(options.timeoutMs, 1500);
    assert.equal(options.json, true);
    assert.equal(options.minimal, false);
  });

  it('are refused when they contradict or lack something', () => {
    for (const argv of [
      ['--socket'],
      ['--timeout', 'soon'],
      ['--timeout=0'],
      ['--json=1'],
      ['--nope'],
      ['--json', '--minimal'],
      ['--dir=a', '--socket=b'],
    ]) {
      assert.throws(() => parseOptions(argv), UsageError, argv.join(' '));
    }
  });

  it('say what there is instead of those of xe', () => {
    const refusal = (...argv: readonly string[]): string => {
      try {
        parseOptions(argv);
      } catch (thrown) {
        if (thrown instanceof UsageError) return thrown.message;
      }
      return assert.fail('it is taken');
    };
    assert.match(refusal('vm-list', '--multiple'), /^There is no option --multiple\. A command changes one object/);
    assert.match(refusal('-s', 'host', 'vm-list'), /^There is no option -s\. .*--socket/);
    assert.equal(refusal('-x'), 'There is no option -x.');
    assert.match(refusal('--minimall'), /Did you mean --minimal\?$/);
    assert.equal(refusal('--constructor'), 'There is no option --constructor.');
  });
});
