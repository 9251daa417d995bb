import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { type ApiType, deriveDatamodel } from '../../src/datamodel/index.ts';
import { readJsonCall, readXmlCall, type WireValue } from '../../src/rpc/call.ts';
import { formatFloat } from '../../src/rpc/marshal/decimal.ts';
import { createEncoders } from '../../src/rpc/marshal/encoder.ts';
import { unmarshalFor } from '../../src/rpc/marshal/unmarshal.ts';
import { typedValues } from '../lib/api-values.ts';
import { loopClock } from '../lib/loop-clock.ts';
import { parseTree, plain, valueOf } from '../lib/xml-value.ts';

const datamodel = deriveDatamodel();
const { xml, json } = createEncoders(datamodel, loopClock());

const throughXml = (fragment: string): WireValue => {
  const call = `<methodCall><methodName>a</methodName><params><param>${fragment}</param></params></methodCall>`;
  return readXmlCall(Buffer.from(call)).params[0] as WireValue;
};

const throughJson = (fragment: string): WireValue =>
  readJsonCall(Buffer.from(`{"method":"a","id":0,"params":[${fragment}]}`)).params[0] as WireValue;

/** The value after XML has rounded its floats to sixteen digits. */
function rounded(type: ApiType, value: unknown): unknown {
  if (type.kind === 'float') return Number(formatFloat(value as number));
  if (type.kind === 'set') return (value as readonly unknown[]).map((element) => rounded(type.of, element));
  if (type.kind === 'map') return mapped(value, (_, inner) => rounded(type.value, inner));
  if (type.kind !== 'record') return value;
  const fields = datamodel.classes.get(type.class)?.fields;
  return mapped(value, (name, inner) => rounded(fields?.get(name)?.type ?? { kind: 'string' }, inner));
}

function mapped(members: unknown, change: (name: string, value: unknown) => unknown): unknown {
  return Object.fromEntries(Object.entries(members as object).map(([name, value]) => [name, change(name, value)]));
}

/** What a client library sees in XML: ints are strings there. */
function seenInXml(type: ApiType, value: unknown): unknown {
  if (type.kind === 'int') return String(value);
  if (type.kind === 'float') return Number(formatFloat(value as number));
  if (type.kind === 'set') return (value as readonly unknown[]).map((element) => seenInXml(type.of, element));
  if (type.kind === 'map') return mapped(value, (_, inner) => seenInXml(type.value, inner));
  if (type.kind !== 'record') return value;
  const fields = datamodel.classes.get(type.class)?.recordFields ?? [];
  const record = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    fields
      .filter(({ name }) => Object.hasOwn(record, name))
      .map((field) => [field.name, seenInXml(field.type, record[field.name])]),
  );
}

describe('values of every type', () => {
  it('come back from XML as they went', () => {
    fc.assert(
      fc.property(typedValues(datamodel), ({ type, value }) => {
        const back = unmarshalFor(type, datamodel)(throughXml(xml.fragment(type, value)));
        assert.deepEqual(back, rounded(type, value));
      }),
      { numRuns: 1000 },
    );
  });

  it('come back from JSON as they went', () => {
    fc.assert(
      fc.property(typedValues(datamodel), ({ type, value }) => {
        const back = unmarshalFor(type, datamodel)(throughJson(json.fragment(type, value)));
        // JSON has no negative zero that JSON.stringify would write.
        assert.deepEqual(back, JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 1000 },
    );
  });

  it('are the same to another reader of XML', () => {
    fc.assert(
      fc.property(typedValues(datamodel), ({ type, value }) => {
        assert.deepEqual(plain(valueOf(parseTree(xml.fragment(type, value)))), seenInXml(type, value));
      }),
      { numRuns: 1000 },
    );
  });

  it('are written without anything that real clients stumble over', () => {
    fc.assert(
      fc.property(typedValues(datamodel), ({ type, value }) => {
        const fragment = xml.fragment(type, value);
        const markup = fragment.replaceAll(/>[^<]*</g, (text) => (text.trim() === '><' ? text : '>x<'));
        assert.doesNotMatch(markup, />\s+</);
        assert.doesNotMatch(fragment, /<string|<i8|<int>|CDATA/);
      }),
    );
  });
});
