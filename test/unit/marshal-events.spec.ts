import assert from 'node:assert/strict';
import { deriveDatamodel } from '../../src/datamodel/index.ts';
import type { RpcCall } from '../../src/rpc/call.ts';
import { createEncoders } from '../../src/rpc/marshal/encoder.ts';
import { type Event, Events } from '../../src/rpc/marshal/results.ts';
import { slicesOf, textOf } from '../lib/encoded.ts';
import { loopClock } from '../lib/loop-clock.ts';
import { SampleRows } from '../lib/sample-rows.ts';
import { plain, readResponse } from '../lib/xml-value.ts';

const datamodel = deriveDatamodel();
const xmlCall: RpcCall = { method: 'event.from', params: [], protocol: 'xmlrpc', id: '' };
const jsonCall: RpcCall = { method: 'event.from', params: [], protocol: 'jsonrpc-2.0', id: 0 };
const type = { kind: 'void' } as const;
const secret = { uuid: 'u', value: 'v<', other_config: { a: 'b' } };
const added: Event = { id: '12', timestamp: '0.0', class: 'secret', operation: 'add', ref: 'OpaqueRef:1', row: secret };
const deleted: Event = { id: '13', timestamp: '0.0', class: 'VM_guest_metrics', operation: 'del', ref: 'OpaqueRef:2' };
const from = { token: '00000000000000000013,00000000000000000000', validRefCounts: { task: 0, vm: 17 } };

describe('events on the wire', () => {
  it('are what event.from returns in JSON', async () => {
    const { json } = createEncoders(datamodel, loopClock());
    assert.deepEqual(JSON.parse(await textOf(json.success(jsonCall, type, new Events([added, deleted], from)))), {
      jsonrpc: '2.0',
      result: {
        events: [
          { id: '12', timestamp: '0.0', class: 'secret', operation: 'add', ref: 'OpaqueRef:1', snapshot: secret },
          { id: '13', timestamp: '0.0', class: 'vm_guest_metrics', operation: 'del', ref: 'OpaqueRef:2' },
        ],
        valid_ref_counts: { task: 0, vm: 17 },
        token: from.token,
      },
      id: 0,
    });
  });

  it('are what event.from returns in XML', async () => {
    const { xml } = createEncoders(datamodel, loopClock());
    const text = await textOf(xml.success(xmlCall, type, new Events([added, deleted], from)));
    assert.deepEqual(plain(readResponse(text)), {
      Status: 'Success',
      Value: {
        events: [
          { id: '12', timestamp: '0.0', class: 'secret', operation: 'add', ref: 'OpaqueRef:1', snapshot: secret },
          { id: '13', timestamp: '0.0', class: 'vm_guest_metrics', operation: 'del', ref: 'OpaqueRef:2' },
        ],
        valid_ref_counts: { task: 0, vm: 17 },
        token: from.token,
      },
    });
    assert.match(text, /<name>vm<\/name><value><i4>17<\/i4><\/value>/);
    assert.match(text, /<name>id<\/name><value>12<\/value>/);
    assert.match(text, /<name>timestamp<\/name><value>0\.0<\/value>/);
  });

  it('may be none', async () => {
    const { xml, json } = createEncoders(datamodel, loopClock());
    const none = new Events([], { token: 't', validRefCounts: {} });
    assert.deepEqual(plain(readResponse(await textOf(xml.success(xmlCall, type, none)))), {
      Status: 'Success',
      Value: { events: [], valid_ref_counts: {}, token: 't' },
    });
    assert.equal(
      json.success(jsonCall, type, none),
      '{"jsonrpc":"2.0","result":{"events":[],"valid_ref_counts":{},"token":"t"},"id":0}',
    );
  });

  it('are a plain array for event.next', async () => {
    const { xml, json } = createEncoders(datamodel, loopClock());
    const expected = [{ id: '13', timestamp: '0.0', class: 'vm_guest_metrics', operation: 'del', ref: 'OpaqueRef:2' }];
    const { result } = JSON.parse(await textOf(json.success(jsonCall, type, new Events([deleted])))) as {
      result: unknown;
    };
    assert.deepEqual(result, expected);
    const { Value } = plain(readResponse(await textOf(xml.success(xmlCall, type, new Events([deleted]))))) as {
      Value: unknown;
    };
    assert.deepEqual(Value, expected);
  });

  it('begin with every object that exists, in slices', async () => {
    const { xml, json } = createEncoders(datamodel, loopClock());
    const samples = new SampleRows(datamodel, 5);
    const existing = ['VM', 'task'].map((className) => ({
      class: className,
      segments: samples.segments(className, 300, 64),
      id: '99',
      timestamp: '0.0',
    }));
    const events = new Events([deleted], from, existing);
    const each = existing.flatMap(({ segments, ...common }) =>
      segments.flatMap(({ refs, rows }) =>
        refs.map((ref, index): Event => ({ ...common, ref, operation: 'add', row: rows[index] })),
      ),
    );
    const asList = new Events([...each, deleted], from);
    for (const [encoder, call] of [
      [xml, xmlCall],
      [json, jsonCall],
    ] as const) {
      const slices = await slicesOf(encoder.success(call, type, events));
      assert.ok(slices.length > 10);
      const text = Buffer.concat(slices).toString();
      assert.equal(text, await textOf(encoder.success(call, type, asList)));
      assert.equal(text, await textOf(encoder.success(call, type, events)));
      assert.doesNotMatch(text, /externalpid/);
    }
  });

  it('encode the snapshot of a change once for all who get it', async () => {
    const { xml, json } = createEncoders(datamodel, loopClock());
    let looks = 0;
    const row = Object.defineProperty({ ...secret }, 'value', {
      enumerable: true,
      get: () => {
        looks += 1;
        return 'v';
      },
    });
    for (let subscriber = 0; subscriber < 20; subscriber += 1) {
      for (const [encoder, call] of [
        [xml, xmlCall],
        [json, jsonCall],
      ] as const) {
        const text = await textOf(
          encoder.success(call, type, new Events([{ ...added, row, id: String(subscriber) }], from)),
        );
        assert.match(text, /value/);
      }
    }
    assert.equal(looks, 2);
  });
});
