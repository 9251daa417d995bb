import assert from 'node:assert/strict';
import { array, assert as assertAlways, constantFrom, property, record, string } from 'fast-check';
import { nearest } from '../../src/lib/near-words.ts';
import { settingsFileText } from '../../src/settings/document.ts';
import {
  mergeLayers,
  readEnvironment,
  readFlags,
  readSettingsText,
  SettingsError,
  variableOf,
} from '../../src/settings/sources.ts';
import { settingDefinitions } from '../../src/settings/table.ts';
import { makeSettings } from '../../src/settings.ts';

const keys = Object.keys(settingDefinitions);

function valuesOf(text: string): Record<string, string> {
  const { values, faults } = readSettingsText(text, 'f');
  assert.deepEqual(faults, []);
  return Object.fromEntries([...values].map(([key, { value }]) => [key, value]));
}

function faultsOf(text: string): readonly string[] {
  return readSettingsText(text, '/etc/x.conf').faults;
}

describe('settings', () => {
  it('are read one a line, with everything after the first = as the value', () => {
    const text = '# a comment\n\n  log-level = debug\r\npam-service=a.b\nlisten = 0.0.0.0:443   [::]:443\n';
    assert.deepEqual(valuesOf(text), { 'log-level': 'debug', 'pam-service': 'a.b', listen: '0.0.0.0:443   [::]:443' });
  });

  it('know where each of them was given', () => {
    const { values } = readSettingsText('\nlog-level = debug', '/etc/x.conf');
    assert.deepEqual(values.get('log-level'), { value: 'debug', source: '/etc/x.conf, line 2' });
  });

  it('name the file and the line of what they refuse', () => {
    const first = (text: string): string => faultsOf(text)[0] ?? 'accepted';
    assert.equal(
      first('log-level = loud'),
      '/etc/x.conf, line 1: "log-level" must be one of error, warn, info, debug, not "loud".',
    );
    assert.match(first('\nnonsense'), /^\/etc\/x\.conf, line 2: expected "key = value"/);
    assert.match(first('colour = red'), /line 1: there is no setting "colour"\. There are: directory, /);
    assert.match(first('__proto__ = red'), /there is no setting "__proto__"/);
    assert.match(
      first('log-level = info\nlog-level = warn'),
      /line 2: "log-level" is set a second time, after \/etc\/x\.conf, line 1\.$/,
    );
    assert.match(first('listen = 1.2.3.4'), /"listen" must be addresses such as/);
    assert.match(first('listen = 1.2.3.4:70000'), /"listen" must be addresses such as/);
    assert.match(first('directory = here'), /"directory" must be an absolute path/);
    assert.match(first(`socket = /${'a'.repeat(107)}`), /"socket" must be an absolute path of at most 107 bytes/);
    assert.match(first('inactive_session_timeout = 1'), /must be seconds from 60 to 31536000, not "1"/);
    assert.match(first('cluster-stack-default = ../x'), /must be the name of a directory/);
  });

  it('name everything that is wrong at once', () => {
    assert.equal(faultsOf('log-level = loud\nlisten = x\nlog-file = /a\ncolour = red').length, 3);
  });

  it('say which key was probably meant', () => {
    assert.match(faultsOf('loglevel = info')[0] ?? '', /there is no setting "loglevel"\. Did you mean log-level\?$/);
    assert.match(faultsOf('inactive-session-timeout = 60')[0] ?? '', /Did you mean inactive_session_timeout\?$/);
    const slip = record({
      key: constantFrom(...keys),
      at: constantFrom(0, 1, 2, 3),
      letter: constantFrom('q', '-', 'e'),
    });
    assertAlways(
      property(slip, ({ key, at, letter }) => {
        const wrong = key.slice(0, at) + letter + key.slice(at);
        const found = nearest(wrong, keys);
        // One letter too much is never further from its own word than from another one.
        assert.ok(found !== undefined);
        if (key.length > 3 && !keys.some((other) => other !== key && other.includes(key))) assert.equal(found, key);
      }),
    );
  });

  it('put everything below one folder when that is asked for', () => {
    const own = makeSettings(new Map([['listen', '127.0.0.1:0 [::1]:8443']]), '/tmp/one');
    const paths = [own.directory, own.socketPath, own.certificatePath, own.keyPath, own.logPath ?? ''];
    for (const path of paths) assert.ok(path.startsWith('/tmp/one'), path);
    assert.deepEqual(own.listen, [
      { host: '127.0.0.1', port: 0 },
      { host: '::1', port: 8443 },
    ]);
    const usual = makeSettings(new Map(), undefined);
    assert.equal(usual.socketPath, '/var/lib/xcp/xapi');
    assert.equal(usual.logPath, undefined);
    assert.deepEqual(usual.listen, []);
    assert.equal(usual.sessions.idleMs, 86_400_000);
    assert.equal(usual.tasks.keptMs, 3_900_000);
  });

  it('refuse or take any text, and do nothing else', () => {
    const line = constantFrom(...keys, 'x');
    assertAlways(
      property(line, string({ unit: 'binary', maxLength: 40 }), (key, value) => {
        const { values, faults } = readSettingsText(`${key} = ${value}`, 'f');
        assert.ok(values.size > 0 || faults.length > 0);
        for (const [name, { value: text }] of values) assert.ok(settingDefinitions[name]?.accepts(text) === true);
      }),
      { numRuns: 2000 },
    );
  });

  it('accept every default that is not nothing', () => {
    for (const place of [
      { directory: '/var/lib/quorate', own: false },
      { directory: '/tmp/one', own: true },
    ]) {
      for (const [key, { initial, accepts }] of Object.entries(settingDefinitions)) {
        const value = initial(place);
        assert.ok(value === '' || accepts(value), `${key} = ${value}`);
      }
    }
  });
});

describe('settings from several places', () => {
  it('come from the last place that gives them', () => {
    const place = constantFrom('a', 'b', 'c', 'd');
    const given = record({ place, key: constantFrom('pam-service', 'cluster-stack-default'), value: place });
    assertAlways(
      property(array(given), (all) => {
        const order = ['a', 'b', 'c', 'd'];
        const layers = order.map((name) => {
          const own = all
            .filter((one) => one.place === name)
            .map(({ key, value }) => [key, { value, source: name }] as const);
          return { values: new Map(own), faults: [], remarks: [] };
        });
        const merged = mergeLayers(layers);
        for (const key of ['pam-service', 'cluster-stack-default']) {
          const last = order.flatMap((name) => all.filter((one) => one.place === name && one.key === key)).at(-1);
          assert.deepEqual(merged.get(key), last === undefined ? undefined : { value: last.value, source: last.place });
        }
      }),
    );
  });

  it('are refused as a whole, with every fault of every place', () => {
    const layers = [readSettingsText('x = 1', 'one'), readFlags(new Map([['log-level', 'loud']]))];
    assert.throws(
      () => mergeLayers(layers),
      (thrown) =>
        thrown instanceof SettingsError &&
        thrown.sentences.length === 2 &&
        (thrown.sentences[1] ?? '').startsWith('--log-level: '),
    );
  });

  it('are read from the environment by their names', () => {
    assert.equal(variableOf('host-scan-interval'), 'QUORATE_HOST_SCAN_INTERVAL');
    assert.equal(new Set(keys.map(variableOf)).size, keys.length);
    const { values, remarks, faults } = readEnvironment(
      {
        QUORATE_LOG_LEVEL: 'warn',
        QUORATE_LISTEN: '',
        QUORATE_LOGLEVEL: 'x',
        QUORATE_PENDING_TASK_TIMEOUT: 'soon',
        QUORATE_STARTED_ANEW: '1',
        HOME: '/root',
      },
      false,
    );
    assert.deepEqual([...values], [['log-level', { value: 'warn', source: 'QUORATE_LOG_LEVEL' }]]);
    assert.deepEqual(remarks, ["The environment's QUORATE_LOGLEVEL is no setting. Did you mean QUORATE_LOG_LEVEL?"]);
    assert.match(faults[0] ?? '', /^QUORATE_PENDING_TASK_TIMEOUT: "pending_task_timeout" must be seconds from 60/);
  });

  it('leave an agent in the directory that it was given', () => {
    const environment = { QUORATE_SOCKET: '/run/other', QUORATE_DIRECTORY: '/elsewhere' };
    assert.equal(readEnvironment(environment, true).values.size, 0);
    assert.equal(readEnvironment(environment, false).values.size, 2);
  });
});

describe('the settings file that is installed', () => {
  it('has every key, none of them in force, each under its explanation', () => {
    const text = settingsFileText();
    assert.deepEqual(valuesOf(text), {});
    assert.deepEqual(Object.keys(valuesOf(text.replaceAll(/^#(?=[a-z_-]+ =)/gm, ''))), keys);
    for (const line of text.split('\n')) assert.ok(line.length <= 120, line);
  });
});
