import { ApiError, type RecordOf } from '../datamodel/index.ts';
import { type Call, implement } from './call.ts';
import { mapOperations, plainSetter, setField } from './fields.ts';

type VmRecord = RecordOf<'VM'>;
type MemoryLimits = Pick<
  VmRecord,
  'memory_static_min' | 'memory_dynamic_min' | 'memory_dynamic_max' | 'memory_static_max'
>;

/** Positions of block devices: IDE-like buses of paravirtual guests end at 15, emulated ones go on. */
const blockPositions = { hvm: 255, pv: 16 } as const;
const networkPositions = 7;

/** @throws ApiError MEMORY_CONSTRAINT_VIOLATION_ORDER unless static min <= dynamic min <= dynamic max <= static max. */
export function assertMemoryOrder(memory: MemoryLimits): void {
  const { memory_static_min, memory_dynamic_min, memory_dynamic_max, memory_static_max } = memory;
  const rising =
    memory_static_min >= 0 &&
    memory_static_min <= memory_dynamic_min &&
    memory_dynamic_min <= memory_dynamic_max &&
    memory_dynamic_max <= memory_static_max;
  if (!rising) throw new ApiError('MEMORY_CONSTRAINT_VIOLATION_ORDER');
}

/** @throws ApiError INVALID_VALUE unless 1 <= VCPUs_at_startup <= VCPUs_max. */
export function assertVcpus({ VCPUs_max, VCPUs_at_startup }: Pick<VmRecord, 'VCPUs_max' | 'VCPUs_at_startup'>): void {
  if (VCPUs_max < 1) throw new ApiError('INVALID_VALUE', 'VCPUs_max', String(VCPUs_max));
  if (VCPUs_at_startup < 1 || VCPUs_at_startup > VCPUs_max) {
    throw new ApiError('INVALID_VALUE', 'VCPUs_at_startup', String(VCPUs_at_startup));
  }
}

function assertHalted(ref: string, vm: VmRecord): void {
  if (vm.power_state !== 'Halted') throw new ApiError('VM_BAD_POWER_STATE', ref, 'Halted', vm.power_state);
}

type MemoryField = keyof MemoryLimits;
type VcpuField = 'VCPUs_max' | 'VCPUs_at_startup';

function setMemory(field: MemoryField) {
  return (call: Call, { self, value }: { self: string; value: number }) => {
    const vm = call.database.require('VM', self);
    assertHalted(self, vm);
    assertMemoryOrder({ ...vm, [field]: value });
    setField(call, 'VM', self, field, value);
  };
}

function setVcpus(field: VcpuField) {
  return (call: Call, { self, value }: { self: string; value: number }) => {
    const vm = call.database.require('VM', self);
    assertHalted(self, vm);
    assertVcpus({ ...vm, [field]: value });
    setField(call, 'VM', self, field, value);
  };
}

function freePositions(count: number, used: Iterable<string>): string[] {
  const taken = new Set(used);
  return Array.from({ length: count }, (_, position) => String(position)).filter((position) => !taken.has(position));
}

const otherConfig = mapOperations('VM', 'other_config');
const platform = mapOperations('VM', 'platform');

export const VM = implement('VM', {
  set_memory_static_min: setMemory('memory_static_min'),
  set_memory_dynamic_min: setMemory('memory_dynamic_min'),
  set_memory_dynamic_max: setMemory('memory_dynamic_max'),
  set_VCPUs_max: setVcpus('VCPUs_max'),
  set_VCPUs_at_startup: setVcpus('VCPUs_at_startup'),
  set_HVM_shadow_multiplier: (call, { self, value }) => {
    assertHalted(self, call.database.require('VM', self));
    if (!(value >= 1)) throw new ApiError('INVALID_VALUE', 'multiplier', String(value));
    setField(call, 'VM', self, 'HVM_shadow_multiplier', value);
  },
  set_HVM_boot_policy: (call, { self, value }) => {
    if (value !== '' && value !== 'BIOS order') throw new ApiError('INVALID_VALUE', 'HVM_boot_policy', value);
    setField(call, 'VM', self, 'HVM_boot_policy', value);
  },
  set_actions_after_crash: plainSetter('VM', 'actions_after_crash'),
  set_other_config: otherConfig.set,
  add_to_other_config: otherConfig.add,
  remove_from_other_config: otherConfig.remove,
  set_platform: platform.set,
  add_to_platform: platform.add,
  remove_from_platform: platform.remove,
  // A halted machine starts as its record says. What a running one was started with comes with the driver that starts it.
  get_boot_record: (call, { self }) => call.database.require('VM', self) as never,
  get_allowed_VBD_devices: (call, { vm }) => {
    const { VBDs, HVM_boot_policy } = call.database.require('VM', vm);
    const count = HVM_boot_policy === '' ? blockPositions.pv : blockPositions.hvm;
    return freePositions(
      count,
      VBDs.map((vbd) => call.database.require('VBD', vbd).userdevice),
    );
  },
  get_allowed_VIF_devices: (call, { vm }) => {
    const { VIFs } = call.database.require('VM', vm);
    return freePositions(
      networkPositions,
      VIFs.map((vif) => call.database.require('VIF', vif).device),
    );
  },
  atomic_set_resident_on: (call, { vm, host }) => {
    call.change((tx) => tx.update('VM', vm, { resident_on: host, scheduled_to_be_resident_on: 'OpaqueRef:NULL' }));
  },
});
