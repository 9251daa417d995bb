/** The programs that the agent asks about accounts, answering from a table: no test needs accounts of the machine. */
import type { ProgramResult } from '../../src/world/world.ts';

type FakeProgram = (args: readonly string[], input: string) => Partial<ProgramResult>;

export interface Account {
  readonly password: string;
  readonly uid: number;
  readonly groups: readonly string[];
}

export function accountPrograms(
  accounts: Readonly<Record<string, Account>>,
): Readonly<Record<'pamtester' | 'id' | 'getent', FakeProgram>> {
  return {
    pamtester: ([, user = ''], input) => ({ exitCode: accounts[user]?.password === input.trimEnd() ? 0 : 1 }),
    id: ([what, , user = '']) => {
      const account = accounts[user];
      if (account === undefined) return { exitCode: 1 };
      return { stdout: what === '-u' ? `${account.uid}\n` : `${account.groups.join('\0')}\0` };
    },
    getent: ([base, name = '']) => {
      const groups = Object.values(accounts).flatMap((account) => account.groups);
      return { exitCode: (base === 'group' ? groups.includes(name) : name in accounts) ? 0 : 2 };
    },
  };
}
