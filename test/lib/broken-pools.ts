/** Copies of the stack over a shared statefile, each with one fault that only several hosts can show. */
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface BrokenPool {
  readonly fault: string;
  /** What is replaced in which file, so that the fault is there. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly story: string;
  /** The check that has to find it. Its first part is the group. */
  readonly check: string;
}

const daemon = 'shared-file-daemon';
const fed = '[ -z "$armed" ] || printf . >&8\n  answer_all';
const late = '    answer propose FALSE\n';

export const brokenPools: readonly BrokenPool[] = [
  {
    fault: 'feeds the watchdog although the statefile is lost',
    file: daemon,
    from: late,
    to: `${late}    printf . >&8\n`,
    story: 'pool: statefile',
    check: 'faults.statefile.one-side',
  },
  {
    fault: 'goes on feeding for longer than announced',
    file: daemon,
    from: late,
    to: `${late}    [ $((now - written)) -gt $((2 * T2 + 2 * longest)) ] || printf . >&8\n`,
    story: 'pool: statefile',
    check: 'faults.statefile.fenced',
  },
  {
    fault: 'declares a host dead before it can be',
    file: 'lib.sh',
    from: 'dead=$((T2 + longest + t2))',
    to: 'dead=$((T2 * 6 / 10))',
    story: 'pool: both',
    check: 'faults.both.dead',
  },
  {
    fault: 'fences the survivors as well',
    file: daemon,
    from: fed,
    to: fed.replace('[ -z', '{ [ -n "$online" ] && [ "$(others | wc -w)" -lt $((count - 1)) ]; } || [ -z'),
    story: 'pool: power',
    check: 'faults.power.survivors',
  },
  {
    fault: 'never takes a dead host out of the liveset of one survivor',
    file: 'liveset.sh',
    from: '&& lives $i; };',
    to: '&& { [ "$me" = 0 ] || lives $i; }; };',
    story: 'pool: power',
    check: 'faults.power.liveset',
  },
  {
    fault: 'does not let a host in again that did not stop in order',
    file: daemon,
    from: 'read_all || give_up 8 "cannot read $statefile"\nif',
    to: 'case $slot in *" on "*) give_up 13 "it did not stop" ;; esac\nread_all || give_up 8 "cannot read $statefile"\nif',
    story: 'pool: power',
    check: 'faults.power.rejoin',
  },
  {
    fault: 'claims to need no network and ends when there is none',
    file: daemon,
    from: fed,
    to: `timeout .4 bash -c ": </dev/tcp/10.213.77.$((me == 0 ? 2 : 1))/9" 2>/dev/null
  [ $? != 124 ] || return 1
  ${fed}`,
    story: 'pool: network',
    check: 'faults.network.survivors',
  },
  {
    fault: 'gives the lock to all that ask at once',
    file: daemon,
    from: 'if [ -n "$holder" ] || [ -z "$wanted" ]; then\n        lock=none\n      elif [ -z "$before" ] && others_have_read; then',
    to: 'if [ -z "$wanted" ]; then\n        lock=none\n      else',
    story: 'pool: lock',
    check: 'lock.one',
  },
  {
    fault: 'takes the lock from a host that is only silent',
    file: daemon,
    from: 'none) if',
    to: 'none) if [ -n "$wanted" ] && [ -n "$holder" ] && eval "[ \\$((now - seen_$holder)) -gt \\$((t2 * 9 / 8)) ]"; then lock=held holder=; elif',
    story: 'pool: lock',
    check: 'lock.after-fence',
  },
  {
    fault: 'never frees the lock of a dead host',
    file: daemon,
    from: 'holder= before=',
    to: 'before=',
    story: 'pool: lock',
    check: 'lock.taken-over',
  },
  {
    fault: 'does not write that it is excluded',
    file: 'ha_set_excluded',
    from: 'off TRUE none',
    to: 'off FALSE none',
    story: 'pool: exclusion',
    check: 'pool.excluded',
  },
  {
    fault: 'does not let an excluded host in again',
    file: daemon,
    from: 'if [ $excluded = TRUE ]; then\n',
    to: 'if [ $excluded = TRUE ]; then\n  give_up 18 "this host is excluded"\n',
    story: 'pool: exclusion',
    check: 'pool.let-in',
  },
  {
    fault: 'goes on when the pool is invalid',
    file: daemon,
    from: '[ -z "$invalid$foreign" ] || leave 11',
    to: '[ -z "$foreign" ] || leave 11',
    story: 'pool: invalid',
    check: 'pool.invalid',
  },
  {
    fault: 'leaves its watchdog open when the pool is invalid',
    file: daemon,
    from: '[ -z "$armed" ] || { printf V >&8; exec 8>&-; }\n  armed= state=off',
    to: 'exec 8>&-\n  armed= state=off',
    story: 'pool: invalid',
    check: 'pool.invalid-calm',
  },
  {
    fault: 'sees nobody but itself',
    file: 'liveset.sh',
    from: '|| { eval "[ \\$state_$i = on ]" && lives $i; }',
    to: '',
    story: 'pool: forming',
    check: 'forming.one',
  },
  {
    fault: 'lets nobody in once the pool is active',
    file: daemon,
    from: '[ $pool != invalid ] ||',
    to: '[ $pool != active ] || give_up 13 "too late"\n[ $pool != invalid ] ||',
    story: 'pool: forming',
    check: 'forming.join',
  },
];

/** Copies a stack and puts the fault in. */
export async function makeBrokenPool(stack: string, path: string, broken: BrokenPool): Promise<void> {
  await cp(stack, path, { recursive: true });
  const file = join(path, broken.file);
  const text = await readFile(file, 'utf8');
  assert.equal(text.split(broken.from).length, 2, `${broken.fault}: what is to be broken is not there once`);
  await writeFile(
    file,
    text.replace(broken.from, () => broken.to),
  );
}
