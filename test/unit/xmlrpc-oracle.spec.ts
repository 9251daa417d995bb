import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { MalformedRequest, readXmlCall, WireDuplicate, WireText, type WireValue } from '../../src/rpc/call.ts';
import { readCall, type Tagged } from '../lib/xml-value.ts';

/** What our reader makes of a tagged value. */
function expected(value: Tagged): WireValue {
  if ('nil' in value) return null;
  if ('datetime' in value) return new WireText('datetime', value.datetime);
  if ('base64' in value) return new WireText('base64', value.base64);
  if ('array' in value) return value.array.map(expected);
  if ('struct' in value) {
    const seen = new Set<string>();
    for (const [name] of value.struct) {
      if (seen.has(name)) return new WireDuplicate(name);
      seen.add(name);
    }
    return Object.fromEntries(value.struct.map(([name, member]) => [name, expected(member)]));
  }
  return Object.values(value)[0] as WireValue;
}

type Outcome = { readonly method: string; readonly params: readonly WireValue[] } | 'refused';

function ours(text: string): Outcome {
  try {
    const { method, params } = readXmlCall(Buffer.from(text));
    return { method, params };
  } catch (error) {
    assert.ok(error instanceof MalformedRequest, String(error));
    return 'refused';
  }
}

function theirs(text: string): Outcome {
  try {
    const { method, params } = readCall(text);
    return { method, params: params.map(expected) };
  } catch {
    return 'refused';
  }
}

const gap = fc.constantFrom('', '', '', ' ', '\n', '\t \r\n', '<!-- a -->', ' <!----> ');
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }).map((part) => part.replace(/[&<>]|[^\t\n\r -\ud7ff\ue000-\ufffd]/g, '')),
      fc.constantFrom(
        '&lt;',
        '&amp;',
        '&#65;',
        '&#x1F600;',
        '&#13;',
        '<![CDATA[<&>]]>',
        '<!-- - -->',
        '\r',
        '\r\n',
        ' ',
      ),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));

const tagged = (tag: string, inner: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(inner, gap)
    .map(([content, space]) => (content === '' && space === '' ? `<${tag}/>` : `<${tag}>${content}</${tag}>`));

const value: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => {
  const list = fc.array(fc.tuple(tie('value'), gap), { maxLength: 3 }).map((items) => items.flat().join(''));
  const member = fc
    .tuple(gap, tagged('name', text), gap, tie('value'))
    .map((parts) => `<member>${parts.join('')}</member>`);
  const typed = fc.oneof(
    { maxDepth: 4 },
    tagged('string', text),
    tagged('i4', fc.integer().map(String)),
    tagged('int', fc.integer().map(String)),
    tagged('boolean', fc.constantFrom('0', '1', ' 1 ', '2')),
    tagged('double', fc.oneof(fc.double().map(String), fc.constantFrom('1.', '.5', 'nan', '-INF', '1e5', 'e5'))),
    tagged('dateTime.iso8601', fc.constant('20070816T09:30:00Z')),
    tagged('base64', fc.base64String()),
    tagged('nil', fc.constant('')),
    fc.tuple(gap, list, gap).map(([before, items, after]) => `<array>${before}<data>${after}${items}</data></array>`),
    fc.array(fc.tuple(member, gap), { maxLength: 3 }).map((members) => `<struct>${members.flat().join('')}</struct>`),
  );
  return {
    value: fc.oneof(
      { depthSize: 'small' },
      text.map((content) => `<value>${content}</value>`),
      fc.tuple(gap, typed, gap).map((parts) => `<value>${parts.join('')}</value>`),
      fc.constantFrom('<value/>', '<value />', '<value></value>'),
    ),
  };
}).value;

const call = fc
  .tuple(
    fc.constantFrom('', '<?xml version="1.0"?>', "<?xml version='1.0' encoding='UTF-8'?>\n"),
    gap,
    fc.array(value, { maxLength: 3 }),
    gap,
  )
  .map(([declaration, before, values, after]) => {
    const params = values.map((inner) => `<param>${after}${inner}</param>`).join(after);
    return `${declaration}${before.startsWith(' ') && declaration === '' ? '' : before}<methodCall>${after}<methodName>VM.start</methodName><params>${params}</params></methodCall>${after}`;
  });

const pieces =
  `<value> </value> <value/> <string> </string> <int> </int> <array> <data> </data> <struct> </struct> <member> </member>
   <name> <nil/> <!-- --> <![CDATA[ ]]> < > / & ; &lt; &#0; &#x &amp <!DOCTYPE <?a?> ="b" é 😀 - 1`
    .split(/\s+/)
    .concat(' a="b"', '\u0000', '\u00a0', '\r', ' ', '\u2028', '\ufeff');

/** A text with a few places overwritten, cut out or doubled. */
const mutated = fc
  .tuple(call, fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.constantFrom(...pieces, '')), { minLength: 1, maxLength: 3 }))
  .map(([whole, changes]) => {
    let changed = whole;
    for (const [position, length, piece] of changes) {
      const at = position % (changed.length + 1);
      changed = changed.slice(0, at) + piece + changed.slice(at + length);
    }
    return changed.toWellFormed();
  });

describe('the XML reader beside another one', () => {
  it('agrees on calls as libraries write them', () => {
    let read = 0;
    fc.assert(
      fc.property(call, (whole) => {
        const outcome = ours(whole);
        assert.deepEqual(outcome, theirs(whole));
        if (outcome !== 'refused') read += 1;
      }),
      { numRuns: 3000 },
    );
    assert.ok(read > 1000, `only ${read} of them were calls`);
  });

  it('agrees on calls with mistakes in them', () => {
    fc.assert(
      fc.property(mutated, (whole) => assert.deepEqual(ours(whole), theirs(whole))),
      { numRuns: 6000 },
    );
  });

  it('refuses or reads, whatever bytes it is given', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.constantFrom(...pieces, '<methodCall>', '<methodName>'), { maxLength: 30 })
        .map((parts) => Buffer.from(parts.join(''))),
      fc.tuple(call, fc.nat(), fc.uint8Array({ maxLength: 4 })).map(([whole, position, noise]) => {
        const buffer = Buffer.from(whole);
        buffer.set(noise.subarray(0, buffer.length), position % Math.max(1, buffer.length - noise.length));
        return buffer;
      }),
    );
    fc.assert(
      fc.property(bytes, (body) => {
        try {
          assert.equal(readXmlCall(body).protocol, 'xmlrpc');
        } catch (error) {
          assert.ok(error instanceof MalformedRequest, String(error));
        }
      }),
      { numRuns: 6000 },
    );
  });
});
