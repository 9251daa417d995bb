/** What stays behind, and what the daemon holds on to. */
import { goOnline } from '../plan.ts';
import type { Story } from '../story.ts';

/** A line for each process that is new since the daemon was started: its state, process group, session and name. */
const listing =
  'for f in /proc/[0-9]*/stat; do read -r l <"$f" || continue; r=${l##*) }; set -- $r; printf "%s %s %s %s\\n" "${l%% *}" "$1" "$3" "${l#* }"; done 2>/dev/null';

export const cleanliness: Story = {
  name: 'cleanliness',
  title: 'what stays behind',
  hosts: 1,
  async tell(teller) {
    await goOnline(teller);
    await teller.step('before queries', async (step) => void (await step.look()));
    await teller.step('queries', async (step) => {
      for (let count = 0; count < 10; count += 1) await step.call('ha_query_liveset');
      await step.look();
      await step.shell('processes', listing);
    });
    await teller.need('disarm', 'ha_disarm_fencing');
    await teller.need('stop', 'ha_stop_daemon');
    teller.state = 'stopped';
    await teller.step('after stop', async (step) => void (await step.look()));
  },
};

/** A start by a caller who reads its output, says when it has returned, and tells whether the pipe is closed soon after. */
const startWithPipe =
  '{ ha_start_daemon 2>&1 </dev/null; echo "code $?"; } | { while read -r l; do case $l in "code "*) echo "$l"; break;; esac; done; timeout 1 cat >/dev/null; echo "pipe $?"; }';

/** A start by a caller who then ends with its whole process group. */
const startAndDie = "setsid sh -c 'ha_start_daemon </dev/null >/dev/null 2>&1; kill -KILL 0'; exit 0";

export const detachment: Story = {
  name: 'detachment',
  title: 'what the daemon holds on to',
  hosts: 1,
  async tell(teller) {
    await teller.need('init', 'ha_set_pool_state', ['init']);
    teller.state = 'initialised';
    if (!teller.has('ha_start_daemon')) teller.stop('ha_start_daemon cannot be run.');
    await teller.step(
      'start with a pipe',
      async (step) => void (await step.shell('ha_start_daemon | reader', startWithPipe)),
    );
    await teller.need('query after a pipe', 'ha_query_liveset');
    teller.state = 'online';
    await teller.need('disarm', 'ha_disarm_fencing');
    await teller.need('stop', 'ha_stop_daemon');
    teller.state = 'stopped';
    // From here on the host may be fenced: a daemon that dies with its caller is armed.
    teller.expectEnd();
    await teller.step('start and die', async (step) => {
      await step.shell('caller of ha_start_daemon', startAndDie);
      await step.call('ha_query_liveset');
    });
  },
};

/** The whole life from a copy of the stack that can be written to. Prints the names of what is new in the copy. */
const lifeOfCopy = `p=$(command -v ha_start_daemon) && from=\${p%/*} && copy=/tmp/copy-of-the-stack && cp -a "$from" "$copy" && chmod u+w "$copy" && cd "$copy" || exit 99
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$copy
find . | LC_ALL=C sort >/tmp/names-before
{ ha_set_pool_state init && ha_start_daemon && ha_query_liveset >/dev/null && ha_propose_master >/dev/null && ha_disarm_fencing && ha_stop_daemon && ha_set_excluded; } >/dev/null; c=$?
find . | LC_ALL=C sort >/tmp/names-after
diff /tmp/names-before /tmp/names-after | sed -n 's/^> //p'; exit $c`;

export const copyOfStack: Story = {
  name: 'own directory',
  title: 'what scripts write to the directory of the stack',
  hosts: 1,
  async tell(teller) {
    await teller.step(
      'life of a copy',
      async (step) => void (await step.shell('life of a copy', `{ ${lifeOfCopy}\n} </dev/null`)),
    );
  },
};
