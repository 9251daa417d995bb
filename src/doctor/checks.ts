/** All checks, in the order in which people are told. */
import { agentChecks } from './agent-checks.ts';
import type { Check } from './check.ts';
import { diskChecks } from './disk-checks.ts';
import { machineChecks } from './machine-checks.ts';
import { portChecks } from './port-check.ts';

export const checks: readonly Check[] = [...agentChecks, ...diskChecks, ...machineChecks, ...portChecks];
