import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { deriveDatamodel } from '../../src/datamodel/index.ts';
import { parseType } from '../../src/datamodel/type-expression.ts';
import type { RpcCall } from '../../src/rpc/call.ts';
import { createEncoders } from '../../src/rpc/marshal/encoder.ts';
import { textOf } from '../lib/encoded.ts';
import { loopClock } from '../lib/loop-clock.ts';
import { SampleRows } from '../lib/sample-rows.ts';
import { skip } from '../lib/skip.ts';
import { plain, readResponse } from '../lib/xml-value.ts';

const datamodel = deriveDatamodel();
const { xml, json } = createEncoders(datamodel, loopClock());
const xmlCall: RpcCall = { method: 'a', params: [], protocol: 'xmlrpc', id: '' };
const v1: RpcCall = { method: 'a', params: [], protocol: 'jsonrpc-1.0', id: 'x"y' };
const v2: RpcCall = { method: 'a', params: [], protocol: 'jsonrpc-2.0', id: 0 };

const xmlHead = '<?xml version="1.0"?><methodResponse><params><param><value><struct><member><name>Status</name><value>';
const xmlTail = '</member></struct></value></param></params></methodResponse>';

describe('values on the wire', () => {
  const values: readonly (readonly [string, unknown, string, string])[] = [
    ['string', 'x', '<value>x</value>', '"x"'],
    ['string', '', '<value></value>', '""'],
    ['string', ' a\tb\n', '<value> a\tb\n</value>', '" a\\tb\\n"'],
    ['string', '<&>"\'', "<value>&lt;&amp;&gt;&quot;'</value>", '"<&>\\"\'"'],
    ['string', 'a\u0000\u0001\u001fb\u007f', '<value>ab\u007f</value>', '"a\\u0000\\u0001\\u001fb\u007f"'],
    ['string', 'a\rb', '<value>a&#13;b</value>', '"a\\rb"'],
    ['string', 'é大😀<\u0002\uffff>', '<value>é大😀&lt;&gt;</value>', '"é大😀<\\u0002\uffff>"'],
    ['string', 'é\ud800', '<value>é\ufffd</value>', '"é\\ud800"'],
    ['enum vm_power_state', 'Halted', '<value>Halted</value>', '"Halted"'],
    ['int', 1024, '<value>1024</value>', '1024'],
    ['int', 8589934592, '<value>8589934592</value>', '8589934592'],
    ['int', -9007199254740991, '<value>-9007199254740991</value>', '-9007199254740991'],
    ['float', 60.1, '<value><double>60.1</double></value>', '60.1'],
    ['float', 1, '<value><double>1</double></value>', '1'],
    ['float', 1e-7, '<value><double>1e-07</double></value>', '1e-7'],
    ['float', Number.NaN, '<value><double>nan</double></value>', 'null'],
    ['float', Number.NEGATIVE_INFINITY, '<value><double>-inf</double></value>', 'null'],
    ['bool', true, '<value><boolean>1</boolean></value>', 'true'],
    ['bool', false, '<value><boolean>0</boolean></value>', 'false'],
    [
      'datetime',
      '20070816T09:30:00Z',
      '<value><dateTime.iso8601>20070816T09:30:00Z</dateTime.iso8601></value>',
      '"20070816T09:30:00Z"',
    ],
    ['VM ref', 'OpaqueRef:NULL', '<value>OpaqueRef:NULL</value>', '"OpaqueRef:NULL"'],
    ['void', undefined, '<value></value>', '""'],
    ['string set', [], '<value><array><data></data></array></value>', '[]'],
    ['string set', ['', 'b'], '<value><array><data><value></value><value>b</value></data></array></value>', '["","b"]'],
    ['int set', [1, 2], '<value><array><data><value>1</value><value>2</value></data></array></value>', '[1,2]'],
    ['(string -> string) map', {}, '<value><struct></struct></value>', '{}'],
    [
      '(string -> string) map',
      { 'a&b': '<' },
      '<value><struct><member><name>a&amp;b</name><value>&lt;</value></member></struct></value>',
      '{"a&b":"<"}',
    ],
    [
      '(int -> float) map',
      { 1: 0.5 },
      '<value><struct><member><name>1</name><value><double>0.5</double></value></member></struct></value>',
      '{"1":0.5}',
    ],
    ['string option', undefined, '<value><nil/></value>', 'null'],
    ['string option', 'x', '<value>x</value>', '"x"'],
    [
      'secret record',
      { uuid: 'u', value: 'v', other_config: {} },
      '<value><struct><member><name>uuid</name><value>u</value></member><member><name>value</name><value>v</value></member><member><name>other_config</name><value><struct></struct></value></member></struct></value>',
      '{"uuid":"u","value":"v","other_config":{}}',
    ],
    [
      'secret record',
      { uuid: undefined, value: 'v' },
      '<value><struct><member><name>value</name><value>v</value></member></struct></value>',
      '{"value":"v"}',
    ],
    [
      '(secret ref -> secret record) map',
      { r: { value: 'v' } },
      '<value><struct><member><name>r</name><value><struct><member><name>value</name><value>v</value></member></struct></value></member></struct></value>',
      '{"r":{"value":"v"}}',
    ],
  ];
  for (const [expression, value, inXml, inJson] of values) {
    const type = parseType(expression);
    it(`writes ${JSON.stringify(value)} as ${expression}`, () => {
      assert.equal(xml.fragment(type, value), inXml);
      assert.equal(json.fragment(type, value), inJson);
      assert.equal(
        xml.success(xmlCall, type, value),
        `${xmlHead}Success</value></member><member><name>Value</name>${inXml}${xmlTail}`,
      );
      assert.equal(
        xml.bare(xmlCall, type, value),
        `<?xml version="1.0"?><methodResponse><params><param>${inXml}</param></params></methodResponse>`,
      );
      assert.equal(json.success(v2, type, value), `{"jsonrpc":"2.0","result":${inJson},"id":0}`);
      assert.equal(json.success(v1, type, value), `{"result":${inJson},"error":null,"id":"x\\"y"}`);
      assert.equal(json.bare(v2, type, value), `{"jsonrpc":"2.0","result":${inJson},"id":0}`);
    });
  }

  it('writes a member called __proto__', () => {
    const map: unknown = JSON.parse('{"__proto__":"x"}');
    const type = parseType('(string -> string) map');
    assert.equal(
      xml.fragment(type, map),
      '<value><struct><member><name>__proto__</name><value>x</value></member></struct></value>',
    );
    assert.equal(json.fragment(type, map), '{"__proto__":"x"}');
  });

  it('leaves internal fields out of records, wherever these are', () => {
    const row = { uuid: 'u', session: 'secret', externalpid: 5 };
    for (const [expression, value] of [
      ['task record', row],
      ['task record set', [row]],
      ['(task ref -> task record) map', { r: row }],
    ] as const) {
      assert.doesNotMatch(xml.fragment(parseType(expression), value), /session|secret|externalpid/);
      assert.doesNotMatch(json.fragment(parseType(expression), value), /session|secret|externalpid/);
    }
  });

  it('writes failures', () => {
    const description = ['HANDLE_INVALID', 'VM', 'a<"b'];
    assert.equal(
      xml.failure(xmlCall, description),
      `${xmlHead}Failure</value></member><member><name>ErrorDescription</name><value><array><data><value>HANDLE_INVALID</value><value>VM</value><value>a&lt;&quot;b</value></data></array></value>${xmlTail}`,
    );
    assert.equal(
      json.failure(v1, description),
      '{"result":null,"error":["HANDLE_INVALID","VM","a<\\"b"],"id":"x\\"y"}',
    );
    assert.equal(
      json.failure(v2, description),
      '{"jsonrpc":"2.0","error":{"code":1,"message":"HANDLE_INVALID","data":["VM","a<\\"b"]},"id":0}',
    );
    assert.equal(
      json.failure(v2, ['EVENTS_LOST']),
      '{"jsonrpc":"2.0","error":{"code":1,"message":"EVENTS_LOST","data":[]},"id":0}',
    );
  });

  it('writes a record of every class that another reader reads whole', async () => {
    const samples = new SampleRows(datamodel, 7);
    for (const [name, apiClass] of datamodel.classes) {
      const type = parseType(`${name} record`);
      const row = samples.row(name);
      const names = apiClass.recordFields.map((field) => field.name);
      const inXml = readResponse(await textOf(xml.success(xmlCall, type, row)));
      assert.deepEqual(Object.keys((plain(inXml) as { Value: object }).Value), names);
      const inJson = JSON.parse(await textOf(json.success(v2, type, row))) as { result: Record<string, unknown> };
      assert.deepEqual(inJson.result, Object.fromEntries(names.map((field) => [field, row[field]])));
    }
  });

  it('is understood by Python', async function () {
    if (spawnSync('python3', ['--version']).status !== 0) skip(this, 'python3 is not installed');
    const row = new SampleRows(datamodel, 3).row('host');
    const body = await textOf(xml.success(xmlCall, parseType('host record'), row));
    const program = `
import json, sys, xmlrpc.client
(value,), method = xmlrpc.client.loads(sys.stdin.buffer.read())
json.dump(value, sys.stdout, default=str)`;
    const python = spawnSync('python3', ['-c', program], { input: body, encoding: 'utf8' });
    assert.equal(python.stderr, '');
    assert.deepEqual(JSON.parse(python.stdout), plain(readResponse(body)));
  });
});
