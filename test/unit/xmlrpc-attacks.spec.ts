import assert from 'node:assert/strict';
import { MalformedRequest, readXmlCall, type WireValue } from '../../src/rpc/call.ts';

const body = (value: string, prolog = ''): Buffer =>
  Buffer.from(
    `<?xml version="1.0"?>${prolog}<methodCall><methodName>a</methodName><params><param><value>${value}</value></param></params></methodCall>`,
  );

const refused = (bytes: Uint8Array): void => {
  assert.throws(() => readXmlCall(bytes), MalformedRequest);
};

const first = (bytes: Uint8Array): WireValue | undefined => readXmlCall(bytes).params[0];

describe('attacks on the XML reader', () => {
  it('refuses an external entity', () => {
    refused(body('&x;', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'));
  });

  it('refuses an external document type', () => {
    refused(body('x', '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd">'));
  });

  it('refuses an internal entity', () => {
    refused(body('&x;', '<!DOCTYPE a [<!ENTITY x "y">]>'));
    refused(body('&x;'));
  });

  it('refuses a billion laughs', () => {
    const levels = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`);
    refused(body('&l9;', `<!DOCTYPE l [<!ENTITY l0 "lol">${levels.join('')}]>`));
  });

  it('refuses a quadratic blowup', () => {
    refused(body('&x;'.repeat(50_000), `<!DOCTYPE a [<!ENTITY x "${'y'.repeat(50_000)}">]>`));
  });

  it('refuses an empty document type', () => refused(body('x', '<!DOCTYPE methodCall>')));

  it('refuses a parameter entity', () => refused(body('x', '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///x"> %p;]>')));

  it('refuses a stylesheet instruction', () => refused(body('x', '<?xml-stylesheet href="x"?>')));

  it('refuses an inclusion by attribute', () => {
    refused(body('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'));
  });

  it('refuses arrays 200,000 deep', () => {
    const open = '<array><data><value>';
    refused(body(open.repeat(200_000)));
    refused(body(open.repeat(200_000) + '</value></data></array>'.repeat(200_000)));
  });

  it('refuses structs 200,000 deep', () => {
    refused(body('<struct><member><name>a</name><value>'.repeat(200_000)));
  });

  it('takes values as deep as the limit and no deeper', () => {
    const nested = (levels: number): Buffer =>
      body(`${'<array><data><value>'.repeat(levels)}x${'</value></data></array>'.repeat(levels)}`);
    assert.ok(Array.isArray(first(nested(63))));
    refused(nested(64));
    const hollow = (levels: number): Buffer => {
      const outer = '<array><data><value>'.repeat(levels - 1);
      return body(`${outer}<array><data/></array>${'</value></data></array>'.repeat(levels - 1)}`);
    };
    assert.ok(Array.isArray(first(hollow(64))));
    refused(hollow(65));
  });

  it('refuses 200,000 attributes', () => {
    const attributes = Array.from({ length: 200_000 }, (_, index) => ` a${index}="x"`).join('');
    refused(Buffer.from(`<methodCall${attributes}><methodName>a</methodName></methodCall>`));
  });

  it('refuses a tag name of megabytes', () => refused(body(`<${'a'.repeat(5_000_000)}>`)));

  it('refuses more values than the limit', () => {
    const values = (count: number): Buffer => body(`<array><data>${'<value/>'.repeat(count)}</data></array>`);
    assert.equal((first(values(99_999)) as readonly WireValue[]).length, 99_999);
    refused(values(100_000));
  });

  // Megabytes, so that anything that takes quadratic time does not end in time.
  const count = 500_000;
  it('reads a text of megabytes', () => assert.equal(first(body('x'.repeat(10_000_000))), 'x'.repeat(10_000_000)));
  it('reads many references', () => assert.equal(first(body('&lt;'.repeat(count))), '<'.repeat(count)));
  it('reads many comments', () => assert.equal(first(body('<!-- -->'.repeat(count))), ''));
  it('reads many CDATA sections', () => assert.equal(first(body('<![CDATA[x]]>'.repeat(count))), 'x'.repeat(count)));
  it('reads much white space', () => assert.equal(first(body(`${' '.repeat(5_000_000)}<int>1</int>`)), 1));
  it('reads many line ends', () => assert.equal(first(body('\r\n'.repeat(count))), '\n'.repeat(count)));
  it('refuses a comment that never ends', () => refused(body('<!-- '.repeat(count))));
  it('refuses CDATA that never ends', () => refused(body('<![CDATA['.repeat(count))));
  it('refuses many & without ;', () => refused(body('&'.repeat(count * 4))));
  it('refuses many open tags', () => refused(body('<value>'.repeat(count))));
  it('refuses an int of megabytes that is none', () => refused(body(`<int>${'1'.repeat(5_000_000)}x</int>`)));
  it('refuses a double of megabytes that is none', () => refused(body(`<double>${'1'.repeat(5_000_000)}x</double>`)));
  it('refuses base64 of megabytes that is none', () => refused(body(`<base64>${'A'.repeat(5_000_000)}%</base64>`)));
  it('refuses a declaration full of spaces', () => {
    refused(Buffer.from(`<?xml version="1.0"${' '.repeat(5_000_000)}x?><methodCall/>`));
  });

  for (const member of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    it(`takes ${member} as the name of a member and nothing else`, () => {
      const struct = first(body(`<struct><member><name>${member}</name><value><struct/></value></member></struct>`));
      assert.deepEqual(Object.keys(struct as object), [member]);
      assert.equal(Object.getPrototypeOf(struct), Object.prototype);
      assert.equal(Object.keys(Object.prototype).length, 0);
    });
  }

  it('refuses every control character, written plainly or as a reference', () => {
    for (let code = 0; code < 0x20; code += 1) {
      if (code === 0x09 || code === 0x0a || code === 0x0d) continue;
      refused(body(String.fromCharCode(code)));
      refused(body(`&#${code};`));
      refused(body(`&#x${code.toString(16)};`));
    }
  });

  it('refuses UTF-16 in either order, with and without a mark', () => {
    const text = body('x').toString();
    for (const mark of ['', '\ufeff']) {
      const little = Buffer.from(mark + text, 'utf16le');
      refused(little);
      refused(Buffer.from(little).swap16());
    }
  });

  it('refuses other encodings by name', () => {
    for (const encoding of ['UTF-16', 'ISO-8859-1', 'UTF-7', 'utf8', 'EBCDIC-CP-US', '']) {
      refused(
        Buffer.from(`<?xml version="1.0" encoding="${encoding}"?><methodCall><methodName>a</methodName></methodCall>`),
      );
    }
  });

  const encodings: readonly (readonly [string, readonly number[]])[] = [
    ['an overlong /', [0xc0, 0xaf]],
    ['an overlong NUL', [0xc0, 0x80]],
    ['an overlong < of three bytes', [0xe0, 0x80, 0xbc]],
    ['an overlong < of four bytes', [0xf0, 0x80, 0x80, 0xbc]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['a continuation byte alone', [0x80]],
    ['a sequence cut short', [0xe2, 0x82]],
    ['a byte that never occurs', [0xff]],
    ['Latin-1', [0xe9]],
  ];
  for (const [what, bytes] of encodings) {
    it(`refuses ${what}`, () => {
      const [before = '', after = ''] = body('|').toString().split('|');
      refused(Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]));
    });
  }

  it('refuses an empty body', () => refused(Buffer.alloc(0)));
});
