/** The rules of the house that a program can check: who may import whom, and what source text may not hold. */
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import ts from 'typescript';

/** The thin shell: the only places that touch the outside. */
const shell = '^src/(world/linux/|bin/|cli/|main\\.ts$)';

const coreModulesOfTheShell = [
  'child_process',
  'cluster',
  'dgram',
  'dns',
  'fs',
  'fs/promises',
  'http',
  'http2',
  'https',
  'net',
  'os',
  'process',
  'readline',
  'sqlite',
  'timers',
  'timers/promises',
  'tls',
  'tty',
  'worker_threads',
];

function forbid(name: string, from: string, to: string, fromNot?: string): IForbiddenRuleType {
  return {
    name,
    severity: 'error',
    from: { path: from, ...(fromNot === undefined ? {} : { pathNot: fromNot }) },
    to: { path: to },
  };
}

const importRules: readonly IForbiddenRuleType[] = [
  {
    name: 'the datamodel imports nothing else of src',
    severity: 'error',
    from: { path: '^src/datamodel/' },
    to: { path: '^src/', pathNot: '^src/datamodel/' },
  },
  {
    name: 'lib imports nothing else of src',
    severity: 'error',
    from: { path: '^src/lib/' },
    to: { path: '^src/', pathNot: '^src/lib/' },
  },
  forbid('api never imports rpc', '^src/api/', '^src/rpc/'),
  {
    name: 'rpc knows no class by name',
    severity: 'error',
    from: { path: '^src/rpc/' },
    to: { path: '^src/api/', pathNot: '^src/api/(call|construct|(?:host|network|stack)-service)\\.ts$' },
  },
  forbid('the database knows nobody above it', '^src/database/', '^src/(rpc|api|host|cli|bin|main\\.ts|agent\\.ts)'),
  forbid('nobody imports the command line but its program', '^src/', '^src/cli/', '^src/(cli|bin)/'),
  forbid('only the shell chooses the Linux world', '^src/', '^src/world/linux/', shell),
  {
    name: 'only the shell touches the outside',
    severity: 'error',
    from: { path: '^src/', pathNot: shell },
    to: { dependencyTypes: ['core'], path: `^(${coreModulesOfTheShell.join('|')})$` },
  },
  {
    name: 'src imports no test and no tool for development',
    severity: 'error',
    from: { path: '^src/' },
    to: { dependencyTypes: ['npm-dev'] },
  },
  {
    name: 'no module needs itself',
    severity: 'error',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    // Within a room, two files may know each other's types. Across rooms only the world does: it hands out journals,
    // whose shape is the database's, and the database is given a part of the world.
    name: 'no two rooms need each other, not even their types',
    severity: 'error',
    from: { path: '^src/([^/]+)/', pathNot: '^src/(database|world)/' },
    to: { circular: true, via: { pathNot: '^src/$1/' } },
  },
];

/** Follows every import under `src` of a directory. Returns how many modules it saw, and a sentence for each fault. */
export async function checkImports(baseDir: string): Promise<{ modules: number; faults: string[] }> {
  const { output } = await cruise(['src'], {
    baseDir,
    ruleSet: { forbidden: [...importRules] },
    validate: true,
    tsPreCompilationDeps: 'specify',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  });
  const { summary } = output as ICruiseResult;
  return {
    modules: summary.totalCruised,
    faults: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  };
}

/** Clocks, randomness and the process, by the names under which everybody could reach them. */
const outside = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'process',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'globalThis.process',
  'crypto.getRandomValues',
  'crypto.randomUUID',
]);

/** A sentence for each fault of one source file; `path` is relative to the repository. */
export function checkSource(path: string, text: string): string[] {
  const faults: string[] = [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const fault = (node: ts.Node, sentence: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    faults.push(`${path}:${line + 1}: ${sentence}`);
  };
  const inShell = new RegExp(shell).test(path);
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) fault(node, 'any');
    if (!inShell && reachesOutside(node)) fault(node, `${node.getText()} outside the shell`);
    if (!inShell && drawsChance(node)) fault(node, 'of node:crypto only hashes may be used outside the shell');
    ts.forEachChild(node, visit);
  };
  visit(source);
  // A worker and a program are run, not imported: their state is that of a process.
  const isProgram = /^src\/(?:bin\/.+|.+-worker|main)\.ts$/.test(path);
  for (const statement of isProgram ? [] : source.statements) {
    for (const declaration of mutableDeclarations(statement)) fault(declaration, 'mutable state of a module');
  }
  if (/\b(?:TODO|FIXME|XXX|HACK)\b|@ts-(?:ignore|nocheck|expect-error)/.test(text)) {
    faults.push(`${path}: a note to do something later, or a silenced check`);
  }
  const lines = text.split('\n').length - 1;
  if (lines > 350 && !/^src\/datamodel\/(?:classes|error-codes)/.test(path)) faults.push(`${path}: ${lines} lines`);
  return faults;
}

function reachesOutside(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return outside.has(node.getText());
  if (ts.isNewExpression(node)) return node.getText().startsWith('new Date') && (node.arguments?.length ?? 0) === 0;
  if (!ts.isIdentifier(node) || !outside.has(node.text)) return false;
  // A name after a dot, of a property or of a parameter is another thing of the same name.
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return false;
  return !('name' in parent && parent.name === node);
}

/** True for a file that nothing is left of when its types are taken away, so that no test can run it. */
export function holdsOnlyTypes(text: string): boolean {
  const { statements } = ts.createSourceFile('types.ts', text, ts.ScriptTarget.ESNext);
  return statements.every((statement) => {
    if (ts.isImportDeclaration(statement)) return statement.importClause?.isTypeOnly === true;
    return ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
  });
}

/** Hashes are pure; keys and random bytes are not. */
const pureCrypto = new Set(['createHash', 'createHmac', 'timingSafeEqual']);

function drawsChance(node: ts.Node): boolean {
  if (!ts.isImportDeclaration(node) || !/^'(?:node:)?crypto'$/.test(node.moduleSpecifier.getText())) return false;
  const bindings = node.importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return true;
  return bindings.elements.some(({ name, propertyName }) => !pureCrypto.has((propertyName ?? name).text));
}

/** Variables that can change, and collections that start empty and so can only be there to be filled. */
function mutableDeclarations(statement: ts.Statement): readonly ts.Node[] {
  if (!ts.isVariableStatement(statement)) return [];
  const { declarationList } = statement;
  if ((declarationList.flags & ts.NodeFlags.Const) === 0) return [declarationList];
  return declarationList.declarations.filter(({ initializer }) => {
    if (initializer === undefined) return false;
    if (ts.isNewExpression(initializer)) {
      return /^(?:Weak)?(?:Map|Set)$/.test(initializer.expression.getText()) && !initializer.arguments?.length;
    }
    return ts.isArrayLiteralExpression(initializer) && initializer.elements.length === 0;
  });
}
