import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { deriveDatamodel } from '../../src/datamodel/index.ts';
import { readLimits, withUnit } from '../tools/reference/limits-page.ts';
import { anchor } from '../tools/reference/markdown.ts';
import { referencePages } from '../tools/reference/pages.ts';

const root = join(import.meta.dirname, '../..');
const target = join(root, 'docs/reference');
const limitsSource = readFileSync(join(root, 'src/lib/limits.ts'), 'utf8');
const pages = referencePages(deriveDatamodel(), limitsSource);

describe('the reference', () => {
  it('on disk is the one that the datamodel makes: run npm run reference when this fails', () => {
    for (const [path, text] of pages) {
      const file = join(target, path);
      assert.ok(existsSync(file), `docs/reference/${path} is missing: run npm run reference`);
      assert.ok(readFileSync(file, 'utf8') === text, `docs/reference/${path} is out of date: run npm run reference`);
    }
    for (const name of readdirSync(join(target, 'classes'))) {
      assert.ok(pages.has(`classes/${name}`), `docs/reference/classes/${name} is of no class: run npm run reference`);
    }
  });

  it('links only to pages and headings that there are', () => {
    const headings = new Map(
      [...pages].map(([path, text]) => [
        path,
        new Set([...text.matchAll(/^#+ (.+)$/gm)].map((found) => anchor(found[1] ?? ''))),
      ]),
    );
    for (const [path, text] of pages) {
      for (const [, link = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
        const [file = '', heading] = link.split('#');
        const page = normalize(join(dirname(path), file));
        assert.ok(headings.has(page) || existsSync(join(target, page)), `${path} links to ${link}`);
        if (heading !== undefined) assert.ok(headings.get(page)?.has(heading), `${path} links to ${link}`);
      }
    }
  });

  it('has a reason for every limit', () => {
    for (const { name, reason } of readLimits(limitsSource)) {
      assert.match(reason, /\.$/, `src/lib/limits.ts: ${name} has no comment with a reason`);
    }
  });

  it('shares a comment between limits that stand together', () => {
    const source =
      '/** Limits. */\nexport const limits = {\n  /** Of a text,\n   * and its nesting. */\n  expressionBytes: 1,\n  expressionDepth: 2,\n}';
    const reasons = new Map(readLimits(source).map(({ name, reason }) => [name, reason]));
    assert.equal(reasons.get('expressionBytes'), 'Of a text, and its nesting.');
    assert.equal(reasons.get('expressionDepth'), 'Of a text, and its nesting.');
    assert.equal(reasons.get('sliceMs'), '');
  });

  it('shows values with the unit of their names', () => {
    assert.equal(withUnit('idleMs', 120_000), '2 min');
    assert.equal(withUnit('idleMs', 1500), '1500 ms');
    assert.equal(withUnit('bodyBytes', 307_200), '300 KiB');
    assert.equal(withUnit('bodyBytes', 1000), '1000 bytes');
    assert.equal(withUnit('connections', 1024), '1024');
  });
});
