import assert from 'node:assert/strict';
import { assert as assertAlways, constantFrom, property, string } from 'fast-check';
import { makeSettings, readSettingsText, SettingsError, settingDefinitions } from '../../src/settings.ts';

function refusal(text: string): string {
  try {
    readSettingsText(text, '/etc/x.conf');
  } catch (thrown) {
    assert.ok(thrown instanceof SettingsError);
    return thrown.message;
  }
  return 'accepted';
}

describe('settings', () => {
  it('are read one a line, with everything after the first = as the value', () => {
    const text = '# a comment\n\n  log-level = debug\r\npam-service=a.b\nlisten = 0.0.0.0:443   [::]:443\n';
    assert.deepEqual(
      new Map(readSettingsText(text, 'f')),
      new Map([
        ['log-level', 'debug'],
        ['pam-service', 'a.b'],
        ['listen', '0.0.0.0:443   [::]:443'],
      ]),
    );
  });

  it('name the file and the line of what they refuse', () => {
    assert.match(
      refusal('log-level = loud'),
      /^\/etc\/x\.conf, line 1: "log-level" must be one of error, warn, info, debug, not "loud"\.$/,
    );
    assert.match(refusal('\nnonsense'), /^\/etc\/x\.conf, line 2: expected "key = value"/);
    assert.match(refusal('colour = red'), /line 1: there is no setting "colour"\. There are: directory, /);
    assert.match(refusal('__proto__ = red'), /there is no setting "__proto__"/);
    assert.match(refusal('log-level = info\nlog-level = warn'), /line 2: "log-level" is set a second time\.$/);
    assert.match(refusal('listen = 1.2.3.4'), /"listen" must be addresses such as/);
    assert.match(refusal('listen = 1.2.3.4:70000'), /"listen" must be addresses such as/);
    assert.match(refusal('directory = here'), /"directory" must be an absolute path/);
    assert.match(
      refusal(`socket = /${'a'.repeat(107)}`),
      /"socket" must be an absolute path of at most 107 characters/,
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
  });

  it('refuse or take any text, and do nothing else', () => {
    const line = constantFrom('log-level', 'listen', 'directory', 'socket', 'pam-service', 'x');
    assertAlways(
      property(line, string({ unit: 'binary', maxLength: 40 }), (key, value) => {
        try {
          const found = readSettingsText(`${key} = ${value}`, 'f');
          for (const [name, text] of found) assert.ok(settingDefinitions[name]?.accepts(text) === true);
        } catch (thrown) {
          assert.ok(thrown instanceof SettingsError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
