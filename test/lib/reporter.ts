import Mocha from 'mocha';
import { skipReason } from './skip.ts';

const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

/** The usual report, followed by what was skipped and why, and one line of counts that a program can read. */
export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const skipped = new Map<string, number>();
    let [passed, failed] = [0, 0];
    runner.on(EVENT_TEST_PASS, () => passed++);
    runner.on(EVENT_TEST_FAIL, () => failed++);
    runner.on(EVENT_TEST_PENDING, (test) => {
      const reason = skipReason(test) ?? `no reason given: ${test.fullTitle()}`;
      skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    });
    runner.once(EVENT_RUN_END, () => {
      const total = [...skipped.values()].reduce((sum, count) => sum + count, 0);
      for (const [reason, count] of skipped) console.log(`  skipped ${count}: ${reason}`);
      console.log(`\n${passed} passed, ${failed} failed, ${total} skipped`);
    });
  }
}
