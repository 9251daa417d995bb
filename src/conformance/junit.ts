/** The findings as JUnit XML, the form that CI systems read: a suite for each group, a case for each check. */
import type { CheckResult, Findings } from './conduct.ts';
import { contractLines } from './contract-lines.ts';
import { groupNames } from './groups.ts';
import { countsOf } from './report.ts';

/** Text for an attribute or an element. What XML 1.0 cannot hold in any form becomes a replacement character. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\t', '&#9;');
}

function testcase({ check, verdict }: CheckResult): string {
  const head = `    <testcase classname="${escaped(`cluster-stack.${check.group}`)}" name="${escaped(`${check.id}: ${check.title}`)}" time="0"`;
  switch (verdict.kind) {
    case 'passed':
      return `${head}/>`;
    case 'failed': {
      const text = [
        `found: ${verdict.found}`,
        `expected: ${verdict.expected}`,
        `way out: ${verdict.wayOut}`,
        `contract ${check.line}: ${contractLines[check.line]}`,
      ].join('\n');
      return `${head}>\n      <failure type="${escaped(check.line)}" message="${escaped(verdict.found)}">${escaped(text)}</failure>\n    </testcase>`;
    }
    // Not reached is an error in the words of JUnit: the test could not be run to its end.
    case 'notReached':
      return `${head}>\n      <error type="not-reached" message="${escaped(verdict.why)}"/>\n    </testcase>`;
    case 'notApplicable':
      break;
  }
  return `${head}>\n      <skipped message="${escaped(verdict.why)}"/>\n    </testcase>`;
}

function numbers(results: readonly CheckResult[]): string {
  const { failed, notReached, notApplicable } = countsOf(results);
  return `tests="${String(results.length)}" failures="${String(failed)}" errors="${String(notReached)}" skipped="${String(notApplicable)}"`;
}

export function junitOf({ results, transcript, durationMs }: Findings): string {
  const name = escaped(transcript.directory.path);
  const suites = groupNames.flatMap((group) => {
    const own = results.filter(({ check }) => check.group === group);
    if (own.length === 0) return [];
    return [`  <testsuite name="${escaped(group)}" ${numbers(own)} time="0">`, ...own.map(testcase), '  </testsuite>'];
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${name}" ${numbers(results)} time="${(durationMs / 1000).toFixed(3)}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}
