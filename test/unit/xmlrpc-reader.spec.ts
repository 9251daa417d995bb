import assert from 'node:assert/strict';
import { MalformedRequest, readXmlCall, WireDuplicate, WireText, type WireValue } from '../../src/rpc/call.ts';

const call = (params: string, method = 'VM.start'): Uint8Array =>
  Buffer.from(`<?xml version="1.0"?><methodCall><methodName>${method}</methodName>${params}</methodCall>`);

const param = (value: string): Uint8Array => call(`<params><param>${value}</param></params>`);

const read = (value: string): WireValue => {
  const [first] = readXmlCall(param(value)).params;
  assert.ok(first !== undefined);
  return first;
};

const refused = (body: Uint8Array | string): void => {
  assert.throws(() => readXmlCall(Buffer.from(body)), MalformedRequest);
};

describe('reading XML-RPC calls', () => {
  it('reads the method and its parameters', () => {
    const params = '<params><param><value>a</value></param><param><value><int>1</int></value></param></params>';
    assert.deepEqual(readXmlCall(call(params)), { method: 'VM.start', params: ['a', 1], protocol: 'xmlrpc', id: '' });
  });

  it('reads what Python writes, white space and all', () => {
    const body = `<?xml version='1.0'?>
<methodCall>
<methodName>session.login_with_password</methodName>
<params>
<param>
<value><string>root</string></value>
</param>
<param>
<value><struct>
<member>
<name>a</name>
<value><array><data>
<value><int>3</int></value>
</data></array></value>
</member>
</struct></value>
</param>
</params>
</methodCall>
`;
    assert.deepEqual(readXmlCall(Buffer.from(body)).params, ['root', { a: [3] }]);
  });

  const values: readonly (readonly [string, WireValue])[] = [
    ['<value>x</value>', 'x'],
    ['<value> x </value>', ' x '],
    ['<value></value>', ''],
    ['<value/>', ''],
    ['<value />', ''],
    ['<value><string>x</string></value>', 'x'],
    ['<value><string></string></value>', ''],
    ['<value><string/></value>', ''],
    ['<value>\n  <string> x </string>\n</value>', ' x '],
    ['<value><int>-5</int></value>', -5],
    ['<value><i4>7</i4></value>', 7],
    ['<value><i8>8589934592</i8></value>', 8589934592],
    ['<value><int> 7 </int></value>', 7],
    ['<value><boolean>1</boolean></value>', true],
    ['<value><boolean>0</boolean></value>', false],
    ['<value><double>60.1</double></value>', 60.1],
    ['<value><double>-1e-3</double></value>', -0.001],
    ['<value><double>nan</double></value>', Number.NaN],
    [
      '<value><dateTime.iso8601>20070816T09:30:00</dateTime.iso8601></value>',
      new WireText('datetime', '20070816T09:30:00'),
    ],
    ['<value><base64>YWJj\nZGVm</base64></value>', new WireText('base64', 'YWJj\nZGVm')],
    ['<value><nil/></value>', null],
    ['<value><nil></nil></value>', null],
    ['<value><array><data/></array></value>', []],
    [
      '<value><array><data><value>a</value><value><array><data></data></array></value></data></array></value>',
      ['a', []],
    ],
    ['<value><struct/></value>', {}],
    ['<value><struct></struct></value>', {}],
    [
      '<value><struct><member><name>a&amp;b</name><value/></member><member><name/><value>x</value></member></struct></value>',
      { 'a&b': '', '': 'x' },
    ],
    ['<value>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;&#13;&#0000009;</value>', '<>&"\'A😀\r\t'],
    ['<value>a\r\nb\rc</value>', 'a\nb\nc'],
    ['<value>é\u{1F600}</value>', 'é😀'],
    ['<value><![CDATA[<a> & ]]]]><![CDATA[>]]></value>', '<a> & ]]>'],
    ['<value> <![CDATA[ x]]> </value>', '  x '],
    ['<value>a<!-- no -->b</value>', 'ab'],
    ['<value><!-- a --><int>3</int><!-- b --></value>', 3],
    ['<value ><string\n>x</string ></value\t>', 'x'],
  ];
  for (const [text, value] of values) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(read(text), value));
  }

  for (const params of ['', '<params/>', '<params />', '<params></params>', '<params>\n</params>']) {
    it(`reads no parameters from ${JSON.stringify(params)}`, () =>
      assert.deepEqual(readXmlCall(call(params)).params, []));
  }

  it('takes UTF-8 declared in any way, with or without a byte order mark', () => {
    for (const declaration of [
      '',
      '<?xml version="1.0"?>\n',
      "<?xml version='1.0' encoding='utf-8' ?>",
      '\ufeff<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
    ]) {
      const body = `${declaration}<methodCall><methodName>a</methodName></methodCall>`;
      assert.equal(readXmlCall(Buffer.from(body)).method, 'a');
    }
  });

  it('marks a struct that names a member twice', () => {
    const member = '<member><name>a</name><value>x</value></member>';
    assert.deepEqual(read(`<value><struct>${member}${member}</struct></value>`), new WireDuplicate('a'));
  });

  it('keeps a member called __proto__ as a member', () => {
    const struct = read(
      '<value><struct><member><name>__proto__</name><value><struct/></value></member></struct></value>',
    );
    assert.deepEqual(Object.keys(struct as object), ['__proto__']);
    assert.equal(Object.getPrototypeOf(struct), Object.prototype);
  });

  const bad: readonly (readonly [string, string])[] = [
    ['an unknown type', '<value><i16>1</i16></value>'],
    ['an int that is none', '<value><int>x</int></value>'],
    ['an empty int', '<value><int/></value>'],
    ['a boolean that is a word', '<value><boolean>true</boolean></value>'],
    ['a double that is none', '<value><double>1,5</double></value>'],
    ['base64 that is none', '<value><base64>%%</base64></value>'],
    ['text around a type', '<value>a<string>b</string></value>'],
    ['two types', '<value><int>1</int><int>2</int></value>'],
    ['an attribute', '<value type="x">a</value>'],
    ['an unknown entity', '<value>&nbsp;</value>'],
    ['an & alone', '<value>a & b</value>'],
    ['a reference without end', '<value>&amp</value>'],
    ['a reference to NUL', '<value>&#0;</value>'],
    ['a reference to a control character', '<value>&#x1;</value>'],
    ['a reference to a surrogate', '<value>&#xD800;</value>'],
    ['a reference beyond Unicode', '<value>&#x110000;</value>'],
    ['a very long reference', `<value>&#${'0'.repeat(50)}65;</value>`],
    [']]> in text', '<value>a]]>b</value>'],
    ['-- in a comment', '<value><!-- a -- b --></value>'],
    ['an array without data', '<value><array/></value>'],
    ['a member without a value', '<value><struct><member><name>a</name></member></struct></value>'],
    ['a member without a name', '<value><struct><member><value/></member></struct></value>'],
    ['mismatched tags', '<value><string>a</value></string>'],
    ['crossed tags', '<value><array><data><value>a</data></value></array></value>'],
    ['a NUL', '<value>\u0000</value>'],
    ['a control character', '<value>\u0001</value>'],
    ['U+FFFF', '<value>\uffff</value>'],
    ['white space that XML does not know', '<value><int>\u00a05</int></value>'],
    ['a processing instruction', '<value><?php x ?></value>'],
  ];
  for (const [what, value] of bad) it(`refuses ${what}`, () => refused(param(value)));

  it('refuses every truncation of a call', () => {
    const whole = param(
      '<value><struct><member><name>a</name><value>&amp;<![CDATA[x]]></value></member></struct></value>',
    );
    assert.equal(readXmlCall(whole).method, 'VM.start');
    for (let length = 0; length < whole.length; length += 1) refused(whole.subarray(0, length));
  });

  it('refuses declarations that are none', () => {
    const declarations = [
      '<?xml?>',
      '<?xml version="1.1"?>',
      '<?xml version="1.0">',
      '<?xml\ufeff version="1.0"?>',
      '<?xml version\u00a0="1.0"?>',
    ];
    for (const declaration of [...declarations, ' <?xml version="1.0"?>', '<?xml version="1.0" encoding="latin1"?>']) {
      refused(`${declaration}<methodCall><methodName>a</methodName></methodCall>`);
    }
  });

  it('refuses anything after the call', () => {
    for (const more of ['x', '<a/>', '<methodCall><methodName>a</methodName></methodCall>', '\u0000']) {
      refused(Buffer.concat([call(''), Buffer.from(more)]));
    }
  });
});
